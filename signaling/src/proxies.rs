//! Who is behind a connection: its other end, or what a *configured* proxy says. Nobody else is believed.

use axum::http::{HeaderMap, HeaderName};
use ipnet::IpNet;
use std::net::{IpAddr, SocketAddr};
use std::sync::Once;
use tracing::warn;

/// Said once: it is a matter of the proxy's configuration, and true of each request.
static SAYS_NOTHING: Once = Once::new();

/// Proxies in front of this server, and the header in which they name whom they stand for.
#[derive(Clone, Debug)]
pub struct Proxies {
    /// Networks of the proxies.
    pub trusted: Vec<IpNet>,
    /// `X-Forwarded-For`, `Forwarded` (RFC 7239), or any other that holds addresses with commas between.
    pub header: HeaderName,
}

impl Default for Proxies {
    fn default() -> Self {
        Self { trusted: Vec::new(), header: HeaderName::from_static("x-forwarded-for") }
    }
}

impl Proxies {
    /// Whether `ip` is a proxy's.
    pub(crate) fn trust(&self, ip: IpAddr) -> bool {
        let ip = ip.to_canonical();
        self.trusted.iter().any(|network| network.contains(&ip))
    }

    /// Whom the proxy `peer` stands for: the last hop that is no proxy itself. Each proxy appends who came to it, so
    /// what is further left may be anybody's invention. Who cannot be made out is taken for the proxy before.
    pub(crate) fn client(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        let mut client = peer;
        // Bytes that are no text make their own hop void, not what the proxy has appended behind them.
        let lines = headers.get_all(&self.header).iter().map(|line| String::from_utf8_lossy(line.as_bytes()));
        let lines: Vec<_> = lines.collect();
        let hops = lines.iter().rev().flat_map(|line| line.rsplit(','));
        for hop in hops {
            if !self.trust(client) {
                break;
            }
            let Some(ip) = self.address(hop) else { break };
            client = ip.to_canonical();
        }
        client
    }

    /// A WebSocket has come by a proxy.
    pub(crate) fn notice(&self, headers: &HeaderMap) {
        if !headers.contains_key(&self.header) {
            SAYS_NOTHING.call_once(|| {
                warn!(header = %self.header, "a trusted proxy does not say whom it stands for: all share one address");
            });
        }
    }

    fn address(&self, hop: &str) -> Option<IpAddr> {
        let node = if self.header == "forwarded" { forwarded_for(hop)? } else { hop };
        let node = node.trim();
        if let Ok(ip) = node.trim_start_matches('[').trim_end_matches(']').parse() {
            return Some(ip);
        }
        node.parse::<SocketAddr>().ok().map(|address| address.ip())
    }
}

/// The `for` parameter of one element of a `Forwarded` header (RFC 7239 section 4). None if a separator stands inside
/// of a quoted string: somebody chose that text to be taken for the proxy's own.
fn forwarded_for(element: &str) -> Option<&str> {
    let cut_in_quotes = |pair: &str| pair.contains('\\') || pair.matches('"').count() % 2 == 1;
    if element.split(';').any(cut_in_quotes) {
        return None;
    }
    element.split(';').find_map(|pair| {
        let (name, value) = pair.split_once('=')?;
        name.trim().eq_ignore_ascii_case("for").then(|| value.trim().trim_matches('"'))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    fn client(header: &'static str, lines: &[&str]) -> String {
        let trusted = ["10.0.0.0/8", "2001:db8::/64"].map(|network| network.parse().unwrap()).to_vec();
        let proxies = Proxies { trusted, header: HeaderName::from_static(header) };
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(header, line.parse().unwrap());
        }
        proxies.client("10.0.0.1".parse().unwrap(), &headers).to_string()
    }

    #[test]
    fn the_last_hop_that_is_no_proxy_counts_and_what_it_claims_does_not() {
        for (lines, expected) in [
            (&["192.0.2.7"][..], "192.0.2.7"),
            (&["203.0.113.9, 192.0.2.7"], "192.0.2.7"),
            (&["10.9.9.9, 192.0.2.7"], "192.0.2.7"),
            (&["203.0.113.9, 192.0.2.7, 10.0.0.2"], "192.0.2.7"),
            (&["203.0.113.9", "192.0.2.7, 10.0.0.2"], "192.0.2.7"),
            (&["203.0.113.9", "192.0.2.7", "2001:db8::5"], "192.0.2.7"),
            (&["192.0.2.7:4711"], "192.0.2.7"),
            (&["[2001:db8:1::7]:4711"], "2001:db8:1::7"),
            (&["2001:db8:1::7"], "2001:db8:1::7"),
            (&["::ffff:192.0.2.7"], "192.0.2.7"),
            (&["::ffff:10.0.0.3"], "10.0.0.3"),
            (&["10.0.0.3, 10.0.0.2"], "10.0.0.3"),
            (&["unknown"], "10.0.0.1"),
            (&["192.0.2.7, unknown"], "10.0.0.1"),
            (&["192.0.2.7, , 10.0.0.2"], "10.0.0.2"),
            (&[""], "10.0.0.1"),
            (&[], "10.0.0.1"),
        ] {
            assert_eq!(client("x-forwarded-for", lines), expected, "{lines:?}");
        }
    }

    #[test]
    fn bytes_that_are_no_text_make_nobody_a_proxy() {
        let proxies = Proxies { trusted: vec!["10.0.0.0/8".parse().unwrap()], ..Proxies::default() };
        let mut headers = HeaderMap::new();
        headers.append("x-forwarded-for", HeaderValue::from_bytes(b"\xff, 192.0.2.7").unwrap());
        assert_eq!(proxies.client("10.0.0.1".parse().unwrap(), &headers).to_string(), "192.0.2.7");
    }

    #[test]
    fn the_standard_header_is_read_too() {
        for (line, expected) in [
            ("for=192.0.2.7", "192.0.2.7"),
            ("For=\"192.0.2.7:4711\";proto=https", "192.0.2.7"),
            ("proto=https; for=\"[2001:db8:1::7]:4711\"", "2001:db8:1::7"),
            ("for=203.0.113.9, for=192.0.2.7;by=10.0.0.2, for=10.0.0.2", "192.0.2.7"),
            ("for=_hidden", "10.0.0.1"),
            ("by=192.0.2.7", "10.0.0.1"),
            ("for=192.0.2.7;host=\"x,for=6.6.6.6\"", "10.0.0.1"),
            ("host=\"a;for=6.6.6.6\";for=192.0.2.7", "10.0.0.1"),
            ("host=\"a\\\";for=6.6.6.6;x=\";for=192.0.2.7", "10.0.0.1"),
            ("192.0.2.7", "10.0.0.1"),
        ] {
            assert_eq!(client("forwarded", &[line]), expected, "{line}");
        }
    }
}
