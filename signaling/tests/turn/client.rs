//! As much of a TURN client (RFC 8656, over UDP) as is needed to ask for things.

use signal_proto::Turn;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;
use stun_types::attribute::{AttributeType, ErrorCode, Nonce, RawAttribute, Realm, Username};
use stun_types::message::{
    BINDING, IntegrityAlgorithm, LongTermKeyCredentials, MAGIC_COOKIE, Message, MessageClass,
    MessageIntegrityCredentials, MessageType, MessageWrite, MessageWriteExt, MessageWriteVec, Method,
    TransactionId,
};
use tokio::net::UdpSocket;
use tokio::time::timeout;

const ALLOCATE: Method = Method::new(0x003);
const REFRESH: Method = Method::new(0x004);
const CREATE_PERMISSION: Method = Method::new(0x008);
const CHANNEL_BIND: Method = Method::new(0x009);
const CHANNEL_NUMBER: u16 = 0x000c;
const LIFETIME: u16 = 0x000d;
const XOR_PEER_ADDRESS: u16 = 0x0012;
const REQUESTED_ADDRESS_FAMILY: u16 = 0x0017;
const REQUESTED_TRANSPORT: u16 = 0x0019;
const XOR_RELAYED_ADDRESS: u16 = 0x0016;
/// The first channel that a client may bind.
pub(crate) const CHANNEL: u16 = 0x4000;

/// UDP loses things even here, so questions are repeated after this, as the standard has it.
const REPEAT: Duration = Duration::from_millis(200);
/// So often; then nothing will come any more.
const TIMES: u32 = 100;

/// What an answer was: the relayed address if it names one, or the code of an error.
pub(crate) type Answer = Result<Option<SocketAddr>, u16>;

pub(crate) struct Client {
    /// Not connected to the server, or what the system says while that is starting would be an error.
    socket: UdpSocket,
    server: SocketAddr,
    turn: Option<Turn>,
    /// As the server asked for: realm and nonce.
    asked: Option<(String, String)>,
    nonces: usize,
}

impl Client {
    pub(crate) async fn new(server: SocketAddr, turn: Option<Turn>) -> Self {
        let any = SocketAddr::new(server.ip(), 0);
        let socket = UdpSocket::bind(any).await.unwrap();
        Self { socket, server, turn, asked: None, nonces: 0 }
    }

    /// What it came with.
    pub(crate) fn turn(&self) -> Turn {
        self.turn.clone().expect("it came with one")
    }

    /// How many nonces the server has given it.
    pub(crate) fn nonces(&self) -> usize {
        self.nonces
    }

    /// Waits until the server answers at all.
    pub(crate) async fn is_there(&mut self) {
        assert_eq!(self.once(BINDING, &[]).await, Ok(None));
    }

    /// An allocation of the family that the client itself speaks.
    pub(crate) async fn allocate(&mut self) -> Answer {
        let family = if self.socket.local_addr().unwrap().is_ipv4() { 1 } else { 2 };
        let attributes =
            [(REQUESTED_TRANSPORT, vec![17, 0, 0, 0]), (REQUESTED_ADDRESS_FAMILY, vec![family, 0, 0, 0])];
        self.ask(ALLOCATE, &attributes).await
    }

    pub(crate) async fn refresh(&mut self) -> Answer {
        self.ask(REFRESH, &[(LIFETIME, 600_u32.to_be_bytes().to_vec())]).await
    }

    pub(crate) async fn permit(&mut self, peer: IpAddr) -> Answer {
        self.ask(CREATE_PERMISSION, &[(XOR_PEER_ADDRESS, Self::plain(SocketAddr::new(peer, 0)))]).await
    }

    pub(crate) async fn bind(&mut self, peer: SocketAddr) -> Answer {
        let channel = [CHANNEL.to_be_bytes(), [0, 0]].concat();
        self.ask(CHANNEL_BIND, &[(CHANNEL_NUMBER, channel), (XOR_PEER_ADDRESS, Self::plain(peer))]).await
    }

