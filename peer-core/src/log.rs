//! The room log: signed entries that every member replicates. PROTOCOL.md, *The room log*.
//!
//! It places entries (chain by author, causes before effects, author admitted), compares heads with another
//! member's and says what the other lacks. What an entry means to the room is `room`'s business.

pub(crate) mod amount;
mod chain;
pub(crate) mod chat;
pub(crate) mod entry;

use crate::base::error::Misbehavior;
use crate::base::features::Features;
use crate::base::id::{EntryId, MemberId};
use crate::base::identity::{Keypair, RoomDigest};
use crate::base::map::Map;
use crate::base::set::Set;
use crate::wire::{Head, MAX_HEADS};
use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use amount::Amount;
use chain::{Chain, Standing, Unplaced};
use entry::{Entry, MAX_SEEN, NO_ENTRY, Payload};

/// Most members that a room ever has; above it, admissions are refused.
pub(crate) const MAX_MEMBERS: usize = 64;
/// Most entries of one author: days of chat, yet a flood by one member stays within memory.
pub(crate) const MAX_ENTRIES_PER_AUTHOR: usize = 10_000;
/// Most payload bytes of one author, for the same reason.
pub(crate) const MAX_BYTES_PER_AUTHOR: usize = 16 << 20;
/// Most files that one author ever shares.
pub(crate) const MAX_FILES_PER_AUTHOR: usize = 4_096;
/// How far ahead of its author's newest placed entry one may be to wait for its causes: an honest sender keeps the
/// order, so there are few.
pub(crate) const MAX_PENDING: usize = 256;
/// Most payload bytes of one author waiting for their causes.
pub(crate) const MAX_PENDING_BYTES: usize = 1 << 20;
/// Most entries waiting whose authors were never let in; more are not taken.
pub(crate) const MAX_STRANGERS: usize = 64;

/// A placed entry.
pub(crate) struct Placed {
    pub(crate) id: EntryId,
    pub(crate) entry: Entry,
    pub(crate) payload: Payload,
    /// Longest path of causes below it: sorting by (order, id) is causal and the same everywhere.
    pub(crate) order: u64,
}

/// What became of an entry handed in.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Inserted {
    /// These entries found their place, in causal order; possibly none (known, waiting, or void).
    pub(crate) placed: Vec<EntryId>,
    /// These authors are now seen to have contradicted themselves, or earlier than was known.
    pub(crate) forked: Vec<MemberId>,
    /// Whether its signature had to be checked.
    pub(crate) checked: bool,
    /// Whether it was not taken though it may be needed: it is to be told again.
    pub(crate) dropped: bool,
}

/// One room's log.
pub(crate) struct Log {
    room: RoomDigest,
    host: MemberId,
    placed: BTreeMap<EntryId, Placed>,
    chains: Map<MemberId, Chain>,
    admitted: Set<MemberId>,
    /// Entries whose authors were not let in, as far as is known here: at most two of one number.
    strangers: Map<(MemberId, u64), Vec<Unplaced>>,
    /// Newest entries that no placed entry names yet.
    tips: Map<MemberId, Head>,
}

