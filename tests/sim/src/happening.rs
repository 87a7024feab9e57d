//! What can happen in a world, and the names of those it happens to.

use peer_core::id::{LaneId, LinkId, RequestId, RoomId, SinkId, SourceId};
use peer_core::io::Channel;

/// A node of the world, by its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeId(pub usize);

/// Which of a node's lives: it grows by one with every reload.
pub type Life = u32;

/// One WebSocket, never used again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct SocketId(pub u64);

/// One end of a lane.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct LaneKey {
    /// Whose.
    pub node: NodeId,
    /// In which life.
    pub life: Life,
    /// Its link.
    pub link: LinkId,
    /// Its lane.
    pub lane: LaneId,
}

/// Something that will happen.
#[derive(Debug)]
pub(crate) enum Happening {
    /// A socket's opening reaches the server.
    SocketOpens(SocketId),
    /// A client's message reaches the server.
    AtServer(SocketId, Vec<u8>),
    /// The server's message reaches a client.
    AtClient(SocketId, signal_proto::ServerMessage),
    /// Bytes that are no message reach a client.
    NonsenseAtClient(SocketId, Vec<u8>),
    /// The server finds a socket gone.
    ServerNotices(SocketId),
    /// TCP gives a cut socket up.
    SocketStalls(SocketId),
    /// The client finds its socket gone.
    ClientNotices(SocketId, u16),
    /// Something on a lane.
    Lane(LaneKey, LaneStep),
    /// A store request is done.
    Stored(NodeId, Life, RequestId, Request),
}

/// What happens on an end of a lane.
#[derive(Clone, Debug)]
pub(crate) enum LaneStep {
    Described(String),
    Candidate(Option<String>),
    Establish,
    GiveUp,
    Departs(Channel, usize),
    Arrives(Channel, Vec<u8>),
    RemoteGone,
    /// The first of what was held takes effect.
    Flush,
}

/// What a store request does when its time has come.
#[derive(Debug)]
pub(crate) enum Request {
    Put { room: RoomId, key: Vec<u8>, value: Vec<u8> },
    Read { source: SourceId, offset: u64, length: u32 },
    OpenSink { sink: SinkId, size: u64 },
    Write { sink: SinkId, offset: u64, bytes: Vec<u8> },
    CloseSink { sink: SinkId, keep: bool },
}
