//! Who is on which tag, and who may reach whom: the rules of *The server's model* in PROTOCOL.md as a plain value.
//!
//! A [`Hub`] does no I/O, reads no clock and draws no randomness: handles come in as an argument. It must never
//! look into an envelope, and never answer differently for a tag that exists beyond what the asking role may see.
//! Sockets of other nodes have places beside our own (`hub/elsewhere.rs`): the same rules hold for them.

use crate::limits::Limits;
use crate::network::Network;
use signal_proto::{ClientMessage, Handle, MAX_PEERS, Refusal, Role, ServerMessage, Tag};
use std::collections::{BTreeMap, HashMap};
use std::net::IpAddr;
use std::time::Instant;

mod elsewhere;

/// One WebSocket, for as long as the server runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SocketId(u64);

/// One message and the sockets that are to get it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// Whom; never empty.
    pub to: Vec<SocketId>,
    /// What.
    pub message: ServerMessage,
}

/// One of the other nodes, as long as it is heard of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeId(pub u64);

/// An envelope that others on the tag are to get from their own nodes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Relay {
    /// Where.
    pub tag: Tag,
    /// Who sent it.
    pub from: Handle,
    /// Whom; `None` is everybody that the sender's role may reach.
    pub to: Option<Handle>,
    /// The sender's bytes.
    pub bytes: Vec<u8>,
    /// How many there will get it, as far as is known here.
    pub copies: usize,
}

/// A socket broke the rules and must be closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Violation {
    /// It named a tag that it has not joined.
    BadTag,
    /// It joined a tag that it is on.
    JoinedTwice,
    /// It asked for more tags than one socket may hold.
    TooManyTags,
}

/// All tags and sockets.
#[derive(Debug)]
pub struct Hub {
    limits: Limits,
    tags: HashMap<Tag, BTreeMap<Handle, Place>>,
    sockets: HashMap<SocketId, Vec<Membership>>,
    /// Where sockets come from, of those that came from somewhere.
    networks: HashMap<SocketId, Network>,
    flows: HashMap<Tag, Flow>,
    flowed: Flowed,
    /// Places of our own sockets, on all tags.
    joins: usize,
    /// Places of sockets of other nodes.
    elsewhere: usize,
    relays: Vec<Relay>,
    next_socket: u64,
}

/// A handle's socket, as the tag knows it.
#[derive(Clone, Copy, Debug)]
struct Place {
    at: At,
    role: Role,
    /// When something was last relayed from there to somebody.
    sent: Option<Instant>,
    /// When something was last relayed there.
    got: Option<Instant>,
}

/// Where a place's socket is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum At {
    Here(SocketId),
    There(NodeId),
}

/// Which way messages went on a tag, as long as somebody is on it.
#[derive(Clone, Copy, Debug)]
enum Flow {
    /// All of them came from here.
    From(Handle),
    /// Somebody else sent some, too.
    BothWays,
}

/// How many tags saw something relayed, and how many of them from more than one side.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Flowed {
    /// Somebody sent something.
    pub one_way: u64,
    /// And somebody else did, too.
    pub both_ways: u64,
}

/// The same as the socket knows it.
#[derive(Clone, Copy, Debug)]
struct Membership {
    tag: Tag,
    handle: Handle,
    role: Role,
}

impl Hub {
    /// A hub with nobody in it.
    pub fn new(limits: Limits) -> Self {
        Self {
            limits,
            tags: HashMap::new(),
            sockets: HashMap::new(),
            networks: HashMap::new(),
            flows: HashMap::new(),
            flowed: Flowed::default(),
            joins: 0,
            elsewhere: 0,
            relays: Vec::new(),
            next_socket: 0,
        }
    }

    /// A socket of `ip` is there; those of one address cannot take all places of a tag.
    pub fn connect_from(&mut self, ip: IpAddr) -> SocketId {
        let socket = self.connect();
        self.networks.insert(socket, ip.into());
        socket
    }

    /// A socket is there that has an address of its own.
    pub fn connect(&mut self) -> SocketId {
        let socket = SocketId(self.next_socket);
        self.next_socket += 1;
        self.sockets.insert(socket, Vec::new());
        socket
    }

    /// A socket is gone: it leaves every tag.
    pub fn disconnect(&mut self, socket: SocketId) -> Vec<Delivery> {
        let memberships = self.sockets.remove(&socket).unwrap_or_default();
        self.networks.remove(&socket);
        memberships.into_iter().filter_map(|m| self.vacate(m.tag, m.handle)).collect()
    }

