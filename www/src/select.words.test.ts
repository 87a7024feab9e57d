/** Every word beside the line and every sentence of trouble, because each sends a person another way. */
import { describe, expect, it } from "vitest";
import { connection, direct, file, have, here, hosting, inside, joining, member, played, room, said, serving, shared, stands, the } from "./made";
import { awaiting, begun, connected, heard, hostOf, mixOf, movingOf, nextOf, onQuay, onTheWay, others, outOfReach, receivers, running, spanOf, toGoOn, transferring, troubleOf, unfinished, wouldLose } from "./select";
import { type Connection, type Event, type FileState, initial, type LocalEvent, type Presence, type State } from "./state";

type Told = (Event | LocalEvent)[];
const presence = (state: Presence): Event => ({ type: "Presence", room, state });
const lost = (id: string, reason: Extract<Connection, { type: "Lost" }>["reason"]): Event => connection(id, { type: "Lost", reason });
const line = (...events: Told) => {
  const { line: drawn, word, filled } = spanOf(played(events));
  return [drawn, word, filled];
};
const roomOf = (state: State) => {
  if (state.room === null) throw new Error("there is a room");
  return state.room;
};
const progress = (verified: number): Event => ({ type: "Progress", room, file, verified, rate: 1, remaining: null });

describe("people", () => {
  it("are others when they are not oneself and have not left", () => {
    const { room: at } = played([...serving, member("caro", "anna", true)]);
    expect(at && others(at).map((person) => person.member)).toEqual(["ben"]);
    expect(at && hostOf(at)?.member).toBe("anna");
    expect(hostOf(roomOf(played([joining])))).toBeNull();
  });

  it("are connected directly or through a relay, and not otherwise", () => {
    const is = (state: Parameters<typeof connection>[1]) => connected(roomOf(played([...serving, connection("ben", state)])).people.get("ben") ?? raise());
    expect([is({ type: "Direct" }), is({ type: "Relayed" }), is({ type: "Connecting" }), is({ type: "Lost", reason: "closed" })]).toEqual([true, true, false, false]);
    expect(connected(roomOf(played([hosting, member("ben", "anna")])).people.get("ben") ?? raise())).toBe(false);
  });
});

describe("the quay", () => {
  it("is left by each thing that can happen in a room, and is the host's only", () => {
    const quay = (...events: Told) => onQuay(roomOf(played(events)));
    const alone = [hosting, member("anna", "anna")];
    expect(quay(...alone)).toBe(true);
    expect(quay(...alone, member("ben", "anna", true)), "somebody who has left").toBe(true);
    const happened: Told = [{ type: "ChatFirst" }, { type: "RoomEnded", room }, shared("anna"), said("m", 1), member("ben", "anna")];
    for (const event of happened) expect(quay(...alone, event)).toBe(false);
    expect(quay({ ...joining, member: true })).toBe(false);
  });

  it("is followed by waiting until the first came, also if they have left again", () => {
    const waits = (...events: Told) => awaiting(roomOf(played(events)));
    const offering = [hosting, member("anna", "anna"), shared("anna")];
    expect(waits(...offering)).toBe(true);
    expect(waits(...offering, member("ben", "anna", true))).toBe(false);
    expect(waits(...offering, { type: "RoomEnded", room })).toBe(false);
    expect(waits({ ...joining, member: true }, member("ben", "ben"))).toBe(false);
  });
});

