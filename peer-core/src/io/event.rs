//! What the app is told: events, and the states that they carry.

use crate::base::error::{CommandError, Misbehavior, StoreFailure};
use crate::base::id::{CommandId, EntryId, FileId, KnockId, MemberId, RoomId, Root};
use crate::io::Hidden;
use alloc::string::String;
use alloc::vec::Vec;

/// What the app is told. All but [`Event::CommandFailed`] name their room.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// A room is open here; also sent again when its link changes.
    RoomReady {
        /// The room.
        room: RoomId,
        /// Fragment of its link, without `#`.
        link: Hidden<String>,
        /// One's own key.
        me: MemberId,
        /// Whether one is the host.
        host: bool,
        /// Whether one is a member already (a guest becomes one by [`Event::Admitted`]).
        member: bool,
        /// One's own name, empty if not yet given.
        name: String,
    },
    /// How the way to the others stands: the server and the door.
    Presence {
        /// The room.
        room: RoomId,
        /// The state.
        state: Presence,
    },
    /// Somebody knocks. Shown until [`Event::KnockGone`].
    Knocked {
        /// The room.
        room: RoomId,
        /// To answer by.
        knock: KnockId,
        /// The key, to tell twins apart.
        member: MemberId,
        /// The name given, cleaned of control and direction characters.
        name: String,
        /// Short authentication string: six digits.
        sas: String,
        /// How often somebody asked by this link and went before an answer: who does that on purpose tries digits.
        vanished: u32,
    },
    /// A knock is over: answered, withdrawn or timed out.
    KnockGone {
        /// The room.
        room: RoomId,
        /// Which.
        knock: KnockId,
    },
    /// The door was knocked at too often: it is quiet now; [`Command::NewLink`](crate::io::Command::NewLink) opens a new one.
    DoorQuiet {
        /// The room.
        room: RoomId,
        /// Until then; else for ten minutes, and [`Event::DoorListens`] says when they are over.
        until_new_link: bool,
    },
    /// A door that was quiet for a while listens again.
    DoorListens {
        /// The room.
        room: RoomId,
    },
    /// The guest was let in.
    Admitted {
        /// The room.
        room: RoomId,
    },
    /// The guest was sent away.
    Denied {
        /// The room.
        room: RoomId,
    },
    /// A member is new, or something about it changed.
    MemberChanged {
        /// The room.
        room: RoomId,
        /// Who.
        member: MemberId,
        /// Its name.
        name: String,
        /// Whether it is the host.
        host: bool,
        /// Whether it is oneself.
        me: bool,
        /// Who let it in; none for the host.
        admitted_by: Option<MemberId>,
        /// Whether it has said good-bye for good.
        left: bool,
        /// Whether it has contradicted itself in the log; from that place on nothing of it counts.
        forked: bool,
    },
    /// The connection to one member.
    LinkState {
        /// The room.
        room: RoomId,
        /// To whom.
        member: MemberId,
        /// How it stands.
        state: LinkState,
    },
    /// Files were put on the shelf.
    Shared {
        /// The room.
        room: RoomId,
        /// The Share entry.
        share: EntryId,
        /// Who shares.
        author: MemberId,
        /// Place in the stream: sort by (order, id).
        order: u64,
        /// The files; their index is their place here.
        files: Vec<SharedFile>,
    },
    /// A share was withdrawn.
    Withdrawn {
        /// The room.
        room: RoomId,
        /// Which.
        share: EntryId,
    },
    /// The state of a file here changed.
    FileChanged {
        /// The room.
        room: RoomId,
        /// Which.
        file: FileId,
        /// How it stands.
        state: FileState,
    },
    /// A running fetch got further. At most 10 a second for each file.
    Progress {
        /// The room.
        room: RoomId,
        /// Which.
        file: FileId,
        /// Bytes verified and written.
        verified: u64,
        /// Bytes a second over the last seconds.
        rate: u64,
        /// Seconds left at that rate, if known.
        remaining: Option<u64>,
    },
    /// How much of a file a member says it has (verified there).
    Have {
        /// The room.
        room: RoomId,
        /// Which.
        file: FileId,
        /// Who.
        member: MemberId,
        /// Bytes.
        verified: u64,
    },
    /// A chat message, one's own included.
    Said {
        /// The room.
        room: RoomId,
        /// Its entry.
        entry: EntryId,
        /// Who.
        author: MemberId,
        /// Place in the stream: sort by (order, id).
        order: u64,
        /// What.
        text: String,
        /// Unix milliseconds by the author's clock.
        sent_at: u64,
    },
    /// One's own entry has reached a member.
    Delivered {
        /// The room.
        room: RoomId,
        /// Which.
        entry: EntryId,
        /// Whom.
        by: MemberId,
    },
    /// The host ended the room. What was finished stays.
    RoomEnded {
        /// The room.
        room: RoomId,
    },
    /// The room is closed here: nothing more will be said about it.
    RoomClosed {
        /// The room.
        room: RoomId,
    },
    /// A command that was accepted could not be carried out.
    CommandFailed {
        /// Which.
        command: CommandId,
        /// Why.
        reason: CommandError,
    },
    /// The store could not keep a record: the room works, but a reload will not find it.
    NotStored {
        /// The room.
        room: RoomId,
        /// Why.
        reason: StoreFailure,
    },
    /// A remote broke the protocol. If it did so over a link, that was closed; a contradiction in the log closes none.
    Misbehaved {
        /// The room.
        room: RoomId,
        /// Who, if it had proved who it is.
        member: Option<MemberId>,
        /// How.
        violation: Misbehavior,
    },
}

