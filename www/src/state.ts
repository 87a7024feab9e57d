/**
 * What the page shows, as one value. Only `type` imports come from the engine.
 *
 * `reduce.ts` makes it from the engine's events; derived answers ("who has it", "what is the trouble") are in
 * `select.ts`.
 */
import type { Command, Event } from "./engine";

export type { Command, Event };
export type Of<T extends Event["type"]> = Extract<Event, { type: T }>;
export type FileRef = Of<"FileChanged">["file"];
export type FileState = Of<"FileChanged">["state"];
export type FileFailure = Extract<FileState, { type: "Failed" }>["reason"];
export type Connection = Of<"Connection">["state"];
export type Presence = Of<"Presence">["state"];
export type StoreFailure = Of<"NotStored">["reason"];
export type ErrorCode = Of<"CommandFailed">["error"]["code"];

/** What the server beside the page answers to a plain request where no socket opens. */
export type Heard = "nothing" | "refused" | "may-connect";

/** Where the person is. */
export type Place =
  | { at: "starting" }
  | { at: "unsupported"; missing: readonly string[] }
  | { at: "insecure" }
  | { at: "webrtc-off" }
  | { at: "bad-link"; newer: boolean }
  /** What should stand behind `#`, and so in nobody's log, was sent to servers. */
  | { at: "seen" }
  | { at: "elsewhere" }
  /** What this browser keeps of the room cannot be opened. */
  | { at: "kept"; newer: boolean }
  /** Guest, not yet asked: the name field. */
  | { at: "door"; link: string }
  /** Guest, asked and not yet let in. */
  | { at: "knocking" }
  | { at: "room" }
  /** Left or ended by oneself. */
  | { at: "over" }
  | { at: "crashed" };

export interface Person {
  readonly member: string;
  readonly name: string;
  readonly host: boolean;
  readonly me: boolean;
  readonly admittedBy: string | null;
  readonly left: boolean;
  readonly forked: boolean;
  readonly connection: Connection | null;
}

export interface Knock {
  readonly knock: number;
  readonly member: string;
  readonly name: string;
  /** Six digits. */
  readonly sas: string;
  /** How often somebody asked by this link and went before an answer. */
  readonly vanished: number;
}

/** A received file that is complete. */
export interface Copy {
  readonly file: FileRef;
  /** A `blob:` address. */
  readonly url: string;
  readonly name: string;
}

/** A file on the shelf. */
export interface Shelved {
  readonly file: FileRef;
  readonly author: string;
  readonly order: number;
  readonly name: string;
  readonly size: number;
  readonly state: FileState;
  /** Of a running fetch: bytes verified, bytes a second, seconds left. */
  readonly verified: number;
  readonly rate: number;
  readonly remaining: number | null;
  /** How much each member says it has. */
  readonly have: ReadonlyMap<string, number>;
  /** The finished copy, while this tab is open. */
  readonly copy: Copy | null;
  /** The browser was given the copy to download. What became of it there nobody tells. */
  readonly handedOver: boolean;
  /** The person wants it here: the download starts by itself when it is complete. */
  readonly wanted: boolean;
  /** A reload lost what had arrived: it begins anew. */
  readonly again: boolean;
}

export interface Message {
  readonly entry: string;
  readonly author: string;
  readonly order: number;
  readonly text: string;
  readonly sentAt: number;
  readonly deliveredTo: ReadonlySet<string>;
}

/** One row of the stream: a file or a message, and where it stands. */
export interface Row {
  readonly kind: "file" | "message";
  /** In `files` or `messages`. */
  readonly key: string;
  readonly order: number;
  /** Of the share or the message's entry. */
  readonly id: string;
}

export interface Room {
  readonly id: string;
  readonly link: string;
  readonly me: string;
  readonly host: boolean;
  readonly name: string;
  readonly presence: Presence;
  readonly people: ReadonlyMap<string, Person>;
  readonly knocks: readonly Knock[];
  /** The door hears nobody: until there is a new link, or for ten minutes. */
  readonly doorQuiet: "for-good" | "for-a-while" | null;
  /** By `fileKey`. */
  readonly files: ReadonlyMap<string, Shelved>;
  readonly messages: ReadonlyMap<string, Message>;
  /** The stream: both of them by (order, id). */
  readonly rows: readonly Row[];
  /** The host ended it: nothing more comes, what was finished stays. */
  readonly ended: boolean;
  /** *Chat without a file* was chosen. */
  readonly chatting: boolean;
}

