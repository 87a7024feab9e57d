//! A meeting's sealed, reliable conversation over signaling that may lose, repeat and reorder.
//!
//! Noise `NNpsk0` with explicit nonces and a replay window (RFC 6479 in spirit); on top, messages are numbered,
//! acknowledged, sent again and handed on in order. What does not decrypt is ignored. Keys never leave here.
//! PROTOCOL.md, *Meeting at the door*.

use crate::base::id::{Fingerprint, LaneId};
use crate::base::identity::Secret;
use crate::base::map::Map;
use crate::base::rng::{Rng, SnowRng};
use crate::base::time::Instant;
use crate::meeting::envelope::{Body, HEADER, Header, Kind, MeetingId, Mode, pad, unpad};
use alloc::boxed::Box;
use alloc::collections::VecDeque;
use alloc::vec;
use alloc::vec::Vec;
use core::time::Duration;
use signal_proto::MAX_ENVELOPE;
use snow::params::{CipherChoice, DHChoice, HashChoice};
use snow::resolvers::{CryptoResolver, DefaultResolver};
use snow::{HandshakeState, StatelessTransportState};

const PATTERN: &str = "Noise_NNpsk0_25519_ChaChaPoly_BLAKE2s";
/// Bytes that ChaCha20-Poly1305 adds.
const TAG: usize = 16;
/// Noise message 2: an ephemeral key and the tag of its empty payload.
const ANSWER: usize = 32 + TAG;
/// First wait before something unacknowledged is sent again; doubles up to [`MAX_RESEND`].
pub(crate) const RESEND: Duration = Duration::from_millis(1_000);
/// Longest wait before something unacknowledged is sent again.
pub(crate) const MAX_RESEND: Duration = Duration::from_secs(8);
/// Most messages on their way or early; a meeting has about ten.
const MAX_QUEUE: usize = 64;
/// Nonces from here on confirm lanes (one each), far above any number of messages.
const LANE_NONCES: u64 = 1 << 48;

struct Resolver(SnowRng);

