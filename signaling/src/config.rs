//! What an operator decides; everything else is fixed or a [`Limits`] default.

use crate::backplane::Backplane;
use crate::limits::Limits;
use crate::origin::Origin;
use crate::proxies::Proxies;
use crate::serves::Serves;
use crate::tls::Identity;
use crate::turn::TurnServer;
use std::net::SocketAddr;
use std::str::FromStr;

/// Configuration of one server. The default serves the page over plain HTTP and names no third party.
#[derive(Debug, Default)]
pub struct Config {
    /// Serve TLS with this identity.
    pub tls: Option<Identity>,
    /// Answer STUN binding requests here.
    pub stun: Option<SocketAddr>,
    /// Further ICE servers that the page is told.
    pub ice_servers: Vec<IceServer>,
    /// Who is believed to stand for others.
    pub proxies: Proxies,
    /// Page, signaling, or both.
    pub serves: Serves,
    /// Whose pages may connect; if empty, only the page that came from where it connects to.
    pub page_origins: Vec<Origin>,
    /// TURN server that browsers without a direct path may use.
    pub turn: Option<TurnServer>,
    /// Serve metrics here, over plain HTTP and to whoever asks.
    pub metrics: Option<SocketAddr>,
    /// Where the other nodes of this server are met; none if it is the only one.
    pub backplane: Option<Backplane>,
    /// Bounds.
    pub limits: Limits,
}

/// A STUN server by its URL (RFC 7064): `stun:host[:port]` or `stuns:host[:port]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IceServer(String);

/// Not a STUN server's URL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotAnIceServer;

impl IceServer {
    /// The URL as given.
    pub fn url(&self) -> &str {
        &self.0
    }
}

impl FromStr for IceServer {
    type Err = NotAnIceServer;

    fn from_str(text: &str) -> Result<Self, NotAnIceServer> {
        let rest =
            text.strip_prefix("stun:").or_else(|| text.strip_prefix("stuns:")).ok_or(NotAnIceServer)?;
        // An authority without user is exactly `host[:port]`; a browser throws on anything else.
        let authority: axum::http::uri::Authority = rest.parse().map_err(|_| NotAnIceServer)?;
        let port_is_sound =
            authority.as_str() == authority.host() || authority.port_u16().is_some_and(|p| p > 0);
        if authority.host().is_empty() || rest.contains('@') || !port_is_sound {
            return Err(NotAnIceServer);
        }
        Ok(Self(text.to_owned()))
    }
}

impl std::fmt::Display for NotAnIceServer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("expected stun:HOST[:PORT] or stuns:HOST[:PORT]")
    }
}

impl std::error::Error for NotAnIceServer {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_a_browser_takes_is_an_ice_server() {
        for good in
            ["stun:example.org", "stun:example.org:3478", "stuns:192.0.2.1:5349", "stun:[2001:db8::1]:3478"]
        {
            assert_eq!(good.parse::<IceServer>().map(|s| s.0), Ok(good.to_owned()));
        }
        for bad in [
            "",
            "stun:",
            "example.org",
            "http://example.org",
            "stun:a b",
            "stun:u@example.org",
            "stun:example.org:0",
            "stun:example.org:99999",
            "stun:example.org/x",
            "turn:example.org",
            "stun::3478",
        ] {
            assert_eq!(bad.parse::<IceServer>(), Err(NotAnIceServer), "{bad}");
        }
    }
}
