//! How fast a fetch goes.

use crate::base::time::Instant;
use alloc::collections::VecDeque;
use core::time::Duration;

/// What is shown is the mean of so long.
const SPAN: Duration = Duration::from_secs(4);

/// Verified bytes at the times when they were told, the last [`SPAN`] of them, and at least two.
#[derive(Default)]
pub(super) struct Speed(VecDeque<(Instant, u64)>);

impl Speed {
    pub(super) fn is_unknown(&self) -> bool {
        self.0.is_empty()
    }

    /// A pause does not count.
    pub(super) fn clear(&mut self) {
        self.0.clear();
    }

    /// So much is verified now; how many bytes came in a second, lately.
    pub(super) fn take(&mut self, now: Instant, verified: u64) -> u64 {
        self.0.push_back((now, verified));
        while self.0.len() > 2 && now.since(self.0[0].0) > SPAN {
            self.0.pop_front();
        }
        let (since, from) = self.0[0];
        let millis = now.since(since).as_millis() as u64;
        verified.saturating_sub(from).saturating_mul(1_000).checked_div(millis).unwrap_or(0)
    }
}
