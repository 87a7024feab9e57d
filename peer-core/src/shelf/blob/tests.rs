//! The hash shown is what `b3sum` prints, at every size; and a size is only a claim.

use super::{ChunkSet, Merger, root};
use crate::base::blob::{
    CHUNK, ChunkValue, MAX_FILE_SIZE, SEGMENT, SEGMENT_CHUNKS, WrongLength, chunk_count, chunk_len,
    chunk_offset, chunk_value, is_allowed_size, segment_chunks, segment_count, segment_of,
};
use crate::base::id::Root;
use alloc::collections::BTreeSet;
use alloc::vec;
use alloc::vec::Vec;
use rand_chacha::ChaCha20Rng;
use rand_core::{RngCore, SeedableRng};

const C: u64 = CHUNK as u64;

/// A file without end whose chunks all differ: one random block, with the chunk's number in it.
struct Stream {
    block: Vec<u8>,
}

impl Stream {
    fn new(seed: u64) -> Self {
        let mut block = vec![0; usize::try_from(CHUNK).unwrap()];
        ChaCha20Rng::seed_from_u64(seed).fill_bytes(&mut block);
        Self { block }
    }

    fn chunk(&mut self, size: u64, index: u32) -> &[u8] {
        self.block[..4].copy_from_slice(&index.to_le_bytes());
        &self.block[..usize::try_from(chunk_len(size, index).unwrap()).unwrap()]
    }

    /// What BLAKE3 makes of the whole, and what the chunk values make of it in both ways.
    fn check(&mut self, size: u64) {
        let mut whole = blake3::Hasher::new();
        let mut merger = Merger::new();
        let mut values = Vec::new();
        for index in 0..chunk_count(size) {
            let chunk = self.chunk(size, index);
            whole.update(chunk);
            let value = chunk_value(size, index, chunk).unwrap();
            merger.push(value);
            values.push(value);
        }
        assert_eq!(whole.count(), size);
        let expected = Root(whole.finalize().into());
        assert_eq!(root(size, &values), Some(expected), "{size} bytes");
        assert_eq!(merger.count(), chunk_count(size));
        assert_eq!(merger.finish(), expected, "{size} bytes, merged as they came");
    }
}

#[test]
fn the_hash_is_the_ordinary_one_around_every_multiple_of_a_chunk() {
    let mut stream = Stream::new(1);
    for size in [0, 1, 63, 64, 65, 1023, 1024, 1025, 2048, 65_536, 100_000] {
        stream.check(size);
    }
    for n in 1..=9 {
        for size in [n * C - 1, n * C, n * C + 1] {
            stream.check(size);
        }
    }
}

#[test]
fn the_hash_is_the_ordinary_one_around_multiples_of_a_segment() {
    let mut stream = Stream::new(2);
    for n in 1..=2 {
        for size in [n * SEGMENT - 1, n * SEGMENT, n * SEGMENT + 1] {
            stream.check(size);
        }
    }
}

#[test]
fn the_hash_is_the_ordinary_one_at_random_sizes() {
    let mut rng = ChaCha20Rng::seed_from_u64(3);
    let mut stream = Stream::new(4);
    for _ in 0..40 {
        // Every magnitude up to 16 MiB as often as any other.
        let bits = rng.next_u32() % 25;
        stream.check(rng.next_u64() & ((1 << bits) - 1));
    }
}

/// The shape of the tree for every number of chunks, without the bytes: against the definition, by recursion.
#[test]
fn merging_as_they_come_is_merging_the_whole_tree() {
    use blake3::hazmat::{Mode, merge_subtrees_non_root, merge_subtrees_root};
    fn subtree(values: &[ChunkValue]) -> [u8; 32] {
        match values {
            [one] => one.0,
            many => {
                let left = many.len().next_power_of_two() / 2;
                merge_subtrees_non_root(&subtree(&many[..left]), &subtree(&many[left..]), Mode::Hash)
            }
        }
    }
    let values: Vec<ChunkValue> =
        (0u32..600).map(|index| ChunkValue(blake3::hash(&index.to_le_bytes()).into())).collect();
    let mut merger = Merger::new();
    for count in 1..=values.len() {
        merger.push(values[count - 1]);
        assert!(merger.subtrees.len() <= 11, "{count} values keep {} subtrees", merger.subtrees.len());
        let expected = if count == 1 {
            values[0].0
        } else {
            let left = count.next_power_of_two() / 2;
            let (left, right) = (subtree(&values[..left]), subtree(&values[left..count]));
            merge_subtrees_root(&left, &right, Mode::Hash).into()
        };
        assert_eq!(merger.clone().finish().0, expected, "{count} values");
    }
}

