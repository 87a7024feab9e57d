//! One meeting: a conversation with one other, from its opening to a confirmed lane. PROTOCOL.md, *Meeting at the door*.
//!
//! It keeps the stage of the handshake, the way to the other end and the times; what a stage leads to is
//! decided in `room`.

use crate::base::id::{KnockId, LinkId, MemberId};
use crate::base::time::Instant;
pub(crate) mod conduit;
pub(crate) mod envelope;
pub(crate) mod handshake;
pub mod invitation;

use crate::meeting::conduit::{Conduit, Opening, RESEND};
use crate::meeting::envelope::{MeetingId, Mode};
use crate::meeting::handshake::{
    Authenticated, Deciding, ExpectDecision, ExpectGuest, ExpectHost, ExpectMember, ExpectReveal,
};
use alloc::boxed::Box;
use alloc::vec::Vec;
use core::time::Duration;
use signal_proto::{Handle, Tag};

/// How long an opening waits for its answer, and a claim for its proof.
pub(crate) const HALF_OPEN: Duration = Duration::from_secs(10);
/// A knocking guest says this often that it still means it.
pub(crate) const RENEW: Duration = Duration::from_secs(20);
/// A knock that was not renewed for so long is withdrawn.
pub(crate) const KNOCK_LIFE: Duration = Duration::from_secs(45);
/// How long a guest waits for a listener that came back before it starts over with it.
pub(crate) const REDIAL: Duration = Duration::from_secs(2);

/// Longest wait before an opening is sent again. Shorter than for what follows it: it has [`HALF_OPEN`] only, and where a
/// line loses most of what it carries three tries are not enough.
const MAX_REOPEN: Duration = Duration::from_secs(2);

/// Most listeners that a guest talks to at once: more are not honest.
pub(crate) const MAX_LISTENERS: usize = 8;

/// What is known of the other end.
pub(crate) enum Stage {
    /// Guest: dialled a listener.
    ExpectHost(ExpectHost),
    ExpectReveal(ExpectReveal),
    ExpectDecision(ExpectDecision),
    /// Host: somebody opened.
    ExpectGuest(ExpectGuest),
    Deciding(KnockId, Deciding),
    /// Host: admitted, the entry is being stored.
    Admitting(Authenticated),
    /// Member: dialled, or was dialled by, somebody on the mesh.
    ExpectMember(ExpectMember),
    /// Both: the lane is coming up.
    Connecting(Authenticated),
    /// Refused or cancelled; kept until that has arrived.
    Over,
}

pub(crate) enum Talk {
    Opening { opening: Box<Opening>, due: Instant, wait: Duration },
    Open(Box<Conduit>),
}

/// The way to the other end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Way {
    /// A socket on a tag, through the server.
    Socket(Tag, Handle),
    /// A member, through another that both are linked with.
    Neighbour { through: MemberId, to: MemberId },
}

impl Way {
    /// The socket at the other end, if it is one.
    pub(crate) fn handle(&self) -> Option<Handle> {
        match self {
            Self::Socket(_, handle) => Some(*handle),
            Self::Neighbour { .. } => None,
        }
    }

    /// The same place by another socket.
    fn beside(&self, handle: Handle) -> Option<Self> {
        match self {
            Self::Socket(tag, _) => Some(Self::Socket(*tag, handle)),
            Self::Neighbour { .. } => None,
        }
    }

    /// Who brings what comes this way: a socket or a neighbour.
    pub(crate) fn messenger(&self) -> (Option<Handle>, Option<MemberId>) {
        match self {
            Self::Socket(_, handle) => (Some(*handle), None),
            Self::Neighbour { through, .. } => (None, Some(*through)),
        }
    }

    /// Whether both lead to where one and the same meeting may be held.
    pub(crate) fn is_beside(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Socket(tag, _), Self::Socket(other, _)) => tag == other,
            (Self::Neighbour { to, .. }, Self::Neighbour { to: other, .. }) => to == other,
            (Self::Socket(..), Self::Neighbour { .. }) | (Self::Neighbour { .. }, Self::Socket(..)) => false,
        }
    }
}

pub(crate) struct Meeting {
    pub(crate) mode: Mode,
    pub(crate) initiator: bool,
    pub(crate) way: Way,
    pub(crate) talk: Talk,
    pub(crate) stage: Stage,
    pub(crate) deadline: Option<Instant>,
    pub(crate) renew: Option<Instant>,
    /// Listeners that may be the old one with a new handle: dial each if it stays silent till then.
    pub(crate) redial: Vec<(Instant, Handle)>,
    pub(crate) link: Option<LinkId>,
    pub(crate) last_heard: Instant,
}

