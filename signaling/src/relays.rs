//! Who is given the right to use the TURN server: who meets somebody just now, and not too often.
//!
//! Whoever gets none is told nothing but that, so that nobody learns from it whether there is a TURN server, or
//! somebody on a tag. PROTOCOL.md, *Relays*.

use crate::addresses::Addresses;
use crate::bucket::Bucket;
use crate::limits::Limits;
use crate::metrics::{Limit, Metrics};
use crate::turn::TurnServer;
use signal_proto::Turn;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, SystemTime};
use tokio::time::Instant;

/// The TURN server, if there is one, and how often who may have it.
#[derive(Debug)]
pub(crate) struct Relays {
    turn: Option<TurnServer>,
    life: Duration,
    each: Bucket,
    addresses: Arc<Addresses>,
    metrics: Arc<Metrics>,
}

/// A socket that may ask.
#[derive(Debug)]
pub(crate) struct Asker {
    ip: IpAddr,
    bucket: Bucket,
}

impl Relays {
    pub(crate) fn new(turn: Option<TurnServer>, limits: &Limits, metrics: Arc<Metrics>) -> Self {
        let now = Instant::now();
        Self {
            turn,
            life: limits.relay_life,
            each: Bucket::slow(limits.relay_burst, limits.relay_every, now),
            addresses: Addresses::slow(limits.relay_burst_per_address, limits.relay_every_per_address),
            metrics,
        }
    }

    /// A new socket of `ip`.
    pub(crate) fn asker(&self, ip: IpAddr) -> Asker {
        Asker { ip, bucket: self.each.refilled(Instant::now()) }
    }

    /// What `asker` gets, who `meets` somebody or doesn't.
    pub(crate) fn ask(&self, asker: &mut Asker, meets: bool, now: Instant) -> Option<Turn> {
        let turn = self.turn.as_ref().filter(|_| meets)?;
        if !asker.bucket.take(1, now) {
            self.metrics.hit(Limit::RelaysPerSocket);
            return None;
        }
        if self.addresses.pass(asker.ip, now).is_err() {
            self.metrics.hit(Limit::RelaysPerAddress);
            return None;
        }
        let mut word = [0; 8];
        getrandom::fill(&mut word).expect("the operating system gives randomness once it runs");
        Some(turn.right(SystemTime::now(), self.life, word))
    }
}
