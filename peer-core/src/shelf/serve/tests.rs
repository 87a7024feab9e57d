use super::*;
use crate::base::blob::{CHUNK, SEGMENT, segment_chunks};
use crate::base::id::EntryId;
use crate::base::identity::Secret;
use crate::base::path::SafeName;
use crate::base::rng::{Rng, Seed};
use crate::base::time::Instant;
use crate::cx::Ids;
use crate::io::Output;
use alloc::vec;

const MEMBER: MemberId = MemberId([1; 32]);
const LINK: LinkId = LinkId(1);

/// An author with its files, none of which is ever read.
struct Author {
    serving: Serving,
    rng: Rng,
    ids: Ids,
    out: VecDeque<Output>,
}

impl Author {
    fn with(files: &[u64]) -> Self {
        let serving = Serving::new(RoomId([2; 16]));
        let mut author =
            Self { serving, rng: Rng::new(&Seed([3; 32])), ids: Ids::default(), out: VecDeque::new() };
        for (n, size) in files.iter().enumerate() {
            let meta = FileMeta { name: SafeName::from_local("a.bin"), size: *size };
            author.act(|serving, cx| serving.shared(file(n), &meta, Some(SourceId(n as u32)), cx));
        }
        author
    }

    /// What comes of it, and what is said to whom.
    fn act<T>(&mut self, act: impl FnOnce(&mut Serving, &mut Context<'_>) -> T) -> (T, Vec<Frame>) {
        let mut cx = Context {
            now: Instant::from_millis(0),
            rng: &mut self.rng,
            ids: &mut self.ids,
            out: &mut self.out,
            frames: Vec::new(),
        };
        let result = act(&mut self.serving, &mut cx);
        (result, cx.frames.into_iter().map(|(_, frame)| frame).collect())
    }

    /// The store had this page.
    fn restore(&mut self, n: usize, segment: u32) {
        let size = self.serving.files[&file(n)].size;
        let values = vec![ChunkValue([segment as u8; 32]); segment_chunks(size, segment).len()];
        let page = SignedPage { values, signature: Signature([0; 64]) };
        self.serving.restore_page(file(n), segment, &postcard::to_allocvec(&page).unwrap());
    }

    /// The next read that is asked of the store.
    fn next_read(&mut self) -> Option<(RequestId, u64, u32)> {
        self.act(|serving, cx| serving.drive(|_| true, cx));
        core::iter::from_fn(|| self.out.pop_front()).find_map(|output| match output {
            Output::Store(StoreOp::Read { request, offset, length, .. }) => Some((request, offset, length)),
            _ => None,
        })
    }

    fn stored(&mut self, request: RequestId, bytes: Vec<u8>) {
        let (key, digest) = (Keypair::from_seed(&Secret::new([4; 32])), RoomDigest([5; 32]));
        self.act(|serving, cx| serving.stored(request, Ok(bytes), &key, &digest, cx));
    }

    fn page(&mut self, n: usize, segment: u32) -> (Result<(), Misbehavior>, Vec<Frame>) {
        self.act(|serving, cx| serving.page_request(MEMBER, file(n), segment, cx))
    }

    fn chunk(&mut self, n: usize, request: u64, chunk: u32) -> Result<(), Misbehavior> {
        self.act(|serving, cx| serving.chunk_request(MEMBER, LINK, request, file(n), chunk, cx)).0
    }
}

fn file(n: usize) -> FileId {
    FileId { share: EntryId([9; 32]), index: n as u16 }
}

#[test]
fn pages_of_an_earlier_start_count_as_far_as_they_go_without_a_gap() {
    let mut author = Author::with(&[3 * SEGMENT]);
    author.restore(0, 0);
    author.restore(0, 2);
    let (_, said) = author.page(0, 0);
    assert!(matches!(&said[..], [Frame::Page(page)] if page.segment == 0));
    for segment in [1, 2] {
        assert!(author.page(0, segment) == (Ok(()), Vec::new()), "it is made first");
    }
    assert_eq!(author.chunk(0, 1, 600), Err(Misbehavior::Unasked));
    assert_eq!(author.serving.next_whole(|_, _| true), None);
}

#[test]
fn what_a_file_does_not_have_or_has_no_page_yet_is_not_asked_for_by_anybody_honest() {
    let mut author = Author::with(&[SEGMENT + 1]);
    author.restore(0, 0);
    assert_eq!(author.page(0, 2).0, Err(Misbehavior::Unasked), "one past the last page");
    assert_eq!(author.chunk(0, 1, 255), Ok(()), "the last of the first page");
    assert_eq!(author.chunk(0, 2, 256), Err(Misbehavior::Unasked), "its page is not there");
    author.restore(0, 1);
    assert_eq!(author.chunk(0, 3, 256), Ok(()), "now it is");
    assert_eq!(author.chunk(0, 4, 257), Err(Misbehavior::Unasked), "one past the last chunk");
}

#[test]
fn what_is_withdrawn_takes_no_place_among_the_requests() {
    let mut author = Author::with(&[u64::from(CHUNK), u64::from(CHUNK)]);
    author.restore(0, 0);
    author.restore(1, 0);
    for request in 0..MAX_REQUESTS as u64 {
        assert_eq!(author.chunk(0, request, 0), Ok(()));
    }
    assert_eq!(author.chunk(1, 100, 0), Err(Misbehavior::TooManyRequests));
    author.act(|serving, cx| serving.withdraw(file(0), cx));
    assert_eq!(author.chunk(1, 101, 0), Ok(()));
    let (_, said) = author.page(0, 0);
    assert!(said == [Frame::Refused { file: file(0), refusal: Refusal::NotShared }]);
}

#[test]
fn whoever_asks_for_pages_in_order_is_remembered_and_the_one_after_is_made_in_time() {
    let mut author = Author::with(&[5 * SEGMENT]);
    let waiting =
        |author: &Author| -> Vec<u32> { author.serving.files[&file(0)].waiting.keys().copied().collect() };
    let target = |author: &Author| author.serving.files[&file(0)].target / SEGMENT_CHUNKS;
    for segment in [0, 1] {
        assert_eq!(author.page(0, segment).0, Ok(()));
    }
    assert_eq!((waiting(&author), target(&author)), (vec![0, 1], 3), "before the first is made");
    for segment in [2, 3] {
        assert_eq!(author.page(0, segment).0, Ok(()));
    }
    assert_eq!((waiting(&author), target(&author)), (vec![0, 1], 3), "so far ahead nobody asks");
    author.restore(0, 0);
    author.restore(0, 1);
    for segment in [2, 3] {
        assert_eq!(author.page(0, segment).0, Ok(()));
    }
    assert_eq!((waiting(&author), target(&author)), (vec![0, 1, 2, 3], 5), "and the last one is the end");
}

/// What is chosen again may be another version: before anything behind the signed pages is hashed, it must show that
/// those are its own. Else what is verified elsewhere and what is signed next would be a mixture.
#[test]
fn a_file_chosen_again_shows_that_what_was_signed_is_its_own_before_anything_else_is() {
    for is_other in [false, true] {
        let mut author = Author::with(&[SEGMENT + 1]);
        let content = vec![7; SEGMENT as usize];
        let values: Vec<_> = (0..SEGMENT / u64::from(CHUNK))
            .map(|n| blob::chunk_value(SEGMENT + 1, n as u32, &content[..CHUNK as usize]).unwrap())
            .collect();
        let page = SignedPage { values, signature: Signature([0; 64]) };
        author.serving.restore_page(file(0), 0, &postcard::to_allocvec(&page).unwrap());
        let new = NewFile { source: SourceId(9), name: "a.bin".into(), size: SEGMENT + 1 };
        author.act(|serving, cx| serving.supply(file(0), &new, cx)).0.unwrap();
        assert!(author.page(0, 1).0.is_ok());
        let mut read = 0;
        while let Some((request, offset, length)) = author.next_read() {
            assert_eq!(offset, read, "in order, from the beginning");
            read += u64::from(length);
            let byte = if is_other { 8 } else { 7 };
            author.stored(request, vec![byte; length as usize]);
        }
        let served = &author.serving.files[&file(0)];
        if is_other {
            assert_eq!(served.failed, Some(FileFailure::SourceChanged));
            assert_eq!(served.values.len(), 256, "nothing of the other one is signed");
        } else {
            assert_eq!(read, SEGMENT + 1);
            assert_eq!((served.failed, served.values.len()), (None, 257));
        }
    }
}
