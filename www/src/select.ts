/** Answers that follow from the state: who is here, what the line shows, what the trouble is, what would be lost. */
import { fileKey, type Interrupted, type Person, type Room, type Shelved, type State } from "./state";

/** How the one line between the two shores is drawn. */
export type Line = "absent" | "dotted" | "dashed" | "solid" | "knot" | "gap";
/** The word beside it. */
export type Word = "waiting" | "connecting" | "direct" | "relayed" | "not connected";

export interface Span {
  readonly line: Line;
  readonly word: Word | null;
  /** Share of the running transfers that is verified, 0 to 1, and which shore it goes to. */
  readonly filled: { readonly part: number; readonly toMe: boolean } | null;
}

/** Why it is not as it should be; a closed list. `who` is a member. */
export type Trouble =
  | { kind: "server-unreachable" | "server-refuses" | "no-websocket" | "server-full" | "nobody-there" | "not-answering" | "denied" | "crowded" | "room-full" | "version" }
  | { kind: "no-answer" | "needs-relay" | "no-address" | "no-address-there" | "kept-apart" | "broke-rules" | "gone"; who: Person }
  | { kind: "host-gone"; who: Person; needed: readonly Shelved[] }
  /** `toSave`: something complete is here as long as this tab is. */
  | { kind: "host-ended"; who: Person | null; toSave: boolean }
  | { kind: "door-quiet"; forAWhile: boolean };

/** What it means that no socket opens, by what the page's own server answers meanwhile. */
const unreachable = { nothing: "server-unreachable", refused: "server-refuses", "may-connect": "no-websocket" } as const;

/** Everybody but oneself who has not said good-bye. */
export function others({ people }: Pick<Room, "people">): Person[] {
  return [...people.values()].filter((person) => !person.me && !person.left);
}

export function hostOf(room: Room): Person | null {
  return [...room.people.values()].find((person) => person.host) ?? null;
}

export function connected(person: Person): boolean {
  return person.connection?.type === "Direct" || person.connection?.type === "Relayed";
}

/** Nothing has happened yet: the whole page is the quay. */
export function onQuay(room: Room): boolean {
  return room.host && !room.chatting && !room.ended && room.files.size === 0 && room.messages.size === 0 && others(room).length === 0;
}

/** Something is offered and nobody has come: the link is the largest thing. */
export function awaiting(room: Room): boolean {
  return room.host && !room.ended && [...room.people.values()].every((person) => person.me);
}

export function spanOf(state: State): Span {
  const room = state.room;
  if (room === null) return { line: "absent", word: null, filled: null };
  if (state.place.at === "knocking") return { ...knocking(room), filled: null };
  if (room.ended) return { line: "gap", word: "not connected", filled: null };
  const people = others(room);
  if (people.length === 0) {
    if (["ServerUnreachable", "ServerFull"].includes(room.presence.type)) return { line: "gap", word: "not connected", filled: null };
    // On the quay nothing has begun that one could wait for.
    return onQuay(room) ? { line: "absent", word: null, filled: null } : { line: "dotted", word: "waiting", filled: null };
  }
  const filled = filledOf(room);
  const is = (type: string) => people.some((person) => person.connection?.type === type);
  if (is("Direct")) return { line: is("Relayed") ? "knot" : "solid", word: "direct", filled };
  if (is("Relayed")) return { line: "knot", word: "relayed", filled };
  if (people.some((person) => person.connection === null || person.connection.type === "Connecting")) {
    return { line: "dashed", word: "connecting", filled: null };
  }
  return { line: "gap", word: "not connected", filled: null };
}

/** How many are connected in which way, where some are directly and others through a relay. */
export function mixOf(room: Room): { direct: number; relayed: number } | null {
  const count = (type: "Direct" | "Relayed") => others(room).filter((person) => person.connection?.type === type).length;
  const [direct, relayed] = [count("Direct"), count("Relayed")];
  return direct > 0 && relayed > 0 ? { direct, relayed } : null;
}

