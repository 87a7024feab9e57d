//! How a room comes to be here: made, asked into, or opened again from what the store kept.

use super::door::Door;
use super::members::Members;
use super::{Identity, Membership, Phase, Room, SYNC, outbox, records};
use crate::base::error::CommandError;
use crate::base::id::{CommandId, MemberId, RoomId};
use crate::base::identity::{Keypair, Secret};
use crate::base::map::Map;
use crate::base::path::clean_person_name;
use crate::base::record;
use crate::base::set::Set;
use crate::cx::Context;
use crate::io::Event;
use crate::link::CONNECT;
use crate::log::Log;
use crate::meeting::invitation::{self, Invitation};
use crate::shelf::fetch::Fetching;
use crate::shelf::serve::Serving;
use crate::signal::Signal;
use alloc::collections::VecDeque;
use alloc::string::String;
use alloc::vec::Vec;
use signal_proto::Role;

impl Room {
    pub(crate) fn create(name: &str, command: CommandId, cx: &mut Context<'_>) -> Result<Self, CommandError> {
        let name = optional_name(name)?;
        let (seed, host, log) = founded(cx);
        let member = Membership { epoch: Secret::random(cx.rng), ret: Secret::random(cx.rng), admit: None };
        let identity = Identity {
            seed,
            door: Invitation::secret_of(log.digest().room(), cx.rng),
            room: log.digest().room(),
            name: name.clone(),
            host: Some(host),
            member: Some(member),
        };
        let mut room = Self::with(identity, Phase::Member);
        room.log = Some(log);
        room.store_identity(cx);
        room.draft(command, outbox::create(), cx);
        if !name.is_empty() {
            room.draft(command, outbox::name(name), cx);
        }
        room.start(cx);
        Ok(room)
    }

    pub(crate) fn join(link: &str, name: &str, cx: &mut Context<'_>) -> Result<Self, CommandError> {
        let invitation = Invitation::parse(link).map_err(|_| CommandError::UnknownRoom)?;
        let name = clean_person_name(name).map_err(|_| CommandError::BadName)?;
        let identity = Identity {
            seed: Secret::random(cx.rng),
            door: invitation.secret.clone(),
            room: invitation.room(),
            name,
            host: None,
            member: None,
        };
        let mut room = Self::with(identity, Phase::Knocking);
        room.store_identity(cx);
        room.start(cx);
        Ok(room)
    }

    pub(crate) fn open(
        records: &[(Vec<u8>, Vec<u8>)],
        link: Option<&str>,
        cx: &mut Context<'_>,
    ) -> Result<Self, CommandError> {
        let records = opened(records)?;
        let mut identity = stored_identity(&records)?;
        let member = identity.member.is_some();
        let invitation = link.map(Invitation::parse).transpose().map_err(|_| CommandError::UnknownRoom)?;
        if invitation.as_ref().is_some_and(|invitation| invitation.room() != identity.room) {
            return Err(CommandError::UnknownRoom);
        }
        // A member has the newest link from the host; the one in an address bar may be older.
        let other = invitation.map(|link| link.secret).filter(|door| !member && *door != identity.door);
        let asks_elsewhere = other.is_some();
        identity.door = other.unwrap_or(identity.door);
        let mut room = Self::with(identity, if member { Phase::Member } else { Phase::Knocking });
        if let Some(host) = room.identity.host.filter(|_| member) {
            let mut log = Log::new(host);
            let entries = records.iter().filter(|(key, _)| key.first() == Some(&records::ENTRY));
            log.restore(entries.map(|(_, content)| *content));
            let halves = records.iter().filter(|(key, _)| records::is_fork_half(key));
            log.restore_forks(halves.map(|(_, content)| *content));
            room.shown_forks = log.forked().collect();
            let ids: Vec<_> = log.in_order().into_iter().map(|placed| placed.id).collect();
            room.log = Some(log);
            room.start(cx);
            room.apply(&ids, &[], cx);
            room.restore_pages(&records);
            room.finish_what_a_crash_left(cx);
        } else {
            if asks_elsewhere {
                room.store_identity(cx);
            }
            room.start(cx);
        }
        Ok(room)
    }

