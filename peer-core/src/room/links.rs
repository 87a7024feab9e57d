//! Links: opened by a meeting, confirmed on their own lane, then the way of everything else.

use super::{Phase, Room};
use crate::base::error::Misbehavior;
use crate::base::id::{LinkId, MemberId};
use crate::cx::{Context, LANE};
use crate::description::Description;
use crate::io::{Channel, Event, LinkInput, LinkOp, LinkState, LostReason};
use crate::link::{CONNECT, Link};
use crate::meeting::envelope::{Body, MeetingId, Mode};
use crate::meeting::handshake::{Authenticated, Session};
use crate::meeting::{Meeting, Stage, Talk};
use crate::wire::{Bulk, Frame, Scope};
use alloc::collections::VecDeque;
use alloc::vec::Vec;

impl Room {
    // ------------------------------------------------------------ coming up

    /// The other end is authenticated: open a lane as offerer. Its offer goes out when it is there.
    pub(super) fn open_link(&mut self, id: MeetingId, peer: Authenticated, cx: &mut Context<'_>) {
        let member = peer.member();
        let link = self.new_link_to(id, peer, cx);
        cx.link(link, LinkOp::OpenAsOfferer { turn: self.signal.turn(cx.now) });
        self.show_connecting(member, cx);
    }

    /// Open a lane from the other end's offer.
    pub(super) fn answer_offer(
        &mut self,
        id: MeetingId,
        peer: Authenticated,
        offer: &Description,
        cx: &mut Context<'_>,
    ) {
        let member = peer.member();
        let link = self.new_link_to(id, peer, cx);
        if let Some(link) = self.links.get_mut(&link) {
            link.lane.opened_with(offer);
        }
        let turn = self.signal.turn(cx.now);
        cx.link(link, LinkOp::OpenAsAnswerer { offer: offer.render_offer(), turn });
        self.show_connecting(member, cx);
    }

    fn new_link_to(&mut self, id: MeetingId, peer: Authenticated, cx: &mut Context<'_>) -> LinkId {
        let link = cx.ids.link(self.id);
        self.links.insert(link, Link::new(link, peer.member(), id, cx.now));
        if let Some(meeting) = self.meetings.get_mut(&id) {
            meeting.stage = Stage::Connecting(peer);
            meeting.link = Some(link);
            // The link has its own time from here on; the meeting ends with it.
            meeting.deadline = Some(cx.now + CONNECT * 2);
            meeting.renew = None;
            meeting.redial.clear();
        }
        link
    }

    fn show_connecting(&mut self, member: MemberId, cx: &mut Context<'_>) {
        if self.members.link(&member).is_none() {
            cx.event(Event::LinkState { room: self.id, member, state: LinkState::Connecting });
        }
    }

    /// What the other end says while the lane comes up.
    pub(super) fn connecting(
        &mut self,
        id: MeetingId,
        peer: Authenticated,
        body: Body,
        cx: &mut Context<'_>,
    ) {
        let link = self.meetings.get(&id).and_then(|meeting| meeting.link);
        if let (Body::Offer { offer }, None) = (&body, link) {
            return self.answer_offer(id, peer, offer, cx);
        }
        self.set_stage(id, Stage::Connecting(peer));
        let Some(link) = link.and_then(|link| self.links.get_mut(&link)) else { return };
        let result = match body {
            Body::Answer { answer } => link.lane.remote_answer(&answer, cx),
            Body::Candidates { candidates, end } => link.lane.remote_candidates(candidates, end, cx),
            // Late repeats of earlier steps.
            Body::Proof { .. }
            | Body::Claim { .. }
            | Body::Reveal { .. }
            | Body::Welcome { .. }
            | Body::Offer { .. }
            | Body::Deny { .. }
            | Body::Renew
            | Body::Cancel => Ok(()),
        };
        if let Err(violation) = result {
            let link = link.id;
            self.misbehaved(link, violation, cx);
        }
    }