/// Published with BLAKE3 (test_vectors.json): input bytes count 0 to 250 again and again.
#[test]
fn known_hashes_come_out() {
    let vectors = [
        (0u64, "af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262"),
        (1, "2d3adedff11b61f14c886e35afa036736dcd87a74d27b5c1510225d0f592e213"),
        (1024, "42214739f095a406f3fc83deb889744ac00df831c10daa55189b5d121c855af7"),
        (102_400, "bc3e3d41a1146b069abffad3c0d44860cf664390afce4d9661f7902e7943e085"),
    ];
    for (size, hex) in vectors {
        let bytes: Vec<u8> = (0..=250).cycle().take(usize::try_from(size).unwrap()).collect();
        let values: Vec<_> =
            (0..chunk_count(size)).map(|index| chunk_value(size, index, &bytes).unwrap()).collect();
        assert_eq!(root(size, &values).unwrap().to_hex(), hex);
    }
}

#[test]
fn a_changed_or_misplaced_chunk_has_another_value() {
    let mut stream = Stream::new(5);
    let size = 3 * C;
    let good = chunk_value(size, 1, stream.chunk(size, 1)).unwrap();
    assert_ne!(chunk_value(size, 1, stream.chunk(size, 2)), Ok(good));
    stream.chunk(size, 1);
    assert_ne!(chunk_value(size, 2, &stream.block), Ok(good), "the same bytes at another place");
    stream.block[100] ^= 1;
    assert_ne!(chunk_value(size, 1, &stream.block), Ok(good));
    assert_ne!(
        chunk_value(C, 0, &stream.block).unwrap(),
        chunk_value(size, 0, &stream.block).unwrap(),
        "the only chunk is a root, the first of many is not"
    );
}

#[test]
fn bytes_of_a_wrong_length_are_refused_before_hashing() {
    let bytes = vec![0; usize::try_from(CHUNK).unwrap() + 1];
    let value = |size, index, len: u64| chunk_value(size, index, &bytes[..usize::try_from(len).unwrap()]);
    let size = 2 * C + 5;
    for (index, len) in [(0, C), (1, C), (2, 5)] {
        assert!(value(size, index, len).is_ok());
        assert_eq!(value(size, index, len - 1), Err(WrongLength));
        assert_eq!(value(size, index, len + 1), Err(WrongLength));
        assert_eq!(value(size, index, 0), Err(WrongLength));
    }
    assert_eq!(value(size, 3, C), Err(WrongLength));
    assert_eq!(value(size, u32::MAX, C), Err(WrongLength));
    assert_eq!(value(0, 0, 0), Err(WrongLength));
    assert_eq!(value(MAX_FILE_SIZE + 1, 0, C), Err(WrongLength));
    assert_eq!(value(u64::MAX, 0, C), Err(WrongLength));
    assert!(value(MAX_FILE_SIZE, chunk_count(MAX_FILE_SIZE) - 1, C).is_ok());
}

#[test]
fn a_root_needs_exactly_the_values_of_the_file() {
    let value = ChunkValue([1; 32]);
    assert!(root(0, &[]).is_some());
    assert_eq!(root(0, &[value]), None);
    assert_eq!(root(C + 1, &[value]), None);
    assert!(root(C + 1, &[value; 2]).is_some());
    assert_eq!(root(C + 1, &[value; 3]), None);
    assert_eq!(root(MAX_FILE_SIZE + 1, &[value]), None);
}

