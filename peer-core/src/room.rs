//! One room: members, door, links, and one of each feature. It routes between them and owns what they share;
//! features never call each other. PROTOCOL.md throughout.
//!
//! The rest of `impl Room` is by concept: `open` (made, asked into, opened again), `knocking` and `door` (knocking and
//! answering), `mesh` and `neighbour` (member to member), `members` (everybody's row), `meet` (what all meetings share),
//! `links` (links coming, talking, going), `outbox` (own entries out), `entries` (everybody's in), `meaning` (what an entry
//! does), `records` (keys of what is stored).

mod door;
mod entries;
mod knocking;
mod links;
mod meaning;
mod meet;
mod members;
mod mesh;
mod neighbour;
mod open;
mod outbox;
mod records;

use crate::base::door_secret::{DoorSecret, short_tag};
use crate::base::error::{CommandError, Misbehavior, StoreFailure};
use crate::base::id::{CommandId, FileId, KnockId, LinkId, MemberId, RequestId, RoomId};
use crate::base::identity::{Keypair, Secret, context, derive};
use crate::base::map::Map;
use crate::base::path::{SafeName, clean_person_name};
use crate::base::record;
use crate::base::set::Set;
use crate::base::time::Instant;
use crate::cx::{Context, Waiting};
use crate::io::{Command, Event, LinkInput, MAX_FILES, NewFile, Reason, SignalInput, StoreOp};
use crate::link::Link;
use crate::log::Log;
use crate::log::chat;
use crate::meeting::envelope::MeetingId;
use crate::meeting::{Meeting, Way};
use crate::shelf::fetch::Fetching;
use crate::shelf::serve::Serving;
use crate::signal::{Heard, Signal};
use alloc::collections::VecDeque;
use alloc::string::String;
use alloc::vec::Vec;
use core::time::Duration;
use door::Door;
use members::Members;
use mesh::Contact;
pub(crate) use open::stored_room;
use outbox::{Draft, Storing};
use serde::{Deserialize, Serialize};
use signal_proto::{Handle, Tag};

/// Logs are compared this often, besides whenever a link comes up.
const SYNC: Duration = Duration::from_secs(30);
/// How long an ending room waits for its members to have heard of it.
const ENDING: Duration = Duration::from_secs(3);

/// Who one is in a room: the record that makes a reloaded tab the same member again.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Identity {
    seed: Secret,
    /// S of the room's link.
    door: DoorSecret,
    room: RoomId,
    name: String,
    /// Known once the host has proved itself.
    host: Option<MemberId>,
    /// What a member was given.
    member: Option<Membership>,
}

#[derive(Clone, Serialize, Deserialize)]
struct Membership {
    /// E_0.
    epoch: Secret,
    /// R: for coming back after an epoch that was missed.
    ret: Secret,
    /// The host's entry that let one in; the host itself has none.
    admit: Option<Vec<u8>>,
}

