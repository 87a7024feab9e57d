//! Serving one's own files: hashing them in order, signing their pages, reading chunks and checking each against
//! its page before it leaves. PROTOCOL.md, *Files*.
//!
//! A source that changed ends its file here instead of making its author a liar. Serving what others shared
//! (re-serving) has its place here too; this version serves own files only.

mod hashing;

use crate::base::blob::{self, ChunkValue, SEGMENT_CHUNKS, chunk_count, segment_count, segment_of};
use crate::base::error::{CommandError, Misbehavior, StoreFailure};
use crate::base::id::{FileId, LinkId, MemberId, RequestId, RoomId, SourceId};
use crate::base::identity::{Keypair, RoomDigest, Signature};
use crate::base::map::Map;
use crate::base::set::Set;
use crate::cx::{Context, Waiting};
use crate::io::{Event, FileFailure, FileState, NewFile, StoreOp};
use crate::link::OutgoingChunk;
use crate::log::entry::FileMeta;
use crate::wire::{Frame, Page, Refusal};
use alloc::collections::VecDeque;
use alloc::vec::Vec;
pub(crate) use hashing::page_of;
use serde::{Deserialize, Serialize};

/// Most chunk requests of one member that wait; its window (8 MiB) is half of that.
pub(crate) const MAX_REQUESTS: usize = 64;
/// Chunk bytes read ahead of the channel, per member.
pub(crate) const READ_AHEAD: usize = 1 << 20;

/// A page as it is stored and served.
#[derive(Clone, Serialize, Deserialize)]
struct SignedPage {
    values: Vec<ChunkValue>,
    signature: Signature,
}

/// One of one's own files.
struct Served {
    size: u64,
    source: Option<SourceId>,
    /// Hash values of the first chunks, without gaps.
    values: Vec<ChunkValue>,
    /// So many of them are the source's own. Of one that was chosen again it is not known before it is read: nothing is
    /// hashed behind them until then, or what is signed next would be of another version.
    own: usize,
    /// Signed and stored: fit to be shown.
    pages: Map<u32, SignedPage>,
    /// Hash up to here, in chunks.
    target: u32,
    /// Pages that have been asked for, in order.
    asked: u32,
    reading: bool,
    /// Who asked for a page that is not there yet: the next one, or the one after it.
    waiting: Map<u32, Set<MemberId>>,
    /// Which of all own files it is, by when it was shared, and when it was last read.
    shared: u64,
    read: u64,
    closed: bool,
    failed: Option<FileFailure>,
}

enum Job {
    Hash { file: FileId, source: SourceId },
    Page { file: FileId, segment: u32, page: SignedPage },
    Chunk { file: FileId, source: SourceId, link: LinkId, request: u64, chunk: u32 },
}

#[derive(Default)]
struct Queue {
    wanted: VecDeque<(u64, FileId, u32)>,
    /// The request that is being read for. One read at a time: they follow each other, and a shell that reads a file
    /// as a stream goes on with it.
    reading: Option<u64>,
    /// It was cancelled meanwhile.
    in_vain: bool,
}

/// What the room must do after a call.
#[derive(Default)]
pub(crate) struct Done {
    /// Chunks ready to leave.
    pub(crate) chunks: Vec<(LinkId, OutgoingChunk)>,
    /// A page could not be kept.
    pub(crate) not_stored: Option<StoreFailure>,
}

/// All own files of one room.
pub(crate) struct Serving {
    room: RoomId,
    /// Whether the store still keeps this room; else pages live in memory only.
    pub(crate) durable: bool,
    files: Map<FileId, Served>,
    jobs: Map<RequestId, Job>,
    queues: Map<LinkId, Queue>,
    /// Files shared and reads made so far.
    count: u64,
}

impl Serving {
    pub(crate) fn new(room: RoomId) -> Self {
        Self { room, durable: true, files: Map::new(), jobs: Map::new(), queues: Map::new(), count: 0 }
    }

    // ------------------------------------------------------------ the shelf

    /// An own share is in the log. Its first segment is hashed at once, so that nobody waits for it later.
    pub(crate) fn shared(
        &mut self,
        file: FileId,
        meta: &FileMeta,
        source: Option<SourceId>,
        cx: &mut Context<'_>,
    ) {
        let served = Served {
            size: meta.size,
            source,
            values: Vec::new(),
            own: 0,
            pages: Map::new(),
            target: chunk_count(meta.size).min(SEGMENT_CHUNKS),
            asked: 0,
            reading: false,
            waiting: Map::new(),
            shared: self.count,
            read: 0,
            closed: false,
            failed: None,
        };
        self.count += 1;
        self.files.insert(file, served);
        let state = if source.is_some() { FileState::Serving } else { FileState::SourceMissing };
        cx.event(Event::FileChanged { room: self.room, file, state });
    }

