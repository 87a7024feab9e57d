//! The door: a guest knocks, the host's person decides. PROTOCOL.md, *Meeting at the door*.
//!
//! Before a person (or the log, for who was let in before) says yes, no RTCPeerConnection exists on either side
//! and neither has learned the other's address.

use super::{Identity, Knock, Membership, Phase, Room};
use crate::conduit::{Opening, accept};
use crate::cx::Context;
use crate::envelope::{Body, Header, MeetingId, Mode};
use crate::error::{CommandError, Misbehavior};
use crate::handshake::{Authenticated, Deciding, ExpectGuest, ExpectHost};
use crate::id::{CommandId, KnockId, MemberId};
use crate::invitation::{DoorSecret, Invitation};
use crate::io::{Event, MeetingState};
use crate::link::CONNECT;
use crate::log::MAX_MEMBERS;
use crate::meeting::{HALF_OPEN, KNOCK_LIFE, Meeting, REDIAL, RENEW, Stage, Talk};
use crate::path::clean_person_name;
use crate::time::Instant;
use alloc::boxed::Box;
use alloc::collections::{BTreeMap, VecDeque};
use alloc::string::String;
use alloc::vec::Vec;
use core::time::Duration;
use signal_proto::{Handle, Role, Tag};

/// Most listeners that a guest talks to at once: more are not honest.
const MAX_LISTENERS: usize = 8;
/// Most knocks that wait for a person.
pub(super) const MAX_KNOCKS: usize = 8;
/// Most openings that have not proved anything yet; the oldest goes.
const MAX_HALF_OPEN: usize = 16;
/// Most openings that one handle may make in a minute.
const MAX_OPENINGS: usize = 3;
/// Denials within a minute after which the door goes quiet.
const MAX_DENIALS: usize = 5;
/// Denials of one key after which it is not shown any more.
const MUTED_AFTER: u32 = 2;
const MINUTE: Duration = Duration::from_secs(60);
/// Most handles and keys remembered for these limits.
const MAX_REMEMBERED: usize = 256;
/// A guest whom nobody answered tries again after this.
const RETRY: Duration = Duration::from_secs(5);

/// What the host remembers about its door, and when a guest tries again.
#[derive(Default)]
pub(super) struct Door {
    openings: BTreeMap<Handle, VecDeque<Instant>>,
    denials: VecDeque<Instant>,
    denied: BTreeMap<MemberId, u32>,
    quiet: bool,
    /// Guest: something else than the digits is shown, though the knock may still stand.
    pub(super) hidden: bool,
    pub(super) retry: Option<Instant>,
}

impl Door {
    /// Whether `handle` may open another meeting now.
    fn may_open(&mut self, handle: Handle, now: Instant) -> bool {
        if !self.openings.contains_key(&handle) && self.openings.len() >= MAX_REMEMBERED {
            self.openings.retain(|_, times| times.back().is_some_and(|last| now.since(*last) < MINUTE));
            if self.openings.len() >= MAX_REMEMBERED {
                return false;
            }
        }
        let times = self.openings.entry(handle).or_default();
        times.retain(|time| now.since(*time) < MINUTE);
        let allowed = times.len() < MAX_OPENINGS;
        if allowed {
            times.push_back(now);
        }
        allowed && !self.quiet
    }

    /// Count a denial; whether the door goes quiet by it.
    fn deny(&mut self, guest: MemberId, now: Instant) -> bool {
        if self.denied.len() < MAX_REMEMBERED || self.denied.contains_key(&guest) {
            *self.denied.entry(guest).or_default() += 1;
        }
        self.denials.retain(|time| now.since(*time) < MINUTE);
        self.denials.push_back(now);
        let goes_quiet = !self.quiet && self.denials.len() >= MAX_DENIALS;
        self.quiet |= goes_quiet;
        goes_quiet
    }

    fn is_muted(&self, guest: &MemberId) -> bool {
        self.denied.get(guest).is_some_and(|count| *count >= MUTED_AFTER)
    }
}

impl Room {
    // ------------------------------------------------------------ guest

    pub(super) fn knock_again(
        &mut self,
        link: &str,
        name: &str,
        cx: &mut Context<'_>,
    ) -> Result<(), CommandError> {
        if self.phase != Phase::Denied {
            return Err(CommandError::RoomOpen);
        }
        let invitation = Invitation::parse(link).map_err(|_| CommandError::UnknownRoom)?;
        self.identity.name = clean_person_name(name).map_err(|_| CommandError::BadName)?;
        self.identity.door = invitation.secret.clone();
        self.phase = Phase::Knocking;
        self.store_identity(cx);
        self.start(cx);
        Ok(())
    }

