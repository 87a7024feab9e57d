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
    let mut pause = FIRST_PAUSE;
    let mut lost = false;
    loop {
        let begun = Instant::now();
        let end = connection(&board, &backplane, &stop).await;
        board.disconnected();
        if matches!(end, End::Done) || stop.is_cancelled() {
            return;
        }
        // Once for each time that it is lost, however often it is tried in vain.
        if !std::mem::replace(&mut lost, true) || begun.elapsed() > LONGEST_PAUSE + PATIENCE {
            warn!(reason = %end, "no backplane: only peers on this node meet until it is back");
        } else {
            debug!(reason = %end, "still no backplane");
        }
        // One that has lasted begins anew; one that fails at once comes less and less often.
        pause = if begun.elapsed() > backplane.silence { FIRST_PAUSE } else { pause };
        let again = sleep(jittered(pause, random_fraction()));
        tokio::pin!(again);
        let mut tick = ticks(backplane.beat());
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                () = &mut again => break,
                _ = tick.tick() => board.forget_silent(Instant::now()),
            }
        }
        pause = (2 * pause).min(LONGEST_PAUSE);
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
        assert!((0..100).all(|_| (0.0..=1.0).contains(&random_fraction())));
    }
}