impl Log {
    pub(crate) fn new(host: MemberId) -> Self {
        Self {
            room: RoomDigest::of_host(&host),
            host,
            placed: BTreeMap::new(),
            chains: Map::new(),
            admitted: Set::from_iter([host]),
            strangers: Map::new(),
            tips: Map::new(),
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
        self.chains.get(member).is_some_and(|chain| chain.fork().is_some())
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

    /// Everybody who contradicted itself.
    pub(crate) fn forked(&self) -> impl Iterator<Item = MemberId> {
        self.chains.iter().filter(|(_, chain)| chain.fork().is_some()).map(|(author, _)| *author)
    }

    /// Those of the two entries with which an author contradicted itself that were not placed when that was noticed.
    pub(crate) fn fork(&self, author: &MemberId) -> impl Iterator<Item = &Entry> {
        let fork = self.chains.get(author).and_then(Chain::fork);
        fork.into_iter().flat_map(|fork| fork.halves.iter().map(|(_, entry)| entry))
    }

    /// The proof that an author contradicted itself: two of its entries with one number.
    pub(crate) fn proof(&self, author: &MemberId) -> Vec<Vec<u8>> {
        let Some(chain) = self.chains.get(author) else { return Vec::new() };
        let placed = chain.fork().and_then(|fork| chain.at(fork.seq)).and_then(|id| self.placed.get(id));
        let ours = placed.map(|placed| placed.entry.encode());
        let halves = self.fork(author).map(Entry::encode).filter(|half| ours.as_ref() != Some(half));
        ours.iter().cloned().chain(halves).collect()
    }

    /// An author's first entry.
    pub(crate) fn first_of(&self, author: &MemberId) -> Option<&Placed> {
        self.chains.get(author).and_then(|chain| chain.at(0)).and_then(|id| self.placed.get(id))
    }

    /// What the room demands of whoever comes in.
    pub(crate) fn demands(&self) -> Features {
        match self.first_of(&self.host).map(|placed| &placed.payload) {
            Some(Payload::Create { features }) => *features,
            _ => Features::DEMANDED,
        }
    }

    /// The host's entry that let `member` in.
    pub(crate) fn admission_of(&self, member: &MemberId) -> Option<&Placed> {
        let admits =
            |placed: &&Placed| matches!(&placed.payload, Payload::Admit { member: m, .. } if m == member);
        self.placed.values().find(admits)
    }

    /// Entries `from..=to` of an author's chain, as far as there are any.
    pub(crate) fn chain_from(&self, author: &MemberId, from: u64, to: u64) -> Vec<EntryId> {
        let ids = self.ids_of(author).iter().zip(0u64..);
        ids.filter(|(_, seq)| (from..=to).contains(seq)).map(|(id, _)| *id).collect()
    }

    /// Whether `head` is another entry than ours with the same number.
    pub(crate) fn contradicts(&self, head: &Head) -> bool {
        let ours = self.chains.get(&head.author).and_then(|chain| chain.at(head.seq));
        ours.is_some_and(|id| *id != head.entry)
    }

    /// The seq of an author's newest entry.
    pub(crate) fn newest(&self, author: &MemberId) -> Option<u64> {
        self.chains.get(author).and_then(|chain| chain.next().checked_sub(1))
    }

    /// Whether the next entry of `author` can be written: it is admitted, and nothing of its own still waits for
    /// causes. Writing earlier would give two entries one number.
    pub(crate) fn may_write(&self, author: &MemberId) -> bool {
        let waiting =
            self.chains.get(author).is_some_and(|chain| chain.waits() > 0 && chain.fork().is_none());
        self.admitted.contains(author) && !waiting
    }

    /// What `author` has written.
    pub(crate) fn amount(&self, author: &MemberId) -> Amount {
        self.chains.get(author).map(Chain::amount).unwrap_or_default()
    }

    fn ids_of(&self, author: &MemberId) -> &[EntryId] {
        self.chains.get(author).map_or(&[], Chain::ids)
    }

    /// Sign the next own entry; it is not placed before it is stored (`insert`).
    pub(crate) fn draft(&self, key: &Keypair, payload: &Payload) -> Entry {
        let me = key.member();
        let ids = self.ids_of(&me);
        let previous = ids.last().copied().unwrap_or(NO_ENTRY);
        let seen = self.tips.values().filter(|head| head.author != me).copied().take(MAX_SEEN).collect();
        Entry::sign(&self.room, key, ids.len() as u64, previous, seen, payload)
    }

    // ------------------------------------------------------------ taking in

    /// Take in one entry from anywhere: a link, or [`Log::draft`]. What is known already, or void by its author's own
    /// doing, costs no check of its signature.
    ///
    /// # Errors
    /// The violation of whoever handed it in: nothing that breaks the rules is ever passed on by an honest peer.
    pub(crate) fn insert(&mut self, bytes: &[u8]) -> Result<Inserted, Misbehavior> {
        let entry = Entry::parse(bytes)?;
        let (id, author) = (entry.id(&self.room), entry.author);
        let standing = self.standing(&entry, &id);
        let is_stranger = !self.admitted.contains(&author);
        let strangers = || self.strangers.values().map(Vec::len).sum::<usize>();
        match standing {
            Standing::Known | Standing::Void => return Ok(Inserted::default()),
            Standing::TooFar => return Ok(Inserted { dropped: true, ..Inserted::default() }),
            Standing::Open | Standing::Contradicts if is_stranger && strangers() >= MAX_STRANGERS => {
                // Its author may yet be let in, unless that lies past the host's own fork.
                return Ok(Inserted { dropped: !self.is_adrift(), ..Inserted::default() });
            }
            Standing::Open | Standing::Contradicts => {}
        }
        if !entry.is_signed(&self.room) {
            return Err(Misbehavior::BadSignature);
        }
        // Decoded now, so that a malformed payload is the sender's fault, not a later surprise.
        let payload = Payload::decode(&entry)?;
        self.check_rights(&entry, &payload)?;
        let mut inserted = Inserted { checked: true, ..Inserted::default() };
        if is_stranger {
            self.strangers.or_insert_with((author, entry.seq), Vec::new).push((id, entry));
            return Ok(inserted);
        }
        let chain = self.chains.or_insert_with(author, Chain::default);
        if standing == Standing::Contradicts {
            chain.note_fork(id, entry);
            inserted.forked.push(author);
        } else {
            let is_next = entry.seq == chain.next();
            if is_next && !chain.has_quota(&entry, &payload) {
                // Void, and nobody's fault who brings it: as half of a proof an honest member may have to.
                return Ok(inserted);
            }
            // What is in order never waits, however much else does.
            let chain = &self.chains[&author];
            let in_order = is_next && entry.previous == chain.last() && self.is_ready(&entry);
            let at_fork = chain.fork().is_some_and(|fork| fork.seq <= entry.seq);
            let has_room = chain.waiting_bytes() + entry.payload.len() <= MAX_PENDING_BYTES;
            if !in_order && (at_fork || !has_room) {
                // Past a fork nobody needs it; of what is too much somebody may.
                inserted.dropped = !at_fork;
                return Ok(inserted);
            }
            self.chains.get_mut(&author).expect("made above").wait(id, entry);
        }
        self.place_waiting(&mut inserted);
        Ok(inserted)
    }

    fn standing(&self, entry: &Entry, id: &EntryId) -> Standing {
        if self.admitted.contains(&entry.author) {
            let none = Chain::default();
            return self.chains.get(&entry.author).unwrap_or(&none).standing(entry.seq, id);
        }
        let waiting = self.strangers.get(&(entry.author, entry.seq)).map_or(&[][..], Vec::as_slice);
        if waiting.iter().any(|(other, _)| other == id) {
            Standing::Known
        } else if waiting.len() == 2 {
            // Should its author be let in, these two prove that it plays false.
            Standing::Void
        } else {
            Standing::Open
        }
    }

    /// Take in all entries of the store at once, in any order. They were checked before they were stored.
    pub(crate) fn restore<'a>(&mut self, entries: impl Iterator<Item = &'a [u8]>) {
        for entry in entries.filter_map(|bytes| Entry::parse(bytes).ok()) {
            let id = entry.id(&self.room);
            self.chains.or_insert_with(entry.author, Chain::default).wait(id, entry);
        }
        self.place_waiting(&mut Inserted::default());
    }

    /// What the store remembers of forks.
    pub(crate) fn restore_forks<'a>(&mut self, halves: impl Iterator<Item = &'a [u8]>) {
        for entry in halves.filter_map(|bytes| Entry::parse(bytes).ok()) {
            let id = entry.id(&self.room);
            self.chains.or_insert_with(entry.author, Chain::default).restore_half(id, entry);
        }
        self.place_waiting(&mut Inserted::default());
    }