    pub(super) fn cancel_knock(&mut self, cx: &mut Context<'_>) {
        for meeting in self.meetings.values_mut() {
            if let Some(conduit) = meeting.conduit() {
                conduit.post(Body::Cancel, cx.now);
            }
        }
    }

    pub(super) fn door_joined(&mut self, tag: Tag, handles: &[Handle], cx: &mut Context<'_>) {
        if self.phase != Phase::Knocking || tag != self.identity.door.tag() {
            return;
        }
        if handles.is_empty() {
            self.nobody_there(cx);
        }
        for handle in handles {
            self.reach_listener(*handle, cx);
        }
    }

    pub(super) fn door_attached(&mut self, tag: Tag, handle: Handle, cx: &mut Context<'_>) {
        if self.phase == Phase::Knocking && tag == self.identity.door.tag() {
            self.reach_listener(handle, cx);
        }
    }

    pub(super) fn door_detached(&mut self, tag: Tag, cx: &mut Context<'_>) {
        if self.phase == Phase::Knocking && self.signal.peers(&tag).next().is_none() {
            self.nobody_there(cx);
        }
    }

    fn nobody_there(&mut self, cx: &mut Context<'_>) {
        self.door.hidden = true;
        cx.event(Event::Meeting { room: self.id, state: MeetingState::NobodyThere });
    }

    /// The host was heard again: the digits stand as before.
    fn show_digits_again(&mut self, id: MeetingId, cx: &mut Context<'_>) {
        if let (true, Some(Stage::ExpectDecision(expect))) =
            (self.door.hidden, self.meetings.get(&id).map(|m| &m.stage))
        {
            self.door.hidden = false;
            let state = MeetingState::Asked { sas: String::from(expect.sas()) };
            cx.event(Event::Meeting { room: self.id, state });
        }
    }

    /// A listener is there: dial it, or, if the host has been met already, see whether this is it again.
    fn reach_listener(&mut self, handle: Handle, cx: &mut Context<'_>) {
        let tag = self.identity.door.tag();
        let attached: Vec<Handle> = self.signal.peers(&tag).collect();
        let Some(meeting) = self.meetings.values_mut().find(|meeting| meeting.is_with_host()) else {
            return self.dial_listener(handle, cx);
        };
        if meeting.route == handle {
            return;
        }
        // Whatever is unanswered goes to the newcomer too. Only its answer makes it the new way: an impostor
        // that attaches later must not be able to draw the conversation to itself.
        let route_is_gone = !attached.contains(&meeting.route);
        let old = meeting.route;
        if let Some(conduit) = meeting.conduit() {
            conduit.post(Body::Renew, cx.now);
            conduit.resend_all(cx.now);
        }
        for envelope in meeting.outgoing(cx.now) {
            self.signal.send(tag, handle, envelope, cx);
        }
        meeting.route = if route_is_gone { handle } else { old };
        meeting.redial = Some((cx.now + REDIAL, handle));
    }

    fn dial_listener(&mut self, handle: Handle, cx: &mut Context<'_>) {
        let dialling = self.meetings.values().filter(|meeting| meeting.is_half_open());
        if dialling.clone().count() >= MAX_LISTENERS
            || dialling.clone().any(|meeting| meeting.route == handle)
        {
            return;
        }
        if !self.meetings.values().any(Meeting::is_with_host) {
            cx.event(Event::Meeting { room: self.id, state: MeetingState::Greeting });
        }
        let opening = Opening::new(Mode::Door, &self.identity.door.psk(), cx.rng);
        let stage = Stage::ExpectHost(ExpectHost::new(self.id));
        let (id, meeting) =
            Meeting::dialled(opening, stage, Mode::Door, self.identity.door.tag(), handle, cx.now);
        self.meetings.insert(id, meeting);
    }

    /// T0 verified: this is the host. Say who we are; whatever else was dialled is dropped.
    fn host_proved(&mut self, id: MeetingId, expect: ExpectHost, body: &Body, cx: &mut Context<'_>) {
        let Some(h) = self.hash_of(id) else { return };
        match expect.proof(body, &h, &self.key, self.identity.name.clone(), cx.rng.bytes()) {
            Ok((next, claim)) => {
                self.meetings.retain(|other, meeting| *other == id || meeting.link.is_some());
                let meeting = self.meetings.get_mut(&id).expect("hash_of found it");
                meeting.stage = Stage::ExpectReveal(next);
                meeting.deadline = None;
                meeting.renew = Some(cx.now + RENEW);
                self.post(id, claim, cx);
            }
            Err(_) => {
                self.meetings.remove(&id);
                let violation = Misbehavior::BadHandshake;
                cx.event(Event::Misbehaved { room: self.id, member: None, violation });
            }
        }
    }

