//! Who the server is over TLS: a certificate from files, or one made for this run.
//!
//! TLS 1.3 only, as every browser with WebRTC speaks it, with ring: it builds in seconds without further tools.
//! Files are looked at again and again, and a renewed certificate serves the connections that begin from then on. Never
//! does a look cost a connection: files that cannot serve are named in the log, and what served before stays.

use rcgen::{CertifiedKey as Generated, generate_simple_self_signed};
use sha2::{Digest, Sha256};
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;
use std::{fmt, fs, io};
use tokio::time::{MissedTickBehavior, interval};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::{self, PemObject};
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::server::{ClientHello, ResolvesServerCert};
use tokio_rustls::rustls::sign::CertifiedKey;
use tokio_rustls::rustls::{self, ServerConfig};
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

/// Time between two looks at the files. 10 s: soon enough for somebody who watches, nothing for the disk.
const LOOK_EVERY: Duration = Duration::from_secs(10);

/// A certificate and its key, fit to serve.
#[derive(Clone)]
pub struct Identity {
    current: Arc<Current>,
    config: Arc<ServerConfig>,
    /// None if it was made for this run.
    files: Option<Files>,
    look_every: Duration,
}

/// Why there is no identity.
#[derive(Debug)]
pub enum IdentityError {
    /// A file could not be read.
    Unreadable(PathBuf, io::Error),
    /// A file is not PEM with what it should hold.
    NotPem(PathBuf, pem::Error),
    /// The file holds no certificate.
    NoCertificate,
    /// Certificate and key are not usable, or don't belong together.
    Unusable(rustls::Error),
    /// No certificate could be made for these names.
    Names(rcgen::Error),
}

impl Identity {
    /// From a PEM file with the certificate and its chain, and one with its private key.
    ///
    /// # Errors
    /// [`IdentityError`] if the files cannot be read or used.
    pub fn from_files(certificate: &Path, key: &Path) -> Result<Self, IdentityError> {
        let files = Files { certificate: certificate.to_owned(), key: key.to_owned() };
        let key = files.usable(&files.read()?)?;
        Self::new(key, Some(files))
    }

    /// Made now and known to nobody: browsers ask the person to trust it, by its fingerprint.
    ///
    /// # Errors
    /// [`IdentityError::Names`] if a name is none.
    pub fn self_signed(names: Vec<String>) -> Result<Self, IdentityError> {
        let Generated { cert, signing_key } =
            generate_simple_self_signed(names).map_err(IdentityError::Names)?;
        let key = PrivateKeyDer::Pkcs8(signing_key.serialize_der().into());
        Self::new(certified(vec![cert.der().clone()], key)?, None)
    }

    /// Looks at its files in this interval instead of every ten seconds.
    #[must_use]
    pub fn look_every(self, interval: Duration) -> Self {
        Self { look_every: interval, ..self }
    }

    /// SHA-256 of the certificate as browsers show it.
    pub fn fingerprint(&self) -> String {
        let key = self.current.key();
        // `certified` lets none without a certificate through.
        let digest = Sha256::digest(key.cert.first().map_or(&[][..], |certificate| certificate.as_ref()));
        let pairs: Vec<_> = digest.iter().map(|byte| format!("{byte:02X}")).collect();
        pairs.join(":")
    }

    /// Whether browsers know nobody who vouches for it.
    pub fn is_self_signed(&self) -> bool {
        self.files.is_none()
    }

    pub(crate) fn acceptor(&self) -> TlsAcceptor {
        TlsAcceptor::from(Arc::clone(&self.config))
    }

    fn new(key: CertifiedKey, files: Option<Files>) -> Result<Self, IdentityError> {
        let current = Arc::new(Current(RwLock::new(Arc::new(key))));
        let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_protocol_versions(&[&rustls::version::TLS13])
            .map_err(IdentityError::Unusable)?
            .with_no_client_auth()
            .with_cert_resolver(Arc::clone(&current) as Arc<dyn ResolvesServerCert>);
        // WebSockets here are HTTP/1 only.
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Self { current, config: Arc::new(config), files, look_every: LOOK_EVERY })
    }
}

/// Looks at the identity's files until the server stops, and takes what is new and fit to serve.
///
/// New is only what two looks in a row have found: certificate and key are rarely written in the same moment.
pub(crate) async fn watch(identity: Identity, stop: CancellationToken) {
    let Some(files) = &identity.files else { return };
    let mut looks = interval(identity.look_every);
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut seen = Looks::default();
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            _ = looks.tick() => {}
        }
        let reading = files.clone();
        let found = match tokio::task::spawn_blocking(move || reading.read()).await {
            Ok(found) => found,
            Err(error) => return warn!(%error, "the certificate's files are not looked at any more"),
        };
        if !seen.settles(digest(&found)) {
            continue;
        }
        match found.and_then(|texts| files.usable(&texts)) {
            Ok(key) => {
                if identity.current.renew(key) {
                    info!(
                        fingerprint = identity.fingerprint(),
                        "new connections get the renewed certificate"
                    );
                }
            }
            Err(error) => {
                warn!(%error, "the certificate's files have changed and cannot serve: the one before stays")
            }
        }
    }
}

/// What looks at the files have found.
#[derive(Default)]
struct Looks {
    /// By the last one.
    before: Option<[u8; 32]>,
    judged: Option<[u8; 32]>,
}

