//! Calling a member through a neighbour, so that rooms heal without the server. PROTOCOL.md, *Member to member*.
//!
//! Two members that are both linked with a third pass it the envelopes of their meeting, the same as they would send
//! through the server; it can no more read or forge them than the server can. Nobody is passed to but members.

use super::Room;
use super::mesh::{BUSY, wait_after};
use crate::base::id::{LinkId, MemberId};
use crate::base::time::Instant;
use crate::cx::Context;
use crate::link::CONNECT;
use crate::meeting::{Stage, Way};
use crate::wire::Frame;
use alloc::vec::Vec;
use core::time::Duration;

/// Most calls through neighbours that wait for their answer: most members who are not linked are not there.
const MAX_DISTANT_CALLS: usize = 2;
/// Two members that miss each other at the same tick should not call at the same moment.
const SPREAD: Duration = Duration::from_secs(5);

/// A member to be called through a neighbour.
pub(super) struct Distant {
    pub(super) dial: Instant,
    pub(super) failures: u32,
}

impl Room {
    /// Send an envelope on its way. What cannot be sent now is sent again by its conduit.
    pub(super) fn transmit(&mut self, way: Way, envelope: Vec<u8>, cx: &mut Context<'_>) {
        match way {
            Way::Socket(tag, handle) => self.signal.send(tag, handle, envelope, cx),
            Way::Neighbour { through, to } => self.hand(through, &Frame::Pass { to, envelope }),
        }
    }

    /// A neighbour asks to pass an envelope on.
    pub(super) fn pass(
        &mut self,
        link: LinkId,
        from: MemberId,
        to: MemberId,
        envelope: Vec<u8>,
        cx: &mut Context<'_>,
    ) {
        if !self.links.get_mut(&link).is_some_and(|link| link.allowance.may_pass(cx.now)) {
            return;
        }
        if from != to && self.members.link(&to).is_some() {
            self.hand(to, &Frame::Passed { from, envelope });
        } else {
            self.hand(from, &Frame::NotPassed { to });
        }
    }

    /// A neighbour has passed an envelope on to us.
    pub(super) fn passed(
        &mut self,
        link: LinkId,
        through: MemberId,
        from: MemberId,
        envelope: &[u8],
        cx: &mut Context<'_>,
    ) {
        let heard = self.links.get_mut(&link).is_some_and(|link| link.allowance.may_pass(cx.now));
        if heard && self.members.person(&from).is_some() {
            self.envelope(Way::Neighbour { through, to: from }, envelope, cx);
        }
    }

    /// The neighbour cannot reach whom we called: do not wait for an answer.
    pub(super) fn not_passed(&mut self, through: MemberId, to: MemberId, cx: &mut Context<'_>) {
        let way = Way::Neighbour { through, to };
        let called = self
            .meetings
            .iter()
            .find(|(_, m)| m.way == way && matches!((m.initiator, &m.stage), (true, Stage::ExpectMember(_))));
        if let Some((&id, _)) = called {
            self.meetings.remove(&id);
            self.call_failed(way, cx);
        }
    }

    /// A frame of somebody else's meeting: a link with much waiting is spared it, it is sent again.
    fn hand(&mut self, member: MemberId, frame: &Frame) {
        let link = self.members.link(&member).and_then(|link| self.links.get_mut(&link));
        if let Some(link) = link.filter(|link| link.has_time()) {
            link.send(frame).expect("a link that has time has room");
        }
    }

    /// Whoever is of the room and not linked is called through neighbours, in case the server does not bring us
    /// together.
    pub(super) fn look_around(&mut self, cx: &mut Context<'_>) {
        let missing: Vec<MemberId> =
            self.members.people().map(|(who, _)| *who).filter(|who| self.is_missing(who)).collect();
        for member in missing {
            let spread = Duration::from_millis(cx.rng.below(SPREAD.as_millis() as u64));
            self.members.distant_or(member, cx.now + spread);
        }
    }

    pub(super) fn call_distant_at(&mut self, member: MemberId, dial: Instant) {
        let distant = self.members.distant_or(member, dial);
        distant.dial = distant.dial.min(dial);
    }

    pub(super) fn distant_failed(&mut self, member: MemberId, cx: &mut Context<'_>) {
        let distant = self.members.distant_or(member, cx.now);
        let wait = wait_after(distant.failures) + Duration::from_millis(cx.rng.below(1_000));
        distant.dial = cx.now + wait;
        distant.failures += 1;
    }

    pub(super) fn distant_timeout(&mut self, cx: &mut Context<'_>) {
        let due: Vec<MemberId> = self
            .members
            .distant()
            .filter(|(_, distant)| distant.dial <= cx.now)
            .map(|(who, _)| *who)
            .collect();
        for member in due {
            match self.call_distant(member, cx) {
                Some(next) => self.members.distant_or(member, next).dial = next,
                None => self.members.forget_distant(&member),
            }
        }
    }

    /// Call `member` through one neighbour after the other; when to look at it again, unless there is no need.
    fn call_distant(&mut self, member: MemberId, cx: &mut Context<'_>) -> Option<Instant> {
        let failures = self.members.distant().find(|(who, _)| **who == member)?.1.failures as usize;
        let neighbours: Vec<MemberId> =
            self.members.linked().map(|(other, _)| other).filter(|other| *other != member).collect();
        if !self.is_missing(&member) || neighbours.is_empty() {
            return None;
        }
        let calls = self.meetings.values().filter(|meeting| meeting.is_call());
        let distant = calls.filter_map(|meeting| match meeting.way {
            Way::Neighbour { to, .. } => Some(to),
            Way::Socket(..) => None,
        });
        if distant.clone().any(|to| to == member) {
            // Answered, and its link is still to come.
            return Some(cx.now + CONNECT);
        }
        if distant.count() >= MAX_DISTANT_CALLS {
            return Some(cx.now + BUSY);
        }
        let through = neighbours[failures % neighbours.len()];
        self.call(Way::Neighbour { through, to: member }, cx);
        Some(cx.now + CONNECT)
    }

    fn is_missing(&self, member: &MemberId) -> bool {
        *member != self.me
            && !self.is_linked(member)
            && self.members.person(member).is_some_and(|person| !person.left)
    }
}