    pub(super) fn link_input(
        &mut self,
        id: LinkId,
        input: LinkInput,
        cx: &mut Context<'_>,
    ) -> Result<(), Misbehavior> {
        let Some(link) = self.links.get_mut(&id) else { return Ok(()) };
        match input {
            LinkInput::LocalDescription(sdp) => {
                let description = link.lane.local_description(&sdp)?;
                self.describe(id, description, cx);
            }
            LinkInput::LocalCandidate(line) => {
                let meeting = link.meeting;
                let candidate = line.as_deref().and_then(|line| link.lane.local_candidate(line));
                let end = line.is_none();
                if end {
                    link.lane.local_candidates_ended();
                }
                if candidate.is_some() || end {
                    self.post(
                        meeting,
                        Body::Candidates { candidates: candidate.into_iter().collect(), end },
                        cx,
                    );
                }
            }
            LinkInput::Connected { remote_fingerprint, relayed } => {
                link.lane.set_connected(remote_fingerprint, relayed);
                self.confirm(id, cx)?;
            }
            LinkInput::Path { relayed } => {
                if link.set_path(relayed) {
                    let (member, state) = (link.member, link.state());
                    cx.event(Event::LinkState { room: self.id, member, state });
                }
            }
            LinkInput::Open(channel) => {
                link.set_open(channel, cx.now);
                self.confirm(id, cx)?;
            }
            LinkInput::Writable(channel, bytes) => link.lane.set_credit(channel, bytes),
            LinkInput::Data(channel, bytes) => {
                link.heard(cx.now);
                if !link.is_up() {
                    if channel != Channel::Control {
                        return Err(Misbehavior::Unconfirmed);
                    }
                    link.keep_early(bytes.0)?;
                    return self.confirm(id, cx);
                }
                match channel {
                    Channel::Control if !link.allowance.may_talk(cx.now) => return Err(Misbehavior::TooFast),
                    Channel::Control => self.frame(id, &bytes, cx)?,
                    Channel::Bulk => self.fetching.bulk(id, Bulk::decode(&bytes)?, cx)?,
                }
            }
            LinkInput::Closed { was_connected } => {
                let reason = if was_connected {
                    LostReason::Closed
                } else if link.lane.is_described() {
                    LostReason::NoPath
                } else {
                    // The platform gave it up before it had begun.
                    LostReason::NoAddress
                };
                self.lose(id, reason, cx);
            }
        }
        Ok(())
    }

    /// Our description is there: T2 or T3 goes out.
    fn describe(&mut self, id: LinkId, description: Description, cx: &mut Context<'_>) {
        let Some(link) = self.links.get(&id) else { return };
        let (meeting, member) = (link.meeting, link.member);
        let Some(Meeting { mode, initiator, .. }) = self.meetings.get(&meeting) else { return };
        let body = match (mode, initiator) {
            (_, true) => Some(Body::Answer { answer: description }),
            (Mode::Mesh, false) => Some(Body::Offer { offer: description }),
            (Mode::Door, false) => self.welcome(member, description),
        };
        if let Some(body) = body {
            self.post(meeting, body, cx);
        }
    }

    fn welcome(&self, member: MemberId, offer: Description) -> Option<Body> {
        let (log, membership) = (self.log.as_ref()?, self.identity.member.as_ref()?);
        let create = log.first_of(&log.host())?.entry.encode();
        let admit = log.admission_of(&member)?.entry.encode();
        let (epoch, ret) = (membership.epoch.clone(), membership.return_secret(&member));
        Some(Body::Welcome { create, admit, epoch, ret, offer })
    }

