//! A room's records on disk: an append-only journal in one of two files. What was replaced is left behind by copying
//! what counts into the other file, piece by piece while the room is open; a header makes that file count, and is
//! written last, so a crash at any point leaves one of them whole. Pure but for the files, which a test can tear.
//!
//! What cannot be read is refused and stays as it is: only its room may be forgotten, never its records.
//! PROTOCOL.md, *Identity, room, link*.

mod format;

use format::{Beginning, HEADER, MOST_RECORD};
use std::collections::BTreeMap;
use std::ops::Bound;

/// A room's newest value under each key.
pub(crate) type Records = BTreeMap<Vec<u8>, Vec<u8>>;

/// Longest body: the key's length, a key of 64 bytes, a value of 64 KiB.
const MOST_BODY: usize = 1 + 64 + 65_536;
/// Most bytes of a room's newest records: all are in memory, here and in the engine, while a room is being opened,
/// and a tab has some gigabytes. Seven members fill it who each write as much as the log takes.
const MOST_LIVE: u64 = 256 << 20;
/// Most bytes of one of its files: as much again was replaced before it is copied, and as much may be put meanwhile,
/// because twice as much is copied at the same time.
const MOST_JOURNAL: u64 = 3 * MOST_LIVE;
/// A journal is copied when more than this, and more than half of it, has been replaced.
const MOST_REPLACED: u64 = 256 << 10;
/// Bytes read, or copied, at once: some milliseconds.
const STEP: usize = 1 << 20;
/// Bytes written that are not made durable yet. So what a crash tears off at the end is no longer than this and a
/// record: more that cannot be read is damage.
const MOST_UNFLUSHED: u64 = 1 << 20;

/// A file as the journal needs it. Each operation is done when it returns, and durable after `flush`.
pub(crate) trait File {
    /// What the platform says when it fails.
    type Error;

    fn size(&self) -> Result<u64, Self::Error>;
    /// Fill `bytes` from `offset`, where there are as many.
    fn read(&self, offset: u64, bytes: &mut [u8]) -> Result<(), Self::Error>;
    fn write(&self, offset: u64, bytes: &[u8]) -> Result<(), Self::Error>;
    fn truncate(&self, size: u64) -> Result<(), Self::Error>;
    fn flush(&self) -> Result<(), Self::Error>;
}

/// Why a journal was not opened; it is as it was.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Refused<E> {
    /// A later version wrote it.
    Newer,
    /// It is none, or more of it is rotten than a crash could have torn off.
    Damaged,
    /// It is beyond its bound.
    TooLong,
    /// The platform.
    File(E),
}

/// Why a record was not put.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum NotPut<E> {
    /// A bound is reached.
    Full,
    /// A failure before has left in doubt what is there.
    Broken,
    /// The platform.
    File(E),
}

/// A journal that is open for adding.
pub(crate) struct Journal<F> {
    files: [F; 2],
    /// Which of them counts.
    current: usize,
    generation: u64,
    newest: Index,
    /// Bytes written.
    length: u64,
    /// Bytes that are durable.
    flushed: u64,
    /// Bytes put since the last [`Self::tidy`].
    untidied: u64,
    copying: Option<Copying>,
    /// So much may be replaced before it is copied: grows when that fails, for a full disk stays full for a while.
    patience: u64,
    broken: bool,
}

/// Where the newest record of each key lies, and how long all of these are together.
#[derive(Default)]
struct Index {
    spans: BTreeMap<Vec<u8>, Span>,
    live: u64,
}

/// A whole record in a file.
#[derive(Clone, Copy)]
struct Span {
    offset: u64,
    length: u64,
}

/// A copy under way, in the order of keys.
#[derive(Default)]
struct Copying {
    copied: Index,
    length: u64,
    /// The last key that was reached.
    reached: Option<Vec<u8>>,
    /// The newest records of keys before it that were put again since.
    again: BTreeMap<Vec<u8>, Span>,
}

impl<F: File> Journal<F> {
    /// The journal in these two files, and its records.
    ///
    /// # Errors
    /// Then nothing was changed.
    pub(crate) fn open(files: [F; 2]) -> Result<(Self, Records), Refused<F::Error>> {
        let begun = [beginning(&files[0])?, beginning(&files[1])?];
        if begun.contains(&Beginning::Newer) {
            return Err(Refused::Newer);
        }
        let (current, start, generation) = match begun {
            [Beginning::Whole(first), Beginning::Whole(second)] if second > first => (1, HEADER, second),
            [Beginning::Whole(first), _] => (0, HEADER, first),
            [_, Beginning::Whole(second)] => (1, HEADER, second),
            [Beginning::Headless, _] => (0, 0, 0),
            [Beginning::Blank, Beginning::Blank] => {
                return Ok((Self::new(files, 0, 0, Index::default(), 0), Records::new()));
            }
            _ => return Err(Refused::Damaged),
        };
        let size = files[current].size().map_err(Refused::File)?;
        if size > MOST_JOURNAL {
            return Err(Refused::TooLong);
        }
        let (records, newest, good) = load(&files[current], start as u64, size, MOST_LIVE)?;
        if size - good > MOST_UNFLUSHED + MOST_RECORD as u64 {
            return Err(Refused::Damaged);
        }
        if size > good {
            files[current].truncate(good).map_err(Refused::File)?;
        }
        Ok((Self::new(files, current, generation, newest, good), records))
    }

