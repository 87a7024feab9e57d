/** The stream is one order for everybody, and drawing it looks only at what changed. */
import { describe, expect, it } from "vitest";
import { direct, file, have, hosting, inside, member, played, room, said, serving, shared, stands } from "./made";
import type { Event, LocalEvent, State } from "./state";
import { BLOCK, type Block, FRESH, nothing, runsOf, weave, type Woven } from "./weave";

const roomOf = (state: State) => {
  if (state.room === null) throw new Error("there is a room");
  return state.room;
};
const woven = (state: State, before: Woven = nothing) => weave(roomOf(state), before);
const lines = <L>(blocks: readonly Block<L>[]) => blocks.flatMap((block) => block.lines);
/** Keys in the order in which they are shown. */
const shown = ({ files, messages }: Woven) =>
  [...lines(files), ...lines(messages)].sort((a, b) => a.place - b.place).map((line) => line.key);
/** How many blocks are not those of `before`. */
const redrawn = <L>(blocks: readonly Block<L>[], before: readonly Block<L>[]) => blocks.filter((block) => !before.includes(block)).length;

const long = [hosting, member("anna", "anna"), member("ben", "anna"), direct("ben"), ...Array.from({ length: 10 * BLOCK }, (_, order) => said(`m${order}`, order))];

describe("the stream", () => {
  it("is one order of files and messages, whatever the order in which they came", () => {
    const told = [said("m2", 2), said("m0", 0), said("b", 1), said("a", 1), shared("anna"), said("t", 1)];
    for (let turn = 0; turn < told.length; turn += 1) {
      const turned = [...told.slice(turn), ...told.slice(0, turn)];
      for (const events of [turned, turned.toReversed()]) {
        const state = played([...inside.slice(0, 5), ...events]);
        expect(shown(woven(state))).toEqual(["m0", "a", "b", "s1/0", "t", "m2"]);
        expect(roomOf(state).rows.length).toBe(told.length);
      }
    }
  });

  it("keeps the files of one share in their own order", () => {
    const names = ["c", "a", "b"].map((name) => ({ name, size: 1 }));
    const state = played([...inside.slice(0, 5), { type: "Shared", room, share: "s", author: "anna", order: 1, files: names }]);
    expect(lines(woven(state).files).map((line) => line.file.name)).toEqual(["c", "a", "b"]);
  });

  it("shows what is told again once, and keeps its deliveries", () => {
    const delivered: Event = { type: "Delivered", room, entry: "m1", by: "ben" };
    const state = played([...serving, said("m1", 2), delivered, delivered, said("m1", 2), shared("anna")]);
    expect(shown(woven(state))).toEqual(["s1/0", "m1"]);
    expect([...(lines(woven(state).messages)[0]?.message.deliveredTo ?? [])]).toEqual(["ben"]);
  });

  it("keeps every earlier name when somebody else has a message too", () => {
    const by = (who: string): Event => ({ type: "Delivered", room, entry: "m1", by: who });
    const state = played([...serving, member("caro", "anna"), said("m1", 2), by("ben"), by("caro")]);
    expect([...(lines(woven(state).messages)[0]?.message.deliveredTo ?? [])]).toEqual(["ben", "caro"]);
  });

  it("names an author once, until somebody else or a file comes between", () => {
    const events = [said("m0", 0), said("m1", 1), said("m2", 2, "ben"), shared("anna"), said("m4", 4, "ben")];
    const follows = (some: (Event | LocalEvent)[]) => lines(woven(played([...serving.slice(0, 4), ...some])).messages).map((line) => line.follows);
    expect(follows(events)).toEqual([false, true, false, true]);
    expect(follows([...events.slice(0, 3), { ...shared("anna"), order: 3 } as Event, said("m4", 4, "ben")])).toEqual([false, true, false, false]);
  });

  it("marks nothing as next that cannot be done: a file that nobody here has", () => {
    const gone: Event = { type: "Connection", room, member: "anna", state: { type: "Lost", reason: "closed" } };
    const before = played(inside);
    const at = woven(before);
    expect(lines(at.files).map((line) => line.next)).toEqual([true]);
    expect(lines(woven(played([gone], before), at).files).map((line) => line.next)).toEqual([false]);
  });

  it("marks the first running file, the next thing to do, and the last message of one's own", () => {
    const offered = (share: string, order: number): Event => ({ type: "Shared", room, share, author: "anna", order, files: [{ name: share, size: 1 }] });
    const state = played([
      ...inside, offered("s2", 2), offered("s3", 3), offered("s4", 4), said("m1", 5, "ben"), said("m2", 6, "ben"), said("m3", 7),
      { type: "FileChanged", room, file: { share: "s2", index: 0 }, state: { type: "Receiving" } },
      { type: "FileChanged", room, file: { share: "s4", index: 0 }, state: { type: "Receiving" } }, stands({ type: "Done", root: "00" }),
    ]);
    const { files, messages } = woven(state);
    const keys = (some: readonly { key: string }[]) => some.map((line) => line.key);
    expect(keys(lines(files).filter((line) => line.first))).toEqual(["s2/0"]);
    expect(keys(lines(files).filter((line) => line.next))).toEqual(["s3/0"]);
    expect(keys(lines(messages).filter((line) => line.last))).toEqual(["m2"]);
  });
});