impl Looks {
    /// Whether what was found `now` has settled, and was not judged when it last had.
    fn settles(&mut self, now: [u8; 32]) -> bool {
        let settled = self.before.replace(now) == Some(now);
        settled && self.judged.replace(now) != Some(now)
    }
}

/// What new connections are served with.
struct Current(RwLock<Arc<CertifiedKey>>);

impl Current {
    fn key(&self) -> Arc<CertifiedKey> {
        // Whoever panicked while it held the lock had replaced the whole or nothing.
        Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Serves with `key` from now on; tells whether that is news.
    fn renew(&self, key: CertifiedKey) -> bool {
        let mut current = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let is_news = current.cert != key.cert;
        *current = Arc::new(key);
        is_news
    }
}

impl ResolvesServerCert for Current {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.key())
    }
}

impl fmt::Debug for Current {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Current").finish_non_exhaustive()
    }
}

/// Where certificate and key lie, in PEM.
#[derive(Clone)]
struct Files {
    certificate: PathBuf,
    key: PathBuf,
}

/// What was in them.
struct Texts {
    certificate: Vec<u8>,
    key: Vec<u8>,
}

impl Files {
    fn read(&self) -> Result<Texts, IdentityError> {
        let read =
            |path: &Path| fs::read(path).map_err(|error| IdentityError::Unreadable(path.to_owned(), error));
        Ok(Texts { certificate: read(&self.certificate)?, key: read(&self.key)? })
    }

    fn usable(&self, texts: &Texts) -> Result<CertifiedKey, IdentityError> {
        let chain = CertificateDer::pem_slice_iter(&texts.certificate).collect::<Result<Vec<_>, _>>();
        let chain = chain.map_err(|error| IdentityError::NotPem(self.certificate.clone(), error))?;
        let key = PrivateKeyDer::from_pem_slice(&texts.key);
        certified(chain, key.map_err(|error| IdentityError::NotPem(self.key.clone(), error))?)
    }
}

/// A certificate and a key that belong together.
fn certified(
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
) -> Result<CertifiedKey, IdentityError> {
    if chain.is_empty() {
        return Err(IdentityError::NoCertificate);
    }
    CertifiedKey::from_der(chain, key, &ring::default_provider()).map_err(IdentityError::Unusable)
}

/// Of what the files hold, or of why they could not be read.
fn digest(found: &Result<Texts, IdentityError>) -> [u8; 32] {
    let parts = match found {
        Ok(texts) => [&texts.certificate, texts.key.as_slice()].map(Sha256::digest),
        Err(error) => [&b"unreadable"[..], error.to_string().as_bytes()].map(Sha256::digest),
    };
    Sha256::digest(parts.concat()).into()
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Identity").field("fingerprint", &self.fingerprint()).finish_non_exhaustive()
    }
}

impl fmt::Display for IdentityError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreadable(path, error) => write!(f, "cannot read {}: {error}", path.display()),
            Self::NotPem(path, error) => {
                write!(f, "{} is not what it should be: {}", path.display(), fault(error))
            }
            Self::NoCertificate => f.write_str("the certificate's file holds no certificate"),
            Self::Unusable(error) => write!(f, "cannot use the certificate with its key: {error}"),
            Self::Names(error) => write!(f, "cannot make a certificate: {error}"),
        }
    }
}

impl std::error::Error for IdentityError {}

/// pem's own words, but for those that quote the file: it may be the key.
fn fault(error: &pem::Error) -> String {
    match error {
        pem::Error::NoItemsFound => "it holds no private key in PEM".to_owned(),
        pem::Error::MissingSectionEnd { .. } => "a section has no end".to_owned(),
        pem::Error::IllegalSectionStart { .. } => "a section's first line is damaged".to_owned(),
        pem::Error::Base64Decode(_) => "it is not base64".to_owned(),
        // Further kinds may come with further versions; what they quote is not known.
        _ => "it is not PEM".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn identity() -> Identity {
        Identity::self_signed(vec!["localhost".to_owned()]).unwrap()
    }

    #[test]
    fn what_is_half_written_is_not_judged_and_what_has_settled_is_judged_once() {
        let (old, half, new) = ([1; 32], [2; 32], [3; 32]);
        let mut looks = Looks::default();
        let found = [old, old, old, half, new, new, new, half, new, new, old, old];
        let judged: Vec<usize> = (0..found.len()).filter(|look| looks.settles(found[*look])).collect();
        assert_eq!(judged, [1, 5, 11], "the second looks that found the same, but for what was judged last");
    }

    #[test]
    fn a_certificate_that_is_served_already_is_no_news() {
        let (one, other) = (identity(), identity());
        assert!(!one.current.renew(CertifiedKey::clone(&one.current.key())));
        assert!(one.current.renew(CertifiedKey::clone(&other.current.key())));
        assert_eq!(one.fingerprint(), other.fingerprint());
    }

    #[test]
    fn an_identity_is_shown_by_its_fingerprint_and_nothing_of_its_key_is() {
        let identity = identity();
        let shown = format!("{identity:?}");
        assert_eq!(shown, format!("Identity {{ fingerprint: {:?}, .. }}", identity.fingerprint()));
        assert_eq!(format!("{:?}", identity.current), "Current { .. }");
    }
}
