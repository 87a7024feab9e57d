//! The signaling server as signal-proto describes it, untrusted: tags, roles, handles; it can be restarted,
//! cut off, and given a man in the middle. It remembers every byte that it ever received.
//!
//! It is stricter than a real server: an honest engine that breaks the server's rules fails the run.

use crate::context::Context;
pub use crate::happening::SocketId;
use crate::happening::{Happening, Life, NodeId};
use crate::turn::{Answer, Rules};
use peer_core::id::RoomId;
use signal_proto::{
    ClientMessage, Handle, MAX_PEERS, MAX_TAGS_PER_SOCKET, Refusal, Role, ServerMessage, Tag, close,
};
use std::collections::{BTreeMap, BTreeSet};

/// Who holds a socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Client {
    /// A room of a node, in one of its lives.
    Node(NodeId, Life, RoomId),
    /// A test that speaks for itself.
    Script,
}

/// A message of the server on its way to a client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Passing {
    /// Who is to get it.
    pub to: SocketId,
    /// Who sent the envelope, if it is one.
    pub from: Option<SocketId>,
    /// What the server says.
    pub message: ServerMessage,
}

/// A man in the middle: gets each message with the time, and says what is passed on, each after how many ms more.
pub type Interceptor = Box<dyn FnMut(u64, Passing) -> Vec<(u64, Passing)>>;

struct Socket {
    client: Client,
    open: bool,
    cut: bool,
    /// The server has closed it; the client does not know yet.
    dropped: bool,
    tags: BTreeMap<Tag, (Role, Handle)>,
    upward_at: u64,
    downward_at: u64,
    held: Vec<Happening>,
}

/// The lengths that tell the server nothing but a class (PROTOCOL.md, *The server's model*).
const PADDED: [usize; 4] = [512, 1_024, 4_096, 16_384];
/// How long TCP hides that the network is gone.
const TCP_PATIENCE: (u64, u64) = (5_000, 15_000);

/// The server and the network around it.
#[derive(Default)]
pub(crate) struct Hub {
    sockets: BTreeMap<SocketId, Socket>,
    cut: BTreeSet<NodeId>,
    down: bool,
    last: u64,
    /// Every try to open a socket, with its time.
    pub(crate) tries: Vec<(u64, Client)>,
    /// Openings are lost on the way: neither yes nor no comes back.
    pub(crate) swallows: bool,
    /// Every join is refused, and why.
    pub(crate) refuses: Option<Refusal>,
    pub(crate) received: Vec<(SocketId, Vec<u8>)>,
    pub(crate) interceptor: Option<Interceptor>,
    /// The server has lied: who believed it may break its rules, and is only disconnected for it.
    pub(crate) lies: bool,
    pub(crate) turn: Rules,
    /// What scripted sockets got.
    pub(crate) scripts: BTreeMap<SocketId, Vec<ServerMessage>>,
}

fn sees(own: Role, other: Role) -> bool {
    matches!(
        (own, other),
        (Role::Listen, Role::Knock) | (Role::Knock, Role::Listen) | (Role::Mesh, Role::Mesh)
    )
}

impl Hub {
    pub(crate) fn connect(&mut self, client: Client, cx: &mut Context) -> SocketId {
        self.last += 1;
        let id = SocketId(self.last);
        self.tries.push((cx.now, client));
        let cut = matches!(client, Client::Node(node, ..) if self.cut.contains(&node));
        self.sockets.insert(
            id,
            Socket {
                client,
                open: false,
                cut,
                dropped: false,
                tags: BTreeMap::new(),
                upward_at: 0,
                downward_at: 0,
                held: Vec::new(),
            },
        );
        if cut || self.down {
            cx.after(200, Happening::ClientNotices(id, 1006));
        } else if !self.swallows {
            let latency = cx.net.signal_latency;
            let delay = 2 * cx.rng.between(latency);
            cx.after(delay, Happening::SocketOpens(id));
        }
        id
    }

    /// A connection attempt got through. Whether the client is to be told that it is open.
    pub(crate) fn opens(&mut self, id: SocketId) -> bool {
        let Some(socket) = self.sockets.get_mut(&id).filter(|socket| !socket.dropped) else { return false };
        if socket.cut {
            socket.held.push(Happening::SocketOpens(id));
            return false;
        }
        socket.open = true;
        true
    }

    pub(crate) fn client(&self, id: SocketId) -> Option<Client> {
        self.sockets.get(&id).map(|socket| socket.client)
    }

    /// A client sends: it goes up in order.
    pub(crate) fn send(&mut self, id: SocketId, bytes: Vec<u8>, cx: &mut Context) {
        let Some(socket) = self.sockets.get_mut(&id) else { return };
        let delay = cx.rng.between(cx.net.signal_latency);
        socket.upward_at = socket.upward_at.max(cx.now + delay);
        cx.after(socket.upward_at - cx.now, Happening::AtServer(id, bytes));
    }

