//! Carries what the nodes tell each other between the switchboard and Redis, for as long as the server runs.
//!
//! Nobody waits for it. What arrives is handed on at once, so nothing piles up between the network and the hub.

use super::Switchboard;
use crate::backplane::exchange::Command;
use crate::backplane::redis::{PATIENCE, Redis};
use crate::backplane::{Backplane, Channel, Name};
use redis::RedisError;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep};
use tokio_util::sync::CancellationToken;
use tracing::{debug, info, warn};

/// Commands sent together before their answers are waited for.
const BATCH: usize = 256;
/// Time before connecting again, of which the first half is random; it doubles up to the longest one. Short, so that
/// places are told again before they would be lost.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

/// Why a connection ended.
enum End {
    /// The server stops, and everything is said.
    Done,
    Failed(RedisError),
    Closed,
    /// We, or Redis, were so slow that others may think us dead.
    TooSlow,
}

/// Keeps `board` connected to the other nodes until the server stops and its sockets have left their tags.
pub(crate) async fn run(board: Arc<Switchboard>, backplane: Backplane, stop: CancellationToken) {
    let mut attempts = Attempts { pause: FIRST_PAUSE, lost: false };
    loop {
        let begun = Instant::now();
        let end = connection(&board, &backplane, &stop).await;
        board.disconnected();
        // None is done before.
        if stop.is_cancelled() {
            return;
        }
        let lasted = begun.elapsed();
        if attempts.is_news(lasted) {
            warn!(reason = %end, "no backplane: only peers on this node meet until it is back");
        } else {
            debug!(reason = %end, "still no backplane");
        }
        let again = sleep(jittered(attempts.pause(lasted, backplane.silence), random_fraction()));
        tokio::pin!(again);
        let mut tick = ticks(backplane.beat());
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                () = &mut again => break,
                _ = tick.tick() => board.forget_silent(Instant::now()),
            }
        }
    }
}

/// What came of connecting so far.
struct Attempts {
    /// Before the next one.
    pause: Duration,
    /// Whether the operator knows.
    lost: bool,
}

impl Attempts {
    /// Whether the operator must hear that a connection has ended which `lasted` so long: once for each time that it is
    /// lost, however often it is tried in vain.
    fn is_news(&mut self, lasted: Duration) -> bool {
        !std::mem::replace(&mut self.lost, true) || lasted > LONGEST_PAUSE + PATIENCE
    }

    /// How long to wait after one that `lasted` so long. One that was longer than a `silence` begins anew; one that fails at
    /// once comes less and less often.
    fn pause(&mut self, lasted: Duration, silence: Duration) -> Duration {
        let pause = if lasted > silence { FIRST_PAUSE } else { self.pause };
        self.pause = (2 * pause).min(LONGEST_PAUSE);
        pause
    }
}

async fn connection(board: &Arc<Switchboard>, backplane: &Backplane, stop: &CancellationToken) -> End {
    let hears = Arc::clone(board);
    let hear = move |channel: &[u8], bytes: &[u8]| hears.note(channel, bytes, Instant::now());
    let mut redis = match Redis::connect(backplane.address(), hear).await {
        Ok(redis) => redis,
        Err(error) => return End::Failed(error),
    };
    let nodes = Command::Subscribe(backplane.channel(Channel::Nodes));
    if let Err(error) = send(&mut redis, board, vec![nodes]).await {
        return End::Failed(error);
    }
    board.connected(random_name());
    info!("backplane connected");

    let mut tick = ticks(backplane.beat());
    let mut shown_alive = Instant::now();
    loop {
        if stop.is_cancelled() && board.is_idle() {
            return End::Done;
        }
        let commands = tokio::select! {
            () = redis.closed() => return End::Closed,
            () = stop.cancelled(), if !stop.is_cancelled() => continue,
            commands = board.commands(BATCH) => commands,
            _ = tick.tick() => {
                // The others may have given us up meanwhile: a new name makes all of us tell everything anew.
                if board.is_overloaded() || shown_alive.elapsed() > backplane.silence - backplane.beat() {
                    return End::TooSlow;
                }
                board.forget_silent(Instant::now());
                if let Err(error) = send(&mut redis, board, board.alive()).await {
                    return End::Failed(error);
                }
                shown_alive = Instant::now();
                continue;
            }
        };
        if let Err(error) = send(&mut redis, board, commands).await {
            return End::Failed(error);
        }
    }
}

