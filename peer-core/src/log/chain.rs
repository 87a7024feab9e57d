//! One author's entries: what is placed, what waits, and where it contradicted itself.
//!
//! Two entries of one author with one number are proof that it plays false. From that number on nobody needs anything
//! of it any more: whatever others name there counts as known, so that no honest entry ever waits for it.

use super::MAX_PENDING;
use super::amount::Amount;
use super::entry::{Entry, NO_ENTRY, Payload};
use crate::base::id::EntryId;
use crate::base::map::Map;
use crate::wire::Head;
use alloc::vec::Vec;

/// An entry that is not placed, and its id.
pub(super) type Unplaced = (EntryId, Entry);

/// Where an author contradicted itself.
pub(super) struct Fork {
    pub(super) seq: u64,
    /// Those of the two entries with that number that were not placed when it was noticed: one or both.
    pub(super) halves: Vec<Unplaced>,
}

#[derive(Default)]
pub(super) struct Chain {
    ids: Vec<EntryId>,
    amount: Amount,
    fork: Option<Fork>,
    /// Entries that wait for their causes, by seq. Two of one number are a fork, so more than one wait only where it is.
    /// At most [`MAX_PENDING`] numbers, and that of a fork.
    waiting: Map<u64, Vec<Unplaced>>,
}

/// What a chain makes of an entry, before its signature is checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    /// Placed or waiting: nothing new.
    Known,
    /// Past the place where its author contradicted itself: nobody needs it.
    Void,
    /// Contradicts what is placed or waits under its number.
    Contradicts,
    /// It may find its place now or later.
    Open,
    /// So far ahead that nobody honest sends it yet.
    TooFar,
}

impl Chain {
    /// How many are placed: the number of the next one.
    pub(super) fn next(&self) -> u64 {
        self.ids.len() as u64
    }

    pub(super) fn ids(&self) -> &[EntryId] {
        &self.ids
    }

    pub(super) fn at(&self, seq: u64) -> Option<&EntryId> {
        usize::try_from(seq).ok().and_then(|seq| self.ids.get(seq))
    }

    pub(super) fn fork(&self) -> Option<&Fork> {
        self.fork.as_ref()
    }

    /// The newest placed one.
    pub(super) fn last(&self) -> EntryId {
        self.ids.last().copied().unwrap_or(NO_ENTRY)
    }

    pub(super) fn waits(&self) -> usize {
        self.waiting.values().map(Vec::len).sum()
    }

    /// Payload bytes of what waits.
    pub(super) fn waiting_bytes(&self) -> usize {
        self.waiting.values().flatten().map(|(_, entry)| entry.payload.len()).sum()
    }

    /// Whether an entry that names `head` need not wait for it: it is placed, or lies past a fork.
    pub(super) fn knows(&self, head: &Head) -> bool {
        self.at(head.seq) == Some(&head.entry) || self.fork.as_ref().is_some_and(|fork| fork.seq <= head.seq)
    }

    pub(super) fn standing(&self, seq: u64, id: &EntryId) -> Standing {
        let is = |(other, _): &Unplaced| other == id;
        let waiting = self.waiting.get(&seq);
        if self.at(seq) == Some(id) || waiting.is_some_and(|waiting| waiting.iter().any(is)) {
            return Standing::Known;
        }
        match &self.fork {
            // The very place stays open until it is taken: what comes in its order is as good as any.
            Some(fork) if seq > fork.seq || (seq == fork.seq && self.at(seq).is_some()) => Standing::Void,
            Some(fork) if seq == fork.seq => Standing::Open,
            _ if self.at(seq).is_some() || waiting.is_some() => Standing::Contradicts,
            _ if seq >= self.next() + MAX_PENDING as u64 => Standing::TooFar,
            _ => Standing::Open,
        }
    }