    /// What follows from `message` of `socket` at `now`. `draw` gives random handles. A question for a TURN server has only
    /// its tag checked: it is answered by who has one, if the asker [meets somebody](Hub::meets).
    ///
    /// # Errors
    /// A [`Violation`], on which the socket must be disconnected; nothing has changed.
    pub fn handle(
        &mut self,
        socket: SocketId,
        message: ClientMessage,
        now: Instant,
        draw: &mut dyn FnMut() -> Handle,
    ) -> Result<Vec<Delivery>, Violation> {
        match message {
            ClientMessage::Join { tag, role } => self.join(socket, tag, role, draw),
            ClientMessage::Send { tag, to, bytes } => self.send(socket, tag, to, bytes, now),
            ClientMessage::Leave { tag } => self.leave(socket, tag),
            ClientMessage::AskTurn { tag } => self.membership(socket, tag).map(|_| Vec::new()),
        }
    }

    /// How many tags `socket` is on.
    pub fn tags_of(&self, socket: SocketId) -> usize {
        self.sockets.get(&socket).map_or(0, Vec::len)
    }

    /// Whether `socket` is on `tag`.
    pub fn is_on(&self, socket: SocketId, tag: Tag) -> bool {
        self.membership(socket, tag).is_ok()
    }

    /// Whether lately both something of `socket` was relayed to somebody on `tag` and something there to it.
    pub fn meets(&self, socket: SocketId, tag: Tag, now: Instant) -> bool {
        let Ok(Membership { handle, .. }) = self.membership(socket, tag) else { return false };
        let lately = |at: Option<Instant>| {
            at.is_some_and(|at| now.saturating_duration_since(at) <= self.limits.turn_recent)
        };
        let place = self.tags.get(&tag).and_then(|on| on.get(&handle));
        place.is_some_and(|place| lately(place.sent) && lately(place.got))
    }

    /// How many meetings there were.
    pub fn flowed(&self) -> Flowed {
        self.flowed
    }

    /// Tags that somebody is on, as far as is known here, and places that our own sockets hold.
    pub fn counts(&self) -> (usize, usize) {
        (self.tags.len(), self.joins)
    }

    fn join(
        &mut self,
        socket: SocketId,
        tag: Tag,
        role: Role,
        draw: &mut dyn FnMut() -> Handle,
    ) -> Result<Vec<Delivery>, Violation> {
        if self.is_on(socket, tag) {
            return Err(Violation::JoinedTwice);
        }
        if self.tags_of(socket) >= self.limits.tags_per_socket {
            return Err(Violation::TooManyTags);
        }
        let refused = |reason| Ok(vec![to_one(socket, ServerMessage::Refused { tag, reason })]);
        if self.joins >= self.limits.joins {
            return refused(Refusal::ServerFull);
        }
        let taken = self.tags.get(&tag).map_or(0, |on| on.values().filter(|p| p.role == role).count());
        if taken >= self.places(role) || self.taken_from(socket, tag, role) >= self.places_of_one(role) {
            return refused(Refusal::TagFull);
        }

        let on = self.tags.entry(tag).or_default();
        let mut handle = draw();
        while on.contains_key(&handle) {
            handle = draw();
        }
        let seen = || on.iter().filter(|(_, place)| sees(role, place.role));
        // Joins at several nodes at once may overshoot a role's places; a message has room for so many.
        let peers = seen().map(|(handle, _)| *handle).take(MAX_PEERS).collect();
        let sockets = seen().filter_map(|(_, place)| place.socket()).collect();
        on.insert(handle, Place::new(At::Here(socket), role));
        self.joins += 1;
        self.sockets.entry(socket).or_default().push(Membership { tag, handle, role });

        let mut deliveries = vec![to_one(socket, ServerMessage::Joined { tag, peers })];
        deliveries.extend(to_many(sockets, ServerMessage::Attached { tag, handle }));
        Ok(deliveries)
    }

    fn send(
        &mut self,
        socket: SocketId,
        tag: Tag,
        to: Option<Handle>,
        bytes: Vec<u8>,
        now: Instant,
    ) -> Result<Vec<Delivery>, Violation> {
        let from = self.membership(socket, tag)?;
        let reached = self.reach(tag, from.handle, from.role, to, now);
        let sockets: Vec<SocketId> = reached.iter().copied().filter_map(At::socket).collect();
        let copies = reached.len() - sockets.len();
        if copies > 0 {
            self.relays.push(Relay { tag, from: from.handle, to, bytes: bytes.clone(), copies });
        }
        let message = ServerMessage::Message { tag, from: from.handle, bytes };
        Ok(to_many(sockets, message).into_iter().collect())
    }

