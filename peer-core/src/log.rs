//! The room log: signed entries that every member replicates. PROTOCOL.md, *The room log*.
//!
//! It places entries (chain by author, causes before effects, author admitted), compares heads with another
//! member's and says what the other lacks. What an entry means to the room is `room`'s business.

use crate::entry::{Entry, MAX_SEEN, NO_ENTRY, Payload};
use crate::error::Misbehavior;
use crate::id::{EntryId, MemberId};
use crate::identity::{Keypair, RoomDigest};
use crate::wire::{Head, MAX_HEADS};
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;

/// Most members that a room ever has; above it, admissions are refused.
pub(crate) const MAX_MEMBERS: usize = 64;
/// Most entries of one author: days of chat, yet a flood by one member stays within memory.
pub(crate) const MAX_ENTRIES_PER_AUTHOR: usize = 10_000;
/// Most payload bytes of one author, for the same reason.
pub(crate) const MAX_BYTES_PER_AUTHOR: usize = 16 << 20;
/// Most entries waiting for their causes.
pub(crate) const MAX_PENDING: usize = 1_024;

/// A placed entry.
pub(crate) struct Placed {
    pub(crate) id: EntryId,
    pub(crate) entry: Entry,
    pub(crate) payload: Payload,
    /// Longest path of causes below it: sorting by (order, id) is causal and the same everywhere.
    pub(crate) order: u64,
}

#[derive(Default)]
struct Chain {
    ids: Vec<EntryId>,
    bytes: usize,
    /// Where the author contradicted itself: nothing from there on counts any more.
    fork: Option<(u64, EntryId)>,
}

/// What became of an entry handed in.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// These entries found their place, in causal order; possibly none (known, or waiting).
    Placed(Vec<EntryId>),
    /// The author has written two entries with one number; new knowledge. The proof's id.
    Forked(MemberId, EntryId),
}

/// One room's log.
pub(crate) struct Log {
    room: RoomDigest,
    host: MemberId,
    placed: BTreeMap<EntryId, Placed>,
    chains: BTreeMap<MemberId, Chain>,
    admitted: BTreeSet<MemberId>,
    /// Entries that wait for their causes, by author and seq.
    pending: BTreeMap<(MemberId, u64), (EntryId, Entry)>,
    /// Entries that no placed entry names yet.
    tips: BTreeSet<EntryId>,
}

impl Log {
    pub(crate) fn new(host: MemberId) -> Self {
        Self {
            room: RoomDigest::of_host(&host),
            host,
            placed: BTreeMap::new(),
            chains: BTreeMap::new(),
            admitted: BTreeSet::from([host]),
            pending: BTreeMap::new(),
            tips: BTreeSet::new(),
        }
    }

    pub(crate) fn host(&self) -> MemberId {
        self.host
    }

    pub(crate) fn digest(&self) -> &RoomDigest {
        &self.room
    }

    pub(crate) fn is_admitted(&self, member: &MemberId) -> bool {
        self.admitted.contains(member)
    }

    pub(crate) fn admitted(&self) -> impl Iterator<Item = &MemberId> {
        self.admitted.iter()
    }

    pub(crate) fn is_forked(&self, member: &MemberId) -> bool {
        self.chains.get(member).is_some_and(|chain| chain.fork.is_some())
    }

    pub(crate) fn entry(&self, id: &EntryId) -> Option<&Placed> {
        self.placed.get(id)
    }

    /// All placed entries in shown order.
    pub(crate) fn in_order(&self) -> Vec<&Placed> {
        let mut all: Vec<&Placed> = self.placed.values().collect();
        all.sort_by_key(|placed| (placed.order, placed.id));
        all
    }

    /// An author's first entry.
    pub(crate) fn first_of(&self, author: &MemberId) -> Option<&Placed> {
        self.chains.get(author).and_then(|chain| chain.ids.first()).and_then(|id| self.placed.get(id))
    }

    /// The host's entry that let `member` in.
    pub(crate) fn admission_of(&self, member: &MemberId) -> Option<&Placed> {
        let admits =
            |placed: &&Placed| matches!(&placed.payload, Payload::Admit { member: m, .. } if m == member);
        self.placed.values().find(admits)
    }