    fn check_rights(&self, entry: &Entry, payload: &Payload) -> Result<(), Misbehavior> {
        let by_host = entry.author == self.host;
        let creates = matches!(payload, Payload::Create { .. });
        match payload {
            Payload::Create { .. } if !by_host || entry.seq != 0 => Err(Misbehavior::NotHost),
            Payload::Admit { .. } | Payload::Leave { end: true } if !by_host => Err(Misbehavior::NotHost),
            _ if by_host && entry.seq == 0 && !creates => Err(Misbehavior::BadEntry),
            _ => Ok(()),
        }
    }

    /// Place whatever has all its causes now; repeats until nothing moves. Only the next entry of each author
    /// can be ready, so that a long backlog is placed in little time. What exceeds its author's quota is dropped.
    fn place_waiting(&mut self, inserted: &mut Inserted) {
        loop {
            let before = inserted.placed.len();
            let authors: Vec<MemberId> = self.admitted.iter().copied().collect();
            for author in authors {
                while let Some(at) = self.chains.get(&author).and_then(|c| c.ready(|e| self.is_ready(e))) {
                    let chain = self.chains.get_mut(&author).expect("just found");
                    let (id, entry) = chain.take(at);
                    let payload = Payload::decode(&entry).unwrap_or(Payload::Unknown);
                    if chain.has_quota(&entry, &payload) {
                        self.place(id, entry, payload, inserted);
                    }
                }
            }
            if inserted.placed.len() == before {
                return;
            }
        }
    }

