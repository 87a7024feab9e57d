/** What a person would be told wrongly: who is there, what the trouble is, what closing the page would lose. */
import { describe, expect, it } from "vitest";
import { direct, file, held, hosting, inside, link, member, played, room, serving, shared, stands, the } from "./made";
import { awaiting, onQuay, receivers, spanOf, troubleOf, wouldLose } from "./select";
import type { Event, LocalEvent } from "./state";

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