    /// Entries `from..=to` of an author's chain, as far as there are any.
    pub(crate) fn chain_from(&self, author: &MemberId, from: u64, to: u64) -> Vec<EntryId> {
        let ids = self.chains.get(author).map_or(&[][..], |chain| &chain.ids);
        let wanted = ids.iter().zip(0u64..).filter(|(_, seq)| (from..=to).contains(seq));
        wanted.map(|(id, _)| *id).collect()
    }

    /// Whether `head` is another entry than ours with the same number.
    pub(crate) fn contradicts(&self, head: &Head) -> bool {
        let ids = self.chains.get(&head.author).map_or(&[][..], |chain| &chain.ids);
        usize::try_from(head.seq).ok().and_then(|seq| ids.get(seq)).is_some_and(|id| *id != head.entry)
    }

    /// The seq of an author's newest entry.
    pub(crate) fn newest(&self, author: &MemberId) -> Option<u64> {
        self.chains.get(author).and_then(|chain| (chain.ids.len() as u64).checked_sub(1))
    }

    /// Whether the next entry of `author` can be written: it is admitted, and nothing of its own still waits for
    /// causes. Writing earlier would give two entries one number.
    pub(crate) fn may_write(&self, author: &MemberId) -> bool {
        let waiting = self.pending.range((*author, 0)..=(*author, u64::MAX)).next().is_some();
        self.admitted.contains(author) && !waiting
    }

    /// Sign the next own entry; it is not placed before it is stored (`insert`).
    pub(crate) fn draft(&self, key: &Keypair, payload: &Payload) -> Entry {
        let ids = self.chains.get(&key.member()).map_or(&[][..], |chain| &chain.ids);
        let previous = ids.last().copied().unwrap_or(NO_ENTRY);
        let seen = self.tips.iter().filter(|id| **id != previous).copied().take(MAX_SEEN).collect();
        Entry::sign(&self.room, key, ids.len() as u64, previous, seen, payload)
    }

    /// Take in one entry from anywhere: a link, the store, or [`Log::draft`].
    ///
    /// # Errors
    /// The violation of whoever handed it in: nothing that breaks the rules is ever passed on by an honest peer.
    pub(crate) fn insert(&mut self, bytes: &[u8]) -> Result<(Outcome, EntryId), Misbehavior> {
        let entry = Entry::decode(&self.room, bytes)?;
        let (id, place) = (entry.id(&self.room), (entry.author, entry.seq));
        if self.placed.contains_key(&id) || self.pending.contains_key(&place) {
            return Ok((Outcome::Placed(Vec::new()), id));
        }
        // Decoded now, so that a malformed payload is the sender's fault, not a later surprise.
        self.check_rights(&entry, &Payload::decode(&entry)?)?;
        if let Some(outcome) = self.notice_fork(&entry, id) {
            return Ok((outcome, id));
        }
        // What is in order never waits, however much else does.
        let next = self.chains.get(&entry.author).map_or(0, |chain| chain.ids.len() as u64);
        let in_order = self.admitted.contains(&entry.author) && entry.seq == next && self.is_ready(&entry);
        if self.pending.len() >= MAX_PENDING && !in_order {
            return Err(Misbehavior::TooManyPending);
        }
        self.pending.insert(place, (id, entry));
        Ok((Outcome::Placed(self.place_pending()?), id))
    }

