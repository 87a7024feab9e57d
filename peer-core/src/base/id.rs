//! Names of things: small newtypes, parsed at the edge so that a mix-up does not compile.

use alloc::string::String;
use base16ct::lower;
use core::fmt;
use serde::{Deserialize, Serialize};

macro_rules! bytes_id {
    ($(#[$doc:meta])* $name:ident, $len:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub struct $name(pub [u8; $len]);

        impl $name {
            /// Lower-case hexadecimal, the form in which ids cross to JavaScript.
            pub fn to_hex(&self) -> String {
                lower::encode_string(&self.0)
            }

            /// The id that `hex` spells, if it is exactly one.
            pub fn from_hex(hex: &str) -> Option<Self> {
                let bytes = lower::decode_vec(hex).ok()?;
                Some(Self(bytes.try_into().ok()?))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({}…)"), lower::encode_string(&self.0[..4]))
            }
        }
    };
}

bytes_id!(
    /// A room, by the 16 bytes of its host key's digest that the link carries (C in PROTOCOL.md). A guest knows
    /// it before it has met the host.
    RoomId, 16
);
bytes_id!(
    /// A member of one room: the Ed25519 public key made for that room and device.
    MemberId, 32
);
bytes_id!(
    /// A log entry: the hash of its signed bytes.
    EntryId, 32
);
bytes_id!(
    /// BLAKE3 hash of a whole file, as `b3sum` prints it.
    Root, 32
);
bytes_id!(
    /// SHA-256 of a DTLS certificate (RFC 8122).
    Fingerprint, 32
);

macro_rules! number_id {
    ($(#[$doc:meta])* $name:ident, $int:ty) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub struct $name(pub $int);
    };
}

number_id!(
    /// A submitted command, named again by the event that reports its late failure.
    CommandId, u64
);
number_id!(
    /// Somebody waiting at the door, unique within one [`Peer`](crate::Peer).
    KnockId, u32
);
number_id!(
    /// One authenticated (or not yet authenticated) peer connection, unique within one [`Peer`](crate::Peer).
    LinkId, u32
);
number_id!(
    /// One RTCPeerConnection of a link. This version has lane 0 only.
    LaneId, u32
);
number_id!(
    /// Something readable that the shell registered: a file that the person chose.
    SourceId, u32
);
number_id!(
    /// Somewhere to write that the shell registered: a file being received.
    SinkId, u32
);
number_id!(
    /// One request to the store, named again by its reply.
    RequestId, u64
);

/// A file on a room's shelf: the Share entry that offered it and its place in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct FileId {
    /// The Share entry.
    pub share: EntryId,
    /// Index among the share's files, from 0.
    pub index: u16,
}
