//! Hashing own files in order, and their signed pages: made, kept, and found again. PROTOCOL.md, *Files*.

use super::{Job, Served, Serving, SignedPage, failure_of, page_frame};
use crate::base::blob::{self, CHUNK, segment_chunks, segment_count, segment_of};
use crate::base::error::StoreFailure;
use crate::base::id::{EntryId, FileId, Root};
use crate::base::identity::{Keypair, RoomDigest, context};
use crate::base::record;
use crate::cx::{Context, Waiting};
use crate::io::{FileFailure, StoreOp};
use crate::shelf::blob::root;
use crate::wire::Page;
use alloc::vec::Vec;

/// Bytes per read while hashing: large reads are several times faster than small ones.
const HASH_READ: u32 = 1 << 20;
/// Most files hashed at a time: one is read while the other is hashed, and more would only make a disk jump.
const MAX_HASHING: usize = 2;
impl Served {
    fn is_to_be_hashed(&self) -> bool {
        let readable = self.source.is_some() && self.failed.is_none();
        readable && !self.reading && (self.values.len() as u32) < self.target
    }

    /// What somebody waits for goes first, in turns; the others in the order in which they were shared.
    fn turn(&self) -> (bool, u64) {
        if self.waiting.values().next().is_some() { (false, self.read) } else { (true, self.shared) }
    }
}

impl Serving {
    /// A stored page of an own file, when the room is opened again; in order.
    pub(crate) fn restore_page(&mut self, file: FileId, segment: u32, bytes: &[u8]) {
        let (Some(served), Ok(page)) = (self.files.get_mut(&file), postcard::from_bytes::<SignedPage>(bytes))
        else {
            return;
        };
        let chunks = segment_chunks(served.size, segment);
        if chunks.start as usize == served.values.len() && chunks.len() == page.values.len() {
            served.values.extend_from_slice(&page.values);
            served.pages.insert(segment, page);
        }
    }

    pub(super) fn hash_next(&mut self, cx: &mut Context<'_>) {
        let hashing = self.jobs.values().filter(|job| matches!(job, Job::Hash { .. })).count();
        for _ in hashing..MAX_HASHING {
            let waiting = self.files.iter_mut().filter(|(_, served)| served.is_to_be_hashed());
            let Some((file, served)) = waiting.min_by_key(|(_, served)| served.turn()) else { return };
            let Some(source) = served.source else { return };
            let offset = blob::chunk_offset(served.own as u32);
            let length = u64::from(HASH_READ).min(served.size - offset) as u32;
            self.count += 1;
            (served.reading, served.read) = (true, self.count);
            let request = cx.ids.request(self.room, Waiting::Serving);
            self.jobs.insert(request, Job::Hash { file: *file, source });
            cx.store(StoreOp::Read { request, source, offset, length });
        }
    }

    pub(super) fn hashed(
        &mut self,
        file: FileId,
        result: Result<Vec<u8>, StoreFailure>,
        key: &Keypair,
        digest: &RoomDigest,
        cx: &mut Context<'_>,
    ) -> Vec<(u32, SignedPage)> {
        let mut pages = Vec::new();
        let Some(served) = self.files.get_mut(&file) else { return pages };
        served.reading = false;
        let bytes = match result {
            Ok(bytes) => bytes,
            Err(failure) => {
                self.fail(file, failure_of(failure), cx);
                return pages;
            }
        };
        for piece in bytes.chunks(CHUNK as usize) {
            let index = served.own as u32;
            let Ok(value) = blob::chunk_value(served.size, index, piece) else {
                self.fail(file, FileFailure::SourceChanged, cx);
                return pages;
            };
            served.own += 1;
            if let Some(known) = served.values.get(index as usize) {
                if *known == value {
                    continue;
                }
                self.fail(file, FileFailure::SourceChanged, cx);
                return pages;
            }
            served.values.push(value);
            let chunks = segment_chunks(served.size, segment_of(index));
            if index + 1 == chunks.end {
                let segment = segment_of(index);
                let values = served.values[chunks.start as usize..].to_vec();
                let signed = Page::signed_bytes(&digest.0, &file, segment, &values);
                let page = SignedPage { values, signature: key.sign(context::SIGN_PAGE, &signed) };
                pages.push((segment, page));
            }
        }
        pages
    }