    /// A client closes, or is gone with its page.
    pub(crate) fn leave(&mut self, id: SocketId, polite: bool, cx: &mut Context) {
        let Some(socket) = self.sockets.get(&id) else { return };
        let delay = if polite && !socket.cut {
            // The close comes behind whatever was sent before it.
            cx.rng.between(cx.net.signal_latency).max(socket.upward_at.saturating_sub(cx.now))
        } else {
            cx.rng.between(TCP_PATIENCE)
        };
        cx.after(delay, Happening::ServerNotices(id));
    }

    /// The server finds the socket gone: others on its tags are told.
    pub(crate) fn notices(&mut self, id: SocketId, cx: &mut Context) {
        let Some(socket) = self.sockets.get(&id) else { return };
        let tags: Vec<Tag> = socket.tags.keys().copied().collect();
        for tag in tags {
            self.detach(id, tag, cx);
        }
        self.sockets.remove(&id);
    }

    /// TCP gives up, unless the way is back by now.
    pub(crate) fn stalls(&self, id: SocketId, cx: &mut Context) {
        if self.sockets.get(&id).is_some_and(|socket| socket.cut) {
            cx.after(0, Happening::ClientNotices(id, 1006));
        }
    }

    /// A message that reaches a client: false if the network holds it back or the socket is gone.
    pub(crate) fn reaches_client(&mut self, id: SocketId, message: &ServerMessage) -> bool {
        match self.sockets.get_mut(&id) {
            Some(socket) if socket.cut => {
                socket.held.push(Happening::AtClient(id, message.clone()));
                false
            }
            Some(socket) => socket.open,
            None => false,
        }
    }

    /// A client's message reaches the server.
    pub(crate) fn handle(&mut self, id: SocketId, bytes: Vec<u8>, cx: &mut Context) {
        let Some(socket) = self.sockets.get_mut(&id).filter(|socket| !socket.dropped) else { return };
        if socket.cut {
            socket.held.push(Happening::AtServer(id, bytes));
            return;
        }
        let message = ClientMessage::decode(&bytes);
        self.received.push((id, bytes));
        match message {
            Ok(ClientMessage::Join { tag, role }) => self.join(id, tag, role, cx),
            Ok(ClientMessage::Send { tag, to, bytes }) => self.relay(id, tag, to, bytes, cx),
            Ok(ClientMessage::Leave { tag }) => {
                if !self.sockets[&id].tags.contains_key(&tag) {
                    return self.violation(id, close::BAD_TAG, "left a tag that it had not joined", cx);
                }
                self.detach(id, tag, cx);
            }
            Ok(ClientMessage::AskTurn { tag }) => self.asked_for_turn(id, tag, cx),
            Err(signal_proto::Malformed) => {
                self.violation(id, close::BAD_MESSAGE, "sent no ClientMessage", cx)
            }
        }
    }

    fn join(&mut self, id: SocketId, tag: Tag, role: Role, cx: &mut Context) {
        let socket = self.sockets.get_mut(&id).expect("the caller found it");
        if socket.tags.contains_key(&tag) {
            return self.violation(id, close::JOINED_TWICE, "joined a tag twice", cx);
        }
        if socket.tags.len() == MAX_TAGS_PER_SOCKET {
            return self.violation(id, close::TOO_MANY_TAGS, "joined too many tags", cx);
        }
        if let Some(reason) = self.refuses {
            return self
                .pass(Passing { to: id, from: None, message: ServerMessage::Refused { tag, reason } }, cx);
        }
        let handle = Handle(cx.rng.bytes());
        socket.tags.insert(tag, (role, handle));
        let others = self.seen_by(id, tag, role);
        let peers = others.iter().map(|(_, handle)| *handle).take(MAX_PEERS).collect();
        self.pass(Passing { to: id, from: None, message: ServerMessage::Joined { tag, peers } }, cx);
        for (other, _) in others {
            self.pass(
                Passing { to: other, from: None, message: ServerMessage::Attached { tag, handle } },
                cx,
            );
        }
    }

    fn relay(&mut self, id: SocketId, tag: Tag, to: Option<Handle>, bytes: Vec<u8>, cx: &mut Context) {
        let Some(&(role, from)) = self.sockets[&id].tags.get(&tag) else {
            return self.violation(id, close::BAD_TAG, "sent on a tag that it had not joined", cx);
        };
        let honest = matches!(self.sockets[&id].client, Client::Node(..));
        assert!(!honest || PADDED.contains(&bytes.len()), "an envelope of {} bytes", bytes.len());
        for (other, handle) in self.seen_by(id, tag, role) {
            if to.is_some_and(|to| to != handle) {
                continue;
            }
            self.turn.relayed(tag, id, other, cx.now);
            let copies = if cx.rng.chance(cx.net.signal_loss) {
                0
            } else if cx.rng.chance(cx.net.signal_duplicate) {
                2
            } else {
                1
            };
            for _ in 0..copies {
                let message = ServerMessage::Message { tag, from, bytes: bytes.clone() };
                self.pass(Passing { to: other, from: Some(id), message }, cx);
            }
        }
    }

