//! Fetching files: which page, which chunk, from whom; nothing counts before its hash is right and it is
//! written. PROTOCOL.md, *Files*.
//!
//! The receiver sets the pace: it asks for at most [`WINDOW`] chunks that are not written yet, because data
//! channels have no back-pressure on the receiving side. In this version a file comes from its author.

mod asking;
mod speed;
mod writing;

use crate::base::blob::{self, ChunkValue, segment_chunks, segment_of};
use crate::base::error::{CommandError, Misbehavior};
use crate::base::id::{FileId, LinkId, MemberId, RequestId, RoomId, Root, SinkId};
use crate::base::identity::{RoomDigest, context, verify};
use crate::base::map::Map;
use crate::base::set::Set;
use crate::base::time::Instant;
use crate::cx::{Context, Waiting};
use crate::io::{Event, FileFailure, FileState, StoreOp};
use crate::shelf::blob::ChunkSet;
use crate::wire::{BULK_BYTES, Bulk, Frame, Page, Refusal};
use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use core::time::Duration;
use speed::Speed;

/// Most chunks asked for and not yet written, over all files of a room: 8 MiB.
pub(crate) const WINDOW: usize = 32;
/// Progress is told at most this often.
const PROGRESS: Duration = Duration::from_millis(100);
/// Others are told what one has at most this often.
const HAVE: Duration = Duration::from_secs(1);
/// What was asked for and has not moved for so long is asked for again.
const STALL: Duration = Duration::from_secs(20);

/// What is known of a file on the shelf that somebody else shared.
struct File {
    author: MemberId,
    size: u64,
    root: Option<Root>,
    withdrawn: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Sink {
    Opening(RequestId),
    Open,
    Closing(RequestId),
}

struct Fetch {
    sink: SinkId,
    sink_state: Sink,
    state: FileState,
    paused: bool,
    /// Why the author cannot serve it right now.
    refused: Option<Refusal>,
    /// Verified and written.
    have: ChunkSet,
    /// Asked for, being received or written.
    busy: Set<u32>,
    values: Map<u32, Vec<ChunkValue>>,
    asked_pages: Set<u32>,
    /// When something of it last came or was asked for.
    moved: Instant,
    told: Instant,
    have_told: Option<Instant>,
    speed: Speed,
}

impl Fetch {
    fn is_done(&self) -> bool {
        matches!(self.state, FileState::Done { .. })
    }
}

/// A chunk on its way in.
struct Incoming {
    file: FileId,
    from: LinkId,
    chunk: u32,
    buffer: Vec<u8>,
}

/// All files of others in one room.
pub(crate) struct Fetching {
    room: RoomId,
    shelf: BTreeMap<FileId, File>,
    fetches: Map<FileId, Fetch>,
    incoming: Map<u64, Incoming>,
    writes: Map<RequestId, (FileId, SinkId, u32)>,
    next_request: u64,
    /// The file that was last asked for: the next one has its turn.
    turn: Option<FileId>,
    /// The link to each author that is up.
    links: Map<MemberId, LinkId>,
}

impl Fetching {
    pub(crate) fn new(room: RoomId) -> Self {
        Self {
            room,
            shelf: BTreeMap::new(),
            fetches: Map::new(),
            incoming: Map::new(),
            writes: Map::new(),
            next_request: 0,
            turn: None,
            links: Map::new(),
        }
    }

    // ------------------------------------------------------------ the shelf

    pub(crate) fn shared(&mut self, file: FileId, author: MemberId, size: u64, cx: &mut Context<'_>) {
        self.shelf.insert(file, File { author, size, root: None, withdrawn: false });
        cx.event(Event::FileChanged { room: self.room, file, state: FileState::Offered });
    }

    pub(crate) fn closed(&mut self, file: FileId, root: Root, cx: &mut Context<'_>) {
        if let Some(shelf) = self.shelf.get_mut(&file) {
            shelf.root.get_or_insert(root);
        }
        self.finish(file, cx);
    }

    pub(crate) fn withdrawn(&mut self, file: FileId, cx: &mut Context<'_>) {
        let Some(shelf) = self.shelf.get_mut(&file) else { return };
        shelf.withdrawn = true;
        if !self.fetches.get(&file).is_some_and(Fetch::is_done) {
            self.end(file, FileState::Withdrawn, cx);
        }
    }

    // ------------------------------------------------------------ commands

