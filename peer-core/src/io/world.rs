//! What the shell reports of the world, and what it is to do there.

use crate::base::error::StoreFailure;
use crate::base::id::{Fingerprint, LaneId, LinkId, RequestId, RoomId, SinkId, SourceId};
use crate::io::{Event, Hidden};
use alloc::string::String;
use alloc::vec::Vec;
use signal_proto::Turn;

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
        result: Result<Hidden<Vec<u8>>, StoreFailure>,
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
        /// Whether the path goes through a TURN server.
        relayed: bool,
    },
    /// The path has changed since: it goes through a TURN server now, or no longer does.
    Path {
        /// Whether it goes through a TURN server.
        relayed: bool,
    },
    /// A channel is open.
    Open(Channel),
    /// One message of a channel.
    Data(Channel, Hidden<Vec<u8>>),
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
    OpenAsOfferer {
        /// What the room's server gave us to use beside the ICE servers of the page's own.
        turn: Option<Turn>,
    },
    /// New RTCPeerConnection with both channels; set the remote offer; create and set the local answer.
    OpenAsAnswerer {
        /// The remote offer.
        offer: String,
        /// As above.
        turn: Option<Turn>,
    },
    /// Set this remote answer.
    RemoteDescription(String),
    /// Add this remote candidate (`candidate:…`, mid "0").
    RemoteCandidate(String),
    /// Send one message; always within credit.
    Send(Channel, Hidden<Vec<u8>>),
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
        value: Hidden<Vec<u8>>,
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
        bytes: Hidden<Vec<u8>>,
    },
    /// The sink is complete (`keep`: flush it, it can be handed to the person) or discarded. Then reply. It may be
    /// discarded while it is still being opened: then nothing of it may be left in the end.
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
