//! Which page and which chunk is asked for next, and again if it does not come.

use super::{Fetching, Incoming, STALL, Sink, WINDOW};
use crate::base::blob::{self, CHUNK, segment_count, segment_of};
use crate::base::id::{FileId, LinkId, MemberId};
use crate::base::set::Set;
use crate::base::time::Instant;
use crate::cx::Context;
use crate::wire::Frame;
use alloc::vec::Vec;

/// Every author may hold so many chunks of the window, however many there are.
const MIN_PART: usize = 2;

impl Fetching {
    /// Ask for whatever the window allows: files take turns, each in its order, and no author may hold more than
    /// its part of the window, so that one who does not deliver stops nobody else. What an author holds beyond
    /// it, because it was alone before, is taken back as soon as another one's file has a use for it.
    pub(crate) fn drive(&mut self, cx: &mut Context<'_>) {
        let mut files: Vec<FileId> =
            self.unfinished().filter(|file| self.reachable(*file).is_some()).collect();
        let after = files.iter().position(|file| Some(*file) > self.turn).unwrap_or(0);
        files.rotate_left(after);
        // Who is owed nothing now may hold a place of what was asked before: a paused file's author, for one.
        let asked = self.incoming.values().map(|incoming| &incoming.file);
        let holders = files.iter().chain(asked).filter_map(|file| self.shelf.get(file));
        let authors: Set<MemberId> = holders.map(|file| file.author).collect();
        let part = (WINDOW / authors.len().max(1)).max(MIN_PART);
        for &file in &files {
            self.ask_pages(file, cx);
        }
        // A thousand files may wait for their turn: they are looked at only if something more may be asked for.
        let mut asked = self.has_room(part, &authors);
        while asked {
            asked = false;
            for &file in &files {
                let author = self.shelf[&file].author;
                if self.outstanding(Some(author)) < part
                    && let Some(chunk) = self.next_chunk(file)
                    && (self.outstanding(None) < WINDOW || self.take_back(part, cx))
                {
                    self.ask_chunk(file, chunk, cx);
                    asked = self.has_room(part, &authors);
                    self.turn = Some(file);
                    if !asked {
                        break;
                    }
                }
            }
        }
    }

    /// Whether any chunk at all could be asked for: the window has room, or somebody holds more than its part of it.
    fn has_room(&self, part: usize, authors: &Set<MemberId>) -> bool {
        let too_much = |author: &MemberId| self.outstanding(Some(*author)) > part;
        self.outstanding(None) < WINDOW || authors.iter().any(too_much)
    }

    fn unfinished(&self) -> impl Iterator<Item = FileId> {
        self.fetches.iter().filter(|(_, fetch)| !fetch.is_done()).map(|(file, _)| *file)
    }

    /// Give up the newest request to an author that holds more than its part; whether there is one. The newest
    /// are the least likely to be on their way already.
    fn take_back(&mut self, part: usize, cx: &mut Context<'_>) -> bool {
        let newest = self.incoming.iter().rev().find(|(_, incoming)| {
            let shelf = self.shelf.get(&incoming.file);
            shelf.is_some_and(|shelf| self.outstanding(Some(shelf.author)) > part)
        });
        let Some((&request, incoming)) = newest else { return false };
        let author = self.shelf[&incoming.file].author;
        self.drop_request(request, author, cx);
        true
    }

    /// Chunks asked for and not written yet: all, or those of one author.
    fn outstanding(&self, author: Option<MemberId>) -> usize {
        let incoming = self.incoming.values().map(|incoming| incoming.file);
        let files = incoming.chain(self.writes.values().map(|(file, ..)| *file));
        files
            .filter(|file| {
                author.is_none_or(|author| self.shelf.get(file).is_some_and(|s| s.author == author))
            })
            .count()
    }

    /// From whom more of this file can be had now, over which link, and its size.
    fn reachable(&self, file: FileId) -> Option<(MemberId, LinkId, u64)> {
        let fetch = self.fetches.get(&file)?;
        let shelf = &self.shelf[&file];
        let link = *self.links.get(&shelf.author)?;
        let wanted =
            !matches!(fetch.sink_state, Sink::Closing(_)) && !fetch.paused && fetch.refused.is_none();
        wanted.then_some((shelf.author, link, shelf.size))
    }

