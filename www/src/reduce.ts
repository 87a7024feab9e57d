/**
 * The pure reducer that makes the page's state from the engine's events.
 *
 * It never decides anything about the protocol: no timers, no retries, no guesses.
 */
import { Batch } from "./batch";
import { fileKey, type Command, type ErrorCode, type Event, type FileRef, type FileState, type Interrupted, type LocalEvent, type Of, type Person, type Place, type Room, type Shelved, type State } from "./state";

/** The state after `events`, in their order. An event about a room that is not shown changes nothing. */
export function reduce(state: State, events: readonly (Event | LocalEvent)[]): State {
  const batch = new Batch();
  return events.reduce((before, event) => after(before, event, batch), state);
}

function after(state: State, event: Event | LocalEvent, batch: Batch): State {
  switch (event.type) {
    case "Sent":
      return sent(state, event.command, batch);
    case "Blocked":
      return { ...state, place: event.place };
    case "Heard":
      return { ...state, heard: event.heard };
    case "ChatFirst":
      return state.room === null ? { ...state, chatEarly: true } : inRoom(state, (room) => ({ ...room, chatting: true }));
    case "Composed":
      return composed(state, event.text);
    case "Early":
      return { ...state, early: event.files };
    case "Asking":
      return { ...state, asking: event.name };
    case "Overlong":
      return { ...state, overlong: event.file };
    case "HandedOver":
      return handedOver(state, event.files, batch);
    case "Looking":
      return { ...state, missed: event.away ? (state.missed ?? { messages: 0, last: null, complete: null }) : null };
    case "Dragging":
      return { ...state, dragging: event.dragging };
    case "Problem":
      return { ...state, problem: event.problem };

    case "AtDoor":
      return { ...state, room: null, place: { at: "door", link: event.link } };
    case "BadLink":
      return { ...state, room: null, place: { at: "bad-link", newer: event.reason === "version" } };
    case "OpenElsewhere":
      return { ...state, place: { at: "elsewhere" } };
    case "Storage":
      return { ...state, persistent: event.persistent };
    case "Crashed":
      return { ...state, place: { at: "crashed" } };
    case "CommandRejected":
      return rejected(state, event);
    case "CommandFailed":
      return failed(state, event.command, event.error.code);

    case "RoomReady":
      return ready(state, event);
    case "RoomClosed":
      return closed(state, event.room);
    case "NotStored":
      // Without storage there is one sentence already; a second one would say the same.
      return event.reason.type === "Unavailable" ? { ...state, persistent: false } : { ...state, problem: { kind: "not-stored" } };
    case "Admitted":
      return state.room?.id === event.room && state.place.at === "knocking" ? { ...state, place: { at: "room" } } : state;

    case "Verified":
      return ofRoom(arrive(state, event), event.room, (room) => reduceRoom(room, event, state.interrupted, batch));

    case "FileChanged":
    case "Said":
      return ofRoom(miss(state, event), event.room, (room) => reduceRoom(room, event, state.interrupted, batch));

    case "Presence":
    case "Knocked":
    case "KnockGone":
    case "DoorQuiet":
    case "DoorListens":
    case "Denied":
    case "MemberChanged":
    case "Connection":
    case "Shared":
    case "Withdrawn":
    case "Progress":
    case "Have":
    case "Delivered":
    case "RoomEnded":
    case "Misbehaved":
      return ofRoom(state, event.room, (room) => reduceRoom(room, event, state.interrupted, batch));
    default:
      return unknown(event);
  }
}

type RoomEvent = Of<
  | "Presence" | "Knocked" | "KnockGone" | "DoorQuiet" | "DoorListens" | "Denied" | "MemberChanged" | "Connection" | "Shared" | "Withdrawn"
  | "FileChanged" | "Progress" | "Have" | "Verified" | "Said" | "Delivered" | "RoomEnded" | "Misbehaved"
>;

