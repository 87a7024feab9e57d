//! The bytes of a journal: a header, then keys and values, each with a checksum. Pure. The newest value under a key
//! counts; a torn or rotten record ends the list.

use super::MOST_BODY;

/// A header's bytes: what tells a journal from anything else, the version, which of two files is newer, a checksum.
pub(super) const HEADER: usize = MAGIC.len() + 1 + 8 + CHECKSUM;
/// No record of the first version, which had no header, begins so: as a length it is above any body's.
const MAGIC: &[u8; 4] = b"LSPJ";
/// What this code writes. Records of any version of the room's own lie in it.
const VERSION: u8 = 1;
/// Bytes before each record's body: its length, then its checksum.
const HEAD: usize = 4 + CHECKSUM;
/// Longest record.
pub(super) const MOST_RECORD: usize = HEAD + MOST_BODY;
/// Enough against torn and rotten bytes; nobody who could forge one is kept out by it.
const CHECKSUM: usize = 8;

/// How a file begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Beginning {
    /// With nothing, or with what a crash left of a header when there was no record yet.
    Blank,
    /// With a whole header: of two, the one with the larger number counts.
    Whole(u64),
    /// With a record: written before there were headers.
    Headless,
    /// With the header of a later version.
    Newer,
    /// With anything else: a copy that was not finished, rot, or another program's bytes.
    Other,
}

/// The header of a journal that is whole.
pub(super) fn header(generation: u64) -> [u8; HEADER] {
    let mut bytes = [0; HEADER];
    let (body, sum) = bytes.split_at_mut(HEADER - CHECKSUM);
    body[..4].copy_from_slice(MAGIC);
    body[4] = VERSION;
    body[5..].copy_from_slice(&generation.to_le_bytes());
    sum.copy_from_slice(&checksum(body));
    bytes
}

/// How a file begins whose first [`MOST_RECORD`] bytes, or all if it has fewer, are these.
pub(super) fn beginning(bytes: &[u8]) -> Beginning {
    if bytes.starts_with(MAGIC) && bytes.get(4).is_some_and(|version| *version > VERSION) {
        return Beginning::Newer;
    }
    if let Some(generation) = generation_of(bytes) {
        return Beginning::Whole(generation);
    }
    if record(bytes).is_some() {
        return Beginning::Headless;
    }
    let torn = bytes.len() <= HEADER && bytes.iter().zip(MAGIC).all(|(byte, magic)| byte == magic);
    if torn || bytes.len() <= HEADER && bytes.iter().all(|byte| *byte == 0) {
        return Beginning::Blank;
    }
    Beginning::Other
}

/// The bytes that put `value` under `key`.
pub(super) fn encode(key: &[u8], value: &[u8]) -> Vec<u8> {
    let key_length = u8::try_from(key.len()).expect("the engine's keys have at most 64 bytes");
    let body = [&[key_length][..], key, value].concat();
    let length = u32::try_from(body.len()).expect("the engine's values have at most 64 KiB");
    [&length.to_le_bytes()[..], &checksum(&body), &body].concat()
}

/// The record at the beginning of `bytes`: key, value and its length altogether; none if it is not whole.
pub(super) fn record(bytes: &[u8]) -> Option<(&[u8], &[u8], usize)> {
    let (length, rest) = bytes.split_first_chunk::<4>()?;
    let length = usize::try_from(u32::from_le_bytes(*length)).ok().filter(|n| (1..=MOST_BODY).contains(n))?;
    let (sum, rest) = rest.split_first_chunk::<CHECKSUM>()?;
    let body = rest.get(..length)?;
    if *sum != checksum(body) {
        return None;
    }
    let (key_length, rest) = body.split_first()?;
    let (key, value) = rest.split_at_checked(usize::from(*key_length))?;
    Some((key, value, HEAD + length))
}

fn generation_of(bytes: &[u8]) -> Option<u64> {
    let (body, sum) = bytes.get(..HEADER)?.split_at(HEADER - CHECKSUM);
    let (start, generation) = body.split_at(MAGIC.len() + 1);
    let is_ours = start.starts_with(MAGIC) && start.ends_with(&[VERSION]) && *sum == checksum(body);
    is_ours.then(|| generation.try_into().ok().map(u64::from_le_bytes)).flatten()
}

fn checksum(body: &[u8]) -> [u8; CHECKSUM] {
    let mut sum = [0; CHECKSUM];
    sum.copy_from_slice(&blake3::hash(body).as_bytes()[..CHECKSUM]);
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_put_comes_back_and_one_flipped_bit_is_no_record() {
        for (key, value) in [(&b"key"[..], &b"value"[..]), (b"empty", b""), (&[7; 64], &[1; 65_536])] {
            let bytes = encode(key, value);
            assert!(bytes.len() <= MOST_RECORD);
            assert_eq!(record(&bytes), Some((key, value, bytes.len())));
            assert_eq!(record(&bytes[..bytes.len() - 1]), None, "cut short");
        }
        let bytes = encode(b"a", b"1");
        for bit in 0..bytes.len() * 8 {
            let mut bytes = bytes.clone();
            bytes[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(record(&bytes), None, "bit {bit}");
        }
    }

    #[test]
    fn a_file_is_known_by_its_beginning_and_what_is_not_known_is_never_taken_for_nothing() {
        let whole = header(7);
        let mut newer = whole;
        newer[4] = VERSION + 1;
        let mut older = whole;
        older[4] = 0;
        let begun = |bytes: &[u8]| beginning(&[bytes, &encode(b"i", b"me")].concat());
        assert_eq!(begun(&whole), Beginning::Whole(7));
        assert_eq!(begun(&newer), Beginning::Newer);
        assert_eq!(beginning(&newer[..5]), Beginning::Newer, "whatever its header is like");
        assert_eq!(begun(&older), Beginning::Other, "no version was ever 0");
        assert_eq!(begun(&[]), Beginning::Headless);
        assert_eq!(begun(&[0; HEADER]), Beginning::Other, "a copy without its header");
        assert_eq!(beginning(b"something else"), Beginning::Other);
        for cut in 0..HEADER {
            assert_eq!(beginning(&whole[..cut]), Beginning::Blank, "torn at {cut}");
            assert_eq!(beginning(&[0; HEADER][..cut]), Beginning::Blank, "{cut} bytes never written");
        }
        for bit in 0..HEADER * 8 {
            let mut rotten = whole;
            rotten[bit / 8] ^= 1 << (bit % 8);
            assert!(!matches!(begun(&rotten), Beginning::Whole(_) | Beginning::Blank), "bit {bit}");
        }
    }
}
