//! The JavaScript shapes: every value that crosses to or from the page, with its TypeScript type generated from
//! here. Nothing else in the crate may name tsify or serde-wasm-bindgen, and nothing here may decide anything.
//!
//! Enums with fields are told apart by `type`; enums without are kebab-case strings. Ids are lower-case
//! hexadecimal, sizes, rates and times plain numbers. See ARCHITECTURE.md, *The browser side*.

mod convert;
mod parse;

use serde::{Deserialize, Serialize};
use tsify::Tsify;
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;
use web_sys::File;

pub(crate) use convert::{Added, core_command, failure_of_command, page_event};

/// The server's reasons for closing a WebSocket, by name and number.
#[wasm_bindgen(typescript_custom_section)]
const CLOSE_CODES: &str = signal_proto::close::TYPESCRIPT;

/// What the engine is started with.
#[derive(Clone, Debug, Tsify)]
#[serde(rename_all = "camelCase")]
#[tsify(missing_as_null)]
pub(crate) struct Options {
    /// WebSocket address of the signaling server.
    pub(crate) signal_url: String,
    /// STUN and TURN servers, from the page's own configuration.
    #[tsify(type = "{ urls: string[]; username?: string; credential?: string }[]")]
    pub(crate) ice_servers: JsValue,
    /// The text after `#` in the page's address; none makes a room at once.
    pub(crate) link: Option<String>,
    /// The person's remembered name, or empty.
    pub(crate) name: String,
    /// 32 hexadecimal digits, if somebody else than the browser's person came in here: known to this tab alone.
    pub(crate) tab: Option<String>,
}

/// A file on the shelf.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Tsify)]
pub(crate) struct FileRef {
    /// The share that offered it.
    pub(crate) share: String,
    /// Its place among the share's files, from 0.
    pub(crate) index: u16,
}

/// What the page asks for.
#[derive(Clone, Debug, PartialEq, Tsify)]
#[serde(tag = "type", rename_all_fields = "camelCase")]
pub(crate) enum Command {
    /// Make a room and be its host.
    CreateRoom { name: String },
    /// Ask to come in; `link` is the text after `#`.
    JoinRoom { link: String, name: String },
    /// Let the person of `knock` in.
    Admit { room: String, knock: u32 },
    /// Send the person of `knock` away.
    Deny { room: String, knock: u32 },
    /// Put 1 to 64 files on the shelf.
    Share {
        room: String,
        #[tsify(type = "File[]")]
        files: Vec<File>,
    },
    /// Choose one's own shared file again after a reload lost it: same name and size.
    Supply {
        room: String,
        file: FileRef,
        #[tsify(type = "File")]
        replacement: File,
    },
    /// Receive a file; `Verified` tells where it is.
    Fetch { room: String, file: FileRef },
    /// Stop asking for more; what is verified stays.
    Pause { room: String, file: FileRef },
    /// Go on with a paused file.
    Resume { room: String, file: FileRef },
    /// Give up a file and discard what was received.
    Cancel { room: String, file: FileRef },
    /// Take one's own share off the shelf.
    Withdraw { room: String, share: String },
    /// Say something: 1 to 8,192 bytes of UTF-8.
    Say { room: String, text: String },
    /// Change one's own name: 1 to 40 characters.
    Rename { room: String, name: String },
    /// Make a fresh link; the old one stops working. Host only.
    NewLink { room: String },
    /// Cancel a knock, or leave for good.
    Leave { room: String },
    /// End the room for everybody. Host only.
    EndRoom { room: String },
}

/// Which command; the names of [`Command`]'s variants, by which the page's are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, Tsify)]
pub(crate) enum CommandName {
    CreateRoom,
    JoinRoom,
    Admit,
    Deny,
    Share,
    Supply,
    Fetch,
    Pause,
    Resume,
    Cancel,
    Withdraw,
    Say,
    Rename,
    NewLink,
    Leave,
    EndRoom,
    /// The shell's own: a stored room was opened again.
    OpenRoom,
}

/// What the page is told.
#[derive(Clone, Debug, PartialEq, Serialize, Tsify)]
#[serde(tag = "type", rename_all_fields = "camelCase")]
#[tsify(missing_as_null)]
pub(crate) enum Event {
    /// The link is good, this browser is not a member of its room: ask the name, then `JoinRoom`.
    AtDoor { room: String, link: String },
    /// The link is wrong, cut, or of another version.
    BadLink { reason: BadLink },
    /// Another tab of this browser holds the room; goes on by itself when that one closes.
    OpenElsewhere { room: String },
    /// Whether records and files outlive this tab; said once at the start.
    Storage { persistent: bool },
    /// A file is complete and its hash right: hand it to the browser from `url` (a `blob:` address, valid while this tab is open).
    Verified { room: String, file: FileRef, url: String, name: String },
    /// A command could not be carried out; nothing changed. What it brought comes back: the text of a `Say`, the names
    /// of the files of a `Share`.
    CommandRejected {
        command: CommandName,
        room: Option<String>,
        error: Failure,
        text: Option<String>,
        names: Vec<String>,
    },
    /// The engine has stopped. Reloading the page starts it again.
    Crashed { message: String },