function reduceRoom(room: Room, event: RoomEvent, interrupted: Interrupted, batch: Batch): Room {
  switch (event.type) {
    case "Presence":
      return { ...room, presence: event.state };
    case "Denied":
      return { ...room, presence: { type: "Denied" } };
    case "Knocked": {
      const { knock, member, name, sas, vanished } = event;
      const others = room.knocks.filter((each) => each.knock !== knock);
      return { ...room, knocks: [...others, { knock, member, name, sas, vanished }] };
    }
    case "KnockGone":
      return { ...room, knocks: room.knocks.filter((each) => each.knock !== event.knock) };
    case "DoorQuiet":
      return { ...room, doorQuiet: event.untilNewLink ? "for-good" : "for-a-while" };
    case "DoorListens":
      return { ...room, doorQuiet: null };
    case "MemberChanged": {
      const { member, name, host, me, admittedBy, left, forked } = event;
      const connection = room.people.get(member)?.connection ?? null;
      const people = batch.set(room.people, member, { member, name, host, me, admittedBy, left, forked, connection });
      return { ...room, people, name: me ? name : room.name };
    }
    case "Connection": {
      const person = room.people.get(event.member) ?? stranger(event.member);
      return { ...room, people: batch.set(room.people, event.member, { ...person, connection: event.state }) };
    }
    case "Shared":
      return shelve(room, event, interrupted, batch);
    case "Withdrawn":
      return withdraw(room, event.share, batch);
    case "FileChanged":
      return ofFile(room, event.file, batch, (shelved) => changed(shelved, event.state));
    case "Progress":
      return ofFile(room, event.file, batch, (shelved) => ({
        ...shelved,
        verified: event.verified,
        rate: event.rate,
        remaining: event.remaining,
      }));
    case "Have":
      return ofFile(room, event.file, batch, (shelved) => ({
        ...shelved,
        have: batch.set(shelved.have, event.member, event.verified),
      }));
    case "Verified":
      return ofFile(room, event.file, batch, (shelved) => ({
        ...shelved,
        copy: { file: event.file, url: event.url, name: event.name },
        handedOver: false,
        wanted: false,
      }));
    case "Said": {
      const { entry, author, order, text, sentAt } = event;
      const known = room.messages.get(entry);
      const deliveredTo = known?.deliveredTo ?? new Set<string>();
      const messages = batch.set(room.messages, entry, { entry, author, order, text, sentAt, deliveredTo });
      if (known !== undefined) return { ...room, messages };
      return { ...room, messages, rows: batch.place(room.rows, { kind: "message", key: entry, order, id: entry }) };
    }
    case "Delivered": {
      const message = room.messages.get(event.entry);
      if (message === undefined) return room;
      const deliveredTo = new Set(message.deliveredTo).add(event.by);
      return { ...room, messages: batch.set(room.messages, event.entry, { ...message, deliveredTo }) };
    }
    case "RoomEnded":
      return { ...room, ended: true, knocks: [] };
    case "Misbehaved":
      // A member's connection says it to the person; a stranger's attempt came to nothing.
      return room;
    default:
      return unknown(event);
  }
}

function ready(state: State, event: Of<"RoomReady">): State {
  const { room: id, link, me, host, member, name } = event;
  const place: Place = member || host ? { at: "room" } : { at: "knocking" };
  // Asking again starts afresh; everything else that is ready again has only got a new link or name.
  if (place.at === "room" && state.room?.id === id && state.room.me === me) {
    const doorQuiet = link === state.room.link ? state.room.doorQuiet : null;
    return { ...state, place, room: { ...state.room, link, name, doorQuiet } };
  }
  const room: Room = {
    id, link, me, host, name,
    presence: { type: "Connecting" },
    people: new Map(),
    knocks: [],
    doorQuiet: null,
    files: new Map(),
    messages: new Map(),
    rows: [],
    ended: false,
    chatting: state.chatEarly && host,
  };
  return { ...state, place, room };
}

/** After a cancelled request the guest stands at the door again; after a refusal the refusal stays in view. */
function closed(state: State, id: string): State {
  if (state.room?.id !== id) return state;
  const { room } = state;
  if (state.place.at === "knocking" && room.presence.type !== "Denied") {
    return { ...state, room: null, place: { at: "door", link: room.link } };
  }
  return state.place.at === "room" && !room.ended ? { ...state, place: { at: "over" } } : state;
}

function sent(state: State, command: Command, batch: Batch): State {
  switch (command.type) {
    case "Fetch": {
      const interrupted = batch.without(state.interrupted, fileKey(command.file));
      const wanted = (room: Room) => ofFile(room, command.file, batch, (shelved) => ({ ...shelved, wanted: true }));
      return inRoom({ ...state, interrupted }, wanted);
    }
    case "JoinRoom":
      return { ...state, asking: null };
    case "EndRoom":
      return { ...state, place: { at: "over" } };
    case "Leave":
      return state.place.at === "room" ? { ...state, place: { at: "over" } } : state;
    default:
      return state;
  }
}

/** Nothing has changed by it: what the person has written is in its field again, and which files were meant is said. */
function rejected(state: State, { command, error: { code }, text, names }: Of<"CommandRejected">): State {
  if (names.length > 0) {
    const { problem } = state;
    const before = problem?.kind === "not-shared" && problem.code === code ? problem.names : [];
    return { ...state, problem: { kind: "not-shared", code, names: [...before, ...names] } };
  }
  return failed(text === null ? state : givenBack(state, text), command, code);
}

/** Messages come back in the order in which they were said, before what has been written since. */
function givenBack(state: State, text: string): State {
  const { composed, returned } = state;
  const back = [composed.slice(0, returned), text].filter((part) => part !== "").join("\n");
  const since = composed.slice(returned === 0 ? 0 : returned + 1);
  return { ...state, composed: since === "" ? back : `${back}\n${since}`, returned: back.length };
}

function composed(state: State, text: string): State {
  const back = state.composed.slice(0, state.returned);
  const untouched = text === back || text.startsWith(`${back}\n`);
  return { ...state, composed: text, returned: untouched ? state.returned : 0 };
}

