//! Token bucket: so much at once, so much a second in the long run.

use std::time::Duration;
use tokio::time::Instant;

/// A full bucket holds `burst` tokens and gains `per_second`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bucket {
    burst: f64,
    per_second: f64,
    tokens: f64,
    filled: Instant,
}

impl Bucket {
    pub(crate) fn full(burst: u32, per_second: u32, now: Instant) -> Self {
        let burst = f64::from(burst);
        Self { burst, per_second: f64::from(per_second), tokens: burst, filled: now }
    }

    /// The same bucket, full.
    pub(crate) fn refilled(self) -> Self {
        Self { tokens: self.burst, ..self }
    }

    /// Whether nothing is missing at `now`.
    pub(crate) fn is_full(self, now: Instant) -> bool {
        self.level(now) >= self.burst
    }

    fn level(&self, now: Instant) -> f64 {
        let elapsed: Duration = now.saturating_duration_since(self.filled);
        (self.tokens + elapsed.as_secs_f64() * self.per_second).min(self.burst)
    }

    /// Slow: a full one holds `burst` tokens and gains one each `every`.
    pub(crate) fn slow(burst: u32, every: Duration, now: Instant) -> Self {
        let burst = f64::from(burst);
        Self { burst, per_second: every.as_secs_f64().recip(), tokens: burst, filled: now }
    }

    /// Takes `amount` tokens, though there be fewer: what is missing must come back before there is any again.
    pub(crate) fn overdraw(&mut self, amount: usize, now: Instant) {
        self.tokens = self.level(now) - amount as f64;
        self.filled = now;
    }

    /// How long until there is a token; none if there is one. For ever if none comes.
    pub(crate) fn wait(&self, now: Instant) -> Option<Duration> {
        let missing = 1.0 - self.level(now);
        (missing > 0.0)
            .then(|| Duration::try_from_secs_f64(missing / self.per_second).unwrap_or(Duration::MAX))
    }

    /// Takes `amount` tokens, or none and says no.
    #[must_use]
    pub(crate) fn take(&mut self, amount: usize, now: Instant) -> bool {
        self.tokens = self.level(now);
        self.filled = now;
        // Amounts are message sizes: far below 2^53, so the conversion is exact.
        let amount = amount as f64;
        if amount > self.tokens {
            return false;
        }
        self.tokens -= amount;
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_burst_passes_and_one_more_only_with_time() {
        let start = Instant::now();
        let mut bucket = Bucket::full(3, 2, start);
        assert!(bucket.take(3, start));
        assert!(!bucket.take(1, start));
        assert!(!bucket.take(1, start + Duration::from_millis(499)));
        assert!(bucket.take(1, start + Duration::from_millis(500)));
        assert!(!bucket.take(4, start + Duration::from_secs(3600)), "never more than the burst");
        assert!(bucket.take(3, start + Duration::from_secs(3600)));
    }

    #[test]
    fn what_was_overdrawn_must_come_back_before_there_is_any_again() {
        let start = Instant::now();
        let second = Duration::from_secs(1);
        let mut bucket = Bucket::full(3, 1, start);
        assert_eq!(bucket.wait(start), None);
        bucket.overdraw(2, start);
        assert_eq!(bucket.wait(start), None, "one is left");
        bucket.overdraw(1, start);
        assert_eq!(bucket.wait(start), Some(second));
        bucket.overdraw(2, start + second);
        assert_eq!(bucket.wait(start + second), Some(2 * second), "one came, two went");
        assert_eq!(bucket.wait(start + 3 * second), None);
        assert_eq!(Bucket::full(0, 0, start).wait(start), Some(Duration::MAX), "none ever comes");
    }

    #[test]
    fn a_bucket_that_is_filled_anew_is_full_again() {
        let (now, every) = (Instant::now(), Duration::from_secs(2));
        let mut bucket = Bucket::slow(2, every, now);
        assert!(bucket.take(2, now) && !bucket.is_full(now + every));
        assert!(bucket.is_full(now + 2 * every));
        let mut again = bucket.refilled();
        assert!(again.is_full(now) && again.take(2, now) && !again.take(1, now));
    }

    #[test]
    fn a_refusal_takes_nothing() {
        let now = Instant::now();
        let mut bucket = Bucket::full(3, 1, now);
        assert!(!bucket.take(4, now));
        assert!(bucket.take(3, now));
    }
}
