//! What binds two members: a session over a lane, queues by priority and back-pressure by credit. PROTOCOL.md, *Lanes*.
//!
//! A link that is not up yet has no [`Session`], and nothing but the confirmation is read from it or sent.

pub(crate) mod allowance;
pub(crate) mod lane;
pub(crate) mod rate;
mod words;

use crate::base::error::Misbehavior;
use crate::base::id::{EntryId, LinkId, MemberId};
use crate::base::map::Map;
use crate::base::set::Set;
use crate::base::time::Instant;
use crate::cx::Context;
use crate::io::{Channel, LinkState, LostReason};
use crate::log::Log;
use crate::meeting::envelope::MeetingId;
use crate::meeting::handshake::Session;
use crate::wire::{BULK_BYTES, BULK_HEADER, Bulk, Frame, MAX_ENTRIES_PER_FRAME, MAX_FRAME};
use alloc::collections::VecDeque;
use alloc::vec::Vec;
use allowance::{AFRESH, Allowance};
use core::time::Duration;
use lane::Lane;
use rate::Rate;
use words::Words;

/// After this silence a ping is sent.
pub(crate) const PING: Duration = Duration::from_secs(5);
/// After this silence a link is lost: three pings unanswered.
pub(crate) const SILENCE: Duration = Duration::from_secs(15);
/// How long a link may take to come up: ICE gives up at about the same time.
pub(crate) const CONNECT: Duration = Duration::from_secs(30);
/// How long an open lane may stay unconfirmed.
pub(crate) const CONFIRM: Duration = Duration::from_secs(10);
/// Whole logs are compared at most this often for one remote: it costs a look at every entry.
const COMPARE: Duration = Duration::from_secs(5);
/// Most words a second about what one has that are sent over a link.
const HAVES: usize = 96;
/// Beyond so many control frames waiting nothing is passed on over a link.
const BUSY_CONTROL: usize = 256;
/// Most answers waiting; a peer that asks and does not read them is closed.
const MAX_CONTROL: usize = 1_024;

/// Most frames that may arrive before this side is ready to check the first one.
const MAX_EARLY: usize = 64;

/// A chunk on its way out.
pub(crate) struct OutgoingChunk {
    pub(crate) request: u64,
    pub(crate) chunk: u32,
    pub(crate) bytes: Vec<u8>,
    pub(crate) sent: usize,
}

/// A peer connection with one other member.
pub(crate) struct Link {
    pub(crate) id: LinkId,
    pub(crate) member: MemberId,
    pub(crate) meeting: MeetingId,
    pub(crate) deadline: Instant,
    pub(crate) lane: Lane,
    last_ping: Instant,
    up_since: Option<Instant>,
    session: Option<Session>,
    /// Answers to the remote, and what is passed on.
    control: VecDeque<Vec<u8>>,
    words: Words,
    log: VecDeque<EntryId>,
    bulk: VecDeque<OutgoingChunk>,
    /// Newest seq of each author that the remote has, or that is on its way to it: nothing is sent twice.
    told: Map<MemberId, u64>,
    /// Authors whose whole chain was sent once more because the remote has another one.
    retold: Set<MemberId>,
    /// Authors of whose fork the remote has been sent the proof.
    proved: Set<MemberId>,
    compared: Option<Instant>,
    /// Authors of whose fork the proof is still to be sent.
    unproved: Set<MemberId>,
    /// What the member may cost us; lent by the room.
    pub(crate) allowance: Allowance,
    /// Whether some of the remote's entries were not taken: it is to tell all again.
    unread: bool,
    ask_afresh: Rate,
}

