//! How much an author has written, and how much one may.

use super::{MAX_BYTES_PER_AUTHOR, MAX_ENTRIES_PER_AUTHOR, MAX_FILES_PER_AUTHOR};
use core::ops::Add;

/// Entries, their payload bytes, and the files that they share.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Amount {
    pub(crate) entries: usize,
    pub(crate) bytes: usize,
    pub(crate) files: usize,
}

impl Amount {
    /// Whether one author may write so much.
    pub(crate) fn is_allowed(&self) -> bool {
        self.entries <= MAX_ENTRIES_PER_AUTHOR
            && self.bytes <= MAX_BYTES_PER_AUTHOR
            && self.files <= MAX_FILES_PER_AUTHOR
    }
}

impl Add for Amount {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            entries: self.entries + other.entries,
            bytes: self.bytes + other.bytes,
            files: self.files + other.files,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_author_may_write_so_much_and_nothing_more() {
        let most = Amount {
            entries: MAX_ENTRIES_PER_AUTHOR,
            bytes: MAX_BYTES_PER_AUTHOR,
            files: MAX_FILES_PER_AUTHOR,
        };
        assert!(most.is_allowed());
        let one = |entries, bytes, files| Amount { entries, bytes, files };
        for more in [one(1, 0, 0), one(0, 1, 0), one(0, 0, 1)] {
            assert!(!(most + more).is_allowed(), "{more:?}");
        }
    }
}