describe("the word beside the line", () => {
  it("follows a guest from the server to the door", () => {
    const asked = (state: Presence) => line(joining, presence(state));
    for (const type of ["Connecting", "Greeting", "Admitted"] as const) expect(asked({ type })).toEqual(["dashed", "connecting", null]);
    for (const type of ["Waiting", "NobodyThere", "NotAnswering", "Crowded"] as const) expect(asked({ type })).toEqual(["dotted", "waiting", null]);
    expect(asked({ type: "Asked", sas: "123456" })).toEqual(["dotted", "waiting", null]);
    for (const type of ["ServerUnreachable", "ServerFull", "Denied", "RoomFull", "VersionMismatch"] as const) expect(asked({ type })).toEqual(["gap", "not connected", null]);
  });

  it("says who is there, and how", () => {
    const alone: Told = [hosting, member("anna", "anna")];
    expect(spanOf(initial(here))).toEqual({ line: "absent", word: null, filled: null });
    expect(line(...alone), "nothing has begun").toEqual(["absent", null, null]);
    expect(line(...alone, shared("anna"))).toEqual(["dotted", "waiting", null]);
    expect(line(...alone, presence({ type: "ServerUnreachable" }))).toEqual(["gap", "not connected", null]);
    expect(line(...alone, presence({ type: "ServerFull" }))).toEqual(["gap", "not connected", null]);
    expect(line(...serving)).toEqual(["solid", "direct", null]);
    expect(line(...serving, connection("ben", { type: "Relayed" }))).toEqual(["knot", "relayed", null]);
    expect(line(...serving, connection("ben", { type: "Connecting" }))).toEqual(["dashed", "connecting", null]);
    expect(line(hosting, member("ben", "anna"))).toEqual(["dashed", "connecting", null]);
    expect(line(...serving, lost("ben", "closed"))).toEqual(["gap", "not connected", null]);
    expect(line(...serving, { type: "RoomEnded", room })).toEqual(["gap", "not connected", null]);
  });

  it("is that of the best connection there is", () => {
    const two: Told = [...serving, member("caro", "anna")];
    expect(line(...two, connection("caro", { type: "Relayed" }))[0]).toBe("knot");
    expect(line(...two, lost("ben", "silent"), connection("caro", { type: "Relayed" }))[0]).toBe("knot");
    expect(line(...two, lost("ben", "silent"), connection("caro", { type: "Connecting" }))[0]).toBe("dashed");
    expect(line(...two, lost("ben", "silent"))[0]).toBe("dashed");
  });
});

describe("how many are connected in which way", () => {
  const three: Told = [...serving, member("caro", "anna"), member("dan", "anna"), direct("caro")];
  const mix = (...events: Told) => mixOf(roomOf(played(events)));

  it("is said where it is not the same for all", () => {
    expect(mix(...three, connection("dan", { type: "Relayed" }))).toEqual({ direct: 2, relayed: 1 });
    expect(mix(...three)).toBeNull();
    expect(mix(...serving, connection("ben", { type: "Relayed" }))).toBeNull();
    expect(mix(...three, connection("dan", { type: "Relayed" }), member("dan", "anna", true)), "who left").toBeNull();
  });
});

describe("a file that nobody here has", () => {
  const reach = (...events: Told) => outOfReach(roomOf(played(events)), the(played(events)));
  const caro: Told = [member("caro", "ben"), direct("caro")];

  it("is one whose author has gone, unless somebody here has all of it", () => {
    expect(reach(...inside)).toBe(false);
    expect(reach(...inside, lost("anna", "closed"))).toBe(true);
    expect(reach(...inside, lost("anna", "silent"), ...caro, have("caro", 99))).toBe(true);
    expect(reach(...inside, lost("anna", "silent"), ...caro, have("caro", 100))).toBe(false);
    expect(reach(...inside, lost("anna", "silent"), ...caro, have("caro", 100), lost("caro", "closed"))).toBe(true);
    expect(reach(...inside, connection("anna", { type: "Connecting" })), "on its way").toBe(false);
    expect(reach(...inside, member("anna", "ben", true)), "left for good").toBe(true);
  });
});

describe("the one next thing to do", () => {
  const next = (...events: Told) => nextOf(played(events));
  const alone: Told = [hosting, member("anna", "anna"), shared("anna")];
  const knock: Event = { type: "Knocked", room, knock: 1, member: "ben", name: "Ben", sas: "123456", vanished: 0 };
  const quiet: Event = { type: "DoorQuiet", room, untilNewLink: true };

  it("is in one place at a time", () => {
    expect(nextOf(initial(here))).toBe("link");
    expect(next(...alone)).toBe("link");
    expect(next(...serving)).toBe("file");
    expect(next(...alone, stands({ type: "SourceMissing" }))).toBe("file");
    expect(next(...alone, quiet)).toBe("trouble");
    expect(next(...alone, quiet, knock)).toBe("door");
    expect(next(...serving, knock)).toBe("door");
  });

  it("is said with the words that fit: whether somebody hears", () => {
    expect([heard(roomOf(played(serving))), heard(roomOf(played(alone))), heard(roomOf(played([...serving, lost("ben", "closed")])))]).toEqual([true, false, false]);
  });
});

