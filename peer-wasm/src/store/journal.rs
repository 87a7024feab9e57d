//! The bytes of a room's records: an append-only list of keys and values, each with a checksum. Pure: a torn or
//! rotten end is cut off, what stands before it counts. PROTOCOL.md, *Identity, room, link*.

use std::collections::BTreeMap;

/// A room's newest value under each key.
pub(crate) type Records = BTreeMap<Vec<u8>, Vec<u8>>;

/// Bytes before each record's body: its length, then its checksum.
const HEADER: usize = 4 + CHECKSUM;
/// Enough against torn and rotten bytes; nobody who could forge one is kept out by it.
const CHECKSUM: usize = 8;
/// Longest body: the key's length, a key of 64 bytes, a value of 64 KiB.
const MOST_BODY: usize = 1 + 64 + 65_536;

/// The bytes that add `value` under `key`, replacing what was there.
pub(crate) fn encode(key: &[u8], value: &[u8]) -> Vec<u8> {
    let key_length = u8::try_from(key.len()).expect("the engine's keys have at most 64 bytes");
    let body = [&[key_length][..], key, value].concat();
    let length = u32::try_from(body.len()).expect("the engine's values have at most 64 KiB");
    [&length.to_le_bytes()[..], &checksum(&body), &body].concat()
}

/// The records in `bytes`, and how many of the bytes are good: the rest is to be cut off.
pub(crate) fn decode(bytes: &[u8]) -> (Records, usize) {
    let (mut records, mut good) = (Records::new(), 0);
    while let Some((key, value, length)) = first(&bytes[good..]) {
        records.insert(key.to_vec(), value.to_vec());
        good += length;
    }
    (records, good)
}

/// The shortest bytes that hold `records`.
pub(crate) fn compact(records: &Records) -> Vec<u8> {
    records.iter().flat_map(|(key, value)| encode(key, value)).collect()
}

fn first(bytes: &[u8]) -> Option<(&[u8], &[u8], usize)> {
    let (length, rest) = bytes.split_first_chunk::<4>()?;
    let length = usize::try_from(u32::from_le_bytes(*length)).ok().filter(|n| (1..=MOST_BODY).contains(n))?;
    let (sum, rest) = rest.split_first_chunk::<CHECKSUM>()?;
    let body = rest.get(..length)?;
    if *sum != checksum(body) {
        return None;
    }
    let (key_length, rest) = body.split_first()?;
    let (key, value) = rest.split_at_checked(usize::from(*key_length))?;
    Some((key, value, HEADER + length))
}

fn checksum(body: &[u8]) -> [u8; CHECKSUM] {
    let mut sum = [0; CHECKSUM];
    sum.copy_from_slice(&blake3::hash(body).as_bytes()[..CHECKSUM]);
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    fn puts() -> Vec<(Vec<u8>, Vec<u8>)> {
        vec![
            (b"key".to_vec(), b"first".to_vec()),
            (b"empty".to_vec(), vec![]),
            (vec![7; 64], vec![1; 65_536]),
            (b"key".to_vec(), b"second".to_vec()),
        ]
    }

    fn records_of(puts: &[(Vec<u8>, Vec<u8>)]) -> Records {
        puts.iter().cloned().collect()
    }

    #[test]
    fn what_was_put_comes_back_with_the_newest_value_of_each_key() {
        let bytes: Vec<u8> = puts().iter().flat_map(|(k, v)| encode(k, v)).collect();
        assert_eq!(decode(&bytes), (records_of(&puts()), bytes.len()));
        assert_eq!(decode(&[]), (Records::new(), 0));
    }

    #[test]
    fn torn_at_any_byte_it_keeps_every_record_before_the_tear() {
        let mut ends = vec![0];
        let mut bytes = Vec::new();
        for (key, value) in puts() {
            bytes.extend(encode(&key, &value));
            ends.push(bytes.len());
        }
        let long = ends[2]..ends[3];
        // Every byte, but of the long value only its edges and some in between.
        let cuts =
            (0..=bytes.len()).filter(|cut| !long.contains(cut) || cut % 997 == 0 || cut - long.start < 90);
        for cut in cuts {
            let whole = ends.iter().filter(|end| **end > 0 && **end <= cut).count();
            let (records, good) = decode(&bytes[..cut]);
            assert_eq!(good, ends[whole], "cut at {cut}");
            assert_eq!(records, records_of(&puts()[..whole]), "cut at {cut}");
            // What was allocated but never written reads as zeros.
            assert_eq!(decode(&[&bytes[..cut], &[0; 32]].concat()).1, ends[whole], "zeros after {cut}");
        }
    }

    #[test]
    fn a_flipped_bit_ends_it_there() {
        let first = encode(b"a", b"1");
        let bytes = [first.clone(), encode(b"b", b"2"), encode(b"c", b"3")].concat();
        for bit in first.len() * 8..first.len() * 2 * 8 {
            let mut bytes = bytes.clone();
            bytes[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(decode(&bytes).1, first.len(), "bit {bit}");
        }
    }

    #[test]
    fn writing_goes_on_after_a_cut_and_a_compacted_journal_says_the_same() {
        let mut bytes: Vec<u8> = puts().iter().flat_map(|(k, v)| encode(k, v)).collect();
        let torn = bytes.len() - 3;
        let (_, good) = decode(&bytes[..torn]);
        bytes.truncate(good);
        bytes.extend(encode(b"key", b"third"));
        let (records, all) = decode(&bytes);
        assert_eq!(all, bytes.len());
        assert_eq!(records[&b"key"[..]], b"third");
        let short = compact(&records);
        assert!(short.len() < bytes.len());
        assert_eq!(decode(&short), (records, short.len()));
    }
}