    /// The person chose the file again.
    pub(crate) fn supply(
        &mut self,
        file: FileId,
        new: &NewFile,
        cx: &mut Context<'_>,
    ) -> Result<(), CommandError> {
        let served = self.files.get_mut(&file).ok_or(CommandError::UnknownFile)?;
        if served.size != new.size {
            return Err(CommandError::OtherFile);
        }
        if let Some(old) = served.source.replace(new.source) {
            cx.store(StoreOp::CloseSource { source: old });
        }
        // Hashes that nobody has signed yet may be of another version of the file.
        let under_way =
            self.jobs.values().filter(|job| matches!(job, Job::Page { file: f, .. } if *f == file)).count();
        let signed = (served.pages.len() + under_way) as u64 * u64::from(SEGMENT_CHUNKS);
        served.values.truncate(usize::try_from(signed).unwrap_or(usize::MAX));
        served.own = 0;
        served.failed = None;
        served.reading = false;
        cx.event(Event::FileChanged { room: self.room, file, state: FileState::Serving });
        cx.broadcast(Frame::Available { file });
        Ok(())
    }

    /// The share is off the shelf: nothing of it is served any more.
    pub(crate) fn withdraw(&mut self, file: FileId, cx: &mut Context<'_>) {
        let Some(served) = self.files.remove(&file) else { return };
        if let Some(source) = served.source {
            cx.store(StoreOp::CloseSource { source });
        }
        for queue in self.queues.values_mut() {
            queue.wanted.retain(|(_, wanted, _)| *wanted != file);
        }
        cx.event(Event::FileChanged { room: self.room, file, state: FileState::Withdrawn });
    }

    /// The Close of an own file is in the log, or on its way there.
    pub(crate) fn closed(&mut self, file: FileId) {
        if let Some(served) = self.files.get_mut(&file) {
            served.closed = true;
        }
    }

    pub(crate) fn link_down(&mut self, link: LinkId) {
        self.queues.remove(&link);
    }

    // ------------------------------------------------------------ asked by others

    pub(crate) fn page_request(
        &mut self,
        from: MemberId,
        file: FileId,
        segment: u32,
        cx: &mut Context<'_>,
    ) -> Result<(), Misbehavior> {
        let Some(served) = self.readable(from, file, cx) else { return Ok(()) };
        if segment >= segment_count(served.size) {
            return Err(Misbehavior::Unasked);
        }
        let there = served.pages.len() as u32;
        if segment > served.asked.max(there) || segment > there + 1 {
            // Who takes a file in order does not ask so far ahead, and a segment is a lot to read for nobody.
            return Ok(());
        }
        if let Some(page) = served.pages.get(&segment) {
            cx.send(from, page_frame(file, segment, page));
        } else {
            served.waiting.or_insert_with(segment, Default::default).insert(from);
        }
        served.asked = served.asked.max(segment + 1);
        // One segment ahead, so that the next page is there when it is asked for.
        let ahead = (segment + 2).saturating_mul(SEGMENT_CHUNKS);
        served.target = served.target.max(ahead.min(chunk_count(served.size)));
        Ok(())
    }

    pub(crate) fn chunk_request(
        &mut self,
        from: MemberId,
        link: LinkId,
        request: u64,
        file: FileId,
        chunk: u32,
        cx: &mut Context<'_>,
    ) -> Result<(), Misbehavior> {
        let Some(served) = self.readable(from, file, cx) else { return Ok(()) };
        // Without its page a chunk could not be checked: nobody honest asks.
        if chunk >= chunk_count(served.size) || !served.pages.contains_key(&segment_of(chunk)) {
            return Err(Misbehavior::Unasked);
        }
        let queue = self.queues.or_insert_with(link, Default::default);
        if queue.wanted.len() >= MAX_REQUESTS {
            return Err(Misbehavior::TooManyRequests);
        }
        queue.wanted.push_back((request, file, chunk));
        Ok(())
    }

    pub(crate) fn cancel(&mut self, link: LinkId, request: u64) {
        if let Some(queue) = self.queues.get_mut(&link) {
            queue.wanted.retain(|(wanted, _, _)| *wanted != request);
            queue.in_vain |= queue.reading == Some(request);
        }
    }

    /// The file if it can be read; else the asker is told why not.
    fn readable(&mut self, from: MemberId, file: FileId, cx: &mut Context<'_>) -> Option<&mut Served> {
        let refusal = match self.files.get(&file) {
            None => Refusal::NotShared,
            Some(Served { failed: Some(failure), .. }) => refusal_of(failure),
            Some(Served { source: None, .. }) => Refusal::NoSource,
            Some(_) => return self.files.get_mut(&file),
        };
        cx.send(from, Frame::Refused { file, refusal });
        None
    }

