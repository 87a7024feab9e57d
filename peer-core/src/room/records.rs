//! Keys of what is stored of a room. Those of hash pages are `shelf`'s, which alone writes them.

use crate::base::id::{EntryId, MemberId};
use crate::log::Void;
use alloc::vec::Vec;

pub(super) const IDENTITY: &[u8] = b"i";
pub(super) const ENTRY: u8 = b'e';
const VOID: u8 = b'v';

pub(super) fn entry(author: &MemberId, seq: u64) -> Vec<u8> {
    [&[ENTRY][..], &author.0, &seq.to_be_bytes()].concat()
}

/// A void entry, as key and value; its payload is not needed, only that it is known.
pub(super) fn void(void: &Void) -> (Vec<u8>, Vec<u8>) {
    ([&[VOID][..], &void.id.0].concat(), [&void.author.0[..], &void.seq.to_be_bytes()].concat())
}

/// The void entry that a record remembers.
pub(super) fn void_of(key: &[u8], value: &[u8]) -> Option<Void> {
    let id = EntryId(key.strip_prefix(&[VOID])?.try_into().ok()?);
    let (author, seq) = value.split_first_chunk::<32>()?;
    Some(Void { id, author: MemberId(*author), seq: u64::from_be_bytes(seq.try_into().ok()?) })
}
