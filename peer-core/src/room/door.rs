//! The host's side of the door: somebody knocks, a person decides. PROTOCOL.md, *Meeting at the door*.
//!
//! Before a person (or the log, for who was let in before) says yes, no RTCPeerConnection exists on either side
//! and neither has learned the other's address.

use super::knocking::reaching;
use super::{Knock, Room};
use crate::base::door_secret::DoorSecret;
use crate::base::error::{CommandError, Misbehavior};
use crate::base::id::{CommandId, KnockId, MemberId};
use crate::base::map::Map;
use crate::base::time::Instant;
use crate::cx::Context;
use crate::io::Event;
use crate::link::CONNECT;
use crate::link::rate::Rate;
use crate::log::MAX_MEMBERS;
use crate::log::entry::Payload;
use crate::meeting::conduit::accept;
use crate::meeting::envelope::{Body, Denial, Header, MeetingId, Mode};
use crate::meeting::handshake::{Authenticated, Deciding, ExpectGuest, Unproven};
use crate::meeting::invitation::Invitation;
use crate::meeting::{HALF_OPEN, KNOCK_LIFE, Meeting, Stage, Way};
use crate::wire::Frame;
use alloc::string::String;
use alloc::vec::Vec;
use core::time::Duration;
use signal_proto::{Handle, Role, Tag};

/// Most knocks that wait for a person.
pub(super) const MAX_KNOCKS: usize = 8;
/// Most openings that have not proved anything yet; the oldest goes.
const MAX_HALF_OPEN: usize = 16;
/// Most openings that one handle may make in a minute.
const MAX_OPENINGS: u64 = 3;
/// Denials within a minute after which the door goes quiet.
const MAX_DENIALS: u64 = 5;
/// Denials of one key after which it is not shown any more.
const MUTED_AFTER: u32 = 2;
const MINUTE: Duration = Duration::from_secs(60);
/// Cards that vanish undecided, in a minute, before the door goes quiet for [`QUIET`]. Whoever cancels and knocks again
/// sees other digits each time, and keys are free: so they count for the link, whoever they were.
const MAX_VANISHED: u64 = 6;
/// The same, all together since the link was made or the door was last quiet.
const MAX_UNDECIDED: u32 = 60;
/// How long the door is quiet after that; a new link ends it at once.
const QUIET: Duration = Duration::from_secs(600);
/// A member takes in where the door is now at most this often, the latest word: each is stored and shown.
const DOOR_PACE: Duration = Duration::from_secs(10);
/// Most handles and keys remembered for these limits.
const MAX_REMEMBERED: usize = 256;

/// What the host remembers about its door, and when a guest tries again.
pub(super) struct Door {
    openings: Map<Handle, (Instant, Rate)>,
    denials: Rate,
    denied: Map<MemberId, u32>,
    /// Until the host makes a new link.
    quiet: bool,
    vanishing: Rate,
    /// Cards that vanished since the link was made, for people to see; and since the door was last quiet.
    vanished: u32,
    undecided: u32,
    quiet_until: Option<Instant>,
    /// Member: when the door last moved, and where it has moved since.
    moved: Option<Instant>,
    moves_to: Option<DoorSecret>,
    /// Guest: something else than the digits is shown, though the knock may still stand.
    pub(super) hidden: bool,
    /// Guest: whoever waits at the door has not answered yet, and that is shown.
    pub(super) mute: bool,
    pub(super) retry: Option<Instant>,
    /// Guest: what it sends because somebody came.
    pub(super) reaching: Rate,
}

impl Default for Door {
    fn default() -> Self {
        Self {
            openings: Map::new(),
            denials: Rate::new(MAX_DENIALS, MINUTE),
            denied: Map::new(),
            quiet: false,
            vanishing: Rate::new(MAX_VANISHED, MINUTE),
            vanished: 0,
            undecided: 0,
            quiet_until: None,
            moved: None,
            moves_to: None,
            hidden: false,
            mute: false,
            retry: None,
            reaching: reaching(),
        }
    }
}

