/** What a person would be told wrongly: who is there, what the trouble is, what closing the page would lose. */
import { describe, expect, it } from "vitest";
import { connection, direct, file, have, hosting, inside, member, played, room, serving, shared, stands, the } from "./made";
import { awaiting, onQuay, receivers, spanOf, troubleOf, wouldLose } from "./select";
import type { Event, LocalEvent } from "./state";

describe("closing the page", () => {
  it("is questioned only while something would be lost", () => {
    expect(wouldLose(played(inside))).toBe(false);
    expect(wouldLose(played([...inside, stands({ type: "Receiving" })]))).toBe(true);
    expect(wouldLose(played([...inside, stands({ type: "Done", root: "00" })]))).toBe(false);
    expect(wouldLose(played(serving))).toBe(false);
    expect(wouldLose(played([...serving, have("ben", 30)]))).toBe(true);
    expect(wouldLose(played([...serving, have("ben", 30), connection("ben", { type: "Lost", reason: "closed" })]))).toBe(false);
    expect(wouldLose(played([...serving, have("ben", 100)]))).toBe(false);
  });

  it("is asked about with a message half written, which nothing keeps", () => {
    const writing = played([...serving, { type: "Composed", text: "see you at" }]);
    expect(wouldLose(writing)).toBe(true);
    expect(wouldLose(played([{ type: "Composed", text: " \n" }], writing))).toBe(false);
    expect(wouldLose(played([{ type: "RoomEnded", room }], writing)), "it can't be sent any more").toBe(false);
  });

  it("is asked about where the host's browser keeps no room: nobody can come in again, nor can the host", () => {
    const kept: Event = { type: "Storage", persistent: true };
    const forgotten: Event = { type: "Storage", persistent: false };
    expect(wouldLose(played([forgotten, ...serving]))).toBe(true);
    expect(wouldLose(played([kept, ...serving]))).toBe(false);
    expect(wouldLose(played([forgotten, hosting, member("anna", "anna")])), "there is nothing in it").toBe(false);
    expect(wouldLose(played([forgotten, ...inside])), "a guest knocks once more").toBe(false);
  });
});

describe("the line", () => {
  it("tells nobody, waiting, connecting, direct, relayed and lost apart", () => {
    const line = (...events: (Event | LocalEvent)[]) => spanOf(played(events)).line;
    expect(line(hosting, member("anna", "anna"))).toBe("absent");
    expect(line(hosting, member("anna", "anna"), shared("anna"))).toBe("dotted");
    expect(line(hosting, member("ben", "anna"))).toBe("dashed");
    expect(line(...serving)).toBe("solid");
    expect(line(...serving, connection("ben", { type: "Relayed" }))).toBe("knot");
    expect(line(...serving, connection("ben", { type: "Lost", reason: "silent" }))).toBe("gap");
  });

  it("fills from the shore that the bytes come from", () => {
    expect(spanOf(played([...serving, have("ben", 25)])).filled).toEqual({ part: 0.25, toMe: false });
    const fetching = [...inside, stands({ type: "Receiving" }), { type: "Progress", room, file, verified: 50, rate: 1, remaining: null } as Event];
    expect(spanOf(played(fetching)).filled).toEqual({ part: 0.5, toMe: true });
  });
});

describe("trouble", () => {
  it("names the host first, and the files that need it", () => {
    const gone = played([...inside, stands({ type: "WaitingForSource" }), connection("anna", { type: "Lost", reason: "closed" })]);
    expect(troubleOf(gone)).toMatchObject({ kind: "host-gone", needed: [{ name: "a.bin" }] });
  });

  it("does not report one of several guests who closed the page", () => {
    const state = played([...serving, member("caro", "anna"), direct("caro"), connection("ben", { type: "Lost", reason: "closed" })]);
    expect(troubleOf(state)).toBeNull();
  });

  it("is the host, when two are lost, whoever was lost first", () => {
    const two = [...inside.slice(0, 2), member("caro", "ben"), ...inside.slice(2), connection("caro", { type: "Lost", reason: "silent" })];
    expect(troubleOf(played(two))).toMatchObject({ kind: "no-answer", who: { member: "caro" } });
    const both = played([...two, connection("anna", { type: "Lost", reason: "closed" })]);
    expect(troubleOf(both)).toMatchObject({ kind: "host-gone", who: { member: "anna" }, needed: [{ name: "a.bin" }] });
  });

  it("is one of several guests who closed the page when nobody else is there, or a file waits for them", () => {
    const closed = (id: string) => connection(id, { type: "Lost", reason: "closed" });
    const both = played([...serving, member("caro", "anna"), direct("caro"), closed("caro"), closed("ben")]);
    expect(troubleOf(both)).toMatchObject({ kind: "gone", who: { member: "ben" } });
    const waiting = [...inside, member("caro", "ben"), closed("caro"), { ...shared("caro"), share: "s2" } as Event];
    expect(troubleOf(played(waiting))).toBeNull();
    const wanted: Event = { type: "FileChanged", room, file: { share: "s2", index: 0 }, state: { type: "WaitingForSource" } };
    expect(troubleOf(played([...waiting, wanted]))).toMatchObject({ kind: "gone", who: { member: "caro" } });
  });

  it("passes over who closed the page to who does not answer", () => {
    const state = played([
      ...serving, member("caro", "anna"), member("dan", "anna"), direct("dan"),
      connection("ben", { type: "Lost", reason: "closed" }), connection("caro", { type: "Lost", reason: "silent" }),
    ]);
    expect(troubleOf(state)).toMatchObject({ kind: "no-answer", who: { member: "caro" } });
  });

  it("says that two networks need a relay", () => {
    expect(troubleOf(played([...inside, connection("anna", { type: "Lost", reason: "no-path" })]))).toMatchObject({ kind: "needs-relay" });
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
    const state = played([...serving, have("ben", 10)]);
    expect(state.room && receivers(state.room, the(state)).map((person) => person.member)).toEqual(["ben"]);
  });

  it("keeps everything when the link changes", () => {
    const state = played([...serving, { type: "DoorQuiet", room, untilNewLink: true }, { ...hosting, link: "L2" }]);
    expect(state.room).toMatchObject({ link: "L2", doorQuiet: null });
    expect(state.room?.files.size).toBe(1);
  });
});
