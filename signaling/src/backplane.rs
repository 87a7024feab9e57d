//! More than one node: members of a tag meet although their sockets are on different servers.
//!
//! Nodes tell each other over Redis' publish and subscribe; Redis stores nothing. Each tag has a channel, which a node
//! listens to while one of its sockets is on the tag, and each node tells there all its places on the tag, whenever
//! they change or somebody asks. What is missed (Redis restarts, a node dies) is made good by telling it again. If
//! there is no Redis, or none that works, members of one node go on meeting. Nothing that comes from there is trusted:
//! it is checked, bounded and counted. See PROTOCOL.md, *Between nodes*.
//!
//! `exchange` holds what is known and what is to be told, without I/O; `nodes` who is alive; `redis` is a connection. The
//! switchboard carries what is told between them.

pub(crate) mod exchange;
mod nodes;
pub(crate) mod redis;

use ::redis::{ConnectionInfo, IntoConnectionInfo, ProtocolVersion};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use signal_proto::{Handle, MAX_ENVELOPE, MAX_MESSAGE, Role, Tag};
use std::fmt;
use std::time::Duration;

/// Longest message between nodes: an envelope and its header, or a list of [`MAX_PLACES`].
const MAX_NOTE: usize = MAX_MESSAGE;
/// Most places that one node tells of one tag: many times what the roles have.
const MAX_PLACES: usize = 1_024;
/// Begins every channel, after the prefix; counts up when older nodes could not follow.
const VERSION: &str = "1";

/// Where Redis is, and how to log in. It has no Debug, because that may hold a password.
#[derive(Clone)]
pub(crate) struct Address(ConnectionInfo);

/// How the nodes of one server reach each other.
#[derive(Clone)]
pub struct Backplane {
    address: Address,
    /// Begins the names of the channels, so that several servers can share one Redis.
    pub prefix: String,
    /// A node that is not heard of for so long has lost its places. It is heard of three times as often.
    pub silence: Duration,
}

/// Not the URL of a Redis server. It never says what was given instead: that may hold a password.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotABackplane;

impl Address {
    fn parse(url: &str) -> Option<Self> {
        if !["redis://", "rediss://"].iter().any(|scheme| url.starts_with(scheme)) {
            return None;
        }
        let info = url.into_connection_info().ok()?;
        // The third version tells messages and answers apart on one connection.
        let settings =
            info.redis_settings().clone().set_protocol(ProtocolVersion::RESP3).set_skip_set_lib_name();
        Some(Self(info.set_redis_settings(settings)))
    }
}

impl Backplane {
    /// The Redis server at `url`: `redis://[user:password@]host[:port]`, or `rediss://…` with TLS.
    ///
    /// # Errors
    /// If `url` is something else.
    pub fn at(url: &str) -> Result<Self, NotABackplane> {
        let address = Address::parse(url).ok_or(NotABackplane)?;
        Ok(Self { address, prefix: "linkspan".to_owned(), silence: Duration::from_secs(15) })
    }

    /// Time between two signs of life.
    pub(crate) fn beat(&self) -> Duration {
        self.silence / 3
    }

    /// Where Redis is.
    pub(crate) fn address(&self) -> &Address {
        &self.address
    }

    /// The channel of `place`.
    pub(crate) fn channel(&self, place: Channel) -> String {
        let Self { prefix, .. } = self;
        match place {
            Channel::Nodes => format!("{prefix}:{VERSION}:nodes"),
            Channel::Tag(Key(key)) => format!("{prefix}:{VERSION}:{:032x}", u128::from_be_bytes(key)),
        }
    }

    /// What `name` is a channel of.
    fn parse_channel(&self, name: &[u8]) -> Option<Channel> {
        let name = std::str::from_utf8(name).ok()?;
        let rest = name.strip_prefix(self.prefix.as_str())?.strip_prefix(':')?;
        let place = rest.strip_prefix(VERSION)?.strip_prefix(':')?;
        if place == "nodes" {
            return Some(Channel::Nodes);
        }
        let key = Key(u128::from_str_radix(place, 16).ok()?.to_be_bytes());
        // Only the spelling that we use ourselves.
        (self.channel(Channel::Tag(key)) == name).then_some(Channel::Tag(key))
    }
}

/// What channels there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Channel {
    /// For signs of life.
    Nodes,
    Tag(Key),
}

/// What stands for a tag outside: whoever may look into Redis cannot join by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Key([u8; 16]);

impl Key {
    fn of(tag: Tag) -> Self {
        let digest = Sha256::new().chain_update(b"linkspan backplane 1").chain_update(tag.0).finalize();
        let mut key = [0; 16];
        key.copy_from_slice(&digest[..16]);
        Self(key)
    }
}

/// A node's name: drawn anew each time that it has connected, so that what it told before is known to be old.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(crate) struct Name(pub(crate) [u8; 8]);

