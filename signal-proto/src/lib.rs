//! What peers and the signaling server say to each other: types, byte format and limits, nothing else.
//!
//! The server introduces peers that hold the same opaque [`Tag`] and relays sealed envelopes between them.
//! It never learns what a tag or an envelope means, so nothing here may name a person, a file or a key.
//! One WebSocket binary message is exactly one [`ClientMessage`] or [`ServerMessage`] in postcard format
//! (<https://postcard.jamesmunns.com/wire-format>). See PROTOCOL.md, *The server's model*.
#![forbid(unsafe_code)]
#![warn(missing_docs)]

extern crate alloc;
mod malformed;
mod turn;

use alloc::vec::Vec;
pub use malformed::Malformed;
use serde::{Deserialize, Serialize};
pub use turn::{MAX_TURN_LIFE, MAX_TURN_URL, MAX_TURN_URLS, MAX_TURN_WORD, Turn, is_turn_url};

/// WebSocket sub-protocol that both sides name; its number changes when an old peer could not follow.
pub const SUBPROTOCOL: &str = "linkspan.1";
/// HTTP path of the WebSocket.
pub const PATH: &str = "/signal";
/// Largest sealed envelope, in bytes; the biggest padding class of the peers' protocol.
pub const MAX_ENVELOPE: usize = 16_384;
/// Largest message either way, in bytes: an envelope and its header.
pub const MAX_MESSAGE: usize = MAX_ENVELOPE + 256;
/// Most others that a tag shows one socket, so that [`ServerMessage::Joined`] stays small.
pub const MAX_PEERS: usize = 64;
/// Most tags one socket may hold: a door and a mesh, and as many again while a room changes its link or epoch.
pub const MAX_TAGS_PER_SOCKET: usize = 4;

/// Opaque meeting point, derived by peers from a secret; the only thing that the server can tell rooms apart by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Tag(pub [u8; 16]);

/// A socket on a tag, drawn at random by the server for each (socket, tag); valid until detached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Handle(pub [u8; 8]);

/// What a socket is on a tag; it decides whom it sees and may send to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Role {
    /// Answers a door: sees and reaches knockers, and no other listeners.
    Listen,
    /// Knocks at a door: sees and reaches listeners, never other knockers.
    Knock,
    /// Member of a mesh: sees and reaches everybody else on the tag.
    Mesh,
}

/// From a peer to the server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ClientMessage {
    /// Join `tag` in `role`. Joining makes the tag, so an unknown tag does not exist. Answered by
    /// [`ServerMessage::Joined`] or [`ServerMessage::Refused`].
    Join {
        /// Where to meet.
        tag: Tag,
        /// As what.
        role: Role,
    },
    /// Relay `bytes` to `to`, or to everybody that the role may reach. Silently dropped if `to` is gone.
    Send {
        /// A tag that this socket has joined.
        tag: Tag,
        /// Whom; `None` is everybody that the role may reach.
        to: Option<Handle>,
        /// Sealed envelope, at most [`MAX_ENVELOPE`] bytes.
        bytes: Vec<u8>,
    },
    /// Leave `tag`; not answered.
    Leave {
        /// A tag that this socket has joined.
        tag: Tag,
    },
    /// Ask for the right to use a TURN server, for meeting on `tag`. Answered by [`ServerMessage::Turn`].
    AskTurn {
        /// A tag that this socket has joined.
        tag: Tag,
    },
}

/// From the server to a peer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ServerMessage {
    /// The join took effect. `peers` are the others that this role may see, at most [`MAX_PEERS`]; whoever
    /// comes later is told by [`ServerMessage::Attached`].
    Joined {
        /// The tag joined.
        tag: Tag,
        /// Who was there before.
        peers: Vec<Handle>,
    },
    /// The join did not take effect.
    Refused {
        /// The tag asked for.
        tag: Tag,
        /// Why.
        reason: Refusal,
    },
    /// Somebody that this role may see joined the tag.
    Attached {
        /// Where.
        tag: Tag,
        /// Who.
        handle: Handle,
    },
    /// Somebody that this role could see left the tag.
    Detached {
        /// Where.
        tag: Tag,
        /// Who.
        handle: Handle,
    },
    /// A relayed envelope.
    Message {
        /// Where.
        tag: Tag,
        /// Who sent it.
        from: Handle,
        /// The sender's bytes, unchanged.
        bytes: Vec<u8>,
    },
    /// The server is about to stop: come back after `retry_ms` (spread out by the server).
    GoingAway {
        /// Milliseconds to wait before connecting again.
        retry_ms: u32,
    },
    /// The answer to [`ClientMessage::AskTurn`]. It is handed only to who has just sent something to somebody on
    /// the tag and was sent something from there; nobody is told why there is none.
    Turn {
        /// The right to use a TURN server, if there is one for the asker.
        turn: Option<Turn>,
    },
}

