//! What each network address may have, so that one address cannot take everything and cannot keep the server busy; nor
//! can a site, which is given many thousand addresses of IPv6.

mod places;

pub(crate) use places::Crowded;

use crate::bucket::Bucket;
use crate::network::Network;
use places::{Place, Places};
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

/// Places by address, and by the site that it belongs to.
#[derive(Debug)]
pub(crate) struct Addresses {
    each: Arc<Places>,
    sites: Arc<Places>,
}

/// One place, free again when dropped.
#[derive(Debug)]
pub(crate) struct Ticket {
    _address: Place,
    _site: Option<Place>,
}

impl Addresses {
    /// At most `each` places for every address and `site` times as many for a site, however fast.
    pub(crate) fn new(each: usize, site: u32) -> Self {
        Self { each: Places::new(each, None), sites: Places::new(many(each, site), None) }
    }

    /// At most `each` places for every address, `burst` of them at once and `per_second` in the long run; and `site`
    /// times as much for a site.
    pub(crate) fn paced(each: usize, burst: u32, per_second: u32, site: u32) -> Self {
        let now = Instant::now();
        let rate = |worth| Bucket::full(burst.saturating_mul(worth), per_second.saturating_mul(worth), now);
        Self {
            each: Places::new(each, Some(rate(1))),
            sites: Places::new(many(each, site), Some(rate(site))),
        }
    }

    /// For those who need no place: `burst` times at once, and once more after `every`; and `site` times as often for a
    /// site.
    pub(crate) fn slow(burst: u32, every: Duration, site: u32) -> Self {
        let now = Instant::now();
        let every_of_site = (every / site.max(1)).max(Duration::from_nanos(1));
        Self {
            each: Places::new(0, Some(Bucket::slow(burst, every, now))),
            sites: Places::new(0, Some(Bucket::slow(burst.saturating_mul(site), every_of_site, now))),
        }
    }

    /// A place for `ip`, if it and its site have one left and did not come too often.
    pub(crate) fn take(&self, ip: IpAddr, now: Instant) -> Result<Ticket, Crowded> {
        let network = Network::from(ip);
        // The address first: who has enough must not use up what others of its site may have.
        let address = self.each.take(network, now)?;
        let site = network.site().map(|site| self.sites.take(site, now)).transpose()?;
        Ok(Ticket { _address: address, _site: site })
    }

    /// The same for somebody who needs no place.
    pub(crate) fn pass(&self, ip: IpAddr, now: Instant) -> Result<(), Crowded> {
        let network = Network::from(ip);
        self.each.pass(network, now)?;
        network.site().map_or(Ok(()), |site| self.sites.pass(site, now))
    }

    #[cfg(test)]
    fn is_empty(&self) -> bool {
        self.each.is_empty() && self.sites.is_empty()
    }
}

fn many(each: usize, site: u32) -> usize {
    each.saturating_mul(usize::try_from(site).unwrap_or(usize::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn one_past_the_places_is_refused_until_one_is_given_back() {
        let (addresses, now) = (Addresses::new(2, 1), Instant::now());
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
        let (addresses, now) = (Addresses::new(1, 2), Instant::now());
        let held = addresses.take(ip("2001:db8:0:1::1"), now).unwrap();
        assert!(addresses.take(ip("2001:db8:0:1:ffff::2"), now).is_err());
        assert!(addresses.take(ip("2001:db8:0:2::1"), now).is_ok());
        drop(held);
        assert!(addresses.is_empty());
    }

    #[test]
    fn one_past_the_burst_is_refused_until_time_has_passed() {
        let (addresses, now) = (Addresses::paced(9, 2, 1, 1), Instant::now());
        for _ in 0..2 {
            drop(addresses.take(ip("192.0.2.1"), now).unwrap());
        }
        assert_eq!(addresses.take(ip("192.0.2.1"), now).unwrap_err(), Crowded::TooFast);
        assert_eq!(addresses.pass(ip("192.0.2.1"), now), Err(Crowded::TooFast));
        assert_eq!(addresses.pass(ip("192.0.2.2"), now), Ok(()), "another address");
        assert_eq!(addresses.pass(ip("192.0.2.1"), now + Duration::from_secs(1)), Ok(()));
    }

    #[test]
    fn a_site_has_so_many_addresses_worth_of_places_and_gets_them_back() {
        let (addresses, now) = (Addresses::new(2, 2), Instant::now());
        let come = |n: u32| addresses.take(ip(&format!("2001:db8:0:{n}::1")), now);
        let mut held: Vec<_> = (0..4).map(|n| come(n).unwrap()).collect();
        assert_eq!(come(9).unwrap_err(), Crowded::Full);
        assert!(addresses.take(ip("2001:db8:1::1"), now).is_ok(), "another site");
        let _many = [1, 2, 3, 4, 5].map(|n| addresses.take(ip(&format!("192.0.2.{n}")), now).unwrap());
        held.pop();
        held.push(come(9).unwrap());
        assert_eq!(come(9).unwrap_err(), Crowded::Full, "nor was one lost by being refused");
        drop((held, _many));
        assert!(addresses.is_empty());
    }

    #[test]
    fn a_site_comes_as_often_as_so_many_addresses_and_who_comes_too_often_takes_nothing_from_the_others() {
        let every = Duration::from_secs(2);
        for addresses in [Addresses::paced(0, 2, 1, 2), Addresses::slow(2, every, 2)] {
            let now = Instant::now();
            let come = |n: u32, now| addresses.pass(ip(&format!("2001:db8:0:{n}::1")), now);
            assert_eq!([come(1, now), come(1, now)], [Ok(()), Ok(())]);
            for _ in 0..9 {
                assert_eq!(come(1, now), Err(Crowded::TooFast));
            }
            assert_eq!([come(2, now), come(3, now)], [Ok(()), Ok(())]);
            assert_eq!(come(4, now), Err(Crowded::TooFast), "the site's burst");
            assert_eq!(addresses.pass(ip("2001:db8:1::1"), now), Ok(()), "another site");
        }
        let addresses = Addresses::slow(1, every, 2);
        let now = Instant::now();
        let come = |n: u32, now| addresses.pass(ip(&format!("2001:db8:0:{n}::1")), now);
        assert_eq!([come(1, now), come(2, now), come(3, now)], [Ok(()), Ok(()), Err(Crowded::TooFast)]);
        assert_eq!(come(4, now + every / 2), Ok(()), "twice as often as an address");
    }
}