    /// A page is shown only once it is stored: a crash must not make its author sign another one.
    pub(super) fn keep_page(&mut self, file: FileId, segment: u32, page: SignedPage, cx: &mut Context<'_>) {
        if !self.durable {
            return self.page_stored(file, segment, page, cx);
        }
        let value = postcard::to_allocvec(&page).expect("postcard into a Vec has no failure here");
        let request = cx.ids.request(self.room, Waiting::Serving);
        self.jobs.insert(request, Job::Page { file, segment, page });
        cx.store(StoreOp::Put {
            request,
            room: self.room,
            key: page_key(&file, segment),
            value: record::seal(&value).into(),
        });
    }

    pub(super) fn page_stored(&mut self, file: FileId, segment: u32, page: SignedPage, cx: &mut Context<'_>) {
        let Some(served) = self.files.get_mut(&file) else { return };
        for member in served.waiting.remove(&segment).unwrap_or_default().iter() {
            cx.send(*member, page_frame(file, segment, &page));
        }
        served.pages.insert(segment, page);
    }

    /// Files whose Close is still to be written.
    pub(crate) fn unclosed(&self) -> usize {
        self.files.values().filter(|served| !served.closed).count()
    }

    /// Of them those of one share.
    pub(crate) fn unclosed_of(&self, share: &EntryId) -> usize {
        self.files.iter().filter(|(file, served)| file.share == *share && !served.closed).count()
    }

    /// How many shares can be withdrawn.
    pub(crate) fn shares(&self) -> usize {
        let (mut count, mut last) = (0, None);
        // Files of one share follow each other.
        for file in self.files.keys() {
            count += usize::from(last.replace(file.share) != Some(file.share));
        }
        count
    }

    /// Whether `share` can be withdrawn.
    pub(crate) fn has(&self, share: &EntryId) -> bool {
        self.files.keys().any(|file| file.share == *share)
    }

    /// Whether anybody has begun to take it, as far as one hears of that: of an empty one nothing is asked for.
    pub(crate) fn is_asked_for(&self, file: FileId) -> bool {
        self.files.get(&file).is_some_and(|served| served.asked > 0 || served.size == 0)
    }

    /// Nobody needs to know any more what its files are.
    pub(crate) fn closed_share(&mut self, share: &EntryId) {
        let files = self.files.iter_mut().filter(|(file, _)| file.share == *share);
        files.for_each(|(_, served)| served.closed = true);
    }

    /// One of the files `of` which this holds that is hashed to its end and not closed yet, and its root.
    pub(crate) fn next_whole(&self, of: fn(&Self, FileId) -> bool) -> Option<(FileId, Root)> {
        let is_whole = |served: &Served| {
            !served.closed && u32::try_from(served.pages.len()) == Ok(segment_count(served.size))
        };
        let wholes = self.files.iter().filter(|(file, served)| is_whole(served) && of(self, **file));
        wholes.filter_map(|(file, served)| Some((*file, root(served.size, &served.values)?))).next()
    }
}

/// Keys of the records of one's own pages.
const PAGE: u8 = b'p';

fn page_key(file: &FileId, segment: u32) -> Vec<u8> {
    [&[PAGE][..], &file.share.0, &file.index.to_be_bytes(), &segment.to_be_bytes()].concat()
}

/// The file and segment that a page's key names.
pub(crate) fn page_of(key: &[u8]) -> Option<(FileId, u32)> {
    let (kind, rest) = key.split_first()?;
    let (share, rest) = rest.split_first_chunk::<32>()?;
    let (index, segment) = rest.split_first_chunk::<2>()?;
    let file = FileId { share: EntryId(*share), index: u16::from_be_bytes(*index) };
    (*kind == PAGE).then_some((file, u32::from_be_bytes(segment.try_into().ok()?)))
}
