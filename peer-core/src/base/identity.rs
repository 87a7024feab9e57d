//! Keys, signatures, derivations and the short authentication string. PROTOCOL.md, *Identity, room, link*.
//!
//! Every derivation and signature has a context string of its own, all of them in [`context`], so that bytes
//! made for one purpose mean nothing for another. Secrets are zeroized and have no `Debug`.

use crate::base::id::{MemberId, RoomId};
use crate::base::rng::Rng;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use ed25519_dalek::{Signer, SigningKey, VerifyingKey};
use serde::{Deserialize, Serialize};
use zeroize::{Zeroize, ZeroizeOnDrop};

/// The one table of context strings.
pub(crate) mod context {
    pub(crate) const ROOM_ID: &str = "linkspan/1 room id";
    pub(crate) const DOOR_TAG: &str = "linkspan/1 door tag";
    pub(crate) const DOOR_PSK: &str = "linkspan/1 door psk";
    pub(crate) const MESH_TAG: &str = "linkspan/1 mesh tag";
    pub(crate) const MESH_PSK: &str = "linkspan/1 mesh psk";
    pub(crate) const RETURN: &str = "linkspan/1 return secret";
    pub(crate) const COMMITMENT: &str = "linkspan/1 nonce commitment";
    pub(crate) const SAS: &str = "linkspan/1 sas";
    pub(crate) const ENTRY_ID: &str = "linkspan/2 entry id";
    pub(crate) const PAYLOAD: &str = "linkspan/2 entry payload";
    /// Signature contexts.
    pub(crate) const SIGN_HANDSHAKE: &str = "linkspan/1 handshake signature";
    pub(crate) const SIGN_ENTRY: &str = "linkspan/2 entry signature";
    pub(crate) const SIGN_PAGE: &str = "linkspan/1 page signature";
}

/// BLAKE3 key derivation. All parts but the last have a fixed length at each use, so that no two inputs
/// concatenate alike.
pub(crate) fn derive(context: &'static str, parts: &[&[u8]]) -> [u8; 32] {
    let mut hasher = blake3::Hasher::new_derive_key(context);
    for part in parts {
        hasher.update(part);
    }
    *hasher.finalize().as_bytes()
}

/// 32 secret bytes: wiped on drop, never printed.
#[derive(Clone, PartialEq, Eq, Zeroize, ZeroizeOnDrop, Serialize, Deserialize)]
pub(crate) struct Secret([u8; 32]);

impl Secret {
    pub(crate) fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    pub(crate) fn random(rng: &mut Rng) -> Self {
        Self(rng.bytes())
    }

    pub(crate) fn expose(&self) -> &[u8; 32] {
        &self.0
    }
}

/// The full digest of a host's key that signatures bind; its first half is the [`RoomId`].
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct RoomDigest(pub(crate) [u8; 32]);

impl RoomDigest {
    pub(crate) fn of_host(host: &MemberId) -> Self {
        Self(derive(context::ROOM_ID, &[&host.0]))
    }

    pub(crate) fn room(&self) -> RoomId {
        let mut half = [0; 16];
        half.copy_from_slice(&self.0[..16]);
        RoomId(half)
    }
}

/// An Ed25519 signature.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Signature(pub(crate) [u8; 64]);

impl Serialize for Signature {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (r, s) = self.0.split_at(32);
        (<[u8; 32]>::try_from(r).expect("half of 64"), <[u8; 32]>::try_from(s).expect("half of 64"))
            .serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Signature {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let (r, s) = <([u8; 32], [u8; 32])>::deserialize(deserializer)?;
        let mut bytes = [0; 64];
        bytes[..32].copy_from_slice(&r);
        bytes[32..].copy_from_slice(&s);
        Ok(Self(bytes))
    }
}

/// One's own key in one room.
pub(crate) struct Keypair(SigningKey);

impl Keypair {
    pub(crate) fn from_seed(seed: &Secret) -> Self {
        Self(SigningKey::from_bytes(seed.expose()))
    }

    pub(crate) fn member(&self) -> MemberId {
        MemberId(self.0.verifying_key().to_bytes())
    }

    pub(crate) fn sign(&self, context: &'static str, bytes: &[u8]) -> Signature {
        Signature(self.0.sign(&signed(context, bytes)).to_bytes())
    }
}

/// Whether `signature` over `bytes` is by `member`; strict (RFC 8032 with small-order keys refused).
pub(crate) fn verify(member: &MemberId, context: &'static str, bytes: &[u8], signature: &Signature) -> bool {
    VerifyingKey::from_bytes(&member.0).is_ok_and(|key| {
        let signature = ed25519_dalek::Signature::from_bytes(&signature.0);
        key.verify_strict(&signed(context, bytes), &signature).is_ok()
    })
}

fn signed(context: &'static str, bytes: &[u8]) -> Vec<u8> {
    // A zero byte ends the context, so that no context is the beginning of another one's message.
    [context.as_bytes(), &[0], bytes].concat()
}

/// Six digits that both ends of one handshake show, and nobody else's handshake does.
pub(crate) fn short_authentication_string(
    h: &[u8; 32],
    host: &MemberId,
    joiner: &MemberId,
    joiner_nonce: &[u8; 32],
    host_nonce: &[u8; 32],
) -> String {
    let digest = derive(context::SAS, &[h, &host.0, &joiner.0, joiner_nonce, host_nonce]);
    let number = u64::from_be_bytes(digest[..8].try_into().expect("8 of 32"));
    // 2^64 mod 10^6 leaves a bias of 5e-14: nobody's advantage.
    format!("{:06}", number % 1_000_000)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::rng::Seed;

    #[test]
    fn a_signature_holds_for_its_own_key_context_and_bytes_only() {
        let mut rng = Rng::new(&Seed([1; 32]));
        let (a, b) =
            (Keypair::from_seed(&Secret::random(&mut rng)), Keypair::from_seed(&Secret::random(&mut rng)));
        let signature = a.sign(context::SIGN_ENTRY, b"x");
        assert!(verify(&a.member(), context::SIGN_ENTRY, b"x", &signature));
        assert!(!verify(&b.member(), context::SIGN_ENTRY, b"x", &signature));
        assert!(!verify(&a.member(), context::SIGN_PAGE, b"x", &signature));
        assert!(!verify(&a.member(), context::SIGN_ENTRY, b"y", &signature));
        // The neutral element is a key that signs anything for a careless verifier.
        let mut small = [0; 32];
        small[0] = 1;
        assert!(!verify(&MemberId(small), context::SIGN_ENTRY, b"x", &Signature([0; 64])));
    }
}
