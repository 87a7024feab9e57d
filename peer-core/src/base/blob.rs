//! Files as bytes: chunks, segments, and the value of each chunk.
//!
//! A file is cut into chunks of [`CHUNK`] bytes. Each has a value that can be checked by itself; all values
//! merged (`shelf::blob`) are exactly what `b3sum` prints for the file (`blake3::hazmat`). This module never reads or
//! keeps a file's bytes, and a claimed size alone never makes it allocate. PROTOCOL.md, *Files*.

use blake3::Hasher;
use blake3::hazmat::HasherExt;
use core::ops::Range;
use serde::{Deserialize, Serialize};

/// Bytes in a chunk, the unit of request and verification; the last one of a file may be shorter.
pub const CHUNK: u32 = 1 << CHUNK_BITS;
/// Bytes in a segment, the unit of a signed hash page.
pub const SEGMENT: u64 = 1 << SEGMENT_BITS;
/// Chunks in a whole segment.
pub const SEGMENT_CHUNKS: u32 = 1 << (SEGMENT_BITS - CHUNK_BITS);
/// Largest file, in bytes (64 TiB): its chunk numbers fit 28 bits and its `ChunkSet` 32 MiB. Larger sizes are
/// refused when they are first read, see [`is_allowed_size`].
pub const MAX_FILE_SIZE: u64 = 1 << 46;

const CHUNK_BITS: u32 = 18;
const SEGMENT_BITS: u32 = 26;

/// Hash of one chunk at its place in its file: a chaining value of BLAKE3's tree, or for a file of a single
/// chunk the file's hash itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ChunkValue(pub [u8; 32]);

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
