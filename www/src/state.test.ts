/** What a person would lose if the reducer were wrong: a knock unseen, a download not started, a file not savable. */
import { describe, expect, it } from "vitest";
import { awaiting, holders, onQuay, onTheWay, receivers, spanOf, stream, toGoOn, troubleOf, wouldLose } from "./select";
import { type Event, type FileRef, type FileState, initial, type LocalEvent, reduce, type State } from "./state";

const room = "room";
const share = "s1";
const file: FileRef = { share, index: 0 };
const here = { address: "https://page.example/", loopback: false };
const played = (events: (Event | LocalEvent)[], from: State = initial(here)) => events.reduce(reduce, from);

const hosting: Event = { type: "RoomReady", room, link: "L1", me: "anna", host: true, member: true, name: "" };
const joining: Event = { type: "RoomReady", room, link: "L1", me: "ben", host: false, member: false, name: "Ben" };
const member = (id: string, me: string, left = false): Event => ({
  type: "MemberChanged", room, member: id, name: id, host: id === "anna", me: id === me, admittedBy: null, left, forked: false,
});
const link = (id: string, state: Extract<Event, { type: "LinkState" }>["state"]): Event => ({ type: "LinkState", room, member: id, state });
const direct = (id: string) => link(id, { type: "Direct" });
const shared = (author: string, size = 100): Event => ({ type: "Shared", room, share, author, order: 1, files: [{ name: "a.bin", size }] });
const stands = (state: FileState): Event => ({ type: "FileChanged", room, file, state });
const held = (id: string, verified: number): Event => ({ type: "Held", room, file, member: id, verified });
const said = (entry: string, order: number, author = "anna"): Event => ({ type: "Said", room, entry, author, order, text: entry, sentAt: 0 });

/** Ben's tab in Anna's room, one file of hers on the shelf. */
const inside = [joining, { type: "Admitted", room } as Event, member("anna", "ben"), member("ben", "ben"), direct("anna"), shared("anna")];
/** Anna's tab, Ben let in, one file of hers on the shelf. */
const serving = [hosting, member("anna", "anna"), member("ben", "anna"), direct("ben"), shared("anna")];

const the = (state: State) => {
  const found = state.room?.files.get("s1/0");
  if (found === undefined) throw new Error("the file is on the shelf");
  return found;
};

describe("the way in", () => {
  it("leads from the link over the door and the request into the room", () => {
    const door = played([{ type: "AtDoor", room, link: "L1" }]);
    expect(door.place).toEqual({ at: "door", link: "L1" });
    const asked = played([joining, { type: "Meeting", room, state: { type: "Asked", sas: "123456" } }], door);
    expect(asked.place).toEqual({ at: "knocking" });
    expect(asked.room?.meeting).toEqual({ type: "Asked", sas: "123456" });
    expect(played([{ type: "Admitted", room }], asked).place).toEqual({ at: "room" });
  });

  it("leads back to the door when the request is cancelled", () => {
    expect(played([joining, { type: "RoomClosed", room }]).place).toEqual({ at: "door", link: "L1" });
  });

  it("keeps a refusal in view although the room is closed, and forgets it when asked again", () => {
    const denied = played([joining, { type: "Denied", room }, { type: "RoomClosed", room }]);
    expect(denied.place).toEqual({ at: "knocking" });
    expect(troubleOf(denied)).toEqual({ kind: "denied" });
    expect(troubleOf(played([joining], denied))).toBeNull();
  });

  it("takes a member that reloads straight back into the room", () => {
    expect(played([{ ...joining, member: true }]).place).toEqual({ at: "room" });
  });

  it("opens by itself when the other tab closes", () => {
    expect(played([{ type: "OpenElsewhere", room }, hosting]).place).toEqual({ at: "room" });
  });
});

describe("knocks", () => {
  const knock = (number: number): Event => ({ type: "Knocked", room, knock: number, member: `k${number}`, name: "Ben", sas: "111111" });

  it("queue in the order in which they came, and go one by one", () => {
    const two = played([hosting, knock(1), knock(2)]);
    expect(two.room?.knocks.map((each) => each.knock)).toEqual([1, 2]);
    const one = played([{ type: "KnockGone", room, knock: 1 }], two);
    expect(one.room?.knocks.map((each) => each.knock)).toEqual([2]);
  });

  it("of another room are not shown", () => {
    expect(played([hosting, { ...knock(1), room: "other" } as Event]).room?.knocks).toEqual([]);
  });

  it("that have gone when answered are no problem to tell", () => {
    const error = { code: "unknown-knock", message: "", retryable: false } as const;
    expect(played([hosting, { type: "CommandRejected", command: "Admit", room, error }]).problem).toBeNull();
  });
});

