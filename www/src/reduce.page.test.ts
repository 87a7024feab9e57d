/** What a person is told of the page itself: what cannot go on, what was not done, where one stands after an end. */
import { describe, expect, it } from "vitest";
import { file, here, hosting, inside, joining, member, played, room, serving, shared, stands, the } from "./made";
import { reduce } from "./reduce";
import { type Event, initial } from "./state";

const fresh = initial(here);
const failed = (code: Extract<Event, { type: "CommandFailed" }>["error"]["code"], command: Extract<Event, { type: "CommandFailed" }>["command"] = "Say"): Event => ({
  type: "CommandFailed", command, room, error: { code, message: "", retryable: false },
});

describe("the page", () => {
  it("begins with nothing but the room on its way", () => {
    expect(fresh).toEqual({
      here, interrupted: new Map(), place: { at: "starting" }, room: null, persistent: null, problem: null, heard: "nothing", composed: "", returned: 0, overlong: null, early: [], asking: null, chatEarly: false, dragging: null, arrived: [], missed: null,
    });
  });

  it("says why it cannot start", () => {
    for (const place of [{ at: "insecure" }, { at: "webrtc-off" }, { at: "seen" }, { at: "unsupported", missing: ["WebAssembly"] }] as const) {
      expect(played([{ type: "Blocked", place }])).toEqual({ ...fresh, place });
    }
  });

  it("says that a link is cut, or of a newer version, in place of any room", () => {
    expect(played([...inside, { type: "BadLink", reason: "malformed" }])).toEqual({ ...fresh, place: { at: "bad-link", newer: false } });
    expect(played([{ type: "BadLink", reason: "version" }]).place).toEqual({ at: "bad-link", newer: true });
    expect(played([failed("bad-link", "JoinRoom")])).toEqual({ ...fresh, place: { at: "bad-link", newer: false } });
  });

  it("says that another tab has the room", () => {
    expect(played([{ type: "OpenElsewhere", room }])).toEqual({ ...fresh, place: { at: "elsewhere" } });
    expect(played([failed("open-elsewhere", "JoinRoom")])).toEqual({ ...fresh, place: { at: "elsewhere" } });
  });

  it("keeps by what name somebody asked before the door was there, until it is asked", () => {
    const pressed = played([{ type: "Asking", name: "Gustav" }, { type: "AtDoor", room, link: "L1" }]);
    expect(pressed).toEqual({ ...fresh, place: { at: "door", link: "L1" }, asking: "Gustav" });
    expect(reduce(pressed, [{ type: "Sent", command: { type: "JoinRoom", link: "L1", name: "Gustav" } }]).asking).toBeNull();
  });

  it("forgets another room at a door", () => {
    expect(played([...inside, { type: "AtDoor", room: "other", link: "L2" }])).toEqual({ ...fresh, place: { at: "door", link: "L2" } });
  });

  it("says that it has stopped, and keeps what was in the room", () => {
    const before = played(inside);
    expect(played([{ type: "Crashed", message: "" }], before)).toEqual({ ...before, place: { at: "crashed" } });
  });

  it("keeps what stands in the composer, and what is dragged over it", () => {
    const before = played(serving);
    const dragging = { files: 2, text: false };
    expect(played([{ type: "Composed", text: "half a sent" }, { type: "Dragging", dragging }], before)).toEqual({ ...before, composed: "half a sent", dragging });
  });

  it("keeps files that were given before there was a room", () => {
    const files = [new File(["x"], "a.txt")];
    const early = played([{ type: "Early", files }]);
    expect(early).toEqual({ ...fresh, early: files });
    expect(played([hosting], early).early).toBe(files);
    expect(played([hosting, { type: "Early", files: [] }], early)).toEqual(played([hosting]));
  });

  it("keeps a text that is too long for the composer beside it", () => {
    const file = new File(["long"], "text.txt");
    const before = played([...serving, { type: "Composed", text: "half a sent" }]);
    const beside = played([{ type: "Overlong", file }], before);
    expect(beside).toEqual({ ...before, overlong: file });
    expect(played([{ type: "Overlong", file: null }], beside)).toEqual(before);
  });

  it("begins to chat before anybody came", () => {
    const before = played([hosting]);
    expect(played([{ type: "ChatFirst" }], before)).toEqual({ ...before, room: { ...before.room, chatting: true } });
    const early = played([{ type: "ChatFirst" }]);
    expect(early).toEqual({ ...fresh, chatEarly: true });
    expect(played([hosting], early).room?.chatting, "chosen before there was a room").toBe(true);
    expect(played([joining], early).room?.chatting).toBe(false);
  });
});

