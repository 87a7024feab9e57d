//! The whole boundary of the engine on one page: commands and events (the app), and what is asked of and
//! reported by signaling, links, the store and the clock.

use crate::error::{CommandError, Misbehavior, StoreFailure};
use crate::id::{
    CommandId, EntryId, FileId, Fingerprint, KnockId, LaneId, LinkId, MemberId, RequestId, RoomId, Root,
    SinkId, SourceId,
};
use alloc::string::String;
use alloc::vec::Vec;

/// Longest chat message, in bytes of UTF-8; above it the page offers a text file instead.
pub const MAX_TEXT: usize = 8_192;
/// Most files in one share.
pub const MAX_FILES: usize = 64;
/// Longest name of a person, in characters.
pub const MAX_NAME: usize = 40;

// ---------------------------------------------------------------- app

/// What the app asks for. All but the first three name a room that is open here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// Make a room and be its host. `name` may be empty until somebody is let in ([`Command::Rename`]).
    CreateRoom {
        /// The host's name.
        name: String,
    },
    /// Open a room again from all the records that the store holds for it.
    OpenRoom {
        /// Every key and value of the room's store.
        records: Vec<(Vec<u8>, Vec<u8>)>,
    },
    /// Ask to come in. `link` is the text after `#`.
    JoinRoom {
        /// Fragment of the link, without `#`.
        link: String,
        /// The guest's name, told to the proven host only.
        name: String,
    },
    /// Let the person of `knock` in.
    Admit {
        /// The room.
        room: RoomId,
        /// Who.
        knock: KnockId,
    },
    /// Send the person of `knock` away.
    Deny {
        /// The room.
        room: RoomId,
        /// Who.
        knock: KnockId,
    },
    /// Put files on the shelf; nothing is read before the Share is out.
    Share {
        /// The room.
        room: RoomId,
        /// 1 to [`MAX_FILES`] files.
        files: Vec<NewFile>,
    },
    /// Hand in the same file again after a reload lost it; name and size must be those shared.
    Supply {
        /// The room.
        room: RoomId,
        /// One's own shared file.
        file: FileId,
        /// What was chosen.
        new: NewFile,
    },
    /// Receive `file` into `sink`.
    Fetch {
        /// The room.
        room: RoomId,
        /// Somebody else's file.
        file: FileId,
        /// Registered by the shell.
        sink: SinkId,
    },
    /// Stop asking for more of a running fetch; what is verified stays.
    Pause {
        /// The room.
        room: RoomId,
        /// A file being fetched.
        file: FileId,
    },
    /// Go on with a paused fetch.
    Resume {
        /// The room.
        room: RoomId,
        /// A paused file.
        file: FileId,
    },
    /// Give up a fetch and discard what it wrote.
    Cancel {
        /// The room.
        room: RoomId,
        /// A file being fetched.
        file: FileId,
    },
    /// Take one's own share off the shelf.
    Withdraw {
        /// The room.
        room: RoomId,
        /// One's own Share entry.
        share: EntryId,
    },
    /// Say something in the chat.
    Say {
        /// The room.
        room: RoomId,
        /// 1 to [`MAX_TEXT`] bytes.
        text: String,
        /// Unix time in milliseconds, as the author's clock has it; shown, never trusted.
        sent_at: u64,
    },
    /// Change one's own name.
    Rename {
        /// The room.
        room: RoomId,
        /// 1 to [`MAX_NAME`] characters.
        name: String,
    },
    /// Make a fresh link; the old one stops working at once. Host only.
    NewLink {
        /// The room.
        room: RoomId,
    },
    /// Leave: cancels a pending knock, or says good-bye as a member. The stored room is deleted.
    Leave {
        /// The room.
        room: RoomId,
    },
    /// End the room for everybody. Host only. The stored room is deleted.
    EndRoom {
        /// The room.
        room: RoomId,
    },
    /// The page is closing or the device sleeps: close links politely, keep the stored room.
    Close {
        /// The room.
        room: RoomId,
    },
}