    /// Once DTLS and both channels are up: send the confirmation, and check the other end's when it is there.
    fn confirm(&mut self, id: LinkId, cx: &mut Context<'_>) -> Result<(), Misbehavior> {
        let Some(link) = self.links.get_mut(&id).filter(|link| !link.is_up()) else { return Ok(()) };
        let Some(ready) = link.lane.ready() else { return Ok(()) };
        let (own, seen) = ready?;
        let meeting = link.meeting;
        let Some(conduit) = self.meetings.get_mut(&meeting).and_then(Meeting::conduit) else { return Ok(()) };
        link.lane.send_confirmation(|| {
            conduit.seal_lane(LANE, &own, &seen).expect("the one lane of its meeting, confirmed once")
        });
        let Some(frame) = link.next_early() else { return Ok(()) };
        // Ours must have left before the meeting, that sealed it, is spent.
        let (Stage::Connecting(peer), Talk::Open(conduit)) = self.take_meeting(meeting) else {
            return Err(Misbehavior::BadHandshake);
        };
        let session =
            Session::confirm(peer, *conduit, LANE, &own, &seen, &frame).map_err(|other_certificates| {
                if other_certificates { Misbehavior::FingerprintMismatch } else { Misbehavior::Unconfirmed }
            })?;
        self.link_up(id, session, cx)
    }

    fn take_meeting(&mut self, id: MeetingId) -> (Stage, Talk) {
        let meeting = self.meetings.remove(&id).expect("its conduit was just used");
        (meeting.stage, meeting.talk)
    }

    fn link_up(&mut self, id: LinkId, session: Session, cx: &mut Context<'_>) -> Result<(), Misbehavior> {
        let member = session.member();
        if self.is_full_without(&member) {
            // All places were taken while it came up.
            self.lose(id, LostReason::Closed, cx);
            return Ok(());
        }
        if let Some(old) = self.members.set_link(member, id) {
            // The other end has started afresh; what it was told over the old link is not counted on.
            if let Some(old) = self.links.remove(&old) {
                self.members.keep_allowance(member, old.allowance);
            }
            cx.ids.links.remove(&old);
            self.serving.link_down(old);
            cx.link(old, LinkOp::Close);
        }
        let link = self.links.get_mut(&id).expect("asked by the caller");
        link.set_up(session, cx.now);
        link.allowance = self.members.allowance(&member);
        let (state, early) = (link.state(), link.take_early());
        cx.event(Event::LinkState { room: self.id, member, state });
        if !self.is_host() {
            // A guest is through the door: it is not needed any more.
            self.signal.leave(self.identity.door.tag(), cx);
        }
        if let Some(log) = &self.log {
            cx.send(member, Frame::Heads { scope: Scope::All, heads: log.heads() });
        }
        if self.is_host() {
            cx.send(member, Frame::Door { secret: self.identity.door.clone() });
        }
        for have in self.fetching.haves() {
            cx.send(member, have);
        }
        self.fetching.link_up(member, id, cx);
        self.process_early(id, early, cx)
    }

    fn process_early(
        &mut self,
        id: LinkId,
        early: VecDeque<Vec<u8>>,
        cx: &mut Context<'_>,
    ) -> Result<(), Misbehavior> {
        for bytes in early {
            self.frame(id, &bytes, cx)?;
        }
        Ok(())
    }

    // ------------------------------------------------------------ talking

