//! Who the server is over TLS: a certificate from files, or one made for this run.
//!
//! TLS 1.3 only, as every browser with WebRTC speaks it, with ring: it builds in seconds without further tools.

use rcgen::{CertifiedKey, generate_simple_self_signed};
use sha2::{Digest, Sha256};
use std::fmt;
use std::path::Path;
use std::sync::Arc;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::{self, PemObject};
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::{self, ServerConfig};

/// A certificate and its key, fit to serve.
#[derive(Clone)]
pub struct Identity {
    config: Arc<ServerConfig>,
    fingerprint: [u8; 32],
    self_signed: bool,
}

/// Why there is no identity.
#[derive(Debug)]
pub enum IdentityError {
    /// A file could not be read, or is not PEM with what it should hold.
    File(pem::Error),
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
        let certificates = CertificateDer::pem_file_iter(certificate).map_err(IdentityError::File)?;
        let chain = certificates.collect::<Result<Vec<_>, _>>().map_err(IdentityError::File)?;
        let key = PrivateKeyDer::from_pem_file(key).map_err(IdentityError::File)?;
        Self::new(chain, key, false)
    }

    /// Made now and known to nobody: browsers ask the person to trust it, by its fingerprint.
    ///
    /// # Errors
    /// [`IdentityError::Names`] if a name is none.
    pub fn self_signed(names: Vec<String>) -> Result<Self, IdentityError> {
        let CertifiedKey { cert, signing_key } =
            generate_simple_self_signed(names).map_err(IdentityError::Names)?;
        Self::new(vec![cert.der().clone()], PrivateKeyDer::Pkcs8(signing_key.serialize_der().into()), true)
    }

    /// SHA-256 of the certificate as browsers show it.
    pub fn fingerprint(&self) -> String {
        let pairs: Vec<_> = self.fingerprint.iter().map(|byte| format!("{byte:02X}")).collect();
        pairs.join(":")
    }

    /// Whether browsers know nobody who vouches for it.
    pub fn is_self_signed(&self) -> bool {
        self.self_signed
    }

    pub(crate) fn acceptor(&self) -> TlsAcceptor {
        TlsAcceptor::from(Arc::clone(&self.config))
    }

    fn new(
        chain: Vec<CertificateDer<'static>>,
        key: PrivateKeyDer<'static>,
        self_signed: bool,
    ) -> Result<Self, IdentityError> {
        let first = chain.first().ok_or(IdentityError::NoCertificate)?;
        let fingerprint = Sha256::digest(first).into();
        let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_protocol_versions(&[&rustls::version::TLS13])
            .and_then(|builder| builder.with_no_client_auth().with_single_cert(chain, key))
            .map_err(IdentityError::Unusable)?;
        // WebSockets here are HTTP/1 only.
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Self { config: Arc::new(config), fingerprint, self_signed })
    }
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Identity").field("fingerprint", &self.fingerprint()).finish_non_exhaustive()
    }
}

impl fmt::Display for IdentityError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(error) => write!(f, "cannot read the certificate or its key: {error}"),
            Self::NoCertificate => f.write_str("the certificate's file holds no certificate"),
            Self::Unusable(error) => write!(f, "cannot use the certificate with its key: {error}"),
            Self::Names(error) => write!(f, "cannot make a certificate: {error}"),
        }
    }
}

impl std::error::Error for IdentityError {}
