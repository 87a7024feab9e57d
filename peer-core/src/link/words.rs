//! What one says of one's own accord over a link: how things stand, and what is wanted.
//!
//! Of each thing only the newest word waits, so there is never more waiting than there are things to speak of (members,
//! files, the window), however often they change before the remote reads. Nothing here can end a link. Answers are not
//! here: of those the remote makes as many as it asks for, so they have a bound of their own.

use super::HAVES;
use crate::base::id::FileId;
use crate::base::map::Map;
use crate::base::time::Instant;
use crate::wire::{Frame, Refusal};
use alloc::collections::VecDeque;
use alloc::vec::Vec;
use core::time::Duration;

/// What a word is about: a newer one about the same takes its place.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Subject {
    Heads,
    Door,
    /// Whether we serve a file.
    Serving(FileId),
    /// That we want a page.
    Page(FileId, u32),
    /// Whether we want a chunk, by request.
    Chunk(u64),
}

/// Words for one remote.
pub(super) struct Words {
    waiting: Map<Subject, Frame>,
    /// The same, in the order in which they were first said.
    order: VecDeque<Subject>,
    /// What we have, by file; told after everything else, because it is only shown.
    haves: Map<FileId, u64>,
    /// The file spoken of last: the next one has its turn.
    turn: Option<FileId>,
    /// Files of which it was told in this second.
    told: (Instant, usize),
}

impl Words {
    pub(super) fn new(now: Instant) -> Self {
        Self { waiting: Map::new(), order: VecDeque::new(), haves: Map::new(), turn: None, told: (now, 0) }
    }

    /// Take in a frame that is a word of our own; false if it is an answer.
    pub(super) fn take(&mut self, frame: &Frame) -> bool {
        let subject = match frame {
            Frame::Heads { .. } => Subject::Heads,
            Frame::Door { .. } => Subject::Door,
            Frame::PageRequest { file, segment } => Subject::Page(*file, *segment),
            Frame::ChunkRequest { request, .. } => Subject::Chunk(*request),
            Frame::Cancel { request } => {
                // Of a request that has not left yet nobody needs to know.
                if self.forget(Subject::Chunk(*request)) {
                    return true;
                }
                Subject::Chunk(*request)
            }
            Frame::Available { file }
            | Frame::Refused { file, refusal: Refusal::NoSource | Refusal::Changed | Refusal::Gone } => {
                Subject::Serving(*file)
            }
            Frame::Have { file, verified } => {
                self.haves.insert(*file, *verified);
                return true;
            }
            // The file may be one that only the remote has thought of.
            Frame::Refused { refusal: Refusal::NotShared, .. }
            | Frame::Ping
            | Frame::Pong
            | Frame::Entries(_)
            | Frame::Page(_)
            | Frame::Bye
            | Frame::Pass { .. }
            | Frame::Passed { .. }
            | Frame::NotPassed { .. } => return false,
        };
        self.put(subject, frame.clone());
        true
    }

    fn put(&mut self, subject: Subject, mut frame: Frame) {
        match self.waiting.get_mut(&subject) {
            Some(older) => {
                // Newer heads say all that older ones do, but for whether an answer is wanted.
                if let (Frame::Heads { scope, .. }, Frame::Heads { scope: asked, .. }) = (&mut frame, &*older)
                {
                    *scope = (*scope).max(*asked);
                }
                *older = frame;
            }
            None => {
                self.waiting.insert(subject, frame);
                self.order.push_back(subject);
            }
        }
    }

    fn forget(&mut self, subject: Subject) -> bool {
        let found = self.waiting.remove(&subject).is_some();
        if found {
            self.order.retain(|other| *other != subject);
        }
        found
    }

    /// Whether nothing waits, haves aside.
    pub(super) fn is_empty(&self) -> bool {
        self.order.is_empty()
    }

    /// The next word, encoded, if it fits.
    pub(super) fn next(&mut self, credit: usize) -> Option<Vec<u8>> {
        let bytes = self.waiting.get(self.order.front()?)?.encode();
        if bytes.len() > credit {
            return None;
        }
        let subject = self.order.pop_front()?;
        self.waiting.remove(&subject);
        Some(bytes)
    }

    // ------------------------------------------------------------ haves

    /// A new second may have begun.
    pub(super) fn renew(&mut self, now: Instant) {
        if now.since(self.told.0) >= Duration::from_secs(1) {
            self.told = (now, 0);
        }
    }

    /// The next word about what we have, encoded, if it fits and is not too many in this second.
    pub(super) fn next_have(&mut self, credit: usize) -> Option<Vec<u8>> {
        if self.told.1 >= HAVES {
            return None;
        }
        let after = self.haves.iter().find(|(file, _)| Some(**file) > self.turn);
        let (&file, &verified) = after.or_else(|| self.haves.iter().next())?;
        let bytes = Frame::Have { file, verified }.encode();
        if bytes.len() > credit {
            return None;
        }
        self.haves.remove(&file);
        self.turn = Some(file);
        self.told.1 += 1;
        Some(bytes)
    }

