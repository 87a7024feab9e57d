//! How fast a fetch goes.

use crate::base::time::Instant;
use alloc::collections::VecDeque;
use core::time::Duration;

/// What is shown is the mean of so long.
const RATE_SPAN: Duration = Duration::from_secs(4);

/// Verified bytes at the times when they were told: those of the last [`RATE_SPAN`], at least the last two.
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

    /// So much of `size` is verified now: how many bytes came in a second, lately, and at that speed the seconds left.
    pub(super) fn take(&mut self, now: Instant, verified: u64, size: u64) -> (u64, Option<u64>) {
        self.0.push_back((now, verified));
        while self.0.len() > 2 && now.since(self.0[0].0) > RATE_SPAN {
            self.0.pop_front();
        }
        let (since, from) = self.0[0];
        let millis = now.since(since).as_millis() as u64;
        let rate = verified.saturating_sub(from).saturating_mul(1_000).checked_div(millis).unwrap_or(0);
        (rate, size.saturating_sub(verified).checked_div(rate))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Instant {
        Instant::from_millis(seconds * 1_000)
    }

    #[test]
    fn a_fetch_is_as_fast_as_it_was_in_the_last_four_seconds() {
        let (mut speed, size) = (Speed::default(), 1_000_000);
        assert_eq!(speed.take(at(0), 0, size), (0, None), "nobody knows yet");
        assert_eq!(speed.take(at(1), 1_000, size), (1_000, Some(999)));
        for second in 2..=10 {
            assert_eq!(speed.take(at(second), second * 1_000, size).0, 1_000);
        }
        assert_eq!(speed.take(at(12), 18_000, size).0, 2_500, "faster lately: since the eighth second");
        assert_eq!(speed.take(at(14), 26_000, size), (4_000, Some(243)), "and the first ones are forgotten");
        speed.clear();
        assert!(speed.is_unknown());
    }

    #[test]
    fn a_fetch_that_gets_on_every_ten_seconds_has_a_speed_too() {
        let mut speed = Speed::default();
        for step in 0..5 {
            let (rate, left) = speed.take(at(step * 10), step * 1_000, 5_000);
            assert_eq!((rate, left), if step == 0 { (0, None) } else { (100, Some((5 - step) * 10)) });
        }
    }
}