/** Something that was not done, said in one sentence until dismissed. */
export type Problem =
  | { kind: "folder"; name: string }
  | { kind: "too-many"; most: number }
  | { kind: "unreadable"; name: string }
  /** Of a paste; the browser hands over one, however many were copied. */
  | { kind: "one-came" }
  | { kind: "not-found"; name: string }
  | { kind: "no-files" }
  | { kind: "may-be-asked" }
  | { kind: "other-file"; name: string | null }
  | { kind: "not-stored" }
  | { kind: "discarded" }
  | { kind: "refused"; code: ErrorCode }
  | { kind: "not-shared"; code: ErrorCode; names: readonly string[] };

/** What is being dragged over the page; its names are not known before the drop. */
export interface Dragging {
  readonly files: number;
  readonly text: boolean;
}

/** What is known of the page's own address. */
export interface Here {
  /** Where the page is, without a file's name, a query and `#` and what follows. */
  readonly address: string;
  /** Whether a link to it is of use on this computer only. */
  readonly loopback: boolean;
  /** Whether it was opened by a link, or what may be one. */
  readonly byLink: boolean;
  /** Whether this tab had asked at that link, or was inside, before it was loaded again. */
  readonly wasInside: boolean;
  /** In this tab one is somebody else than elsewhere in this browser, until it is closed. */
  readonly somebodyElse: boolean;
  /** The browser is set to keep no cookies or other data of this page. */
  readonly keepsNothing: boolean;
}

/** Files, by `fileKey`, that were on their way here when the page was reloaded, and whether they go on by themselves. */
export type Interrupted = ReadonlyMap<string, boolean>;

/** What happened while the tab was in the background. */
export interface Missed {
  readonly messages: number;
  /** The last of them. */
  readonly last: string | null;
  /** The name of the file that was complete last. */
  readonly complete: string | null;
}

export interface State {
  readonly here: Here;
  readonly place: Place;
  readonly room: Room | null;
  /** Whether the browser keeps files and records here; unknown until the engine says so. */
  readonly persistent: boolean | null;
  readonly problem: Problem | null;
  /** The newest answer of the server, asked whenever it could not be reached. */
  readonly heard: Heard;
  /** What stands in the composer and is not said yet. */
  readonly composed: string;
  /** So much at its beginning came back, because it could not be said. */
  readonly returned: number;
  /** Files that were given before there was a room to share them in: they are shared as soon as there is. */
  readonly early: readonly File[];
  /** The name to ask by, if *Ask to come in* was pressed before it was known where the link leads: done as soon as it is. */
  readonly asking: string | null;
  /** *Chat without a file* was chosen before there was a room. */
  readonly chatEarly: boolean;
  /** A text that the composer's field cannot bear, until it is shared as a file or dismissed. */
  readonly overlong: File | null;
  readonly dragging: Dragging | null;
  readonly interrupted: Interrupted;
  /** What was wanted in this tab and is complete, until it is handed to the browser. */
  readonly arrived: readonly Copy[];
  /** Null while somebody looks. */
  readonly missed: Missed | null;
}

/** What happens on the page itself. */
export type LocalEvent =
  /** A command was handed to the engine. */
  | { type: "Sent"; command: Command }
  | { type: "Blocked"; place: Extract<Place, { at: "unsupported" | "insecure" | "webrtc-off" | "seen" }> }
  | { type: "Heard"; heard: Heard }
  | { type: "ChatFirst" }
  | { type: "Composed"; text: string }
  | { type: "Overlong"; file: File | null }
  | { type: "Early"; files: readonly File[] }
  | { type: "Asking"; name: string }
  /** The browser was given these to download. */
  | { type: "HandedOver"; files: readonly FileRef[] }
  | { type: "Dragging"; dragging: Dragging | null }
  /** The tab went to the background, or came back. */
  | { type: "Looking"; away: boolean }
  | { type: "Problem"; problem: Problem | null };

export function initial(here: Here, interrupted: Interrupted = new Map()): State {
  return {
    here, interrupted,
    place: { at: "starting" },
    room: null,
    persistent: null,
    problem: null,
    heard: "nothing",
    composed: "",
    returned: 0,
    overlong: null,
    early: [],
    asking: null,
    chatEarly: false,
    dragging: null,
    arrived: [],
    missed: null,
  };
}

/** `link` as one can send it. */
export function addressOf(here: Here, link: string): string {
  return `${here.address}#${link}`;
}

export function fileKey(file: FileRef): string {
  return `${file.share}/${file.index}`;
}