/// A file on the shelf as its author described it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SharedFile {
    /// Safe file name: one component, no control or direction characters.
    pub name: String,
    /// Bytes.
    pub size: u64,
}

/// How the way to the others stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Presence {
    /// Reaching the signaling server.
    Connecting,
    /// The signaling server does not answer; it is tried again by itself. Existing links go on.
    ServerUnreachable,
    /// The signaling server has no place for anybody more; it is asked again by itself. Existing links go on.
    ServerFull,
    /// On the server. Host or member: others can come. Guest: see the next ones.
    Waiting,
    /// Guest: nobody answers the door yet; tried again by itself.
    NobodyThere,
    /// Guest: somebody waits at the door and does not answer, as a tab that its browser has frozen; tried again by itself.
    NotAnswering,
    /// Guest: somebody is there, the handshake runs.
    Greeting,
    /// Guest: the request is shown to the host; compare these six digits.
    Asked {
        /// Short authentication string.
        sas: String,
    },
    /// Guest: let in, the connection is being made.
    Admitted,
    /// Guest: sent away by a person.
    Denied,
    /// Guest: more are at the door than a person can be shown; asked again by itself.
    Crowded,
    /// No place in the room, or for its host on the server's tag; asked again by itself.
    RoomFull,
    /// The other side speaks another version.
    VersionMismatch,
}

/// How the connection to one member stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinkState {
    /// Being made.
    Connecting,
    /// Up, straight from device to device.
    Direct,
    /// Up, through a TURN server that cannot read it.
    Relayed,
    /// Lost or never made; tried again while the member can be reached.
    Lost {
        /// Why.
        reason: LostReason,
    },
}

/// Why a link is not there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LostReason {
    /// The other side closed it (tab closed, room left).
    Closed,
    /// Nothing was heard for 15 seconds.
    Silent,
    /// No path between the two networks was found; they need a TURN server.
    NoPath,
    /// The platform gave no address of its own to be reached at, or made no connection: a setting or an add-on.
    NoAddress,
    /// The same at the other end.
    NoAddressThere,
    /// Both are seen under one public address and don't reach each other: their network keeps its devices apart.
    KeptApart,
    /// The remote broke the protocol.
    Misbehaved,
}

/// How a file stands here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileState {
    /// Somebody else's, not asked for.
    Offered,
    /// One's own, can be fetched by others.
    Serving,
    /// One's own, but the browser lost the file: choose the same file again.
    SourceMissing,
    /// Being received.
    Receiving,
    /// Wanted, but nobody who has it is connected or can read it.
    WaitingForSource,
    /// Paused here.
    Paused,
    /// Complete and verified: `root` is what `b3sum` prints.
    Done {
        /// BLAKE3 hash.
        root: Root,
    },
    /// Given up here; nothing is kept.
    Cancelled,
    /// Cannot go on.
    Failed {
        /// Why.
        reason: FileFailure,
    },
    /// Withdrawn by its author; cannot be fetched any more.
    Withdrawn,
}

/// Why a file cannot go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileFailure {
    /// The source was changed after it was shared (either side).
    SourceChanged,
    /// One's own source is not as it was when it was chosen, by its date or size: nobody has read yet whether its bytes
    /// are. [`Command::Supply`](crate::io::Command::Supply) brings it back, and they decide.
    SourceTouched,
    /// The source cannot be read any more (either side).
    SourceGone,
    /// The author's hashes contradict each other or the data.
    Contradiction,
    /// The own store refused.
    Store(StoreFailure),
}
