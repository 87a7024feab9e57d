//! The guest's side of the door: finding a listener that can prove to be the host, knocking, being let in.
//! PROTOCOL.md, *Meeting at the door*.

use super::{Identity, Membership, Phase, Room};
use crate::base::error::{CommandError, Misbehavior};
use crate::base::path::clean_person_name;
use crate::cx::Context;
use crate::io::{Event, Presence};
use crate::link::rate::Rate;
use crate::meeting::conduit::{Opening, RESEND};
use crate::meeting::envelope::{Body, MeetingId, Mode};
use crate::meeting::handshake::{Authenticated, ExpectHost, Unproven};
use crate::meeting::invitation::Invitation;
use crate::meeting::{HALF_OPEN, MAX_LISTENERS, Meeting, RENEW, Stage, Talk, Way};
use alloc::string::String;
use core::time::Duration;
use signal_proto::{Handle, Role, Tag};

/// Newcomers at the door that a guest turns to at once, and in ten seconds: a few envelopes each, far below the 128 a
/// second that a server takes from it, and more than the listeners that honest people are. The others wait a moment.
const MAX_REACHED: u64 = 64;
const REACHED_IN: Duration = Duration::from_secs(10);
/// A guest for whom there was no place asks again after this: three openings a minute are allowed.
const FULL_RETRY: Duration = Duration::from_secs(25);

pub(super) fn reaching() -> Rate {
    Rate::new(MAX_REACHED, REACHED_IN)
}