function knocking(room: Room): { line: Line; word: Word } {
  switch (room.presence.type) {
    case "Connecting":
    case "Greeting":
    case "Admitted":
      return { line: "dashed", word: "connecting" };
    case "Waiting":
    case "NobodyThere":
    case "NotAnswering":
    case "Crowded":
    case "Asked":
      return { line: "dotted", word: "waiting" };
    case "ServerUnreachable":
    case "ServerFull":
    case "Denied":
    case "RoomFull":
    case "VersionMismatch":
      return { line: "gap", word: "not connected" };
  }
}

/** What is wrong, if anything; the most pressing one. */
export function troubleOf(state: State): Trouble | null {
  const room = state.room;
  if (room === null) return null;
  if (room.ended) {
    // Also what the browser was given: it may have been refused there, and nobody tells.
    const toSave = [...room.files.values()].some(({ copy }) => copy !== null);
    return { kind: "host-ended", who: room.host ? null : hostOf(room), toSave };
  }
  switch (room.presence.type) {
    case "Crowded":
      return { kind: "crowded" };
    case "RoomFull":
      return { kind: "room-full" };
    case "VersionMismatch":
      return { kind: "version" };
    case "Denied":
      return { kind: "denied" };
    case "NobodyThere":
      if (state.place.at === "knocking") return { kind: "nobody-there" };
      break;
    case "NotAnswering":
      if (state.place.at === "knocking") return { kind: "not-answering" };
      break;
    default:
  }
  const lost = lostOf(room);
  if (lost !== null) return lost;
  if (room.presence.type === "ServerFull") return { kind: "server-full" };
  if (room.presence.type === "ServerUnreachable") return { kind: unreachable[state.heard] };
  return room.doorQuiet !== null && room.host ? { kind: "door-quiet", forAWhile: room.doorQuiet === "for-a-while" } : null;
}

function lostOf(room: Room): Trouble | null {
  const people = others(room);
  const host = people.find((person) => person.host);
  // The host first: with it the room stands or falls. Somebody else's absence matters while nobody is there, or
  // while a file is waiting for them.
  const waitedFor = new Set([...room.files.values()].filter((file) => file.state.type === "WaitingForSource").map((file) => file.author));
  const alone = people.every((person) => person.connection?.type === "Lost");
  const ordered = host === undefined ? people : [host, ...people.filter((person) => person !== host)];
  for (const who of ordered) {
    if (who.connection?.type !== "Lost") continue;
    if (!who.host && !alone && !waitedFor.has(who.member) && who.connection.reason === "closed") continue;
    switch (who.connection.reason) {
      case "no-path":
        return { kind: "needs-relay", who };
      case "no-address":
      case "no-address-there":
      case "kept-apart":
        return { kind: who.connection.reason, who };
      case "misbehaved":
        return { kind: "broke-rules", who };
      case "silent":
        return { kind: "no-answer", who };
      case "closed":
        return who.host ? { kind: "host-gone", who, needed: unfinishedFrom(room, who) } : { kind: "gone", who };
    }
  }
  return null;
}

function unfinishedFrom(room: Room, who: Person): Shelved[] {
  return [...room.files.values()].filter((file) => file.author === who.member && (running(file) || file.state.type === "Offered"));
}

/** Being fetched here, or waiting to go on. */
export function running(file: Shelved): boolean {
  return file.state.type === "Receiving" || file.state.type === "Paused" || file.state.type === "WaitingForSource";
}

/** What to remember over a reload: files on their way here, and whether they are to go on by themselves then. */
export function onTheWay(state: State): Interrupted {
  const going = [...(state.room?.files.values() ?? [])].filter(running);
  return new Map([...state.interrupted, ...going.map((file) => [fileKey(file.file), file.state.type !== "Paused"] as const)]);
}

/** Files that a reload interrupted, that are here again, and that the person had not paused. */
export function toGoOn(state: State): Shelved[] {
  const files = [...(state.room?.files.values() ?? [])];
  return files.filter((file) => file.state.type === "Offered" && state.interrupted.get(fileKey(file.file)) === true);
}

/** Whether it stays pinned on top. */
export function unfinished(file: Shelved): boolean {
  return running(file) || file.state.type === "Offered" || file.state.type === "SourceMissing";
}

/** Somebody hears now what is said here. */
export function heard(room: Room): boolean {
  return others(room).some(connected);
}

