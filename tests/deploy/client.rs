//! A browser reduced to its requests and its socket, with or without TLS, from any address of loopback.

use crate::program::soon;
use futures_util::{SinkExt, StreamExt};
use rcgen::{CertifiedKey, generate_simple_self_signed};
use signal_proto::{ClientMessage, PATH, Role, SUBPROTOCOL, ServerMessage, Tag};
use std::fs;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpSocket;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::ServerName;
use tokio_rustls::rustls::{ClientConfig, RootCertStore};
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{WebSocketStream, client_async};

trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}
impl<S: AsyncRead + AsyncWrite + Unpin + Send> Stream for S {}
type Socket = WebSocketStream<Box<dyn Stream>>;

const DOOR: Tag = Tag([0xd0; 16]);

/// A site as a browser reaches it.
pub(crate) struct Site {
    pub(crate) address: SocketAddr,
    /// For https: what trusts the site's certificate.
    pub(crate) tls: Option<TlsConnector>,
}

/// Certificate and key for `localhost`, and a client that trusts it.
pub(crate) fn certificate(folder: &Path) -> (PathBuf, PathBuf, TlsConnector) {
    let CertifiedKey { cert, signing_key } = generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let (cert_file, key_file) = (folder.join("cert.pem"), folder.join("key.pem"));
    fs::write(&cert_file, cert.pem()).unwrap();
    fs::write(&key_file, signing_key.serialize_pem()).unwrap();
    let mut roots = RootCertStore::empty();
    roots.add(cert.der().clone()).unwrap();
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    (cert_file, key_file, TlsConnector::from(Arc::new(config)))
}

/// Where the page that is at the root has its script: it names it from where it is itself.
pub(crate) fn script_of(page: &str) -> String {
    let script = page.split("src=\"").nth(1).and_then(|rest| rest.split('"').next()).expect("a script");
    format!("/{}", script.strip_prefix("./").expect("whatever the path is that a proxy puts before it"))
}

impl Site {
    pub(crate) fn plain(address: SocketAddr) -> Self {
        Self { address, tls: None }
    }

    /// What browsers show as the site's name.
    pub(crate) fn host(&self) -> String {
        format!("localhost:{}", self.address.port())
    }

    /// The page's own origin.
    pub(crate) fn origin(&self) -> String {
        format!("{}://{}", if self.tls.is_some() { "https" } else { "http" }, self.host())
    }

    async fn connect(&self, from: Ipv4Addr) -> Box<dyn Stream> {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind((from, 0).into()).unwrap();
        let stream = soon(socket.connect(self.address)).await.unwrap();
        match &self.tls {
            None => Box::new(stream),
            Some(tls) => {
                let name = ServerName::try_from("localhost").unwrap();
                Box::new(soon(tls.connect(name, stream)).await.unwrap())
            }
        }
    }

    /// The answer to a GET with further header lines: its head in lower case, and how long its body is.
    pub(crate) async fn get(&self, path: &str, header: &str) -> (String, Vec<u8>) {
        let mut stream = self.connect(Ipv4Addr::LOCALHOST).await;
        let host = self.host();
        let request = format!("GET {path} HTTP/1.1\r\nHost: {host}\r\n{header}Connection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        // Some end a TLS connection without saying so.
        let _ = soon(stream.read_to_end(&mut answer)).await;
        let end = answer.windows(4).position(|bytes| bytes == b"\r\n\r\n").expect("an answer has a head") + 4;
        (String::from_utf8_lossy(&answer[..end]).to_ascii_lowercase(), answer[end..].to_vec())
    }

    /// A socket as the page of `origin` opens it, or the status with which that was refused.
    pub(crate) async fn open(&self, origin: &str, from: Ipv4Addr) -> Result<Client, u16> {
        let mut request = format!("ws://{}{PATH}", self.host()).into_client_request().unwrap();
        request.headers_mut().insert("sec-websocket-protocol", SUBPROTOCOL.parse().unwrap());
        request.headers_mut().insert("origin", origin.parse().unwrap());
        let stream = self.connect(from).await;
        match soon(client_async(request, stream)).await {
            Ok((socket, _)) => Ok(Client(socket)),
            Err(Error::Http(response)) => Err(response.status().as_u16()),
            Err(error) => panic!("not an answer: {error}"),
        }
    }

    /// Two people meet at a door, and what one says arrives at the other.
    pub(crate) async fn brings_people_together(&self) {
        let mut host = self.open(&self.origin(), Ipv4Addr::LOCALHOST).await.unwrap();
        host.send(ClientMessage::Join { tag: DOOR, role: Role::Listen }).await;
        assert!(matches!(host.message().await, ServerMessage::Joined { .. }));
        let mut guest = self.open(&self.origin(), Ipv4Addr::LOCALHOST).await.unwrap();
        guest.send(ClientMessage::Join { tag: DOOR, role: Role::Knock }).await;
        assert!(matches!(guest.message().await, ServerMessage::Joined { .. }));
        assert!(matches!(host.message().await, ServerMessage::Attached { .. }));
        guest.send(ClientMessage::Send { tag: DOOR, to: None, bytes: b"sealed".to_vec() }).await;
        let heard = host.message().await;
        assert!(matches!(&heard, ServerMessage::Message { bytes, .. } if bytes == b"sealed"), "{heard:?}");
    }
}

/// An open socket.
pub(crate) struct Client(Socket);

impl Client {
    async fn send(&mut self, message: ClientMessage) {
        soon(self.0.send(Message::Binary(message.encode().into()))).await.unwrap();
    }

    /// The next message; pings are answered on the way.
    async fn message(&mut self) -> ServerMessage {
        loop {
            match soon(self.0.next()).await.expect("the server ended it").unwrap() {
                Message::Binary(bytes) => return ServerMessage::decode(&bytes).unwrap(),
                Message::Ping(_) => {}
                other => panic!("unexpected {other:?}"),
            }
        }
    }
}
