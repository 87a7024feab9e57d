//! A peer reduced to its socket, and a plain HTTP request.

use futures_util::{SinkExt, StreamExt};
use signal_proto::{ClientMessage, Handle, PATH, Role, SUBPROTOCOL, ServerMessage, Tag};
use signaling::{Config, Limits, Server};
use std::net::SocketAddr;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::handshake::client::Request;
use tokio_tungstenite::tungstenite::{self, Message};
use tokio_tungstenite::{WebSocketStream, client_async};

/// Far beyond everything that happens here, of which the slowest is the silence of a node (10 s): a test that waits
/// longer hangs, and says so.
const HANGS: Duration = Duration::from_secs(30);

pub(crate) const DOOR: Tag = Tag([0xd0; 16]);
pub(crate) const MESH: Tag = Tag([0x3e; 16]);

/// A server with `limits`, and where it is. It stops when dropped.
pub(crate) async fn start(limits: Limits) -> (Server, SocketAddr) {
    start_with(Config { limits, ..Config::default() }).await
}

pub(crate) async fn start_with(config: Config) -> (Server, SocketAddr) {
    let mut server = Server::new(config);
    let address = server.listen(([127, 0, 0, 1], 0).into()).await.unwrap();
    (server, address)
}

/// Whatever `future` gives, unless it hangs.
pub(crate) async fn soon<T>(future: impl Future<Output = T>) -> T {
    timeout(HANGS, future).await.expect("nothing happened")
}

/// The request that opens a WebSocket as the page does.
pub(crate) fn request(address: SocketAddr) -> Request {
    let mut request = format!("ws://{address}{PATH}").into_client_request().unwrap();
    request.headers_mut().insert("sec-websocket-protocol", SUBPROTOCOL.parse().unwrap());
    request
}

/// The status with which opening a WebSocket was refused.
pub(crate) async fn refused(address: SocketAddr, request: Request) -> u16 {
    let stream = TcpStream::connect(address).await.unwrap();
    match Client::open_on(stream, request).await {
        Err(tungstenite::Error::Http(response)) => {
            assert!(response.headers().contains_key("content-security-policy"));
            response.status().as_u16()
        }
        Err(error) => panic!("not an answer: {error}"),
        Ok(_) => panic!("not refused"),
    }
}

pub(crate) struct Client<S = TcpStream>(pub(crate) WebSocketStream<S>);

impl Client {
    pub(crate) async fn open(address: SocketAddr) -> Self {
        Self::open_on(TcpStream::connect(address).await.unwrap(), request(address)).await.unwrap()
    }

    /// One that will not take much before the server has to wait: its receive buffer is small.
    pub(crate) async fn open_narrow(address: SocketAddr) -> Self {
        let socket = TcpSocket::new_v4().unwrap();
        socket.set_recv_buffer_size(4096).unwrap();
        Self::open_on(socket.connect(address).await.unwrap(), request(address)).await.unwrap()
    }

    /// One from another address of this computer.
    pub(crate) async fn open_from(own: [u8; 4], address: SocketAddr) -> Self {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind((own, 0).into()).unwrap();
        Self::open_on(socket.connect(address).await.unwrap(), request(address)).await.unwrap()
    }

    /// A new socket on `tag`, and who was there.
    pub(crate) async fn joined(address: SocketAddr, tag: Tag, role: Role) -> (Self, Vec<Handle>) {
        let mut client = Self::open(address).await;
        let peers = client.join(tag, role).await;
        (client, peers)
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> Client<S> {
    pub(crate) async fn open_on(stream: S, request: Request) -> Result<Self, tungstenite::Error> {
        let (socket, response) = soon(client_async(request, stream)).await?;
        assert_eq!(response.headers()["sec-websocket-protocol"], SUBPROTOCOL);
        Ok(Self(socket))
    }

    pub(crate) async fn join(&mut self, tag: Tag, role: Role) -> Vec<Handle> {
        self.send(ClientMessage::Join { tag, role }).await;
        match self.message().await {
            ServerMessage::Joined { tag: joined, peers } if joined == tag => peers,
            other => panic!("not joined: {other:?}"),
        }
    }

    pub(crate) async fn say(&mut self, tag: Tag, to: Option<Handle>, bytes: &[u8]) {
        self.send(ClientMessage::Send { tag, to, bytes: bytes.to_vec() }).await;
    }

    pub(crate) async fn send(&mut self, message: ClientMessage) {
        self.send_raw(Message::Binary(message.encode().into())).await;
    }

    pub(crate) async fn send_raw(&mut self, message: Message) {
        soon(self.0.send(message)).await.unwrap();
    }

    /// The next message; pings are answered on the way, and are no reason to wait for longer.
    pub(crate) async fn message(&mut self) -> ServerMessage {
        soon(async {
            loop {
                match self.0.next().await.expect("the server ended it").unwrap() {
                    Message::Binary(bytes) => return ServerMessage::decode(&bytes).unwrap(),
                    Message::Ping(_) => {}
                    other => panic!("unexpected {other:?}"),
                }
            }
        })
        .await
    }

    /// The handle of the next message, which must tell of somebody who came.
    pub(crate) async fn attached(&mut self) -> Handle {
        match self.message().await {
            ServerMessage::Attached { handle, .. } => handle,
            other => panic!("nobody came: {other:?}"),
        }
    }

    /// Reads to the end and tells the server's close code. Pings are no reason to wait for longer.
    pub(crate) async fn closed(&mut self) -> u16 {
        soon(async {
            loop {
                match self.0.next().await.expect("it ended without a close code") {
                    Ok(Message::Close(Some(frame))) => return frame.code.into(),
                    Ok(_) => {}
                    Err(error) => panic!("it ended without a close code: {error}"),
                }
            }
        })
        .await
    }
}

/// Everything the server answers to `text` until it closes.
pub(crate) async fn exchange(address: SocketAddr, text: &str) -> String {
    exchange_on(TcpStream::connect(address).await.unwrap(), text).await
}

pub(crate) async fn exchange_on(stream: impl AsyncRead + AsyncWrite + Unpin, text: &str) -> String {
    String::from_utf8(answer_to(stream, text).await).unwrap()
}

/// The head of the answer to `text`, and its body.
pub(crate) async fn exchange_bytes(address: SocketAddr, text: &str) -> (String, Vec<u8>) {
    let answer = answer_to(TcpStream::connect(address).await.unwrap(), text).await;
    let end = answer.windows(4).position(|bytes| bytes == b"\r\n\r\n").expect("an answer has a head") + 4;
    (String::from_utf8(answer[..end].to_vec()).unwrap(), answer[end..].to_vec())
}

async fn answer_to(mut stream: impl AsyncRead + AsyncWrite + Unpin, text: &str) -> Vec<u8> {
    let mut answer = Vec::new();
    // A server that has refused already may have closed before the rest was written.
    if stream.write_all(text.as_bytes()).await.is_ok() {
        match soon(stream.read_to_end(&mut answer)).await {
            Ok(_) | Err(_) => {}
        }
    }
    answer
}

/// A header field of an answer.
pub(crate) fn field<'a>(answer: &'a str, name: &str) -> Option<&'a str> {
    let head = answer.split("\r\n\r\n").next()?;
    let mut fields = head.lines().filter_map(|line| line.split_once(": "));
    fields.find(|(own, _)| own.eq_ignore_ascii_case(name)).map(|(_, value)| value)
}

/// The answer to a GET of `path`, header and all.
pub(crate) async fn get(address: SocketAddr, path: &str) -> String {
    exchange(address, &format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n")).await
}
