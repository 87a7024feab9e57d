//! Meetings, whoever began them: what their messages lead to, step by step, and what their times do.

use super::{Phase, Room};
use crate::base::error::Misbehavior;
use crate::cx::Context;
use crate::io::{Event, Presence};
use crate::meeting::envelope::{Body, Denial, Header, Kind, MeetingId, Mode, pad};
use crate::meeting::handshake::{Authenticated, Unproven};
use crate::meeting::{KNOCK_LIFE, Meeting, RENEW, Stage, Talk, Way};
use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
use core::time::Duration;
use signal_proto::Handle;

/// A guest whom nobody answered tries again after this.
const RETRY: Duration = Duration::from_secs(5);

impl Room {
    // ------------------------------------------------------------ envelopes

    pub(super) fn envelope(&mut self, way: Way, bytes: &[u8], cx: &mut Context<'_>) {
        // What is not for us, or not understood, is nobody's fault that we could prove: ignored.
        let Some((header, rest)) = Header::split(bytes) else { return };
        match header.kind {
            Kind::Open => self.opened(way, &header, rest, cx),
            Kind::Answer => self.answered(way, &header, rest, cx),
            Kind::Sealed => self.sealed(way, header.meeting, rest, cx),
            Kind::Unsupported => self.unsupported(header.meeting, cx),
        }
    }

    fn opened(&mut self, way: Way, header: &Header, open: &[u8], cx: &mut Context<'_>) {
        if let Some(meeting) = self.meetings.get_mut(&header.meeting) {
            // Asked again: answered again with the same bytes.
            let answer = meeting.conduit().and_then(|conduit| conduit.answer().map(<[u8]>::to_vec));
            if let Some(answer) = answer.filter(|_| meeting.way.is_beside(&way)) {
                self.transmit(way, answer, cx);
            }
            return;
        }
        let door = match way {
            Way::Socket(tag, from) if tag == self.identity.door.tag() => Some((tag, from)),
            Way::Socket(..) | Way::Neighbour { .. } => None,
        };
        let meets_here = match (self.phase, header.mode, door) {
            (Phase::Member, Mode::Mesh, None) => true,
            (Phase::Member, Mode::Door, Some(_)) => self.is_host(),
            _ => false,
        };
        if !meets_here {
            return;
        }
        if !header.speaks_our_version() {
            let reply = Header::new(Kind::Unsupported, header.mode, header.meeting);
            self.transmit(way, [&reply.encode()[..], &pad(&[], reply.encode().len())].concat(), cx);
        } else if let Some((tag, from)) = door {
            self.door_opened(tag, from, header, open, cx);
        } else {
            self.mesh_opened(way, header, open, cx);
        }
    }

    // ------------------------------------------------------------ messages

