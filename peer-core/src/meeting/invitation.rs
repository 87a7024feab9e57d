//! Links: what a person sends to a colleague. PROTOCOL.md, *Identity, room, link*.
//!
//! A link is the page's address, `#`, and base64url of version, S and C. S lets its holder knock, nothing more;
//! C commits to the host's key, so that nobody else can answer the door.

use crate::base::door_secret::DoorSecret;
use crate::base::id::RoomId;
use alloc::string::String;
use base64ct::{Base64UrlUnpadded, Encoding};
use core::fmt;

/// Version of the link's layout.
const VERSION: u8 = 1;
/// Bytes before base64: version, S, C.
const LENGTH: usize = 33;
/// What messengers glue to a link's end.
const TRAILING: &[char] =
    &['.', ',', ';', ':', '!', '?', ')', ']', '}', '>', '\'', '"', '…', '»', '”', '’', '*'];

/// A parsed link.
#[derive(Clone, PartialEq, Eq)]
pub struct Invitation {
    pub(crate) secret: DoorSecret,
    room: RoomId,
}

/// Why a text is no link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BadLink {
    /// Not a link of this program, or cut.
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

    /// The invitation in the text after `#`. Canonical base64url only; surrounding white space and the trailing
    /// punctuation of messengers are forgiven.
    ///
    /// # Errors
    /// [`BadLink`] for anything else.
    pub fn parse(fragment: &str) -> Result<Self, BadLink> {
        let text = fragment.trim().trim_start_matches('#').trim_end_matches(TRAILING);
        let bytes = Base64UrlUnpadded::decode_vec(text).map_err(|_| BadLink::Malformed)?;
        match bytes.first() {
            Some(&VERSION) => {}
            Some(&version) if version > VERSION && bytes.len() >= LENGTH => return Err(BadLink::Version),
            _ => return Err(BadLink::Malformed),
        }
        let bytes: [u8; LENGTH] = bytes.try_into().map_err(|_| BadLink::Malformed)?;
        let (mut secret, mut room) = ([0; 16], [0; 16]);
        secret.copy_from_slice(&bytes[1..17]);
        room.copy_from_slice(&bytes[17..]);
        Ok(Self { secret: DoorSecret(secret), room: RoomId(room) })
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
mod tests {
    use super::*;
    use crate::base::rng::{Rng, Seed};
    use alloc::format;

    fn invitation() -> Invitation {
        let mut rng = Rng::new(&Seed([3; 32]));
        Invitation::new(DoorSecret::random(&mut rng), RoomId(rng.bytes()))
    }

    #[test]
    fn a_link_survives_messengers_and_nothing_else() {
        let link = invitation();
        let text = link.fragment();
        for good in
            [text.clone(), format!("#{text}"), format!(" {text}. "), format!("{text})!"), format!("{text}…")]
        {
            assert!(Invitation::parse(&good) == Ok(link.clone()), "{good}");
        }
        for cut in 0..text.len() {
            assert!(Invitation::parse(&text[..cut]).is_err(), "cut at {cut}");
        }
        for bad in [
            format!("{text}A"),
            format!("{text}="),
            text.replace(|c: char| c.is_ascii_digit(), "+"),
            "room".into(),
        ] {
            assert!(Invitation::parse(&bad).is_err(), "{bad}");
        }
        let newer = Base64UrlUnpadded::encode_string(&[2; 40]);
        assert!(Invitation::parse(&newer) == Err(BadLink::Version));
    }
}
