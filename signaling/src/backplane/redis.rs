//! The connection to Redis: one, for listening and telling, made again and again for as long as the server runs.
//!
//! Nobody waits for it. What arrives is handed on at once, so nothing piles up between the network and the hub.

use super::{Backplane, Command, Name};
use crate::switchboard::Switchboard;
use redis::aio::MultiplexedConnection;
use redis::{
    AsyncConnectionConfig, Client, ConnectionInfo, IntoConnectionInfo, ProtocolVersion, PushInfo, PushKind,
    RedisError, Value,
};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep};
use tokio_util::sync::CancellationToken;
use tracing::{debug, info, warn};

/// Longest time for connecting, and for one answer. 3 s: less than a node's silence, and far more than Redis needs.
const PATIENCE: Duration = Duration::from_secs(3);
/// Commands sent together before their answers are waited for.
const BATCH: usize = 256;
/// Time before connecting again, of which the first half is random; it doubles up to the longest one. Short, so that
/// places are told again before they would be lost.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

/// Where Redis is, and how to log in. It has no Debug, because that may hold a password.
#[derive(Clone)]
pub(super) struct Address(ConnectionInfo);

/// Why a connection ended.
enum End {
    /// The server stops, and everything is said.
    Done,
    Failed(RedisError),
    Closed,
    /// We, or Redis, were so slow that others may think us dead.
    TooSlow,
}

impl Address {
    pub(super) fn parse(url: &str) -> Option<Self> {
        if !["redis://", "rediss://"].iter().any(|scheme| url.starts_with(scheme)) {
            return None;
        }
        let info = url.into_connection_info().ok()?;
        // The third version tells messages and answers apart on one connection.
        let settings =
            info.redis_settings().clone().set_protocol(ProtocolVersion::RESP3).set_skip_set_lib_name();
        Some(Self(info.set_redis_settings(settings)))
    }
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
        let again = sleep(pause / 2 + (pause / 2).mul_f64(random_fraction()));
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
    let closed = CancellationToken::new();
    let mut redis = match connect(board, backplane, &closed).await {
        Ok(redis) => redis,
        Err(error) => return End::Failed(error),
    };
    let nodes = Command::Subscribe(backplane.channel(super::Channel::Nodes));
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
            () = closed.cancelled() => return End::Closed,
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

async fn connect(
    board: &Arc<Switchboard>,
    backplane: &Backplane,
    closed: &CancellationToken,
) -> Result<MultiplexedConnection, RedisError> {
    let (board, closed) = (Arc::clone(board), closed.clone());
    let config = AsyncConnectionConfig::new()
        .set_connection_timeout(Some(PATIENCE))
        .set_response_timeout(Some(PATIENCE))
        .set_push_sender(move |push: PushInfo| -> Result<(), ()> {
            match push.kind {
                PushKind::Disconnection => closed.cancel(),
                PushKind::Message => {
                    if let [Value::BulkString(channel), Value::BulkString(bytes)] = &push.data[..] {
                        board.note(channel, bytes, Instant::now());
                    }
                }
                // Answers to what we have asked for; nothing else was.
                _ => {}
            }
            Ok(())
        });
    let client = Client::open(backplane.address.0.clone())?;
    client.get_multiplexed_async_connection_with_config(&config).await
}

/// Sends `commands` together, and waits until Redis has done them.
async fn send(
    redis: &mut MultiplexedConnection,
    board: &Switchboard,
    commands: Vec<Command>,
) -> Result<(), RedisError> {
    if commands.is_empty() {
        return Ok(());
    }
    let mut pipe = redis::pipe();
    for command in &commands {
        match command {
            Command::Subscribe(channel) => pipe.cmd("SUBSCRIBE").arg(channel),
            Command::Unsubscribe(channel) => pipe.cmd("UNSUBSCRIBE").arg(channel),
            Command::Publish { channel, bytes, ask: _ } => pipe.cmd("PUBLISH").arg(channel).arg(&bytes[..]),
        };
    }
    let answers: Vec<Value> = pipe.query_async(redis).await?;
    for (command, answer) in commands.iter().zip(answers) {
        if let (Command::Publish { ask: Some(key), .. }, Value::Int(heard_by)) = (command, answer) {
            board.asked(*key, usize::try_from(heard_by).unwrap_or(0));
        }
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
