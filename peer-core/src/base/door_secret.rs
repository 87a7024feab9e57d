//! S, the half of a link that lets its holder knock, and what follows from it. PROTOCOL.md, *Identity, room, link*.

use crate::base::identity::{Secret, context, derive};
use crate::base::rng::Rng;
use serde::{Deserialize, Serialize};
use signal_proto::Tag;
use zeroize::{Zeroize, ZeroizeOnDrop};

/// S: 16 random bytes that let their holder knock.
#[derive(Clone, PartialEq, Eq, Zeroize, ZeroizeOnDrop, Serialize, Deserialize)]
pub(crate) struct DoorSecret(pub(crate) [u8; 16]);

impl DoorSecret {
    pub(crate) fn random(rng: &mut Rng) -> Self {
        Self(rng.bytes())
    }

    /// Where to knock: all that the server sees of S.
    pub(crate) fn tag(&self) -> Tag {
        short_tag(derive(context::DOOR_TAG, &[&self.0]))
    }

    /// The handshake's pre-shared key at the door.
    pub(crate) fn psk(&self) -> Secret {
        Secret::new(derive(context::DOOR_PSK, &[&self.0]))
    }
}

/// A tag is the first 16 bytes of its derivation.
pub(crate) fn short_tag(digest: [u8; 32]) -> Tag {
    let mut tag = [0; 16];
    tag.copy_from_slice(&digest[..16]);
    Tag(tag)
}
