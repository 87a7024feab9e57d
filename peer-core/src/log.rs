//! The room log: signed entries that every member replicates. PROTOCOL.md, *The room log*.
//!
//! It places entries (chain by author, causes before effects, author admitted), compares heads with another
//! member's and says what the other lacks. What an entry means to the room is `room`'s business.

use crate::base::error::Misbehavior;
use crate::base::id::{EntryId, MemberId};
use crate::base::identity::{Keypair, RoomDigest};
use crate::base::map::Map;
pub(crate) mod chat;
pub(crate) mod entry;

use crate::log::entry::{Entry, MAX_SEEN, NO_ENTRY, Payload};
use crate::wire::{Head, MAX_HEADS};
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec;
use alloc::vec::Vec;

/// Most members that a room ever has; above it, admissions are refused.
pub(crate) const MAX_MEMBERS: usize = 64;
/// Most entries of one author: days of chat, yet a flood by one member stays within memory.
pub(crate) const MAX_ENTRIES_PER_AUTHOR: usize = 10_000;
/// Most payload bytes of one author, for the same reason.
pub(crate) const MAX_BYTES_PER_AUTHOR: usize = 16 << 20;
/// Most files that one author ever shares.
pub(crate) const MAX_FILES_PER_AUTHOR: usize = 4_096;
/// Most entries of one author waiting for their causes: an honest sender keeps the order, so there are few.
pub(crate) const MAX_PENDING: usize = 256;
/// Most entries waiting whose authors were never let in; more are forgotten.
pub(crate) const MAX_STRANGERS: usize = 64;

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
    files: usize,
    /// Where the author contradicted itself: nothing that comes from there on counts any more.
    fork: Option<u64>,
    /// What came from there on: known, so that others' entries that name it find their place.
    void: BTreeSet<EntryId>,
}

/// What became of an entry handed in.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Inserted {
    /// These entries found their place, in causal order; possibly none (known, waiting, or void).
    pub(crate) placed: Vec<EntryId>,
    /// Its author has now been seen to write two entries with one number; told once.
    pub(crate) forked: Option<MemberId>,
    /// What is void by that fork: to be remembered, because honest entries may name it.
    pub(crate) void: Vec<Void>,
}

/// An entry at or after the place where its author contradicted itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Void {
    pub(crate) id: EntryId,
    pub(crate) author: MemberId,
    pub(crate) seq: u64,
}

/// One room's log.
pub(crate) struct Log {
    room: RoomDigest,
    host: MemberId,
    placed: BTreeMap<EntryId, Placed>,
    chains: Map<MemberId, Chain>,
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
            chains: Map::new(),
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

