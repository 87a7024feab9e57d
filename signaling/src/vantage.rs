//! What this server sees of where people are: whether something before it (a container's network, a balancer, a proxy
//! that is not named) hides them all behind one address. Then STUN answers help nobody and all share one's places, and
//! the operator is told, once for each. It never says whose addresses it has seen.

use axum::http::HeaderMap;
use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::{Mutex, MutexGuard, Once};
use tracing::warn;

/// STUN answers to one address alone before that is thought odd: a meeting of a few people.
const MANY: usize = 16;
/// Addresses of clients that are remembered to compare: more than a household's.
const CLIENTS: usize = 16;
/// Where Linux says how it reaches the rest of the world.
const ROUTES: &str = "/proc/net/route";

/// See the module.
#[derive(Debug)]
pub(crate) struct Vantage {
    /// The nearest router. Nobody's browser runs there.
    gateway: Option<IpAddr>,
    seen: Mutex<Seen>,
    stun: Once,
    sockets: Once,
    proxy: Once,
}

#[derive(Debug, Default)]
struct Seen {
    /// The only address that STUN requests came from, and how many did; none once there are two.
    alone: Option<(IpAddr, usize)>,
    is_mixed: bool,
    clients: BTreeSet<IpAddr>,
}

impl Vantage {
    pub(crate) fn of_this_machine() -> Self {
        // Not there on other systems: then only what is compared counts.
        Self::new(std::fs::read_to_string(ROUTES).ok().as_deref().and_then(default_gateway))
    }

    fn new(gateway: Option<IpAddr>) -> Self {
        let seen = Mutex::default();
        Self { gateway, seen, stun: Once::new(), sockets: Once::new(), proxy: Once::new() }
    }

    /// STUN has told `ip` its address.
    pub(crate) fn stun(&self, ip: IpAddr) {
        if !self.stun.is_completed() && self.hides_stun(ip.to_canonical()) {
            self.stun.call_once(|| {
                warn!(
                    "STUN requests come from one address of a gateway or balancer, not from people's own: the answers help \
                     nobody to meet. Give the server the host's network, or turn STUN off and name one by --ice-server"
                );
            });
        }
    }

    /// A WebSocket is asked for by `client`, who came over `peer`, which is a proxy that was named if `is_proxy`.
    pub(crate) fn socket(&self, peer: IpAddr, client: IpAddr, is_proxy: bool, headers: &HeaderMap) {
        if !self.stun.is_completed() {
            let mut seen = self.seen();
            if seen.clients.len() < CLIENTS {
                seen.clients.insert(client.to_canonical());
            }
        }
        if is_proxy || !is_private(peer) {
            return;
        }
        if headers.contains_key("x-forwarded-for") || headers.contains_key("forwarded") {
            self.proxy.call_once(|| {
                warn!("a proxy that is not named by --trusted-proxy stands before this server: all behind it share one address");
            });
        } else if self.gateway == Some(peer) {
            self.sockets.call_once(|| {
                warn!(
                    "people come from the address of this machine's gateway: all share the places of one. Give the server \
                     the host's network, or put a proxy before it that names them, and name that by --trusted-proxy"
                );
            });
        }
    }

    /// Whether a STUN request from `ip` shows that all come from there.
    fn hides_stun(&self, ip: IpAddr) -> bool {
        if self.gateway == Some(ip) {
            return true;
        }
        let mut seen = self.seen();
        if !is_private(ip) {
            seen.is_mixed = true;
            return false;
        }
        let count = match seen.alone {
            Some((alone, count)) if alone == ip => count + 1,
            Some(_) => {
                seen.is_mixed = true;
                0
            }
            None => 1,
        };
        seen.alone = Some((ip, count));
        // Who opens the page from there is somebody in the same network, and rightly told so.
        !seen.is_mixed && count >= MANY && seen.clients.len() > 1 && !seen.clients.contains(&ip)
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().expect("nobody panics while holding it")
    }
}

/// Whether only some networks know `ip`: nobody from elsewhere comes from there.
fn is_private(ip: IpAddr) -> bool {
    match ip.to_canonical() {
        IpAddr::V4(ip) => {
            let is_carriers = ip.octets()[0] == 100 && ip.octets()[1] & 0xc0 == 64;
            ip.is_private() || ip.is_loopback() || ip.is_link_local() || is_carriers
        }
        IpAddr::V6(ip) => ip.is_unique_local() || ip.is_loopback() || ip.is_unicast_link_local(),
    }
}