describe("the filled part", () => {
  it("is the verified share of all that runs, to me before from me", () => {
    const second: Event = { type: "Shared", room, share: "s2", author: "anna", order: 2, files: [{ name: "b", size: 300 }] };
    const fetching: Told = [...inside, second, stands({ type: "Receiving" }), progress(50), { type: "FileChanged", room, file: { share: "s2", index: 0 }, state: { type: "Receiving" } }];
    expect(spanOf(played(fetching)).filled).toEqual({ part: 50 / 400, toMe: true });
    const both: Told = [...serving, have("ben", 25), member("caro", "anna"), direct("caro"), have("caro", 75)];
    expect(spanOf(played(both)).filled).toEqual({ part: 0.5, toMe: false });
    const mine: Event = { type: "Shared", room, share: "s3", author: "ben", order: 3, files: [{ name: "c", size: 10 }] };
    const serves: Event = { type: "Have", room, file: { share: "s3", index: 0 }, member: "anna", verified: 5 };
    expect(spanOf(played([...fetching, mine, serves])).filled?.toMe).toBe(true);
    expect(spanOf(played([...inside, mine, serves])).filled).toEqual({ part: 0.5, toMe: false });
  });

  it("of nothing is nothing", () => {
    const empty: Told = [...inside.slice(0, 5), shared("anna", 0), stands({ type: "Receiving" })];
    expect(spanOf(played(empty)).filled).toEqual({ part: 0, toMe: true });
  });

  it("keeps the device awake, whichever way it goes", () => {
    expect([transferring(initial(here)), transferring(played(serving)), transferring(played([...serving, have("ben", 1)]))]).toEqual([false, false, true]);
    expect(transferring(played([...inside, stands({ type: "Receiving" })]))).toBe(true);
  });
});

describe("the sum of what is sent", () => {
  it("counts all who began, and never falls when one of them has finished", () => {
    const two: Told = [...serving, member("caro", "anna"), direct("caro"), have("caro", 40)];
    expect(movingOf(roomOf(played([...two, have("ben", 99)])))).toEqual({ part: 139, whole: 200, toMe: false });
    expect(movingOf(roomOf(played([...two, have("ben", 100)])))).toEqual({ part: 140, whole: 200, toMe: false });
    expect(movingOf(roomOf(played([...two, have("ben", 100), lost("ben", "closed")]))), "done and gone").toEqual({ part: 140, whole: 200, toMe: false });
    expect(movingOf(roomOf(played([...two, have("ben", 100), have("caro", 100)]))), "all have it").toBeNull();
    const done = played([...serving, have("ben", 100)]);
    expect(begun(roomOf(done), the(done))).toEqual([]);
  });
});

describe("who is receiving", () => {
  const from = (...events: Told) => receivers(roomOf(played(events)), the(played(events))).map((person) => person.member);

  it("is connected and in the middle of one's own file", () => {
    expect(from(...serving, have("ben", 1))).toEqual(["ben"]);
    for (const verified of [0, 100]) expect(from(...serving, have("ben", verified))).toEqual([]);
    expect(from(...serving)).toEqual([]);
    expect(from(...serving, member("caro", "anna"), direct("caro"), have("ben", 1)), "others have nothing").toEqual(["ben"]);
    expect(from(...serving, have("ben", 1), lost("ben", "silent"))).toEqual([]);
    expect(from(...serving, have("ben", 1), stands({ type: "SourceMissing" }))).toEqual([]);
    expect(from(...inside, member("caro", "ben"), direct("caro"), have("caro", 1), stands({ type: "Serving" })), "somebody else's").toEqual([]);
  });
});

