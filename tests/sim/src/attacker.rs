//! Somebody who knows the link: speaks the meeting at the door on a socket of his own, written anew from
//! PROTOCOL.md so that no code of the engine can be blind to its own mistakes.

pub mod log;

use crate::World;
use crate::hub::SocketId;
use data_encoding::BASE64URL_NOPAD;
use ed25519_dalek::{Signer, SigningKey};
use rand_core::{RngCore, SeedableRng};
use serde::{Deserialize, Serialize};
use signal_proto::{ClientMessage, Handle, Role, ServerMessage, Tag};
use snow::params::{CipherChoice, DHChoice, HashChoice};
use snow::resolvers::{CryptoResolver, DefaultResolver};
use snow::{HandshakeState, StatelessTransportState};

pub const OPEN: u8 = 1;
pub const ANSWER: u8 = 2;
pub const SEALED: u8 = 3;
const HEADER: usize = 20;

/// What the link gives to whoever has it.
#[derive(Clone)]
pub struct Link {
    pub tag: Tag,
    psk: [u8; 32],
    mode: u8,
}

impl Link {
    pub fn of(fragment: &str) -> Self {
        let bytes = BASE64URL_NOPAD.decode(fragment.as_bytes()).expect("the attacker makes no mistakes");
        Self::with(&bytes[1..17], "door", 1)
    }

    /// What a secret opens: the door (mode 1), or for members the mesh (mode 2).
    pub fn with(secret: &[u8], place: &str, mode: u8) -> Self {
        let tag = blake3::derive_key(&format!("linkspan/1 {place} tag"), secret);
        let psk = blake3::derive_key(&format!("linkspan/1 {place} psk"), secret);
        Self { tag: Tag(tag[..16].try_into().expect("the attacker makes no mistakes")), psk, mode }
    }
}

/// An Ed25519 signature as two halves, which is how it travels.
pub type Signature = ([u8; 32], [u8; 32]);

/// The messages of the meeting; those an attacker never gets to are only here for their place in the order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Body {
    Proof {
        key: [u8; 32],
        signature: Signature,
        commitment: [u8; 32],
        admit: Option<Vec<u8>>,
        features: u64,
        demands: u64,
    },
    Claim {
        key: [u8; 32],
        signature: Signature,
        nonce: [u8; 32],
        name: String,
        admit: Option<Vec<u8>>,
        features: u64,
    },
    Reveal {
        nonce: [u8; 32],
    },
    Welcome {
        create: Vec<u8>,
        admit: Vec<u8>,
        epoch: [u8; 32],
        ret: [u8; 32],
        offer: Description,
    },
    Offer {
        offer: Description,
    },
    Deny,
    Answer {
        answer: Description,
    },
    Candidates {
        candidates: Vec<()>,
        end: bool,
    },
    Renew,
    Cancel,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Description {
    pub ufrag: String,
    pub pwd: String,
    pub fingerprint: [u8; 32],
}

pub struct Key(SigningKey);

impl Key {
    pub fn new(seed: u8) -> Self {
        Self(SigningKey::from_bytes(&[seed; 32]))
    }

    pub fn public(&self) -> [u8; 32] {
        self.0.verifying_key().to_bytes()
    }

    /// The signature that proves this key in a handshake at `link` of the room of `host`.
    pub fn prove(
        &self,
        link: &Link,
        initiator: bool,
        host: &[u8; 32],
        claimed: &[u8; 32],
        h: &[u8; 32],
    ) -> Signature {
        let room = blake3::derive_key("linkspan/1 room id", host);
        let mut bytes = b"linkspan/1 handshake signature\0".to_vec();
        bytes.extend_from_slice(&[link.mode, u8::from(initiator)]);
        bytes.extend_from_slice(&room);
        bytes.extend_from_slice(claimed);
        bytes.extend_from_slice(h);
        let signature = self.0.sign(&bytes).to_bytes();
        (
            signature[..32].try_into().expect("the attacker makes no mistakes"),
            signature[32..].try_into().expect("the attacker makes no mistakes"),
        )
    }
}

struct Dice(rand_chacha::ChaCha20Rng);

impl snow::types::Random for Dice {
    fn try_fill_bytes(&mut self, out: &mut [u8]) -> Result<(), snow::Error> {
        self.0.fill_bytes(out);
        Ok(())
    }
}

struct Resolver(u64);

