//! What a member can sign with its own key: entries of any number, with any causes. Written anew from PROTOCOL.md.

use crate::attacker::Signature;
use crate::{NodeId, World};
use ed25519_dalek::{Signer, SigningKey};
use peer_core::id::MemberId;
use serde::Serialize;

/// A newest entry that somebody claims to have seen.
#[derive(Clone, Serialize)]
pub struct Head {
    pub author: [u8; 32],
    pub seq: u64,
    pub id: [u8; 32],
}

#[derive(Serialize)]
struct Entry<'a> {
    author: [u8; 32],
    seq: u64,
    previous: [u8; 32],
    seen: &'a [Head],
    kind: u8,
    payload: &'a [u8],
    signature: Signature,
}

/// Kinds of entries.
pub const ADMIT: u8 = 2;
pub const SAY: u8 = 6;

/// A member's key, taken from its own disk, and where its chain goes on.
pub struct Pen {
    key: SigningKey,
    room: [u8; 32],
    /// Number of the next entry.
    pub seq: u64,
    /// Id of the one before it.
    pub previous: [u8; 32],
}

impl Pen {
    /// Nothing is written with it yet.
    pub fn of(world: &World, member: NodeId, host: NodeId) -> Self {
        let records = world.records(member);
        let (_, identity) = records.iter().find(|(key, _)| key == b"i").expect("it has a room");
        let seed: [u8; 32] = identity[1..33].try_into().expect("version, then the seed");
        let pen = Self {
            key: SigningKey::from_bytes(&seed),
            room: blake3::derive_key("linkspan/1 room id", &world.key(host).0),
            seq: 0,
            previous: [0; 32],
        };
        assert_eq!(MemberId(pen.key.verifying_key().to_bytes()), world.key(member));
        pen
    }

    /// A signed entry as it travels, and its id.
    pub fn sign(
        &self,
        seq: u64,
        previous: [u8; 32],
        seen: &[Head],
        kind: u8,
        payload: &[u8],
    ) -> (Vec<u8>, [u8; 32]) {
        let author = self.key.verifying_key().to_bytes();
        let mut signed = [&self.room[..], &author, &seq.to_le_bytes(), &previous].concat();
        signed.extend((seen.len() as u32).to_le_bytes());
        for head in seen {
            signed.extend([&head.author[..], &head.seq.to_le_bytes(), &head.id].concat());
        }
        signed.push(kind);
        signed.extend((payload.len() as u32).to_le_bytes());
        signed.extend(blake3::derive_key("linkspan/2 entry payload", payload));
        let signature = self.signature("linkspan/2 entry signature", &signed);
        let entry = Entry { author, seq, previous, seen, kind, payload, signature };
        let bytes = postcard::to_allocvec(&entry).expect("the attacker makes no mistakes");
        (bytes, blake3::derive_key("linkspan/2 entry id", &signed))
    }

    /// A signature over the room and `bytes`.
    pub fn sign_in_room(&self, context: &str, bytes: &[u8]) -> Signature {
        self.signature(context, &[&self.room[..], bytes].concat())
    }

    fn signature(&self, context: &str, bytes: &[u8]) -> Signature {
        let signature = self.key.sign(&[context.as_bytes(), &[0], bytes].concat()).to_bytes();
        let (r, s) = signature.split_at(32);
        (r.try_into().expect("half of 64"), s.try_into().expect("half of 64"))
    }

    /// The next entry of the chain, as it travels.
    pub fn write(&mut self, kind: u8, payload: &[u8]) -> Vec<u8> {
        let (bytes, id) = self.sign(self.seq, self.previous, &[], kind, payload);
        (self.seq, self.previous) = (self.seq + 1, id);
        bytes
    }

    /// A message of any number.
    pub fn say(&self, seq: u64, previous: [u8; 32], seen: &[Head], text: &str) -> (Vec<u8>, [u8; 32]) {
        let payload = postcard::to_allocvec(&(text, 0_u64)).expect("the attacker makes no mistakes");
        self.sign(seq, previous, seen, SAY, &payload)
    }
}

/// A control frame of log entries.
pub fn entries(entries: &[Vec<u8>]) -> Vec<u8> {
    [&[3][..], &postcard::to_allocvec(entries).expect("the attacker makes no mistakes")].concat()
}

/// The id of an entry that travels as `bytes`, in the room of `host`.
pub fn id_of(bytes: &[u8], host: &[u8; 32]) -> [u8; 32] {
    type Travelling<'a> = ([u8; 32], u64, [u8; 32], Vec<([u8; 32], u64, [u8; 32])>, u8, &'a [u8], Signature);
    let (author, seq, previous, seen, kind, payload, _): Travelling<'_> =
        postcard::from_bytes(bytes).expect("an entry");
    let mut signed =
        [&blake3::derive_key("linkspan/1 room id", host)[..], &author, &seq.to_le_bytes()].concat();
    signed.extend(previous);
    signed.extend((seen.len() as u32).to_le_bytes());
    for (author, seq, id) in seen {
        signed.extend([&author[..], &seq.to_le_bytes(), &id].concat());
    }
    signed.push(kind);
    signed.extend((payload.len() as u32).to_le_bytes());
    signed.extend(blake3::derive_key("linkspan/2 entry payload", payload));
    blake3::derive_key("linkspan/2 entry id", &signed)
}
