//! How many places each network address holds, so that one address cannot take them all.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// What counts as one address: an IPv4 address, or the /64 that an IPv6 subscriber is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Network(IpAddr);

impl From<IpAddr> for Network {
    fn from(ip: IpAddr) -> Self {
        match ip.to_canonical() {
            IpAddr::V4(v4) => Self(IpAddr::V4(v4)),
            IpAddr::V6(v6) => Self(IpAddr::V6(Ipv6Addr::from_bits(v6.to_bits() & (u128::MAX << 64)))),
        }
    }
}

/// Places by address. An address without places takes no memory.
#[derive(Debug)]
pub(crate) struct Addresses {
    each: usize,
    taken: Mutex<HashMap<Network, usize>>,
}

/// One place, free again when dropped.
#[derive(Debug)]
pub(crate) struct Ticket {
    addresses: Arc<Addresses>,
    network: Network,
}

impl Addresses {
    /// At most `each` places for every address.
    pub(crate) fn new(each: usize) -> Arc<Self> {
        Arc::new(Self { each, taken: Mutex::default() })
    }

    /// A place for `ip`, if it has one left.
    pub(crate) fn take(self: &Arc<Self>, ip: IpAddr) -> Option<Ticket> {
        let network = Network::from(ip);
        let mut taken = self.taken();
        let count = taken.get(&network).copied().unwrap_or(0);
        if count >= self.each {
            return None;
        }
        taken.insert(network, count + 1);
        drop(taken);
        Some(Ticket { addresses: Arc::clone(self), network })
    }

    fn taken(&self) -> MutexGuard<'_, HashMap<Network, usize>> {
        // Nothing in here can panic half-way, so a poisoned lock still guards a sound table.
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        let mut taken = self.addresses.taken();
        if let Some(count) = taken.get_mut(&self.network) {
            *count -= 1;
            if *count == 0 {
                taken.remove(&self.network);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn one_past_the_places_is_refused_until_one_is_given_back() {
        let addresses = Addresses::new(2);
        let first = addresses.take(ip("192.0.2.1")).unwrap();
        let _second = addresses.take(ip("192.0.2.1")).unwrap();
        assert!(addresses.take(ip("192.0.2.1")).is_none());
        assert!(addresses.take(ip("::ffff:192.0.2.1")).is_none(), "the same address, mapped");
        assert!(addresses.take(ip("192.0.2.2")).is_some());
        drop(first);
        assert!(addresses.take(ip("192.0.2.1")).is_some());
    }

    #[test]
    fn an_ipv6_subscriber_is_one_address_and_leaves_nothing_behind() {
        let addresses = Addresses::new(1);
        let held = addresses.take(ip("2001:db8:0:1::1")).unwrap();
        assert!(addresses.take(ip("2001:db8:0:1:ffff::2")).is_none());
        assert!(addresses.take(ip("2001:db8:0:2::1")).is_some());
        drop(held);
        assert!(addresses.taken().is_empty());
    }
}
