//! Many sockets that have joined and then only stay, in processes of their own.

use crate::client::{Client, Source};
use crate::rival::Place;
use crate::{Target, limits};
use anyhow::{Context, Result, ensure};
use futures_util::{StreamExt, stream};
use std::process::Stdio;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval, timeout};

/// Joins that are under way at once.
const AT_ONCE: usize = 64;
/// Sockets that share an address: an office.
const EACH: usize = 100;
/// Between two heartbeats, where a protocol wants them. PeerJS gives up after 60 s of silence.
const BEAT: Duration = Duration::from_secs(20);
/// Longest time that a process of the bench may take for what it was asked.
const PATIENCE: Duration = Duration::from_secs(180);

/// Options of the process that holds sockets.
#[derive(clap::Args)]
pub(crate) struct Hold {
    #[command(flatten)]
    target: Target,
    /// How many.
    #[arg(long)]
    count: usize,
}

impl Hold {
    /// Joins all, says so, keeps them until standard input ends, and says how many were lost.
    pub(crate) async fn run(self) -> Result<()> {
        let Self { target, count } = self;
        ensure!(count <= limits::sockets_per_process()?, "too few file descriptors for {count} sockets");
        let mut joining = stream::iter(0..count)
            .map(|index| {
                let place = Place { pair: index as u64 / 2, second: index % 2 == 1 };
                Client::join(target, Source::Crowd.address(index, EACH), place)
            })
            .buffer_unordered(AT_ONCE);
        let mut held = JoinSet::new();
        while let Some(client) = joining.next().await {
            held.spawn(stay(client.context("the crowd did not get in")?));
        }
        println!("{}", held.len());
        tokio::io::stdin().read_to_end(&mut Vec::new()).await?;
        let lost = std::iter::from_fn(|| held.try_join_next()).count();
        println!("{lost}");
        Ok(())
    }
}

/// Answers what the server asks until it ends.
pub(crate) async fn stay(mut client: Client) -> Result<()> {
    let mut beat = interval(BEAT);
    beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            heard = client.next() => { heard?; }
            _ = beat.tick() => client.beat().await?,
        }
    }
}

/// A process of the bench, and the numbers that it prints.
pub(crate) struct Worker {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Worker {
    /// Starts this program again with these words.
    pub(crate) fn start(target: Target, words: &[&str]) -> Result<Self> {
        let mut command = Command::new(std::env::current_exe()?);
        command.args(words).args(["--address", &target.address.to_string()]);
        let rival = clap::ValueEnum::to_possible_value(&target.rival).context("every server has a name")?;
        command.args(["--rival", rival.get_name()]);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).kill_on_drop(true).spawn()?;
        let out = child.stdout.take().context("its output is a pipe")?;
        Ok(Self { child, lines: BufReader::new(out).lines() })
    }

    /// The next number.
    pub(crate) async fn number(&mut self) -> Result<f64> {
        let line = timeout(PATIENCE, self.lines.next_line()).await.context("a worker takes too long")??;
        Ok(line.context("a worker ended early")?.parse()?)
    }

    /// Lets it come to its end.
    pub(crate) fn release(&mut self) {
        drop(self.child.stdin.take());
    }
}

impl Target {
    /// Starts a process that holds `count` sockets, and waits until it does.
    pub(crate) async fn hold(self, count: usize) -> Result<Worker> {
        let mut worker = Worker::start(self, &["hold", "--count", &count.to_string()])?;
        worker.number().await?;
        Ok(worker)
    }
}
