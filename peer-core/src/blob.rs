//! Files as bytes: chunks, segments, and the tree that makes many chunk values one ordinary BLAKE3 hash.
//!
//! A file is cut into chunks of [`CHUNK`] bytes. Each has a value that can be checked by itself; all values
//! merged are exactly what `b3sum` prints for the file (`blake3::hazmat`). This module never reads or keeps a
//! file's bytes, and a claimed size alone never makes it allocate. PROTOCOL.md, *Files*.

use crate::id::Root;
use alloc::vec::Vec;
use base16ct::lower;
use blake3::Hasher;
use blake3::hazmat::{HasherExt, Mode, merge_subtrees_non_root, merge_subtrees_root};
use core::fmt;
use core::ops::Range;
use serde::{Deserialize, Serialize};

/// Bytes in a chunk, the unit of request and verification; the last one of a file may be shorter.
pub const CHUNK: u32 = 1 << CHUNK_BITS;
/// Bytes in a segment, the unit of a signed hash page.
pub const SEGMENT: u64 = 1 << SEGMENT_BITS;
/// Chunks in a whole segment.
pub const SEGMENT_CHUNKS: u32 = 1 << (SEGMENT_BITS - CHUNK_BITS);
/// Largest file, in bytes (64 TiB): its chunk numbers fit 28 bits and its [`ChunkSet`] 32 MiB. Larger sizes are
/// refused when they are first read, see [`is_allowed_size`].
pub const MAX_FILE_SIZE: u64 = 1 << 46;

const CHUNK_BITS: u32 = 18;
const SEGMENT_BITS: u32 = 26;

/// Hash of one chunk at its place in its file: a chaining value of BLAKE3's tree, or for a file of a single
/// chunk the file's hash itself.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ChunkValue(pub [u8; 32]);

impl fmt::Debug for ChunkValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ChunkValue({}…)", lower::encode_string(&self.0[..4]))
    }
}

/// The bytes are not those of the chunk named: it does not exist, or has another length.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WrongLength;

/// Whether a file may have `size` bytes at all. Ask before anything else is done with a remote's claim.
pub const fn is_allowed_size(size: u64) -> bool {
    size <= MAX_FILE_SIZE
}

/// Number of chunks of a file of `size` bytes, 0 for an empty one. For a size that is not allowed it is
/// `u32::MAX`, and then [`chunk_len`] has none of them.
pub const fn chunk_count(size: u64) -> u32 {
    if is_allowed_size(size) { size.div_ceil(CHUNK as u64) as u32 } else { u32::MAX }
}

/// Length in bytes of chunk `index`, if the file has it.
pub const fn chunk_len(size: u64, index: u32) -> Option<u32> {
    if !is_allowed_size(size) || index >= chunk_count(size) {
        return None;
    }
    let rest = size - chunk_offset(index);
    Some(if rest < CHUNK as u64 { rest as u32 } else { CHUNK })
}

/// Where chunk `index` starts, in bytes from the file's start.
pub const fn chunk_offset(index: u32) -> u64 {
    (index as u64) << CHUNK_BITS
}

/// Number of segments of a file of `size` bytes: the number of its hash pages.
pub const fn segment_count(size: u64) -> u32 {
    chunk_count(size).div_ceil(SEGMENT_CHUNKS)
}

/// The segment in which chunk `index` lies.
pub const fn segment_of(index: u32) -> u32 {
    index / SEGMENT_CHUNKS
}

/// The chunks of `segment`, empty if the file does not have it.
pub const fn segment_chunks(size: u64, segment: u32) -> Range<u32> {
    if !is_allowed_size(size) || segment >= segment_count(size) {
        return 0..0;
    }
    let start = segment * SEGMENT_CHUNKS;
    let end = start + SEGMENT_CHUNKS;
    let count = chunk_count(size);
    start..if end < count { end } else { count }
}

/// The value of chunk `index` of a file of `size` bytes.
///
/// # Errors
/// [`WrongLength`] unless the file has that chunk and `bytes` is as long as it; checked before hashing, because
/// a subtree of a wrong length has no meaning.
pub fn chunk_value(size: u64, index: u32, bytes: &[u8]) -> Result<ChunkValue, WrongLength> {
    let len = chunk_len(size, index).ok_or(WrongLength)?;
    if usize::try_from(len) != Ok(bytes.len()) {
        return Err(WrongLength);
    }
    if chunk_count(size) == 1 {
        return Ok(ChunkValue(blake3::hash(bytes).into()));
    }
    let mut hasher = Hasher::new();
    hasher.set_input_offset(chunk_offset(index)).update(bytes);
    Ok(ChunkValue(hasher.finalize_non_root()))
}

/// The file's hash from all its chunk values in order, or none if their number is not that of its chunks.
pub fn root(size: u64, values: &[ChunkValue]) -> Option<Root> {
    if !is_allowed_size(size) || usize::try_from(chunk_count(size)) != Ok(values.len()) {
        return None;
    }
    let mut merger = Merger::new();
    for value in values {
        merger.push(*value);
    }
    Some(merger.finish())
}