    /// When more of what we have may be told, if only that is waited for.
    pub(super) fn next_timeout(&self) -> Option<Instant> {
        let paced = self.told.1 >= HAVES && self.haves.len() > 0;
        paced.then(|| self.told.0 + Duration::from_secs(1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::door_secret::DoorSecret;
    use crate::base::id::EntryId;
    use crate::wire::Scope;
    use alloc::vec;

    const NOW: Instant = Instant::from_millis(0);

    fn file(n: u16) -> FileId {
        FileId { share: EntryId([7; 32]), index: n }
    }

    fn all(words: &mut Words) -> Vec<Frame> {
        let frames = core::iter::from_fn(|| words.next(usize::MAX));
        frames.map(|bytes| Frame::decode(&bytes).ok().flatten().unwrap_or(Frame::Bye)).collect()
    }

    #[test]
    fn of_each_thing_only_the_newest_word_waits() {
        let mut words = Words::new(NOW);
        for round in 0..3_000_u32 {
            let (request, n) = (u64::from(round), file((round % 4) as u16));
            let frames = [
                Frame::Heads { scope: if round == 5 { Scope::All } else { Scope::Some }, heads: Vec::new() },
                Frame::Door { secret: DoorSecret([round as u8; 16]) },
                Frame::PageRequest { file: n, segment: 9 },
                Frame::Refused { file: n, refusal: Refusal::Gone },
                Frame::Available { file: n },
                Frame::ChunkRequest { request, file: n, chunk: 0 },
                Frame::Cancel { request },
            ];
            assert!(frames.iter().all(|frame| words.take(frame)));
        }
        let said = all(&mut words);
        assert_eq!(said.len(), 2 + 4 + 4, "heads, door, a page and a state for each file");
        let first = [
            Frame::Heads { scope: Scope::All, heads: Vec::new() },
            Frame::Door { secret: DoorSecret([(2_999 % 256) as u8; 16]) },
        ];
        assert!(
            said[..2] == first,
            "an answer that was asked for is still asked for, and the newest door is told"
        );
        assert!(said.contains(&Frame::Available { file: file(3) }), "the last word counts");
        assert!(!said.contains(&Frame::Refused { file: file(3), refusal: Refusal::Gone }));
        assert!(words.is_empty());
    }

    #[test]
    fn a_request_that_has_left_is_cancelled_and_one_that_has_not_is_never_sent() {
        let request = |request| Frame::ChunkRequest { request, file: file(0), chunk: 0 };
        let mut words = Words::new(NOW);
        words.take(&request(1));
        assert!(all(&mut words) == [request(1)]);
        words.take(&request(2));
        words.take(&Frame::Cancel { request: 1 });
        words.take(&Frame::Cancel { request: 2 });
        assert!(all(&mut words) == [Frame::Cancel { request: 1 }]);
    }

    #[test]
    fn answers_are_no_words_nor_is_anything_about_files_that_only_the_remote_knows() {
        let mut words = Words::new(NOW);
        let not_shared = Frame::Refused { file: file(0), refusal: Refusal::NotShared };
        for answer in [Frame::Pong, Frame::Ping, Frame::Bye, Frame::Entries(vec![]), not_shared] {
            assert!(!words.take(&answer));
        }
        assert!(words.is_empty());
    }

    #[test]
    fn haves_are_told_at_their_pace_in_turns_and_only_the_newest() {
        let mut words = Words::new(NOW);
        let say = |words: &mut Words, bytes| {
            for n in 0..HAVES as u16 + 10 {
                words.take(&Frame::Have { file: file(n), verified: bytes });
            }
        };
        let told = |words: &mut Words| core::iter::from_fn(|| words.next_have(usize::MAX)).count();
        say(&mut words, 1);
        say(&mut words, 2);
        assert_eq!(words.next_timeout(), None, "they may go at once");
        assert_eq!(words.next_have(10), None, "without credit nothing goes");
        assert_eq!(told(&mut words), HAVES);
        let second = NOW + Duration::from_secs(1);
        assert_eq!(words.next_timeout(), Some(second));
        // Those told already have changed again: the others come first all the same.
        say(&mut words, 3);
        words.renew(second);
        let next = words.next_have(usize::MAX).map(|bytes| Frame::decode(&bytes));
        assert!(next == Some(Ok(Some(Frame::Have { file: file(HAVES as u16), verified: 3 }))));
        assert_eq!(told(&mut words), HAVES - 1);
        words.renew(second + Duration::from_secs(1));
        assert_eq!(told(&mut words), 10);
        assert_eq!(words.next_timeout(), None, "nothing is left");
    }

    #[test]
    fn a_have_goes_as_soon_as_it_just_fits_and_nobody_is_woken_for_none() {
        let mut words = Words::new(NOW);
        for n in 0..HAVES as u16 {
            let have = Frame::Have { file: file(n), verified: 1 };
            words.take(&have);
            let size = have.encode().len();
            assert_eq!(words.next_have(size - 1), None);
            assert!(words.next_have(size).is_some());
        }
        assert_eq!(words.next_timeout(), None, "as many as may be, and none waits");
    }
}