    /// One message of a meeting, in order.
    pub(super) fn body(&mut self, id: MeetingId, body: Body, cx: &mut Context<'_>) {
        let Some(meeting) = self.meetings.get_mut(&id) else { return };
        if body == Body::Cancel {
            return self.cancelled(id, cx);
        }
        if let Stage::Deciding(..) = meeting.stage {
            meeting.deadline = Some(cx.now + KNOCK_LIFE);
        }
        let me = self.me;
        match (core::mem::replace(&mut meeting.stage, Stage::Over), body) {
            (Stage::ExpectHost(expect), body) => self.host_proved(id, expect, &body, cx),
            (Stage::ExpectGuest(expect), body) => self.guest_claimed(id, expect, body, cx),
            (Stage::ExpectMember(expect), body) => self.member_proved(id, expect, &body, cx),
            (Stage::ExpectReveal(expect), Body::Reveal { nonce }) => {
                let Some(Ok(next)) = self.hash_of(id).map(|h| expect.reveal(&nonce, &h, &me)) else {
                    self.meetings.remove(&id);
                    self.try_later(cx);
                    cx.event(Event::Misbehaved {
                        room: self.id,
                        member: None,
                        violation: Misbehavior::BadHandshake,
                    });
                    return;
                };
                self.door.hidden = false;
                let state = Presence::Asked { sas: String::from(next.sas()) };
                cx.event(Event::Presence { room: self.id, state });
                self.set_stage(id, Stage::ExpectDecision(next));
                self.meetings.get_mut(&id).expect("hash_of found it").deadline = None;
            }
            (Stage::ExpectReveal(_) | Stage::ExpectDecision(_), Body::Deny { denial: Denial::ByPerson }) => {
                self.denied(id, cx);
            }
            (Stage::ExpectReveal(_) | Stage::ExpectDecision(_), Body::Deny { denial: Denial::Full }) => {
                self.no_place(id, Presence::RoomFull, cx);
            }
            (Stage::ExpectReveal(_) | Stage::ExpectDecision(_), Body::Deny { denial: Denial::Crowded }) => {
                self.no_place(id, Presence::Crowded, cx);
            }
            (Stage::ExpectReveal(_) | Stage::ExpectDecision(_), Body::Deny { denial: Denial::Version }) => {
                self.flush_meetings(cx);
                self.meetings.remove(&id);
                self.newer_room(cx);
            }
            (Stage::ExpectReveal(expect), body @ Body::Welcome { .. }) => {
                let peer = welcome_parts(&body).map(|(create, admit)| expect.welcomed(create, admit, &me));
                self.welcomed_by(id, peer, body, cx);
            }
            (Stage::ExpectDecision(expect), body @ Body::Welcome { .. }) => {
                let peer = welcome_parts(&body).map(|(create, admit)| expect.welcomed(create, admit, &me));
                self.welcomed_by(id, peer, body, cx);
            }
            (Stage::Connecting(peer), body) => self.connecting(id, peer, body, cx),
            // A renewal only says what its arrival says; anything else out of order changes nothing.
            (stage, _) => self.set_stage(id, stage),
        }
    }

    fn welcomed_by(
        &mut self,
        id: MeetingId,
        peer: Option<Result<Authenticated, Unproven>>,
        body: Body,
        cx: &mut Context<'_>,
    ) {
        match peer {
            Some(Ok(peer)) => self.welcomed(id, peer, body, cx),
            Some(Err(Unproven::Features)) => {
                self.meetings.remove(&id);
                self.newer_room(cx);
            }
            _ => {
                self.meetings.remove(&id);
                self.try_later(cx);
                cx.event(Event::Misbehaved {
                    room: self.id,
                    member: None,
                    violation: Misbehavior::BadHandshake,
                });
            }
        }
    }

    pub(super) fn set_stage(&mut self, id: MeetingId, stage: Stage) {
        if let Some(meeting) = self.meetings.get_mut(&id) {
            meeting.stage = stage;
        }
    }

    /// The other end takes no further part.
    fn cancelled(&mut self, id: MeetingId, cx: &mut Context<'_>) {
        self.flush_meetings(cx);
        self.call_unless_linked(id, cx);
        self.remove_meeting(id, cx);
        if self.phase == Phase::Knocking {
            self.try_later(cx);
        }
    }

    /// Forget a meeting; a knock's card goes with it.
    pub(super) fn remove_meeting(&mut self, id: MeetingId, cx: &mut Context<'_>) {
        let Some(meeting) = self.meetings.remove(&id) else { return };
        if let Stage::Deciding(knock, _) = meeting.stage {
            cx.event(Event::KnockGone { room: self.id, knock });
            self.card_vanished(cx);
        }
        if let Some(link) = meeting.link {
            self.lose(link, crate::io::LostReason::NoPath, cx);
        }
    }

    pub(super) fn hash_of(&mut self, id: MeetingId) -> Option<[u8; 32]> {
        self.meetings.get_mut(&id)?.conduit().map(|conduit| *conduit.hash())
    }

    pub(super) fn post(&mut self, id: MeetingId, body: Body, cx: &mut Context<'_>) {
        if let Some(conduit) = self.meetings.get_mut(&id).and_then(Meeting::conduit) {
            conduit.post(body, cx.now);
        }
    }

    /// Noise message 2, and the first message under it.
    pub(super) fn answered(&mut self, way: Way, header: &Header, answer: &[u8], cx: &mut Context<'_>) {
        let id = header.meeting;
        let Some(meeting) = self.meetings.get_mut(&id).filter(|meeting| meeting.way.is_beside(&way)) else {
            return;
        };
        let Talk::Opening { opening, .. } = &meeting.talk else { return };
        if let Some((conduit, first)) = opening.answered(answer) {
            meeting.talk = Talk::Open(Box::new(conduit));
            let called = core::mem::replace(&mut meeting.way, way);
            meeting.last_heard = cx.now;
            if called != way && matches!(called, Way::Socket(..)) {
                // Whoever was meant has not been reached by this.
                self.call_failed(called, cx);
            }
            self.prepare_turn(way, cx);
            self.body(id, first, cx);
        }
    }

