//! How fast clients can come: connect, upgrade, join, leave, as many at once as a busy page would bring.

use crate::Target;
use crate::client::{Client, Source};
use crate::rival::{Place, Rival};
use crate::server::{Programs, Server};
use crate::table::{Figure, Unit};
use anyhow::Result;
use futures_util::{StreamExt, stream};
use tokio::time::Instant;

/// Joins in a round.
const JOINS: usize = 6_000;
/// How many of them are under way at once.
const AT_ONCE: usize = 64;
/// Sockets that share an address.
const EACH: usize = 10;

pub(crate) async fn measure(rival: Rival, programs: &Programs) -> Result<Vec<Figure>> {
    let server = Server::start(rival, programs, &[]).await?;
    let target = Target { rival, address: server.address };
    let (start, busy) = (Instant::now(), server.cpu()?);
    let mut joining = stream::iter(0..JOINS)
        .map(|index| {
            let place = Place { pair: index as u64, second: false };
            Client::join(target, Source::Honest.address(index, EACH), place)
        })
        .buffer_unordered(AT_ONCE);
    while let Some(client) = joining.next().await {
        drop(client?);
    }
    let (time, busy) = (start.elapsed().as_secs_f64(), server.cpu()? - busy);
    let joins = JOINS as f64;
    Ok(vec![
        Figure::new("connect, upgrade and join", Unit::PerSecond, joins / time),
        Figure::new("the server's processor time for each", Unit::Microseconds, busy / joins * 1e6),
    ])
}