impl CryptoResolver for Resolver {
    fn resolve_rng(&self) -> Option<Box<dyn snow::types::Random>> {
        Some(Box::new(self.0.clone()))
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

fn builder<'a>(psk: &'a Secret, prologue: &'a [u8], rng: SnowRng) -> snow::Builder<'a> {
    let params = PATTERN.parse().expect("a pattern that snow knows");
    snow::Builder::with_resolver(params, Box::new(Resolver(rng)))
        .psk(0, psk.expose())
        .and_then(|builder| builder.prologue(prologue))
        .expect("psk and prologue are set once")
}

/// The initiator's side before the answer: one Noise message 1, sent again until answered.
///
/// Snow's handshake is spent by an answer that is genuine only in part, so it is made anew for each answer, from
/// the same randomness: until the true one comes, no other does harm.
pub(crate) struct Opening {
    header: Header,
    psk: Secret,
    rng: SnowRng,
    envelope: Vec<u8>,
}

impl Opening {
    pub(crate) fn new(mode: Mode, psk: &Secret, rng: &mut Rng) -> Self {
        let header = Header::new(Kind::Open, mode, MeetingId(rng.bytes()));
        let mut opening = Self { header, psk: psk.clone(), rng: rng.fork(), envelope: Vec::new() };
        opening.envelope = opening.begin().1;
        opening
    }

    fn begin(&self) -> (HandshakeState, Vec<u8>) {
        let prologue = self.header.encode();
        let builder = builder(&self.psk, &prologue, self.rng.clone());
        let mut noise = builder.build_initiator().expect("NNpsk0 needs a psk only");
        let mut sealed = vec![0; MAX_ENVELOPE];
        let length = noise.write_message(&pad(&[], HEADER + 32 + TAG), &mut sealed).expect("message 1 fits");
        (noise, [&prologue[..], &sealed[..length]].concat())
    }

    pub(crate) fn meeting(&self) -> MeetingId {
        self.header.meeting
    }

    pub(crate) fn envelope(&self) -> &[u8] {
        &self.envelope
    }

    /// The conversation that `answer` (an envelope's bytes after its header) opens, and the first message in it.
    /// Nothing if it is not wholly by somebody who knows the secret; another answer may still come.
    pub(crate) fn answered(&self, answer: &[u8]) -> Option<(Conduit, Body)> {
        let (message, sealed) = answer.split_at_checked(ANSWER)?;
        let (mut noise, _) = self.begin();
        noise.read_message(message, &mut [0; TAG]).ok()?;
        let mut conduit = Conduit::new(noise, self.header);
        let (_, body) = conduit.open_at(0, sealed)?.body?;
        // The first message counts as number 0 of the other side.
        conduit.expected = 1;
        conduit.window.insert(0);
        Some((conduit, body))
    }
}

/// The responder's side before its first message: `open` is an envelope's bytes after its header.
pub(crate) fn accept(header: &Header, open: &[u8], psk: &Secret, rng: &mut Rng) -> Option<Answering> {
    let prologue = header.encode();
    let mut noise = builder(psk, &prologue, rng.fork()).build_responder().expect("NNpsk0 needs a psk only");
    let mut plain = vec![0; open.len()];
    noise.read_message(open, &mut plain).ok()?;
    let mut message = vec![0; ANSWER];
    let length = noise.write_message(&[], &mut message).expect("message 2 fits");
    message.truncate(length);
    Some(Answering { conduit: Conduit::new(noise, *header), message })
}

/// Message 2 is ready, and waits for the first sealed message that travels with it.
pub(crate) struct Answering {
    conduit: Conduit,
    message: Vec<u8>,
}

impl Answering {
    /// h, that the first message signs.
    pub(crate) fn hash(&self) -> &[u8; 32] {
        self.conduit.hash()
    }

    /// Send message 2 with `first` under it; the same envelope answers every repeated opening.
    pub(crate) fn with(mut self, first: &Body) -> Conduit {
        let header = Header::new(Kind::Answer, self.conduit.header.mode, self.conduit.header.meeting);
        let content = Message { ack: 0, body: Some((0, first.clone())) }.encode();
        let plain = pad(&content, HEADER + ANSWER + TAG);
        let sealed = self.conduit.seal_at(0, &plain);
        self.conduit.answer = Some([&header.encode()[..], &self.message, &sealed].concat());
        self.conduit.next_nonce = 1;
        self.conduit.next_number = 1;
        self.conduit
    }
}

struct Message {
    /// The sender has everything below this number.
    ack: u32,
    body: Option<(u32, Body)>,
}

impl Message {
    fn encode(&self) -> Vec<u8> {
        let mut bytes = self.ack.to_le_bytes().to_vec();
        if let Some((number, body)) = &self.body {
            bytes.extend_from_slice(&number.to_le_bytes());
            bytes.extend_from_slice(&body.encode());
        }
        bytes
    }

    fn decode(bytes: &[u8]) -> Option<Self> {
        let (ack, rest) = bytes.split_first_chunk::<4>()?;
        let ack = u32::from_le_bytes(*ack);
        if rest.is_empty() {
            return Some(Self { ack, body: None });
        }
        let (number, body) = rest.split_first_chunk::<4>()?;
        Some(Self { ack, body: Some((u32::from_le_bytes(*number), Body::decode(body)?)) })
    }
}

struct Unacknowledged {
    number: u32,
    body: Body,
    wait: Duration,
    due: Instant,
}

/// An open conversation.
pub(crate) struct Conduit {
    noise: StatelessTransportState,
    h: [u8; 32],
    header: Header,
    /// The responder's message 2, for an opening that comes again.
    answer: Option<Vec<u8>>,
    next_nonce: u64,
    window: Window,
    next_number: u32,
    waiting: VecDeque<Unacknowledged>,
    expected: u32,
    early: Map<u32, Body>,
    owes_ack: bool,
    /// Lanes below it have been confirmed, or never will be.
    next_lane: u64,
}

impl Conduit {
    fn new(noise: HandshakeState, header: Header) -> Self {
        let h = noise.get_handshake_hash().try_into().expect("BLAKE2s has 32 bytes");
        let noise = noise.into_stateless_transport_mode().expect("both messages are through");
        Self {
            noise,
            h,
            header,
            answer: None,
            next_nonce: 0,
            window: Window::default(),
            next_number: 0,
            waiting: VecDeque::new(),
            expected: 0,
            early: Map::new(),
            owes_ack: false,
            next_lane: 0,
        }
    }

    /// The handshake's hash, the same at both ends and nowhere else.
    pub(crate) fn hash(&self) -> &[u8; 32] {
        &self.h
    }

    /// Message 2 and the first message, for the responder to send (again).
    pub(crate) fn answer(&self) -> Option<&[u8]> {
        self.answer.as_deref()
    }

    /// Send `body` reliably with the next [`Conduit::outgoing`].
    pub(crate) fn post(&mut self, body: Body, now: Instant) {
        if self.waiting.len() < MAX_QUEUE {
            self.waiting.push_back(Unacknowledged { number: self.next_number, body, wait: RESEND, due: now });
            self.next_number += 1;
        }
    }

    /// Take in an envelope's bytes after its header; the messages that are in order now. Nothing if it is not
    /// from the other end, or came before.
    pub(crate) fn receive(&mut self, sealed: &[u8]) -> Option<Vec<Body>> {
        let (nonce, sealed) = sealed.split_first_chunk::<8>()?;
        let nonce = u64::from_le_bytes(*nonce);
        if nonce >= LANE_NONCES || !self.window.is_new(nonce) {
            return None;
        }
        let message = self.open_at(nonce, sealed)?;
        self.window.insert(nonce);
        self.waiting.retain(|sent| sent.number >= message.ack);
        let mut ready = Vec::new();
        if let Some((number, body)) = message.body {
            self.owes_ack = true;
            if number >= self.expected && number - self.expected < MAX_QUEUE as u32 {
                self.early.insert(number, body);
            }
            while let Some(body) = self.early.remove(&self.expected) {
                self.expected += 1;
                ready.push(body);
            }
        }
        Some(ready)
    }

    /// Envelopes to send now: what is due, else a bare acknowledgement if one is owed.
    pub(crate) fn outgoing(&mut self, now: Instant) -> Vec<Vec<u8>> {
        let mut due = Vec::new();
        for sent in &mut self.waiting {
            if sent.due <= now {
                sent.due = now + sent.wait;
                sent.wait = (sent.wait * 2).min(MAX_RESEND);
                due.push(Some((sent.number, sent.body.clone())));
            }
        }
        if due.is_empty() && self.owes_ack {
            due.push(None);
        }
        self.owes_ack = false;
        let ack = self.expected;
        due.into_iter().map(|body| self.seal(&Message { ack, body })).collect()
    }

    /// Everything unacknowledged once more, for another way on which the other end may be; on the known one it is sent
    /// again within [`RESEND`] from now.
    pub(crate) fn again(&mut self, now: Instant) -> Vec<Vec<u8>> {
        for sent in &mut self.waiting {
            sent.due = sent.due.min(now + RESEND);
            sent.wait = RESEND;
        }
        let ack = self.expected;
        let bodies: Vec<_> = self.waiting.iter().map(|sent| (sent.number, sent.body.clone())).collect();
        bodies.into_iter().map(|body| self.seal(&Message { ack, body: Some(body) })).collect()
    }

    /// Whether everything sent has arrived.
    pub(crate) fn is_idle(&self) -> bool {
        self.waiting.is_empty()
    }

    pub(crate) fn next_timeout(&self) -> Option<Instant> {
        self.waiting.iter().map(|sent| sent.due).min()
    }

    fn seal(&mut self, message: &Message) -> Vec<u8> {
        let nonce = self.next_nonce;
        self.next_nonce += 1;
        let header = Header::new(Kind::Sealed, self.header.mode, self.header.meeting);
        let plain = pad(&message.encode(), HEADER + 8 + TAG);
        let sealed = self.seal_at(nonce, &plain);
        [&header.encode()[..], &nonce.to_le_bytes(), &sealed].concat()
    }

    fn seal_at(&self, nonce: u64, plain: &[u8]) -> Vec<u8> {
        let mut sealed = vec![0; plain.len() + TAG];
        self.noise.write_message(nonce, plain, &mut sealed).expect("an envelope is within Noise's limit");
        sealed
    }

    fn open_at(&self, nonce: u64, sealed: &[u8]) -> Option<Message> {
        let mut plain = vec![0; sealed.len()];
        let length = self.noise.read_message(nonce, sealed, &mut plain).ok()?;
        Message::decode(unpad(plain.get(..length)?)?)
    }

    /// The first frame of a lane: that it belongs to this handshake, and which certificates its ends have.
    /// Nothing for a number that is not above all before it: its nonce is spent, and a second frame under it would give
    /// the key away.
    pub(crate) fn seal_lane(
        &mut self,
        lane: LaneId,
        own: &Fingerprint,
        seen: &Fingerprint,
    ) -> Option<Vec<u8>> {
        let number = u64::from(lane.0);
        if number < self.next_lane {
            return None;
        }
        self.next_lane = number + 1;
        Some(self.seal_at(LANE_NONCES + number, &lane_bytes(lane, &self.h, own, seen)))
    }

    /// Whether `sealed` is the other end's first frame for `lane`, and names the same two certificates:
    /// `Err(true)` if it is the other end's but names others, `Err(false)` if it is not the other end's.
    pub(crate) fn check_lane(
        &self,
        lane: LaneId,
        own: &Fingerprint,
        seen: &Fingerprint,
        sealed: &[u8],
    ) -> Result<(), bool> {
        let mut plain = vec![0; sealed.len()];
        let length = self
            .noise
            .read_message(LANE_NONCES + u64::from(lane.0), sealed, &mut plain)
            .map_err(|_| false)?;
        if plain[..length] == lane_bytes(lane, &self.h, seen, own)[..] { Ok(()) } else { Err(true) }
    }
}

fn lane_bytes(lane: LaneId, h: &[u8; 32], own: &Fingerprint, seen: &Fingerprint) -> Vec<u8> {
    [&lane.0.to_le_bytes()[..], h, &own.0, &seen.0].concat()
}

/// Which of the last 64 nonces came already.
#[derive(Default)]
struct Window {
    /// One past the highest nonce seen.
    end: u64,
    /// Bit i: nonce `end - 1 - i` came.
    seen: u64,
}

impl Window {
    fn is_new(&self, nonce: u64) -> bool {
        nonce >= self.end || (self.end - 1 - nonce < 64 && self.seen & (1 << (self.end - 1 - nonce)) == 0)
    }

    fn insert(&mut self, nonce: u64) {
        if nonce >= self.end {
            let shift = nonce + 1 - self.end;
            self.seen = if shift >= 64 { 0 } else { self.seen << shift };
            self.end = nonce + 1;
        }
        self.seen |= 1 << (self.end - 1 - nonce);
    }
}

#[cfg(test)]
mod tests;
