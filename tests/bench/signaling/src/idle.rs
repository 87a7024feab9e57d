//! Connections that do nothing: how many are held, and what each costs.
//!
//! A process cannot hold more than its file descriptors, so a machine that gives few gets several servers.

use crate::rival::Rival;
use crate::server::{Programs, Server};
use crate::table::{Figure, Unit};
use crate::{Target, limits};
use anyhow::Result;
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// Until the first pings were sent and answered, so that what they need is counted.
const SETTLE: Duration = Duration::from_secs(30);
/// Enough to tell what one costs, where nothing is promised.
const OTHERS: usize = 10_000;

pub(crate) async fn measure(rival: Rival, programs: &Programs, wanted: usize) -> Result<Vec<Figure>> {
    let most = limits::sockets_per_process()?;
    let wanted = if rival == Rival::Linkspan { wanted } else { wanted.min(OTHERS).min(most) };
    let processes = wanted.div_ceil(most);
    let each = wanted.div_ceil(processes);
    let (connections, joins) = (each.to_string(), (2 * each).to_string());
    let flags = ["--connections", &connections, "--joins", &joins];

    let start = Instant::now();
    let (mut servers, mut crowds, mut before) = (Vec::new(), Vec::new(), 0.0);
    for _ in 0..processes {
        let server = Server::start(rival, programs, &flags).await?;
        before += server.memory()?;
        crowds.push(Target { rival, address: server.address }.hold(each).await?);
        servers.push(server);
    }
    let arrived = start.elapsed().as_secs_f64();
    let cpu = |servers: &[Server]| servers.iter().map(Server::cpu).sum::<Result<f64>>();
    let busy = cpu(&servers)?;
    sleep(SETTLE).await;
    let busy = (cpu(&servers)? - busy) / SETTLE.as_secs_f64();
    let memory = servers.iter().map(Server::memory).sum::<Result<f64>>()? - before;

    let mut lost = 0.0;
    for crowd in &mut crowds {
        crowd.release();
        lost += crowd.number().await?;
    }
    let held = (each * processes) as f64 - lost;
    Ok(vec![
        Figure::new("idle connections held", Unit::Count, held),
        Figure::new("server processes for them", Unit::Count, processes as f64),
        Figure::new("memory per connection", Unit::Kibibytes, memory / held),
        Figure::new("all have arrived after", Unit::Seconds, arrived),
        Figure::new("processor while idle, of one core", Unit::Percent, busy * 100.0),
    ])
}