describe("how a file stands", () => {
  const all: FileState[] = [
    { type: "Offered" }, { type: "Serving" }, { type: "SourceMissing" }, { type: "Receiving" }, { type: "WaitingForSource" }, { type: "Paused" },
    { type: "Done", root: "00" }, { type: "Cancelled" }, { type: "Failed", reason: { type: "SourceGone" } }, { type: "Withdrawn" },
  ];
  const which = (is: (shelved: ReturnType<typeof the>) => boolean) => all.filter((state) => is({ ...the(played(inside)), state })).map((state) => state.type);

  it("is running while something of it is to come, and pinned while there is something to do", () => {
    expect(which(running)).toEqual(["Receiving", "WaitingForSource", "Paused"]);
    expect(which(unfinished)).toEqual(["Offered", "SourceMissing", "Receiving", "WaitingForSource", "Paused"]);
  });

  it("is remembered over a reload beside what was remembered before, until it is done", () => {
    const before = new Map([["s9/0", true]]);
    const state = played([...inside, stands({ type: "Paused" })], initial(here, before));
    expect([...onTheWay(state)]).toEqual([["s9/0", true], ["s1/0", false]]);
    expect(onTheWay(initial(here)).size).toBe(0);
    expect(toGoOn(initial(here, before))).toEqual([]);
    const going = played(inside, initial(here, new Map([["s1/0", true]])));
    expect(toGoOn(going).map((shelved) => shelved.name)).toEqual(["a.bin"]);
    expect(toGoOn(played([stands({ type: "Cancelled" })], going))).toEqual([]);
  });
});

describe("closing the page", () => {
  it("is not questioned where nothing can be lost", () => {
    expect(wouldLose(initial(here))).toBe(false);
    const receiving: Told = [...inside, stands({ type: "Receiving" })];
    expect(wouldLose(played(receiving))).toBe(true);
    const second: Event = { type: "Shared", room, share: "s2", author: "anna", order: 2, files: [{ name: "b", size: 1 }] };
    expect(wouldLose(played([...receiving, second])), "one of two files").toBe(true);
    expect(wouldLose(played([...receiving, { type: "RoomEnded", room }]))).toBe(false);
    expect(wouldLose(played([...receiving, { type: "Crashed", message: "" }]))).toBe(false);
  });
});

