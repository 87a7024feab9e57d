//! Who is given the right to use the TURN server: who meets somebody just now, and not too often.
//!
//! Whoever gets none is told nothing but that, so that nobody learns from it whether there is a TURN server, or
//! somebody on a tag. PROTOCOL.md, *TURN*.

use super::TurnServer;
use crate::addresses::Addresses;
use crate::bucket::Bucket;
use crate::limits::Limits;
use crate::metrics::{Limit, Metrics};
use signal_proto::Turn;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, SystemTime};
use tokio::time::Instant;

/// The TURN server, if there is one, and how often who may have it.
#[derive(Debug)]
pub(crate) struct Desk {
    server: Option<TurnServer>,
    life: Duration,
    names_of_site: u32,
    each: Bucket,
    addresses: Addresses,
    metrics: Arc<Metrics>,
}

/// A socket that may ask.
#[derive(Debug)]
pub(crate) struct Asker {
    ip: IpAddr,
    bucket: Bucket,
}

impl Desk {
    pub(crate) fn new(server: Option<TurnServer>, limits: &Limits, metrics: Arc<Metrics>) -> Self {
        let now = Instant::now();
        Self {
            server,
            life: limits.turn_life,
            names_of_site: limits.addresses_per_site,
            each: Bucket::slow(limits.turn_burst, limits.turn_every, now),
            addresses: Addresses::slow(
                limits.turn_burst_per_address,
                limits.turn_every_per_address,
                limits.addresses_per_site,
            ),
            metrics,
        }
    }

    /// A new socket of `ip`.
    pub(crate) fn asker(&self, ip: IpAddr) -> Asker {
        Asker { ip, bucket: self.each.refilled() }
    }

    /// What `asker` gets, who `meets` somebody or doesn't.
    pub(crate) fn ask(&self, asker: &mut Asker, meets: bool, now: Instant) -> Option<Turn> {
        let server = self.server.as_ref().filter(|_| meets)?;
        if !asker.bucket.take(1, now) {
            self.metrics.hit(Limit::TurnPerSocket);
            return None;
        }
        if self.addresses.pass(asker.ip, now).is_err() {
            self.metrics.hit(Limit::TurnPerAddress);
            return None;
        }
        Some(server.right(asker.ip, self.names_of_site, SystemTime::now(), self.life))
    }
}
