//! Honest people at a steady pace: some come and go, some are in pairs and speak. Not one waits for another, so a
//! server that falls behind is seen in the times.

use crate::Target;
use crate::client::{Client, Source};
use crate::rival::{Meaning, PAYLOAD, Place, Rival};
use crate::server::{Programs, Server};
use crate::table::{Figure, Unit};
use anyhow::Result;
use hdrhistogram::Histogram;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::task::JoinSet;
use tokio::time::{Instant, MissedTickBehavior, interval, timeout_at};

/// How long they are watched.
const TIME: Duration = Duration::from_secs(20);
/// For what is still on its way at the end.
const GRACE: Duration = Duration::from_secs(3);
/// Between two arrivals.
const ARRIVAL: Duration = Duration::from_millis(20);
/// Pairs that speak all the time.
const PAIRS: usize = 100;
/// Between two messages of a pair.
const WORD: Duration = Duration::from_millis(100);
/// People who share an address.
const EACH: usize = 10;

pub(crate) async fn measure(rival: Rival, programs: &Programs) -> Result<Vec<Figure>> {
    let server = Server::start(rival, programs, &[]).await?;
    let busy = server.cpu()?;
    let load = Load::of(Target { rival, address: server.address }).await?;
    let busy = server.cpu()? - busy;
    let mut figures = load.figures();
    let share = busy / TIME.as_secs_f64() * 100.0;
    figures.push(Figure::new("the server's processor, of one core", Unit::Percent, share));
    Ok(figures)
}

/// What honest people met.
pub(crate) struct Load {
    came: usize,
    joined: usize,
    joins: Histogram<u64>,
    said: usize,
    words: Histogram<u64>,
}

/// Microseconds with three digits, up to more than any patience.
fn times() -> Result<Histogram<u64>> {
    Ok(Histogram::new_with_bounds(1, 60_000_000, 3)?)
}

fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX).max(1)
}

impl Load {
    /// Loads `target` as long as it takes.
    pub(crate) async fn of(target: Target) -> Result<Self> {
        let words = Arc::new(Mutex::new(times()?));
        let epoch = Instant::now();
        let mut pairs = JoinSet::new();
        for index in 0..PAIRS {
            // Spread over the time between two words, or all would speak at once.
            let start = epoch + WORD.mul_f64(index as f64 / PAIRS as f64);
            pairs.spawn(pair(target, index, start, epoch, Arc::clone(&words)));
        }
        let (came, joined, joins) = arrivals(target, epoch + TIME).await?;
        let mut said = 0;
        while let Some(pair) = pairs.join_next().await {
            said += pair?;
        }
        let words = words.lock().unwrap_or_else(PoisonError::into_inner).clone();
        Ok(Self { came, joined, joins, said, words })
    }

    pub(crate) fn figures(&self) -> Vec<Figure> {
        let percent = |part: f64, whole: usize| part / whole as f64 * 100.0;
        let mut figures = vec![
            Figure::new("honest joins that succeed", Unit::Percent, percent(self.joined as f64, self.came)),
            Figure::new("messages that arrive", Unit::Percent, percent(self.words.len() as f64, self.said)),
        ];
        let quantiles = [
            ("time to join, p50", &self.joins, 0.5),
            ("time to join, p99", &self.joins, 0.99),
            ("time to relay, p50", &self.words, 0.5),
            ("time to relay, p99", &self.words, 0.99),
        ];
        // Where nobody got through there is no time.
        for (name, times, quantile) in quantiles.into_iter().filter(|(_, times, _)| !times.is_empty()) {
            let time = times.value_at_quantile(quantile) as f64 / 1e3;
            figures.push(Figure::new(name, Unit::Milliseconds, time));
        }
        figures
    }
}

/// People who come, join and go: how many came, how many joined, and how long that took them.
async fn arrivals(target: Target, until: Instant) -> Result<(usize, usize, Histogram<u64>)> {
    let (mut arrival, mut came) = (interval(ARRIVAL), 0);
    let mut joining = JoinSet::new();
    while Instant::now() < until {
        arrival.tick().await;
        let source = Source::Honest.address(came, EACH);
        let place = Place { pair: (PAIRS + came) as u64, second: false };
        came += 1;
        joining.spawn(async move {
            let start = Instant::now();
            Client::join(target, source, place).await.map(|_| start.elapsed())
        });
    }
    let (mut joined, mut times) = (0, times()?);
    while let Some(time) = joining.join_next().await {
        if let Ok(time) = time? {
            joined += 1;
            times.saturating_record(micros(time));
        }
    }
    Ok((came, joined, times))
}

/// Two who meet; the second speaks. Tells how many words there should have been: one who is thrown out says nothing
/// more, and that is the server's loss.
async fn pair(
    target: Target,
    index: usize,
    start: Instant,
    epoch: Instant,
    words: Arc<Mutex<Histogram<u64>>>,
) -> usize {
    let place = |second| Place { pair: index as u64, second };
    let source = |side| Source::Honest.address(100_000 + 2 * index + side, EACH);
    let due = (TIME.as_secs_f64() / WORD.as_secs_f64()) as usize;
    let listener = async {
        let mut client = Client::join(target, source(0), place(false)).await?;
        let speaker = tokio::spawn(speak(target, source(1), place(true), start, epoch, due));
        while let Ok(heard) = timeout_at(epoch + TIME + GRACE, client.next()).await {
            if let Meaning::Relayed(stamp) = heard? {
                let time = micros(epoch.elapsed()).saturating_sub(stamp).max(1);
                words.lock().unwrap_or_else(PoisonError::into_inner).saturating_record(time);
            }
        }
        speaker.await?
    };
    // Whether both stayed to the end is seen in how many words arrived.
    match listener.await {
        Ok(said) => said,
        Err(_) => due,
    }
}

async fn speak(
    target: Target,
    source: std::net::Ipv4Addr,
    place: Place,
    start: Instant,
    epoch: Instant,
    due: usize,
) -> Result<usize> {
    let mut client = Client::join(target, source, place).await?;
    let mut word = tokio::time::interval_at(start, WORD);
    // Late words are said late, all of them: waiting for the server is part of what is measured.
    word.set_missed_tick_behavior(MissedTickBehavior::Burst);
    let mut said = 0;
    while said < due {
        tokio::select! {
            tick = word.tick() => {
                client.relay(micros(tick - epoch), PAYLOAD).await?;
                said += 1;
            }
            heard = client.next() => { heard?; }
        }
    }
    // Stays, so that nobody is told that it left while words are under way.
    while timeout_at(epoch + TIME + GRACE, client.next()).await.is_ok() {}
    Ok(due)
}