    fn new(files: [F; 2], current: usize, generation: u64, newest: Index, length: u64) -> Self {
        let (flushed, untidied, copying, patience) = (length, 0, None, MOST_REPLACED);
        let broken = false;
        Self { files, current, generation, newest, length, flushed, untidied, copying, patience, broken }
    }

    /// Add a record; it is durable after [`Self::flush`].
    ///
    /// # Errors
    /// If it is full, it stays as it was; else what was put since the last flush is not there either.
    pub(crate) fn put(&mut self, key: &[u8], value: &[u8]) -> Result<(), NotPut<F::Error>> {
        if self.broken {
            return Err(NotPut::Broken);
        }
        let record = format::encode(key, value);
        let size = record.len() as u64;
        if self.newest.live_with(key, size) > MOST_LIVE || self.length + size > MOST_JOURNAL {
            return Err(NotPut::Full);
        }
        if self.length == 0 {
            self.unless_broken(|journal| journal.begin())?;
        }
        self.unless_broken(|journal| journal.current().write(journal.length, &record))?;
        let span = Span { offset: self.length, length: size };
        self.newest.insert(key, span);
        self.length += size;
        self.untidied += size;
        if let Some(copying) = &mut self.copying
            && copying.reached.as_deref().is_some_and(|reached| key <= reached)
        {
            copying.again.insert(key.to_vec(), span);
        }
        if self.length - self.flushed > MOST_UNFLUSHED { self.flush() } else { Ok(()) }
    }

    /// Make durable what was put since the last time.
    ///
    /// # Errors
    /// Then none of it is there.
    pub(crate) fn flush(&mut self) -> Result<(), NotPut<F::Error>> {
        if self.broken {
            return Err(NotPut::Broken);
        }
        if self.flushed < self.length {
            self.unless_broken(|journal| journal.current().flush())?;
            self.flushed = self.length;
        }
        Ok(())
    }

    /// Copy some of what counts if too much has been replaced: a piece, or twice what was put since, so that it ends.
    /// Tells whether there is more to copy. What was put must have been flushed.
    ///
    /// # Errors
    /// The journal stays long, and is as good as before.
    pub(crate) fn tidy(&mut self) -> Result<bool, F::Error> {
        if self.broken {
            return Ok(false);
        }
        let put = std::mem::take(&mut self.untidied);
        let mut begun = Ok(());
        if self.copying.is_none() {
            if !self.is_long() {
                return Ok(false);
            }
            self.copying = Some(Copying { length: HEADER as u64, ..Copying::default() });
            begun = self.other().truncate(0);
        }
        let copied = begun.and_then(|()| self.copy(2 * put));
        // Once the copy counts, nothing is in doubt any more.
        if copied.is_err() && self.copying.take().is_some() {
            self.patience = self.replaced() + MOST_REPLACED;
            // If the header was written all the same, the copy must not count once more has been put here.
            if let Err(error) = self.other().truncate(0).and_then(|()| self.other().flush()) {
                self.broken = true;
                return Err(error);
            }
        }
        copied
    }

    /// Forget every record.
    ///
    /// # Errors
    /// Then some may still be there.
    pub(crate) fn clear(&mut self) -> Result<(), F::Error> {
        self.newest = Index::default();
        (self.copying, self.length, self.flushed, self.untidied) = (None, 0, 0, 0);
        self.broken = true;
        // The older one first: alone it would count again.
        for file in [self.other(), self.current()] {
            file.truncate(0)?;
            file.flush()?;
        }
        self.broken = false;
        Ok(())
    }

    fn current(&self) -> &F {
        &self.files[self.current]
    }

    fn other(&self) -> &F {
        &self.files[1 - self.current]
    }

    fn replaced(&self) -> u64 {
        self.length - self.newest.live
    }

    fn is_long(&self) -> bool {
        self.replaced() > self.newest.live && self.replaced() > self.patience
    }