    pub(crate) fn fetch(
        &mut self,
        file: FileId,
        sink: SinkId,
        cx: &mut Context<'_>,
    ) -> Result<(), CommandError> {
        let shelf =
            self.shelf.get(&file).filter(|shelf| !shelf.withdrawn).ok_or(CommandError::UnknownFile)?;
        let size = shelf.size;
        match self.fetches.get(&file).map(|fetch| (fetch.state, fetch.refused)) {
            None => {}
            // Tried again by hand, from the beginning.
            Some((FileState::Done { .. }, _)) | Some((_, Some(_))) => self.discard(file, cx),
            Some(_) => return Err(CommandError::AlreadyFetching),
        }
        let request = cx.ids.request(self.room, Waiting::Fetching);
        let fetch = Fetch {
            sink,
            sink_state: Sink::Opening(request),
            state: FileState::Offered,
            paused: false,
            refused: None,
            have: ChunkSet::new(size),
            busy: Set::new(),
            values: Map::new(),
            asked_pages: Set::new(),
            moved: cx.now,
            told: cx.now,
            have_told: None,
            speed: Speed::default(),
        };
        cx.store(StoreOp::OpenSink { request, room: self.room, sink, size });
        self.fetches.insert(file, fetch);
        self.show(file, cx);
        Ok(())
    }

    pub(crate) fn pause(
        &mut self,
        file: FileId,
        paused: bool,
        cx: &mut Context<'_>,
    ) -> Result<(), CommandError> {
        let fetch =
            self.fetches.get_mut(&file).filter(|fetch| !fetch.is_done()).ok_or(CommandError::UnknownFile)?;
        fetch.paused = paused;
        fetch.speed.clear();
        self.show(file, cx);
        Ok(())
    }

    pub(crate) fn cancel(&mut self, file: FileId, cx: &mut Context<'_>) -> Result<(), CommandError> {
        if !self.is_running(file) {
            return Err(CommandError::UnknownFile);
        }
        self.end(file, FileState::Cancelled, cx);
        Ok(())
    }

    // ------------------------------------------------------------ links

    pub(crate) fn link_up(&mut self, member: MemberId, link: LinkId, cx: &mut Context<'_>) {
        if let Some(old) = self.links.insert(member, link) {
            self.forget_link(old);
        }
        let files: Vec<FileId> = self.fetches.keys().copied().collect();
        for file in files {
            if self.shelf[&file].author == member {
                let fetch = self.fetches.get_mut(&file).expect("just listed");
                fetch.asked_pages.clear();
                fetch.refused = None;
                self.show(file, cx);
            }
        }
    }

    pub(crate) fn link_down(&mut self, link: LinkId, cx: &mut Context<'_>) {
        self.links.retain(|_, l| *l != link);
        self.forget_link(link);
        let files: Vec<FileId> = self.fetches.keys().copied().collect();
        for file in files {
            self.show(file, cx);
        }
    }

    /// What was asked over a link that is gone will not come: it is asked again.
    fn forget_link(&mut self, link: LinkId) {
        let fetches = &mut self.fetches;
        self.incoming.retain(|_, incoming| {
            if incoming.from == link
                && let Some(fetch) = fetches.get_mut(&incoming.file)
            {
                fetch.busy.remove(&incoming.chunk);
            }
            incoming.from != link
        });
    }

    // ------------------------------------------------------------ from the provider

    pub(crate) fn refused(&mut self, from: MemberId, file: FileId, refusal: Refusal, cx: &mut Context<'_>) {
        if self.shelf.get(&file).is_none_or(|shelf| shelf.author != from) {
            return;
        }
        let Some(fetch) = self.fetches.get_mut(&file).filter(|fetch| !fetch.is_done()) else { return };
        match refusal {
            // What is verified is kept: the author may choose the same file again.
            Refusal::NoSource | Refusal::Gone | Refusal::NotShared => {
                fetch.refused = Some(refusal);
                fetch.asked_pages.clear();
                self.drop_requests(file, cx);
                self.show(file, cx);
            }
            Refusal::Changed => {
                self.end(file, FileState::Failed { reason: FileFailure::SourceChanged }, cx);
            }
        }
    }

    pub(crate) fn available(&mut self, from: MemberId, file: FileId, cx: &mut Context<'_>) {
        if self.shelf.get(&file).is_some_and(|shelf| shelf.author == from) {
            if let Some(fetch) = self.fetches.get_mut(&file) {
                fetch.refused = None;
            }
            self.show(file, cx);
        }
    }