/// A file about to be shared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewFile {
    /// Registered by the shell.
    pub source: SourceId,
    /// File name as chosen.
    pub name: String,
    /// Size in bytes.
    pub size: u64,
}

/// What the app is told. All but [`Event::CommandFailed`] name their room.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// A room is open here; also sent again when its link changes.
    RoomReady {
        /// The room.
        room: RoomId,
        /// Fragment of its link, without `#`.
        link: String,
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
    Meeting {
        /// The room.
        room: RoomId,
        /// The state.
        state: MeetingState,
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
    },
    /// A knock is over: answered, withdrawn or timed out.
    KnockGone {
        /// The room.
        room: RoomId,
        /// Which.
        knock: KnockId,
    },
    /// The door was knocked at too often: it is quiet now; [`Command::NewLink`] opens a new one.
    DoorQuiet {
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
        /// Whether it has contradicted itself in the log; its later entries are void.
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
    /// How much of a file a member says it holds (verified there).
    Held {
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
    /// A remote broke the protocol and its link was closed.
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
pub enum MeetingState {
    /// Reaching the signaling server.
    Connecting,
    /// The signaling server does not answer; it is tried again by itself. Existing links go on.
    ServerUnreachable,
    /// On the server. Host or member: others can come. Guest: see the next ones.
    Waiting,
    /// Guest: nobody answers the door yet; tried again by itself.
    NobodyThere,
    /// Guest: somebody is there, the handshake runs.
    Greeting,
    /// Guest: the request is shown to the host; compare these six digits.
    Asked {
        /// Short authentication string.
        sas: String,
    },
    /// Guest: let in, the connection is being made.
    Admitted,
    /// Guest: sent away, or the door is quiet.
    Denied,
    /// All places at the door are taken.
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
    /// Up, through a TURN relay that cannot read it.
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
    /// No path between the two networks was found; they need a relay.
    NoPath,
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
    /// The source cannot be read any more (either side).
    SourceGone,
    /// The author's hashes contradict each other or the data.
    Contradiction,
    /// The own store refused.
    Store(StoreFailure),
}

// ---------------------------------------------------------------- the world, inwards

/// What the shell reports.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    /// The instant of [`Peer::poll_timeout`](crate::Peer::poll_timeout) has come.
    Timeout,
    /// About the room's socket to the signaling server.
    Signal {
        /// The room.
        room: RoomId,
        /// What.
        input: SignalInput,
    },
    /// About a lane of a link.
    Link {
        /// The link.
        link: LinkId,
        /// The lane.
        lane: LaneId,
        /// What.
        input: LinkInput,
    },
    /// Answer to a store request.
    Stored {
        /// Which.
        request: RequestId,
        /// Bytes for [`StoreOp::Read`], else empty.
        result: Result<Vec<u8>, StoreFailure>,
    },
}

/// What happens on the socket to the signaling server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SignalInput {
    /// The socket is open.
    Connected,
    /// One binary message ([`signal_proto::ServerMessage`]).
    Message(Vec<u8>),
    /// The socket is closed or could not be opened; `code` is the WebSocket close code, 1006 if none.
    Disconnected {
        /// WebSocket close code.
        code: u16,
    },
}

/// What happens on a lane (one RTCPeerConnection with its two channels).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LinkInput {
    /// The local description, unmodified (`createOffer` / `createAnswer`).
    LocalDescription(String),
    /// A local candidate line (`candidate:…`); empty or end of candidates is `None`.
    LocalCandidate(Option<String>),
    /// DTLS is up.
    Connected {
        /// SHA-256 of the certificate that the remote really showed, where the platform tells.
        remote_fingerprint: Option<Fingerprint>,
        /// Whether the path goes through a relay.
        relayed: bool,
    },
    /// A channel is open.
    Open(Channel),
    /// One message of a channel.
    Data(Channel, Vec<u8>),
    /// From now on at most `bytes` more may be sent on the channel until the next such report. Replaces the
    /// former credit. At most 1 MiB, given when less than 256 KiB are buffered.
    Writable(Channel, usize),
    /// The lane is gone, whatever the reason.
    Closed {
        /// Whether it was up before (else no path was found).
        was_connected: bool,
    },
}