impl CryptoResolver for Resolver {
    fn resolve_rng(&self) -> Option<Box<dyn snow::types::Random>> {
        Some(Box::new(Dice(rand_chacha::ChaCha20Rng::seed_from_u64(self.0))))
    }
    fn resolve_dh(&self, choice: &DHChoice) -> Option<Box<dyn snow::types::Dh>> {
        DefaultResolver.resolve_dh(choice)
    }
    fn resolve_hash(&self, choice: &HashChoice) -> Option<Box<dyn snow::types::Hash>> {
        DefaultResolver.resolve_hash(choice)
    }
    fn resolve_cipher(&self, choice: &CipherChoice) -> Option<Box<dyn snow::types::Cipher>> {
        DefaultResolver.resolve_cipher(choice)
    }
}

fn builder<'a>(link: &'a Link, header: &'a [u8], dice: u64) -> snow::Builder<'a> {
    let params = "Noise_NNpsk0_25519_ChaChaPoly_BLAKE2s".parse().expect("the attacker makes no mistakes");
    let builder = snow::Builder::with_resolver(params, Box::new(Resolver(dice)));
    builder
        .psk(0, &link.psk)
        .expect("the attacker makes no mistakes")
        .prologue(header)
        .expect("the attacker makes no mistakes")
}

fn pad(content: &[u8], overhead: usize) -> Vec<u8> {
    let class = [512, 1_024, 4_096, 16_384]
        .into_iter()
        .find(|class| *class >= 2 + content.len() + overhead)
        .expect("the attacker makes no mistakes");
    let mut plain = (content.len() as u16).to_le_bytes().to_vec();
    plain.extend_from_slice(content);
    plain.resize(class - overhead, 0);
    plain
}

fn message(number: u32, body: &Body) -> Vec<u8> {
    let mut bytes = 0_u32.to_le_bytes().to_vec();
    bytes.extend_from_slice(&number.to_le_bytes());
    bytes.extend_from_slice(&postcard::to_allocvec(body).expect("the attacker makes no mistakes"));
    bytes
}

/// What a sealed message says; `None` is a bare acknowledgement.
fn body(plain: &[u8]) -> Option<Body> {
    let length = usize::from(u16::from_le_bytes([plain[0], plain[1]]));
    let content = &plain[2..2 + length];
    content.get(8..).map(|bytes| postcard::from_bytes(bytes).expect("a body of the meeting"))
}

/// The attacker's end of one conversation.
pub struct Conversation {
    noise: StatelessTransportState,
    pub header: [u8; HEADER],
    pub h: [u8; 32],
    nonce: u64,
    number: u32,
}

/// The attacker answers an opening; `first` makes his T0 from h.
pub fn answer(
    link: &Link,
    open: &[u8],
    dice: u64,
    first: impl FnOnce(&[u8; 32]) -> Body,
) -> Option<(Conversation, Vec<u8>)> {
    let header: [u8; HEADER] = open[..HEADER].try_into().expect("the attacker makes no mistakes");
    let mut noise = builder(link, &header, dice).build_responder().expect("the attacker makes no mistakes");
    noise.read_message(&open[HEADER..], &mut vec![0; 65_535]).ok()?;
    let mut message2 = vec![0; 65_535];
    let length = noise.write_message(&[], &mut message2).expect("the attacker makes no mistakes");
    message2.truncate(length);
    let mut conversation = Conversation::new(noise, header);
    let content = message(0, &first(&conversation.h));
    conversation.number = 1;
    let sealed = conversation.seal(&pad(&content, HEADER + length + 16));
    let mut clear = header;
    clear[0] = ANSWER;
    Some((conversation, [&clear[..], &message2, &sealed].concat()))
}

/// The attacker knocks.
pub struct Opening {
    noise: HandshakeState,
    header: [u8; HEADER],
    pub envelope: Vec<u8>,
}

impl Opening {
    pub fn new(link: &Link, meeting: [u8; 16], dice: u64) -> Self {
        let mut header = [OPEN, link.mode, 2, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
        header[4..].copy_from_slice(&meeting);
        let mut noise =
            builder(link, &header, dice).build_initiator().expect("the attacker makes no mistakes");
        let mut sealed = vec![0; 65_535];
        let length =
            noise.write_message(&pad(&[], HEADER + 48), &mut sealed).expect("the attacker makes no mistakes");
        Self { noise, envelope: [&header[..], &sealed[..length]].concat(), header }
    }

    /// The host's answer opens the conversation, with its T0.
    pub fn answered(mut self, answer: &[u8]) -> Option<(Conversation, Body)> {
        let (message2, sealed) = answer[HEADER..].split_at(48);
        self.noise.read_message(message2, &mut [0; 64]).ok()?;
        let conversation = Conversation::new(self.noise, self.header);
        let first = conversation.open_at(0, sealed)??;
        Some((conversation, first))
    }
}

impl Conversation {
    fn new(noise: HandshakeState, header: [u8; HEADER]) -> Self {
        let h = noise.get_handshake_hash().try_into().expect("the attacker makes no mistakes");
        Self {
            noise: noise.into_stateless_transport_mode().expect("the attacker makes no mistakes"),
            header,
            h,
            nonce: 0,
            number: 0,
        }
    }