    /// T2: let in. The answer to its offer follows when the lane has a local description.
    fn welcomed(&mut self, id: MeetingId, peer: Authenticated, body: Body, cx: &mut Context<'_>) {
        let Body::Welcome { create, admit, epoch, ret, offer } = body else { return };
        let host = peer.member();
        if self.phase == Phase::Knocking {
            let member = Membership { epoch, ret, admit: Some(admit.clone()) };
            let identity = Identity { host: Some(host), member: Some(member), ..self.identity.clone() };
            self.become_member(host, identity, [&create, &admit], cx);
            cx.event(Event::Meeting { room: self.id, state: MeetingState::Admitted });
            cx.event(Event::Admitted { room: self.id });
            self.announce(cx);
        }
        self.door.retry = None;
        self.meetings.retain(|other, _| *other == id);
        let tag = self.mesh_tag().expect("just became a member");
        self.answer_offer(id, peer, &offer, cx);
        self.signal.join(tag, Role::Mesh, cx);
    }

    fn denied(&mut self, id: MeetingId, cx: &mut Context<'_>) {
        self.phase = Phase::Denied;
        self.flush_meetings(cx);
        self.meetings.remove(&id);
        self.meetings.clear();
        self.door.retry = None;
        self.signal.stop(cx);
        // A reload begins at the door again; the key stays here for another try in this tab.
        cx.store(crate::io::StoreOp::DeleteRoom { room: self.id });
        cx.event(Event::Meeting { room: self.id, state: MeetingState::Denied });
        cx.event(Event::Denied { room: self.id });
    }

    pub(super) fn unsupported(&mut self, id: MeetingId, cx: &mut Context<'_>) {
        if self.meetings.get(&id).is_some_and(|meeting| matches!(meeting.talk, Talk::Opening { .. })) {
            cx.event(Event::Meeting { room: self.id, state: MeetingState::VersionMismatch });
        }
    }

    // ------------------------------------------------------------ host

    pub(super) fn door_opened(
        &mut self,
        tag: Tag,
        from: Handle,
        header: &Header,
        open: &[u8],
        cx: &mut Context<'_>,
    ) {
        if !self.door.may_open(from, cx.now) {
            return;
        }
        let Some(answering) = accept(header, open, &self.identity.door.psk(), cx.rng) else { return };
        let Some(log) = &self.log else { return };
        let half_open = self.meetings.iter().filter(|(_, m)| matches!(m.stage, Stage::ExpectGuest(_)));
        if half_open.clone().count() >= MAX_HALF_OPEN {
            let oldest = half_open.min_by_key(|(_, meeting)| meeting.deadline).map(|(id, _)| *id);
            oldest.and_then(|id| self.meetings.remove(&id));
        }
        let (expect, proof) = ExpectGuest::prove(answering.hash(), log.digest(), &self.key, cx.rng.bytes());
        let conduit = answering.with(&proof);
        let answer = conduit.answer().expect("just made").to_vec();
        let meeting = Meeting::accepted(conduit, Stage::ExpectGuest(expect), Mode::Door, tag, from, cx.now);
        self.meetings.insert(header.meeting, meeting);
        self.signal.send(tag, from, answer, cx);
    }

    /// T1: somebody has a key and a name. A member that comes back is let in at once, others wait for a person.
    fn guest_claimed(&mut self, id: MeetingId, expect: ExpectGuest, body: Body, cx: &mut Context<'_>) {
        let (Some(h), Some(log)) = (self.hash_of(id), &self.log) else { return };
        let Ok((deciding, reveal)) = expect.claim(body, &h, log.digest(), &self.me) else {
            self.meetings.remove(&id);
            return;
        };
        let (guest, comes_back) = (deciding.guest(), log.is_admitted(&deciding.guest()));
        let is_full = log.admitted().count() >= MAX_MEMBERS;
        self.drop_older_knocks(id, guest, cx);
        let waiting = self.knocks().count();
        if comes_back {
            self.post(id, reveal, cx);
            self.admit_meeting(id, deciding.admitted(), cx);
        } else if self.door.is_muted(&guest) {
            self.refuse(id, cx);
        } else if waiting >= MAX_KNOCKS || is_full {
            self.meetings.remove(&id);
        } else {
            self.post(id, reveal, cx);
            let knock = cx.ids.knock();
            cx.event(Event::Knocked {
                room: self.id,
                knock,
                member: guest,
                name: String::from(deciding.name()),
                sas: String::from(deciding.sas()),
            });
            let meeting = self.meetings.get_mut(&id).expect("hash_of found it");
            meeting.stage = Stage::Deciding(knock, deciding);
            meeting.deadline = Some(cx.now + KNOCK_LIFE);
        }
    }

