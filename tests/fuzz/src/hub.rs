//! Hubs beside a model of them: any joins, leaves, messages and ends in any order, compared after each.
//!
//! One hub is one server. Several that tell each other everything at once, as a backplane does sooner or later, must
//! be to their sockets what one is: the model is the same.

use crate::bytes::Bytes;
use crate::model::{Heard, Home, Model, Place, Who, same};
use signal_proto::{ClientMessage, Handle, Role, ServerMessage, Tag};
use signaling::Limits;
use signaling::hub::{Delivery, Hub, NodeId, SocketId, Violation};
use std::time::Instant;

/// So few of everything that every bound is met, and met again after somebody has gone.
const SOCKETS: usize = 8;
const TAGS: usize = 4;
const NODES: usize = 3;
/// Addresses of sockets: two of one network, and another.
const ADDRESSES: [(&str, u8); 3] = [("2001:db8::1", 1), ("2001:db8::2", 1), ("192.0.2.1", 2)];

fn limits() -> Limits {
    Limits {
        listeners: 2,
        listeners_per_address: 1,
        knockers: 3,
        knockers_per_address: 2,
        members: 4,
        members_per_address: 3,
        joins: 10,
        tags_per_socket: 2,
        ..Limits::default()
    }
}

/// One server does what the bytes say, then everybody goes.
pub fn hub(bytes: &[u8]) {
    Run::new(bytes, 1, limits()).all();
}

/// Several nodes do; some of them die. How many joins a server may hold is each node's own matter.
pub fn nodes(bytes: &[u8]) {
    Run::new(bytes, NODES, Limits { joins: 40, ..limits() }).all();
}

struct Node {
    hub: Hub,
    /// Another one after each death.
    id: NodeId,
}

#[derive(Clone, Copy)]
struct Socket {
    who: Who,
    home: Home,
    id: SocketId,
}

struct Run<'a> {
    bytes: Bytes<'a>,
    nodes: Vec<Node>,
    model: Model,
    sockets: Vec<Socket>,
    came: usize,
    died: u64,
    /// Every handle that was ever given, in order; somebody gone is addressed by one of them too.
    handles: Vec<Handle>,
    drawn: u64,
}

impl<'a> Run<'a> {
    fn new(bytes: &'a [u8], nodes: usize, limits: Limits) -> Self {
        let node = |id| Node { hub: Hub::new(limits.clone()), id: NodeId(id as u64) };
        Self {
            bytes: Bytes(bytes),
            nodes: (0..nodes).map(node).collect(),
            model: Model { limits, on: Vec::new() },
            sockets: Vec::new(),
            came: 0,
            died: 0,
            handles: Vec::new(),
            drawn: 0,
        }
    }

    fn all(mut self) {
        while self.step().is_some() {}
        self.end();
    }

    /// One thing that happens; none when the bytes are used up.
    fn step(&mut self) -> Option<()> {
        match self.bytes.below(16)? {
            0..=2 if self.sockets.len() < SOCKETS => self.connect()?,
            3 => {
                let at = self.socket()?;
                self.disconnect(at);
            }
            4..=9 => self.join()?,
            10..=12 => self.send()?,
            13 if self.nodes.len() > 1 && self.bytes.below(8)? == 0 => self.die()?,
            _ => self.leave()?,
        }
        for socket in &self.sockets {
            assert_eq!(self.nodes[socket.home.0].hub.tags_of(socket.id), self.model.tags_of(socket.who));
        }
        for (number, node) in self.nodes.iter().enumerate() {
            assert_eq!(node.hub.counts(), self.model.counts(number), "what is left behind");
        }
        Some(())
    }

    fn connect(&mut self) -> Option<()> {
        let node = if self.nodes.len() > 1 { self.bytes.below(self.nodes.len())? } else { 0 };
        let (ip, network) = ADDRESSES[self.bytes.below(ADDRESSES.len())?];
        let id = self.nodes[node].hub.connect_from(ip.parse().expect("it is an address"));
        let socket = Socket { who: Who(self.came), home: (node, network), id };
        self.came += 1;
        self.sockets.push(socket);
        Some(())
    }

