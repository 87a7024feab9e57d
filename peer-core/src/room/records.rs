//! Keys of what is stored of a room. Those of hash pages are `shelf`'s, which alone writes them.

use crate::base::id::MemberId;
use alloc::vec::Vec;

pub(super) const IDENTITY: &[u8] = b"i";
pub(super) const ENTRY: u8 = b'e';
const FORK: u8 = b'f';

pub(super) fn entry(author: &MemberId, seq: u64) -> Vec<u8> {
    [&[ENTRY][..], &author.0, &seq.to_be_bytes()].concat()
}

/// One of the two entries with which an author contradicted itself, and of which no record of its chain is: the `n`th.
/// Both together might be larger than a record may be.
pub(super) fn fork_half(author: &MemberId, n: u8) -> Vec<u8> {
    [&[FORK][..], &author.0, &[n]].concat()
}

/// Whether the key is that of half a fork.
pub(super) fn is_fork_half(key: &[u8]) -> bool {
    key.first() == Some(&FORK)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::door_secret::DoorSecret;
    use crate::base::identity::Secret;
    use crate::base::record;
    use crate::room::{Identity, Membership};
    use crate::vectors::{check, count, guest, hex, host, room};
    use alloc::string::ToString;
    use alloc::vec;

    #[test]
    fn records_are_those_of_the_document() {
        let member = Membership {
            epoch: Secret::new(count(0x80)),
            ret: Secret::new(count(0xa0)),
            admit: Some(vec![0xad; 3]),
        };
        let identity = Identity {
            seed: Secret::new(count(0x60)),
            door: DoorSecret(count(0)),
            room: room().room(),
            name: "Ines".to_string(),
            host: Some(host().member()),
            member: Some(member),
        };
        let sealed = |content: &[u8]| hex(record::seal(content));
        check(
            "records",
            &[
                ("i, key", hex(IDENTITY)),
                ("i, value", sealed(&postcard::to_allocvec(&identity).unwrap())),
                ("e, key", hex(entry(&guest().member(), 300))),
                ("e, value of an entry 01 02 03", sealed(&[1, 2, 3])),
                ("f, key of the second half", hex(fork_half(&guest().member(), 1))),
                ("f, value of an entry 01 02 03", sealed(&[1, 2, 3])),
            ],
        );
    }
}