impl Door {
    /// Whether `handle` may open another meeting now.
    fn may_open(&mut self, handle: Handle, now: Instant) -> bool {
        if !self.openings.contains_key(&handle) && self.openings.len() >= MAX_REMEMBERED {
            self.openings.retain(|_, (last, _)| now.since(*last) < MINUTE);
            if self.openings.len() >= MAX_REMEMBERED {
                return false;
            }
        }
        let (last, rate) = self.openings.or_insert_with(handle, || (now, Rate::new(MAX_OPENINGS, MINUTE)));
        *last = now;
        rate.take(1, now) && !self.quiet && self.quiet_until.is_none()
    }

    /// Count a denial; whether the door goes quiet by it.
    fn deny(&mut self, guest: MemberId, now: Instant) -> bool {
        if self.denied.len() < MAX_REMEMBERED || self.denied.contains_key(&guest) {
            *self.denied.or_insert_with(guest, Default::default) += 1;
        }
        self.denials.spend(1, now);
        let goes_quiet = !self.quiet && !self.denials.has(1, now);
        self.quiet |= goes_quiet;
        goes_quiet
    }

    /// Count a card that vanished before anybody decided; whether the door goes quiet by it.
    fn vanish(&mut self, now: Instant) -> bool {
        self.vanished = self.vanished.saturating_add(1);
        self.undecided += 1;
        let too_many = !self.vanishing.take(1, now) || self.undecided >= MAX_UNDECIDED;
        let goes_quiet = too_many && self.quiet_until.is_none();
        if goes_quiet {
            self.undecided = 0;
            self.quiet_until = Some(now + QUIET);
        }
        goes_quiet
    }

    /// When something happens here by itself.
    pub(super) fn next_timeout(&self) -> Option<Instant> {
        let moves = self.moves_to.as_ref().and(self.moved).map(|moved| moved + DOOR_PACE);
        [self.retry, self.quiet_until, moves].into_iter().flatten().min()
    }

    fn is_muted(&self, guest: &MemberId) -> bool {
        self.denied.get(guest).is_some_and(|count| *count >= MUTED_AFTER)
    }
}

