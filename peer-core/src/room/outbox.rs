//! Own entries on their way out. One is stored durably before it counts or is sent, one at a time: a crash then never
//! makes its author write two entries with one number. But not where nothing is kept: in a room whose records could not
//! be stored, and in one that is left while the store hangs.

use super::{ENDING, Room, records};
use crate::base::error::{CommandError, StoreFailure};
use crate::base::features::Features;
use crate::base::id::{CommandId, EntryId, FileId, Root, SourceId};
use crate::base::path::SafeName;
use crate::base::record;
use crate::cx::{Context, Waiting};
use crate::io::{Event, MAX_FILES, NewFile, StoreOp};
use crate::log::Inserted;
use crate::log::entry::{FileMeta, NO_ENTRY, Payload};
use crate::shelf::serve::Serving;
use alloc::string::String;
use alloc::vec::Vec;

/// Most own entries that wait for the store: a hanging disk must not grow memory.
const MAX_DRAFTS: usize = 256;
/// Of these at most so many that nobody asked for, the Closes of files: what people say and share finds room beside
/// them, however many files there are and however slow the disk.
const MAX_CLOSES: usize = 128;

/// An own entry that is not written yet.
pub(super) struct Draft {
    command: Option<CommandId>,
    payload: Payload,
    sources: Vec<SourceId>,
}