describe("trouble", () => {
  const kind = (...events: Told) => troubleOf(played(events))?.kind ?? null;

  it("at the door says why one is not let in", () => {
    const asked = (state: Presence) => kind(joining, presence(state));
    expect(asked({ type: "RoomFull" })).toBe("room-full");
    expect(asked({ type: "Crowded" })).toBe("crowded");
    expect(asked({ type: "VersionMismatch" })).toBe("version");
    expect(asked({ type: "Denied" })).toBe("denied");
    expect(asked({ type: "NobodyThere" })).toBe("nobody-there");
    expect(asked({ type: "NotAnswering" })).toBe("not-answering");
    expect(asked({ type: "ServerUnreachable" })).toBe("server-unreachable");
    expect(asked({ type: "ServerFull" })).toBe("server-full");
    for (const type of ["Connecting", "Waiting", "Greeting", "Admitted"] as const) expect(asked({ type })).toBeNull();
    expect(troubleOf(initial(here))).toBeNull();
  });

  it("is what the server answers while no socket opens, and only then", () => {
    const unreachable = presence({ type: "ServerUnreachable" });
    expect(kind(...serving, unreachable, { type: "Heard", heard: "refused" })).toBe("server-refuses");
    expect(kind(joining, unreachable, { type: "Heard", heard: "may-connect" })).toBe("no-websocket");
    expect(kind(joining, unreachable, { type: "Heard", heard: "refused" }, { type: "Heard", heard: "nothing" })).toBe("server-unreachable");
    expect(kind(...serving, unreachable, { type: "Heard", heard: "refused" }, presence({ type: "Waiting" }))).toBeNull();
  });

  it("in the room is not that nobody answers the door", () => {
    for (const type of ["NobodyThere", "NotAnswering"] as const) expect(kind(...inside, presence({ type }))).toBeNull();
  });

  it("is the end before all else, and names the host to a guest", () => {
    const ended: Event = { type: "RoomEnded", room };
    expect(troubleOf(played([...inside, presence({ type: "RoomFull" }), ended]))).toMatchObject({ kind: "host-ended", who: { member: "anna" } });
    expect(troubleOf(played([...serving, ended]))).toEqual({ kind: "host-ended", who: null, toSave: false });
  });

  it("asks to save, at the end, what is here, also if the browser was given it: it may have been refused there", () => {
    const ended: Event = { type: "RoomEnded", room };
    const complete: Event[] = [shared("anna"), { type: "FileChanged", room, file, state: { type: "Done", root: "00" } }, { type: "Verified", room, file, url: "blob:1", name: "a.bin" }];
    const toSave = (...events: (Event | LocalEvent)[]) => troubleOf(played([...inside, ...events, ended]));
    expect(toSave()).toMatchObject({ toSave: false });
    expect(toSave(...complete)).toMatchObject({ toSave: true });
    expect(toSave(...complete, { type: "HandedOver", files: [file] })).toMatchObject({ toSave: true });
  });

  it("is somebody's absence before the server's, and the server's before a quiet door", () => {
    const quiet: Event = { type: "DoorQuiet", room, untilNewLink: true };
    const unreachable = presence({ type: "ServerUnreachable" });
    expect(kind(...serving, quiet)).toBe("door-quiet");
    expect(kind(...serving, quiet, unreachable)).toBe("server-unreachable");
    expect(kind(...serving, quiet, unreachable, lost("ben", "silent"))).toBe("no-answer");
    expect(kind(...inside, quiet), "a guest can do nothing about it").toBeNull();
  });

  it("passes over whose connection is not known yet", () => {
    expect(troubleOf(played([hosting, member("anna", "anna"), member("caro", "anna"), member("ben", "anna"), lost("ben", "silent")]))).toMatchObject({ who: { member: "ben" } });
    expect(kind(hosting, member("caro", "anna"), member("ben", "anna"), lost("ben", "closed")), "one of two").toBeNull();
    expect(kind(...inside, connection("anna", { type: "Connecting" }))).toBeNull();
  });

  it("has a sentence for each way to lose somebody", () => {
    expect(kind(...serving, lost("ben", "no-path"))).toBe("needs-relay");
    for (const reason of ["no-address", "no-address-there", "kept-apart"] as const) expect(kind(...serving, lost("ben", reason))).toBe(reason);
    expect(kind(...serving, lost("ben", "misbehaved"))).toBe("broke-rules");
    expect(kind(...serving, lost("ben", "silent"))).toBe("no-answer");
    expect(kind(...serving, lost("ben", "closed"))).toBe("gone");
    expect(kind(...inside, lost("anna", "closed"))).toBe("host-gone");
    expect(kind(...serving, lost("ben", "closed"), member("ben", "anna", true)), "who has said good-bye is not missed").toBeNull();
  });

  it("counts only what is unfinished of the host's own as needing them", () => {
    const more: Told = [
      { type: "Shared", room, share: "s2", author: "anna", order: 2, files: [{ name: "done", size: 1 }] },
      { type: "FileChanged", room, file: { share: "s2", index: 0 }, state: { type: "Done", root: "00" } },
      { type: "Shared", room, share: "s3", author: "caro", order: 3, files: [{ name: "of caro", size: 1 }] },
    ];
    const needed = (...events: Told) => {
      const trouble = troubleOf(played([...inside, ...more, ...events, lost("anna", "closed")]));
      return trouble?.kind === "host-gone" ? trouble.needed.map((shelved) => shelved.name) : null;
    };
    expect(needed()).toEqual(["a.bin"]);
    expect(needed(stands({ type: "Paused" }))).toEqual(["a.bin"]);
    expect(needed(stands({ type: "Cancelled" }))).toEqual([]);
  });
});

function raise(): never {
  throw new Error("they are there");
}