    /// A room is open here; also sent again when its link changes.
    RoomReady { room: String, link: String, me: String, host: bool, member: bool, name: String },
    /// How the way to the others stands.
    Presence { room: String, state: Presence },
    /// Somebody knocks; shown until `KnockGone`. `vanished`: how often somebody asked by this link and went.
    Knocked { room: String, knock: u32, member: String, name: String, sas: String, vanished: u32 },
    /// A knock is over: answered, withdrawn or timed out.
    KnockGone { room: String, knock: u32 },
    /// The door was knocked at too often: `NewLink` opens a new one; else it listens again by itself.
    DoorQuiet { room: String, until_new_link: bool },
    /// A door that was quiet listens again.
    DoorListens { room: String },
    /// The guest was let in.
    Admitted { room: String },
    /// The guest was sent away.
    Denied { room: String },
    /// A member is new, or something about it changed.
    MemberChanged {
        room: String,
        member: String,
        name: String,
        host: bool,
        me: bool,
        admitted_by: Option<String>,
        left: bool,
        forked: bool,
    },
    /// The connection to one member.
    Connection { room: String, member: String, state: Connection },
    /// Files were put on the shelf. Sort the stream by (order, share or entry).
    Shared { room: String, share: String, author: String, order: f64, files: Vec<SharedFile> },
    /// A share was withdrawn.
    Withdrawn { room: String, share: String },
    /// How a file stands here.
    FileChanged { room: String, file: FileRef, state: FileState },
    /// A running fetch got further; at most 10 a second for each file. `remaining` is in seconds.
    Progress { room: String, file: FileRef, verified: f64, rate: f64, remaining: Option<f64> },
    /// How much of a file a member says it has.
    Have { room: String, file: FileRef, member: String, verified: f64 },
    /// A chat message, one's own included. `sentAt` is Unix milliseconds by the author's clock.
    Said { room: String, entry: String, author: String, order: f64, text: String, sent_at: f64 },
    /// One's own entry has reached a member.
    Delivered { room: String, entry: String, by: String },
    /// The host ended the room. What was finished stays.
    RoomEnded { room: String },
    /// The room is closed here: nothing more will be said about it.
    RoomClosed { room: String },
    /// A command that was accepted could not be carried out.
    CommandFailed { command: CommandName, room: Option<String>, error: Failure },
    /// The room works, but a reload will not find it.
    NotStored { room: String, reason: StoreFailure },
    /// A remote broke the protocol and its connection was closed.
    Misbehaved { room: String, member: Option<String>, violation: Misbehavior },
}

/// What a person has written or chosen for a command: its text, the names of its files.
#[derive(Default)]
pub(crate) struct Brought {
    pub(crate) text: Option<String>,
    pub(crate) names: Vec<String>,
}

/// Why something asked for was not done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Tsify)]
pub(crate) struct Failure {
    /// To choose the words by.
    pub(crate) code: ErrorCode,
    /// For a developer's console, never for the page.
    pub(crate) message: String,
    /// Whether the same again may work.
    pub(crate) retryable: bool,
}

/// Codes of [`Failure`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Tsify)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum ErrorCode {
    UnknownRoom,
    RoomOpen,
    UnknownKnock,
    UnknownFile,
    NotHost,
    NotAuthor,
    NotMember,
    BadName,
    BadText,
    BadShare,
    AlreadyFetching,
    OtherFile,
    BadRecords,
    NewerRecords,
    Ended,
    Full,
    Busy,
    /// The link of a `JoinRoom` is not one.
    BadLink,
    /// Another tab of this browser holds the room.
    OpenElsewhere,
    /// Not a command: a mistake of the page.
    BadCommand,
}

/// What is wrong with a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Tsify)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum BadLink {
    /// Not a link of ours, or cut short.
    Malformed,
    /// Made by a newer version.
    Version,
}

/// A file as its author described it.
#[derive(Clone, Debug, PartialEq, Serialize, Tsify)]
pub(crate) struct SharedFile {
    /// Safe to show: one component, no control or direction characters.
    pub(crate) name: String,
    /// Bytes.
    pub(crate) size: f64,
}

