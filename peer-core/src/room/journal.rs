//! Own entries on their way out, everybody's entries on their way in, and what they mean to the room.
//!
//! An own entry is stored durably before it counts or is sent, one at a time: a crash then never makes its
//! author write two entries with one number.

use super::{Identity, Person, Phase, Room};
use crate::base::error::{CommandError, Misbehavior, StoreFailure};
use crate::base::id::{CommandId, EntryId, FileId, LinkId, MemberId, RequestId, Root, SourceId};
use crate::base::path::SafeName;
use crate::cx::{Context, record};
use crate::io::{Event, MAX_FILES, NewFile, SharedFile};
use crate::log::entry::{FileMeta, Payload};
use crate::log::{Inserted, Log};
use crate::wire::{Frame, Head};
use alloc::string::String;
use alloc::vec::Vec;

/// Most own entries that wait for the store: a hanging disk must not grow memory.
const MAX_DRAFTS: usize = 256;

/// An own entry that is not written yet.
pub(super) struct Draft {
    command: Option<CommandId>,
    payload: Payload,
    sources: Vec<SourceId>,
}

/// The own entry that is being stored.
pub(super) struct Storing {
    pub(super) request: RequestId,
    draft: Draft,
    bytes: Vec<u8>,
}

pub(super) fn create() -> Payload {
    Payload::Create
}

pub(super) fn name(name: String) -> Payload {
    Payload::Name { name }
}

pub(super) fn leave(end: bool) -> Payload {
    Payload::Leave { end }
}

/// What is shared, and where each file is read.
pub(super) fn share(files: Vec<NewFile>) -> Result<(Payload, Vec<SourceId>), CommandError> {
    let allowed =
        |file: &NewFile| crate::base::blob::is_allowed_size(file.size) && !file.name.trim().is_empty();
    if files.is_empty() || files.len() > MAX_FILES || !files.iter().all(allowed) {
        return Err(CommandError::BadShare);
    }
    let mut names: Vec<SafeName> = files.iter().map(|file| SafeName::from_local(&file.name)).collect();
    SafeName::deduplicate(&mut names);
    let metas = names.into_iter().zip(&files).map(|(name, file)| FileMeta { name, size: file.size });
    Ok((Payload::Share { files: metas.collect() }, files.iter().map(|file| file.source).collect()))
}

impl Room {
    // ------------------------------------------------------------ out

    pub(super) fn draft(&mut self, command: CommandId, payload: Payload, cx: &mut Context<'_>) {
        self.push_draft(Draft { command: Some(command), payload, sources: Vec::new() }, cx);
    }

    pub(super) fn draft_share(
        &mut self,
        command: CommandId,
        payload: Payload,
        sources: Vec<SourceId>,
        cx: &mut Context<'_>,
    ) {
        self.push_draft(Draft { command: Some(command), payload, sources }, cx);
    }

    /// An own entry that no command waits for.
    pub(super) fn draft_own(&mut self, payload: Payload, cx: &mut Context<'_>) {
        self.push_draft(Draft { command: None, payload, sources: Vec::new() }, cx);
    }

    pub(super) fn draft_close(&mut self, file: FileId, root: Root, cx: &mut Context<'_>) {
        self.serving.closed(file);
        self.push_draft(
            Draft { command: None, payload: Payload::Close { file, root }, sources: Vec::new() },
            cx,
        );
    }

    fn push_draft(&mut self, draft: Draft, cx: &mut Context<'_>) {
        if self.drafts.len() >= MAX_DRAFTS {
            return self.draft_failed(draft, CommandError::Full, cx);
        }
        self.drafts.push_back(draft);
        self.store_next_draft(cx);
    }

    fn store_next_draft(&mut self, cx: &mut Context<'_>) {
        let (None, Some(log)) = (&self.storing, &self.log) else { return };
        if !log.may_write(&self.me) {
            return;
        }
        let Some(draft) = self.drafts.pop_front() else { return };
        let entry = log.draft(&self.key, &draft.payload);
        let bytes = entry.encode();
        let request = cx.ids.request(self.id);
        if self.durable {
            let key = record::entry(&self.me, entry.seq);
            cx.store(crate::io::StoreOp::Put { request, room: self.id, key, value: bytes.clone().into() });
        }
        self.storing = Some(Storing { request, draft, bytes });
        if !self.durable {
            self.draft_stored(None, cx);
        }
    }