impl Link {
    pub(crate) fn new(id: LinkId, member: MemberId, meeting: MeetingId, now: Instant) -> Self {
        Self {
            id,
            member,
            meeting,
            deadline: now + CONNECT,
            lane: Lane::new(id, now),
            last_ping: now,
            up_since: None,
            session: None,
            control: VecDeque::new(),
            words: Words::new(now),
            log: VecDeque::new(),
            bulk: VecDeque::new(),
            told: Map::new(),
            retold: Set::new(),
            proved: Set::new(),
            compared: None,
            unproved: Set::new(),
            allowance: Allowance::default(),
            unread: false,
            ask_afresh: Rate::new(1, AFRESH),
        }
    }

    pub(crate) fn session(&self) -> Option<&Session> {
        self.session.as_ref()
    }

    pub(crate) fn is_up(&self) -> bool {
        self.session.is_some()
    }

    /// How long it has been up, if it ever was.
    pub(crate) fn up_for(&self, now: Instant) -> Option<Duration> {
        self.up_since.map(|since| now.since(since))
    }

    /// Direct or relayed once up, connecting before.
    pub(crate) fn state(&self) -> LinkState {
        match (&self.session, self.lane.path()) {
            (Some(_), Some(state)) => state,
            _ => LinkState::Connecting,
        }
    }

    // ------------------------------------------------------------ coming up

    /// The path of a connected lane has changed. Whether that is to be told.
    pub(crate) fn set_path(&mut self, relayed: bool) -> bool {
        self.lane.set_path(relayed) && self.is_up()
    }

    pub(crate) fn set_open(&mut self, channel: Channel, now: Instant) {
        if self.lane.set_open(channel) {
            self.deadline = self.deadline.min(now + CONFIRM);
        }
    }

    pub(crate) fn heard(&mut self, now: Instant) {
        self.lane.last_heard = now;
    }

    /// Keep a frame that came before our side was ready to check the first one.
    pub(crate) fn keep_early(&mut self, frame: Vec<u8>) -> Result<(), Misbehavior> {
        if self.lane.early.len() >= MAX_EARLY {
            return Err(Misbehavior::Unconfirmed);
        }
        self.lane.early.push_back(frame);
        Ok(())
    }

    /// The oldest frame that came early.
    pub(crate) fn next_early(&mut self) -> Option<Vec<u8>> {
        self.lane.early.pop_front()
    }

    /// All frames that came early.
    pub(crate) fn take_early(&mut self) -> VecDeque<Vec<u8>> {
        core::mem::take(&mut self.lane.early)
    }

    pub(crate) fn set_up(&mut self, session: Session, now: Instant) {
        self.session = Some(session);
        self.up_since = Some(now);
        self.lane.last_heard = now;
        self.last_ping = now;
    }

    // ------------------------------------------------------------ sending

    /// Queue a control frame; nothing is queued on a link that is not up.
    ///
    /// # Errors
    /// The remote asks and does not read the answers.
    pub(crate) fn send(&mut self, frame: &Frame) -> Result<(), Misbehavior> {
        if !self.is_up() || self.words.take(frame) {
            return Ok(());
        }
        if self.control.len() >= MAX_CONTROL {
            return Err(Misbehavior::TooSlow);
        }
        self.control.push_back(frame.encode());
        Ok(())
    }

    /// Queue log entries (control goes first) that the remote has not been told. Lanes are reliable, so each
    /// goes out once a link, and the queue is bounded by the log. Before the remote has said what it has, nothing
    /// is queued: what it lacks then includes this.
    pub(crate) fn send_entries(&mut self, entries: &[EntryId], log: &Log) {
        if !self.is_up() || self.compared.is_none() {
            return;
        }
        for placed in entries.iter().filter_map(|id| log.entry(id)) {
            let (author, seq) = (placed.entry.author, placed.entry.seq);
            if self.told.get(&author).is_none_or(|told| *told < seq) {
                self.told.insert(author, seq);
                self.log.push_back(placed.id);
            }
        }
    }

    /// The remote says that it has this.
    pub(crate) fn note_known(&mut self, author: MemberId, seq: u64) {
        let told = self.told.or_insert_with(author, || seq);
        *told = (*told).max(seq);
    }