    /// Write the first header, durably: whoever finds records without one would not know them.
    fn begin(&mut self) -> Result<(), F::Error> {
        self.generation += 1;
        self.current().write(0, &format::header(self.generation))?;
        self.current().flush()?;
        (self.length, self.flushed) = (HEADER as u64, HEADER as u64);
        Ok(())
    }

    /// After a failure nothing that is not durable may be found again, nor anything be put behind it.
    fn unless_broken(
        &mut self,
        run: impl FnOnce(&mut Self) -> Result<(), F::Error>,
    ) -> Result<(), NotPut<F::Error>> {
        run(self).map_err(|error| {
            self.broken = true;
            NotPut::File(self.current().truncate(self.flushed).err().unwrap_or(error))
        })
    }

    /// Copy at least [`STEP`] bytes and `least`, or what is left.
    fn copy(&mut self, least: u64) -> Result<bool, F::Error> {
        let mut copied = 0;
        while copied < least.max(STEP as u64) {
            let Some(copying) = &mut self.copying else { return Ok(false) };
            let mut piece = Vec::new();
            while piece.len() < STEP {
                let Some((key, span)) = copying.next(&self.newest) else { break };
                let start = piece.len();
                piece.resize(start + span.length as usize, 0);
                self.files[self.current].read(span.offset, &mut piece[start..])?;
                copying.copied.insert(&key, Span { offset: copying.length + start as u64, ..span });
            }
            let (at, length) = (copying.length, piece.len() as u64);
            copying.length += length;
            copied += length;
            if piece.is_empty() {
                self.count_the_copy()?;
                return Ok(false);
            }
            self.other().write(at, &piece)?;
            self.other().flush()?;
        }
        Ok(true)
    }

    /// The copy is whole and durable: from here on it counts.
    fn count_the_copy(&mut self) -> Result<(), F::Error> {
        self.other().write(0, &format::header(self.generation + 1))?;
        self.other().flush()?;
        let Copying { copied, length, .. } = self.copying.take().expect("a copy is under way");
        self.current = 1 - self.current;
        self.generation += 1;
        (self.newest, self.length, self.flushed) = (copied, length, length);
        self.patience = MOST_REPLACED;
        // Not needed any more; if it stays it does not count, and is written over by the next copy.
        self.other().truncate(0)
    }
}

impl Copying {
    /// The next key to copy and where its newest record lies.
    fn next(&mut self, newest: &Index) -> Option<(Vec<u8>, Span)> {
        let from = self.reached.as_deref().map_or(Bound::Unbounded, Bound::Excluded);
        if let Some((key, span)) = newest.spans.range::<[u8], _>((from, Bound::Unbounded)).next() {
            self.reached = Some(key.clone());
            return Some((key.clone(), *span));
        }
        self.again.pop_first()
    }
}

impl Index {
    fn insert(&mut self, key: &[u8], span: Span) {
        self.live = self.live_with(key, span.length);
        self.spans.insert(key.to_vec(), span);
    }

    /// Bytes of all newest records once the one of `key` is so long.
    fn live_with(&self, key: &[u8], length: u64) -> u64 {
        self.live + length - self.spans.get(key).map_or(0, |span| span.length)
    }
}

fn beginning<F: File>(file: &F) -> Result<Beginning, Refused<F::Error>> {
    let size = file.size().map_err(Refused::File)?;
    let mut bytes = vec![0; usize::try_from(size).map_or(MOST_RECORD, |size| size.min(MOST_RECORD))];
    file.read(0, &mut bytes).map_err(Refused::File)?;
    Ok(format::beginning(&bytes))
}

/// The records from `start` on, read in pieces, and where what is good ends.
fn load<F: File>(
    file: &F,
    start: u64,
    size: u64,
    most: u64,
) -> Result<(Records, Index, u64), Refused<F::Error>> {
    let (mut records, mut newest) = (Records::new(), Index::default());
    let (mut piece, mut at) = (Vec::new(), start);
    loop {
        let filled = piece.len();
        let fresh = (size - at - filled as u64).min(STEP as u64) as usize;
        piece.resize(filled + fresh, 0);
        file.read(at + filled as u64, &mut piece[filled..]).map_err(Refused::File)?;
        let mut used = 0;
        while let Some((key, value, length)) = format::record(&piece[used..]) {
            let span = Span { offset: at + used as u64, length: length as u64 };
            newest.insert(key, span);
            if newest.live > most {
                return Err(Refused::TooLong);
            }
            records.insert(key.to_vec(), value.to_vec());
            used += length;
        }
        piece.drain(..used);
        at += used as u64;
        // Nothing more to read, or what comes next is no record however much of it is read.
        if fresh == 0 || piece.len() >= MOST_RECORD {
            return Ok((records, newest, at));
        }
    }
}

#[cfg(test)]
mod tests;
