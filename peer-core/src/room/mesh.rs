//! Member to member: who on the mesh is linked, who dials whom. PROTOCOL.md, *Member to member*.
//!
//! Whoever attached later dials at once. If two dial each other, the handshake of the smaller key wins, and both
//! ends decide alike because both know both keys.

use super::{Phase, Room};
use crate::base::id::MemberId;
use crate::base::time::Instant;
use crate::cx::Context;
use crate::link::CONNECT;
use crate::meeting::conduit::{Opening, accept};
use crate::meeting::envelope::{Body, Header, MeetingId, Mode};
use crate::meeting::handshake::ExpectMember;
use crate::meeting::{HALF_OPEN, Meeting, Stage, Way};
use alloc::vec::Vec;
use core::time::Duration;
use signal_proto::Handle;

/// The one who was there first waits so long for the newcomer's call before it calls itself.
const PATIENCE: Duration = Duration::from_secs(10);
/// After a lost link the smaller key calls at once, the other one after this.
const YIELD: Duration = Duration::from_secs(3);
/// First wait after a failed call; doubles up to [`MAX_WAIT`].
const WAIT: Duration = Duration::from_secs(2);
const MAX_WAIT: Duration = Duration::from_secs(60);
/// Most calls under way: eight connections at once delay the first.
const MAX_CALLS: usize = 3;
/// A call that has to wait for others is looked at again after this.
pub(super) const BUSY: Duration = Duration::from_millis(500);
/// Most half-open calls from others; the oldest goes.
const MAX_ACCEPTED: usize = 64;
/// Most half-open calls from one socket, or passed on by one neighbour.
const MAX_ACCEPTED_EACH: usize = 4;

/// A socket on the mesh's tag.
pub(super) struct Contact {
    /// Whose it is, once a handshake has shown.
    member: Option<MemberId>,
    pub(super) dial: Option<Instant>,
    /// Since when it has to be called and others were in the way.
    since: Option<Instant>,
    failures: u32,
}

/// How long to wait after so many failures before the next call.
pub(super) fn wait_after(failures: u32) -> Duration {
    (WAIT * 2u32.pow(failures.min(6))).min(MAX_WAIT)
}

impl Room {
    pub(super) fn mesh_joined(&mut self, handles: &[Handle], cx: &mut Context<'_>) {
        self.contacts.clear();
        // Calls to sockets that are gone would only keep the places of new ones.
        self.meetings.retain(|_, meeting| {
            !matches!(
                (&meeting.stage, meeting.initiator, meeting.way),
                (Stage::ExpectMember(_), true, Way::Socket(..))
            )
        });
        for handle in handles {
            self.contacts
                .insert(*handle, Contact { member: None, dial: Some(cx.now), since: None, failures: 0 });
        }
        self.mesh_timeout(cx);
    }

    pub(super) fn mesh_attached(&mut self, handle: Handle, cx: &mut Context<'_>) {
        self.contacts.insert(
            handle,
            Contact { member: None, dial: Some(cx.now + PATIENCE), since: None, failures: 0 },
        );
    }

    /// Whether there is, or will soon be, a link to `member`.
    pub(super) fn is_linked(&self, member: &MemberId) -> bool {
        self.links.values().any(|link| link.member == *member)
    }

    /// A link is gone: call again whoever it may have been. Who has had `troubles` in a row is left alone for longer, so
    /// that nobody makes us call all the time by proving who it is and going.
    pub(super) fn mesh_lost(&mut self, member: MemberId, troubles: u32, cx: &mut Context<'_>) {
        let wait = if self.me < member { Duration::ZERO } else { YIELD };
        let wait = troubles.checked_sub(2).map_or(wait, |more| wait.max(wait_after(more)));
        if !self.signal.is_connected() {
            self.call_distant_at(member, cx.now + wait);
        }
        for contact in self.contacts.values_mut() {
            if contact.member.is_none_or(|other| other == member) {
                contact.dial = Some(contact.dial.unwrap_or(cx.now + wait).min(cx.now + wait));
            }
        }
    }