    fn is_ready(&self, entry: &Entry) -> bool {
        let is_known = |head: &Head| self.chains.get(&head.author).is_some_and(|chain| chain.knows(head));
        let will_never_be = |head: &Head| self.is_adrift() && !self.admitted.contains(&head.author);
        entry.seen.iter().all(|head| is_known(head) || will_never_be(head))
    }

    /// Whether the host has contradicted itself: then others may have let in whom we never will, and nobody is to wait
    /// for what such a one said.
    fn is_adrift(&self) -> bool {
        self.is_forked(&self.host)
    }

    fn place(&mut self, id: EntryId, entry: Entry, payload: Payload, inserted: &mut Inserted) {
        let causes = entry.seen.iter().map(|head| &head.entry).chain([&entry.previous]);
        let order = causes.filter_map(|id| self.placed.get(id)).map(|p| p.order + 1).max().unwrap_or(0);
        let author = entry.author;
        self.chains.or_insert_with(author, Default::default).place(id, &entry, &payload);
        for head in &entry.seen {
            if self.tips.get(&head.author).is_some_and(|tip| tip.entry == head.entry) {
                self.tips.remove(&head.author);
            }
        }
        self.tips.insert(author, Head { author, seq: entry.seq, entry: id });
        if let Payload::Admit { member, .. } = &payload {
            self.admit(*member, inserted);
        }
        self.placed.insert(id, Placed { id, entry, payload, order });
        inserted.placed.push(id);
    }

    /// Beyond the limit an admission is void, everywhere alike.
    fn admit(&mut self, member: MemberId, inserted: &mut Inserted) {
        if self.admitted.len() >= MAX_MEMBERS || !self.admitted.insert(member) {
            return;
        }
        let mut early = Vec::new();
        self.strangers.retain(|(author, _), waiting| {
            if *author == member {
                early.append(waiting);
            }
            *author != member
        });
        let chain = self.chains.or_insert_with(member, Chain::default);
        for (id, entry) in early {
            match chain.standing(entry.seq, &id) {
                Standing::Open => chain.wait(id, entry),
                Standing::Contradicts => {
                    chain.note_fork(id, entry);
                    inserted.forked.push(member);
                }
                Standing::TooFar => inserted.dropped = true,
                Standing::Known | Standing::Void => {}
            }
        }
    }

    // ------------------------------------------------------------ comparing

    /// The newest entry of every author.
    pub(crate) fn heads(&self) -> Vec<Head> {
        let heads = self.chains.iter().filter_map(|(author, chain)| {
            Some(Head { author: *author, seq: chain.next().checked_sub(1)?, entry: chain.last() })
        });
        heads.take(MAX_HEADS).collect()
    }

    /// What somebody with these `heads` lacks, in an order in which nothing has to wait. `complete` heads leave
    /// out the authors of whom it has nothing. A contradicting head gets the whole chain: the proof is in it.
    pub(crate) fn missing_from(&self, heads: &[Head], complete: bool) -> Vec<EntryId> {
        let mut missing = Vec::new();
        for (author, chain) in self.chains.iter() {
            let from = match heads.iter().find(|head| head.author == *author) {
                Some(head) => match chain.at(head.seq) {
                    Some(id) if *id == head.entry => head.seq as usize + 1,
                    Some(_) => 0,
                    None => continue,
                },
                None if complete => 0,
                None => continue,
            };
            missing.extend(chain.ids()[from..].iter().filter_map(|id| self.placed.get(id)));
        }
        missing.sort_by_key(|placed: &&Placed| (placed.order, placed.id));
        missing.into_iter().map(|placed| placed.id).collect()
    }
}

#[cfg(test)]
mod tests;
