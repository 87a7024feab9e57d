/** What a person would lose if the reducer were wrong: a knock unseen, a download not started, a file not savable. */
import { describe, expect, it } from "vitest";
import { direct, file, have, here, hosting, inside, joining, member, played, room, serving, share, shared, stands, the } from "./made";
import { holders, onTheWay, toGoOn, troubleOf } from "./select";
import { type ErrorCode, type Event, initial } from "./state";

describe("the way in", () => {
  it("leads from the link over the door and the request into the room", () => {
    const door = played([{ type: "AtDoor", room, link: "L1" }]);
    expect(door.place).toEqual({ at: "door", link: "L1" });
    const asked = played([joining, { type: "Presence", room, state: { type: "Asked", sas: "123456" } }], door);
    expect(asked.place).toEqual({ at: "knocking" });
    expect(asked.room?.presence).toEqual({ type: "Asked", sas: "123456" });
    expect(played([{ type: "Admitted", room }], asked).place).toEqual({ at: "room" });
  });

  it("is not opened by being let in elsewhere, nor again after one has left", () => {
    const asked = played([joining]);
    expect(played([{ type: "Admitted", room: "other" }], asked)).toEqual(asked);
    const gone = played([...inside, { type: "Sent", command: { type: "Leave", room } }]);
    expect(gone.place).toEqual({ at: "over" });
    expect(played([{ type: "Admitted", room }], gone).place).toEqual({ at: "over" });
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

  it("says which room this browser keeps and cannot open, and never offers its door", () => {
    const failed = (code: ErrorCode) =>
      played([{ type: "CommandRejected", command: "OpenRoom", room, error: { code, message: "", retryable: false }, text: null, names: [] }]).place;
    expect(failed("newer-records")).toEqual({ at: "kept", newer: true });
    expect(failed("bad-records")).toEqual({ at: "kept", newer: false });
  });

  it("opens by itself when the other tab closes", () => {
    expect(played([{ type: "OpenElsewhere", room }, hosting]).place).toEqual({ at: "room" });
  });
});

describe("knocks", () => {
  const knock = (number: number): Event => ({ type: "Knocked", room, knock: number, member: `k${number}`, name: "Ben", sas: "111111", vanished: 2 });

  it("queue in the order in which they came, and go one by one", () => {
    const two = played([hosting, knock(1), knock(2)]);
    expect(two.room?.knocks.map((each) => each.knock)).toEqual([1, 2]);
    const one = played([{ type: "KnockGone", room, knock: 1 }], two);
    expect(one.room?.knocks.map((each) => each.knock)).toEqual([2]);
  });

  it("are shown once each, as they were told last", () => {
    const again = played([hosting, knock(1), knock(2), { ...knock(1), name: "Benjamin" } as Event]);
    expect(again.room?.knocks.map((each) => [each.knock, each.name])).toEqual([[2, "Ben"], [1, "Benjamin"]]);
  });

  it("say how often somebody asked by this link and went, as it was told last", () => {
    const vanished = (events: Event[]) => played([hosting, ...events]).room?.knocks.map((each) => each.vanished);
    expect(vanished([knock(1)])).toEqual([2]);
    expect(vanished([knock(1), { ...knock(1), vanished: 3 } as Event])).toEqual([3]);
  });

  it("are over when the room is", () => {
    expect(played([hosting, knock(1), { type: "RoomEnded", room }]).room).toMatchObject({ knocks: [], ended: true });
  });

  it("of another room are not shown", () => {
    expect(played([hosting, { ...knock(1), room: "other" } as Event]).room?.knocks).toEqual([]);
  });

  it("are heard again when the door listens, and what was in the room stays", () => {
    const before = played([...serving, knock(1)]);
    for (const untilNewLink of [false, true]) {
      const quiet = played([{ type: "DoorQuiet", room, untilNewLink }], before);
      expect(troubleOf(quiet)).toEqual({ kind: "door-quiet", forAWhile: !untilNewLink });
      expect(played([{ type: "DoorListens", room: "other" }], quiet), "another room's door").toEqual(quiet);
      expect(played([{ type: "DoorListens", room }], quiet)).toEqual(before);
    }
  });

  it("that have gone when answered are no problem to tell", () => {
    const error = { code: "unknown-knock", message: "", retryable: false } as const;
    expect(played([hosting, { type: "CommandRejected", command: "Admit", room, error, text: null, names: [] }]).problem).toBeNull();
  });
});

describe("people", () => {
  it("keep their connection when something else about them changes", () => {
    const renamed = played([...serving, { ...member("ben", "anna"), name: "Benjamin" } as Event]);
    expect(renamed.room?.people.get("ben")).toMatchObject({ name: "Benjamin", connection: { type: "Direct" } });
  });

  it("whose connection is known before they are keep it", () => {
    const met = played([hosting, direct("ben"), member("ben", "anna")]);
    expect(met.room?.people.get("ben")).toMatchObject({ name: "ben", me: false, left: false, connection: { type: "Direct" } });
  });

  it("change one's own name only by being oneself", () => {
    const named = (id: string, name: string): Event => ({ ...member(id, "anna"), name }) as Event;
    const state = played([...serving, named("ben", "Benjamin")]);
    expect(state.room?.name).toBe("anna");
    expect(played([named("anna", "Anna B.")], state).room?.name).toBe("Anna B.");
  });
});

describe("a file", () => {
  it("is downloaded by itself only if it was wanted in this tab", () => {
    const found = played([...inside, stands({ type: "Done", root: "00" })]);
    expect(the(found).wanted).toBe(false);
    const fetched = played([...inside, { type: "Sent", command: { type: "Fetch", room, file } }]);
    expect(the(fetched).wanted).toBe(true);
    const saved = played([{ type: "Verified", room, file, url: "blob:1", name: "a.bin" }], fetched);
    expect(the(saved)).toMatchObject({ wanted: false, copy: { file, url: "blob:1", name: "a.bin" }, handedOver: false });
    expect(saved.arrived).toEqual([{ file, url: "blob:1", name: "a.bin" }]);
    const handed = played([{ type: "HandedOver", files: [file] }], saved);
    expect(handed.arrived, "once").toEqual([]);
    expect(the(handed).handedOver).toBe(true);
    const again = played([{ type: "Verified", room, file, url: "blob:2", name: "a.bin" }], found);
    expect(again.arrived, "found again after a reload").toEqual([]);
  });

  it("that is finished stays savable when its author withdraws it or the host ends the room", () => {
    const done: Event[] = [stands({ type: "Done", root: "00" }), { type: "Verified", room, file, url: "blob:1", name: "a.bin" }];
    const after = played([...inside, ...done, { type: "Withdrawn", room, share }, stands({ type: "Withdrawn" }), { type: "RoomEnded", room }, { type: "RoomClosed", room }]);
    expect(the(after).state.type).toBe("Done");
    expect(the(after).copy?.url).toBe("blob:1");
    expect(after.place).toEqual({ at: "room" });
  });

  it("that was saved and is given up afterwards is no longer here to save", () => {
    const saved = played([...inside, stands({ type: "Done", root: "00" }), { type: "Verified", room, file, url: "blob:1", name: "a.bin" }]);
    for (const type of ["Cancelled", "Offered"] as const) expect(the(played([stands({ type })], saved)).copy).toBeNull();
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
      expect(the(played([stands({ type: "Offered" })], reloaded)).again, "until it is asked for").toBe(true);
      expect(toGoOn(reloaded).length).toBe(goesOn ? 1 : 0);
      const fetched = played([{ type: "Sent", command: { type: "Fetch", room, file } }], reloaded);
      expect(toGoOn(fetched), "asked for once").toEqual([]);
      expect(the(played([stands({ type: "Receiving" })], fetched))).toMatchObject({ again: true, wanted: true });
      expect(the(played([stands({ type: "Cancelled" })], fetched)).again).toBe(false);
    }
    expect(onTheWay(played([...inside, stands({ type: "Done", root: "00" })])).size).toBe(0);
  });

  it("says who has it: everybody but its author", () => {
    const state = played([...serving, member("caro", "anna"), have("ben", 100), have("caro", 30)]);
    expect(state.room && holders(state.room, the(state))).toEqual({ have: 1, of: 2 });
    const left = played([member("ben", "anna", true)], state);
    expect(left.room && holders(left.room, the(left)), "who left is not asked").toEqual({ have: 0, of: 1 });
    const wanting = played([...inside, member("caro", "ben"), have("caro", 100)]);
    expect(wanting.room && holders(wanting.room, the(wanting))).toEqual({ have: 1, of: 2 });
    const mine = played([...inside, member("caro", "ben"), stands({ type: "Done", root: "00" })]);
    expect(mine.room && holders(mine.room, the(mine)), "one's own copy").toEqual({ have: 1, of: 2 });
  });

  it("of no bytes is had by who says so, not by everybody", () => {
    const before = played([...serving.slice(0, 4), shared("anna", 0)]);
    expect(before.room && holders(before.room, the(before)).have).toBe(0);
    const after = played([have("ben", 0)], before);
    expect(after.room && holders(after.room, the(after)).have).toBe(1);
  });
});