    /// One question until it is answered for good: the first is only told what to sign with, and a nonce gets old.
    async fn ask(&mut self, method: Method, attributes: &[(u16, Vec<u8>)]) -> Answer {
        for _ in 0..3 {
            let first = self.asked.is_none();
            match self.once(method, attributes).await {
                Err(401) if first && self.asked.is_some() && self.turn.is_some() => {}
                Err(438) => {}
                answer => return answer,
            }
        }
        panic!("the server never likes its own nonce");
    }

    async fn once(&mut self, method: Method, attributes: &[(u16, Vec<u8>)]) -> Answer {
        let id = TransactionId::generate();
        let kind = MessageType::from_class_method(MessageClass::Request, method);
        let mut message = Message::builder(kind, id, MessageWriteVec::new());
        for (kind, value) in attributes {
            let value = if *kind == XOR_PEER_ADDRESS { xored(value, id) } else { value.clone() };
            message.add_attribute(&RawAttribute::new(AttributeType::new(*kind), &value)).unwrap();
        }
        if let (Some((realm, nonce)), Some(turn)) = (&self.asked, &self.turn) {
            let (user, password) = (turn.username().to_owned(), turn.credential().to_owned());
            message.add_attribute(&Username::new(&user).unwrap()).unwrap();
            message.add_attribute(&Realm::new(realm).unwrap()).unwrap();
            message.add_attribute(&Nonce::new(nonce).unwrap()).unwrap();
            let key = LongTermKeyCredentials::new(user, password, realm.clone());
            let credentials = MessageIntegrityCredentials::LongTerm(key);
            message.add_message_integrity(&credentials, IntegrityAlgorithm::Sha1).unwrap();
        }
        let question = message.finish();
        let mut buffer = [0; 1_500];
        for _ in 0..TIMES {
            self.socket.send_to(&question, self.server).await.unwrap();
            while let Some(length) = self.receive(&mut buffer).await {
                let Ok(answer) = Message::from_bytes(&buffer[..length]) else { continue };
                if answer.transaction_id() == id {
                    return self.read(&answer);
                }
            }
        }
        panic!("no answer to {method}");
    }

    /// What comes next from the server, if anything does before it is time to repeat.
    pub(crate) async fn receive(&self, buffer: &mut [u8]) -> Option<usize> {
        let (length, from) = timeout(REPEAT, self.socket.recv_from(buffer)).await.ok()?.unwrap();
        (from == self.server).then_some(length)
    }

    fn read(&mut self, answer: &Message) -> Answer {
        if answer.has_class(MessageClass::Success) {
            let relayed = answer.raw_attribute(AttributeType::new(XOR_RELAYED_ADDRESS));
            return Ok(relayed.map(|raw| {
                let plain = xored(&raw.value, answer.transaction_id());
                let ip: [u8; 4] = plain[4..8].try_into().unwrap_or([127, 0, 0, 1]);
                let port = u16::from_be_bytes([plain[2], plain[3]]);
                let v4 = plain[1] == 1;
                SocketAddr::new(
                    if v4 { IpAddr::from(ip) } else { self.socket.local_addr().unwrap().ip() },
                    port,
                )
            }));
        }
        if let (Ok(realm), Ok(nonce)) = (answer.attribute::<Realm>(), answer.attribute::<Nonce>()) {
            self.nonces += 1;
            self.asked = Some((realm.realm().to_owned(), nonce.nonce().to_owned()));
        }
        Err(answer.attribute::<ErrorCode>().unwrap().code())
    }

    /// An address as in the attribute, but not yet hidden from middle-boxes.
    fn plain(address: SocketAddr) -> Vec<u8> {
        let (family, ip) = match address.ip() {
            IpAddr::V4(v4) => (1, v4.octets().to_vec()),
            IpAddr::V6(v6) => (2, v6.octets().to_vec()),
        };
        [&[0, family][..], &address.port().to_be_bytes(), &ip].concat()
    }
}

/// Port and address with cookie and transaction id over them (RFC 8489 section 14.2); twice is none.
fn xored(plain: &[u8], id: TransactionId) -> Vec<u8> {
    let cookie = MAGIC_COOKIE.to_be_bytes();
    let id = u128::from(id).to_be_bytes();
    let mask = [&[0, 0][..], &cookie[..2], &cookie, &id[4..]].concat();
    plain.iter().zip(mask).map(|(byte, mask)| byte ^ mask).collect()
}