function failed(state: State, command: Of<"CommandFailed">["command"], code: ErrorCode): State {
  if (code === "bad-link") return { ...state, place: { at: "bad-link", newer: false } };
  if (code === "open-elsewhere") return { ...state, place: { at: "elsewhere" } };
  if (code === "newer-records" || code === "bad-records") return { ...state, room: null, place: { at: "kept", newer: code === "newer-records" } };
  if (code === "other-file") return { ...state, problem: { kind: "other-file", name: null } };
  // An answer to a knock that has just gone, or leaving what is closed already: nothing is lost, nothing to say.
  if (code === "unknown-knock" || command === "Leave" || command === "EndRoom") return state;
  return { ...state, problem: { kind: "refused", code } };
}

function changed(shelved: Shelved, state: FileState): Shelved {
  switch (state.type) {
    case "Receiving":
      // Verified counts again from what the engine says next; a fetch that runs is wanted, also after a reload.
      return { ...shelved, state, wanted: true };
    case "Cancelled":
    case "Offered":
      return {
        ...shelved, state, wanted: false, verified: 0, rate: 0, remaining: null, copy: null, handedOver: false,
        again: shelved.again && state.type === "Offered",
      };
    case "Done":
      return { ...shelved, state, verified: shelved.size, rate: 0, remaining: null };
    case "Withdrawn":
      return shelved.state.type === "Done" ? shelved : { ...shelved, state };
    case "Serving":
    case "SourceMissing":
    case "WaitingForSource":
    case "Paused":
    case "Failed":
      return { ...shelved, state, rate: 0, remaining: null };
    default:
      return unknown(state);
  }
}

/** What somebody who looks elsewhere would want to know: another's new message, a file that is complete. */
function miss(state: State, event: Of<"Said" | "FileChanged">): State {
  const { room, missed } = state;
  if (missed === null || room?.id !== event.room) return state;
  if (event.type === "Said") {
    const known = event.author === room.me || room.messages.has(event.entry);
    return known ? state : { ...state, missed: { ...missed, messages: missed.messages + 1, last: event.entry } };
  }
  const shelved = room.files.get(fileKey(event.file));
  const completed = event.state.type === "Done" && shelved?.state.type === "Receiving";
  return completed ? { ...state, missed: { ...missed, complete: shelved.name } } : state;
}

/** Only what was asked for here is handed over by itself; what is found again after a reload waits for *Save again*. */
function arrive(state: State, { room, file, url, name }: Of<"Verified">): State {
  const shelved = state.room?.id === room ? state.room.files.get(fileKey(file)) : undefined;
  return shelved?.wanted === true ? { ...state, arrived: [...state.arrived, { file, url, name }] } : state;
}

function handedOver(state: State, files: readonly FileRef[], batch: Batch): State {
  const keys = new Set(files.map(fileKey));
  const arrived = state.arrived.filter(({ file }) => !keys.has(fileKey(file)));
  return inRoom({ ...state, arrived }, (room) =>
    files.reduce((before, file) => ofFile(before, file, batch, (shelved) => ({ ...shelved, handedOver: true })), room),
  );
}

function shelve(room: Room, event: Of<"Shared">, interrupted: Interrupted, batch: Batch): Room {
  const { share, author, order } = event;
  let { files, rows } = room;
  event.files.forEach(({ name, size }, index) => {
    const file = { share, index };
    const key = fileKey(file);
    const known = files.get(key);
    const state: FileState = known?.state ?? { type: author === room.me ? "Serving" : "Offered" };
    const again = interrupted.has(key);
    const fresh = { verified: 0, rate: 0, remaining: null, have: new Map(), copy: null, handedOver: false, wanted: false, again };
    files = batch.set(files, key, { ...fresh, ...known, file, author, order, name, size, state });
    if (known === undefined) rows = batch.place(rows, { kind: "file", key, order, id: share });
  });
  return { ...room, files, rows };
}

function withdraw(room: Room, share: string, batch: Batch): Room {
  let { files } = room;
  for (let index = 0; ; index += 1) {
    const key = fileKey({ share, index });
    const shelved = files.get(key);
    if (shelved === undefined) return { ...room, files };
    // A finished copy stays savable; its row goes on saying that it is complete.
    if (shelved.state.type !== "Done") files = batch.set(files, key, { ...shelved, state: { type: "Withdrawn" } });
  }
}

function stranger(member: string): Person {
  return { member, name: "", host: false, me: false, admittedBy: null, left: false, forked: false, connection: null };
}

function inRoom(state: State, change: (room: Room) => Room): State {
  return state.room === null ? state : { ...state, room: change(state.room) };
}

function ofRoom(state: State, id: string, change: (room: Room) => Room): State {
  return state.room?.id === id ? inRoom(state, change) : state;
}

function ofFile(room: Room, file: FileRef, batch: Batch, change: (shelved: Shelved) => Shelved): Room {
  const key = fileKey(file);
  const shelved = room.files.get(key);
  return shelved === undefined ? room : { ...room, files: batch.set(room.files, key, change(shelved)) };
}

/** Makes the build fail when the engine learns an event that is not shown here. */
function unknown(event: never): never {
  throw new Error(`unknown event ${JSON.stringify(event)}`);
}
