//! The same over TLS, with a certificate from files as an operator gives it.

use crate::client::{Client, DOOR, exchange_on, request, soon, start_with};
use rcgen::{CertifiedKey, generate_simple_self_signed};
use signal_proto::Role;
use signaling::tls::{Identity, IdentityError};
use signaling::{Config, Limits};
use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::client::Resumption;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::ServerName;
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

/// Certificate and key for `localhost` in a folder of the test's own, and a client that trusts it. With the name of
/// an earlier one it takes its place.
pub(crate) fn certificate(name: &str) -> (PathBuf, PathBuf, TlsConnector) {
    let CertifiedKey { cert, signing_key } = generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    fs::create_dir_all(&folder).unwrap();
    let (cert_file, key_file) = (folder.join("cert.pem"), folder.join("key.pem"));
    fs::write(&cert_file, cert.pem()).unwrap();
    fs::write(&key_file, signing_key.serialize_pem()).unwrap();
    let mut roots = RootCertStore::empty();
    roots.add(cert.der().clone()).unwrap();
    (cert_file, key_file, connector(roots))
}

fn connector(roots: RootCertStore) -> TlsConnector {
    let mut config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    // Whoever resumes a session is not shown the certificate.
    config.resumption = Resumption::disabled();
    TlsConnector::from(Arc::new(config))
}

pub(crate) async fn connect(
    connector: &TlsConnector,
    address: SocketAddr,
) -> std::io::Result<TlsStream<TcpStream>> {
    let stream = TcpStream::connect(address).await?;
    soon(connector.connect(ServerName::try_from("localhost").unwrap(), stream)).await
}

#[tokio::test]
async fn page_and_socket_over_tls_and_the_browser_is_told_to_stay_there() {
    let (cert, key, client) = certificate("page");
    let tls = Some(Identity::from_files(&cert, &key).unwrap());
    let (_server, address) = start_with(Config { tls, ..Config::default() }).await;
    let stream = connect(&client, address).await.unwrap();
    let answer = exchange_on(stream, "GET /healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").await;
    assert!(answer.contains("strict-transport-security: max-age=31536000\r\n"), "{answer}");
    let stream = connect(&client, address).await.unwrap();
    Client::open_on(stream, request(address)).await.unwrap().join(DOOR, Role::Listen).await;
}

#[tokio::test]
async fn a_handshake_that_never_comes_is_not_waited_for() {
    let tls = Some(Identity::self_signed(vec!["localhost".to_owned()]).unwrap());
    let limits = Limits { tls_handshake: Duration::from_millis(50), ..Limits::default() };
    let (_server, address) = start_with(Config { tls, limits, ..Config::default() }).await;
    let mut stream = TcpStream::connect(address).await.unwrap();
    let mut answer = Vec::new();
    soon(stream.read_to_end(&mut answer)).await.unwrap();
    assert!(answer.is_empty());
}

#[tokio::test]
async fn a_certificate_made_for_this_run_is_nobody_elses() {
    let one = Identity::self_signed(vec!["localhost".to_owned()]).unwrap();
    let two = Identity::self_signed(vec!["localhost".to_owned()]).unwrap();
    assert_eq!(one.fingerprint().len(), 32 * 3 - 1);
    assert_ne!(one.fingerprint(), two.fingerprint());
    let (_server, address) = start_with(Config { tls: Some(one), ..Config::default() }).await;
    let refused = connect(&connector(RootCertStore::empty()), address).await.unwrap_err();
    assert!(refused.to_string().contains("UnknownIssuer"), "{refused}");
}

#[test]
fn files_that_cannot_serve_are_refused_with_a_reason() {
    let (cert, key, _) = certificate("mixed");
    let (other_cert, _, _) = certificate("other");
    assert!(matches!(Identity::from_files(&other_cert, &key), Err(IdentityError::Unusable(_))));
    assert!(matches!(Identity::from_files(&key, &key), Err(IdentityError::NoCertificate)));
    let no_key = Identity::from_files(&cert, &cert).unwrap_err();
    assert!(matches!(&no_key, IdentityError::NotPem(path, _) if *path == cert), "{no_key}");
    let nowhere = Path::new("nowhere.pem");
    let no_file = Identity::from_files(nowhere, &key).unwrap_err();
    assert!(matches!(&no_file, IdentityError::Unreadable(path, _) if path == nowhere), "{no_file}");
}

#[test]
fn an_operator_reads_which_file_is_wrong_and_in_what_and_nothing_of_the_key() {
    let (cert, key, _) = certificate("told");
    let good = fs::read_to_string(&key).unwrap();
    let whole = good.trim_end();
    for (spoilt, fault) in [
        (String::new(), "it holds no private key in PEM"),
        (whole.rsplit_once('\n').unwrap().0.to_owned(), "a section has no end"),
        (whole.replacen("KEY-----", "KEY", 1), "a section's first line is damaged"),
        (whole.replacen('\n', "\n!", 1), "it is not base64"),
    ] {
        fs::write(&key, &spoilt).unwrap();
        let said = Identity::from_files(&cert, &key).unwrap_err().to_string();
        assert_eq!(said, format!("{} is not what it should be: {fault}", key.display()));
    }
    fs::write(&key, good).unwrap();
    let said = |certificate: &Path| Identity::from_files(certificate, &key).unwrap_err().to_string();
    assert_eq!(said(&key), "the certificate's file holds no certificate");
    assert!(said(Path::new("nowhere.pem")).starts_with("cannot read nowhere.pem: "));
    let (other, _, _) = certificate("told-of-another");
    assert!(said(&other).starts_with("cannot use the certificate with its key: "));
    let names = Identity::self_signed(vec!["n\u{e4}me".to_owned()]).unwrap_err().to_string();
    assert!(names.starts_with("cannot make a certificate: "), "{names}");
}