    // ------------------------------------------------------------ reading

    /// Start every read that has its turn. `has_room` says whether a link can take one more.
    pub(crate) fn drive(&mut self, has_room: impl Fn(LinkId) -> bool, cx: &mut Context<'_>) {
        self.hash_next(cx);
        for (link, queue) in self.queues.iter_mut() {
            while queue.reading.is_none() && has_room(*link) {
                let Some((request, file, chunk)) = queue.wanted.pop_front() else { break };
                let Some(served) = self.files.get(&file) else { continue };
                let (Some(source), Some(length)) = (served.source, blob::chunk_len(served.size, chunk))
                else {
                    continue;
                };
                queue.reading = Some(request);
                let read = cx.ids.request(self.room, Waiting::Serving);
                self.jobs.insert(read, Job::Chunk { file, source, link: *link, request, chunk });
                cx.store(StoreOp::Read { request: read, source, offset: blob::chunk_offset(chunk), length });
            }
        }
    }

    /// A reply of the store.
    pub(crate) fn stored(
        &mut self,
        request: RequestId,
        result: Result<Vec<u8>, StoreFailure>,
        key: &Keypair,
        digest: &RoomDigest,
        cx: &mut Context<'_>,
    ) -> Done {
        let mut done = Done::default();
        let Some(job) = self.jobs.remove(&request) else { return done };
        match job {
            Job::Hash { file, source } => {
                // A read of a source that was replaced meanwhile says nothing about the new one.
                if self.is_source(file, source) {
                    for (segment, page) in self.hashed(file, result, key, digest, cx) {
                        self.keep_page(file, segment, page, cx);
                    }
                }
            }
            Job::Page { file, segment, page } => {
                done.not_stored = result.err();
                self.page_stored(file, segment, page, cx);
            }
            Job::Chunk { file, source, link, request, chunk } => {
                let queue = self.queues.get_mut(&link);
                let wanted = queue.is_some_and(|queue| {
                    queue.reading = None;
                    !core::mem::take(&mut queue.in_vain)
                });
                match result {
                    Ok(_) if !wanted => {}
                    Ok(bytes) => {
                        if self.is_as_hashed(file, chunk, &bytes) {
                            done.chunks.push((link, OutgoingChunk { request, chunk, bytes, sent: 0 }));
                        } else if self.is_source(file, source) {
                            self.fail(file, FileFailure::SourceChanged, cx);
                        }
                    }
                    Err(failure) if self.is_source(file, source) => self.fail(file, failure_of(failure), cx),
                    Err(_) => {}
                }
            }
        }
        done
    }

    fn is_source(&self, file: FileId, source: SourceId) -> bool {
        self.files.get(&file).is_some_and(|served| served.source == Some(source))
    }

    fn is_as_hashed(&self, file: FileId, chunk: u32, bytes: &[u8]) -> bool {
        self.files.get(&file).is_some_and(|served| {
            let value = blob::chunk_value(served.size, chunk, bytes).ok();
            value.is_some() && value.as_ref() == served.values.get(chunk as usize)
        })
    }

    /// The source let us down: everybody is told, nothing unverified leaves.
    fn fail(&mut self, file: FileId, failure: FileFailure, cx: &mut Context<'_>) {
        let Some(served) = self.files.get_mut(&file) else { return };
        if served.failed.is_some() {
            return;
        }
        served.failed = Some(failure);
        served.waiting.clear();
        if let Some(source) = served.source.take() {
            cx.store(StoreOp::CloseSource { source });
        }
        for queue in self.queues.values_mut() {
            queue.wanted.retain(|(_, wanted, _)| *wanted != file);
        }
        cx.event(Event::FileChanged { room: self.room, file, state: FileState::Failed { reason: failure } });
        cx.broadcast(Frame::Refused { file, refusal: refusal_of(&failure) });
    }
}

fn page_frame(file: FileId, segment: u32, page: &SignedPage) -> Frame {
    Frame::Page(Page { file, segment, values: page.values.clone(), signature: page.signature })
}

fn failure_of(failure: StoreFailure) -> FileFailure {
    match failure {
        StoreFailure::Changed => FileFailure::SourceTouched,
        StoreFailure::Full { .. }
        | StoreFailure::Denied
        | StoreFailure::Missing
        | StoreFailure::Unavailable
        | StoreFailure::Failed => FileFailure::SourceGone,
    }
}

fn refusal_of(failure: &FileFailure) -> Refusal {
    match failure {
        FileFailure::SourceChanged | FileFailure::Contradiction => Refusal::Changed,
        // What is verified elsewhere stays worth something: only the bytes tell whether they are others now.
        FileFailure::SourceTouched | FileFailure::SourceGone | FileFailure::Store(_) => Refusal::Gone,
    }
}

#[cfg(test)]
mod tests;