    /// Our entry where an author has contradicted itself.
    pub(crate) fn entry_at_fork(&self, author: &MemberId) -> Option<&Placed> {
        let chain = self.chains.get(author)?;
        chain.ids.get(usize::try_from(chain.fork?).ok()?).and_then(|id| self.placed.get(id))
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
    pub(crate) fn insert(&mut self, bytes: &[u8]) -> Result<(Inserted, EntryId), Misbehavior> {
        let entry = Entry::decode(&self.room, bytes)?;
        let (id, place) = (entry.id(&self.room), (entry.author, entry.seq));
        if self.is_known(&id) || self.pending.contains_key(&place) {
            return Ok((Inserted::default(), id));
        }
        // Decoded now, so that a malformed payload is the sender's fault, not a later surprise.
        let payload = Payload::decode(&entry)?;
        self.check_rights(&entry, &payload)?;
        if let Some((is_new, void)) = self.notice_fork(&entry, id) {
            let forked = is_new.then_some(entry.author);
            return Ok((Inserted { placed: self.place_pending(), forked, void }, id));
        }
        let chain = self.chains.get(&entry.author);
        let is_next = entry.seq == chain.map_or(0, |chain| chain.ids.len() as u64);
        if is_next && !self.has_quota(&entry.author, &entry, &payload) {
            return Err(Misbehavior::BadEntry);
        }
        // What is in order never waits, however much else does.
        let in_order = is_next && self.admitted.contains(&entry.author) && self.is_ready(&entry);
        if !in_order && !self.may_wait(&entry.author)? {
            return Ok((Inserted::default(), id));
        }
        self.pending.insert(place, (id, entry));
        Ok((Inserted { placed: self.place_pending(), ..Inserted::default() }, id))
    }

    fn is_known(&self, id: &EntryId) -> bool {
        self.placed.contains_key(id) || self.chains.values().any(|chain| chain.void.contains(id))
    }

    /// Whether there is room for one more waiting entry of `author`.
    fn may_wait(&self, author: &MemberId) -> Result<bool, Misbehavior> {
        if !self.admitted.contains(author) {
            let strangers = self.pending.keys().filter(|(author, _)| !self.admitted.contains(author));
            return Ok(strangers.count() < MAX_STRANGERS);
        }
        let waiting = self.pending.range((*author, 0)..=(*author, u64::MAX)).count();
        if waiting < MAX_PENDING { Ok(true) } else { Err(Misbehavior::TooManyPending) }
    }

    fn has_quota(&self, author: &MemberId, entry: &Entry, payload: &Payload) -> bool {
        let files = if let Payload::Share { files } = payload { files.len() } else { 0 };
        self.chains.get(author).is_none_or(|chain| {
            chain.ids.len() < MAX_ENTRIES_PER_AUTHOR
                && chain.bytes + entry.payload.len() <= MAX_BYTES_PER_AUTHOR
                && chain.files + files <= MAX_FILES_PER_AUTHOR
        })
    }

    /// Take in all entries of the store at once, in any order; what does not verify any more is left out.
    pub(crate) fn restore<'a>(&mut self, entries: impl Iterator<Item = &'a [u8]>) {
        for bytes in entries {
            let Ok(entry) = Entry::decode(&self.room, bytes) else { continue };
            if Payload::decode(&entry).is_ok_and(|payload| self.check_rights(&entry, &payload).is_ok()) {
                self.pending.insert((entry.author, entry.seq), (entry.id(&self.room), entry));
            }
        }
        self.place_pending();
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

    /// A void entry that the store remembers.
    pub(crate) fn restore_void(&mut self, Void { id, author, seq }: Void) {
        let chain = self.chains.or_insert_with(author, Chain::default);
        chain.fork = Some(chain.fork.map_or(seq, |fork| fork.min(seq)));
        chain.void.insert(id);
        self.place_pending();
    }

    /// Whether `entry` is void by a fork: what is void now, and whether it is the proof of one not known before.
    fn notice_fork(&mut self, entry: &Entry, id: EntryId) -> Option<(bool, Vec<Void>)> {
        let chain = self.chains.get_mut(&entry.author)?;
        let known = chain.fork.is_some();
        let author = entry.author;
        let mut void = vec![Void { id, author, seq: entry.seq }];
        match chain.fork {
            Some(seq) if entry.seq < seq => return None,
            None if entry.seq >= chain.ids.len() as u64 => return None,
            Some(_) => {}
            None => {
                chain.fork = Some(entry.seq);
                // What waited of this author will not be placed any more.
                let waiting =
                    self.pending.extract_if((entry.author, 0)..=(entry.author, u64::MAX), |_, _| true);
                void.extend(waiting.map(|((author, seq), (id, _))| Void { id, author, seq }));
            }
        }
        void.retain(|void| chain.void.len() < MAX_ENTRIES_PER_AUTHOR && chain.void.insert(void.id));
        Some((!known, void))
    }

    /// Place whatever has all its causes now; repeats until nothing moves. Only the next entry of each author
    /// can be ready, so that a long backlog is placed in little time. What exceeds its author's quota is dropped.
    fn place_pending(&mut self) -> Vec<EntryId> {
        let mut placed = Vec::new();
        loop {
            let before = placed.len();
            let authors: Vec<MemberId> = self.admitted.iter().copied().collect();
            for author in authors {
                let mut next = self.chains.get(&author).map_or(0, |chain| chain.ids.len() as u64);
                while self.pending.get(&(author, next)).is_some_and(|(_, entry)| self.is_ready(entry)) {
                    let (id, entry) = self.pending.remove(&(author, next)).expect("just found");
                    let payload = Payload::decode(&entry).unwrap_or(Payload::Unknown);
                    if self.has_quota(&author, &entry, &payload) {
                        self.place(id, entry, payload);
                        placed.push(id);
                        next += 1;
                    }
                }
            }
            if placed.len() == before {
                return placed;
            }
        }
    }

    fn is_ready(&self, entry: &Entry) -> bool {
        let chain = self.chains.get(&entry.author);
        let last = chain.and_then(|chain| chain.ids.last()).copied().unwrap_or(NO_ENTRY);
        entry.previous == last && entry.seen.iter().all(|id| self.is_known(id))
    }

    fn place(&mut self, id: EntryId, entry: Entry, payload: Payload) {
        let causes = entry.seen.iter().chain(core::iter::once(&entry.previous));
        let order = causes.filter_map(|id| self.placed.get(id)).map(|p| p.order + 1).max().unwrap_or(0);
        let chain = self.chains.or_insert_with(entry.author, Default::default);
        chain.bytes += entry.payload.len();
        chain.ids.push(id);
        match &payload {
            // Beyond the limit an admission is void, everywhere alike.
            Payload::Admit { member, .. } if self.admitted.len() < MAX_MEMBERS => {
                self.admitted.insert(*member);
            }
            Payload::Share { files } => chain.files += files.len(),
            _ => {}
        }
        self.tips.remove(&entry.previous);
        for seen in &entry.seen {
            self.tips.remove(seen);
        }
        self.tips.insert(id);
        self.placed.insert(id, Placed { id, entry, payload, order });
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
        for (author, chain) in self.chains.iter() {
            let from = match heads.iter().find(|head| head.author == *author) {
                Some(head) => match chain.ids.get(usize::try_from(head.seq).unwrap_or(usize::MAX)) {
                    Some(id) if *id == head.entry => head.seq as usize + 1,
                    Some(_) => 0,
                    None => continue,
                },
                None if complete => 0,
                None => continue,
            };
            missing.extend(chain.ids[from..].iter().filter_map(|id| self.placed.get(id)));
        }
        missing.sort_by_key(|placed: &&Placed| (placed.order, placed.id));
        missing.into_iter().map(|placed| placed.id).collect()
    }
}

#[cfg(test)]
mod tests;