    fn asked_for_turn(&mut self, id: SocketId, tag: Tag, cx: &mut Context) {
        if !self.sockets[&id].tags.contains_key(&tag) {
            return self.violation(id, close::BAD_TAG, "asked for TURN on a tag that it had not joined", cx);
        }
        match self.turn.asked(tag, id, cx.now) {
            Answer::Turn(turn) => {
                self.pass(Passing { to: id, from: None, message: ServerMessage::Turn { turn } }, cx);
            }
            Answer::Nonsense(bytes) => {
                let delay = cx.rng.between(cx.net.signal_latency);
                cx.after(delay, Happening::NonsenseAtClient(id, bytes));
            }
        }
    }

    fn seen_by(&self, id: SocketId, tag: Tag, role: Role) -> Vec<(SocketId, Handle)> {
        let on_tag = self.sockets.iter().filter(|(other, _)| **other != id);
        let seen = on_tag.filter_map(|(other, socket)| match socket.tags.get(&tag) {
            Some((theirs, handle)) if sees(role, *theirs) => Some((*other, *handle)),
            Some(_) | None => None,
        });
        seen.collect()
    }

    fn detach(&mut self, id: SocketId, tag: Tag, cx: &mut Context) {
        let Some((role, handle)) = self.sockets.get_mut(&id).and_then(|socket| socket.tags.remove(&tag))
        else {
            return;
        };
        for (other, _) in self.seen_by(id, tag, role) {
            self.pass(
                Passing { to: other, from: None, message: ServerMessage::Detached { tag, handle } },
                cx,
            );
        }
    }

    /// What the server says passes the man in the middle and then the network.
    pub(crate) fn pass(&mut self, passing: Passing, cx: &mut Context) {
        let passed = match &mut self.interceptor {
            Some(interceptor) => interceptor(cx.now, passing),
            None => vec![(0, passing)],
        };
        for (delay, Passing { to, message, .. }) in passed {
            let Some(socket) = self.sockets.get_mut(&to) else { continue };
            let latency = delay + cx.rng.between(cx.net.signal_latency);
            let overtakes = cx.net.signal_reorder && matches!(message, ServerMessage::Message { .. });
            let at = if overtakes || delay > 0 {
                cx.now + latency
            } else {
                socket.downward_at = socket.downward_at.max(cx.now + latency);
                socket.downward_at
            };
            cx.after(at - cx.now, Happening::AtClient(to, message));
        }
    }

    fn violation(&mut self, id: SocketId, code: u16, what: &str, cx: &mut Context) {
        match self.sockets[&id].client {
            Client::Node(node, ..) if !self.lies => panic!("the engine of {node:?} {what}"),
            Client::Node(..) | Client::Script => cx.after(1, Happening::ClientNotices(id, code)),
        }
    }

    /// All sockets drop; `down` says whether it stays away until [`Hub::start`].
    pub(crate) fn stop(&mut self, down: bool, cx: &mut Context) {
        self.down = down;
        let open: Vec<SocketId> = self.sockets.keys().copied().collect();
        for id in open {
            let socket = self.sockets.get_mut(&id).expect("its own key");
            socket.tags.clear();
            socket.dropped = true;
            let delay = cx.rng.between((1, 30));
            cx.after(delay, Happening::ClientNotices(id, close::GOING_AWAY));
        }
    }

    pub(crate) fn start(&mut self) {
        self.down = false;
    }

    /// Take a node's way to the server away: first nobody notices, then both ends do.
    pub(crate) fn cut(&mut self, node: NodeId, cx: &mut Context) {
        self.cut.insert(node);
        for (id, socket) in &mut self.sockets {
            if matches!(socket.client, Client::Node(owner, ..) if owner == node) {
                socket.cut = true;
                let patience = cx.rng.between(TCP_PATIENCE);
                cx.after(patience, Happening::SocketStalls(*id));
            }
        }
    }

    /// Give the way back: what TCP held arrives, unless the socket is gone by then.
    pub(crate) fn heal(&mut self, node: NodeId, cx: &mut Context) {
        self.cut.remove(&node);
        for socket in self.sockets.values_mut() {
            if matches!(socket.client, Client::Node(owner, ..) if owner == node) {
                socket.cut = false;
                for held in std::mem::take(&mut socket.held) {
                    cx.after(1, held);
                }
            }
        }
    }
}