/// The two data channels of a lane: negotiated, ordered, reliable; the id is the SCTP stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Channel {
    /// Everything but file contents. SCTP stream 0.
    Control,
    /// File contents. SCTP stream 1.
    Bulk,
}

// ---------------------------------------------------------------- the world, outwards

/// What the shell is to do, in this order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Output {
    /// With the room's socket.
    Signal {
        /// The room.
        room: RoomId,
        /// What.
        op: SignalOp,
    },
    /// With a lane.
    Link {
        /// The link.
        link: LinkId,
        /// The lane.
        lane: LaneId,
        /// What.
        op: LinkOp,
    },
    /// With the store.
    Store(StoreOp),
    /// Tell the app.
    Event(Event),
}

/// The room's socket to the signaling server; at most one at a time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SignalOp {
    /// Open it.
    Connect,
    /// Send one binary message.
    Send(Vec<u8>),
    /// Close it; no [`SignalInput::Disconnected`] is expected.
    Disconnect,
}

/// A lane. Operations on one lane must take effect in order, though each may take its time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LinkOp {
    /// New RTCPeerConnection with both channels; create and set the local offer.
    OpenAsOfferer,
    /// New RTCPeerConnection with both channels; set this remote offer; create and set the local answer.
    OpenAsAnswerer(String),
    /// Set this remote answer.
    RemoteDescription(String),
    /// Add this remote candidate (`candidate:…`, mid "0").
    RemoteCandidate(String),
    /// Send one message; always within credit.
    Send(Channel, Vec<u8>),
    /// Close and forget; no [`LinkInput::Closed`] is expected.
    Close,
}

/// The store: small durable records of a room, sources to read, sinks to write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StoreOp {
    /// Keep `value` under `key` durably, then reply.
    Put {
        /// Reply to this.
        request: RequestId,
        /// The room.
        room: RoomId,
        /// At most 64 bytes.
        key: Vec<u8>,
        /// At most 64 KiB.
        value: Vec<u8>,
    },
    /// Forget the records of a room, so that a reload does not find it; received copies stay. No reply.
    DeleteRecords {
        /// The room.
        room: RoomId,
    },
    /// Forget everything of a room: records and received copies. No reply.
    DeleteRoom {
        /// The room.
        room: RoomId,
    },
    /// Read exactly `length` bytes at `offset`, then reply with them.
    Read {
        /// Reply to this.
        request: RequestId,
        /// From where.
        source: SourceId,
        /// Bytes from the start.
        offset: u64,
        /// At most 1 MiB.
        length: u32,
    },
    /// A source is not needed any more. No reply.
    CloseSource {
        /// Which.
        source: SourceId,
    },
    /// Make the sink ready for `size` bytes, refusing early if they won't fit, then reply.
    OpenSink {
        /// Reply to this.
        request: RequestId,
        /// The room it belongs to.
        room: RoomId,
        /// Which.
        sink: SinkId,
        /// Bytes to come.
        size: u64,
    },
    /// Write, then reply.
    Write {
        /// Reply to this.
        request: RequestId,
        /// Where to.
        sink: SinkId,
        /// Bytes from the start.
        offset: u64,
        /// One chunk, at most 256 KiB.
        bytes: Vec<u8>,
    },
    /// The sink is complete (`keep`: flush it, it can be handed to the person) or discarded. Then reply.
    CloseSink {
        /// Reply to this.
        request: RequestId,
        /// Which.
        sink: SinkId,
        /// Whether it is complete.
        keep: bool,
    },
}

/// Why [`Peer::poll_timeout`](crate::Peer::poll_timeout) wants to be woken; for logs and tests.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reason {
    /// Connect to the signaling server again.
    Reconnect,
    /// Send something of a meeting again, renew or give up a knock.
    Meeting,
    /// Watch over a link: ping, silence, confirmation.
    Link,
    /// Compare logs.
    Sync,
    /// Progress or a request's time.
    Transfer,
}