    fn seal(&mut self, plain: &[u8]) -> Vec<u8> {
        let mut sealed = vec![0; plain.len() + 16];
        self.noise.write_message(self.nonce, plain, &mut sealed).expect("the attacker makes no mistakes");
        self.nonce += 1;
        sealed
    }

    /// An envelope that says `body`.
    pub fn say(&mut self, body: &Body) -> Vec<u8> {
        let content = message(self.number, body);
        self.number += 1;
        self.say_bytes(&content)
    }

    /// An envelope with any bytes under the seal.
    pub fn say_bytes(&mut self, content: &[u8]) -> Vec<u8> {
        let nonce = self.nonce;
        let sealed = self.seal(&pad(content, HEADER + 24));
        let mut clear = self.header;
        clear[0] = SEALED;
        [&clear[..], &nonce.to_le_bytes(), &sealed].concat()
    }

    fn open_at(&self, nonce: u64, sealed: &[u8]) -> Option<Option<Body>> {
        let mut plain = vec![0; sealed.len()];
        let length = self.noise.read_message(nonce, sealed, &mut plain).ok()?;
        Some(body(&plain[..length]))
    }

    /// What the other says in a sealed envelope of this conversation: outer `None` if it is not for it.
    pub fn hear(&self, envelope: &[u8]) -> Option<Option<Body>> {
        if envelope.len() < HEADER + 8 || envelope[0] != SEALED || envelope[4..HEADER] != self.header[4..] {
            return None;
        }
        let nonce = u64::from_le_bytes(
            envelope[HEADER..HEADER + 8].try_into().expect("the attacker makes no mistakes"),
        );
        self.open_at(nonce, &envelope[HEADER + 8..])
    }
}

/// The commitment to a nonce.
pub fn commitment(nonce: &[u8; 32]) -> [u8; 32] {
    blake3::derive_key("linkspan/1 nonce commitment", nonce)
}

// ------------------------------------------------------------ on a socket

/// A script at `link`; it hears what the engine says to it.
pub fn at(world: &mut World, link: &Link, role: Role) -> SocketId {
    let socket = world.script();
    world.script_send(socket, &ClientMessage::Join { tag: link.tag, role });
    socket
}

pub fn send(world: &mut World, socket: SocketId, link: &Link, to: Handle, bytes: Vec<u8>) {
    world.script_send(socket, &ClientMessage::Send { tag: link.tag, to: Some(to), bytes });
}

pub fn envelopes(world: &mut World, socket: SocketId) -> Vec<(Handle, Vec<u8>)> {
    let heard = world.script_heard(socket).into_iter();
    let envelopes = heard.filter_map(|message| match message {
        ServerMessage::Message { from, bytes, .. } => Some((from, bytes)),
        _ => None,
    });
    envelopes.collect()
}

/// A script at `link`, and the first whom it sees there.
pub fn reach(world: &mut World, link: &Link, role: Role) -> (SocketId, Handle) {
    let socket = at(world, link, role);
    world.run_for(1_000);
    let joined = world.script_heard(socket);
    let peers = joined.into_iter().find_map(|message| match message {
        ServerMessage::Joined { peers, .. } => Some(peers),
        _ => None,
    });
    (socket, peers.expect("he joined")[0])
}

/// His handshake with whoever is there, as far as its T0.
pub fn shake(world: &mut World, socket: SocketId, to: Handle, link: &Link, n: u8) -> (Conversation, Body) {
    let opening = Opening::new(link, [n; 16], u64::from(n) + 1_000);
    send(world, socket, link, to, opening.envelope.clone());
    world.run_for(1_000);
    let heard = envelopes(world, socket);
    let reply = heard
        .into_iter()
        .map(|(_, envelope)| envelope)
        .find(|envelope| envelope[0] == ANSWER && envelope[4..20] == [n; 16]);
    opening.answered(&reply.expect("he is answered")).expect("with the link's secret")
}