    fn socket(&mut self) -> Option<usize> {
        if self.sockets.is_empty() {
            self.connect()?;
        }
        self.bytes.below(self.sockets.len())
    }

    fn tag(&mut self) -> Option<Tag> {
        self.bytes.below(TAGS).map(|tag| Tag([tag as u8; 16]))
    }

    fn join(&mut self) -> Option<()> {
        let (at, tag) = (self.socket()?, self.tag()?);
        let role = [Role::Listen, Role::Knock, Role::Mesh][self.bytes.below(3)?];
        let Socket { who, home, id } = self.sockets[at];
        let node = home.0;
        // Who is about to join asks the others first.
        for other in (0..self.nodes.len()).filter(|other| *other != node) {
            self.tell(other, node, tag, &mut Vec::new());
        }
        let mut handle = Handle([0; 8]);
        let (bytes, drawn) = (&mut self.bytes, &mut self.drawn);
        let got =
            self.nodes[node].hub.handle(id, ClientMessage::Join { tag, role }, Instant::now(), &mut || {
                // Few handles, so that some are drawn twice; in the end always a new one.
                *drawn += 1;
                handle = Handle(bytes.next().map_or(*drawn + 0xff, |byte| u64::from(byte) % 8).to_be_bytes());
                handle
            });
        self.handles.push(handle);
        let got = self.presence(node, tag, got);
        same(got, self.model.join(Place { socket: who, home, tag, role, handle }));
        Some(())
    }

    fn send(&mut self) -> Option<()> {
        let (at, tag) = (self.socket()?, self.tag()?);
        let Socket { who, home: (node, _), id } = self.sockets[at];
        let to = match self.bytes.below(2)? {
            1 if !self.handles.is_empty() => Some(self.handles[self.bytes.below(self.handles.len())?]),
            _ => None,
        };
        let bytes = vec![self.bytes.next()?];
        let expected = self.model.send(who, tag, to, &bytes);
        let got = self.nodes[node].hub.handle(
            id,
            ClientMessage::Send { tag, to, bytes },
            Instant::now(),
            &mut no_handle,
        );
        let mut got = got.map(|deliveries| self.heard(node, deliveries));
        let relays = self.nodes[node].hub.take_relays();
        for relay in relays {
            let sender = self.nodes[node].id;
            let heard = got.as_mut().expect("a message that breaks a rule is not relayed");
            let before = heard.len();
            for other in (0..self.nodes.len()).filter(|other| *other != node) {
                let (tag, from, bytes) = (relay.tag, relay.from, relay.bytes.clone());
                let hub = &mut self.nodes[other].hub;
                let forged =
                    hub.relayed(NodeId(u64::MAX), tag, from, relay.to, bytes.clone(), Instant::now());
                assert_eq!(forged, None, "a node speaks for its own sockets only");
                let came = self.nodes[other].hub.relayed(sender, tag, from, relay.to, bytes, Instant::now());
                heard.extend(self.heard(other, came));
            }
            assert_eq!(heard.len() - before, relay.copies, "the sender pays for each copy");
        }
        same(got, expected);
        Some(())
    }

    fn leave(&mut self) -> Option<()> {
        let (at, tag) = (self.socket()?, self.tag()?);
        let Socket { who, home: (node, _), id } = self.sockets[at];
        let expected = self.model.leave(who, tag);
        let got =
            self.nodes[node].hub.handle(id, ClientMessage::Leave { tag }, Instant::now(), &mut no_handle);
        let got = self.presence(node, tag, got);
        same(got, expected);
        Some(())
    }

    fn disconnect(&mut self, at: usize) {
        let Socket { who, home: (node, _), id } = self.sockets.remove(at);
        let tags: Vec<Tag> = self.model.on.iter().filter(|it| it.socket == who).map(|it| it.tag).collect();
        let deliveries = self.nodes[node].hub.disconnect(id);
        let mut got = self.heard(node, deliveries);
        for tag in tags {
            self.tell_all(node, tag, &mut got);
        }
        same(Ok(got), Ok(self.model.disconnect(who)));
        assert_eq!(self.nodes[node].hub.disconnect(id), [], "a second time is nothing");
    }

