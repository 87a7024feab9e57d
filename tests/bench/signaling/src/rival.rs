//! The servers that are measured, and what their clients say.

use clap::ValueEnum;
use signal_proto::{ClientMessage, Handle, PATH, Role, SUBPROTOCOL, ServerMessage, Tag};
use tokio_tungstenite::tungstenite::Message;

/// A server with a protocol of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub(crate) enum Rival {
    Linkspan,
    PeerJs,
    YWebrtc,
}

/// Bytes of what is relayed: our smallest padding class. The others carry as many characters inside JSON.
pub(crate) const PAYLOAD: usize = 512;
/// Characters of a payload's beginning that tell when it was sent.
pub(crate) const STAMP: usize = 16;

/// One of the two at a meeting point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    /// Which meeting point.
    pub(crate) pair: u64,
    /// The first waits, the second comes and speaks.
    pub(crate) second: bool,
}

/// What a message of a server means to its client.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Meaning {
    /// The join took effect; perhaps somebody is there already.
    Joined(Option<Handle>),
    /// Something relayed begins with this stamp.
    Relayed(u64),
    /// Come back after these milliseconds.
    GoingAway(u32),
    /// The server will not have it.
    Refused,
    /// Nothing that matters here.
    Other,
}

impl Rival {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Linkspan => "Linkspan",
            Self::PeerJs => "peer (PeerJS)",
            Self::YWebrtc => "y-webrtc",
        }
    }

    /// Path and sub-protocol of the WebSocket.
    pub(crate) fn path(self, place: Place) -> (String, Option<&'static str>) {
        match self {
            Self::Linkspan => (PATH.to_owned(), Some(SUBPROTOCOL)),
            Self::PeerJs => (format!("/peerjs?key=peerjs&id={}&token=t&version=1.5.4", peer_id(place)), None),
            Self::YWebrtc => ("/".to_owned(), None),
        }
    }

    /// What joins; at PeerJS the connection itself did.
    pub(crate) fn join(self, place: Place) -> Vec<Message> {
        match self {
            Self::Linkspan => {
                let role = if place.second { Role::Knock } else { Role::Listen };
                let join = ClientMessage::Join { tag: tag(place), role };
                vec![Message::Binary(join.encode().into())]
            }
            Self::PeerJs => vec![],
            // Subscribing is not answered; a ping behind it is.
            Self::YWebrtc => vec![
                format!(r#"{{"type":"subscribe","topics":["pair-{}"]}}"#, place.pair).into(),
                r#"{"type":"ping"}"#.into(),
            ],
        }
    }

    /// A relayed message for the other one of the pair, with `stamp` at the beginning.
    pub(crate) fn relay(self, place: Place, to: Option<Handle>, stamp: u64, size: usize) -> Message {
        let payload = format!("{stamp:0STAMP$x}{:x<1$}", "", size - STAMP);
        match self {
            Self::Linkspan => {
                let send = ClientMessage::Send { tag: tag(place), to, bytes: payload.into() };
                Message::Binary(send.encode().into())
            }
            Self::PeerJs => {
                let other = peer_id(Place { second: !place.second, ..place });
                format!(r#"{{"type":"OFFER","dst":"{other}","payload":"{payload}"}}"#).into()
            }
            Self::YWebrtc => {
                let from = u8::from(place.second);
                format!(
                    r#"{{"type":"publish","topic":"pair-{}","from":{from},"payload":"{payload}"}}"#,
                    place.pair
                )
                .into()
            }
        }
    }

    /// What an idle client says from time to time, if its protocol wants that.
    pub(crate) fn heartbeat(self) -> Option<Message> {
        match self {
            Self::Linkspan | Self::YWebrtc => None,
            Self::PeerJs => Some(r#"{"type":"HEARTBEAT"}"#.into()),
        }
    }

    pub(crate) fn meaning(self, place: Place, message: &Message) -> Meaning {
        match (self, message) {
            (Self::Linkspan, Message::Binary(bytes)) => ours(bytes),
            (Self::PeerJs, Message::Text(text)) if text.contains(r#""type":"OPEN""#) => Meaning::Joined(None),
            (Self::PeerJs, Message::Text(text)) if text.contains(r#""type":"ERROR""#) => Meaning::Refused,
            (Self::YWebrtc, Message::Text(text)) if text.contains(r#""type":"pong""#) => {
                Meaning::Joined(None)
            }
            // Everybody on a topic hears everything, the sender too.
            (Self::YWebrtc, Message::Text(text))
                if text.contains(&format!(r#""from":{}"#, u8::from(place.second))) =>
            {
                Meaning::Other
            }
            (Self::PeerJs | Self::YWebrtc, Message::Text(text)) => {
                let payload = text.split_once(r#""payload":""#).map(|(_, payload)| payload.as_bytes());
                payload.and_then(stamp_of).map_or(Meaning::Other, Meaning::Relayed)
            }
            _ => Meaning::Other,
        }
    }
}

fn ours(bytes: &[u8]) -> Meaning {
    match ServerMessage::decode(bytes) {
        Ok(ServerMessage::Joined { peers, .. }) => Meaning::Joined(peers.first().copied()),
        Ok(ServerMessage::Message { bytes, .. }) => stamp_of(&bytes).map_or(Meaning::Other, Meaning::Relayed),
        Ok(ServerMessage::GoingAway { retry_ms }) => Meaning::GoingAway(retry_ms),
        Ok(ServerMessage::Refused { .. }) => Meaning::Refused,
        Ok(_) | Err(signal_proto::Malformed) => Meaning::Other,
    }
}

fn stamp_of(payload: &[u8]) -> Option<u64> {
    let text = str::from_utf8(payload.get(..STAMP)?).ok()?;
    u64::from_str_radix(text, 16).ok()
}

fn tag(place: Place) -> Tag {
    let mut tag = [0x5e; 16];
    tag[..8].copy_from_slice(&place.pair.to_be_bytes());
    Tag(tag)
}

fn peer_id(place: Place) -> String {
    format!("p{}-{}", place.pair, u8::from(place.second))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_one_says_the_other_understands() {
        let (one, two) = (Place { pair: 3, second: true }, Place { pair: 3, second: false });
        let said = Rival::Linkspan.relay(one, None, 77, PAYLOAD);
        let Ok(ClientMessage::Send { tag, bytes, .. }) = ClientMessage::decode(&said.into_data()) else {
            panic!("it is no message")
        };
        assert_eq!(bytes.len(), PAYLOAD);
        let relayed = ServerMessage::Message { tag, from: Handle([1; 8]), bytes }.encode();
        assert_eq!(Rival::Linkspan.meaning(two, &Message::Binary(relayed.into())), Meaning::Relayed(77));
        // Both others pass on what they got, with more fields in it.
        for rival in [Rival::PeerJs, Rival::YWebrtc] {
            let said = rival.relay(one, None, 77, PAYLOAD);
            assert_eq!(rival.meaning(two, &said), Meaning::Relayed(77));
        }
        assert_eq!(
            Rival::YWebrtc.meaning(one, &Rival::YWebrtc.relay(one, None, 77, PAYLOAD)),
            Meaning::Other
        );
    }
}