/// Merges chunk values into the file's hash as they come, in order, holding one value per level of the tree
/// (at most 28 for the largest file).
///
/// Values are merged in pairs and an odd one moves up; the last merge of all is the root merge. A pair is
/// therefore merged only when a further value proves that it is not the last.
#[derive(Clone, Debug, Default)]
pub struct Merger {
    /// Finished subtrees, larger ones first: one per set bit of `count`, once pending pairs are merged.
    subtrees: Vec<ChunkValue>,
    count: u32,
}

impl Merger {
    /// Nothing pushed yet: an empty file.
    pub const fn new() -> Self {
        Self { subtrees: Vec::new(), count: 0 }
    }

    /// Number of values pushed.
    pub const fn count(&self) -> u32 {
        self.count
    }

    /// The next chunk's value. The caller keeps to the file's number of chunks.
    pub fn push(&mut self, value: ChunkValue) {
        let complete = usize::try_from(self.count.count_ones()).expect("at most 32");
        while self.subtrees.len() > complete {
            let (left, right) = self.pop_pair();
            self.subtrees.push(ChunkValue(merge_subtrees_non_root(&left.0, &right.0, Mode::Hash)));
        }
        self.subtrees.push(value);
        self.count += 1;
    }

    /// The hash of a file that has exactly the chunks pushed.
    pub fn finish(mut self) -> Root {
        while self.subtrees.len() > 2 {
            let (left, right) = self.pop_pair();
            self.subtrees.push(ChunkValue(merge_subtrees_non_root(&left.0, &right.0, Mode::Hash)));
        }
        match self.subtrees.as_slice() {
            [] => Root(blake3::hash(b"").into()),
            [only] => Root(only.0),
            [left, right, ..] => Root(merge_subtrees_root(&left.0, &right.0, Mode::Hash).into()),
        }
    }

    fn pop_pair(&mut self) -> (ChunkValue, ChunkValue) {
        let right = self.subtrees.pop().expect("called with two or more");
        let left = self.subtrees.pop().expect("called with two or more");
        (left, right)
    }
}

/// Which chunks of one file are verified, and how many bytes that makes.
///
/// It grows with the highest chunk inserted, so a remote's claim of a huge size costs nothing.
#[derive(Clone, PartialEq, Eq)]
pub struct ChunkSet {
    size: u64,
    words: Vec<u64>,
    count: u32,
    bytes: u64,
}

impl ChunkSet {
    /// No chunk of a file of `size` bytes.
    pub const fn new(size: u64) -> Self {
        Self { size, words: Vec::new(), count: 0, bytes: 0 }
    }

    /// Adds chunk `index`; whether it is new. A chunk that the file does not have is never added.
    pub fn insert(&mut self, index: u32) -> bool {
        let Some(len) = chunk_len(self.size, index) else { return false };
        let (word, bit) = place(index);
        if self.words.len() <= word {
            self.words.resize(word + 1, 0);
        }
        let new = self.words[word] & bit == 0;
        if new {
            self.words[word] |= bit;
            self.count += 1;
            self.bytes += u64::from(len);
        }
        new
    }

    /// Whether chunk `index` is in.
    pub fn contains(&self, index: u32) -> bool {
        let (word, bit) = place(index);
        self.words.get(word).is_some_and(|bits| bits & bit != 0)
    }

    /// Size of the file in bytes.
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// Number of chunks that are in.
    pub const fn count(&self) -> u32 {
        self.count
    }

    /// Bytes of the chunks that are in.
    pub const fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Whether nothing is missing; true at once for an empty file.
    pub const fn is_complete(&self) -> bool {
        is_allowed_size(self.size) && self.count == chunk_count(self.size)
    }

    /// The first chunk at or after `from` that the file has and the set has not.
    pub fn first_missing_from(&self, from: u32) -> Option<u32> {
        let end = if is_allowed_size(self.size) { chunk_count(self.size) } else { 0 };
        let mut index = from;
        while index < end {
            let (word, bit) = place(index);
            let Some(bits) = self.words.get(word) else { return Some(index) };
            // Everything below `index` counts as present, so the lowest zero is the answer.
            let present = bits | (bit - 1);
            if present != u64::MAX {
                let missing = (index & !63) + present.trailing_ones();
                return (missing < end).then_some(missing);
            }
            index = (index & !63) + 64;
        }
        None
    }

    /// The chunks that are in, ascending.
    pub fn iter(&self) -> impl Iterator<Item = u32> + '_ {
        (0u32..).zip(&self.words).flat_map(|(word, bits)| {
            (0..64).filter(move |bit| bits >> bit & 1 == 1).map(move |bit| word * 64 + bit)
        })
    }
}

impl fmt::Debug for ChunkSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ChunkSet({} of {} bytes)", self.bytes, self.size)
    }
}

/// Word and bit of chunk `index` in a set.
fn place(index: u32) -> (usize, u64) {
    (usize::try_from(index / 64).expect("usize has 32 bits or more"), 1 << (index % 64))
}

#[cfg(test)]
mod tests;