/// One message between nodes, in postcard format.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Note {
    from: Name,
    what: What,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum What {
    /// On the nodes' channel: still here.
    Alive,
    /// On a tag's channel: all that this node has there. `ask`: and the others shall tell theirs.
    Places { ask: bool, places: Vec<(Handle, Role)> },
    /// On a tag's channel: an envelope for places of other nodes.
    Relay { from: Handle, to: Option<Handle>, bytes: Vec<u8> },
}

/// Bytes from Redis that no node of ours would send.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Garbage;

/// What a node makes of `bytes` from another one, written again; none if no node of ours would send them. For fuzzing.
pub fn reread(bytes: &[u8]) -> Option<Vec<u8>> {
    Note::decode(bytes).ok().map(|note| note.encode())
}

impl Note {
    fn encode(&self) -> Vec<u8> {
        postcard::to_allocvec(self).expect("postcard into a Vec has no failure for these types")
    }

    fn decode(bytes: &[u8]) -> Result<Self, Garbage> {
        if bytes.len() > MAX_NOTE {
            return Err(Garbage);
        }
        let Ok((note, [])) = postcard::take_from_bytes::<Self>(bytes) else { return Err(Garbage) };
        match &note.what {
            What::Places { places, .. } if places.len() > MAX_PLACES => Err(Garbage),
            What::Relay { bytes, .. } if bytes.len() > MAX_ENVELOPE => Err(Garbage),
            What::Alive | What::Places { .. } | What::Relay { .. } => Ok(note),
        }
    }
}

impl fmt::Debug for Backplane {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Not the address, which may hold a password.
        f.debug_struct("Backplane").field("prefix", &self.prefix).field("silence", &self.silence).finish()
    }
}

impl fmt::Display for NotABackplane {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("expected redis://[USER:PASSWORD@]HOST[:PORT], or rediss:// for TLS")
    }
}

impl std::error::Error for NotABackplane {}

#[cfg(test)]
mod tests {
    use super::*;

    const NAME: Name = Name([7; 8]);

    #[test]
    fn every_note_comes_back_and_no_prefix_or_tail_is_accepted() {
        let handle = Handle([1; 8]);
        for what in [
            What::Alive,
            What::Places { ask: true, places: vec![(handle, Role::Knock), (handle, Role::Mesh)] },
            What::Relay { from: handle, to: Some(handle), bytes: vec![9; 100] },
        ] {
            let note = Note { from: NAME, what };
            let bytes = note.encode();
            assert_eq!(Note::decode(&bytes), Ok(note));
            assert_eq!(reread(&bytes).as_ref(), Some(&bytes), "so that fuzzing sees whatever a node takes");
            for cut in 0..bytes.len() {
                assert_eq!(Note::decode(&bytes[..cut]), Err(Garbage));
            }
            assert_eq!(Note::decode(&[bytes, vec![0]].concat()), Err(Garbage));
        }
    }

    #[test]
    fn one_place_or_one_byte_too_many_is_garbage() {
        let relay = |n| What::Relay { from: Handle([1; 8]), to: None, bytes: vec![0; n] };
        let places = |n| What::Places { ask: false, places: vec![(Handle([1; 8]), Role::Mesh); n] };
        for (most, one_more) in
            [(relay(MAX_ENVELOPE), relay(MAX_ENVELOPE + 1)), (places(MAX_PLACES), places(MAX_PLACES + 1))]
        {
            assert!(Note::decode(&Note { from: NAME, what: most }.encode()).is_ok());
            assert_eq!(Note::decode(&Note { from: NAME, what: one_more }.encode()), Err(Garbage));
        }
    }

    #[test]
    fn a_channel_tells_its_tag_to_nobody_but_those_who_know_it() {
        let backplane = Backplane::at("redis://127.0.0.1").unwrap();
        let tag = Tag([0xab; 16]);
        let channel = Channel::Tag(Key::of(tag));
        let name = backplane.channel(channel);
        assert_eq!(name, "linkspan:1:c11951072f930dfe4d7944d5c05ce721");
        assert!(!name.contains("abab"));
        assert_eq!(backplane.parse_channel(name.as_bytes()), Some(channel));
        assert_eq!(backplane.parse_channel(b"linkspan:1:nodes"), Some(Channel::Nodes));
        for other in ["linkspan:1:", "linkspan:2:nodes", "other:1:nodes", "linkspan:1:ab", "linkspan:1:+1"] {
            assert_eq!(backplane.parse_channel(other.as_bytes()), None, "{other}");
        }
    }

    #[test]
    fn a_wrong_url_is_refused_and_a_password_is_never_shown() {
        for good in ["redis://127.0.0.1", "redis://user:secret@localhost:6380/", "rediss://example.org"] {
            assert!(Backplane::at(good).is_ok(), "{good}");
        }
        for bad in ["", "127.0.0.1", "http://example.org", "redis://", "redis://:secret@"] {
            assert_eq!(Backplane::at(bad).err(), Some(NotABackplane), "{bad}");
        }
        let backplane = Backplane::at("redis://user:secret@localhost").unwrap();
        let shown = format!("{backplane:?}");
        assert_eq!(shown, "Backplane { prefix: \"linkspan\", silence: 15s }");
    }
}
