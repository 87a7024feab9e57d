//! Links: what a person sends to a colleague. PROTOCOL.md, *Identity, room, link*.
//!
//! A link is the page's address, `#`, and base64url of version, S and C. S lets its holder knock, nothing more;
//! C commits to the host's key, so that nobody else can answer the door.

mod mangled;

use crate::base::door_secret::DoorSecret;
use crate::base::id::RoomId;
use crate::base::rng::Rng;
use alloc::string::String;
use base64ct::{Base64UrlUnpadded, Encoding};
use core::fmt;

/// Version of the link's layout.
const VERSION: u8 = 1;
/// Bytes before base64: version, S, C.
const LENGTH: usize = 33;
/// Characters of them in base64, which end with a byte.
const CHARACTERS: usize = 44;

/// Secrets and keys that are drawn until the link travels well. Nine in ten do; after as many as this, any will do.
pub(crate) const TRIES: usize = 32;

/// A parsed link.
#[derive(Clone, PartialEq, Eq)]
pub struct Invitation {
    pub(crate) secret: DoorSecret,
    room: RoomId,
}

/// Why a text is no link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BadLink {
    /// Not a link of this program, or cut, or its letters were made all small or all large.
    Malformed,
    /// A link of a later version.
    Version,
}

impl fmt::Display for BadLink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Malformed => "not a room link, or cut",
            Self::Version => "made by a newer version",
        })
    }
}

impl core::error::Error for BadLink {}

impl Invitation {
    pub(crate) fn new(secret: DoorSecret, room: RoomId) -> Self {
        Self { secret, room }
    }

    /// The invitation in the text after `#`, whatever was put into that or behind it on its way.
    ///
    /// # Errors
    /// [`BadLink`] if something is missing, or if it could be another link as well.
    pub fn parse(fragment: &str) -> Result<Self, BadLink> {
        let ways = [false, true].map(|quoted| Self::read(&mangled::mended(fragment, CHARACTERS, quoted)));
        match ways {
            [Ok(one), Ok(other)] if one != other => Err(BadLink::Malformed),
            [Ok(link), _] | [_, Ok(link)] => Ok(link),
            [Err(BadLink::Version), _] | [_, Err(BadLink::Version)] => Err(BadLink::Version),
            [Err(BadLink::Malformed), Err(BadLink::Malformed)] => Err(BadLink::Malformed),
        }
    }

    /// The invitation in base64url, all of it.
    fn read(text: &str) -> Result<Self, BadLink> {
        let has = |is: fn(&u8) -> bool| text.as_bytes().iter().any(is);
        // One link in three thousand million has such letters by chance, and every one that lost its case.
        if !has(u8::is_ascii_lowercase) || !has(u8::is_ascii_uppercase) {
            return Err(BadLink::Malformed);
        }
        let bytes = Base64UrlUnpadded::decode_vec(text).map_err(|_| BadLink::Malformed)?;
        match bytes.first() {
            Some(&VERSION) => {}
            Some(VERSION..) if bytes.len() >= LENGTH => return Err(BadLink::Version),
            _ => return Err(BadLink::Malformed),
        }
        let bytes: [u8; LENGTH] = bytes.try_into().map_err(|_| BadLink::Malformed)?;
        let (mut secret, mut room) = ([0; 16], [0; 16]);
        secret.copy_from_slice(&bytes[1..17]);
        room.copy_from_slice(&bytes[17..]);
        Ok(Self { secret: DoorSecret(secret), room: RoomId(room) })
    }

    /// A fresh S for `room` that makes a link which travels well.
    pub(crate) fn secret_of(room: RoomId, rng: &mut Rng) -> DoorSecret {
        let mut link = Self::new(DoorSecret::random(rng), room);
        for _ in 1..TRIES {
            if link.travels_well() {
                break;
            }
            link = Self::new(DoorSecret::random(rng), room);
        }
        link.secret
    }

    /// Whether links to `room` can travel well.
    pub(crate) fn travels_well_to(room: RoomId) -> bool {
        Self::new(DoorSecret([0; 16]), room).travels_well()
    }

    /// Whether nothing in it invites a program to change it for good: a last character that is taken for the
    /// sentence's, two hyphens that become one dash, two underscores that become bold type.
    fn travels_well(&self) -> bool {
        let text = self.fragment();
        !text.ends_with(['-', '_']) && !text.contains("--") && !text.contains("__")
    }

    /// The text after `#`.
    pub fn fragment(&self) -> String {
        Base64UrlUnpadded::encode_string(&[&[VERSION][..], &self.secret.0, &self.room.0].concat())
    }

    /// Which room it leads to.
    pub fn room(&self) -> RoomId {
        self.room
    }
}

#[cfg(test)]
mod tests;