describe("storage", () => {
  it("is there or not, as the engine says, and a window without it has one sentence only", () => {
    expect(played([{ type: "Storage", persistent: true }])).toEqual({ ...fresh, persistent: true });
    expect(played([{ type: "Storage", persistent: true }, { type: "NotStored", room, reason: { type: "Unavailable" } }])).toEqual({ ...fresh, persistent: false });
    expect(played([{ type: "Storage", persistent: true }, { type: "NotStored", room, reason: { type: "Denied" } }])).toEqual({
      ...fresh, persistent: true, problem: { kind: "not-stored" },
    });
  });
});

describe("what was not done", () => {
  it("is said until it is dismissed", () => {
    const told = played([{ type: "Problem", problem: { kind: "folder", name: "Photos" } }]);
    expect(told).toEqual({ ...fresh, problem: { kind: "folder", name: "Photos" } });
    expect(played([{ type: "Problem", problem: null }], told)).toEqual(fresh);
    expect(played([failed("busy")])).toEqual({ ...fresh, problem: { kind: "refused", code: "busy" } });
    expect(played([failed("full")])).toEqual({ ...fresh, problem: { kind: "refused", code: "full" } });
    expect(played([failed("other-file", "Supply")])).toEqual({ ...fresh, problem: { kind: "other-file", name: null } });
  });

  it("loses nothing that was written or chosen", () => {
    const rejected = (command: "Say" | "Share", text: string | null, names: string[]): Event => ({
      type: "CommandRejected", command, room, error: { code: "busy", message: "", retryable: true }, text, names,
    });
    const first = played([rejected("Say", "The lock is open.", [])]);
    expect(first).toEqual({ ...fresh, composed: "The lock is open.", returned: 17, problem: { kind: "refused", code: "busy" } });
    const writing = played([{ type: "Composed", text: "And" }, rejected("Say", "The lock is open.", [])]);
    expect(writing.composed, "before what has been written since").toBe("The lock is open.\nAnd");
    const more = played([rejected("Say", "So is the bridge.", [])], writing);
    expect(more.composed, "in their order").toBe("The lock is open.\nSo is the bridge.\nAnd");
    const typed = played([{ type: "Composed", text: `${more.composed} so on` }, rejected("Say", "Come.", [])], more);
    expect(typed.composed, "and what follows them may change").toBe("The lock is open.\nSo is the bridge.\nCome.\nAnd so on");
    const longer = played([{ type: "Composed", text: "The lock is open. Hurry" }, rejected("Say", "Come.", [])], first);
    expect(longer.composed, "nor is it cut in two").toBe("Come.\nThe lock is open. Hurry");
    const other = played([{ type: "Composed", text: "All open." }, rejected("Say", "Come.", [])], more);
    expect(other.composed, "what was changed is not taken apart").toBe("Come.\nAll open.");
    const files = played([rejected("Share", null, ["a.txt"]), rejected("Share", null, ["b.txt", "c.txt"])]);
    expect(files).toEqual({ ...fresh, problem: { kind: "not-shared", code: "busy", names: ["a.txt", "b.txt", "c.txt"] } });
    expect(played([failed("full"), rejected("Share", null, ["a.txt"])]).problem).toEqual({ kind: "not-shared", code: "busy", names: ["a.txt"] });
  });

  it("is nothing when what was to be left or ended is gone already", () => {
    for (const command of ["Leave", "EndRoom"] as const) expect(played([failed("unknown-room", command)])).toEqual(fresh);
    expect(played([failed("unknown-knock", "Deny")])).toEqual(fresh);
  });
});