describe("a run", () => {
  it("is what stands together in the stream, with nothing of the other kind between", () => {
    const state = played([...serving.slice(0, 4), said("m0", 0), said("m1", 1), shared("anna"), said("m2", 2), said("m3", 3), said("m4", 200)]);
    const runs = woven(state).messages.flatMap((block) => runsOf(block.lines).map((run) => run.map((line) => line.key)));
    expect(runs).toEqual([["m0", "m1"], ["m2", "m3"], ["m4"]]);
    expect(runsOf([])).toEqual([]);
  });
});

describe("drawing it again", () => {
  it("is everything when the room is another one, also if its rows are as many", () => {
    const state = played(long);
    const other = played([...long.slice(0, 4), ...Array.from({ length: 10 * BLOCK }, (_, order) => said(`n${order}`, order))]);
    expect(redrawn(woven(other, woven(state)).messages, woven(state).messages)).toBe(10);
    expect(woven(other, woven(state))).toEqual(woven(other));
  });

  it("shows a block that has lost its end without it", () => {
    const theirs = [...long.slice(0, 4), ...Array.from({ length: 3 }, (_, order) => said(`m${order}`, order, "ben"))];
    const short = played(theirs.slice(0, -1));
    expect(woven(short, woven(played(theirs)))).toEqual(woven(short));
  });

  it("is nothing when nothing in it changed", () => {
    const state = played(long);
    const before = woven(state);
    const after = woven(played([direct("ben"), { type: "Composed", text: "x" }], state), before);
    expect(after.messages).toBe(before.messages);
    expect(after.files).toBe(before.files);
  });

  it("is the last block when a message comes, and the one that leaves the end", () => {
    const state = played(long);
    const before = woven(state);
    const after = woven(played([said("new", 10 * BLOCK)], state), before);
    expect(after.messages.length).toBe(before.messages.length + 1);
    expect(redrawn(after.messages, before.messages)).toBeLessThanOrEqual(3);
  });

  it("is one block when a message far above arrives somewhere", () => {
    const state = played(long);
    const before = woven(state);
    const after = woven(played([{ type: "Delivered", room, entry: "m5", by: "ben" }], state), before);
    expect(redrawn(after.messages, before.messages)).toBe(1);
    expect(after.files).toBe(before.files);
  });

  it("is the file's block, and no message, while it is received", () => {
    const state = played([...long, shared("anna")]);
    const before = woven(state);
    const after = woven(played([have("ben", 40)], state), before);
    expect(after.messages).toBe(before.messages);
    expect(redrawn(after.files, before.files)).toBe(1);
    expect(lines(after.files).find((line) => line.key === `${file.share}/0`)?.file.have.get("ben")).toBe(40);
  });

  it("keeps lines in their blocks when some come in before, so that no row is made anew", () => {
    const state = played(long);
    const blockOf = (some: Woven) => new Map(some.messages.flatMap((block) => block.lines.map((line) => [line.key, block.key] as const)));
    const before = blockOf(woven(state));
    const after = blockOf(woven(played([said("early", 3), said("earlier", 1)], state)));
    for (const [key, block] of before) expect(after.get(key)).toBe(block);
  });

  it("leaves out of the layout only what is far from the end, where new lines come", () => {
    const { messages } = woven(played(long));
    const fresh = messages.filter((block) => !block.settled);
    expect(lines(fresh).length).toBe(FRESH);
    expect(messages.slice(-fresh.length)).toEqual(fresh);
    expect(messages[0]?.settled).toBe(true);
    const more = woven(played([said("new", 10 * BLOCK)], played(long))).messages;
    expect(lines(more.filter((block) => !block.settled)).length, "never fewer").toBe(FRESH + 1);
  });
});
