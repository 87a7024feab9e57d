//! Proxies in front.

use axum::http::HeaderName;
use clap::Args;
use ipnet::IpNet;
use signaling::Proxies;
use std::net::IpAddr;

#[derive(Debug, Args)]
pub(crate) struct Proxy {
    /// Address or network of a proxy in front, such as 10.0.0.0/8, that may say whom it stands for; may be given
    /// several times. Without it everybody behind a proxy shares the places of one address
    #[arg(long, value_name = "NETWORK", value_parser = network)]
    trusted_proxy: Vec<IpNet>,

    /// Header in which trusted proxies append whom they stand for; forwarded is the one of RFC 7239
    #[arg(long, value_name = "NAME", default_value = "x-forwarded-for")]
    proxy_header: HeaderName,
}

impl Proxy {
    /// The proxies that are believed.
    pub(crate) fn proxies(&self) -> Proxies {
        Proxies { trusted: self.trusted_proxy.clone(), header: self.proxy_header.clone() }
    }
}

fn network(text: &str) -> Result<IpNet, &'static str> {
    let address = text.parse::<IpAddr>().map(IpNet::from);
    address.or_else(|_| text.parse()).map_err(|_| "expected an address or a network such as 10.0.0.0/8")
}