    pub(crate) fn page(
        &mut self,
        page: Page,
        digest: &RoomDigest,
        cx: &mut Context<'_>,
    ) -> Result<(), Misbehavior> {
        let Some(shelf) = self.shelf.get(&page.file) else { return Err(Misbehavior::Unasked) };
        let Some(fetch) = self.fetches.get_mut(&page.file).filter(|fetch| !fetch.is_done()) else {
            return Ok(());
        };
        let signed = Page::signed_bytes(&digest.0, &page.file, page.segment, &page.values);
        let fits = segment_chunks(shelf.size, page.segment).len() == page.values.len();
        if !fits || !verify(&shelf.author, context::SIGN_PAGE, &signed, &page.signature) {
            return Err(Misbehavior::BadPage);
        }
        if !fetch.asked_pages.contains(&page.segment) && !fetch.values.contains_key(&page.segment) {
            // Late, or pushed at us: what was not asked for is not kept.
            return Ok(());
        }
        match fetch.values.get(&page.segment) {
            None => {
                fetch.moved = cx.now;
                fetch.values.insert(page.segment, page.values);
                self.finish(page.file, cx);
            }
            Some(known) if *known == page.values => {}
            // Two different pages, both signed: the author contradicts itself.
            Some(_) => self.end(page.file, FileState::Failed { reason: FileFailure::Contradiction }, cx),
        }
        Ok(())
    }

    pub(crate) fn bulk(
        &mut self,
        link: LinkId,
        bulk: Bulk<'_>,
        cx: &mut Context<'_>,
    ) -> Result<(), Misbehavior> {
        let Some(incoming) = self.incoming.get_mut(&bulk.request).filter(|incoming| incoming.from == link)
        else {
            // What was cancelled may still be on its way; what was never asked for is not excused.
            return if bulk.request < self.next_request { Ok(()) } else { Err(Misbehavior::Unasked) };
        };
        let size = self.shelf[&incoming.file].size;
        let length =
            blob::chunk_len(size, incoming.chunk).expect("only chunks that exist are asked for") as usize;
        let expected = BULK_BYTES.min(length - incoming.buffer.len());
        let in_order = bulk.chunk == incoming.chunk && bulk.offset as usize == incoming.buffer.len();
        if !in_order || bulk.bytes.len() != expected {
            return Err(Misbehavior::Unasked);
        }
        incoming.buffer.extend_from_slice(bulk.bytes);
        if let Some(fetch) = self.fetches.get_mut(&incoming.file) {
            fetch.moved = cx.now;
        }
        if incoming.buffer.len() == length {
            let incoming = self.incoming.remove(&bulk.request).expect("just looked at");
            self.received(incoming, size, cx)?;
        }
        Ok(())
    }

    fn received(&mut self, incoming: Incoming, size: u64, cx: &mut Context<'_>) -> Result<(), Misbehavior> {
        let Incoming { file, chunk, buffer, .. } = incoming;
        let Some(fetch) = self.fetches.get_mut(&file) else { return Ok(()) };
        let segment = segment_of(chunk);
        let index = (chunk - segment_chunks(size, segment).start) as usize;
        let expected = fetch.values.get(&segment).and_then(|values| values.get(index));
        if blob::chunk_value(size, chunk, &buffer).ok().as_ref() != expected {
            fetch.busy.remove(&chunk);
            return Err(Misbehavior::BadChunk);
        }
        let request = cx.ids.request(self.room, Waiting::Fetching);
        self.writes.insert(request, (file, fetch.sink, chunk));
        cx.store(StoreOp::Write {
            request,
            sink: fetch.sink,
            offset: blob::chunk_offset(chunk),
            bytes: buffer.into(),
        });
        Ok(())
    }

    // ------------------------------------------------------------ showing

    fn show(&mut self, file: FileId, cx: &mut Context<'_>) {
        let Some(fetch) = self.fetches.get(&file) else { return };
        if fetch.is_done() {
            return;
        }
        let connected = self.links.contains_key(&self.shelf[&file].author);
        let state = if fetch.paused {
            FileState::Paused
        } else if fetch.refused == Some(Refusal::Gone) {
            FileState::Failed { reason: FileFailure::SourceGone }
        } else if connected && fetch.refused.is_none() {
            FileState::Receiving
        } else {
            FileState::WaitingForSource
        };
        self.set_state(file, state, cx);
    }

    fn set_state(&mut self, file: FileId, state: FileState, cx: &mut Context<'_>) {
        let fetch = self.fetches.get_mut(&file).expect("of a fetch");
        if fetch.state != state {
            fetch.state = state;
            cx.event(Event::FileChanged { room: self.room, file, state });
        }
    }

    /// What we have of each file, for a member that has just come.
    pub(crate) fn haves(&self) -> Vec<Frame> {
        let some =
            self.fetches.iter().filter(|(_, fetch)| fetch.have.bytes() > 0 || fetch.have.is_complete());
        some.map(|(file, fetch)| Frame::Have { file: *file, verified: fetch.have.bytes() }).collect()
    }
}