/// Why a join was refused; the socket stays open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Refusal {
    /// All places of this role on the tag are taken.
    TagFull,
    /// The server holds as many tags as it may.
    ServerFull,
}

/// WebSocket close codes of the server's own (RFC 6455 section 7.4.2, private range): one for each reason.
pub mod close {
    /// Constants, and the same as a type for the page.
    macro_rules! codes {
        ($($(#[doc = $doc:literal])+ pub const $name:ident: u16 = $code:literal;)+) => {
            $($(#[doc = $doc])+ pub const $name: u16 = $code;)+

            /// All of them by name.
            pub const ALL: &[(&str, u16)] = &[$((stringify!($name), $name)),+];

            /// TypeScript's view of them.
            pub const TYPESCRIPT: &str = concat!(
                "/** Close codes of the signaling server's WebSockets. */\nexport interface CloseCodes {\n",
                $("    /**", $($doc),+, " */\n    readonly ", stringify!($name), ": ", $code, ";\n",)+
                "}\n/** One of them. */\nexport type CloseCode = CloseCodes[keyof CloseCodes];\n"
            );
        };
    }

    codes! {
        /// Not a message: text, or bytes that mean nothing.
        pub const BAD_MESSAGE: u16 = 4000;
        /// Messages came faster than allowed.
        pub const TOO_FAST: u16 = 4001;
        /// A tag was named that this socket has not joined.
        pub const BAD_TAG: u16 = 4002;
        /// Nothing was heard for too long.
        pub const IDLE: u16 = 4003;
        /// The peer read too slowly: its queue was full, or a message could not leave in time.
        pub const TOO_SLOW: u16 = 4004;
        /// The server is stopping, or the socket has lived its time: come back.
        pub const GOING_AWAY: u16 = 4005;
        /// A message longer than any may be.
        pub const TOO_LONG: u16 = 4006;
        /// More tags than one socket may hold.
        pub const TOO_MANY_TAGS: u16 = 4007;
        /// More bytes were to be relayed than allowed.
        pub const TOO_MUCH: u16 = 4008;
        /// A tag was joined that this socket is on already.
        pub const JOINED_TWICE: u16 = 4009;
        /// The socket was on no tag for too long.
        pub const NOTHING_JOINED: u16 = 4010;
    }
}

macro_rules! codec {
    ($type:ty) => {
        impl $type {
            /// The message as the bytes of one WebSocket binary message.
            pub fn encode(&self) -> Vec<u8> {
                postcard::to_allocvec(self).expect("postcard into a Vec has no failure for these types")
            }

            /// The message in `bytes`; nothing may be left over.
            ///
            /// # Errors
            /// [`Malformed`] if the bytes are too long, cut short, have a tail, name an unknown variant, or are
            /// not what [`Self::encode`] makes of it.
            pub fn decode(bytes: &[u8]) -> Result<Self, Malformed> {
                if bytes.len() > MAX_MESSAGE {
                    return Err(Malformed);
                }
                match postcard::take_from_bytes::<Self>(bytes) {
                    // postcard also reads numbers that are longer than they need be; then the lengths differ.
                    Ok((message, [])) if message.length() == bytes.len() => message.check(),
                    _ => Err(Malformed),
                }
            }

            fn length(&self) -> usize {
                postcard::serialize_with_flavor(self, postcard::ser_flavors::Size::default())
                    .expect("counting has no failure for these types")
            }
        }
    };
}
codec!(ClientMessage);
codec!(ServerMessage);

impl ClientMessage {
    fn check(self) -> Result<Self, Malformed> {
        match &self {
            Self::Send { bytes, .. } if bytes.len() > MAX_ENVELOPE => Err(Malformed),
            Self::Send { .. } | Self::Join { .. } | Self::Leave { .. } | Self::AskTurn { .. } => Ok(self),
        }
    }
}

impl ServerMessage {
    fn check(self) -> Result<Self, Malformed> {
        match &self {
            Self::Message { bytes, .. } if bytes.len() > MAX_ENVELOPE => Err(Malformed),
            Self::Joined { peers, .. } if peers.len() > MAX_PEERS => Err(Malformed),
            Self::Turn { turn: Some(turn) } if !turn.is_sound() => Err(Malformed),
            _ => Ok(self),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn messages() -> Vec<ClientMessage> {
        let tag = Tag([7; 16]);
        vec![
            ClientMessage::Join { tag, role: Role::Mesh },
            ClientMessage::Send { tag, to: Some(Handle([1; 8])), bytes: vec![9; 512] },
            ClientMessage::Send { tag, to: None, bytes: vec![] },
            ClientMessage::Leave { tag },
            ClientMessage::AskTurn { tag },
        ]
    }

    fn answers() -> Vec<ServerMessage> {
        let (tag, handle) = (Tag([7; 16]), Handle([1; 8]));
        vec![
            ServerMessage::Joined { tag, peers: vec![handle] },
            ServerMessage::Refused { tag, reason: Refusal::ServerFull },
            ServerMessage::Attached { tag, handle },
            ServerMessage::Detached { tag, handle },
            ServerMessage::Message { tag, from: handle, bytes: vec![9; 512] },
            ServerMessage::GoingAway { retry_ms: 300 },
            ServerMessage::Turn { turn: None },
        ]
    }

    #[test]
    fn every_answer_comes_back_and_no_prefix_or_tail_is_accepted() {
        for message in answers() {
            let bytes = message.encode();
            assert_eq!(ServerMessage::decode(&bytes), Ok(message));
            for cut in 0..bytes.len() {
                assert_eq!(ServerMessage::decode(&bytes[..cut]), Err(Malformed));
            }
            assert_eq!(ServerMessage::decode(&[bytes, vec![0]].concat()), Err(Malformed));
        }
    }

    #[test]
    fn every_message_comes_back_and_no_prefix_or_tail_is_accepted() {
        for message in messages() {
            let bytes = message.encode();
            assert_eq!(ClientMessage::decode(&bytes), Ok(message));
            for cut in 0..bytes.len() {
                assert_eq!(ClientMessage::decode(&bytes[..cut]), Err(Malformed));
            }
            assert_eq!(ClientMessage::decode(&[bytes, vec![0]].concat()), Err(Malformed));
        }
    }

    #[test]
    fn a_message_has_one_form() {
        let leave = ClientMessage::Leave { tag: Tag([7; 16]) }.encode();
        assert!(ClientMessage::decode(&leave).is_ok());
        // The variant 2 in two bytes.
        assert_eq!(ClientMessage::decode(&[&[0x82, 0x00], &leave[1..]].concat()), Err(Malformed));
        let going_away = ServerMessage::GoingAway { retry_ms: 1 }.encode();
        let [variant, 1] = going_away[..] else { panic!("{going_away:?}") };
        assert_eq!(ServerMessage::decode(&[variant, 0x81, 0x00]), Err(Malformed));
    }

    #[test]
    fn every_close_code_is_its_own_and_told_to_the_page() {
        for (i, (name, code)) in close::ALL.iter().enumerate() {
            assert_eq!(usize::from(*code), 4000 + i, "{name}");
            assert!(close::TYPESCRIPT.contains(&format!("    readonly {name}: {code};\n")), "{name}");
        }
        assert!(close::TYPESCRIPT.contains("    /** The server is stopping, or the socket"));
    }

    #[test]
    fn an_envelope_one_past_the_limit_is_refused() {
        let (tag, from) = (Tag([0; 16]), Handle([0; 8]));
        let send = |n| ClientMessage::Send { tag, to: Some(from), bytes: vec![0; n] }.encode();
        assert!(ClientMessage::decode(&send(MAX_ENVELOPE)).is_ok());
        assert_eq!(ClientMessage::decode(&send(MAX_ENVELOPE + 1)), Err(Malformed));
        let message = |n| ServerMessage::Message { tag, from, bytes: vec![0; n] }.encode();
        assert!(ServerMessage::decode(&message(MAX_ENVELOPE)).is_ok());
        assert_eq!(ServerMessage::decode(&message(MAX_ENVELOPE + 1)), Err(Malformed));
        assert!(message(MAX_ENVELOPE + 1).len() <= MAX_MESSAGE, "so it is the envelope that is too long");
    }

    #[test]
    fn one_peer_more_than_a_tag_shows_is_refused() {
        let joined = |n| ServerMessage::Joined { tag: Tag([0; 16]), peers: vec![Handle([0; 8]); n] }.encode();
        assert!(ServerMessage::decode(&joined(MAX_PEERS)).is_ok());
        assert_eq!(ServerMessage::decode(&joined(MAX_PEERS + 1)), Err(Malformed));
    }
}