    pub(super) fn draft_stored(&mut self, failure: Option<StoreFailure>, cx: &mut Context<'_>) {
        let Some(Storing { draft, bytes, .. }) = self.storing.take() else { return };
        if let Some(reason) = failure {
            self.not_stored(reason, cx);
        }
        match self.log.as_mut().map(|log| log.insert(&bytes)) {
            Some(Ok((Inserted { placed, .. }, _))) if !placed.is_empty() => {
                self.apply(&placed, &draft.sources, cx);
                self.pass_on(None, &placed);
            }
            // The own chain is full, or a copy of this device's records wrote on elsewhere.
            _ => self.draft_failed(draft, CommandError::Full, cx),
        }
        self.store_next_draft(cx);
        self.hurry_ending(cx);
    }

    fn draft_failed(&mut self, draft: Draft, reason: CommandError, cx: &mut Context<'_>) {
        for source in draft.sources {
            cx.store(crate::io::StoreOp::CloseSource { source });
        }
        if let Some(command) = draft.command {
            cx.event(Event::CommandFailed { command, reason });
        }
    }

    pub(super) fn withdraw(
        &mut self,
        share: EntryId,
        id: CommandId,
        cx: &mut Context<'_>,
    ) -> Result<(), CommandError> {
        self.member()?;
        let placed = self.log.as_ref().and_then(|log| log.entry(&share));
        match placed.map(|placed| (&placed.payload, placed.entry.author)) {
            Some((Payload::Share { .. }, author)) if author == self.me => {
                self.draft(id, Payload::Withdraw { share }, cx);
                Ok(())
            }
            Some((Payload::Share { .. }, _)) => Err(CommandError::NotAuthor),
            _ => Err(CommandError::UnknownFile),
        }
    }

    pub(super) fn own_file(&self, file: FileId) -> Option<&FileMeta> {
        let placed = self.log.as_ref()?.entry(&file.share)?;
        match &placed.payload {
            Payload::Share { files } if placed.entry.author == self.me => files.get(usize::from(file.index)),
            _ => None,
        }
    }

    // ------------------------------------------------------------ in

    /// Entries from a member: place them, keep them, pass them on.
    pub(super) fn entries(
        &mut self,
        from: LinkId,
        entries: &[Vec<u8>],
        cx: &mut Context<'_>,
    ) -> Result<(), Misbehavior> {
        for bytes in entries {
            let Some(log) = &mut self.log else { return Ok(()) };
            let (Inserted { placed, forked, void }, _) = log.insert(bytes)?;
            for (key, value) in void.iter().map(record::void) {
                self.put(key, value, cx);
            }
            self.keep(&placed, cx);
            self.apply(&placed, &[], cx);
            self.pass_on(Some(from), &placed);
            if let Some(author) = forked {
                self.forked(author, bytes, cx);
            }
        }
        self.acknowledge(from, cx);
        // A new member's own words wait for the entry that let it in.
        self.store_next_draft(cx);
        Ok(())
    }

    /// Newly placed entries go to everybody else.
    fn pass_on(&mut self, from: Option<LinkId>, placed: &[EntryId]) {
        let Some(log) = &self.log else { return };
        for link in self.links.values_mut().filter(|link| Some(link.id) != from) {
            link.send_entries(placed, log);
        }
    }

    /// Both halves of the proof of a fork go to everybody, as they are: each may have only one of them.
    fn forked(&mut self, author: MemberId, proof: &[u8], cx: &mut Context<'_>) {
        let violation = Misbehavior::ForkedLog;
        cx.event(Event::Misbehaved { room: self.id, member: Some(author), violation });
        let ours =
            self.log.as_ref().and_then(|log| log.entry_at_fork(&author)).map(|placed| placed.entry.encode());
        for half in ours.into_iter().chain([proof.to_vec()]) {
            cx.broadcast(Frame::Entries(alloc::vec![half]));
        }
        self.show_member(author, cx);
    }