    /// Take in all entries of the store at once, in any order; what does not verify any more is left out.
    pub(crate) fn restore<'a>(&mut self, entries: impl Iterator<Item = &'a [u8]>) {
        for bytes in entries {
            let Ok(entry) = Entry::decode(&self.room, bytes) else { continue };
            if Payload::decode(&entry).is_ok_and(|payload| self.check_rights(&entry, &payload).is_ok()) {
                self.pending.insert((entry.author, entry.seq), (entry.id(&self.room), entry));
            }
        }
        // Own limits held when they were first taken in.
        let _ = self.place_pending();
    }

    fn check_rights(&self, entry: &Entry, payload: &Payload) -> Result<(), Misbehavior> {
        let by_host = entry.author == self.host;
        match payload {
            Payload::Create if !by_host || entry.seq != 0 => Err(Misbehavior::NotHost),
            Payload::Admit { .. } | Payload::Leave { end: true } if !by_host => Err(Misbehavior::NotHost),
            _ if by_host && entry.seq == 0 && *payload != Payload::Create => Err(Misbehavior::BadEntry),
            _ => Ok(()),
        }
    }

    fn notice_fork(&mut self, entry: &Entry, id: EntryId) -> Option<Outcome> {
        let chain = self.chains.get_mut(&entry.author)?;
        if let Some((seq, _)) = chain.fork {
            // Void from the fork on; said once.
            return (entry.seq >= seq).then(|| Outcome::Placed(Vec::new()));
        }
        let taken = usize::try_from(entry.seq).ok().is_some_and(|seq| seq < chain.ids.len());
        taken.then(|| {
            chain.fork = Some((entry.seq, id));
            Outcome::Forked(entry.author, id)
        })
    }

    /// Place whatever has all its causes now; repeats until nothing moves. Only the next entry of each author
    /// can be ready, so that a long backlog is placed in little time.
    fn place_pending(&mut self) -> Result<Vec<EntryId>, Misbehavior> {
        let mut placed = Vec::new();
        loop {
            let before = placed.len();
            let authors: Vec<MemberId> = self.admitted.iter().copied().collect();
            for author in authors {
                let mut next = self.chains.get(&author).map_or(0, |chain| chain.ids.len() as u64);
                while self.pending.get(&(author, next)).is_some_and(|(_, entry)| self.is_ready(entry)) {
                    let (id, entry) = self.pending.remove(&(author, next)).expect("just found");
                    self.place(id, entry)?;
                    placed.push(id);
                    next += 1;
                }
            }
            if placed.len() == before {
                return Ok(placed);
            }
        }
    }

    fn is_ready(&self, entry: &Entry) -> bool {
        let chain = self.chains.get(&entry.author);
        let last = chain.and_then(|chain| chain.ids.last()).copied().unwrap_or(NO_ENTRY);
        entry.previous == last && entry.seen.iter().all(|id| self.placed.contains_key(id))
    }

    fn place(&mut self, id: EntryId, entry: Entry) -> Result<(), Misbehavior> {
        let payload = Payload::decode(&entry)?;
        let causes = entry.seen.iter().chain(core::iter::once(&entry.previous));
        let order = causes.filter_map(|id| self.placed.get(id)).map(|p| p.order + 1).max().unwrap_or(0);
        let chain = self.chains.entry(entry.author).or_default();
        if chain.ids.len() >= MAX_ENTRIES_PER_AUTHOR
            || chain.bytes + entry.payload.len() > MAX_BYTES_PER_AUTHOR
        {
            return Err(Misbehavior::BadEntry);
        }
        chain.bytes += entry.payload.len();
        chain.ids.push(id);
        if let Payload::Admit { member, .. } = &payload {
            if self.admitted.len() >= MAX_MEMBERS && !self.admitted.contains(member) {
                return Err(Misbehavior::BadEntry);
            }
            self.admitted.insert(*member);
        }
        self.tips.remove(&entry.previous);
        for seen in &entry.seen {
            self.tips.remove(seen);
        }
        self.tips.insert(id);
        self.placed.insert(id, Placed { id, entry, payload, order });
        Ok(())
    }

    /// The newest entry of every author.
    pub(crate) fn heads(&self) -> Vec<Head> {
        let heads = self.chains.iter().filter_map(|(author, chain)| {
            let (entry, seq) = (*chain.ids.last()?, chain.ids.len() as u64 - 1);
            Some(Head { author: *author, seq, entry })
        });
        heads.take(MAX_HEADS).collect()
    }

    /// What somebody with these `heads` lacks, in an order in which nothing has to wait. `complete` heads leave
    /// out the authors of whom it has nothing. A contradicting head gets the whole chain: the proof is in it.
    pub(crate) fn missing_from(&self, heads: &[Head], complete: bool) -> Vec<EntryId> {
        let mut missing = Vec::new();
        for (author, chain) in &self.chains {
            let from = match heads.iter().find(|head| head.author == *author) {
                Some(head) => match chain.ids.get(usize::try_from(head.seq).unwrap_or(usize::MAX)) {
                    Some(id) if *id == head.entry => head.seq as usize + 1,
                    Some(_) => 0,
                    None => continue,
                },
                None if complete => 0,
                None => continue,
            };
            missing.extend(chain.ids[from..].iter().map(|id| &self.placed[id]));
        }
        missing.sort_by_key(|placed: &&Placed| (placed.order, placed.id));
        missing.into_iter().map(|placed| placed.id).collect()
    }
}

#[cfg(test)]
mod tests;
