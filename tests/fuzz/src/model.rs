//! The server's model as short as it can be said: everybody in one list. PROTOCOL.md, *The server's model*.

use signal_proto::{Handle, Refusal, Role, ServerMessage, Tag};
use signaling::Limits;
use signaling::hub::Violation;
use std::collections::BTreeSet;

/// A socket, wherever it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Who(pub(crate) usize);

/// Where a socket comes from: one node, and one address there. A node knows the addresses of its own sockets only.
pub(crate) type Home = (usize, u8);

/// A socket on a tag.
#[derive(Clone, Copy)]
pub(crate) struct Place {
    pub(crate) socket: Who,
    pub(crate) home: Home,
    pub(crate) tag: Tag,
    pub(crate) role: Role,
    pub(crate) handle: Handle,
}

/// Everybody on every tag.
pub(crate) struct Model {
    pub(crate) limits: Limits,
    pub(crate) on: Vec<Place>,
}

/// Who is to hear what.
pub(crate) type Heard = Vec<(Who, ServerMessage)>;

impl Model {
    pub(crate) fn seen_by(&self, me: Place) -> Vec<Place> {
        let pair = |a, b| matches!((a, b), (Role::Listen, Role::Knock) | (Role::Mesh, Role::Mesh));
        let sees = |it: &Place| pair(it.role, me.role) || pair(me.role, it.role);
        self.on.iter().filter(|it| it.tag == me.tag && it.handle != me.handle && sees(it)).copied().collect()
    }

    pub(crate) fn join(&mut self, me: Place) -> Result<Heard, Violation> {
        let own = self.on.iter().filter(|it| it.socket == me.socket);
        if own.clone().any(|it| it.tag == me.tag) {
            return Err(Violation::JoinedTwice);
        }
        if own.count() == self.limits.tags_per_socket {
            return Err(Violation::TooManyTags);
        }
        let refused = |reason| Ok(vec![(me.socket, ServerMessage::Refused { tag: me.tag, reason })]);
        if self.on.len() == self.limits.joins {
            return refused(Refusal::ServerFull);
        }
        let taken = self.on.iter().filter(|it| it.tag == me.tag && it.role == me.role);
        let (all, of_one) = self.places(me.role);
        if taken.clone().count() == all || taken.filter(|it| it.home == me.home).count() == of_one {
            return refused(Refusal::TagFull);
        }
        let seen = self.seen_by(me);
        self.on.push(me);
        let peers = seen.iter().map(|it| it.handle).collect();
        let attached = ServerMessage::Attached { tag: me.tag, handle: me.handle };
        let others = seen.iter().map(|it| (it.socket, attached.clone()));
        Ok([(me.socket, ServerMessage::Joined { tag: me.tag, peers })].into_iter().chain(others).collect())
    }

    pub(crate) fn send(
        &self,
        socket: Who,
        tag: Tag,
        to: Option<Handle>,
        bytes: &[u8],
    ) -> Result<Heard, Violation> {
        let me = self.place(socket, tag)?;
        let message = ServerMessage::Message { tag, from: me.handle, bytes: bytes.to_vec() };
        let reached = self.seen_by(me).into_iter().filter(|it| to.is_none_or(|to| to == it.handle));
        Ok(reached.map(|it| (it.socket, message.clone())).collect())
    }

    pub(crate) fn leave(&mut self, socket: Who, tag: Tag) -> Result<Heard, Violation> {
        let me = self.place(socket, tag)?;
        self.on.retain(|it| it.tag != tag || it.handle != me.handle);
        let detached = ServerMessage::Detached { tag, handle: me.handle };
        Ok(self.seen_by(me).into_iter().map(|it| (it.socket, detached.clone())).collect())
    }

    /// The socket leaves every tag.
    pub(crate) fn disconnect(&mut self, socket: Who) -> Heard {
        let tags: Vec<Tag> = self.on.iter().filter(|it| it.socket == socket).map(|it| it.tag).collect();
        tags.into_iter().flat_map(|tag| self.leave(socket, tag).expect("it is on that tag")).collect()
    }

    /// Tags on which `node` has somebody, and how many places that makes.
    pub(crate) fn counts(&self, node: usize) -> (usize, usize) {
        let own = self.on.iter().filter(|it| it.home.0 == node);
        (own.clone().map(|it| it.tag).collect::<BTreeSet<_>>().len(), own.count())
    }

    pub(crate) fn tags_of(&self, socket: Who) -> usize {
        self.on.iter().filter(|it| it.socket == socket).count()
    }

    fn place(&self, socket: Who, tag: Tag) -> Result<Place, Violation> {
        let place = self.on.iter().find(|it| it.socket == socket && it.tag == tag);
        place.copied().ok_or(Violation::BadTag)
    }

    /// Places on a tag, and those that one address may take.
    fn places(&self, role: Role) -> (usize, usize) {
        match role {
            Role::Listen => (self.limits.listeners, self.limits.listeners_per_address),
            Role::Knock => (self.limits.knockers, self.limits.knockers_per_address),
            Role::Mesh => (self.limits.members, self.limits.members_per_address),
        }
    }
}

/// Whether the same sockets hear the same; the order among several is nobody's business.
pub(crate) fn same(got: Result<Heard, Violation>, expected: Result<Heard, Violation>) {
    assert_eq!(got.map(sorted), expected.map(sorted));
}

fn sorted(mut heard: Heard) -> Heard {
    for (_, message) in &mut heard {
        if let ServerMessage::Joined { peers, .. } = message {
            peers.sort();
        }
    }
    heard.sort_by_key(|(socket, message)| (*socket, message.encode()));
    heard
}
