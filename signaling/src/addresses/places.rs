//! How many places each network holds and how fast it takes new ones.
//!
//! What is remembered of a network is gone as soon as it holds nothing and could take everything again.

use crate::bucket::Bucket;
use crate::network::Network;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::time::Instant;

/// Networks without places remembered at most, a few megabytes; then all of those are forgotten.
const MAX_ADDRESSES: usize = 65_536;
/// From so many on, networks without places are looked through for those that can be forgotten.
const SWEEP_FROM: usize = 1_024;

/// Why a network gets nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Crowded {
    /// It holds all the places that it may.
    Full,
    /// It came too often.
    TooFast,
}

/// Places by network.
#[derive(Debug)]
pub(super) struct Places {
    each: usize,
    /// A full bucket for every network, where coming too often is a matter.
    rate: Option<Bucket>,
    table: Mutex<Table>,
}

#[derive(Debug)]
struct Table {
    entries: HashMap<Network, Entry>,
    sweep_at: usize,
}

#[derive(Debug)]
struct Entry {
    taken: usize,
    bucket: Option<Bucket>,
}

/// One place, free again when dropped.
#[derive(Debug)]
pub(super) struct Place {
    places: Arc<Places>,
    network: Network,
}

impl Places {
    /// At most `each` places for every network, as fast as `rate` says.
    pub(super) fn new(each: usize, rate: Option<Bucket>) -> Arc<Self> {
        let table = Table { entries: HashMap::new(), sweep_at: SWEEP_FROM };
        Arc::new(Self { each, rate, table: Mutex::new(table) })
    }

    /// A place for `network`, if it has one left and did not come too often.
    pub(super) fn take(self: &Arc<Self>, network: Network, now: Instant) -> Result<Place, Crowded> {
        self.arrival(network, now, |entry| {
            if entry.taken >= self.each {
                return Err(Crowded::Full);
            }
            entry.taken += 1;
            Ok(Place { places: Arc::clone(self), network })
        })
    }

    /// The same for somebody who needs no place.
    pub(super) fn pass(&self, network: Network, now: Instant) -> Result<(), Crowded> {
        self.arrival(network, now, |_| Ok(()))
    }

    fn arrival<T>(
        &self,
        network: Network,
        now: Instant,
        enter: impl FnOnce(&mut Entry) -> Result<T, Crowded>,
    ) -> Result<T, Crowded> {
        let mut table = self.table();
        table.sweep(now);
        let fresh = || Entry { taken: 0, bucket: self.rate.map(|rate| rate.refilled()) };
        let entry = table.entries.entry(network).or_insert_with(fresh);
        if entry.bucket.as_mut().is_some_and(|bucket| !bucket.take(1, now)) {
            return Err(Crowded::TooFast);
        }
        enter(entry)
    }

    #[cfg(test)]
    pub(super) fn is_empty(&self) -> bool {
        self.table().entries.is_empty()
    }

    fn table(&self) -> MutexGuard<'_, Table> {
        // Nothing in here can panic half-way, so a poisoned lock still guards a sound table.
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Entry {
    /// Whether a fresh entry would be the same.
    fn is_as_new(&self, now: Instant) -> bool {
        self.taken == 0 && self.bucket.is_none_or(|bucket| bucket.is_full(now))
    }
}

impl Table {
    /// Forgets what need not be remembered, each time that the table has grown by as much or by a good deal.
    fn sweep(&mut self, now: Instant) {
        if self.entries.len() < self.sweep_at {
            return;
        }
        self.entries.retain(|_, entry| !entry.is_as_new(now));
        if self.entries.len() >= MAX_ADDRESSES {
            self.entries.retain(|_, entry| entry.taken > 0);
        }
        let left = self.entries.len();
        self.sweep_at = (2 * left).min(MAX_ADDRESSES).max(left + SWEEP_FROM);
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let now = Instant::now();
        let mut table = self.places.table();
        if let Some(entry) = table.entries.get_mut(&self.network) {
            entry.taken -= 1;
            if entry.is_as_new(now) {
                table.entries.remove(&self.network);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::{IpAddr, Ipv4Addr};
    use std::time::Duration;

    #[test]
    fn however_many_networks_come_only_so_many_are_remembered_and_for_a_while() {
        let now = Instant::now();
        let places = Places::new(1, Some(Bucket::full(1, 1, now)));
        let ip = |n: u32| Network::from(IpAddr::V4(Ipv4Addr::from_bits(n)));
        let holder = ip(0xc000_0201);
        let _held = places.take(holder, now).unwrap();
        let come = |from: u32, count: u32, now| {
            for n in from..from + count {
                assert_eq!(places.pass(ip(0x0a00_0000 + n), now), Ok(()));
                assert!(places.table().entries.len() <= MAX_ADDRESSES + SWEEP_FROM);
            }
        };
        let many = 2 * u32::try_from(MAX_ADDRESSES).unwrap();
        come(0, many, now);
        come(many, many, now + Duration::from_secs(1));
        assert_eq!(places.take(holder, now + Duration::from_secs(2)).unwrap_err(), Crowded::Full);
        let later = now + Duration::from_secs(9);
        places.table().sweep_at = 0;
        come(0, 1, later);
        assert_eq!(places.table().entries.len(), 2, "the one that holds a place, and the last");
    }
    #[test]
    fn networks_of_which_there_is_nothing_to_remember_are_forgotten_when_they_are_many() {
        let now = Instant::now();
        let places = Places::new(1, None);
        let ip = |n: usize| Network::from(IpAddr::V4(Ipv4Addr::from_bits(0x0a00_0000 + n as u32)));
        let _held = places.take(ip(0), now).unwrap();
        for n in 1..SWEEP_FROM {
            places.pass(ip(n), now).unwrap();
        }
        assert_eq!(places.table().entries.len(), SWEEP_FROM);
        places.pass(ip(SWEEP_FROM), now).unwrap();
        assert_eq!(places.table().entries.len(), 2, "the one that holds a place, and the last");
    }
    #[test]
    fn who_came_too_often_is_remembered_among_many_and_many_are_looked_through_the_rarer() {
        let now = Instant::now();
        let places = Places::new(1, Some(Bucket::full(1, 1, now)));
        let ip = |n: usize| Network::from(IpAddr::V4(Ipv4Addr::from_bits(0x0a00_0000 + n as u32)));
        for n in 0..=2 * SWEEP_FROM {
            places.pass(ip(n), now).unwrap();
        }
        assert_eq!(places.pass(ip(0), now), Err(Crowded::TooFast));
        assert_eq!(places.table().sweep_at, 4 * SWEEP_FROM, "as many again must come before the next look");
    }
}
