//! How many places each network address holds and how fast it takes new ones, so that one address cannot take them
//! all and cannot keep the server busy.
//!
//! What is remembered of an address is gone as soon as it holds nothing and could take everything again.

use crate::bucket::Bucket;
use crate::network::Network;
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// Addresses without places remembered at most, a few megabytes; then all of those are forgotten.
const MAX_ADDRESSES: usize = 65_536;
/// From so many on, addresses without places are looked through for those that can be forgotten.
const SWEEP_FROM: usize = 1_024;

/// Why an address gets nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Crowded {
    /// It holds all the places that it may.
    Full,
    /// It came too often.
    TooFast,
}

/// Places by address.
#[derive(Debug)]
pub(crate) struct Addresses {
    each: usize,
    /// A full bucket for every address, where coming too often is a matter.
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
pub(crate) struct Ticket {
    addresses: Arc<Addresses>,
    network: Network,
}

impl Addresses {
    /// At most `each` places for every address, however fast.
    pub(crate) fn new(each: usize) -> Arc<Self> {
        Self::with(each, None)
    }

    /// At most `each` places for every address, `burst` of them at once and `per_second` in the long run.
    pub(crate) fn paced(each: usize, burst: u32, per_second: u32) -> Arc<Self> {
        Self::with(each, Some(Bucket::full(burst, per_second, Instant::now())))
    }

    /// For those who need no place: `burst` times at once, and once more after `every`.
    pub(crate) fn slow(burst: u32, every: Duration) -> Arc<Self> {
        Self::with(0, Some(Bucket::slow(burst, every, Instant::now())))
    }

    fn with(each: usize, rate: Option<Bucket>) -> Arc<Self> {
        let table = Table { entries: HashMap::new(), sweep_at: SWEEP_FROM };
        Arc::new(Self { each, rate, table: Mutex::new(table) })
    }

    /// A place for `ip`, if it has one left and did not come too often.
    pub(crate) fn take(self: &Arc<Self>, ip: IpAddr, now: Instant) -> Result<Ticket, Crowded> {
        let network = Network::from(ip);
        self.arrival(network, now, |entry| {
            if entry.taken >= self.each {
                return Err(Crowded::Full);
            }
            entry.taken += 1;
            Ok(Ticket { addresses: Arc::clone(self), network })
        })
    }

    /// The same for somebody who needs no place.
    pub(crate) fn pass(&self, ip: IpAddr, now: Instant) -> Result<(), Crowded> {
        self.arrival(Network::from(ip), now, |_| Ok(()))
    }

    fn arrival<T>(
        &self,
        network: Network,
        now: Instant,
        enter: impl FnOnce(&mut Entry) -> Result<T, Crowded>,
    ) -> Result<T, Crowded> {
        let mut table = self.table();
        table.sweep(now);
        let fresh = || Entry { taken: 0, bucket: self.rate.map(|rate| rate.refilled(now)) };
        let entry = table.entries.entry(network).or_insert_with(fresh);
        if entry.bucket.as_mut().is_some_and(|bucket| !bucket.take(1, now)) {
            return Err(Crowded::TooFast);
        }
        enter(entry)
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

impl Drop for Ticket {
    fn drop(&mut self) {
        let now = Instant::now();
        let mut table = self.addresses.table();
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
    use std::net::Ipv4Addr;
    use std::time::Duration;

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn one_past_the_places_is_refused_until_one_is_given_back() {
        let (addresses, now) = (Addresses::new(2), Instant::now());
        let first = addresses.take(ip("192.0.2.1"), now).unwrap();
        let _second = addresses.take(ip("192.0.2.1"), now).unwrap();
        assert_eq!(addresses.take(ip("192.0.2.1"), now).unwrap_err(), Crowded::Full);
        assert_eq!(
            addresses.take(ip("::ffff:192.0.2.1"), now).unwrap_err(),
            Crowded::Full,
            "the same, mapped"
        );
        assert!(addresses.take(ip("192.0.2.2"), now).is_ok());
        drop(first);
        assert!(addresses.take(ip("192.0.2.1"), now).is_ok());
    }

    #[test]
    fn an_ipv6_subscriber_is_one_address_and_leaves_nothing_behind() {
        let (addresses, now) = (Addresses::new(1), Instant::now());
        let held = addresses.take(ip("2001:db8:0:1::1"), now).unwrap();
        assert!(addresses.take(ip("2001:db8:0:1:ffff::2"), now).is_err());
        assert!(addresses.take(ip("2001:db8:0:2::1"), now).is_ok());
        drop(held);
        assert!(addresses.table().entries.is_empty());
    }

    #[test]
    fn one_past_the_burst_is_refused_until_time_has_passed() {
        let (addresses, now) = (Addresses::paced(9, 2, 1), Instant::now());
        for _ in 0..2 {
            drop(addresses.take(ip("192.0.2.1"), now).unwrap());
        }
        assert_eq!(addresses.take(ip("192.0.2.1"), now).unwrap_err(), Crowded::TooFast);
        assert_eq!(addresses.pass(ip("192.0.2.1"), now), Err(Crowded::TooFast));
        assert_eq!(addresses.pass(ip("192.0.2.2"), now), Ok(()), "another address");
        assert_eq!(addresses.pass(ip("192.0.2.1"), now + Duration::from_secs(1)), Ok(()));
    }

    #[test]
    fn however_many_addresses_come_only_so_many_are_remembered_and_for_a_while() {
        let (addresses, now) = (Addresses::paced(1, 1, 1), Instant::now());
        let _held = addresses.take(ip("192.0.2.1"), now).unwrap();
        let come = |from: u32, count: u32, now| {
            for n in from..from + count {
                assert_eq!(addresses.pass(IpAddr::V4(Ipv4Addr::from_bits(0x0a00_0000 + n)), now), Ok(()));
                assert!(addresses.table().entries.len() <= MAX_ADDRESSES + SWEEP_FROM);
            }
        };
        let many = 2 * u32::try_from(MAX_ADDRESSES).unwrap();
        come(0, many, now);
        come(many, many, now + Duration::from_secs(1));
        assert_eq!(addresses.take(ip("192.0.2.1"), now + Duration::from_secs(2)).unwrap_err(), Crowded::Full);
        let later = now + Duration::from_secs(9);
        addresses.table().sweep_at = 0;
        come(0, 1, later);
        assert_eq!(addresses.table().entries.len(), 2, "the one that holds a place, and the last");
    }
}