impl Draft {
    fn new(command: Option<CommandId>, payload: Payload, sources: Vec<SourceId>) -> Self {
        Self { command, payload, sources }
    }
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

fn withdraw(share: EntryId) -> Payload {
    Payload::Withdraw { share }
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
    /// Whether one more own entry can be written, now and at all: looked at before a command changes anything. What
    /// must be written in the end keeps its place: the Close of each own file, without which nobody ever has it whole,
    /// the Withdraw of each share, so that one can always stop sharing, and one's Leave.
    ///
    /// # Errors
    /// [`CommandError::Busy`]: too much waits for the store. [`CommandError::Full`]: there is no place for it.
    pub(super) fn room_for(&self, payload: &Payload) -> Result<(), CommandError> {
        if self.drafts.len() >= MAX_DRAFTS {
            return Err(CommandError::Busy);
        }
        let mut all = self.log.as_ref().map(|log| log.amount(&self.me)).unwrap_or_default();
        let (mut closes, mut open, mut withdrawn) =
            (self.serving.unclosed(), self.serving.shares(), Vec::new());
        let waiting = self.storing.iter().map(|storing| &storing.draft).chain(&self.drafts);
        for payload in waiting.map(|draft| &draft.payload).chain([payload]) {
            all = all + payload.amount();
            match payload {
                Payload::Share { files } => {
                    closes += files.len();
                    all = all + withdraw(NO_ENTRY).amount();
                }
                Payload::Withdraw { share } if !withdrawn.contains(share) => {
                    withdrawn.push(*share);
                    closes -= self.serving.unclosed_of(share);
                    open -= usize::from(self.serving.has(share));
                }
                _ => {}
            }
        }
        let file = FileId { share: NO_ENTRY, index: u16::MAX };
        let close = Payload::Close { file, root: Root([0; 32]) };
        for (count, kept) in [(closes, close), (open, withdraw(NO_ENTRY)), (1, leave(true))] {
            let each = kept.amount();
            all.entries += count * each.entries;
            all.bytes += count * each.bytes;
        }
        if all.is_allowed() { Ok(()) } else { Err(CommandError::Full) }
    }

    /// Write an own entry that a command asked for, for which there is room.
    pub(super) fn draft(&mut self, command: CommandId, payload: Payload, cx: &mut Context<'_>) {
        self.push_draft(Draft::new(Some(command), payload, Vec::new()), cx);
    }

    pub(super) fn draft_share(
        &mut self,
        command: CommandId,
        payload: Payload,
        sources: Vec<SourceId>,
        cx: &mut Context<'_>,
    ) {
        self.push_draft(Draft::new(Some(command), payload, sources), cx);
    }

    /// An own entry that no command waits for.
    pub(super) fn draft_own(&mut self, payload: Payload, cx: &mut Context<'_>) {
        self.push_draft(Draft::new(None, payload, Vec::new()), cx);
    }

    /// The last own entry, after the Close of each whole file that somebody has asked for. What the others are needs not
    /// be said any more.
    pub(super) fn draft_leave(&mut self, command: CommandId, cx: &mut Context<'_>) {
        let serving = &self.serving;
        self.drafts.retain(|draft| match draft.payload {
            Payload::Close { file, .. } => serving.is_asked_for(file),
            _ => true,
        });
        // However many: no more than one may share.
        while let Some((file, root)) = self.serving.next_whole(Serving::is_asked_for) {
            self.write_close(file, root, cx);
        }
        self.draft(command, leave(self.is_host()), cx);
    }

    /// The Close of each own file that is hashed to its end. What finds no place waits until one is free.
    pub(super) fn close_what_is_whole(&mut self, cx: &mut Context<'_>) {
        while self.ending.is_none()
            && self.drafts.len() < MAX_CLOSES
            && let Some((file, root)) = self.serving.next_whole(|_, _| true)
        {
            self.write_close(file, root, cx);
        }
    }

    fn write_close(&mut self, file: FileId, root: Root, cx: &mut Context<'_>) {
        self.serving.closed(file);
        self.draft_own(Payload::Close { file, root }, cx);
    }

    /// Time is up for a room that is being left. The Leave waits for nothing any more: not for what people have said, and
    /// not for a store that hangs, because nothing of the room will be kept. False if it is out, or cannot be written.
    pub(super) fn give_way_to_leave(&mut self, cx: &mut Context<'_>) -> bool {
        let before = self.drafts.len() + usize::from(self.storing.is_some());
        for draft in core::mem::take(&mut self.drafts) {
            match draft.payload {
                Payload::Close { .. } | Payload::Leave { .. } => self.drafts.push_back(draft),
                _ => self.draft_failed(draft, CommandError::Ended, cx),
            }
        }
        if let Some(Storing { draft, bytes }) = self.storing.take() {
            self.forget_records(cx);
            self.place_draft(draft, &bytes, cx);
        }
        self.store_next_draft(cx);
        self.drafts.len() + usize::from(self.storing.is_some()) < before
    }

    fn push_draft(&mut self, draft: Draft, cx: &mut Context<'_>) {
        self.drafts.push_back(draft);
        self.store_next_draft(cx);
    }

    /// Store the next own entry, if none is being stored; all of them at once where nothing is kept.
    pub(super) fn store_next_draft(&mut self, cx: &mut Context<'_>) {
        while self.storing.is_none()
            && self.log.as_ref().is_some_and(|log| log.may_write(&self.me))
            && let Some(draft) = self.drafts.pop_front()
        {
            let log = self.log.as_ref().expect("just looked");
            let entry = log.draft(&self.key, &draft.payload);
            let bytes = entry.encode();
            if !self.durable {
                self.place_draft(draft, &bytes, cx);
                continue;
            }
            let request = cx.ids.request(self.id, Waiting::Draft);
            let key = records::entry(&self.me, entry.seq);
            cx.store(StoreOp::Put { request, room: self.id, key, value: record::seal(&bytes).into() });
            self.storing = Some(Storing { draft, bytes });
        }
    }

    pub(super) fn draft_stored(&mut self, failure: Option<StoreFailure>, cx: &mut Context<'_>) {
        let Some(Storing { draft, bytes }) = self.storing.take() else { return };
        if let Some(reason) = failure {
            self.not_stored(reason, cx);
        }
        self.place_draft(draft, &bytes, cx);
        self.store_next_draft(cx);
        self.close_what_is_whole(cx);
        self.hurry_ending(cx);
    }

    fn place_draft(&mut self, draft: Draft, bytes: &[u8], cx: &mut Context<'_>) {
        match self.log.as_mut().map(|log| log.insert(bytes)) {
            Some(Ok(Inserted { placed, .. })) if !placed.is_empty() => {
                self.apply(&placed, &draft.sources, cx);
                self.pass_on(None, &placed);
                if matches!(draft.payload, Payload::Leave { .. }) {
                    self.ending = Some(cx.now + ENDING);
                }
            }
            // A copy of this device's records wrote on elsewhere.
            _ => self.draft_failed(draft, CommandError::Full, cx),
        }
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
                let payload = withdraw(share);
                self.room_for(&payload)?;
                // Its places are free from now on.
                self.serving.closed_share(&share);
                self.draft(id, payload, cx);
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