    /// One key knocks once: a reloaded guest's earlier card goes.
    fn drop_older_knocks(&mut self, id: MeetingId, guest: MemberId, cx: &mut Context<'_>) {
        let older: Vec<MeetingId> = self
            .meetings
            .iter()
            .filter(|(other, m)| **other != id && m.mode == Mode::Door && m.member() == Some(guest))
            .filter(|(_, meeting)| meeting.link.is_none())
            .map(|(other, _)| *other)
            .collect();
        for other in older {
            self.remove_meeting(other, cx);
        }
    }

    pub(super) fn knocks(&self) -> impl Iterator<Item = Knock> {
        self.meetings.iter().filter_map(|(id, meeting)| match &meeting.stage {
            Stage::Deciding(knock, _) => Some((*knock, *id)),
            _ => None,
        })
    }

    fn deciding(&mut self, knock: KnockId) -> Result<(MeetingId, Deciding), CommandError> {
        let (_, id) = self.knocks().find(|(other, _)| *other == knock).ok_or(CommandError::UnknownKnock)?;
        let meeting = self.meetings.get_mut(&id).expect("just found");
        match core::mem::replace(&mut meeting.stage, Stage::Over) {
            Stage::Deciding(_, deciding) => Ok((id, deciding)),
            _ => unreachable!("knocks() lists these only"),
        }
    }

    pub(super) fn admit(
        &mut self,
        knock: KnockId,
        command: CommandId,
        cx: &mut Context<'_>,
    ) -> Result<(), CommandError> {
        self.member()?;
        if self.log.as_ref().is_none_or(|log| log.admitted().count() >= MAX_MEMBERS) {
            return Err(CommandError::Full);
        }
        let (id, deciding) = self.deciding(knock)?;
        let payload =
            crate::entry::Payload::Admit { member: deciding.guest(), name: String::from(deciding.name()) };
        let meeting = self.meetings.get_mut(&id).expect("deciding found it");
        meeting.stage = Stage::Admitting(deciding.admitted());
        meeting.deadline = Some(cx.now + CONNECT);
        cx.event(Event::KnockGone { room: self.id, knock });
        self.draft(command, payload, cx);
        Ok(())
    }

    pub(super) fn deny(&mut self, knock: KnockId, cx: &mut Context<'_>) -> Result<(), CommandError> {
        let (id, deciding) = self.deciding(knock)?;
        cx.event(Event::KnockGone { room: self.id, knock });
        self.refuse(id, cx);
        if self.door.deny(deciding.guest(), cx.now) {
            cx.event(Event::DoorQuiet { room: self.id });
        }
        Ok(())
    }

    fn refuse(&mut self, id: MeetingId, cx: &mut Context<'_>) {
        self.post(id, Body::Deny, cx);
        if let Some(meeting) = self.meetings.get_mut(&id) {
            meeting.stage = Stage::Over;
            meeting.deadline = Some(cx.now + HALF_OPEN);
        }
    }

    /// The Admit of `member` is in the log: whoever waits for it is connected now.
    pub(super) fn admission_placed(&mut self, member: MemberId, cx: &mut Context<'_>) {
        let waiting = |m: &Meeting| matches!(&m.stage, Stage::Admitting(peer) if peer.member() == member);
        let Some((&id, meeting)) = self.meetings.iter_mut().find(|(_, m)| waiting(m)) else { return };
        if let Stage::Admitting(peer) = core::mem::replace(&mut meeting.stage, Stage::Over) {
            self.admit_meeting(id, peer, cx);
        }
    }

    fn admit_meeting(&mut self, id: MeetingId, peer: Authenticated, cx: &mut Context<'_>) {
        self.open_link(id, peer, cx);
    }

    /// A fresh S: the old link leads nowhere from now on.
    pub(super) fn new_link(&mut self, cx: &mut Context<'_>) -> Result<(), CommandError> {
        if !self.is_host() {
            return Err(CommandError::NotHost);
        }
        self.member()?;
        let old = self.identity.door.tag();
        self.signal.leave(old, cx);
        let at_door: Vec<MeetingId> = self
            .meetings
            .iter()
            .filter(|(_, m)| m.mode == Mode::Door && m.link.is_none())
            .map(|(id, _)| *id)
            .collect();
        for id in at_door {
            self.remove_meeting(id, cx);
        }
        self.identity.door = DoorSecret::random(cx.rng);
        self.door = Door::default();
        self.store_identity(cx);
        self.signal.join(self.identity.door.tag(), Role::Listen, cx);
        self.announce(cx);
        Ok(())
    }

