//! The certificate.

use clap::Args;
use signaling::tls::{Identity, IdentityError};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::path::PathBuf;

#[derive(Debug, Args)]
pub(crate) struct Tls {
    /// Certificate for https, with its chain, as a PEM file; renewed files are noticed while the server runs
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    pub(crate) tls_cert: Option<PathBuf>,

    /// Private key of the certificate, as a PEM file
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    pub(crate) tls_key: Option<PathBuf>,

    /// Serve https with a certificate made for this run; browsers will ask whether to trust it
    #[arg(long, conflicts_with_all = ["tls_cert", "tls_key"])]
    pub(crate) tls_self_signed: bool,
}

impl Tls {
    /// The certificate to serve with, if any; one of its own is for this computer and `seen`.
    pub(crate) fn identity(&self, seen: IpAddr) -> Result<Option<Identity>, IdentityError> {
        if self.tls_self_signed {
            let mut names = vec!["localhost".to_owned()];
            names.extend(
                [IpAddr::V4(Ipv4Addr::LOCALHOST), IpAddr::V6(Ipv6Addr::LOCALHOST), seen]
                    .map(|ip| ip.to_string()),
            );
            names.sort();
            names.dedup();
            return Identity::self_signed(names).map(Some);
        }
        match (&self.tls_cert, &self.tls_key) {
            (Some(certificate), Some(key)) => Identity::from_files(certificate, key).map(Some),
            // clap lets neither stand alone.
            _ => Ok(None),
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::arguments::Arguments;

    #[test]
    fn half_a_tls_configuration_is_refused() {
        for flags in
            [&["--tls-cert", "a"][..], &["--tls-key", "a"], &["--tls-self-signed", "--tls-cert", "a"]]
        {
            let words = [&["linkspan-signaling"], flags].concat();
            assert!(Arguments::of(words.into_iter().map(Into::into).collect()).is_err(), "{flags:?}");
        }
    }
}
