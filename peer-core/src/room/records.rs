//! Keys of what is stored of a room, and what is in the records of forks. Those of hash pages are `shelf`'s, which alone
//! writes them.

use crate::base::id::MemberId;
use crate::log::entry::Entry;
use alloc::vec::Vec;

pub(super) const IDENTITY: &[u8] = b"i";
pub(super) const ENTRY: u8 = b'e';
const FORK: u8 = b'f';

pub(super) fn entry(author: &MemberId, seq: u64) -> Vec<u8> {
    [&[ENTRY][..], &author.0, &seq.to_be_bytes()].concat()
}

pub(super) fn fork(author: &MemberId) -> Vec<u8> {
    [&[FORK][..], &author.0].concat()
}

/// Where an author contradicted itself, and the proof, as far as no record of its chain has it.
pub(super) fn fork_value<'a>(seq: u64, halves: impl Iterator<Item = &'a Entry>) -> Vec<u8> {
    let halves: Vec<&Entry> = halves.collect();
    postcard::to_allocvec(&(seq, halves)).expect("postcard into a Vec has no failure for these types")
}

/// The fork that a record remembers, from its key and what is in it.
pub(super) fn fork_of(key: &[u8], content: &[u8]) -> Option<(MemberId, u64, Vec<Entry>)> {
    let author = MemberId(key.strip_prefix(&[FORK])?.try_into().ok()?);
    let (seq, halves) = postcard::from_bytes(content).ok()?;
    Some((author, seq, halves))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::door_secret::DoorSecret;
    use crate::base::identity::Secret;
    use crate::base::record;
    use crate::log::entry::{NO_ENTRY, Payload};
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
        let say = |text: &str| Payload::Say { text: text.to_string(), sent_at: 0 };
        let half = Entry::sign(&room(), &guest(), 0, NO_ENTRY, vec![], &say("other"));
        let value = fork_value(7, [&half].into_iter());
        let key = fork(&guest().member());
        let back = fork_of(&key, &value).unwrap();
        assert!(back == (guest().member(), 7, vec![half.clone()]));
        let sealed = |content: &[u8]| hex(record::seal(content));
        check(
            "records",
            &[
                ("i, key", hex(IDENTITY)),
                ("i, value", sealed(&postcard::to_allocvec(&identity).unwrap())),
                ("e, key", hex(entry(&guest().member(), 300))),
                ("e, value of an entry 01 02 03", sealed(&[1, 2, 3])),
                ("f, key", hex(key)),
                ("f, value", sealed(&value)),
            ],
        );
    }
}
