//! A stranger as everybody can be one: two sockets on a tag of its own invention, which talk to each other.

use futures_util::{SinkExt, StreamExt};
use signal_proto::{ClientMessage, PATH, Role, SUBPROTOCOL, ServerMessage, Tag, Turn};
use std::net::SocketAddr;
use std::time::Duration;
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::{WebSocketStream, client_async};

/// Far beyond everything that happens here: a test that waits longer hangs, and says so.
const HANGS: Duration = Duration::from_secs(30);

pub(crate) struct Stranger {
    tag: Tag,
    sockets: [WebSocketStream<TcpStream>; 2],
}

impl Stranger {
    /// One from `own`, an address of this computer, who may have a TURN server by the rules of `server`.
    pub(crate) async fn new(own: [u8; 4], server: SocketAddr) -> Self {
        let tag = Tag(own.repeat(4).try_into().unwrap());
        let sockets = [open(own, server).await, open(own, server).await];
        let mut stranger = Self { tag, sockets };
        for one in [0, 1] {
            stranger.say(one, ClientMessage::Join { tag, role: Role::Mesh }).await;
            stranger.until(one, |message| matches!(message, ServerMessage::Joined { .. })).await;
        }
        for one in [0, 1] {
            stranger.say(one, ClientMessage::Send { tag, to: None, bytes: vec![7] }).await;
            stranger.until(1 - one, |message| matches!(message, ServerMessage::Message { .. })).await;
        }
        stranger
    }

    /// What one of its sockets is given.
    pub(crate) async fn ask(&mut self, one: usize) -> Turn {
        self.say(one, ClientMessage::AskTurn { tag: self.tag }).await;
        match self.until(one, |message| matches!(message, ServerMessage::Turn { .. })).await {
            ServerMessage::Turn { turn: Some(turn) } => turn,
            other => panic!("it gets none: {other:?}"),
        }
    }

    async fn say(&mut self, one: usize, message: ClientMessage) {
        self.sockets[one].send(Message::Binary(message.encode().into())).await.unwrap();
    }

    async fn until(&mut self, one: usize, wanted: impl Fn(&ServerMessage) -> bool) -> ServerMessage {
        let reading = async {
            loop {
                let frame = self.sockets[one].next().await.expect("the server ended it").unwrap();
                if let Message::Binary(bytes) = frame {
                    let message = ServerMessage::decode(&bytes).unwrap();
                    if wanted(&message) {
                        return message;
                    }
                }
            }
        };
        timeout(HANGS, reading).await.expect("nothing happened")
    }
}

async fn open(own: [u8; 4], server: SocketAddr) -> WebSocketStream<TcpStream> {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind((own, 0).into()).unwrap();
    let stream = socket.connect(server).await.unwrap();
    let mut request = format!("ws://{server}{PATH}").into_client_request().unwrap();
    request.headers_mut().insert("sec-websocket-protocol", SUBPROTOCOL.parse().unwrap());
    client_async(request, stream).await.unwrap().0
}
