//! Certificates run out: a renewed one is served without a restart, and a bad one changes nothing.

use crate::client::{Client, DOOR, request, soon, start_with};
use crate::tls::{certificate, connect};
use signal_proto::Role;
use signaling::tls::Identity;
use signaling::{Config, Server};
use std::fs;
use std::io::{self, Write};
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio_rustls::TlsConnector;
use tracing::subscriber::DefaultGuard;

async fn serve(certificate: &Path, key: &Path) -> (Server, SocketAddr) {
    let identity = Identity::from_files(certificate, key).unwrap().look_every(Duration::from_millis(5));
    start_with(Config { tls: Some(identity), ..Config::default() }).await
}

/// Waits until a client that trusts one certificate alone is served with it.
async fn served_with(trusting: &TlsConnector, address: SocketAddr) -> Client<impl Sized + Unpin + Stream> {
    soon(async {
        loop {
            if let Ok(stream) = connect(trusting, address).await {
                return Client::open_on(stream, request(address)).await.unwrap();
            }
        }
    })
    .await
}

/// What a WebSocket runs over.
trait Stream: tokio::io::AsyncRead + tokio::io::AsyncWrite {}
impl<S: tokio::io::AsyncRead + tokio::io::AsyncWrite> Stream for S {}

#[tokio::test]
async fn new_connections_get_the_renewed_certificate_and_open_ones_live_on() {
    let (certificate_file, key_file, first) = certificate("renewed");
    let (_server, address) = serve(&certificate_file, &key_file).await;
    let mut host = served_with(&first, address).await;
    host.join(DOOR, Role::Listen).await;

    let (_, _, second) = certificate("renewed");
    let mut guest = served_with(&second, address).await;
    assert!(connect(&first, address).await.is_err(), "the old certificate is not served any more");
    assert_eq!(guest.join(DOOR, Role::Knock).await.len(), 1, "the host is still there");
    host.attached().await;
}

#[tokio::test]
async fn files_that_cannot_serve_are_named_in_the_log_and_the_old_certificate_stays() {
    let (_guard, mut log) = listen_to_the_log();
    let (certificate_file, key_file, first) = certificate("spoilt");
    let (_server, address) = serve(&certificate_file, &key_file).await;

    let good = fs::read(&key_file).unwrap();
    fs::write(&key_file, "-----BEGIN PRIVATE KEY-----\ncanary-of-a-key\n-----END PRIVATE KEY-----\n")
        .unwrap();
    let spoilt = logged(&mut log, "cannot serve").await;
    assert!(spoilt.contains("key.pem") && spoilt.contains("base64"), "{spoilt}");
    // While it is looked at again and again.
    for _ in 0..50 {
        served_with(&first, address).await.join(DOOR, Role::Mesh).await;
    }
    while let Ok(line) = log.try_recv() {
        assert!(!line.contains("cannot serve"), "told again: {line}");
    }

    fs::remove_file(&key_file).unwrap();
    let missing = logged(&mut log, "cannot serve").await;
    assert!(missing.contains("key.pem") && missing.contains("No such file"), "{missing}");
    served_with(&first, address).await;

    let (_, _, second) = certificate("another");
    let another = certificate_file.parent().unwrap().with_file_name("another").join("cert.pem");
    fs::write(&key_file, good).unwrap();
    fs::copy(another, &certificate_file).unwrap();
    let mixed = logged(&mut log, "cannot serve").await;
    assert!(mixed.contains("keys may not be consistent") || mixed.contains("KeyMismatch"), "{mixed}");
    assert!(connect(&second, address).await.is_err());
    served_with(&first, address).await;

    let (_, _, third) = certificate("spoilt");
    logged(&mut log, "renewed certificate").await;
    served_with(&third, address).await;
}

/// The next line of the log with `words`; none may hold what was in a key's file.
async fn logged(log: &mut UnboundedReceiver<String>, words: &str) -> String {
    loop {
        let line = soon(log.recv()).await.expect("the server logs");
        assert!(!line.contains("canary"), "{line}");
        if line.contains(words) {
            return line;
        }
    }
}

/// Everything that is logged on this thread, line by line, until the guard is dropped.
fn listen_to_the_log() -> (DefaultGuard, UnboundedReceiver<String>) {
    let (lines, log) = unbounded_channel();
    let subscriber = tracing_subscriber::fmt()
        .with_ansi(false)
        .with_max_level(tracing::Level::TRACE)
        .with_writer(move || Lines(lines.clone()))
        .finish();
    (tracing::subscriber::set_default(subscriber), log)
}

struct Lines(UnboundedSender<String>);

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        // Nobody listens any more once the test is over.
        let _ = self.0.send(String::from_utf8_lossy(bytes).into_owned());
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