impl Room {
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
        if self.phase != Phase::Knocking || tag != self.identity.door.tag() {
            return;
        }
        if self.door.reaching.take(1, cx.now) {
            return self.reach_listener(handle, cx);
        }
        let met = self.meetings.values_mut().find(|meeting| meeting.is_with_host());
        let Some(meeting) = met else { return self.try_later(cx) };
        meeting.redial_later(handle, cx.now);
    }

    pub(super) fn door_detached(&mut self, tag: Tag, handle: Handle, cx: &mut Context<'_>) {
        if self.phase != Phase::Knocking {
            return;
        }
        // Its place is for who is there: or who comes and goes would keep the host from being dialled.
        let way = Way::Socket(tag, handle);
        let before = self.meetings.len();
        self.meetings.retain(|_, meeting| !(meeting.is_half_open() && meeting.way == way));
        for meeting in self.meetings.values_mut() {
            meeting.redial.retain(|(_, other)| *other != handle);
        }
        if self.meetings.len() < before {
            self.try_later(cx);
        }
        if self.signal.peers(&tag).next().is_none() {
            self.nobody_there(cx);
        }
    }

    pub(super) fn nobody_there(&mut self, cx: &mut Context<'_>) {
        (self.door.hidden, self.door.mute) = (true, false);
        cx.event(Event::Presence { room: self.id, state: Presence::NobodyThere });
    }

    /// Whoever was dialled has kept silent; the server knows whether somebody is still there.
    pub(super) fn nobody_answers(&mut self, cx: &mut Context<'_>) {
        if self.signal.peers(&self.identity.door.tag()).next().is_none() {
            return self.nobody_there(cx);
        }
        (self.door.hidden, self.door.mute) = (true, true);
        cx.event(Event::Presence { room: self.id, state: Presence::NotAnswering });
    }

    /// The host was heard again: the digits stand as before.
    pub(super) fn show_digits_again(&mut self, id: MeetingId, cx: &mut Context<'_>) {
        if let (true, Some(Stage::ExpectDecision(expect))) =
            (self.door.hidden, self.meetings.get(&id).map(|m| &m.stage))
        {
            self.door.hidden = false;
            let state = Presence::Asked { sas: String::from(expect.sas()) };
            cx.event(Event::Presence { room: self.id, state });
        }
    }

    /// A listener is there: dial it, or, if the host has been met already, see whether this is it again.
    pub(super) fn reach_listener(&mut self, handle: Handle, cx: &mut Context<'_>) {
        let tag = self.identity.door.tag();
        let Some(meeting) = self.meetings.values_mut().find(|meeting| meeting.is_with_host()) else {
            return self.dial_listener(handle, cx);
        };
        if meeting.way == Way::Socket(tag, handle) {
            return;
        }
        // Whatever is unanswered goes to the newcomer, now to it alone, and to the others no later than it would have:
        // who comes and goes must neither make us send to all nor keep us from it.
        if let Some(conduit) = meeting.conduit() {
            if conduit.is_idle() {
                conduit.post(Body::Renew, cx.now + RESEND);
            }
            for envelope in conduit.again(cx.now) {
                self.signal.send(tag, handle, envelope, cx);
            }
        }
        // What is said again goes to all of them (`Meeting::ways`), or one lost word would cost the knock.
        meeting.redial_later(handle, cx.now);
    }

    /// A listener has not answered. It may be the host all the same: a line that loses much has lost that too.
    pub(super) fn dialled_in_vain(&mut self, way: Way, cx: &mut Context<'_>) {
        let tag = self.identity.door.tag();
        let there = way.handle().filter(|handle| self.signal.peers(&tag).any(|peer| peer == *handle));
        let met = self.meetings.values_mut().find(|meeting| meeting.is_with_host());
        let Some(meeting) = met else {
            self.nobody_answers(cx);
            return self.try_later(cx);
        };
        if let Some(handle) = there.filter(|_| meeting.way != way) {
            meeting.redial_later(handle, cx.now);
        }
    }

    pub(super) fn dial_listener(&mut self, handle: Handle, cx: &mut Context<'_>) {
        let way = Way::Socket(self.identity.door.tag(), handle);
        let dialling = self.meetings.values().filter(|meeting| meeting.is_half_open());
        if dialling.clone().count() >= MAX_LISTENERS || dialling.clone().any(|meeting| meeting.way == way) {
            return;
        }
        // Who has kept silent so far is not said to be greeting us before it answers.
        if !self.door.mute && !self.meetings.values().any(Meeting::is_with_host) {
            cx.event(Event::Presence { room: self.id, state: Presence::Greeting });
        }
        let opening = Opening::new(Mode::Door, &self.identity.door.psk(), cx.rng);
        let stage = Stage::ExpectHost(ExpectHost::new(self.id));
        let (id, meeting) = Meeting::dialled(opening, stage, Mode::Door, way, cx.now);
        self.meetings.insert(id, meeting);
    }

    /// T0 verified: this is the host. Say who we are; whatever else was dialled is dropped.
    pub(super) fn host_proved(
        &mut self,
        id: MeetingId,
        expect: ExpectHost,
        body: &Body,
        cx: &mut Context<'_>,
    ) {
        let Some(h) = self.hash_of(id) else { return };
        match expect.proof(body, &h, &self.key, self.identity.name.clone(), cx.rng.bytes()) {
            Ok((next, claim)) => {
                self.meetings.retain(|other, meeting| *other == id || meeting.link.is_some());
                let meeting = self.meetings.get_mut(&id).expect("hash_of found it");
                meeting.stage = Stage::ExpectReveal(next);
                self.door.mute = false;
                // Digits of an earlier handshake must be gone before the host can show those of this one.
                cx.event(Event::Presence { room: self.id, state: Presence::Greeting });
                // A claim without its answer comes from a door that is full, or has forgotten us.
                meeting.deadline = Some(cx.now + HALF_OPEN);
                meeting.renew = Some(cx.now + RENEW);
                self.post(id, claim, cx);
            }
            Err(Unproven::Features) => {
                self.meetings.remove(&id);
                self.newer_room(cx);
            }
            Err(Unproven::Proof) => {
                self.meetings.remove(&id);
                self.try_later(cx);
                // Somebody is at the door, but not whom the link names: for the guest that is nobody.
                if !self.meetings.values().any(|other| other.is_half_open() || other.is_with_host()) {
                    self.nobody_there(cx);
                }
                let violation = Misbehavior::BadHandshake;
                cx.event(Event::Misbehaved { room: self.id, member: None, violation });
            }
        }
    }

    /// T2: let in. The answer to its offer follows when the lane has a local description.
    pub(super) fn welcomed(&mut self, id: MeetingId, peer: Authenticated, body: Body, cx: &mut Context<'_>) {
        let Body::Welcome { create, admit, epoch, ret, offer } = body else { return };
        let host = peer.member();
        if self.phase == Phase::Knocking {
            let member = Membership { epoch, ret, admit: Some(admit.clone()) };
            let identity = Identity { host: Some(host), member: Some(member), ..self.identity.clone() };
            self.become_member(host, identity, [&create, &admit], cx);
            cx.event(Event::Presence { room: self.id, state: Presence::Admitted });
            cx.event(Event::Admitted { room: self.id });
            self.announce(cx);
        }
        self.door.retry = None;
        self.meetings.retain(|other, _| *other == id);
        let tag = self.mesh_tag().expect("just became a member");
        self.answer_offer(id, peer, &offer, cx);
        self.signal.join(tag, Role::Mesh, cx);
    }

    pub(super) fn denied(&mut self, id: MeetingId, cx: &mut Context<'_>) {
        self.phase = Phase::Denied;
        self.flush_meetings(cx);
        self.meetings.remove(&id);
        self.meetings.clear();
        self.door.retry = None;
        self.signal.stop(cx);
        // A reload begins at the door again; the key stays here for another try in this tab.
        cx.store(crate::io::StoreOp::DeleteRoom { room: self.id });
        cx.event(Event::Presence { room: self.id, state: Presence::Denied });
        cx.event(Event::Denied { room: self.id });
    }

    /// The door or the room is full: the guest waits outside and asks again by itself.
    pub(super) fn no_place(&mut self, id: MeetingId, state: Presence, cx: &mut Context<'_>) {
        self.flush_meetings(cx);
        self.meetings.remove(&id);
        self.door.hidden = true;
        self.door.retry = Some(cx.now + FULL_RETRY);
        cx.event(Event::Presence { room: self.id, state });
    }

    /// The room has features that this version does not know: nothing to do but to get a newer one.
    pub(super) fn newer_room(&mut self, cx: &mut Context<'_>) {
        self.door.hidden = true;
        cx.event(Event::Presence { room: self.id, state: Presence::VersionMismatch });
    }

    pub(super) fn unsupported(&mut self, id: MeetingId, cx: &mut Context<'_>) {
        if self.meetings.get(&id).is_some_and(|meeting| matches!(meeting.talk, Talk::Opening { .. })) {
            cx.event(Event::Presence { room: self.id, state: Presence::VersionMismatch });
        }
    }
}
