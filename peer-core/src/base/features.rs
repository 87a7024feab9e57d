//! What an end of a link can do, and what a room demands of whoever comes in, as bits. PROTOCOL.md, *Versions*.

use serde::{Deserialize, Serialize};

/// A set of features: bit n is feature n.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Features(pub(crate) u64);

impl Features {
    /// Understands Deny 3: many are at the door.
    pub(crate) const CROWDED: Self = Self(1);
    /// What this version can do.
    pub(crate) const KNOWN: Self = Self::CROWDED;
    /// What a new room demands of everybody. Nothing yet.
    pub(crate) const DEMANDED: Self = Self(0);

    /// Whether all of `self` are among `others`.
    pub(crate) fn are_among(self, others: Self) -> bool {
        self.0 & !others.0 == 0
    }

    /// What both ends can do.
    pub(crate) fn shared(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_both_can_do_is_what_each_can() {
        assert_eq!(Features(0b0110).shared(Features(0b0011)), Features(0b0010));
        assert!(
            Features(0b0010).are_among(Features(0b0011)) && !Features(0b0110).are_among(Features(0b0011))
        );
    }
}
