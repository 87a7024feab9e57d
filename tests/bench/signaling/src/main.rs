//! Measures the signaling server under load, beside the servers that come with PeerJS and y-webrtc.
//!
//! One generator drives all three over loopback with the same shape of work: connect, join a meeting point, relay
//! between two. Rounds are interleaved and medians shown. Everything is bounded in count and time, nothing is
//! asserted, and no address but 127.0.0.0/8 is ever a target.
#![forbid(unsafe_code)]

mod attack;
mod client;
mod crowd;
mod honest;
mod idle;
mod joins;
mod limits;
mod restart;
mod rival;
mod server;
mod table;

use anyhow::{Result, bail, ensure};
use clap::{Parser, Subcommand};
use rival::Rival;
use server::Programs;
use std::net::SocketAddr;
use std::path::PathBuf;
use table::{Figure, Table};
use tokio::signal::unix::{SignalKind, signal};

#[derive(Parser)]
#[command(name = "signaling-bench", about = "Load on the signaling server, and on others beside it")]
struct Cli {
    #[command(subcommand)]
    part: Option<Part>,
    #[command(flatten)]
    options: Options,
}

#[derive(clap::Args)]
struct Options {
    /// The server's program
    #[arg(long, value_name = "FILE")]
    server: Option<PathBuf>,
    /// Folder whose node_modules holds the other servers; without it there are none
    #[arg(long, value_name = "FOLDER")]
    rivals: Option<PathBuf>,
    /// Only measurements whose name contains this
    #[arg(long, default_value = "")]
    only: String,
    /// Rounds of each measurement; medians are printed
    #[arg(long, default_value_t = 3)]
    rounds: u32,
    /// Idle connections to hold at our server
    #[arg(long, default_value_t = 50_000)]
    idle: usize,
}

/// Processes that the bench starts for itself, because one may not have enough file descriptors.
#[derive(Subcommand)]
enum Part {
    /// Holds joined sockets until standard input ends
    #[command(hide = true)]
    Hold(crowd::Hold),
    /// Attacks until standard input ends
    #[command(hide = true)]
    Attack(attack::Attack),
}

/// One thing that is measured for each server.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Measurement {
    Idle,
    Joins,
    Relay,
    Attack,
    Restart,
}

impl Measurement {
    const ALL: [Self; 5] = [Self::Idle, Self::Joins, Self::Relay, Self::Attack, Self::Restart];

    fn name(self) -> &'static str {
        match self {
            Self::Idle => "idle",
            Self::Joins => "joins",
            Self::Relay => "relay",
            Self::Attack => "attack",
            Self::Restart => "restart",
        }
    }

    async fn run(self, rival: Rival, programs: &Programs, options: &Options) -> Result<Vec<Figure>> {
        match self {
            Self::Idle => idle::measure(rival, programs, options.idle).await,
            Self::Joins => joins::measure(rival, programs).await,
            Self::Relay => honest::measure(rival, programs).await,
            Self::Attack => attack::measure(rival, programs).await,
            Self::Restart => restart::measure(rival, programs).await,
        }
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let cli = Cli::parse();
    limits::raise_file_descriptors()?;
    match cli.part {
        Some(Part::Hold(hold)) => hold.run().await,
        Some(Part::Attack(attack)) => attack.run().await,
        // Told to stop, it ends the servers that it has started.
        None => tokio::select! {
            done = bench(&cli.options) => done,
            () = told_to_stop()? => bail!("told to stop"),
        },
    }
}

fn told_to_stop() -> Result<impl Future<Output = ()>> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}

async fn bench(options: &Options) -> Result<()> {
    let programs = Programs::new(options.server.clone(), options.rivals.clone())?;
    let wanted: Vec<_> =
        Measurement::ALL.into_iter().filter(|it| it.name().contains(&options.only)).collect();
    ensure!(!wanted.is_empty(), "no measurement's name contains {}", options.only);
    println!("{}", limits::machine()?);
    for measurement in wanted {
        let mut table = Table::default();
        for round in 1..=options.rounds {
            for rival in programs.rivals() {
                println!("  {}, round {round}: {}", measurement.name(), rival.name());
                match measurement.run(rival, &programs, options).await {
                    Ok(figures) => table.add(rival, figures),
                    // One that breaks under the load has lost that round; the others are still measured.
                    Err(error) => table.broke(rival, format!("{error:#}")),
                }
            }
        }
        table.print(measurement.name(), &programs.rivals());
    }
    Ok(())
}

/// Where a process of the bench finds the server.
#[derive(clap::Args, Clone, Copy)]
struct Target {
    #[arg(long)]
    rival: Rival,
    #[arg(long)]
    address: SocketAddr,
}