/** Whether nobody who is here has all of a file of somebody else's, and its author has gone: nothing can come of *Save*. */
export function outOfReach(room: Pick<Room, "people">, file: Shelved): boolean {
  const author = room.people.get(file.author);
  const gone = author === undefined || author.left || author.connection?.type === "Lost";
  return gone && !others(room).some((person) => connected(person) && (file.have.get(person.member) ?? -1) >= file.size);
}

/** Where the one next thing to do is: only there is a button in the accent's colour. */
export type Next = "door" | "trouble" | "file" | "link";

export function nextOf(state: State): Next {
  const { room } = state;
  if (room === null) return "link";
  if (room.knocks.length > 0) return "door";
  if (troubleOf(state)?.kind === "door-quiet") return "trouble";
  // A file that was forgotten comes before the link to it.
  return !awaiting(room) || [...room.files.values()].some((file) => file.state.type === "SourceMissing") ? "file" : "link";
}

/** What one's own files are called that others can ask for, or could again. */
export function namesHere(room: Pick<Room, "me" | "files">): string[] {
  const files = [...room.files.values()].filter((file) => file.author === room.me);
  return files.filter(({ state }) => state.type === "Serving" || state.type === "SourceMissing").map(({ name }) => name);
}

/** Connected members that are in the middle of receiving one's own file. */
export function receivers(room: Pick<Room, "me" | "people">, file: Shelved): Person[] {
  if (file.author !== room.me || file.state.type !== "Serving" || file.have.size === 0) return [];
  return others(room).filter((person) => {
    const have = file.have.get(person.member);
    return connected(person) && have !== undefined && have > 0 && have < file.size;
  });
}

/** While somebody receives one's own file: all who began, also who has finished meanwhile. So what is summed up over them never falls. */
export function begun(room: Pick<Room, "me" | "people">, file: Shelved): Person[] {
  if (receivers(room, file).length === 0) return [];
  return others(room).filter((person) => {
    const have = file.have.get(person.member) ?? 0;
    return have >= file.size || (have > 0 && connected(person));
  });
}

/** `have` of `of` people hold all of it, its author not counted. */
export function holders(room: Pick<Room, "people">, file: Shelved): { have: number; of: number } {
  const people = [...room.people.values()].filter((person) => person.member !== file.author && !person.left);
  const has = (person: Person) =>
    person.me ? file.state.type === "Done" : (file.have.get(person.member) ?? -1) >= file.size;
  return { have: people.filter(has).length, of: people.length };
}

/** The bytes of all running transfers: to me, or else from me. */
export interface Moving {
  readonly part: number;
  readonly whole: number;
  readonly toMe: boolean;
}

export function movingOf(room: Room): Moving | null {
  const files = [...room.files.values()];
  const mine = files.filter((file) => file.state.type === "Receiving");
  if (mine.length > 0) return sum(mine.map((file) => [file.verified, file.size]), true);
  const theirs = files.flatMap((file) => begun(room, file).map((who): [number, number] => [file.have.get(who.member) ?? 0, file.size]));
  return theirs.length > 0 ? sum(theirs, false) : null;
}

function sum(pairs: readonly (readonly [number, number])[], toMe: boolean): Moving {
  const total = (at: 0 | 1) => pairs.reduce((before, pair) => before + pair[at], 0);
  return { part: total(0), whole: total(1), toMe };
}

function filledOf(room: Room): Span["filled"] {
  const moving = movingOf(room);
  return moving === null ? null : { part: moving.whole === 0 ? 0 : moving.part / moving.whole, toMe: moving.toMe };
}

/** Bytes are on their way, in or out: the device should stay awake. */
export function transferring(state: State): boolean {
  return state.room !== null && filledOf(state.room) !== null;
}

/**
 * Closing the page now would lose something that does not come back: a file half received, or one that somebody is half
 * way through; a message half written; the room itself, where the host's browser keeps none. Who waits at the door is
 * heard again when the host is back, and files on the shelf are chosen once more: asked each time, nobody would read it.
 */
export function wouldLose(state: State): boolean {
  const { room, place } = state;
  if (room === null || place.at !== "room" || room.ended) return false;
  if (state.composed.trim() !== "" || (state.persistent === false && room.host && !onQuay(room))) return true;
  return [...room.files.values()].some((file) => running(file) || receivers(room, file).length > 0);
}