impl Meeting {
    pub(crate) fn dialled(
        opening: Opening,
        stage: Stage,
        mode: Mode,
        way: Way,
        now: Instant,
    ) -> (MeetingId, Self) {
        let id = opening.meeting();
        let talk = Talk::Opening { opening: Box::new(opening), due: now, wait: RESEND };
        (id, Self::new(talk, stage, mode, true, way, now))
    }

    pub(crate) fn accepted(conduit: Conduit, stage: Stage, mode: Mode, way: Way, now: Instant) -> Self {
        Self::new(Talk::Open(Box::new(conduit)), stage, mode, false, way, now)
    }

    fn new(talk: Talk, stage: Stage, mode: Mode, initiator: bool, way: Way, now: Instant) -> Self {
        let deadline = Some(now + HALF_OPEN);
        Self {
            mode,
            initiator,
            way,
            talk,
            stage,
            deadline,
            renew: None,
            redial: Vec::new(),
            link: None,
            last_heard: now,
        }
    }

    /// Where what is said goes: where the other end was heard last, and to each listener that may be it. Only an
    /// answer makes one of these the way: whoever attaches later must not be able to draw the conversation to itself.
    pub(crate) fn ways(&self) -> Vec<Way> {
        let others = self.redial.iter().filter_map(|(_, handle)| self.way.beside(*handle));
        [self.way].into_iter().chain(others).collect()
    }

    /// Dial a listener anew unless the conversation goes on there by then.
    pub(crate) fn redial_later(&mut self, handle: Handle, now: Instant) {
        let known = self.redial.iter().any(|(_, other)| *other == handle);
        if !known && self.redial.len() < MAX_LISTENERS {
            self.redial.push((now + REDIAL, handle));
        }
    }

    pub(crate) fn conduit(&mut self) -> Option<&mut Conduit> {
        match &mut self.talk {
            Talk::Open(conduit) => Some(conduit),
            Talk::Opening { .. } => None,
        }
    }

    /// Whether neither end has proved itself yet.
    pub(crate) fn is_half_open(&self) -> bool {
        matches!(self.stage, Stage::ExpectHost(_) | Stage::ExpectGuest(_) | Stage::ExpectMember(_))
    }

    /// Whether this is our call to a member, and it still leads somewhere.
    pub(crate) fn is_call(&self) -> bool {
        matches!(
            (self.mode, self.initiator, &self.stage),
            (Mode::Mesh, true, Stage::ExpectMember(_) | Stage::Connecting(_))
        )
    }

    /// Whether we, who knock, know that we talk to the host: all meetings of a guest are at the door.
    pub(crate) fn is_with_host(&self) -> bool {
        matches!(self.stage, Stage::ExpectReveal(_) | Stage::ExpectDecision(_) | Stage::Connecting(_))
    }

    /// The key at the other end, once proved.
    pub(crate) fn member(&self) -> Option<MemberId> {
        match &self.stage {
            Stage::Deciding(_, deciding) => Some(deciding.guest()),
            Stage::Connecting(peer) | Stage::Admitting(peer) => Some(peer.member()),
            Stage::ExpectHost(_)
            | Stage::ExpectReveal(_)
            | Stage::ExpectDecision(_)
            | Stage::ExpectGuest(_)
            | Stage::ExpectMember(_)
            | Stage::Over => None,
        }
    }

    /// Envelopes that are due.
    pub(crate) fn outgoing(&mut self, now: Instant) -> Vec<Vec<u8>> {
        match &mut self.talk {
            Talk::Opening { opening, due, wait } => {
                if *due > now {
                    return Vec::new();
                }
                *due = now + *wait;
                *wait = (*wait * 2).min(MAX_REOPEN);
                alloc::vec![opening.envelope().to_vec()]
            }
            Talk::Open(conduit) => conduit.outgoing(now),
        }
    }

    pub(crate) fn next_timeout(&self) -> Option<Instant> {
        let talk = match &self.talk {
            Talk::Opening { due, .. } => Some(*due),
            Talk::Open(conduit) => conduit.next_timeout(),
        };
        let redial = self.redial.iter().map(|(due, _)| *due).min();
        [talk, self.deadline, self.renew, redial].into_iter().flatten().min()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_meeting_goes_on_at_its_own_place_only() {
        let socket = |tag, handle| Way::Socket(Tag([tag; 16]), Handle([handle; 8]));
        let neighbour =
            |through, to| Way::Neighbour { through: MemberId([through; 32]), to: MemberId([to; 32]) };
        assert!(socket(1, 1).is_beside(&socket(1, 2)), "another socket of the same door");
        assert!(!socket(1, 1).is_beside(&socket(2, 1)), "another room's");
        assert!(neighbour(1, 3).is_beside(&neighbour(2, 3)), "through somebody else");
        assert!(!neighbour(1, 3).is_beside(&neighbour(1, 4)), "with somebody else");
        assert!(!socket(1, 1).is_beside(&neighbour(1, 1)) && !neighbour(1, 1).is_beside(&socket(1, 1)));
    }
}