impl Room {
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
        let (expect, proof) =
            ExpectGuest::prove(answering.hash(), log.digest(), &self.key, cx.rng.bytes(), log.demands());
        let conduit = answering.with(&proof);
        let answer = conduit.answer().expect("just made").to_vec();
        let meeting = Meeting::accepted(
            conduit,
            Stage::ExpectGuest(expect),
            Mode::Door,
            Way::Socket(tag, from),
            cx.now,
        );
        self.meetings.insert(header.meeting, meeting);
        self.signal.send(tag, from, answer, cx);
        self.signal.prepare_turn(tag, cx);
    }

    /// T1: somebody has a key and a name. A member that comes back is let in at once, others wait for a person.
    pub(super) fn guest_claimed(
        &mut self,
        id: MeetingId,
        expect: ExpectGuest,
        body: Body,
        cx: &mut Context<'_>,
    ) {
        let (Some(h), Some(log)) = (self.hash_of(id), &self.log) else { return };
        let (deciding, reveal) = match expect.claim(body, &h, log.digest(), &self.me) {
            Ok(claimed) => claimed,
            Err(Unproven::Features) => return self.refuse(id, Denial::Version, cx),
            Err(Unproven::Proof) => {
                self.meetings.remove(&id);
                return;
            }
        };
        let (guest, comes_back) = (deciding.guest(), log.is_admitted(&deciding.guest()));
        let is_full = log.admitted().count() >= MAX_MEMBERS;
        self.drop_older_knocks(id, guest, cx);
        let waiting = self.knocks().count();
        if comes_back && !self.members.may_link(guest, cx.now) {
            // Let in before, but by now it has opened more links than a page bears: later again.
            self.refuse(id, deciding.later(), cx);
        } else if comes_back {
            self.post(id, reveal, cx);
            self.admit_meeting(id, deciding.admitted(), cx);
        } else if self.door.is_muted(&guest) {
            self.refuse(id, Denial::ByPerson, cx);
        } else if is_full {
            self.refuse(id, Denial::Full, cx);
        } else if waiting >= MAX_KNOCKS {
            self.refuse(id, deciding.later(), cx);
        } else {
            self.post(id, reveal, cx);
            let knock = cx.ids.knock();
            cx.event(Event::Knocked {
                room: self.id,
                knock,
                member: guest,
                name: String::from(deciding.name()),
                sas: String::from(deciding.sas()),
                vanished: self.door.vanished,
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
        let admitting =
            self.meetings.values().filter(|meeting| matches!(meeting.stage, Stage::Admitting(_))).count();
        if self.log.as_ref().is_none_or(|log| log.admitted().count() + admitting >= MAX_MEMBERS) {
            return Err(CommandError::Full);
        }
        let asks = self.meetings.values().find_map(|meeting| match &meeting.stage {
            Stage::Deciding(other, deciding) if *other == knock => Some(deciding),
            _ => None,
        });
        let payload =
            asks.map(|asks| Payload::Admit { member: asks.guest(), name: String::from(asks.name()) });
        let payload = payload.ok_or(CommandError::UnknownKnock)?;
        self.room_for(&payload)?;
        let (id, deciding) = self.deciding(knock)?;
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
        self.refuse(id, Denial::ByPerson, cx);
        if self.door.deny(deciding.guest(), cx.now) {
            cx.event(Event::DoorQuiet { room: self.id, until_new_link: true });
        }
        Ok(())
    }

    pub(super) fn refuse(&mut self, id: MeetingId, denial: Denial, cx: &mut Context<'_>) {
        self.post(id, Body::Deny { denial }, cx);
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
        let undecided = |m: &Meeting| m.link.is_none() && !matches!(m.stage, Stage::Admitting(_));
        let at_door = self.meetings.iter().filter(|(_, m)| m.mode == Mode::Door && undecided(m));
        let at_door: Vec<MeetingId> = at_door.map(|(id, _)| *id).collect();
        for id in at_door {
            self.remove_meeting(id, cx);
        }
        // Who is let in already, and not linked yet, is heard where it asked; nobody else is heard there any more.
        if let Some(older) = self.old_door.replace(old) {
            self.signal.leave(older, cx);
        }
        self.leave_old_door(cx);
        self.identity.door = Invitation::secret_of(self.id, cx.rng);
        self.door = Door::default();
        self.store_identity(cx);
        self.signal.join(self.identity.door.tag(), Role::Listen, cx);
        for (member, _) in self.members.linked() {
            cx.send(member, Frame::Door { secret: self.identity.door.clone() });
        }
        self.announce(cx);
        Ok(())
    }

    /// Nobody who was let in is on its way from the old door any more.
    pub(super) fn leave_old_door(&mut self, cx: &mut Context<'_>) {
        let Some(old) = self.old_door else { return };
        let from_there = |m: &Meeting| matches!(m.way, Way::Socket(tag, _) if tag == old);
        if !self.meetings.values().any(from_there) {
            self.signal.leave(old, cx);
            self.old_door = None;
        }
    }

    /// Member: the host has told where its door is now.
    pub(super) fn door_moved(
        &mut self,
        from: MemberId,
        secret: DoorSecret,
        cx: &mut Context<'_>,
    ) -> Result<(), Misbehavior> {
        if self.identity.host != Some(from) || self.is_host() {
            return Err(Misbehavior::NotHost);
        }
        self.door.moves_to = (self.identity.door != secret).then_some(secret);
        self.move_door(cx);
        Ok(())
    }

    /// Take in where the door is now, unless it moved just now.
    fn move_door(&mut self, cx: &mut Context<'_>) {
        if self.door.moved.is_some_and(|moved| cx.now < moved + DOOR_PACE) {
            return;
        }
        if let Some(secret) = self.door.moves_to.take() {
            self.door.moved = Some(cx.now);
            self.identity.door = secret;
            self.store_identity(cx);
            self.announce(cx);
        }
    }

    /// A card has vanished before anybody decided.
    pub(super) fn card_vanished(&mut self, cx: &mut Context<'_>) {
        if self.door.vanish(cx.now) {
            cx.event(Event::DoorQuiet { room: self.id, until_new_link: false });
        }
    }

    pub(super) fn door_timeout(&mut self, cx: &mut Context<'_>) {
        self.move_door(cx);
        if self.door.quiet_until.take_if(|until| *until <= cx.now).is_some() && !self.door.quiet {
            cx.event(Event::DoorListens { room: self.id });
        }
        self.leave_old_door(cx);
        self.knock_timeout(cx);
    }
}

#[cfg(test)]
mod tests;
