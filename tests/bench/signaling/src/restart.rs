//! A restart with everybody there: told to stop, started again at once, and when is everybody back?

use crate::Target;
use crate::client::{Client, Source};
use crate::crowd::stay;
use crate::rival::{Meaning, Place, Rival};
use crate::server::{Programs, Server};
use crate::table::{Figure, Unit};
use anyhow::{Context, Result};
use hdrhistogram::Histogram;
use std::time::Duration;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, timeout_at};

const CLIENTS: usize = 5_000;
/// Clients behind one address: an office of nearly as many as one address may have.
const EACH: usize = 250;
/// The longest time to wait for the last one.
const PATIENCE: Duration = Duration::from_secs(120);
/// What was aimed at.
const AIM: Duration = Duration::from_secs(60);
/// First and longest wait of a client that was not told when to come back; half of each is random (PROTOCOL.md).
const FIRST_WAIT: Duration = Duration::from_millis(500);
const LONGEST_WAIT: Duration = Duration::from_secs(30);

pub(crate) async fn measure(rival: Rival, programs: &Programs) -> Result<Vec<Figure>> {
    let server = Server::start(rival, programs, &[]).await?;
    let address = server.address;
    let target = Target { rival, address };
    let (back, mut heard) = mpsc::unbounded_channel();
    let (stopped, stop) = watch::channel(None);
    let mut clients = JoinSet::new();
    for index in 0..CLIENTS {
        let place = Place { pair: index as u64 / 2, second: index % 2 == 1 };
        clients.spawn(client(target, index, place, stop.clone(), back.clone()));
        if index % 50 == 49 {
            // At the pace at which people come.
            sleep(Duration::from_millis(25)).await;
        }
    }
    for _ in 0..CLIENTS {
        heard.recv().await.context("the clients are gone")?;
    }

    let start = Instant::now();
    stopped.send(Some(start))?;
    server.terminate().await?;
    server.ended().await?;
    let away = start.elapsed();
    let again = Server::start_at(rival, programs, address, &[]).await?;
    let mut times = Histogram::<u64>::new_with_bounds(1, 600_000, 3)?;
    let (mut refused, mut late) = (0, 0);
    while times.len() < CLIENTS as u64 {
        let Ok(Some(one)) = timeout_at(start + PATIENCE, heard.recv()).await else { break };
        times.saturating_record(u64::try_from(one.after.as_millis()).unwrap_or(u64::MAX));
        refused += one.refused;
        late += usize::from(one.after > AIM);
    }
    let (seconds, back) = (|ms: u64| ms as f64 / 1e3, times.len() as usize);
    clients.shutdown().await;
    let memory = again.peak()? / 1024.0;
    Ok(vec![
        Figure::new("clients back within 60 s", Unit::Percent, (back - late) as f64 / CLIENTS as f64 * 100.0),
        Figure::new("half of them after", Unit::Seconds, seconds(times.value_at_quantile(0.5))),
        Figure::new("the last one after", Unit::Seconds, seconds(times.max())),
        Figure::new("never back", Unit::Count, (CLIENTS - back) as f64),
        Figure::new("tries that the new server refused", Unit::Count, refused as f64),
        Figure::new("the old server was gone after", Unit::Seconds, away.as_secs_f64()),
        Figure::new("most memory of the new server", Unit::Mebibytes, memory),
    ])
}

/// A client that is back.
struct Back {
    after: Duration,
    /// Tries at which a server that listened sent it away.
    refused: usize,
}

/// Joins, stays until the server stops, comes back when it was told to, and then stays for good.
async fn client(
    target: Target,
    index: usize,
    place: Place,
    stop: watch::Receiver<Option<Instant>>,
    back: mpsc::UnboundedSender<Back>,
) -> Result<()> {
    let source = Source::Crowd.address(index, EACH);
    let mut wait = FIRST_WAIT;
    let mut first = loop {
        match Client::join(target, source, place).await {
            Ok(client) => break client,
            Err(_) => backoff(&mut wait, index).await,
        }
    };
    back.send(Back { after: Duration::ZERO, refused: 0 })?;
    let told = loop {
        match first.next().await {
            Ok(Meaning::GoingAway(ms)) => break Some(Duration::from_millis(ms.into())),
            Ok(_) => {}
            Err(_) => break None,
        }
    };
    let start = stop.borrow().context("thrown out before the server stopped")?;
    drop(first);

    let (mut wait, mut refused) = (FIRST_WAIT, 0);
    match told {
        Some(told) => sleep(told).await,
        None => backoff(&mut wait, index).await,
    }
    loop {
        match Client::join(target, source, place).await {
            Ok(client) => {
                back.send(Back { after: start.elapsed(), refused })?;
                return stay(client).await;
            }
            Err(error) => {
                let nobody_listened = error.downcast_ref::<std::io::Error>().is_some();
                refused += usize::from(!nobody_listened);
                backoff(&mut wait, index).await;
            }
        }
    }
}

/// Waits, and doubles the next wait.
async fn backoff(wait: &mut Duration, index: usize) {
    // Different for each client, and the same in each round.
    let share = (index.wrapping_mul(2_654_435_761) % 1_000) as f64 / 1_000.0;
    sleep(wait.mul_f64(0.5 + share / 2.0)).await;
    *wait = (*wait * 2).min(LONGEST_WAIT);
}