    /// Say what we have now, so that authors learn what was delivered.
    fn acknowledge(&mut self, to: LinkId, cx: &mut Context<'_>) {
        let (Some(log), Some(link)) = (&self.log, self.links.get(&to)) else { return };
        cx.send(link.member, Frame::Heads { complete: false, heads: log.heads() });
    }

    pub(super) fn sync_all(&mut self, cx: &mut Context<'_>) {
        if let Some(log) = &self.log {
            cx.broadcast(Frame::Heads { complete: true, heads: log.heads() });
        }
    }

    pub(super) fn heads(&mut self, from: LinkId, complete: bool, heads: &[Head], cx: &mut Context<'_>) {
        let (Some(log), Some(link)) = (&self.log, self.links.get_mut(&from)) else { return };
        for head in heads.iter().filter(|head| log.is_admitted(&head.author)) {
            link.note_known(head.author, head.seq);
            if log.contradicts(head) {
                link.tell_again(head.author);
            }
        }
        if complete && link.may_compare(cx.now) {
            link.send_entries(&log.missing_from(heads, true), log);
        }
        let member = link.member;
        if let Some(head) = heads.iter().find(|head| head.author == self.me) {
            self.note_delivery(member, head.seq, cx);
        }
    }

    fn note_delivery(&mut self, by: MemberId, seq: u64, cx: &mut Context<'_>) {
        let Some(log) = &self.log else { return };
        let from = self.delivered.get(&by).map_or(0, |seq| seq + 1);
        for entry in log.chain_from(&self.me, from, seq) {
            cx.event(Event::Delivered { room: self.id, entry, by });
        }
        if from <= seq {
            self.delivered.insert(by, seq.min(log.newest(&self.me).unwrap_or(0)));
        }
        self.hurry_ending(cx);
    }

    /// A room that is being left closes as soon as everybody connected has heard of it.
    fn hurry_ending(&mut self, cx: &mut Context<'_>) {
        let newest = self.log.as_ref().and_then(|log| log.newest(&self.me));
        let heard = self.up.keys().all(|member| self.delivered.get(member).copied() >= newest);
        if self.ending.is_some() && heard && self.storing.is_none() && self.drafts.is_empty() {
            self.ending = Some(cx.now);
        }
    }

    fn keep(&mut self, ids: &[EntryId], cx: &mut Context<'_>) {
        let Some(log) = &self.log else { return };
        let records: Vec<_> = ids.iter().filter_map(|id| log.entry(id)).collect();
        let records: Vec<_> = records
            .into_iter()
            .map(|placed| (record::entry(&placed.entry.author, placed.entry.seq), placed.entry.encode()))
            .collect();
        for (key, value) in records {
            self.put(key, value, cx);
        }
    }

    // ------------------------------------------------------------ meaning

    /// Let newly placed entries take effect, in order. `sources`: of the one own share among them.
    pub(super) fn apply(&mut self, ids: &[EntryId], sources: &[SourceId], cx: &mut Context<'_>) {
        for id in ids {
            let Some(placed) = self.log.as_ref().and_then(|log| log.entry(id)) else { continue };
            let (author, order, payload) = (placed.entry.author, placed.order, placed.payload.clone());
            self.apply_one(*id, author, order, payload, sources, cx);
        }
    }

    fn apply_one(
        &mut self,
        id: EntryId,
        author: MemberId,
        order: u64,
        payload: Payload,
        sources: &[SourceId],
        cx: &mut Context<'_>,
    ) {
        let room = self.id;
        match payload {
            Payload::Create => self.person(author, String::new(), None, cx),
            Payload::Admit { member, name } => {
                self.person(member, name, Some(author), cx);
                self.admission_placed(member, cx);
            }
            Payload::Name { name } => {
                if let Some(person) = self.people.get_mut(&author) {
                    person.name = name;
                }
                self.show_member(author, cx);
            }
            Payload::Say { text, sent_at } => {
                cx.event(Event::Said { room, entry: id, author, order, text, sent_at })
            }
            Payload::Share { files } => self.shelve(id, author, order, &files, sources, cx),
            Payload::Close { file, root } => {
                if self.author_of(&file.share) == Some(author) {
                    self.serving.closed(file);
                    self.fetching.closed(file, root, cx);
                }
            }
            Payload::Withdraw { share } => {
                if self.author_of(&share) == Some(author) {
                    self.unshelve(share, cx);
                }
            }
            Payload::Leave { end } => {
                if let Some(person) = self.people.get_mut(&author) {
                    person.left = true;
                }
                self.show_member(author, cx);
                if end {
                    self.end(cx);
                }
            }
            Payload::Unknown => {}
        }
    }