    fn leave(&mut self, socket: SocketId, tag: Tag) -> Result<Vec<Delivery>, Violation> {
        let membership = self.membership(socket, tag)?;
        if let Some(memberships) = self.sockets.get_mut(&socket) {
            memberships.retain(|m| m.tag != tag);
        }
        Ok(self.vacate(tag, membership.handle).into_iter().collect())
    }

    fn membership(&self, socket: SocketId, tag: Tag) -> Result<Membership, Violation> {
        let memberships = self.sockets.get(&socket).map_or(&[][..], Vec::as_slice);
        memberships.iter().find(|m| m.tag == tag).copied().ok_or(Violation::BadTag)
    }

    /// Something of `from` is relayed to everybody that it reaches: where those are, in no telling order, as handles are
    /// random. A handle that is gone and one that the role may not see are the same: nothing happens.
    fn reach(&mut self, tag: Tag, from: Handle, role: Role, to: Option<Handle>, now: Instant) -> Vec<At> {
        let Some(on) = self.tags.get_mut(&tag) else { return Vec::new() };
        let mut reached = Vec::new();
        for (handle, place) in on.iter_mut() {
            if *handle != from && sees(role, place.role) && to.is_none_or(|to| to == *handle) {
                place.got = Some(now);
                reached.push(place.at);
            }
        }
        if !reached.is_empty() {
            if let Some(sender) = on.get_mut(&from) {
                sender.sent = Some(now);
            }
            self.flow(tag, from);
        }
        reached
    }

    /// Frees a place and tells those who saw it. The last one takes the tag away.
    fn vacate(&mut self, tag: Tag, handle: Handle) -> Option<Delivery> {
        let on = self.tags.get_mut(&tag)?;
        let Place { at, role, .. } = on.remove(&handle)?;
        match at {
            At::Here(_) => self.joins -= 1,
            At::There(_) => self.elsewhere -= 1,
        }
        let sockets = on.values().filter(|p| sees(role, p.role)).filter_map(Place::socket).collect();
        if on.is_empty() {
            self.tags.remove(&tag);
            self.flows.remove(&tag);
        }
        to_many(sockets, ServerMessage::Detached { tag, handle })
    }

    /// Something of `from` has been relayed.
    fn flow(&mut self, tag: Tag, from: Handle) {
        match self.flows.get(&tag) {
            None => {
                self.flows.insert(tag, Flow::From(from));
                self.flowed.one_way += 1;
            }
            Some(Flow::From(first)) if *first != from => {
                self.flows.insert(tag, Flow::BothWays);
                self.flowed.both_ways += 1;
            }
            Some(Flow::From(_) | Flow::BothWays) => {}
        }
    }

    /// Places of `role` that sockets of the same address as `socket` hold already.
    fn taken_from(&self, socket: SocketId, tag: Tag, role: Role) -> usize {
        let Some(mine) = self.networks.get(&socket) else { return 0 };
        let on = self.tags.get(&tag).into_iter().flat_map(BTreeMap::values);
        let sockets = on.filter(|place| place.role == role).filter_map(Place::socket);
        sockets.filter(|other| self.networks.get(other) == Some(mine)).count()
    }

    fn places_of_one(&self, role: Role) -> usize {
        match role {
            Role::Listen => self.limits.listeners_per_address,
            Role::Knock => self.limits.knockers_per_address,
            Role::Mesh => self.limits.members_per_address,
        }
    }

    fn places(&self, role: Role) -> usize {
        match role {
            Role::Listen => self.limits.listeners,
            Role::Knock => self.limits.knockers,
            Role::Mesh => self.limits.members,
        }
    }
}

impl At {
    /// Our own socket, if it is one.
    fn socket(self) -> Option<SocketId> {
        match self {
            Self::Here(socket) => Some(socket),
            Self::There(_) => None,
        }
    }
}

impl Place {
    fn new(at: At, role: Role) -> Self {
        Self { at, role, sent: None, got: None }
    }

    fn socket(&self) -> Option<SocketId> {
        self.at.socket()
    }
}

/// Whether two roles on one tag see and reach each other. A mesh is apart from a door even under the same tag, or
/// somebody who holds only the link could watch the knockers.
fn sees(one: Role, other: Role) -> bool {
    matches!(
        (one, other),
        (Role::Listen, Role::Knock) | (Role::Knock, Role::Listen) | (Role::Mesh, Role::Mesh)
    )
}

fn to_one(socket: SocketId, message: ServerMessage) -> Delivery {
    Delivery { to: vec![socket], message }
}

fn to_many(sockets: Vec<SocketId>, message: ServerMessage) -> Option<Delivery> {
    (!sockets.is_empty()).then_some(Delivery { to: sockets, message })
}

#[cfg(test)]
mod tests;