    /// A lane may soon be opened to who has answered this way. Through a neighbour the server knows nothing of it.
    pub(super) fn prepare_turn(&mut self, way: Way, cx: &mut Context<'_>) {
        match way {
            Way::Socket(tag, _) => self.signal.prepare_turn(tag, cx),
            Way::Neighbour { .. } => {}
        }
    }

    pub(super) fn sealed(&mut self, way: Way, id: MeetingId, sealed: &[u8], cx: &mut Context<'_>) {
        let Some(meeting) = self.meetings.get_mut(&id).filter(|meeting| meeting.way.is_beside(&way)) else {
            return;
        };
        let Some(bodies) = meeting.conduit().and_then(|conduit| conduit.receive(sealed)) else { return };
        // Only what decrypts shows the way; the header alone could be anybody's.
        (meeting.way, meeting.last_heard) = (way, cx.now);
        meeting.redial.retain(|(_, handle)| way.handle() != Some(*handle));
        if meeting.link.is_none() {
            // As long as a knock waits this comes at least with every renewal.
            self.prepare_turn(way, cx);
        }
        for body in bodies {
            self.body(id, body, cx);
        }
        self.show_digits_again(id, cx);
    }

    // ------------------------------------------------------------ time

    pub(super) fn meetings_timeout(&mut self, cx: &mut Context<'_>) {
        let ids: Vec<MeetingId> = self.meetings.keys().copied().collect();
        for id in ids {
            self.meeting_timeout(id, cx);
        }
    }

    fn meeting_timeout(&mut self, id: MeetingId, cx: &mut Context<'_>) {
        let Some(meeting) = self.meetings.get_mut(&id) else { return };
        if meeting.renew.is_some_and(|due| due <= cx.now) {
            meeting.renew = Some(cx.now + RENEW);
            let unanswered = cx.now.since(meeting.last_heard) > RENEW * 2;
            if let Some(conduit) = meeting.conduit().filter(|conduit| conduit.is_idle()) {
                conduit.post(Body::Renew, cx.now);
            }
            if unanswered {
                // The socket may be dead without knowing it, or the host has forgotten us: begin anew.
                self.remove_meeting(id, cx);
                self.signal.restart(cx);
                return;
            }
        }
        let Some(meeting) = self.meetings.get_mut(&id) else { return };
        let silent: Vec<Handle> =
            meeting.redial.extract_if(.., |(due, _)| *due <= cx.now).map(|(_, handle)| handle).collect();
        for handle in silent {
            self.dial_listener(handle, cx);
        }
        let Some(meeting) = self.meetings.get(&id) else { return };
        if meeting.deadline.is_some_and(|due| due <= cx.now) {
            let (way, mode, initiator) = (meeting.way, meeting.mode, meeting.initiator);
            self.remove_meeting(id, cx);
            match mode {
                Mode::Mesh if initiator => self.call_failed(way, cx),
                Mode::Door if initiator && self.phase == Phase::Knocking => {
                    self.dialled_in_vain(way, cx);
                }
                Mode::Door | Mode::Mesh => {}
            }
        }
    }

    /// A guest's try came to nothing.
    pub(super) fn try_later(&mut self, cx: &Context<'_>) {
        self.door.retry.get_or_insert(cx.now + RETRY);
    }

    pub(super) fn knock_timeout(&mut self, cx: &mut Context<'_>) {
        let due = self.door.retry.take_if(|due| *due <= cx.now).is_some();
        if due && self.phase == Phase::Knocking && !self.meetings.values().any(Meeting::is_with_host) {
            let handles: Vec<Handle> = self.signal.peers(&self.identity.door.tag()).collect();
            for handle in handles {
                self.reach_listener(handle, cx);
            }
        }
    }
}

fn welcome_parts(body: &Body) -> Option<(&[u8], &[u8])> {
    match body {
        Body::Welcome { create, admit, .. } => Some((create, admit)),
        _ => None,
    }
}