    fn author_of(&self, share: &EntryId) -> Option<MemberId> {
        self.log.as_ref()?.entry(share).map(|placed| placed.entry.author)
    }

    fn shelve(
        &mut self,
        share: EntryId,
        author: MemberId,
        order: u64,
        files: &[FileMeta],
        sources: &[SourceId],
        cx: &mut Context<'_>,
    ) {
        let shown =
            files.iter().map(|file| SharedFile { name: String::from(file.name.as_str()), size: file.size });
        cx.event(Event::Shared { room: self.id, share, author, order, files: shown.collect() });
        let mut wholes = Vec::new();
        for (index, meta) in files.iter().enumerate() {
            let file = FileId { share, index: index as u16 };
            if author == self.me {
                self.serving.shared(file, meta, sources.get(index).copied(), cx);
                // An empty file is whole at once; one of an earlier start waits for its stored pages.
                wholes.extend(self.serving.whole(file).filter(|_| !sources.is_empty()));
            } else {
                self.fetching.shared(file, author, meta.size, cx);
            }
        }
        for (file, root) in wholes {
            self.draft_close(file, root, cx);
        }
    }

    fn unshelve(&mut self, share: EntryId, cx: &mut Context<'_>) {
        let files = match self.log.as_ref().and_then(|log| log.entry(&share)).map(|placed| &placed.payload) {
            Some(Payload::Share { files }) => files.len(),
            _ => return,
        };
        for index in 0..files {
            let file = FileId { share, index: index as u16 };
            self.serving.withdraw(file, cx);
            self.fetching.withdrawn(file, cx);
        }
        cx.event(Event::Withdrawn { room: self.id, share });
    }

    /// The own pages of an earlier start.
    pub(super) fn restore_pages(&mut self, records: &[(Vec<u8>, Vec<u8>)]) {
        let mut pages: Vec<_> =
            records.iter().filter_map(|(key, value)| Some((record::page_of(key)?, value))).collect();
        pages.sort_by_key(|((file, segment), _)| (*file, *segment));
        for ((file, segment), bytes) in &pages {
            self.serving.restore_page(*file, *segment, bytes);
        }
    }

    /// The Close that a crash may have left unwritten.
    pub(super) fn close_what_is_whole(&mut self, cx: &mut Context<'_>) {
        for (file, root) in self.serving.wholes() {
            self.draft_close(file, root, cx);
        }
    }

    /// Everybody is to call one as one is called here.
    pub(super) fn tell_own_name(&mut self, cx: &mut Context<'_>) {
        let told = self.people.get(&self.me).map_or("", |person| person.name.as_str());
        if told != self.identity.name && !self.identity.name.is_empty() {
            self.draft_own(name(self.identity.name.clone()), cx);
        }
    }

    fn person(
        &mut self,
        member: MemberId,
        name: String,
        admitted_by: Option<MemberId>,
        cx: &mut Context<'_>,
    ) {
        // A second admission of one key changes nothing but is no harm either.
        self.people.or_insert_with(member, || Person { name, admitted_by, left: false });
        self.show_member(member, cx);
    }

    fn show_member(&mut self, member: MemberId, cx: &mut Context<'_>) {
        let (Some(person), Some(log)) = (self.people.get(&member), &self.log) else { return };
        cx.event(Event::MemberChanged {
            room: self.id,
            member,
            name: person.name.clone(),
            host: member == log.host(),
            me: member == self.me,
            admitted_by: person.admitted_by,
            left: person.left,
            forked: log.is_forked(&member),
        });
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
            if let Ok((inserted, _)) = log.insert(bytes) {
                placed.extend(inserted.placed);
            }
        }
        self.keep(&placed, cx);
        self.apply(&placed, &[], cx);
        self.sync = Some(cx.now + super::SYNC);
        self.store_next_draft(cx);
    }
}
