//! How long a join takes at least when there are other nodes: as long as asking them does, whether they are asked or not.
//! Otherwise its time would tell whether somebody on this node is on the tag already. See PROTOCOL.md, *Between nodes*.

use std::time::Duration;
use tokio::time::Instant;

/// Longest wait for what other nodes say of a tag; who answers later is attached later. 500 ms: a person hardly
/// notices, and a node that does not answer by then is stuck.
pub(super) const ANSWERS: Duration = Duration::from_millis(500);
/// Shortest wait for the same. 20 ms: longer than Redis takes nearby.
const AT_LEAST: Duration = Duration::from_millis(20);
/// How long a slow question counts, at least: this one in which any was asked, and the one before. 60 s: a slow Redis
/// is not slow once a minute.
const REMEMBERED: Duration = Duration::from_secs(60);

/// See the module. It does not sink while nobody asks: the first who comes then would be told.
#[derive(Debug, Default)]
pub(super) struct Floor {
    /// The slowest question since, and when that began.
    slowest: Option<(Instant, Duration)>,
    /// The slowest one of the time before.
    before: Duration,
}

impl Floor {
    pub(super) fn height(&self) -> Duration {
        let slowest = self.slowest.map(|(_, slowest)| slowest).unwrap_or_default();
        AT_LEAST.max(slowest).max(self.before)
    }

    /// A question took so long until `now`; one that was given up counts like one that was answered at the last moment.
    pub(super) fn took(&mut self, time: Duration, now: Instant) {
        let time = time.min(ANSWERS);
        match &mut self.slowest {
            Some((since, slowest)) if now < *since + REMEMBERED => *slowest = time.max(*slowest),
            known => {
                self.before = known.map(|(_, slowest)| slowest).unwrap_or_default();
                *known = Some((now, time));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(n: u64) -> Duration {
        Duration::from_millis(n)
    }

    #[test]
    fn a_join_takes_as_long_as_the_slowest_question_of_late() {
        let start = Instant::now();
        let mut floor = Floor::default();
        assert_eq!(floor.height(), AT_LEAST);
        floor.took(ms(3), start);
        assert_eq!(floor.height(), AT_LEAST, "nor less if all are quick");
        floor.took(ms(80), start + ms(1));
        floor.took(ms(40), start + ms(2));
        assert_eq!(floor.height(), ms(80));
        floor.took(ms(30), start + REMEMBERED);
        assert_eq!(floor.height(), ms(80), "a minute is over, but not since that one");
        floor.took(ms(50), start + 2 * REMEMBERED);
        assert_eq!(floor.height(), ms(50));
        floor.took(ms(1), start + 9 * REMEMBERED);
        assert_eq!(floor.height(), ms(50), "nobody has asked meanwhile");
        floor.took(ms(1), start + 10 * REMEMBERED);
        assert_eq!(floor.height(), AT_LEAST);
    }

    #[test]
    fn no_join_waits_longer_than_for_answers() {
        let mut floor = Floor::default();
        floor.took(10 * ANSWERS, Instant::now());
        assert_eq!(floor.height(), ANSWERS);
    }
}