    /// The same, if there is a place to write it to.
    pub(super) fn active(&self, file: FileId) -> Option<(MemberId, LinkId, u64)> {
        let is_open = self.fetches.get(&file)?.sink_state == Sink::Open;
        self.reachable(file).filter(|_| is_open)
    }

    /// The page of the next missing chunk, and the one after it. Already while the sink is being opened: the two
    /// ways are gone at once.
    fn ask_pages(&mut self, file: FileId, cx: &mut Context<'_>) {
        let Some((author, _, size)) = self.reachable(file) else { return };
        let fetch = self.fetches.get_mut(&file).expect("reachable");
        let Some(next) = fetch.have.first_missing_from(0) else { return };
        let first = segment_of(next);
        for segment in first..segment_count(size).min(first.saturating_add(2)) {
            if !fetch.values.contains_key(&segment) && fetch.asked_pages.insert(segment) {
                fetch.moved = cx.now;
                cx.send(author, Frame::PageRequest { file, segment });
            }
        }
    }

    /// The first chunk that is missing and not asked for, if its hash is known.
    fn next_chunk(&self, file: FileId) -> Option<u32> {
        self.active(file)?;
        let fetch = &self.fetches[&file];
        let mut next = fetch.have.first_missing_from(0);
        while let Some(chunk) = next.filter(|chunk| fetch.busy.contains(chunk)) {
            next = fetch.have.first_missing_from(chunk + 1);
        }
        next.filter(|chunk| fetch.values.contains_key(&segment_of(*chunk)))
    }

    fn ask_chunk(&mut self, file: FileId, chunk: u32, cx: &mut Context<'_>) {
        let Some((author, link, size)) = self.active(file) else { return };
        let fetch = self.fetches.get_mut(&file).expect("active");
        fetch.moved = cx.now;
        fetch.busy.insert(chunk);
        let request = self.next_request;
        self.next_request += 1;
        let length = blob::chunk_len(size, chunk).unwrap_or(CHUNK) as usize;
        let buffer = Vec::with_capacity(length);
        self.incoming.insert(request, Incoming { file, from: link, chunk, buffer });
        cx.send(author, Frame::ChunkRequest { request, file, chunk });
    }

    /// Tell the provider that nothing more is wanted of this file.
    pub(super) fn drop_requests(&mut self, file: FileId, cx: &mut Context<'_>) {
        let Some(author) = self.shelf.get(&file).map(|shelf| shelf.author) else { return };
        let dropped: Vec<u64> =
            self.incoming.iter().filter(|(_, i)| i.file == file).map(|(request, _)| *request).collect();
        for request in dropped {
            self.drop_request(request, author, cx);
        }
    }

    fn drop_request(&mut self, request: u64, author: MemberId, cx: &mut Context<'_>) {
        let Some(incoming) = self.incoming.remove(&request) else { return };
        if let Some(fetch) = self.fetches.get_mut(&incoming.file) {
            fetch.busy.remove(&incoming.chunk);
        }
        cx.send(author, Frame::Cancel { request });
    }

    // ------------------------------------------------------------ time

    pub(crate) fn next_timeout(&self) -> Option<Instant> {
        let waiting = self.unfinished().filter(|file| self.awaits(*file));
        waiting.map(|file| self.fetches[&file].moved + STALL).min()
    }

    /// Ask again for what did not come.
    pub(crate) fn handle_timeout(&mut self, cx: &mut Context<'_>) {
        let files: Vec<FileId> = self.unfinished().filter(|file| self.awaits(*file)).collect();
        for file in files {
            let fetch = self.fetches.get_mut(&file).expect("just listed");
            if fetch.moved + STALL <= cx.now {
                fetch.moved = cx.now;
                fetch.asked_pages.clear();
                self.drop_requests(file, cx);
            }
        }
    }

    /// Whether something is on its way that its provider owes us.
    pub(super) fn awaits(&self, file: FileId) -> bool {
        let Some(fetch) = self.fetches.get(&file) else { return false };
        let pages = fetch.asked_pages.iter().any(|segment| !fetch.values.contains_key(segment));
        // A paused one holds places of the window with what it asked for before: not for ever.
        self.incoming.values().any(|incoming| incoming.file == file) || (pages && self.active(file).is_some())
    }
}
