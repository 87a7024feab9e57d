//! How browsers find out their addresses.

use clap::Args;
use signaling::IceServer;
use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::str::FromStr;
use tracing::warn;

/// Port of STUN by its standard (RFC 8489), so that firewalls know it.
const STUN_PORT: u16 = 3478;

#[derive(Debug, Args)]
pub(crate) struct Ice {
    /// Tell browsers the address they are seen from (STUN, over UDP), which they need to meet across networks.
    /// On at port 3478 of --bind unless that is this computer only; "off" turns it off
    #[arg(long, value_name = "IP:PORT|off", num_args = 0..=1, require_equals = true, default_missing_value = "on")]
    stun: Option<StunFlag>,

    /// Further STUN server for the page to use, such as stun:stun.example.org:3478; may be given several times
    #[arg(long, value_name = "URL")]
    pub(crate) ice_server: Vec<IceServer>,
}

#[derive(Clone, Copy, Debug)]
enum StunFlag {
    On,
    Off,
    At(SocketAddr),
}

impl FromStr for StunFlag {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "on" => Ok(Self::On),
            "off" => Ok(Self::Off),
            _ => text.parse().map(Self::At).map_err(|_| "expected IP:PORT or off"),
        }
    }
}

impl Ice {
    /// Where to answer STUN requests. Two browsers on one computer find each other without.
    pub(crate) fn stun(&self, bind: IpAddr) -> Option<SocketAddr> {
        let standard = SocketAddr::new(bind, STUN_PORT);
        match self.stun {
            Some(StunFlag::At(address)) => Some(address),
            Some(StunFlag::On) => Some(standard),
            Some(StunFlag::Off) => None,
            None if bind.is_loopback() => None,
            // Nobody asked for it, so another STUN server on this computer is no reason not to start.
            None => match UdpSocket::bind(standard) {
                Ok(_) => Some(standard),
                Err(error) => {
                    warn!(%error, "no STUN: UDP port {STUN_PORT} cannot be had");
                    None
                }
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arguments::Arguments;

    fn stun_with(flags: &[&str]) -> Option<SocketAddr> {
        let words = [&["linkspan-signaling"], flags].concat();
        let arguments = Arguments::of(words.into_iter().map(Into::into).collect()).unwrap();
        arguments.ice.stun(arguments.listen.bind)
    }

    #[test]
    fn stun_is_on_where_other_networks_can_reach_it() {
        assert_eq!(stun_with(&[]), None);
        assert_eq!(stun_with(&["--bind", "::1"]), None);
        assert_eq!(stun_with(&["--bind", "0.0.0.0"]), Some("0.0.0.0:3478".parse().unwrap()));
        assert_eq!(stun_with(&["--bind", "0.0.0.0", "--stun=off"]), None);
        assert_eq!(stun_with(&["--stun"]), Some("127.0.0.1:3478".parse().unwrap()));
        assert_eq!(stun_with(&["--stun=127.0.0.1:5000"]), Some("127.0.0.1:5000".parse().unwrap()));
    }
}
