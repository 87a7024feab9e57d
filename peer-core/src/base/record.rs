//! What every stored record begins with: the version of its layout. PROTOCOL.md, *Versions*.
//!
//! Another version is never taken for this one and never a reason to delete: the room is refused in a sentence.

use crate::base::error::CommandError;
use alloc::vec::Vec;

/// Version of the layouts of records.
const RECORD_VERSION: u8 = 2;

/// A record's value as it is stored.
pub(crate) fn seal(content: &[u8]) -> Vec<u8> {
    [&[RECORD_VERSION][..], content].concat()
}

/// What [`seal`] made.
///
/// # Errors
/// [`CommandError::NewerRecords`] for a later layout; [`CommandError::BadRecords`] for an earlier one, which only
/// versions before the first release wrote, and for nothing at all.
pub(crate) fn open(value: &[u8]) -> Result<&[u8], CommandError> {
    match value.split_first() {
        Some((&RECORD_VERSION, content)) => Ok(content),
        Some((RECORD_VERSION.., _)) => Err(CommandError::NewerRecords),
        Some(_) | None => Err(CommandError::BadRecords),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_of_another_version_is_told_from_a_broken_one() {
        assert_eq!(open(&seal(b"x")), Ok(&b"x"[..]));
        assert_eq!(open(&seal(b"")), Ok(&b""[..]));
        assert_eq!(open(&[RECORD_VERSION + 1, 0]), Err(CommandError::NewerRecords));
        assert_eq!(open(&[RECORD_VERSION - 1, 0]), Err(CommandError::BadRecords));
        assert_eq!(open(&[]), Err(CommandError::BadRecords));
    }
}