    /// A call came to nothing: later again.
    pub(super) fn call_failed(&mut self, way: Way, cx: &mut Context<'_>) {
        let handle = match way {
            Way::Socket(_, handle) => handle,
            Way::Neighbour { to, .. } => return self.distant_failed(to, cx),
        };
        let Some(contact) = self.contacts.get_mut(&handle) else { return };
        let wait = wait_after(contact.failures) + Duration::from_millis(cx.rng.below(1_000));
        contact.failures += 1;
        contact.dial = Some(cx.now + wait);
    }

    pub(super) fn mesh_timeout(&mut self, cx: &mut Context<'_>) {
        let due = |contact: &Contact| contact.dial.is_some_and(|due| due <= cx.now);
        let waits = |contact: &Contact| contact.since.or(contact.dial);
        let mut handles: Vec<(Option<Instant>, Handle)> =
            self.contacts.iter().filter(|(_, c)| due(c)).map(|(handle, c)| (waits(c), *handle)).collect();
        // Who has waited longest first: however many sockets nobody answers from, each has its turn.
        handles.sort();
        for (since, handle) in handles {
            let member = self.contacts[&handle].member;
            let calling = self.meetings.values().filter(|m| m.is_call() && matches!(m.way, Way::Socket(..)));
            let linked = member.is_some_and(|member| self.is_linked(&member));
            let (dial, since) =
                if linked || calling.clone().any(|meeting| meeting.way.handle() == Some(handle)) {
                    (None, None)
                } else if calling.count() >= MAX_CALLS {
                    (Some(cx.now + BUSY), since)
                } else {
                    self.call_socket(handle, cx);
                    (None, None)
                };
            let contact = self.contacts.get_mut(&handle).expect("just listed");
            (contact.dial, contact.since) = (dial, since);
        }
    }

    fn call_socket(&mut self, handle: Handle, cx: &mut Context<'_>) {
        if let Some(tag) = self.mesh_tag() {
            self.call(Way::Socket(tag, handle), cx);
        }
    }

    pub(super) fn call(&mut self, way: Way, cx: &mut Context<'_>) {
        let (Some(psk), Phase::Member) = (self.mesh_psk(), self.phase) else { return };
        let opening = Opening::new(Mode::Mesh, &psk, cx.rng);
        let stage = Stage::ExpectMember(ExpectMember { initiator: true });
        let (id, meeting) = Meeting::dialled(opening, stage, Mode::Mesh, way, cx.now);
        self.meetings.insert(id, meeting);
    }

    /// Somebody who knows the epoch calls: prove oneself first.
    pub(super) fn mesh_opened(&mut self, way: Way, header: &Header, open: &[u8], cx: &mut Context<'_>) {
        let (Some(psk), Some(log)) = (self.mesh_psk(), &self.log) else { return };
        let half_open = |m: &Meeting| m.mode == Mode::Mesh && !m.initiator && m.is_half_open();
        let accepted = self.meetings.iter().filter(|(_, meeting)| half_open(meeting));
        if accepted.clone().filter(|(_, meeting)| meeting.way.messenger() == way.messenger()).count()
            >= MAX_ACCEPTED_EACH
        {
            return;
        }
        if accepted.clone().count() >= MAX_ACCEPTED {
            let oldest = accepted.min_by_key(|(_, meeting)| meeting.deadline).map(|(id, _)| *id);
            oldest.and_then(|id| self.meetings.remove(&id));
        }
        let Some(answering) = accept(header, open, &psk, cx.rng) else { return };
        let admit = self.identity.member.as_ref().and_then(|member| member.admit.clone());
        let proof = ExpectMember::prove(false, answering.hash(), log.digest(), &self.key, admit);
        let conduit = answering.with(&proof);
        let answer = conduit.answer().expect("just made").to_vec();
        let stage = Stage::ExpectMember(ExpectMember { initiator: false });
        let meeting = Meeting::accepted(conduit, stage, Mode::Mesh, way, cx.now);
        self.meetings.insert(header.meeting, meeting);
        self.transmit(way, answer, cx);
        self.prepare_turn(way, cx);
    }

