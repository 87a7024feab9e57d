//! What all parts of a world share: its clock, its agenda, its dice, its weather and its diary.

use crate::happening::Happening;
use crate::rng::Rng;
use std::collections::{BTreeMap, VecDeque};

/// How the network and the disks behave. Times are milliseconds, both ends included.
#[derive(Clone, Debug)]
pub struct Net {
    /// One way between a node and the signaling server.
    pub signal_latency: (u64, u64),
    /// Envelopes (never the server's own words) that get lost, per thousand.
    pub signal_loss: u64,
    /// Envelopes that arrive twice, per thousand.
    pub signal_duplicate: u64,
    /// Whether envelopes may overtake each other; otherwise a socket keeps its order.
    pub signal_reorder: bool,
    /// One way between two nodes.
    pub lane_latency: (u64, u64),
    /// Bytes a lane carries in a millisecond, each way.
    pub lane_rate: u64,
    /// A store's time for one request.
    pub store_latency: (u64, u64),
}

impl Net {
    /// A good office network.
    pub fn good() -> Self {
        Self {
            signal_latency: (10, 25),
            signal_loss: 0,
            signal_duplicate: 0,
            signal_reorder: false,
            lane_latency: (5, 15),
            lane_rate: 4_000,
            store_latency: (0, 4),
        }
    }

    /// Far away, slow, and a server that loses, repeats and shuffles envelopes.
    pub fn bad() -> Self {
        Self {
            signal_latency: (40, 600),
            signal_loss: 120,
            signal_duplicate: 150,
            signal_reorder: true,
            lane_latency: (60, 250),
            lane_rate: 800,
            store_latency: (0, 60),
        }
    }
}

/// Shared by all parts; each takes it as its last argument.
pub(crate) struct Context {
    pub(crate) now: u64,
    pub(crate) net: Net,
    pub(crate) rng: Rng,
    pub(crate) trace: Trace,
    agenda: BTreeMap<(u64, u64), Happening>,
    sequence: u64,
}

impl Context {
    pub(crate) fn new(seed: u64) -> Self {
        Self {
            now: 1_000,
            net: Net::good(),
            rng: Rng::new(seed),
            trace: Trace::default(),
            agenda: BTreeMap::new(),
            sequence: 0,
        }
    }

    /// Let `what` happen `delay` ms from now; of two at one time the earlier planned comes first.
    pub(crate) fn after(&mut self, delay: u64, what: Happening) {
        self.sequence += 1;
        self.agenda.insert((self.now + delay, self.sequence), what);
    }

    /// When the next thing happens.
    pub(crate) fn next_at(&self) -> Option<u64> {
        self.agenda.first_key_value().map(|((at, _), _)| *at)
    }

    /// Take the next thing and set the clock to it.
    pub(crate) fn pop(&mut self) -> Option<Happening> {
        let ((at, _), what) = self.agenda.pop_first()?;
        self.now = self.now.max(at);
        Some(what)
    }
}

/// The last lines of what happened, and a digest of everything that happened.
pub(crate) struct Trace {
    lines: VecDeque<String>,
    digest: blake3::Hasher,
    /// `SIM_TRACE` is set: every line goes to standard error at once.
    loud: bool,
}

/// Lines kept for the message of a failing run.
const TAIL: usize = 160;

impl Default for Trace {
    fn default() -> Self {
        let loud = std::env::var_os("SIM_TRACE").is_some();
        Self { lines: VecDeque::new(), digest: blake3::Hasher::new(), loud }
    }
}

impl Trace {
    pub(crate) fn note(&mut self, now: u64, line: &str) {
        let line = format!("{now:>8} {line}");
        self.digest.update(line.as_bytes());
        if self.loud {
            eprintln!("{line}");
        }
        if self.lines.len() == TAIL {
            self.lines.pop_front();
        }
        self.lines.push_back(line);
    }

    pub(crate) fn tail(&self) -> String {
        self.lines.iter().map(|line| format!("{line}\n")).collect()
    }

    pub(crate) fn digest(&self) -> [u8; 32] {
        *self.digest.finalize().as_bytes()
    }
}