/// How the way to the others stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Tsify)]
#[serde(tag = "type", rename_all_fields = "camelCase")]
pub(crate) enum Presence {
    /// Reaching the signaling server.
    Connecting,
    /// The server does not answer; tried again by itself, existing connections go on.
    ServerUnreachable,
    /// The server has no place for anybody more; asked again by itself, existing connections go on.
    ServerFull,
    /// On the server.
    Waiting,
    /// Guest: nobody answers the door yet; tried again by itself.
    NobodyThere,
    /// Guest: somebody waits at the door and does not answer; tried again by itself.
    NotAnswering,
    /// Guest: somebody is there, the handshake runs.
    Greeting,
    /// Guest: the request is shown to the host; six digits to compare.
    Asked { sas: String },
    /// Guest: let in, the connection is being made.
    Admitted,
    /// Guest: sent away, or the door is quiet.
    Denied,
    /// Guest: more are at the door than a person can be shown; asked again by itself.
    Crowded,
    /// All places in the room are taken.
    RoomFull,
    /// The other side speaks another version.
    VersionMismatch,
}

/// How the connection to one member stands: the engine's link. To the page a *link* is an address that people send.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Tsify)]
#[serde(tag = "type", rename_all_fields = "camelCase")]
pub(crate) enum Connection {
    /// Being made.
    Connecting,
    /// Up, straight from device to device.
    Direct,
    /// Up, through a TURN server that cannot read it.
    Relayed,
    /// Lost or never made; tried again while the member can be reached.
    Lost { reason: LostReason },
}

/// Why a connection is not there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Tsify)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum LostReason {
    /// The other side closed it.
    Closed,
    /// Nothing was heard for 15 seconds.
    Silent,
    /// No path between the two networks; they need a TURN server.
    NoPath,
    /// This browser gave no address of its own: a setting or an add-on.
    NoAddress,
    /// The same at the other end.
    NoAddressThere,
    /// Both are in one network, which keeps its devices apart.
    KeptApart,
    /// The remote broke the protocol.
    Misbehaved,
}

/// How a file stands here.
#[derive(Clone, Debug, PartialEq, Serialize, Tsify)]
#[serde(tag = "type", rename_all_fields = "camelCase")]
pub(crate) enum FileState {
    /// Somebody else's, not asked for.
    Offered,
    /// One's own, can be fetched by others.
    Serving,
    /// One's own, but the browser lost it: choose the same file again (`Supply`).
    SourceMissing,
    /// Being received.
    Receiving,
    /// Wanted, but nobody who has it is connected or can read it.
    WaitingForSource,
    /// Paused here.
    Paused,
    /// Complete and verified; `root` is what `b3sum` prints.
    Done { root: String },
    /// Given up here; nothing is kept.
    Cancelled,
    /// Cannot go on.
    Failed { reason: FileFailure },
    /// Withdrawn by its author.
    Withdrawn,
}

/// Why a file cannot go on.
#[derive(Clone, Debug, PartialEq, Serialize, Tsify)]
#[serde(tag = "type", rename_all_fields = "camelCase")]
pub(crate) enum FileFailure {
    /// The source was changed after it was shared.
    SourceChanged,
    /// One's own: its date or size is another one. Chosen again, its bytes decide.
    SourceTouched,
    /// The source cannot be read any more.
    SourceGone,
    /// The author's hashes contradict each other or the data.
    Contradiction,
    /// The own store refused.
    Store { failure: StoreFailure },
}

/// Why the store could not do what it was asked.
#[derive(Clone, Debug, PartialEq, Serialize, Tsify)]
#[serde(tag = "type", rename_all_fields = "camelCase")]
#[tsify(missing_as_null)]
pub(crate) enum StoreFailure {
    /// Not enough room; `available` bytes are left, if known.
    Full { available: Option<f64> },
    /// The person or the platform refused permission.
    Denied,
    /// What was to be read is gone.
    Missing,
    /// What was to be read is not what it was.
    Changed,
    /// This browser window has no storage for files (a private window).
    Unavailable,
    /// Anything else; the console says more.
    Failed,
}

/// How a remote broke the protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Tsify)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Misbehavior {
    MalformedFrame,
    Unconfirmed,
    FingerprintMismatch,
    BadDescription,
    BadSignature,
    BadEntry,
    ForkedLog,
    NotHost,
    Unasked,
    BadChunk,
    BadPage,
    TooManyRequests,
    TooSlow,
    TooFast,
    BadHandshake,
    BadPath,
}

/// A Rust shape as the value that its generated TypeScript type describes.
pub(crate) fn to_js<T: Serialize>(value: &T) -> JsValue {
    value
        .serialize(&serde_wasm_bindgen::Serializer::new().serialize_missing_as_null(true))
        .expect("these shapes hold only strings, numbers, lists and structs")
}