    /// A crash between two records: a host's room without its beginning gets it now, a name that was kept but not
    /// told is told, and a room that was being left is left, once somebody has heard of it or had time to.
    fn finish_what_a_crash_left(&mut self, cx: &mut Context<'_>) {
        if self.phase != Phase::Member {
            return;
        }
        match self.members.person(&self.me) {
            Some(person) if person.left => self.ending = Some(cx.now + CONNECT),
            Some(_) => {
                self.tell_own_name(cx);
                self.close_what_is_whole(cx);
            }
            None if self.is_host() => {
                self.draft_own(outbox::create(), cx);
                self.tell_own_name(cx);
            }
            // The entry that let one in comes from the others.
            None => {}
        }
    }

    fn with(identity: Identity, phase: Phase) -> Self {
        let key = Keypair::from_seed(&identity.seed);
        let (id, me) = (identity.room, key.member());
        Self {
            id,
            identity,
            key,
            me,
            phase,
            log: None,
            members: Members::default(),
            signal: Signal::new(id),
            meetings: Map::new(),
            door: Door::default(),
            contacts: Map::new(),
            links: Map::new(),
            fetching: Fetching::new(id),
            serving: Serving::new(id),
            drafts: VecDeque::new(),
            storing: None,
            shown_forks: Set::new(),
            unkept_forks: Set::new(),
            old_door: None,
            sync: None,
            ending: None,
            durable: true,
        }
    }

    pub(super) fn start(&mut self, cx: &mut Context<'_>) {
        self.announce(cx);
        if self.phase == Phase::Member {
            self.sync = Some(cx.now + SYNC);
            self.signal.join(self.mesh_tag().expect("a member has an epoch"), Role::Mesh, cx);
            if self.is_host() {
                self.signal.join(self.identity.door.tag(), Role::Listen, cx);
            }
        } else {
            self.signal.join(self.identity.door.tag(), Role::Knock, cx);
        }
    }

    pub(super) fn announce(&mut self, cx: &mut Context<'_>) {
        cx.event(Event::RoomReady {
            room: self.id,
            link: Invitation::new(self.identity.door.clone(), self.id).fragment().into(),
            me: self.me,
            host: self.is_host(),
            member: self.phase == Phase::Member,
            name: self.identity.name.clone(),
        });
    }
}

/// A room of somebody new: whose name goes into the link, so one is taken that travels well.
fn founded(cx: &mut Context<'_>) -> (Secret, MemberId, Log) {
    let mut tries = 0;
    loop {
        tries += 1;
        let seed = Secret::random(cx.rng);
        let host = Keypair::from_seed(&seed).member();
        let log = Log::new(host);
        if tries == invitation::TRIES || Invitation::travels_well_to(log.digest().room()) {
            return (seed, host, log);
        }
    }
}

/// A record's key and what is in it.
pub(super) type Record<'a> = (&'a [u8], &'a [u8]);

/// All records without their version: of another one none is read, and none is left out either.
fn opened(records: &[(Vec<u8>, Vec<u8>)]) -> Result<Vec<Record<'_>>, CommandError> {
    records.iter().map(|(key, value)| Ok((key.as_slice(), record::open(value)?))).collect()
}

fn stored_identity(records: &[Record<'_>]) -> Result<Identity, CommandError> {
    let identity = records.iter().find(|(key, _)| *key == records::IDENTITY);
    identity.and_then(|(_, content)| postcard::from_bytes(content).ok()).ok_or(CommandError::BadRecords)
}

/// Which room these records are of.
pub(crate) fn stored_room(records: &[(Vec<u8>, Vec<u8>)]) -> Result<RoomId, CommandError> {
    stored_identity(&opened(records)?).map(|identity| identity.room)
}

fn optional_name(name: &str) -> Result<String, CommandError> {
    if name.trim().is_empty() {
        Ok(String::new())
    } else {
        clean_person_name(name).map_err(|_| CommandError::BadName)
    }
}