    /// The remote has another chain of `author` than we: it gets all of ours, once, with the proof in it.
    pub(crate) fn tell_again(&mut self, author: MemberId) {
        if self.retold.insert(author) {
            self.told.remove(&author);
        }
    }

    /// Send the proof that `author` contradicted itself, unless that was done.
    pub(crate) fn prove(&mut self, author: MemberId) {
        if self.is_up() && self.proved.insert(author) {
            self.unproved.insert(author);
        }
    }

    /// There is an earlier proof now; the next comparison of logs sends it.
    pub(crate) fn forget_proved(&mut self, author: &MemberId) {
        self.proved.remove(author);
    }

    /// Whether one more entry of the remote is read. If not, all of them are asked for again later: nobody honest is
    /// cut for the length of a log, and nothing is lost.
    pub(crate) fn may_read_entry(&mut self, bytes: usize, now: Instant) -> bool {
        let may = self.allowance.may_read(bytes, now);
        self.unread |= !may;
        may
    }

    /// An entry was read that led to nothing; `dropped` if it was not taken though it may be needed.
    pub(crate) fn read_in_vain(&mut self, bytes: usize, checked: bool, dropped: bool, now: Instant) {
        self.unread |= dropped;
        self.allowance.spend(bytes, checked, now);
    }

    /// Whether the remote is to tell everything again now; then that counts as asked.
    pub(crate) fn wants_all_again(&mut self, now: Instant) -> bool {
        let wants = self.unread && self.allowance.has_half(now) && self.ask_afresh.take(1, now);
        self.unread &= !wants;
        wants
    }

    /// The remote wants to be told everything again. What waits for it is made up anew, so that nothing waits twice.
    pub(crate) fn forget_told(&mut self, now: Instant) {
        if self.allowance.may_tell_afresh(now) {
            self.log.clear();
            self.told.clear();
            self.retold.clear();
            self.proved.clear();
            self.compared = None;
        }
    }

    /// Whether little enough is waiting that somebody else's envelopes may go this way.
    pub(crate) fn has_time(&self) -> bool {
        self.control.len() < BUSY_CONTROL
    }

    /// Whether it is time to compare whole logs again.
    pub(crate) fn may_compare(&mut self, now: Instant) -> bool {
        let due = self.compared.is_none_or(|last| now.since(last) >= COMPARE);
        if due {
            self.compared = Some(now);
        }
        due
    }

    pub(crate) fn send_chunk(&mut self, chunk: OutgoingChunk) {
        self.bulk.push_back(chunk);
    }

    /// Bytes of chunks that wait for credit.
    pub(crate) fn bulk_waiting(&self) -> usize {
        self.bulk.iter().map(|chunk| chunk.bytes.len() - chunk.sent).sum()
    }

    pub(crate) fn cancel_chunk(&mut self, request: u64) {
        // One already begun goes out whole, so that the receiver can tell a cut from a lie.
        self.bulk.retain(|chunk| chunk.request != request || chunk.sent > 0);
    }

    /// Turn what waits into messages, as far as credit allows: confirmation, answers, words, log, what we have, then
    /// bulk.
    pub(crate) fn flush(&mut self, log: Option<&Log>, cx: &mut Context<'_>) {
        if !self.lane.flush_confirmation(cx) || !self.is_up() {
            return;
        }
        while let Some(frame) =
            self.control.pop_front_if(|frame| frame.len() <= self.lane.credit(Channel::Control))
        {
            self.lane.transmit(Channel::Control, frame, cx);
        }
        self.words.renew(cx.now);
        while self.control.is_empty()
            && let Some(frame) = self.words.next(self.lane.credit(Channel::Control))
        {
            self.lane.transmit(Channel::Control, frame, cx);
        }
        if let Some(log) = log.filter(|_| self.control.is_empty() && self.words.is_empty()) {
            self.flush_proofs(log, cx);
            self.flush_log(log, cx);
            self.flush_haves(cx);
        }
        while let Some(chunk) = self.bulk.front_mut() {
            let end = chunk.bytes.len().min(chunk.sent + BULK_BYTES);
            if BULK_HEADER + end - chunk.sent > self.lane.credit(Channel::Bulk) {
                break;
            }
            let offset = chunk.sent as u32;
            let bulk = Bulk {
                request: chunk.request,
                chunk: chunk.chunk,
                offset,
                bytes: &chunk.bytes[chunk.sent..end],
            };
            let frame = bulk.encode();
            chunk.sent = end;
            if end == chunk.bytes.len() {
                self.bulk.pop_front();
            }
            self.lane.transmit(Channel::Bulk, frame, cx);
        }
    }