describe("a file", () => {
  it("is downloaded by itself only if it was wanted in this tab", () => {
    const found = played([...inside, stands({ type: "Done", root: "00" })]);
    expect(the(found).wanted).toBe(false);
    const fetched = played([...inside, { type: "Sent", command: { type: "Fetch", room, file } }]);
    expect(the(fetched).wanted).toBe(true);
    const saved = played([{ type: "Saved", room, file, url: "blob:1", name: "a.bin" }], fetched);
    expect(the(saved)).toMatchObject({ wanted: false, saved: { url: "blob:1", name: "a.bin" } });
  });

  it("that is finished stays savable when its author withdraws it or the host ends the room", () => {
    const done: Event[] = [stands({ type: "Done", root: "00" }), { type: "Saved", room, file, url: "blob:1", name: "a.bin" }];
    const after = played([...inside, ...done, { type: "Withdrawn", room, share }, stands({ type: "Withdrawn" }), { type: "RoomEnded", room }, { type: "RoomClosed", room }]);
    expect(the(after).state.type).toBe("Done");
    expect(the(after).saved?.url).toBe("blob:1");
    expect(after.place).toEqual({ at: "room" });
  });

  it("counts verified bytes, and keeps them while paused", () => {
    const running = played([...inside, stands({ type: "Receiving" }), { type: "Progress", room, file, verified: 40, rate: 10, remaining: 6 }]);
    expect(the(played([stands({ type: "Paused" })], running))).toMatchObject({ verified: 40, rate: 0 });
    expect(the(played([stands({ type: "Cancelled" })], running))).toMatchObject({ verified: 0, wanted: false });
  });

  it("keeps its state when the same share is told again", () => {
    expect(the(played([...inside, stands({ type: "Done", root: "00" }), shared("anna")])).state.type).toBe("Done");
  });

  it("goes on after a reload, unless it was paused, and in both cases says that it begins anew", () => {
    for (const [before, goesOn] of [["Receiving", true], ["WaitingForSource", true], ["Paused", false]] as const) {
      const remembered = onTheWay(played([...inside, stands({ type: before })]));
      const reloaded = played([{ ...joining, member: true }, shared("anna")], initial(here, remembered));
      expect(the(reloaded).again).toBe(true);
      expect(toGoOn(reloaded).length).toBe(goesOn ? 1 : 0);
      const fetched = played([{ type: "Sent", command: { type: "Fetch", room, file } }], reloaded);
      expect(toGoOn(fetched), "asked for once").toEqual([]);
      expect(the(played([stands({ type: "Receiving" })], fetched))).toMatchObject({ again: true, wanted: true });
      expect(the(played([stands({ type: "Cancelled" })], fetched)).again).toBe(false);
    }
    expect(onTheWay(played([...inside, stands({ type: "Done", root: "00" })])).size).toBe(0);
  });

  it("says who has it: everybody but its author", () => {
    const state = played([...serving, member("caro", "anna"), held("ben", 100), held("caro", 30)]);
    expect(state.room && holders(state.room, the(state))).toEqual({ have: 1, of: 2 });
  });

  it("of no bytes is held by who says so, not by everybody", () => {
    const before = played([...serving.slice(0, 4), shared("anna", 0)]);
    expect(before.room && holders(before.room, the(before)).have).toBe(0);
    const after = played([held("ben", 0)], before);
    expect(after.room && holders(after.room, the(after)).have).toBe(1);
  });
});

describe("closing the page", () => {
  it("is questioned only while something would be lost", () => {
    expect(wouldLose(played(inside))).toBe(false);
    expect(wouldLose(played([...inside, stands({ type: "Receiving" })]))).toBe(true);
    expect(wouldLose(played([...inside, stands({ type: "Done", root: "00" })]))).toBe(false);
    expect(wouldLose(played(serving))).toBe(false);
    expect(wouldLose(played([...serving, held("ben", 30)]))).toBe(true);
    expect(wouldLose(played([...serving, held("ben", 30), link("ben", { type: "Lost", reason: "closed" })]))).toBe(false);
    expect(wouldLose(played([...serving, held("ben", 100)]))).toBe(false);
  });
});

