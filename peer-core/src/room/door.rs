//! The host's side of the door: somebody knocks, a person decides. PROTOCOL.md, *Meeting at the door*.
//!
//! Before a person (or the log, for who was let in before) says yes, no RTCPeerConnection exists on either side
//! and neither has learned the other's address.

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
use crate::meeting::conduit::accept;
use crate::meeting::envelope::{Body, Denial, Header, MeetingId, Mode};
use crate::meeting::handshake::{Authenticated, Deciding, ExpectGuest, Unproven};
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
/// Most handles and keys remembered for these limits.
const MAX_REMEMBERED: usize = 256;

/// What the host remembers about its door, and when a guest tries again.
pub(super) struct Door {
    openings: Map<Handle, (Instant, Rate)>,
    denials: Rate,
    denied: Map<MemberId, u32>,
    quiet: bool,
    /// Guest: something else than the digits is shown, though the knock may still stand.
    pub(super) hidden: bool,
    pub(super) retry: Option<Instant>,
}

impl Default for Door {
    fn default() -> Self {
        Self {
            openings: Map::new(),
            denials: Rate::new(MAX_DENIALS, MINUTE),
            denied: Map::new(),
            quiet: false,
            hidden: false,
            retry: None,
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
        rate.take(1, now) && !self.quiet
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
        self.signal.prepare_relay(tag, cx);
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
        if comes_back {
            self.post(id, reveal, cx);
            self.admit_meeting(id, deciding.admitted(), cx);
        } else if self.door.is_muted(&guest) {
            self.refuse(id, Denial::ByPerson, cx);
        } else if waiting >= MAX_KNOCKS || is_full {
            self.refuse(id, Denial::Full, cx);
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
        let admitting =
            self.meetings.values().filter(|meeting| matches!(meeting.stage, Stage::Admitting(_))).count();
        if self.log.as_ref().is_none_or(|log| log.admitted().count() + admitting >= MAX_MEMBERS) {
            return Err(CommandError::Full);
        }
        let (id, deciding) = self.deciding(knock)?;
        let payload = crate::log::entry::Payload::Admit {
            member: deciding.guest(),
            name: String::from(deciding.name()),
        };
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
            cx.event(Event::DoorQuiet { room: self.id });
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
        for (member, _) in self.members.linked() {
            cx.send(member, Frame::Door { secret: self.identity.door.clone() });
        }
        self.announce(cx);
        Ok(())
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
        if self.identity.door != secret {
            self.identity.door = secret;
            self.store_identity(cx);
            self.announce(cx);
        }
        Ok(())
    }
}
