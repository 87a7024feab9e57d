//! Requests as browsers make them, with a bound on everything that comes back. No redirect is followed here.

use crate::address::Address;
use crate::shown::shown;
use anyhow::{Context, Result, ensure};
use rustls::crypto::ring;
use std::fmt;
use std::io::Read;
use std::sync::Arc;
use std::time::Duration;
use ureq::Agent;
use ureq::http::header::{ACCEPT_ENCODING, CONTENT_ENCODING, LOCATION};
use ureq::http::{HeaderMap, Response};
use ureq::tls::{Certificate, RootCerts, TlsConfig};

/// Longest body that is read, unpacked: 16 times the page's largest file, and nothing that a computer would feel.
pub const MAX_BODY: u64 = 16 * 1024 * 1024;
/// All headers of an answer: ten times those of our server.
const MAX_HEADERS: usize = 16 * 1024;
/// With these browsers go elsewhere (Fetch, *redirect status*); what comes with any other, they show.
const REDIRECTS: [u16; 5] = [301, 302, 303, 307, 308];
/// For one answer from the first byte to the last: the largest file over a slow line.
const PATIENCE: Duration = Duration::from_secs(60);
/// A server that lies to browsers only should not know us by our name.
const BROWSER: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:153.0) Gecko/20100101 Firefox/153.0";

/// How a file is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Coding {
    Brotli,
    Gzip,
    Identity,
}

/// Those that browsers ask for, as well as none.
pub(crate) const CODINGS: [Coding; 3] = [Coding::Brotli, Coding::Gzip, Coding::Identity];

impl Coding {
    fn token(self) -> &'static str {
        match self {
            Self::Brotli => "br",
            Self::Gzip => "gzip",
            Self::Identity => "identity",
        }
    }
}

impl fmt::Display for Coding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.token())
    }
}

/// What came.
pub(crate) enum Answer {
    Got(Got),
    /// It is said to be elsewhere.
    Redirect(String),
    /// Any other status than success.
    Status(u16),
}

/// A file as it came, unpacked.
pub(crate) struct Got {
    pub(crate) bytes: Vec<u8>,
    headers: HeaderMap,
}

impl Got {
    #[cfg(test)]
    pub(crate) fn new(bytes: Vec<u8>, headers: HeaderMap) -> Self {
        Self { bytes, headers }
    }

    /// All lines of a header as one; none if there is none.
    pub(crate) fn header(&self, name: &str) -> Option<String> {
        let lines = self.headers.get_all(name).iter().map(|value| String::from_utf8_lossy(value.as_bytes()));
        let lines: Vec<_> = lines.collect();
        (!lines.is_empty()).then(|| lines.join(", "))
    }
}

/// Asks servers.
pub struct Client(Agent);

impl Client {
    /// One that trusts whom this system trusts; `SSL_CERT_FILE` names others.
    ///
    /// # Errors
    /// If this system's certificates cannot be read.
    pub fn new() -> Result<Self> {
        let found = rustls_native_certs::load_native_certs();
        ensure!(!found.certs.is_empty(), "this system has no certificates to trust: {:?}", found.errors);
        Ok(Self::trusting(found.certs.iter().map(AsRef::as_ref)))
    }

    /// One that trusts these certificates (DER).
    pub fn trusting<'a>(certificates: impl Iterator<Item = &'a [u8]>) -> Self {
        let roots: Vec<Certificate<'static>> =
            certificates.map(|der| Certificate::from_der(der).to_owned()).collect();
        let tls = TlsConfig::builder()
            .root_certs(RootCerts::Specific(Arc::new(roots)))
            .unversioned_rustls_crypto_provider(Arc::new(ring::default_provider()))
            .build();
        let config = Agent::config_builder()
            .tls_config(tls)
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .max_response_header_size(MAX_HEADERS)
            .timeout_global(Some(PATIENCE))
            .user_agent(BROWSER);
        Self(config.build().new_agent())
    }

    /// What is at `address`.
    ///
    /// # Errors
    /// If nothing comes, or more than may.
    pub(crate) fn get(&self, address: &Address, coding: Coding) -> Result<Answer> {
        let request = self.0.get(address.to_string()).header(ACCEPT_ENCODING, coding.token());
        let mut response = request.call()?;
        if let Some(to) = location(&response) {
            return Ok(Answer::Redirect(to));
        }
        if !response.status().is_success() {
            return Ok(Answer::Status(response.status().as_u16()));
        }
        let mut bytes = Vec::new();
        let body = response.body_mut().with_config().limit(u64::MAX).reader();
        body.take(MAX_BODY + 1).read_to_end(&mut bytes).context("the answer broke off")?;
        ensure!(bytes.len() as u64 <= MAX_BODY, "more than {MAX_BODY} bytes come");
        let headers = response.headers().clone();
        // What was unpacked is not named any more.
        let left = headers.get(CONTENT_ENCODING).filter(|left| *left != "identity");
        ensure!(left.is_none(), "it comes in a coding that was not asked for: {left:?}");
        Ok(Answer::Got(Got { bytes, headers }))
    }

    /// What is at `address`, or in words why it is not there.
    pub(crate) fn file(&self, address: &Address, coding: Coding) -> Result<Got, String> {
        match self.get(address, coding) {
            Ok(Answer::Got(got)) => Ok(got),
            Ok(Answer::Redirect(to)) => Err(format!("it leads to {}", shown(&to))),
            Ok(Answer::Status(status)) => Err(format!("status {status}")),
            Err(error) => Err(shown(&format!("{error:#}"))),
        }
    }
}

fn location<T>(response: &Response<T>) -> Option<String> {
    let to = response.headers().get(LOCATION).filter(|_| REDIRECTS.contains(&response.status().as_u16()))?;
    Some(String::from_utf8_lossy(to.as_bytes()).into_owned())
}