describe("the line", () => {
  it("tells nobody, waiting, connecting, direct, relayed and lost apart", () => {
    const line = (...events: (Event | LocalEvent)[]) => spanOf(played(events)).line;
    expect(line(hosting, member("anna", "anna"))).toBe("absent");
    expect(line(hosting, member("anna", "anna"), shared("anna"))).toBe("dotted");
    expect(line(hosting, member("ben", "anna"))).toBe("dashed");
    expect(line(...serving)).toBe("solid");
    expect(line(...serving, link("ben", { type: "Relayed" }))).toBe("knot");
    expect(line(...serving, link("ben", { type: "Lost", reason: "silent" }))).toBe("gap");
  });

  it("fills from the shore that the bytes come from", () => {
    expect(spanOf(played([...serving, held("ben", 25)])).filled).toEqual({ part: 0.25, toMe: false });
    const fetching = [...inside, stands({ type: "Receiving" }), { type: "Progress", room, file, verified: 50, rate: 1, remaining: null } as Event];
    expect(spanOf(played(fetching)).filled).toEqual({ part: 0.5, toMe: true });
  });
});

describe("trouble", () => {
  it("names the host first, and the files that need it", () => {
    const gone = played([...inside, stands({ type: "WaitingForSource" }), link("anna", { type: "Lost", reason: "closed" })]);
    expect(troubleOf(gone)).toMatchObject({ kind: "host-gone", needed: [{ name: "a.bin" }] });
  });

  it("does not report one of several guests who closed the page", () => {
    const state = played([...serving, member("caro", "anna"), direct("caro"), link("ben", { type: "Lost", reason: "closed" })]);
    expect(troubleOf(state)).toBeNull();
  });

  it("says that two networks need a relay", () => {
    expect(troubleOf(played([...inside, link("anna", { type: "Lost", reason: "no-path" })]))).toMatchObject({ kind: "needs-relay" });
  });
});

describe("the stream", () => {
  it("is one order of files and messages, whatever the order in which they came", () => {
    const forth = played([...inside, said("m2", 2), said("m0", 0), said("m1", 1)]);
    const back = played([...inside.slice(0, 5), said("m1", 1), said("m0", 0), said("m2", 2), shared("anna")]);
    const keys = (state: State) => (state.room ? stream(state.room).map((entry) => entry.key) : []);
    expect(keys(forth)).toEqual(["m0", "m1", "s1/0", "m2"]);
    expect(keys(back)).toEqual(keys(forth));
  });

  it("counts a delivery once, and keeps it when the message is told again", () => {
    const delivered: Event = { type: "Delivered", room, entry: "m1", by: "ben" };
    const state = played([...serving, said("m1", 2), delivered, delivered, said("m1", 2)]);
    expect([...(state.room?.messages.get("m1")?.deliveredTo ?? [])]).toEqual(["ben"]);
  });
});

describe("the host's page", () => {
  it("is the quay until something is offered, and waits until somebody came", () => {
    const empty = played([hosting, member("anna", "anna")]).room;
    expect(empty && onQuay(empty)).toBe(true);
    const chatting = played([hosting, { type: "ChatFirst" }]).room;
    expect(chatting && onQuay(chatting)).toBe(false);
    const waiting = played([hosting, member("anna", "anna"), shared("anna")]).room;
    expect(waiting && awaiting(waiting)).toBe(true);
    const met = played(serving).room;
    expect(met && awaiting(met)).toBe(false);
  });

  it("knows who is in the middle of receiving", () => {
    const state = played([...serving, held("ben", 10)]);
    expect(state.room && receivers(state.room, the(state)).map((person) => person.member)).toEqual(["ben"]);
  });

  it("keeps everything when the link changes", () => {
    const state = played([...serving, { type: "DoorQuiet", room }, { ...hosting, link: "L2" }]);
    expect(state.room).toMatchObject({ link: "L2", doorQuiet: false });
    expect(state.room?.files.size).toBe(1);
  });
});