/// Sends `commands`, and hands on what was answered.
async fn send(redis: &mut Redis, board: &Switchboard, commands: Vec<Command>) -> Result<(), RedisError> {
    for (key, heard_by) in redis.send(commands).await? {
        board.asked(key, heard_by);
    }
    Ok(())
}

fn ticks(period: Duration) -> tokio::time::Interval {
    let mut ticks = interval(period);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    ticks
}

fn random_name() -> Name {
    let mut name = [0; 8];
    getrandom::fill(&mut name).expect("the operating system gives randomness once it runs");
    Name(name)
}

/// From half of `pause` to all of it, as `fraction` goes from 0 to 1: nodes that lost Redis together do not come back at one
/// moment.
fn jittered(pause: Duration, fraction: f64) -> Duration {
    pause / 2 + (pause / 2).mul_f64(fraction)
}

fn random_fraction() -> f64 {
    let random = getrandom::u32().expect("the operating system gives randomness once it runs");
    f64::from(random) / f64::from(u32::MAX)
}

impl fmt::Display for End {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Done => f.write_str("stopped"),
            Self::Failed(error) => error.fmt(f),
            Self::Closed => f.write_str("Redis closed the connection"),
            Self::TooSlow => f.write_str("too slow"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_node_waits_between_half_of_the_pause_and_all_of_it() {
        assert_eq!(jittered(FIRST_PAUSE, 0.0), Duration::from_millis(50));
        assert_eq!(jittered(FIRST_PAUSE, 0.5), Duration::from_millis(75));
        assert_eq!(jittered(LONGEST_PAUSE, 1.0), LONGEST_PAUSE);
        let fractions: Vec<f64> = (0..100).map(|_| random_fraction()).collect();
        assert!(fractions.iter().all(|fraction| (0.0..=1.0).contains(fraction)), "{fractions:?}");
        assert!(
            fractions.iter().any(|fraction| *fraction != fractions[0]),
            "or all would come at one moment"
        );
    }

    #[test]
    fn a_redis_that_is_gone_is_told_of_once_and_again_when_it_had_been_back() {
        let mut attempts = Attempts { pause: FIRST_PAUSE, lost: false };
        let in_vain = LONGEST_PAUSE + PATIENCE;
        let told = [Duration::ZERO, Duration::ZERO, in_vain, in_vain + Duration::from_millis(1), in_vain]
            .map(|lasted| attempts.is_news(lasted));
        assert_eq!(told, [true, false, false, true, false]);
    }

    #[test]
    fn a_redis_that_is_gone_is_asked_for_less_and_less_often_and_soon_when_it_had_been_back() {
        let mut attempts = Attempts { pause: FIRST_PAUSE, lost: false };
        let silence = Duration::from_secs(15);
        let mut pauses = |lasted| [0; 6].map(|_| attempts.pause(lasted, silence).as_millis());
        assert_eq!(pauses(Duration::ZERO), [100, 200, 400, 800, 1_600, 2_000]);
        assert_eq!(
            pauses(silence),
            [2_000; 6],
            "others may have taken us for dead by then, so it had not lasted"
        );
        assert_eq!(pauses(silence + Duration::from_millis(1)), [100; 6]);
    }

    #[test]
    fn an_operator_reads_why_there_is_no_connection() {
        for (end, words) in [
            (End::Closed, "Redis closed the connection"),
            (End::TooSlow, "too slow"),
            (End::Done, "stopped"),
            (End::Failed(RedisError::from((redis::ErrorKind::Io, "refused"))), "refused"),
        ] {
            assert!(end.to_string().starts_with(words), "{end}");
        }
    }
}
