//! A server as a process of its own: started, watched from outside, told to stop.

use crate::rival::Rival;
use anyhow::{Context, Result, bail, ensure};
use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::process::{Child, Command};
use tokio::time::{Instant, sleep, timeout};

/// Time that a server may take to listen, and to end after it was told to.
const PATIENCE: Duration = Duration::from_secs(20);
/// Between two tries to connect to a server that is starting.
const RETRY: Duration = Duration::from_millis(20);
/// Ticks a second of the processor times in /proc; every Linux says 100 to programs.
const TICKS: f64 = 100.0;

/// Where the servers' programs are.
pub(crate) struct Programs {
    ours: PathBuf,
    others: Option<PathBuf>,
}

impl Programs {
    pub(crate) fn new(ours: Option<PathBuf>, others: Option<PathBuf>) -> Result<Self> {
        let ours = ours.context("--server names the program to measure")?;
        ensure!(ours.is_file(), "{} is not there", ours.display());
        if let Some(folder) = &others {
            ensure!(folder.join("node_modules/peer").is_dir(), "run `npm ci` in {}", folder.display());
        }
        Ok(Self { ours, others })
    }

    /// Which servers there are.
    pub(crate) fn rivals(&self) -> Vec<Rival> {
        match self.others {
            Some(_) => vec![Rival::Linkspan, Rival::PeerJs, Rival::YWebrtc],
            None => vec![Rival::Linkspan],
        }
    }

    fn command(&self, rival: Rival, port: u16, flags: &[&str]) -> Result<Command> {
        let node = |script: &str| -> Result<Command> {
            let folder = self.others.as_ref().context("the other servers are not installed")?;
            let mut node = Command::new("node");
            node.arg(script).current_dir(folder.join("node_modules"));
            Ok(node)
        };
        let port = port.to_string();
        Ok(match rival {
            Rival::Linkspan => {
                let mut command = Command::new(&self.ours);
                command.args(["--port", &port, "--log", "warn"]).args(flags);
                command
            }
            Rival::PeerJs => {
                let mut command = node("peer/dist/bin/peerjs.js")?;
                command.args(["--host", "127.0.0.1", "--port", &port, "--concurrent_limit", "1000000"]);
                command
            }
            Rival::YWebrtc => {
                let mut command = node("y-webrtc/bin/server.js")?;
                command.env("PORT", port);
                command
            }
        })
    }
}

/// A running server; it is killed when dropped.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    child: Child,
}

impl Server {
    /// Starts one on a free port. `flags` are for ours only.
    pub(crate) async fn start(rival: Rival, programs: &Programs, flags: &[&str]) -> Result<Self> {
        let free = TcpListener::bind(("127.0.0.1", 0))?.local_addr()?;
        Self::start_at(rival, programs, free, flags).await
    }

    /// Starts one at `address` and waits until it listens.
    pub(crate) async fn start_at(
        rival: Rival,
        programs: &Programs,
        address: SocketAddr,
        flags: &[&str],
    ) -> Result<Self> {
        let mut command = programs.command(rival, address.port(), flags)?;
        command.stdin(Stdio::null()).stdout(Stdio::null()).kill_on_drop(true);
        let mut child = command.spawn().with_context(|| format!("{} does not start", rival.name()))?;
        let deadline = Instant::now() + PATIENCE;
        while TcpStream::connect(address).await.is_err() {
            if let Some(status) = child.try_wait()? {
                bail!("{} ended at once ({status})", rival.name());
            }
            ensure!(Instant::now() < deadline, "{} does not listen", rival.name());
            sleep(RETRY).await;
        }
        Ok(Self { address, child })
    }

    /// Asks it to stop, as a service manager does.
    pub(crate) async fn terminate(&self) -> Result<()> {
        let id = self.id()?.to_string();
        let status = Command::new("kill").args(["-TERM", &id]).status().await?;
        ensure!(status.success(), "it was gone already");
        Ok(())
    }

    /// Waits for its end after [`Self::terminate`]; one that will not stop is killed, as a service manager does.
    pub(crate) async fn ended(mut self) -> Result<()> {
        match timeout(PATIENCE, self.child.wait()).await {
            Ok(ended) => {
                ended?;
            }
            Err(_) => self.child.kill().await?,
        }
        Ok(())
    }

    /// Whether it has not died.
    pub(crate) fn is_alive(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    /// Its own part of memory, in KiB; what it shares with others counts by its share.
    pub(crate) fn memory(&self) -> Result<f64> {
        self.number("smaps_rollup", "Pss:")
    }

    /// The most memory it ever had, in KiB.
    pub(crate) fn peak(&self) -> Result<f64> {
        self.number("status", "VmHWM:")
    }

    /// Processor time used so far, in seconds.
    pub(crate) fn cpu(&self) -> Result<f64> {
        let stat = self.read("stat")?;
        // The name in parentheses may contain spaces; the times are the 12th and 13th word after it.
        let (_, words) = stat.rsplit_once(')').context("no name in /proc's stat")?;
        let mut words = words.split_whitespace().skip(11);
        let mut next = || {
            words.next().context("too few words in /proc's stat")?.parse::<f64>().map_err(anyhow::Error::from)
        };
        Ok((next()? + next()?) / TICKS)
    }

    fn number(&self, file: &str, name: &str) -> Result<f64> {
        let text = self.read(file)?;
        let line = text.lines().find_map(|line| line.strip_prefix(name));
        let number = line.and_then(|rest| rest.split_whitespace().next()).context("no such line in /proc")?;
        Ok(number.parse()?)
    }

    fn read(&self, file: &str) -> Result<String> {
        let path = format!("/proc/{}/{file}", self.id()?);
        std::fs::read_to_string(&path).with_context(|| format!("{path}: the server is gone"))
    }

    fn id(&self) -> Result<u32> {
        self.child.id().context("the server has ended")
    }
}
