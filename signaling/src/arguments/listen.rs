//! Where to listen.

use clap::Args;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};

#[derive(Debug, Args)]
pub(crate) struct Listen {
    /// Address to listen on: 127.0.0.1 is this computer only, 0.0.0.0 or :: is everybody who can reach it
    #[arg(long, value_name = "IP", default_value_t = IpAddr::V4(Ipv4Addr::LOCALHOST))]
    pub(crate) bind: IpAddr,

    /// Port to listen on; 0 takes any that is free
    #[arg(long, value_name = "PORT", default_value_t = 8080)]
    pub(crate) port: u16,

    /// Serve numbers for Prometheus at IP:PORT/metrics, for your own network only; without it there are none
    #[arg(long, value_name = "IP:PORT")]
    pub(crate) metrics: Option<SocketAddr>,
}

impl Listen {
    /// Where to listen.
    pub(crate) fn address(&self) -> SocketAddr {
        SocketAddr::new(self.bind, self.port)
    }

    /// The address under which others see this computer, if it listens on all: the one from which packets to the
    /// world would leave. Nothing is sent.
    pub(crate) fn seen_as(&self) -> IpAddr {
        let bind = self.bind;
        if !bind.is_unspecified() {
            return bind;
        }
        // Addresses for documentation (RFC 5737, RFC 3849): routed like any other, owned by nobody.
        let somewhere: SocketAddr = match bind {
            IpAddr::V4(_) => (Ipv4Addr::new(192, 0, 2, 1), 9).into(),
            IpAddr::V6(_) => (Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1), 9).into(),
        };
        let seen = UdpSocket::bind((bind, 0)).and_then(|socket| {
            socket.connect(somewhere)?;
            socket.local_addr()
        });
        let this_computer = match bind {
            IpAddr::V4(_) => IpAddr::V4(Ipv4Addr::LOCALHOST),
            IpAddr::V6(_) => IpAddr::V6(Ipv6Addr::LOCALHOST),
        };
        seen.map_or(this_computer, |address| address.ip())
    }
}