impl Membership {
    /// R of a member: the host derives each one's from its own, so that it need not keep them.
    fn return_secret(&self, member: &MemberId) -> Secret {
        Secret::new(derive(context::RETURN, &[self.ret.expose(), &member.0]))
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Phase {
    /// A guest that asks to come in.
    Knocking,
    Denied,
    Member,
    /// The host has ended the room.
    Ended,
    /// Nothing more happens here; the peer forgets the room.
    Closed,
}

pub(crate) struct Room {
    pub(crate) id: RoomId,
    identity: Identity,
    key: Keypair,
    me: MemberId,
    phase: Phase,
    log: Option<Log>,
    members: Members,
    signal: Signal,
    meetings: Map<MeetingId, Meeting>,
    door: Door,
    contacts: Map<Handle, Contact>,
    links: Map<LinkId, Link>,
    fetching: Fetching,
    serving: Serving,
    drafts: VecDeque<Draft>,
    storing: Option<Storing>,
    /// Who was shown to contradict itself; and whose proof is still to be kept.
    shown_forks: Set<MemberId>,
    unkept_forks: Set<MemberId>,
    /// Who was asked in under a link that is not the newest any more: it hears us there until that is done.
    old_door: Option<Tag>,
    sync: Option<Instant>,
    ending: Option<Instant>,
    /// Whether the store still keeps this room.
    durable: bool,
}

impl Room {
    fn is_host(&self) -> bool {
        self.identity.host == Some(self.me)
    }

    fn mesh_tag(&self) -> Option<Tag> {
        let member = self.identity.member.as_ref()?;
        Some(short_tag(derive(context::MESH_TAG, &[member.epoch.expose()])))
    }

    fn mesh_psk(&self) -> Option<Secret> {
        let member = self.identity.member.as_ref()?;
        Some(Secret::new(derive(context::MESH_PSK, &[member.epoch.expose()])))
    }

    /// Whether the peer may forget the room.
    pub(crate) fn is_closed(&self) -> bool {
        self.phase == Phase::Closed
    }

    // ------------------------------------------------------------ commands

    pub(crate) fn submit(
        &mut self,
        command: Command,
        id: CommandId,
        cx: &mut Context<'_>,
    ) -> Result<(), CommandError> {
        match command {
            Command::CreateRoom { .. } | Command::OpenRoom { .. } => Err(CommandError::RoomOpen),
            Command::JoinRoom { link, name } => self.knock_again(&link, &name, cx),
            Command::Admit { knock, .. } => self.admit(knock, id, cx),
            Command::Deny { knock, .. } => self.deny(knock, cx),
            Command::Share { files, .. } => self.share(files, id, cx),
            Command::Supply { file, new, .. } => self.supply(file, &new, cx),
            Command::Fetch { file, sink, .. } => self.member()?.fetching.fetch(file, sink, cx),
            Command::Pause { file, .. } => self.fetching.pause(file, true, cx),
            Command::Resume { file, .. } => self.fetching.pause(file, false, cx),
            Command::Cancel { file, .. } => self.fetching.cancel(file, cx),
            Command::Withdraw { share, .. } => self.withdraw(share, id, cx),
            Command::Say { text, sent_at, .. } => {
                let payload = chat::say(text, sent_at)?;
                self.member()?.room_for(&payload)?;
                self.draft(id, payload, cx);
                Ok(())
            }
            Command::Rename { name, .. } => self.rename(&name, id, cx),
            Command::NewLink { .. } => self.new_link(cx),
            Command::Leave { .. } => self.leave(id, cx),
            Command::EndRoom { .. } if !self.is_host() => Err(CommandError::NotHost),
            Command::EndRoom { .. } => self.leave(id, cx),
            Command::Close { .. } => {
                self.close(false, cx);
                Ok(())
            }
        }
    }

    fn member(&mut self) -> Result<&mut Self, CommandError> {
        match self.phase {
            Phase::Member if self.ending.is_some() => Err(CommandError::Ended),
            Phase::Member => Ok(self),
            Phase::Knocking | Phase::Denied => Err(CommandError::NotMember),
            Phase::Ended | Phase::Closed => Err(CommandError::Ended),
        }
    }

    fn share(
        &mut self,
        files: Vec<NewFile>,
        id: CommandId,
        cx: &mut Context<'_>,
    ) -> Result<(), CommandError> {
        self.member()?;
        let (payload, sources) = outbox::share(files)?;
        self.room_for(&payload)?;
        self.draft_share(id, payload, sources, cx);
        Ok(())
    }

    fn supply(&mut self, file: FileId, new: &NewFile, cx: &mut Context<'_>) -> Result<(), CommandError> {
        self.member()?;
        let shared = self.own_file(file).ok_or(CommandError::UnknownFile)?.name.clone();
        // Twins in one share got a number behind their name, so compare with every such form of the chosen one.
        let mut forms = alloc::vec![SafeName::from_local(&new.name); MAX_FILES];
        SafeName::deduplicate(&mut forms);
        if !forms.contains(&shared) {
            return Err(CommandError::OtherFile);
        }
        self.serving.supply(file, new, cx)
    }

    fn rename(&mut self, name: &str, id: CommandId, cx: &mut Context<'_>) -> Result<(), CommandError> {
        let name = clean_person_name(name).map_err(|_| CommandError::BadName)?;
        if self.ending.is_some() {
            return Err(CommandError::Ended);
        }
        // At the door it was perhaps told already: written down once there is a log of one's own to write to.
        let is_told = matches!(self.phase, Phase::Member | Phase::Knocking);
        let payload = outbox::name(name.clone());
        if is_told {
            self.room_for(&payload)?;
        }
        self.identity.name = name;
        // What was kept of a room that one was sent away from is deleted, and stays so.
        if is_told || self.phase == Phase::Ended {
            self.store_identity(cx);
        }
        if is_told {
            self.draft(id, payload, cx);
        }
        self.announce(cx);
        Ok(())
    }

    fn leave(&mut self, id: CommandId, cx: &mut Context<'_>) -> Result<(), CommandError> {
        if self.phase == Phase::Member {
            if self.ending.is_none() {
                self.draft_leave(id, cx);
            }
            self.ending = Some(cx.now + ENDING);
        } else {
            self.cancel_knock(cx);
            self.close(true, cx);
        }
        Ok(())
    }

    /// Stop everything; `forget`: nothing of the room is kept.
    fn close(&mut self, forget: bool, cx: &mut Context<'_>) {
        self.flush_meetings(cx);
        let links: Vec<LinkId> = self.links.keys().copied().collect();
        for link in links {
            self.hang_up(link, cx);
        }
        self.signal.stop(cx);
        self.meetings.clear();
        if forget {
            cx.store(StoreOp::DeleteRoom { room: self.id });
        }
        if self.phase != Phase::Closed {
            self.phase = Phase::Closed;
            cx.event(Event::RoomClosed { room: self.id });
        }
    }

    /// The host has ended the room: what was finished stays, nothing new happens.
    fn end(&mut self, cx: &mut Context<'_>) {
        if self.phase == Phase::Member && !self.is_host() {
            let links: Vec<LinkId> = self.links.keys().copied().collect();
            for link in links {
                self.hang_up(link, cx);
            }
            self.signal.stop(cx);
            self.phase = Phase::Ended;
            cx.event(Event::RoomEnded { room: self.id });
        }
    }

    // ------------------------------------------------------------ the world

    pub(crate) fn signal(&mut self, input: SignalInput, cx: &mut Context<'_>) {
        self.door.hidden |= matches!(input, SignalInput::Disconnected { .. } | SignalInput::Connected);
        let Some(heard) = self.signal.handle(input, cx) else { return };
        let mesh = self.mesh_tag();
        match heard {
            Heard::Joined(tag, handles) if Some(tag) == mesh => self.mesh_joined(&handles, cx),
            Heard::Joined(tag, handles) => self.door_joined(tag, &handles, cx),
            Heard::Attached(tag, handle) if Some(tag) == mesh => self.mesh_attached(handle, cx),
            Heard::Attached(tag, handle) => self.door_attached(tag, handle, cx),
            Heard::Detached(tag, handle) if Some(tag) == mesh => {
                self.contacts.remove(&handle);
            }
            Heard::Detached(tag, handle) => self.door_detached(tag, handle, cx),
            Heard::Refused => {}
            Heard::Envelope(tag, from, bytes) => self.envelope(Way::Socket(tag, from), &bytes, cx),
        }
    }

    pub(crate) fn link(&mut self, link: LinkId, input: LinkInput, cx: &mut Context<'_>) {
        if self.links.contains_key(&link)
            && let Err(violation) = self.link_input(link, input, cx)
        {
            self.misbehaved(link, violation, cx);
        }
    }

    pub(crate) fn stored(
        &mut self,
        request: RequestId,
        waiting: Waiting,
        result: Result<Vec<u8>, StoreFailure>,
        cx: &mut Context<'_>,
    ) {
        match waiting {
            Waiting::Record => {
                if let Err(reason) = result {
                    self.not_stored(reason, cx);
                }
            }
            Waiting::Draft => self.draft_stored(result.err(), cx),
            Waiting::Fetching => self.fetching.stored(request, &result, cx),
            Waiting::Serving => self.served(request, result, cx),
        }
    }

    fn served(&mut self, request: RequestId, result: Result<Vec<u8>, StoreFailure>, cx: &mut Context<'_>) {
        let Some(log) = &self.log else { return };
        let done = self.serving.stored(request, result, &self.key, log.digest(), cx);
        if let Some(reason) = done.not_stored {
            self.not_stored(reason, cx);
        }
        for (link, chunk) in done.chunks {
            if let Some(link) = self.links.get_mut(&link) {
                link.send_chunk(chunk);
            }
        }
        self.close_what_is_whole(cx);
    }

    pub(crate) fn timeout(&mut self, cx: &mut Context<'_>) {
        self.signal.handle_timeout(cx);
        self.meetings_timeout(cx);
        self.door_timeout(cx);
        self.mesh_timeout(cx);
        self.distant_timeout(cx);
        self.links_timeout(cx);
        self.fetching.handle_timeout(cx);
        if self.sync.is_some_and(|due| due <= cx.now) {
            self.sync = Some(cx.now + SYNC);
            self.sync_all(cx);
            self.look_around(cx);
        }
        if self.ending.is_some_and(|due| due <= cx.now) {
            self.ending = Some(cx.now + ENDING);
            if self.give_way_to_leave(cx) {
                self.hurry_ending(cx);
            } else {
                self.close(true, cx);
            }
        }
    }

    pub(crate) fn next_timeout(&self) -> Option<(Instant, Reason)> {
        if self.phase == Phase::Closed {
            return None;
        }
        let meetings = self.meetings.values().filter_map(Meeting::next_timeout);
        let contacts = self.contacts.values().filter_map(|contact| contact.dial);
        let distant = self.members.distant().map(|(_, distant)| distant.dial);
        let times = [
            (self.signal.next_timeout(), Reason::Reconnect),
            (meetings.chain(contacts).chain(distant).chain(self.door.next_timeout()).min(), Reason::Meeting),
            (self.links.values().map(Link::next_timeout).min(), Reason::Link),
            (self.fetching.next_timeout(), Reason::Transfer),
            (self.sync.into_iter().chain(self.ending).min(), Reason::Sync),
        ];
        times.into_iter().filter_map(|(time, reason)| Some((time?, reason))).min()
    }

    /// After every input: let features ask and read, then send what has become ready.
    pub(crate) fn settle(&mut self, cx: &mut Context<'_>) {
        if self.phase == Phase::Closed {
            cx.frames.clear();
            return;
        }
        self.fetching.drive(cx);
        let links = &self.links;
        self.serving.drive(
            |link| links.get(&link).is_some_and(|l| l.bulk_waiting() < crate::shelf::serve::READ_AHEAD),
            cx,
        );
        for (to, frame) in core::mem::take(&mut cx.frames) {
            let links: Vec<LinkId> = match to {
                Some(member) => self.members.link(&member).into_iter().collect(),
                None => self.members.linked().map(|(_, link)| link).collect(),
            };
            for link in links {
                let sent = self.links.get_mut(&link).map(|link| link.send(&frame));
                if let Some(Err(violation)) = sent {
                    self.misbehaved(link, violation, cx);
                }
            }
        }
        self.flush_meetings(cx);
        for link in self.links.values_mut() {
            link.flush(self.log.as_ref(), cx);
        }
    }

    fn flush_meetings(&mut self, cx: &mut Context<'_>) {
        let due = self.meetings.values_mut().map(|meeting| (meeting.ways(), meeting.outgoing(cx.now)));
        let due: Vec<(Vec<Way>, Vec<Vec<u8>>)> = due.collect();
        for (ways, envelopes) in due {
            for envelope in envelopes {
                for way in &ways {
                    self.transmit(*way, envelope.clone(), cx);
                }
            }
        }
    }

    // ------------------------------------------------------------ the store

    fn store_identity(&mut self, cx: &mut Context<'_>) {
        let value = postcard::to_allocvec(&self.identity).expect("postcard into a Vec has no failure here");
        self.put(records::IDENTITY.to_vec(), value, cx);
    }

    /// The room goes on in memory. What was kept of it is forgotten: a reload that found half of it would write
    /// entries with numbers that are taken.
    fn not_stored(&mut self, reason: StoreFailure, cx: &mut Context<'_>) {
        if self.forget_records(cx) {
            cx.event(Event::NotStored { room: self.id, reason });
        }
    }

    /// Nothing is kept of the room any more; whether anything was.
    fn forget_records(&mut self, cx: &mut Context<'_>) -> bool {
        let kept = core::mem::replace(&mut self.durable, false);
        if kept {
            self.serving.durable = false;
            cx.store(StoreOp::DeleteRecords { room: self.id });
        }
        kept
    }

    /// Keep a record; nothing waits for it.
    fn put(&mut self, key: Vec<u8>, value: Vec<u8>, cx: &mut Context<'_>) {
        if !self.durable {
            return;
        }
        let request = cx.ids.request(self.id, Waiting::Record);
        cx.store(StoreOp::Put { request, room: self.id, key, value: record::seal(&value).into() });
    }

    fn misbehaved(&mut self, link: LinkId, violation: Misbehavior, cx: &mut Context<'_>) {
        let member = self.links.get(&link).filter(|link| link.is_up()).map(|link| link.member);
        cx.event(Event::Misbehaved { room: self.id, member, violation });
        self.lose(link, crate::io::LostReason::Misbehaved, cx);
    }
}

/// A knock's id and what it belongs to.
type Knock = (KnockId, MeetingId);
