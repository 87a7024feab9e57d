//! The tree that makes many chunk values one ordinary BLAKE3 hash, and which chunks of a file are there.
//! PROTOCOL.md, *Files*.

use crate::base::blob::{ChunkValue, chunk_count, chunk_len, is_allowed_size};
use crate::base::id::Root;
use alloc::vec::Vec;
use blake3::hazmat::{Mode, merge_subtrees_non_root, merge_subtrees_root};

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
#[derive(Clone, Debug, PartialEq, Eq)]
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

/// Word and bit of chunk `index` in a set.
fn place(index: u32) -> (usize, u64) {
    (usize::try_from(index / 64).expect("usize has 32 bits or more"), 1 << (index % 64))
}

#[cfg(test)]
mod tests;