/// The gateway of the default route in what Linux tells: addresses are hexadecimal in the machine's own order.
fn default_gateway(routes: &str) -> Option<IpAddr> {
    let mut rows = routes.lines().skip(1).map(|row| row.split_ascii_whitespace().skip(1));
    rows.find_map(|mut row| {
        let (destination, gateway) = (row.next()?, row.next()?);
        let gateway = u32::from_str_radix(gateway, 16).ok().filter(|gateway| *gateway != 0)?;
        (destination == "00000000").then(|| Ipv4Addr::from(gateway.to_ne_bytes()).into())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    /// Whether `count` requests of `from` are found to hide people, with these clients before.
    fn hides(vantage: &Vantage, clients: &[&str], from: &str, count: usize) -> bool {
        for client in clients {
            vantage.socket(ip("203.0.113.1"), ip(client), true, &HeaderMap::new());
        }
        (0..count).fold(false, |_, _| vantage.hides_stun(ip(from)))
    }

    #[test]
    fn requests_from_the_gateway_hide_who_asks() {
        let vantage = Vantage::new(Some(ip("172.17.0.1")));
        assert!(!vantage.hides_stun(ip("172.17.0.2")) && !vantage.hides_stun(ip("192.0.2.7")));
        assert!(vantage.hides_stun(ip("172.17.0.1")));
    }

    #[test]
    fn the_operator_is_told_when_people_are_hidden_and_not_before() {
        let vantage = Vantage::new(Some(ip("172.17.0.1")));
        vantage.stun(ip("192.0.2.7"));
        assert!(!vantage.stun.is_completed(), "somebody's own");
        vantage.stun(ip("::ffff:172.17.0.1"));
        assert!(vantage.stun.is_completed());
    }

    #[test]
    fn one_private_address_hides_people_who_open_the_page_from_others() {
        let clients = ["192.0.2.7", "192.0.2.8"];
        assert!(hides(&Vantage::new(None), &clients, "10.0.0.9", MANY));
        assert!(!hides(&Vantage::new(None), &clients, "10.0.0.9", MANY - 1), "too few to tell");
        assert!(!hides(&Vantage::new(None), &clients[..1], "10.0.0.9", MANY), "one person");
        assert!(!hides(&Vantage::new(None), &clients, "198.51.100.9", MANY), "somebody's own");
        assert!(
            !hides(&Vantage::new(None), &["192.0.2.7", "10.0.0.9"], "10.0.0.9", MANY),
            "somebody in this network"
        );
        for other in ["10.0.0.8", "192.0.2.7"] {
            let vantage = Vantage::new(None);
            assert!(!hides(&vantage, &clients, "10.0.0.9", 1) && !hides(&vantage, &[], other, 1));
            assert!(!hides(&vantage, &[], "10.0.0.9", MANY), "others are seen as they are");
        }
    }

    #[test]
    fn only_addresses_that_nobody_elsewhere_has_hide_anybody() {
        for hiding in [
            "10.0.0.9",
            "172.16.0.9",
            "192.168.1.9",
            "127.0.0.9",
            "169.254.0.9",
            "100.64.0.0",
            "100.127.255.255",
            "::ffff:10.0.0.9",
            "::1",
            "fd00::9",
            "fe80::9",
        ] {
            assert!(is_private(ip(hiding)), "{hiding}");
        }
        // Next to those of carriers (RFC 6598), and others of which each may be a person's own.
        for own in ["100.63.255.255", "100.128.0.0", "99.64.0.0", "172.32.0.9", "192.0.2.7", "2001:db8::9"] {
            assert!(!is_private(ip(own)), "{own}");
        }
    }

    #[test]
    fn only_so_many_clients_are_remembered() {
        let vantage = Vantage::new(None);
        let clients: Vec<String> = (0..=CLIENTS).map(|n| format!("192.0.2.{n}")).collect();
        hides(&vantage, &clients.iter().map(String::as_str).collect::<Vec<_>>(), "10.0.0.9", 1);
        assert_eq!(vantage.seen().clients.len(), CLIENTS);
    }

    #[test]
    fn a_proxy_that_is_not_named_and_a_gateway_are_told_of() {
        let mut named = HeaderMap::new();
        named.insert("x-forwarded-for", "192.0.2.7".parse().unwrap());
        let none = HeaderMap::new();
        let told = |peer: &str, is_proxy: bool, headers: &HeaderMap| {
            let vantage = Vantage::new(Some(ip("172.17.0.1")));
            vantage.socket(ip(peer), ip(peer), is_proxy, headers);
            (vantage.proxy.is_completed(), vantage.sockets.is_completed())
        };
        assert_eq!(told("127.0.0.1", false, &named), (true, false));
        assert_eq!(told("172.17.0.1", false, &none), (false, true));
        assert_eq!(told("172.17.0.1", true, &named), (false, false), "named");
        assert_eq!(told("192.0.2.7", false, &named), (false, false), "somebody who invents a header");
        assert_eq!(told("10.0.0.9", false, &none), (false, false), "somebody in this network");
    }

    #[test]
    fn the_default_route_names_the_gateway() {
        let gateway = u32::from_ne_bytes([172, 17, 0, 1]);
        let routes = format!(
            "Iface\tDestination\tGateway \tFlags\neth0\t000011AC\t00000000\t0001\neth0\t00000000\t{gateway:08X}\t0003\n"
        );
        assert_eq!(default_gateway(&routes), Some(ip("172.17.0.1")));
        for none in [
            "",
            "Iface\tDestination\tGateway\n",
            "Iface\neth0\t00000000\t00000000\t0001\n",
            "Iface\neth0\t00000000\tx\n",
        ] {
            assert_eq!(default_gateway(none), None, "{none}");
        }
    }
}
