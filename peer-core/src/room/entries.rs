//! Everybody's entries on their way in: placed, kept, passed on, acknowledged; and what each member has of one's own.

use super::{Identity, Phase, Room, records};
use crate::base::error::Misbehavior;
use crate::base::id::{EntryId, LinkId, MemberId};
use crate::cx::Context;
use crate::io::Event;
use crate::log::entry::Entry;
use crate::log::{Inserted, Log};
use crate::wire::{Frame, Head, Scope};
use alloc::vec::Vec;

impl Room {
    /// Entries from a member: place them, keep them, pass them on. An answer says what was placed; to what leads to
    /// nothing there is none.
    pub(super) fn entries(
        &mut self,
        from: LinkId,
        entries: &[Vec<u8>],
        cx: &mut Context<'_>,
    ) -> Result<(), Misbehavior> {
        let mut news = false;
        for bytes in entries {
            let (Some(log), Some(link)) = (&mut self.log, self.links.get_mut(&from)) else { return Ok(()) };
            if !link.may_read_entry(bytes.len(), cx.now) {
                break;
            }
            let Inserted { placed, forked, checked, dropped } = log.insert(bytes)?;
            if placed.is_empty() {
                link.read_in_vain(bytes.len(), checked, dropped, cx.now);
            }
            news |= !placed.is_empty();
            self.keep(&placed, cx);
            self.apply(&placed, &[], cx);
            self.pass_on(Some(from), &placed);
            for author in forked {
                self.forked(author, cx);
            }
        }
        if news {
            self.acknowledge(from, cx);
        }
        // A new member's own words wait for the entry that let it in.
        self.store_next_draft(cx);
        Ok(())
    }

    /// Newly placed entries go to everybody else.
    pub(super) fn pass_on(&mut self, from: Option<LinkId>, placed: &[EntryId]) {
        let Some(log) = &self.log else { return };
        for link in self.links.values_mut().filter(|link| Some(link.id) != from) {
            link.send_entries(placed, log);
        }
    }

    /// Somebody has contradicted itself. That is shown once, and the proof goes to everybody at once: each may have only
    /// half of it. An earlier place of the same author's is news only for who compares logs: it has no end of them, each
    /// with a proof, and nobody honest is to be flooded in its name.
    fn forked(&mut self, author: MemberId, cx: &mut Context<'_>) {
        self.unkept_forks.insert(author);
        let is_first = self.shown_forks.insert(author);
        for link in self.links.values_mut() {
            if is_first {
                link.prove(author);
            } else {
                link.forget_proved(&author);
            }
        }
        if is_first {
            let violation = Misbehavior::ForkedLog;
            cx.event(Event::Misbehaved { room: self.id, member: Some(author), violation });
            self.keep_forks(cx);
            self.show_member(author, cx);
        }
    }

    /// Keep the proofs that have changed.
    fn keep_forks(&mut self, cx: &mut Context<'_>) {
        for author in core::mem::take(&mut self.unkept_forks).iter() {
            let halves: Vec<Vec<u8>> =
                self.log.iter().flat_map(|log| log.fork(author)).map(Entry::encode).collect();
            for (n, half) in (0..).zip(halves) {
                self.put(records::fork_half(author, n), half, cx);
            }
        }
    }

    /// Say what we have now, so that authors learn what was delivered.
    fn acknowledge(&mut self, to: LinkId, cx: &mut Context<'_>) {
        let (Some(log), Some(link)) = (&self.log, self.links.get(&to)) else { return };
        cx.send(link.member, Frame::Heads { scope: Scope::Some, heads: log.heads() });
    }

    pub(super) fn sync_all(&mut self, cx: &mut Context<'_>) {
        self.keep_forks(cx);
        let Some(log) = &self.log else { return };
        for (member, link) in self.members.linked() {
            let afresh = self.links.get_mut(&link).is_some_and(|link| link.wants_all_again(cx.now));
            let scope = if afresh { Scope::Afresh } else { Scope::All };
            cx.send(member, Frame::Heads { scope, heads: log.heads() });
        }
    }

    pub(super) fn heads(&mut self, from: LinkId, scope: Scope, heads: &[Head], cx: &mut Context<'_>) {
        let (Some(log), Some(link)) = (&self.log, self.links.get_mut(&from)) else { return };
        if scope == Scope::Afresh {
            link.forget_told(cx.now);
        }
        for head in heads.iter().filter(|head| log.is_admitted(&head.author)) {
            link.note_known(head.author, head.seq);
            if log.contradicts(head) {
                link.tell_again(head.author);
            }
        }
        if scope != Scope::Some && link.may_compare(cx.now) {
            link.send_entries(&log.missing_from(heads, true), log);
            log.forked().for_each(|author| link.prove(author));
        }
        let member = link.member;
        if let Some(head) = heads.iter().find(|head| head.author == self.me) {
            self.note_delivery(member, head.seq, cx);
        }
    }

    fn note_delivery(&mut self, by: MemberId, seq: u64, cx: &mut Context<'_>) {
        let Some(log) = &self.log else { return };
        let from = self.members.delivered(&by).map_or(0, |seq| seq + 1);
        for entry in log.chain_from(&self.me, from, seq) {
            cx.event(Event::Delivered { room: self.id, entry, by });
        }
        if from <= seq {
            self.members.set_delivered(by, seq.min(log.newest(&self.me).unwrap_or(0)));
        }
        self.hurry_ending(cx);
    }

    /// A room that is being left closes as soon as everybody connected has heard of it.
    pub(super) fn hurry_ending(&mut self, cx: &mut Context<'_>) {
        let newest = self.log.as_ref().and_then(|log| log.newest(&self.me));
        let heard = self.members.linked().all(|(member, _)| self.members.delivered(&member) >= newest);
        if self.ending.is_some() && heard && self.storing.is_none() && self.drafts.is_empty() {
            self.ending = Some(cx.now);
        }
    }

    fn keep(&mut self, ids: &[EntryId], cx: &mut Context<'_>) {
        let Some(log) = &self.log else { return };
        let records: Vec<_> = ids.iter().filter_map(|id| log.entry(id)).collect();
        let records: Vec<_> = records
            .into_iter()
            .map(|placed| (records::entry(&placed.entry.author, placed.entry.seq), placed.entry.encode()))
            .collect();
        for (key, value) in records {
            self.put(key, value, cx);
        }
    }

    /// A guest was let in: from now on there is a log, beginning with what the host has shown.
    pub(super) fn become_member(
        &mut self,
        host: MemberId,
        identity: Identity,
        entries: [&[u8]; 2],
        cx: &mut Context<'_>,
    ) {
        self.identity = identity;
        self.phase = Phase::Member;
        self.store_identity(cx);
        let log = self.log.insert(Log::new(host));
        let mut placed = Vec::new();
        for bytes in entries {
            if let Ok(inserted) = log.insert(bytes) {
                placed.extend(inserted.placed);
            }
        }
        self.keep(&placed, cx);
        self.apply(&placed, &[], cx);
        self.sync = Some(cx.now + super::SYNC);
        self.store_next_draft(cx);
    }
}