    /// T0 or T1 of a member.
    pub(super) fn member_proved(
        &mut self,
        id: MeetingId,
        expect: ExpectMember,
        body: &Body,
        cx: &mut Context<'_>,
    ) {
        let initiator = expect.initiator;
        let (Some(h), Some(log)) = (self.hash_of(id), &self.log) else { return };
        let Ok(peer) = expect.proof(body, &h, log.digest(), &log.host(), &self.me) else {
            let way = self.meetings.remove(&id).map(|meeting| meeting.way);
            return if let Some(way) = way.filter(|_| initiator) {
                self.call_failed(way, cx)
            };
        };
        let member = peer.member();
        let handle = self.meetings.get(&id).and_then(|meeting| meeting.way.handle());
        if let Some(contact) = handle.and_then(|handle| self.contacts.get_mut(&handle)) {
            contact.member = Some(member);
            contact.failures = 0;
            contact.dial = None;
        }
        if !self.members.may_link(member, cx.now) {
            // Whoever calls all the time is not answered, and not called back either.
            let way = self.meetings.remove(&id).map(|meeting| meeting.way);
            return if let Some(way) = way.filter(|_| initiator) {
                self.call_failed(way, cx);
            };
        }
        if self.yields_to_other(id, member, initiator, cx) {
            self.post(id, Body::Cancel, cx);
            self.call_unless_linked(id, cx);
            let meeting = self.meetings.get_mut(&id).expect("hash_of found it");
            meeting.stage = Stage::Over;
            meeting.deadline = Some(cx.now + HALF_OPEN);
        } else if initiator {
            let Some(log) = &self.log else { return };
            let admit = self.identity.member.as_ref().and_then(|member| member.admit.clone());
            let claim = ExpectMember::prove(true, &h, log.digest(), &self.key, admit);
            self.post(id, claim, cx);
            let meeting = self.meetings.get_mut(&id).expect("hash_of found it");
            meeting.stage = Stage::Connecting(peer);
            meeting.deadline = Some(cx.now + CONNECT);
        } else {
            self.open_link(id, peer, cx);
        }
    }

    /// This call gives way to another one: should that come to nothing, call again.
    pub(super) fn call_unless_linked(&mut self, id: MeetingId, cx: &mut Context<'_>) {
        let Some(meeting) = self.meetings.get(&id).filter(|meeting| meeting.mode == Mode::Mesh) else {
            return;
        };
        match meeting.way {
            Way::Socket(_, handle) => {
                if let Some(contact) = self.contacts.get_mut(&handle) {
                    contact.dial.get_or_insert(cx.now + CONNECT);
                }
            }
            Way::Neighbour { to, .. } => self.call_distant_at(to, cx.now + CONNECT),
        }
    }

    /// Whether this meeting must give way to a link that is up (callers only: a callee's view may be stale), or
    /// to the other of two crossing calls. The loser of a crossing is dropped here.
    fn yields_to_other(
        &mut self,
        id: MeetingId,
        member: MemberId,
        initiator: bool,
        cx: &mut Context<'_>,
    ) -> bool {
        if initiator && self.members.link(&member).is_some() {
            return true;
        }
        let rival = self.meetings.iter().find(|(other, meeting)| {
            **other != id && meeting.member() == Some(member) && matches!(meeting.stage, Stage::Connecting(_))
        });
        let Some((&rival, meeting)) = rival else { return false };
        // At the door the host has decided: that link comes first.
        let at_door = meeting.mode == Mode::Door;
        let (ours, theirs) = if initiator { (self.me, member) } else { (member, self.me) };
        let crossing = meeting.initiator != initiator;
        // One whose socket is gone may wait for an answer that never comes (the member was reloaded meanwhile).
        let way_is_there = match meeting.way {
            Way::Socket(_, handle) => self.contacts.contains_key(&handle),
            Way::Neighbour { through, .. } => self.members.link(&through).is_some(),
        };
        let alive = at_door || way_is_there;
        let loses = (at_door && initiator) || (crossing && alive && !at_door && theirs < ours);
        if !loses {
            self.post(rival, Body::Cancel, cx);
            self.flush_meetings(cx);
            self.remove_meeting(rival, cx);
        }
        loses
    }
}
