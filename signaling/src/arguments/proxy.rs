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

#[cfg(test)]
mod tests {
    use crate::arguments::Arguments;

    fn believed(flags: &[&str]) -> Option<(Vec<String>, String)> {
        let words = [&["linkspan-signaling"], flags].concat();
        let read = Arguments::of(words.into_iter().map(Into::into).collect()).ok()?.proxy.proxies();
        Some((read.trusted.iter().map(ToString::to_string).collect(), read.header.to_string()))
    }

    #[test]
    fn proxies_are_believed_by_address_or_network_and_nobody_unless_named() {
        assert_eq!(believed(&[]), Some((vec![], "x-forwarded-for".to_owned())));
        let named = ["--trusted-proxy", "192.0.2.1,10.0.0.0/8", "--trusted-proxy", "2001:db8::1"];
        let networks = ["192.0.2.1/32", "10.0.0.0/8", "2001:db8::1/128"].map(str::to_owned).to_vec();
        let with_header = [&named[..], &["--proxy-header", "Forwarded"]].concat();
        assert_eq!(believed(&with_header), Some((networks, "forwarded".to_owned())));
        assert_eq!(believed(&["--trusted-proxy", "proxy.test"]), None);
    }
}
