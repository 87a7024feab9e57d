//! One client of any of the servers, with buffers so small that tens of thousands fit into one process.

use crate::Target;
use crate::rival::{Meaning, Place};
use anyhow::{Context, Result, bail};
use futures_util::{SinkExt, StreamExt};
use signal_proto::Handle;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::{WebSocketStream, client_async_with_config};

/// A join that takes longer has failed: nobody waits longer for a page.
pub(crate) const JOIN_TIME: Duration = Duration::from_secs(10);
/// Bytes that are read at once.
const READ_BUFFER: usize = 1024;

/// Addresses of this machine that clients connect from; each group has a network of its own.
#[derive(Clone, Copy)]
pub(crate) enum Source {
    Crowd = 1,
    Honest = 2,
    Attacker = 66,
}

impl Source {
    /// The address of the `index`-th client, if `each` of them share one.
    pub(crate) fn address(self, index: usize, each: usize) -> Ipv4Addr {
        let network = index / each;
        // 0 and 255 look like networks and broadcasts to some.
        Ipv4Addr::new(127, self as u8, (network / 250 % 250) as u8 + 1, (network % 250) as u8 + 1)
    }
}

/// A TCP connection to `address` from `source`.
pub(crate) async fn connect(source: Ipv4Addr, address: SocketAddr) -> Result<TcpStream> {
    let socket = TcpSocket::new_v4()?;
    socket.set_reuseaddr(true)?;
    socket.bind((source, 0).into())?;
    let stream = socket.connect(address).await?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

/// A socket that has joined its place.
pub(crate) struct Client {
    pub(crate) socket: WebSocketStream<TcpStream>,
    target: Target,
    place: Place,
    other: Option<Handle>,
}

impl Client {
    /// Connects, upgrades and joins, and returns when the server has confirmed it.
    pub(crate) async fn join(target: Target, source: Ipv4Addr, place: Place) -> Result<Self> {
        timeout(JOIN_TIME, Self::join_slowly(target, source, place)).await.context("joining took too long")?
    }

    async fn join_slowly(target: Target, source: Ipv4Addr, place: Place) -> Result<Self> {
        let mut client = Self::open(target, source, place).await?;
        for message in target.rival.join(place) {
            client.socket.send(message).await?;
        }
        loop {
            match client.next().await? {
                Meaning::Joined(other) => {
                    client.other = other;
                    return Ok(client);
                }
                Meaning::Refused => bail!("the join was refused"),
                Meaning::Relayed(_) | Meaning::GoingAway(_) | Meaning::Other => {}
            }
        }
    }

    /// Connects and upgrades, and joins nothing.
    pub(crate) async fn open(target: Target, source: Ipv4Addr, place: Place) -> Result<Self> {
        let stream = connect(source, target.address).await?;
        let (path, protocol) = target.rival.path(place);
        let mut request = format!("ws://{}{path}", target.address).into_client_request()?;
        if let Some(protocol) = protocol {
            request.headers_mut().insert("sec-websocket-protocol", protocol.parse()?);
        }
        let config = WebSocketConfig::default().read_buffer_size(READ_BUFFER).write_buffer_size(0);
        let (socket, _) = client_async_with_config(request, stream, Some(config)).await?;
        Ok(Self { socket, target, place, other: None })
    }

    /// Relays a message to the other one of the pair.
    pub(crate) async fn relay(&mut self, stamp: u64, size: usize) -> Result<()> {
        let message = self.target.rival.relay(self.place, self.other, stamp, size);
        Ok(self.socket.send(message).await?)
    }

    /// Says that it is still there, where its protocol wants that.
    pub(crate) async fn beat(&mut self) -> Result<()> {
        match self.target.rival.heartbeat() {
            Some(message) => Ok(self.socket.send(message).await?),
            None => Ok(()),
        }
    }

    /// The meaning of the next message; pings are answered on the way. Cancelling loses nothing.
    pub(crate) async fn next(&mut self) -> Result<Meaning> {
        loop {
            match self.socket.next().await.context("the server ended it")?? {
                Message::Close(frame) => {
                    let code = frame.map_or(0, |frame| u16::from(frame.code));
                    bail!("closed with {code}");
                }
                Message::Ping(_) | Message::Pong(_) => {}
                message => return Ok(self.target.rival.meaning(self.place, &message)),
            }
        }
    }
}
