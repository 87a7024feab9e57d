//! How often something may happen: one kind of counter for whatever a remote does.

use crate::base::time::Instant;
use core::time::Duration;

/// So much at once, and so much a period in the long run: a bucket that fills evenly (GCRA, ITU-T I.371). It is one
/// number, so that there can be many.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rate {
    most: u64,
    nanos: u64,
    /// When the bucket is full again, in nanoseconds.
    full_at: u64,
}

impl Rate {
    /// `most` at once and a `period`; full at first.
    pub(crate) const fn new(most: u64, period: Duration) -> Self {
        Self { most, nanos: period.as_nanos() as u64, full_at: 0 }
    }

    /// Take `cost` if there is so much.
    pub(crate) fn take(&mut self, cost: u64, now: Instant) -> bool {
        let allowed = self.has(cost, now);
        if allowed {
            self.spend(cost, now);
        }
        allowed
    }

    /// Whether there is `cost`.
    pub(crate) fn has(&self, cost: u64, now: Instant) -> bool {
        self.after(cost, now) <= nanos(now).saturating_add(self.nanos)
    }

    /// Take `cost`, also what is not there: then nothing is until that is made good.
    pub(crate) fn spend(&mut self, cost: u64, now: Instant) {
        self.full_at = self.after(cost, now);
    }

    fn after(&self, cost: u64, now: Instant) -> u64 {
        self.full_at.max(nanos(now)).saturating_add(cost.saturating_mul(self.nanos).div_ceil(self.most))
    }
}

fn nanos(now: Instant) -> u64 {
    now.as_millis().saturating_mul(1_000_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Instant {
        Instant::from_millis(seconds * 1_000)
    }

    #[test]
    fn so_many_at_once_and_so_many_in_the_long_run() {
        let mut rate = Rate::new(12, Duration::from_secs(60));
        assert!((0..12).all(|_| rate.take(1, at(100))));
        assert!(!rate.take(1, at(100)), "one past");
        assert!(!rate.take(1, at(104)));
        assert!(rate.take(1, at(105)), "one comes back every five seconds");
        assert!(!rate.take(1, at(105)));
        let hour = (105..3_705).filter(|second| rate.take(1, at(*second))).count();
        assert_eq!(hour, 719);
    }

    #[test]
    fn what_was_overdrawn_is_made_good_first() {
        let mut rate = Rate::new(10, Duration::from_secs(10));
        rate.spend(30, at(0));
        assert!(!rate.has(1, at(20)));
        assert!(rate.has(1, at(21)));
        assert!(rate.has(10, at(30)) && !rate.has(11, at(1_000)), "never more than the bucket holds");
    }
}