#[test]
fn chunks_cover_the_file_once_and_segments_cover_the_chunks() {
    let mut rng = ChaCha20Rng::seed_from_u64(6);
    let mut sizes: Vec<u64> = (1..4).flat_map(|n| [n * SEGMENT - 1, n * SEGMENT, n * SEGMENT + 1]).collect();
    sizes.extend([0, 1, C - 1, C, C + 1]);
    sizes.extend((0..20).map(|_| rng.next_u64() % (4 * SEGMENT)));
    for size in sizes {
        let mut end = 0;
        for index in 0..chunk_count(size) {
            assert_eq!(chunk_offset(index), end);
            let len = chunk_len(size, index).unwrap();
            assert!((1..=CHUNK).contains(&len));
            end += u64::from(len);
        }
        assert_eq!(end, size);
        assert_eq!(chunk_len(size, chunk_count(size)), None);
        let mut next = 0;
        for segment in 0..segment_count(size) {
            let chunks = segment_chunks(size, segment);
            assert_eq!(chunks.start, next);
            assert!((1..=SEGMENT_CHUNKS).contains(&(chunks.end - chunks.start)));
            assert!(chunks.clone().all(|index| segment_of(index) == segment));
            next = chunks.end;
        }
        assert_eq!(next, chunk_count(size));
        assert!(segment_chunks(size, segment_count(size)).is_empty());
        assert!(segment_chunks(size, u32::MAX).is_empty());
    }
}

#[test]
fn no_claimed_size_overflows_or_allocates() {
    assert!(is_allowed_size(MAX_FILE_SIZE) && !is_allowed_size(MAX_FILE_SIZE + 1));
    assert_eq!(chunk_count(MAX_FILE_SIZE), 1 << 28);
    assert_eq!(segment_count(MAX_FILE_SIZE), 1 << 20);
    assert_eq!(segment_chunks(MAX_FILE_SIZE, (1 << 20) - 1).end, 1 << 28);
    for size in [MAX_FILE_SIZE + 1, 1 << 53, 1 << 63, u64::MAX - 1, u64::MAX] {
        assert_eq!(chunk_len(size, 0), None);
        assert!(segment_chunks(size, 0).is_empty());
        let mut set = ChunkSet::new(size);
        assert!(!set.insert(0) && !set.is_complete());
        assert_eq!((set.first_missing_from(0), set.words.capacity()), (None, 0));
    }
    let set = ChunkSet::new(MAX_FILE_SIZE);
    assert_eq!((set.first_missing_from(0), set.words.capacity()), (Some(0), 0));
    assert_eq!(set.first_missing_from((1 << 28) - 1), Some((1 << 28) - 1));
    assert_eq!(set.first_missing_from(1 << 28), None);
}

#[test]
fn an_empty_file_is_complete_from_the_start() {
    let set = ChunkSet::new(0);
    assert!(set.is_complete());
    assert_eq!((set.bytes(), set.count(), set.first_missing_from(0)), (0, 0, None));
}

/// The set against a plain one: what is in it, how many bytes, what is missing next.
#[test]
fn a_chunk_set_counts_each_chunk_once() {
    let mut rng = ChaCha20Rng::seed_from_u64(7);
    for chunks in [1, 2, 63, 64, 65, 128, 200] {
        let size = chunks * C - rng.next_u64() % C;
        let end = chunk_count(size);
        let mut set = ChunkSet::new(size);
        let mut model = BTreeSet::new();
        while !set.is_complete() {
            // Half of them in order, half anywhere, some beyond the end.
            let index = match rng.next_u32() % 2 {
                0 => set.first_missing_from(rng.next_u32() % (end + 1)).unwrap_or(end),
                _ => rng.next_u32() % (end + 3),
            };
            assert_eq!(set.insert(index), index < end && model.insert(index));
            let bytes: u64 = model.iter().map(|index| u64::from(chunk_len(size, *index).unwrap())).sum();
            assert_eq!((set.bytes(), usize::try_from(set.count()).unwrap()), (bytes, model.len()));
            let from = rng.next_u32() % (end + 70);
            assert_eq!(set.first_missing_from(from), (from..end).find(|index| !model.contains(index)));
            assert_eq!(set.contains(from), model.contains(&from));
        }
        assert!(set.iter().eq(model));
        assert_eq!(set.bytes(), size);
        assert_eq!(set.first_missing_from(0), None);
    }
}
