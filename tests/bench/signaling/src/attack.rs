//! The same honest people while others do what they can: sockets that never finish anything, and floods.
//!
//! The attackers' pace is bounded: they share the machine with the server, as no real attacker does.

use crate::Target;
use crate::client::{Client, Source, connect};
use crate::crowd::Worker;
use crate::honest::Load;
use crate::rival::{PAYLOAD, Place, Rival};
use crate::server::{Programs, Server};
use crate::table::{Figure, Unit};
use anyhow::{Context, Result};
use std::cell::Cell;
use std::net::Ipv4Addr;
use std::rc::Rc;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::task::LocalSet;
use tokio::time::{Instant, interval, sleep, timeout};

const STUCK: usize = 5_000;
const FLOODERS: usize = 100;
/// Attackers who share an address: below what one address may have, so that each gets in.
const EACH: usize = 200;
/// The first attackers come over this time, as fast as a server takes them.
const ARRIVAL: Duration = Duration::from_secs(10);
/// Before one who was thrown out comes again.
const AGAIN: Duration = Duration::from_secs(1);
/// Between two header lines, and between two messages to somebody who does not read.
const DRIP: Duration = Duration::from_secs(1);
/// Messages that a flooder tries to send at once, and how often it does.
const FLOOD: usize = 25;
const WAVE: Duration = Duration::from_millis(50);
/// The longest attack.
const LONGEST: Duration = Duration::from_secs(120);
/// Meeting points of attackers begin here.
const PAIRS: u64 = 1 << 32;
/// Largest messages that every server here takes.
const LARGE: usize = 16_000;

pub(crate) async fn measure(rival: Rival, programs: &Programs) -> Result<Vec<Figure>> {
    // Ours as it comes, with every default.
    let mut server = Server::start(rival, programs, &[]).await?;
    let target = Target { rival, address: server.address };
    let (stuck, flooders) = (STUCK.to_string(), FLOODERS.to_string());
    let mut attack = Worker::start(target, &["attack", "--stuck", &stuck, "--flooders", &flooders])?;
    attack.number().await?;
    let before = server.cpu()?;
    let load = Load::of(target).await?;
    let alive = server.is_alive();
    attack.release();
    let (held, flooded) = (attack.number().await?, attack.number().await?);
    let mut figures = load.figures();
    if alive {
        figures.push(Figure::new("most memory of the server", Unit::Mebibytes, server.peak()? / 1024.0));
        figures.push(Figure::new("the server's processor time", Unit::Seconds, server.cpu()? - before));
    }
    figures.push(Figure::new("stuck sockets at the end", Unit::Count, held));
    figures.push(Figure::new("messages of the flood", Unit::Count, flooded));
    Ok(figures)
}

/// Options of the process that attacks.
#[derive(clap::Args)]
pub(crate) struct Attack {
    #[command(flatten)]
    target: Target,
    #[arg(long)]
    stuck: usize,
    #[arg(long)]
    flooders: usize,
}

/// What has been reached.
#[derive(Default)]
struct Score {
    stuck: Cell<usize>,
    flooded: Cell<usize>,
}

impl Attack {
    /// Attacks until standard input ends; says when everybody has come, how many are stuck, how much was flooded.
    pub(crate) async fn run(self) -> Result<()> {
        LocalSet::new().run_until(self.all()).await
    }

    async fn all(self) -> Result<()> {
        let (score, end) = (Rc::new(Score::default()), Instant::now() + LONGEST);
        for index in 0..self.stuck + self.flooders {
            let source = Source::Attacker.address(index, EACH);
            let (target, score) = (self.target, Rc::clone(&score));
            let wait = ARRIVAL.mul_f64(index as f64 / (self.stuck + self.flooders) as f64);
            let flooder = index >= self.stuck;
            tokio::task::spawn_local(async move {
                sleep(wait).await;
                while Instant::now() < end {
                    // Being thrown out is what the server should do; then it goes on from the beginning.
                    let _ = if flooder {
                        flood(target, source, index, &score).await
                    } else {
                        stick(target, source, index, &score).await
                    };
                    sleep(AGAIN).await;
                }
            });
        }
        sleep(2 * ARRIVAL).await;
        println!("0");
        tokio::io::stdin().read_to_end(&mut Vec::new()).await?;
        println!("{}\n{}", score.stuck.get(), score.flooded.get());
        Ok(())
    }
}

/// Counts a stuck socket as long as it lives.
struct Held<'a>(&'a Cell<usize>);

impl<'a> Held<'a> {
    fn one(count: &'a Cell<usize>) -> Self {
        count.set(count.get() + 1);
        Self(count)
    }
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        self.0.set(self.0.get() - 1);
    }
}

/// One of four ways to take a place and never be done; returns when the server ends it.
async fn stick(target: Target, source: Ipv4Addr, index: usize, score: &Score) -> Result<()> {
    let place = Place { pair: PAIRS + index as u64 / 8, second: index % 8 == 7 };
    match index % 4 {
        // Not a byte.
        0 => {
            let mut stream = connect(source, target.address).await?;
            let _held = Held::one(&score.stuck);
            stream.read_to_end(&mut Vec::new()).await?;
        }
        // A header that goes on, line by line.
        1 => {
            let mut stream = connect(source, target.address).await?;
            let _held = Held::one(&score.stuck);
            let path = target.rival.path(place).0;
            stream
                .write_all(format!("GET {path} HTTP/1.1\r\nHost: {}\r\n", target.address).as_bytes())
                .await?;
            let mut drip = interval(DRIP);
            loop {
                let mut rest = [0; 1024];
                tokio::select! {
                    read = stream.read(&mut rest) => if read? == 0 { break },
                    _ = drip.tick() => stream.write_all(b"X-More: to come\r\n").await?,
                }
            }
        }
        // A WebSocket that joins nothing, where opening it is not joining.
        2 => {
            let place = Place { pair: 2 * PAIRS + index as u64, second: false };
            let mut client = Client::open(target, source, place).await?;
            let _held = Held::one(&score.stuck);
            loop {
                client.next().await?;
            }
        }
        // One who joins, makes the other of its pair send, and never reads.
        _ => {
            let mut client = Client::join(target, source, place).await?;
            let _held = Held::one(&score.stuck);
            let mut drip = interval(DRIP);
            loop {
                drip.tick().await;
                timeout(DRIP, client.relay(0, LARGE)).await.context("it is not read from")??;
            }
        }
    }
    Ok(())
}

/// Joins and sends far more than anybody has to say.
async fn flood(target: Target, source: Ipv4Addr, index: usize, score: &Score) -> Result<()> {
    let place = Place { pair: PAIRS + index as u64 / 2, second: index % 2 == 1 };
    let mut client = Client::join(target, source, place).await?;
    let mut wave = interval(WAVE);
    loop {
        tokio::select! {
            _ = wave.tick() => for _ in 0..FLOOD {
                client.relay(0, PAYLOAD).await?;
                score.flooded.set(score.flooded.get() + 1);
            },
            heard = client.next() => { heard?; }
        }
    }
}
