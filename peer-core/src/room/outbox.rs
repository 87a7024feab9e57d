//! Own entries on their way out. One is stored durably before it counts or is sent, one at a time: a crash then never
//! makes its author write two entries with one number.

use super::{Room, records};
use crate::base::error::{CommandError, StoreFailure};
use crate::base::features::Features;
use crate::base::id::{CommandId, EntryId, FileId, SourceId};
use crate::base::path::SafeName;
use crate::base::record;
use crate::cx::{Context, Waiting};
use crate::io::{Event, MAX_FILES, NewFile, StoreOp};
use crate::log::Inserted;
use crate::log::entry::{FileMeta, Payload};
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
    draft: Draft,
    bytes: Vec<u8>,
}

pub(super) fn create() -> Payload {
    Payload::Create { features: Features::DEMANDED }
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

    /// The Close of each own file that is hashed to its end. What finds no place waits until one is free.
    pub(super) fn close_what_is_whole(&mut self, cx: &mut Context<'_>) {
        // What people say and share finds room beside it.
        while self.drafts.len() < MAX_DRAFTS / 2
            && let Some((file, root)) = self.serving.next_whole()
        {
            self.serving.closed(file);
            self.draft_own(Payload::Close { file, root }, cx);
        }
    }

    fn push_draft(&mut self, draft: Draft, cx: &mut Context<'_>) {
        if self.drafts.len() >= MAX_DRAFTS {
            return self.draft_failed(draft, CommandError::Busy, cx);
        }
        self.drafts.push_back(draft);
        self.store_next_draft(cx);
    }

    pub(super) fn store_next_draft(&mut self, cx: &mut Context<'_>) {
        let (None, Some(log)) = (&self.storing, &self.log) else { return };
        if !log.may_write(&self.me) {
            return;
        }
        let Some(draft) = self.drafts.pop_front() else { return };
        let entry = log.draft(&self.key, &draft.payload);
        let bytes = entry.encode();
        let request = cx.ids.request(self.id, Waiting::Draft);
        if self.durable {
            let key = records::entry(&self.me, entry.seq);
            cx.store(StoreOp::Put { request, room: self.id, key, value: record::seal(&bytes).into() });
        }
        self.storing = Some(Storing { draft, bytes });
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
            Some(Ok(Inserted { placed, .. })) if !placed.is_empty() => {
                self.apply(&placed, &draft.sources, cx);
                self.pass_on(None, &placed);
            }
            // The own chain is full, or a copy of this device's records wrote on elsewhere.
            _ => self.draft_failed(draft, CommandError::Full, cx),
        }
        self.store_next_draft(cx);
        self.close_what_is_whole(cx);
        self.hurry_ending(cx);
    }

    fn draft_failed(&mut self, draft: Draft, reason: CommandError, cx: &mut Context<'_>) {
        for source in draft.sources {
            cx.store(StoreOp::CloseSource { source });
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
}