    fn flush_log(&mut self, log: &Log, cx: &mut Context<'_>) {
        while !self.log.is_empty() {
            let (mut batch, mut bytes) = (Vec::new(), 16);
            while let Some(id) = self.log.front() {
                let Some(placed) = log.entry(id) else {
                    self.log.pop_front();
                    continue;
                };
                let entry = placed.entry.encode();
                let full = batch.len() == MAX_ENTRIES_PER_FRAME || bytes + entry.len() + 4 > MAX_FRAME;
                if !batch.is_empty() && full {
                    break;
                }
                bytes += entry.len() + 4;
                if bytes > self.lane.credit(Channel::Control) {
                    break;
                }
                batch.push(entry);
                self.log.pop_front();
            }
            if batch.is_empty() {
                return;
            }
            let frame = Frame::Entries(batch).encode();
            self.lane.transmit(Channel::Control, frame, cx);
        }
    }

    /// Both halves of each proof, in a frame each: together they might be larger than one may be.
    fn flush_proofs(&mut self, log: &Log, cx: &mut Context<'_>) {
        while let Some(author) = self.unproved.first().copied() {
            let proof = log.proof(&author).into_iter().map(|half| Frame::Entries(alloc::vec![half]).encode());
            let frames: Vec<Vec<u8>> = proof.collect();
            if frames.iter().map(Vec::len).sum::<usize>() > self.lane.credit(Channel::Control) {
                return;
            }
            self.unproved.remove(&author);
            for frame in frames {
                self.lane.transmit(Channel::Control, frame, cx);
            }
        }
    }

    /// What we have means something only to who knows the files: the remote has said which it knows, and has been told
    /// the others.
    fn flush_haves(&mut self, cx: &mut Context<'_>) {
        while self.compared.is_some()
            && self.log.is_empty()
            && let Some(frame) = self.words.next_have(self.lane.credit(Channel::Control))
        {
            self.lane.transmit(Channel::Control, frame, cx);
        }
    }

    // ------------------------------------------------------------ time

    pub(crate) fn next_timeout(&self) -> Instant {
        if self.is_up() {
            let watch = (self.lane.last_heard.max(self.last_ping) + PING).min(self.lane.last_heard + SILENCE);
            self.words.next_timeout().map_or(watch, |words| words.min(watch))
        } else {
            self.deadline
        }
    }

    /// A ping if one is due.
    ///
    /// # Errors
    /// The link is lost: never came up in time, or fell silent.
    pub(crate) fn handle_timeout(&mut self, now: Instant) -> Result<(), LostReason> {
        if !self.is_up() {
            return if now >= self.deadline { Err(LostReason::NoPath) } else { Ok(()) };
        }
        if now >= self.lane.last_heard + SILENCE {
            return Err(LostReason::Silent);
        }
        if now >= self.lane.last_heard.max(self.last_ping) + PING {
            self.last_ping = now;
            // A full queue is no reason to close: the peer's silence will be.
            if self.control.len() < MAX_CONTROL {
                self.control.push_back(Frame::Ping.encode());
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