describe("the end", () => {
  it("comes to the host who ends the room, and to a guest who leaves it, at once", () => {
    const hosted = played(serving);
    expect(played([{ type: "Sent", command: { type: "EndRoom", room } }], hosted)).toEqual({ ...hosted, place: { at: "over" } });
    const guest = played(inside);
    expect(played([{ type: "Sent", command: { type: "Leave", room } }], guest)).toEqual({ ...guest, place: { at: "over" } });
    const asking = played([joining]);
    expect(played([{ type: "Sent", command: { type: "Leave", room } }], asking), "a cancelled request waits for the engine").toEqual(asking);
    expect(played([{ type: "Sent", command: { type: "Say", room, text: "x" } }], guest)).toEqual(guest);
  });

  it("comes at once also where another tab has taken the room over", () => {
    expect(played([hosting, { type: "OpenElsewhere", room }, { type: "Sent", command: { type: "EndRoom", room } }]).place).toEqual({ at: "over" });
  });

  it("comes when the engine closes the room, unless the host ended it: then what was finished stays in view", () => {
    const guest = played(inside);
    expect(played([{ type: "RoomClosed", room }], guest)).toEqual({ ...guest, place: { at: "over" } });
    expect(played([{ type: "RoomClosed", room: "other" }], guest)).toEqual(guest);
    const ended = played([{ type: "RoomEnded", room }], guest);
    expect(played([{ type: "RoomClosed", room }], ended)).toEqual(ended);
  });
});

describe("a room that is ready again", () => {
  const quiet = played([...serving, { type: "DoorQuiet", room, untilNewLink: true }]);

  it("keeps everything for the same person, and a quiet door only with the same link", () => {
    expect(quiet.room?.doorQuiet).toBe("for-good");
    expect(played([{ ...hosting, name: "Anna" }], quiet)).toEqual({ ...quiet, room: { ...quiet.room, name: "Anna" } });
    expect(played([{ ...hosting, link: "L2" }], quiet).room).toEqual({ ...quiet.room, link: "L2", name: "", doorQuiet: null });
    expect(played([{ ...hosting, link: "L2" }]).room?.doorQuiet).toBeNull();
  });

  it("is another one for somebody else, or under another name of its own", () => {
    const empty = {
      id: room, link: "L1", me: "anna", host: true, name: "", presence: { type: "Connecting" }, people: new Map(), knocks: [], doorQuiet: null,
      files: new Map(), messages: new Map(), rows: [], ended: false, chatting: false,
    };
    expect(played([{ ...hosting, room: "other" }], quiet).room).toEqual({ ...empty, id: "other" });
    expect(played([{ ...hosting, me: "ben" }], quiet).room).toEqual({ ...empty, me: "ben" });
    expect(played([hosting, joining]).place).toEqual({ at: "knocking" });
  });
});

describe("an event about somebody's connection or file", () => {
  it("shows a stranger without a name, and no more", () => {
    const state = played([hosting, { type: "Connection", room, member: "x", state: { type: "Connecting" } }]);
    expect(state.room?.people.get("x")).toEqual({
      member: "x", name: "", host: false, me: false, admittedBy: null, left: false, forked: false, connection: { type: "Connecting" },
    });
    expect(played([hosting, member("x", "anna")]).room?.people.get("x")?.connection).toBeNull();
  });

  it("changes nothing when the file or message is not there, or a remote's attempt came to nothing", () => {
    const state = played(inside);
    const strays: Event[] = [
      { type: "FileChanged", room, file: { share: "s9", index: 0 }, state: { type: "Receiving" } }, { type: "Delivered", room, entry: "m9", by: "ben" },
      { type: "Misbehaved", room, member: "anna", violation: "bad-page" }, { type: "Withdrawn", room, share: "s9" },
    ];
    expect(played(strays, state)).toEqual(state);
  });

  it("takes away every file of a share that is withdrawn, except what is complete, and no other", () => {
    const files = ["a", "b", "c"].map((name) => ({ name, size: 10 }));
    const two: Event = { type: "Shared", room, share: "s2", author: "anna", order: 2, files };
    const done: Event = { type: "FileChanged", room, file: { share: "s2", index: 1 }, state: { type: "Done", root: "00" } };
    const state = played([...inside, two, done, { type: "Withdrawn", room, share: "s2" }]);
    const stand = [...(state.room?.files.values() ?? [])].map((each) => each.state.type);
    expect(stand).toEqual(["Offered", "Withdrawn", "Done", "Withdrawn"]);
  });
});