    /// A control frame of an authenticated peer.
    fn frame(&mut self, id: LinkId, bytes: &[u8], cx: &mut Context<'_>) -> Result<(), Misbehavior> {
        let Some(member) = self.links.get(&id).and_then(Link::session).map(Session::member) else {
            return Ok(());
        };
        let Some(frame) = Frame::decode(bytes)? else { return Ok(()) };
        match frame {
            Frame::Ping => cx.send(member, Frame::Pong),
            Frame::Pong => {}
            Frame::Heads { scope, heads } => self.heads(id, scope, &heads, cx),
            Frame::Entries(entries) => self.entries(id, &entries, cx)?,
            Frame::PageRequest { file, segment } => self.serving.page_request(member, file, segment, cx)?,
            Frame::Page(page) => {
                if let Some(log) = &self.log {
                    self.fetching.page(page, log.digest(), cx)?;
                }
            }
            Frame::ChunkRequest { request, file, chunk } => {
                self.serving.chunk_request(member, id, request, file, chunk, cx)?;
            }
            Frame::Cancel { request } => {
                self.serving.cancel(id, request);
                if let Some(link) = self.links.get_mut(&id) {
                    link.cancel_chunk(request);
                }
            }
            Frame::Refused { file, refusal } => self.fetching.refused(member, file, refusal, cx),
            Frame::Available { file } => self.fetching.available(member, file, cx),
            Frame::Have { file, verified } => {
                let heard = self.links.get_mut(&id).is_some_and(|link| link.allowance.may_say_have(cx.now));
                if let Some(size) = self.size_of(file).filter(|_| heard) {
                    let verified = verified.min(size);
                    cx.event(Event::Have { room: self.id, file, member, verified });
                }
            }
            Frame::Bye => self.lose(id, LostReason::Closed, cx),
            Frame::Door { secret } => self.door_moved(member, secret, cx)?,
            Frame::Pass { to, envelope } => self.pass(id, member, to, envelope, cx),
            Frame::Passed { from, envelope } => self.passed(id, member, from, &envelope, cx),
            Frame::NotPassed { to } => self.not_passed(member, to, cx),
        }
        Ok(())
    }

    fn size_of(&self, file: crate::base::id::FileId) -> Option<u64> {
        match &self.log.as_ref()?.entry(&file.share)?.payload {
            crate::log::entry::Payload::Share { files } => {
                files.get(usize::from(file.index)).map(|file| file.size)
            }
            _ => None,
        }
    }

    // ------------------------------------------------------------ going

    /// A link is gone, whoever's doing it was; whoever may be reached is called again.
    pub(super) fn lose(&mut self, id: LinkId, reason: LostReason, cx: &mut Context<'_>) {
        let Some(link) = self.links.remove(&id) else { return };
        let reason = if reason == LostReason::NoPath { link.lane.why_not() } else { reason };
        cx.ids.links.remove(&id);
        cx.link(id, LinkOp::Close);
        self.meetings.remove(&link.meeting);
        if self.members.unlink(&link.member, id) {
            self.members.keep_allowance(link.member, link.allowance);
        }
        self.serving.link_down(id);
        self.fetching.link_down(id, cx);
        let replaced = self.links.values().any(|other| other.member == link.member);
        if !replaced && self.phase == Phase::Member {
            cx.event(Event::LinkState {
                room: self.id,
                member: link.member,
                state: LinkState::Lost { reason },
            });
            let troubles = self.members.count_trouble(link.member, link.up_for(cx.now));
            self.mesh_lost(link.member, troubles, cx);
        }
        if reason == LostReason::Silent {
            // The network may have changed under the socket too.
            self.signal.restart(cx);
        }
    }

    /// Close a link politely.
    pub(super) fn hang_up(&mut self, id: LinkId, cx: &mut Context<'_>) {
        if let Some(mut link) = self.links.remove(&id) {
            // A full queue has no room for manners; the closing says it too.
            let _ = link.send(&Frame::Bye);
            link.flush(self.log.as_ref(), cx);
            cx.ids.links.remove(&id);
            if self.members.unlink(&link.member, id) {
                self.members.keep_allowance(link.member, link.allowance);
            }
            self.meetings.remove(&link.meeting);
            self.serving.link_down(id);
            self.fetching.link_down(id, cx);
            cx.link(id, LinkOp::Close);
        }
    }

    pub(super) fn links_timeout(&mut self, cx: &mut Context<'_>) {
        let lost: Vec<(LinkId, LostReason)> = self
            .links
            .iter_mut()
            .filter_map(|(id, link)| link.handle_timeout(cx.now).err().map(|reason| (*id, reason)))
            .collect();
        for (id, reason) in lost {
            self.lose(id, reason, cx);
        }
    }
}

// The window of one member must fit the queue that serves it.
const _: () = assert!(crate::shelf::fetch::WINDOW <= crate::shelf::serve::MAX_REQUESTS);