    // ------------------------------------------------------------ both

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
                    cx.event(Event::Misbehaved {
                        room: self.id,
                        member: None,
                        violation: Misbehavior::BadHandshake,
                    });
                    return;
                };
                self.door.hidden = false;
                let state = MeetingState::Asked { sas: String::from(next.sas()) };
                cx.event(Event::Meeting { room: self.id, state });
                self.set_stage(id, Stage::ExpectDecision(next));
            }
            (Stage::ExpectReveal(_) | Stage::ExpectDecision(_), Body::Deny) => self.denied(id, cx),
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

    fn welcomed_by<E>(
        &mut self,
        id: MeetingId,
        peer: Option<Result<Authenticated, E>>,
        body: Body,
        cx: &mut Context<'_>,
    ) {
        match peer {
            Some(Ok(peer)) => self.welcomed(id, peer, body, cx),
            _ => {
                self.meetings.remove(&id);
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
        let with_host = self.meetings.get(&id).is_some_and(Meeting::is_with_host);
        self.flush_meetings(cx);
        self.remove_meeting(id, cx);
        if with_host && self.phase == Phase::Knocking {
            self.door.retry = Some(cx.now + RETRY);
        }
    }

    /// Forget a meeting; a knock's card goes with it.
    pub(super) fn remove_meeting(&mut self, id: MeetingId, cx: &mut Context<'_>) {
        let Some(meeting) = self.meetings.remove(&id) else { return };
        if let Stage::Deciding(knock, _) = meeting.stage {
            cx.event(Event::KnockGone { room: self.id, knock });
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
    pub(super) fn answered(
        &mut self,
        tag: Tag,
        from: Handle,
        header: &Header,
        answer: &[u8],
        cx: &mut Context<'_>,
    ) {
        let id = header.meeting;
        let Some(meeting) = self.meetings.get_mut(&id).filter(|meeting| meeting.tag == tag) else { return };
        let Talk::Opening { opening, .. } = &meeting.talk else { return };
        if let Some((conduit, first)) = opening.answered(answer) {
            meeting.talk = Talk::Open(Box::new(conduit));
            (meeting.route, meeting.last_heard) = (from, cx.now);
            self.body(id, first, cx);
        }
    }

    pub(super) fn sealed(
        &mut self,
        tag: Tag,
        from: Handle,
        id: MeetingId,
        sealed: &[u8],
        cx: &mut Context<'_>,
    ) {
        let Some(meeting) = self.meetings.get_mut(&id).filter(|meeting| meeting.tag == tag) else { return };
        let Some(bodies) = meeting.conduit().and_then(|conduit| conduit.receive(sealed)) else { return };
        // Only what decrypts shows the way; the header alone could be anybody's.
        (meeting.route, meeting.last_heard) = (from, cx.now);
        meeting.redial = meeting.redial.filter(|(_, handle)| *handle != from);
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
            if let Some(conduit) = meeting.conduit() {
                conduit.post(Body::Renew, cx.now);
            }
            if unanswered {
                // The socket may be dead without knowing it.
                self.signal.restart(cx);
                return;
            }
        }
        let Some(meeting) = self.meetings.get_mut(&id) else { return };
        if let Some((_, handle)) = meeting.redial.take_if(|(due, _)| *due <= cx.now) {
            self.dial_listener(handle, cx);
        }
        let Some(meeting) = self.meetings.get(&id) else { return };
        if meeting.deadline.is_some_and(|due| due <= cx.now) {
            let (route, mode, initiator) = (meeting.route, meeting.mode, meeting.initiator);
            self.remove_meeting(id, cx);
            match mode {
                Mode::Mesh if initiator => self.contact_failed(route, cx),
                Mode::Door if initiator && self.phase == Phase::Knocking => {
                    if !self.meetings.values().any(Meeting::is_with_host) {
                        self.nobody_there(cx);
                    }
                    self.door.retry = Some(cx.now + RETRY);
                }
                Mode::Door | Mode::Mesh => {}
            }
        }
    }

    pub(super) fn door_timeout(&mut self, cx: &mut Context<'_>) {
        if self.door.retry.take_if(|due| *due <= cx.now).is_some() && self.phase == Phase::Knocking {
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