    /// A node dies with all its sockets; the others hear no more of it, and it begins anew under another name.
    fn die(&mut self) -> Option<()> {
        let node = self.bytes.below(self.nodes.len())?;
        let lost = self.nodes[node].id;
        self.died += 1;
        let id = NodeId(NODES as u64 + self.died);
        self.nodes[node] = Node { hub: Hub::new(self.model.limits.clone()), id };
        let mut got = Vec::new();
        for other in (0..self.nodes.len()).filter(|other| *other != node) {
            let deliveries = self.nodes[other].hub.lost(lost);
            got.extend(self.heard(other, deliveries));
        }
        let (dead, alive) = std::mem::take(&mut self.sockets).into_iter().partition(|it| it.home.0 == node);
        self.sockets = alive;
        let dead: Vec<Socket> = dead;
        let told: Heard = dead.iter().flat_map(|it| self.model.disconnect(it.who)).collect();
        // Those who died with it hear nothing.
        let told = told.into_iter().filter(|(who, _)| dead.iter().all(|it| it.who != *who)).collect();
        same(Ok(got), Ok(told));
        Some(())
    }

    /// What sockets hear of `deliveries` at `node`.
    fn heard(&self, node: usize, deliveries: impl IntoIterator<Item = Delivery>) -> Heard {
        let who = |id| {
            let socket = self.sockets.iter().find(|it| it.home.0 == node && it.id == id);
            socket.expect("only sockets that are there are told anything").who
        };
        let each = deliveries.into_iter().flat_map(|Delivery { to, message }| {
            assert!(!to.is_empty(), "a delivery has a receiver");
            to.into_iter().map(move |id| (id, message.clone()))
        });
        each.map(|(id, message)| (who(id), message)).collect()
    }

    /// What sockets hear when `node` has done something about its places on `tag`, at every node.
    fn presence(
        &mut self,
        node: usize,
        tag: Tag,
        done: Result<Vec<Delivery>, Violation>,
    ) -> Result<Heard, Violation> {
        let mut heard = done.map(|deliveries| self.heard(node, deliveries));
        // After a violation too: it had asked the others.
        self.tell_all(node, tag, heard.as_mut().unwrap_or(&mut Vec::new()));
        heard
    }

    /// `node` tells every other what it has on `tag`, and wants to hear no more of it if that is nothing.
    fn tell_all(&mut self, node: usize, tag: Tag, heard: &mut Heard) {
        for other in (0..self.nodes.len()).filter(|other| *other != node) {
            if self.nodes[other].hub.places_here(tag).next().is_some() {
                self.tell(node, other, tag, heard);
            }
        }
        if self.nodes[node].hub.places_here(tag).next().is_none() {
            assert_eq!(self.nodes[node].hub.forget(tag), [], "nobody here could hear of it");
        }
    }

    fn tell(&mut self, from: usize, to: usize, tag: Tag, heard: &mut Heard) {
        let places: Vec<_> = self.nodes[from].hub.places_here(tag).collect();
        let id = self.nodes[from].id;
        let deliveries = self.nodes[to].hub.heard(id, tag, &places);
        heard.extend(self.heard(to, deliveries));
    }

    /// Everybody goes; then nothing is left, and every place is free again.
    fn end(mut self) {
        while !self.sockets.is_empty() {
            self.disconnect(0);
        }
        for node in &mut self.nodes {
            assert_eq!(node.hub.counts(), (0, 0), "somebody is left behind");
            for tag in 0..self.model.limits.joins {
                let (socket, tag) = (node.hub.connect(), Tag((tag as u128).to_be_bytes()));
                let join = ClientMessage::Join { tag, role: Role::Mesh };
                let joined = node
                    .hub
                    .handle(socket, join, Instant::now(), &mut || Handle([0; 8]))
                    .expect("a first join");
                let message = ServerMessage::Joined { tag, peers: vec![] };
                assert_eq!(joined, [Delivery { to: vec![socket], message }], "a place is missing");
            }
        }
    }
}

fn no_handle() -> Handle {
    panic!("only joining draws a handle")
}