    /// Remember that `entry` contradicts what is placed or waits under its number; nothing from there on counts.
    pub(super) fn note_fork(&mut self, id: EntryId, entry: Entry) {
        let seq = entry.seq;
        // Of what waited there the first is the other half; it may still find its place, nothing after it will.
        let mut halves: Vec<Unplaced> =
            self.waiting.get(&seq).into_iter().flatten().take(1).cloned().collect();
        halves.push((id, entry.clone()));
        if self.at(seq).is_none() {
            self.waiting.or_insert_with(seq, Vec::new).push((id, entry));
        }
        self.set_fork(Fork { seq, halves });
    }

    /// One half of a fork that was noticed before. One that a crash has left alone, or an earlier start has noted
    /// before it knew better, is no harm.
    pub(super) fn restore_half(&mut self, id: EntryId, entry: Entry) {
        if self.at(entry.seq).is_none() {
            self.wait(id, entry.clone());
        }
        match &mut self.fork {
            Some(fork) if fork.seq == entry.seq => fork.halves.push((id, entry)),
            _ => self.set_fork(Fork { seq: entry.seq, halves: [(id, entry)].into() }),
        }
    }

    /// From here on nothing counts, unless an earlier fork is known.
    fn set_fork(&mut self, fork: Fork) {
        if self.fork.as_ref().is_none_or(|known| fork.seq < known.seq) {
            let end = if self.at(fork.seq).is_some() { fork.seq } else { fork.seq + 1 };
            self.waiting.retain(|seq, _| *seq < end);
            self.fork = Some(fork);
        }
    }

    pub(super) fn wait(&mut self, id: EntryId, entry: Entry) {
        self.waiting.or_insert_with(entry.seq, Vec::new).push((id, entry));
    }

    /// Which of the entries that wait under the next number can be placed, if one can. `has_causes` judges the rest.
    pub(super) fn ready(&self, has_causes: impl Fn(&Entry) -> bool) -> Option<usize> {
        if self.fork.as_ref().is_some_and(|fork| fork.seq < self.next()) {
            return None;
        }
        let candidates = self.waiting.get(&self.next())?;
        candidates.iter().position(|(_, entry)| entry.previous == self.last() && has_causes(entry))
    }

    /// Take what [`Chain::ready`] found; another entry with its number is not needed any more.
    pub(super) fn take(&mut self, at: usize) -> Unplaced {
        self.waiting.remove(&self.next()).expect("just found").swap_remove(at)
    }

    /// What is placed.
    pub(super) fn amount(&self) -> Amount {
        self.amount
    }

    /// Whether there is room for one more entry in this chain.
    pub(super) fn has_quota(&self, entry: &Entry, payload: &Payload) -> bool {
        (self.amount + payload.amount_in(entry.payload.len())).is_allowed()
    }

    pub(super) fn place(&mut self, id: EntryId, entry: &Entry, payload: &Payload) {
        self.amount = self.amount + payload.amount_in(entry.payload.len());
        self.ids.push(id);
    }
}

#[cfg(test)]
mod tests {
    use super::super::MAX_ENTRIES_PER_AUTHOR;
    use super::*;
    use crate::base::id::MemberId;
    use crate::base::identity::Signature;
    use alloc::string::String;

    #[test]
    fn an_author_has_so_many_entries_and_no_more() {
        let payload = Payload::Say { text: String::from("x"), sent_at: 0 };
        let entry = Entry {
            author: MemberId([1; 32]),
            seq: 1,
            previous: NO_ENTRY,
            seen: Vec::new(),
            kind: 0,
            payload: Vec::new(),
            signature: Signature([0; 64]),
        };
        let mut chain = Chain::default();
        for n in 0..MAX_ENTRIES_PER_AUTHOR {
            assert!(chain.has_quota(&entry, &payload), "{n}");
            chain.place(EntryId([2; 32]), &entry, &payload);
        }
        assert!(!chain.has_quota(&entry, &payload), "one past");
    }
}