describe("an event about a room", () => {
  const saved: Event = { type: "Verified", room, file, url: "blob:1", name: "a.bin" };

  it("changes nothing where there is no room, or another one", () => {
    const strays: Event[] = [{ type: "RoomClosed", room }, { type: "Admitted", room }, { type: "DoorQuiet", room, untilNewLink: true }, saved, shared("anna")];
    for (const event of strays) expect(played([event])).toEqual(fresh);
    const wanting = played([...inside, { type: "Sent", command: { type: "Fetch", room, file } }]);
    expect(played([{ ...saved, room: "other" }], wanting), "nothing is downloaded").toEqual(wanting);
    expect(played([{ ...saved, file: { share: "s9", index: 0 } }], wanting)).toEqual(wanting);
  });

  it("puts each thing that is said or shared into the stream once, by order and id", () => {
    const { rows } = played([...inside, { type: "Said", room, entry: "m0", author: "ben", order: 0, text: "hi", sentAt: 0 }]).room ?? raise();
    expect(rows).toEqual([
      { kind: "message", key: "m0", order: 0, id: "m0" },
      { kind: "file", key: "s1/0", order: 1, id: "s1" },
    ]);
  });
});

describe("how a file stands", () => {
  const running = played([...inside, stands({ type: "Receiving" }), { type: "Progress", room, file, verified: 40, rate: 10, remaining: 6 }]);

  it("starts as one's own or somebody else's, not wanted, nothing of it here", () => {
    const nothing = { verified: 0, rate: 0, remaining: null, have: new Map(), copy: null, handedOver: false, wanted: false, again: false };
    const about = { file, order: 1, name: "a.bin", size: 100, ...nothing };
    expect(the(played(inside))).toEqual({ ...about, author: "anna", state: { type: "Offered" } });
    expect(the(played(serving))).toEqual({ ...about, author: "anna", state: { type: "Serving" } });
  });

  it("shows how far it is, how fast, and how long it will take", () => {
    expect(the(running)).toMatchObject({ verified: 40, rate: 10, remaining: 6, wanted: true, state: { type: "Receiving" } });
  });

  it("says no speed and no time when it stands still, whatever the reason", () => {
    const still: Event[] = [
      stands({ type: "Paused" }), stands({ type: "WaitingForSource" }), stands({ type: "Failed", reason: { type: "SourceChanged" } }), stands({ type: "SourceMissing" }), stands({ type: "Serving" }),
    ];
    for (const event of still) expect(the(played([event], running))).toMatchObject({ verified: 40, rate: 0, remaining: null, wanted: true });
  });

  it("is all there when it is done, and stays so when its author takes it back", () => {
    const done = played([stands({ type: "Done", root: "00" })], running);
    expect(the(done)).toMatchObject({ verified: 100, rate: 0, remaining: null, state: { type: "Done", root: "00" } });
    expect(the(played([stands({ type: "Withdrawn" })], done))).toEqual(the(done));
    expect(the(played([stands({ type: "Withdrawn" })], running))).toEqual({ ...the(running), state: { type: "Withdrawn" } });
  });

  it("is as if it had never been asked for when it is given up", () => {
    expect(the(played([stands({ type: "Offered" })], running))).toEqual(the(played(inside)));
    expect(the(played([stands({ type: "Cancelled" })], running))).toEqual({ ...the(played(inside)), state: { type: "Cancelled" } });
  });

  it("keeps what is known when its share is told again", () => {
    expect(played([shared("anna")], running)).toEqual(running);
  });
});

function raise(): never {
  throw new Error("there is a room");
}
