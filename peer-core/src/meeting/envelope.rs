//! Sealed envelopes: all that signaling carries of a meeting. PROTOCOL.md, *Meeting at the door*.
//!
//! An envelope is a clear header (kind, mode, versions, meeting id), and bytes that only the two ends can read,
//! padded so that its length tells nothing but a class. A meeting is addressed by its id, not by a socket.

use crate::base::features::Features;
use crate::base::id::MemberId;
use crate::base::identity::{Secret, Signature};
use crate::description::{Candidate, Description};
use alloc::string::String;
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};
use signal_proto::MAX_ENVELOPE;

/// Version of the meeting that this code speaks, and of all that follows it; the header carries a range. 1 was before
/// entries named whose entries they had seen.
pub(crate) const VERSION: u8 = 2;
/// Lengths of an envelope, bytes.
pub(crate) const CLASSES: [usize; 4] = [512, 1_024, 4_096, MAX_ENVELOPE];
/// Clear bytes before the sealed ones.
pub(crate) const HEADER: usize = 20;
/// Most candidates in one message; as many as a lane may have.
pub(crate) const MAX_CANDIDATES: usize = crate::description::MAX_CANDIDATES;

/// Names a meeting: 16 random bytes by its initiator.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct MeetingId(pub(crate) [u8; 16]);

/// Which secret the two ends share.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Mode {
    /// The link's: a guest and a door-keeper.
    Door = 1,
    /// The epoch's: two members.
    Mesh = 2,
}

/// Which step of Noise the sealed bytes are.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Kind {
    /// Noise message 1.
    Open = 1,
    /// Noise message 2, and the first sealed message under it.
    Answer = 2,
    /// A sealed message with its nonce.
    Sealed = 3,
    /// "I do not speak any of your versions": nothing sealed, nothing to trust.
    Unsupported = 4,
}

/// The clear part.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Header {
    pub(crate) kind: Kind,
    pub(crate) mode: Mode,
    pub(crate) versions: (u8, u8),
    pub(crate) meeting: MeetingId,
}

impl Header {
    pub(crate) fn new(kind: Kind, mode: Mode, meeting: MeetingId) -> Self {
        Self { kind, mode, versions: (VERSION, VERSION), meeting }
    }

    pub(crate) fn speaks_our_version(&self) -> bool {
        (self.versions.0..=self.versions.1).contains(&VERSION)
    }

    pub(crate) fn encode(&self) -> [u8; HEADER] {
        let mut bytes = [0; HEADER];
        bytes[..4].copy_from_slice(&[self.kind as u8, self.mode as u8, self.versions.0, self.versions.1]);
        bytes[4..].copy_from_slice(&self.meeting.0);
        bytes
    }

    /// The header and what follows it; nothing for a length or a value that no version makes.
    pub(crate) fn split(envelope: &[u8]) -> Option<(Self, &[u8])> {
        if !CLASSES.contains(&envelope.len()) {
            return None;
        }
        let (header, rest) = envelope.split_at_checked(HEADER)?;
        let kind = match header[0] {
            1 => Kind::Open,
            2 => Kind::Answer,
            3 => Kind::Sealed,
            4 => Kind::Unsupported,
            _ => return None,
        };
        let mode = match header[1] {
            1 => Mode::Door,
            2 => Mode::Mesh,
            _ => return None,
        };
        let meeting = MeetingId(header[4..].try_into().ok()?);
        Some((Self { kind, mode, versions: (header[2], header[3]), meeting }, rest))
    }
}

/// `content` behind its length and before zeros, so that with `overhead` more bytes it fills a class.
pub(crate) fn pad(content: &[u8], overhead: usize) -> Vec<u8> {
    let needed = 2 + content.len() + overhead;
    let class =
        CLASSES.into_iter().find(|class| *class >= needed).expect("messages are built within a class");
    let mut plain = Vec::with_capacity(class - overhead);
    plain.extend_from_slice(&(content.len() as u16).to_le_bytes());
    plain.extend_from_slice(content);
    plain.resize(class - overhead, 0);
    plain
}

/// What [`pad`] wrapped.
pub(crate) fn unpad(plain: &[u8]) -> Option<&[u8]> {
    let (length, rest) = plain.split_first_chunk::<2>()?;
    rest.get(..usize::from(u16::from_le_bytes(*length)))
}

/// Why a guest is sent away.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Denial {
    /// A person said so, or has said so often.
    ByPerson,
    /// The room has all the members it may.
    Full,
    /// The room has features that the guest does not know.
    Version,
    /// More are at the door than a person can be shown; later there is a place. Only for who has
    /// [`Features::CROWDED`].
    Crowded,
}

impl Denial {
    /// *Later again*, in words that one with `features` knows: who does not know them takes the room for full, and asks
    /// again all the same.
    pub(crate) fn later(features: Features) -> Self {
        if Features::CROWDED.are_among(features) { Self::Crowded } else { Self::Full }
    }
}

/// One message of a meeting, under the seal.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Body {
    /// T0, by who answers: its key proved, the commitment to its nonce (zeros in a mesh), in a mesh its own Admit entry
    /// (the host has none), what it can do, and what the room demands.
    Proof {
        key: MemberId,
        signature: Signature,
        commitment: [u8; 32],
        admit: Option<Vec<u8>>,
        features: Features,
        demands: Features,
    },
    /// T1, by who asks: its key proved, its nonce, at the door its name, in a mesh its own Admit entry, what it can do.
    Claim {
        key: MemberId,
        signature: Signature,
        nonce: [u8; 32],
        name: String,
        admit: Option<Vec<u8>>,
        features: Features,
    },
    /// K1: the committed nonce; both ends can show the short authentication string now.
    Reveal { nonce: [u8; 32] },
    /// T2 at the door: let in.
    Welcome { create: Vec<u8>, admit: Vec<u8>, epoch: Secret, ret: Secret, offer: Description },
    /// T2 in a mesh.
    Offer { offer: Description },
    /// T2 at the door: sent away.
    Deny { denial: Denial },
    /// T3.
    Answer { answer: Description },
    /// Candidates as they come; `end`: there are no more.
    Candidates { candidates: Vec<Candidate>, end: bool },
    /// The knock is still meant.
    Renew,
    /// Whoever sends this takes no further part: the guest gave up, or the two are linked already.
    Cancel,
}

impl Body {
    pub(crate) fn encode(&self) -> Vec<u8> {
        postcard::to_allocvec(self).expect("postcard into a Vec has no failure for these types")
    }

    pub(crate) fn decode(bytes: &[u8]) -> Option<Self> {
        let (body, rest) = postcard::take_from_bytes::<Self>(bytes).ok()?;
        let within =
            !matches!(&body, Self::Candidates { candidates, .. } if candidates.len() > MAX_CANDIDATES);
        (rest.is_empty() && within).then_some(body)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec;

    #[test]
    fn padding_hides_the_length_and_gives_it_back() {
        for length in [0, 1, 400, 474, 475, 2_000, 16_000] {
            let plain = pad(&vec![7; length], 36);
            assert!(CLASSES.contains(&(plain.len() + 36)), "{length}");
            assert_eq!(unpad(&plain), Some(&vec![7; length][..]));
        }
        assert_eq!(unpad(&[5, 0, 1]), None);
    }

    #[test]
    fn who_does_not_know_of_a_crowd_is_told_what_it_knows() {
        assert_eq!(Denial::later(Features::KNOWN), Denial::Crowded);
        for older in [Features(0), Features(2)] {
            assert_eq!(Denial::later(older), Denial::Full);
        }
    }

    #[test]
    fn a_header_comes_back_and_other_lengths_and_values_do_not() {
        let mut envelope = vec![0; 512];
        for kind in [Kind::Open, Kind::Answer, Kind::Unsupported, Kind::Sealed] {
            let header = Header::new(kind, Mode::Mesh, MeetingId([4; 16]));
            envelope[..HEADER].copy_from_slice(&header.encode());
            assert!(Header::split(&envelope).is_some_and(|(back, rest)| back == header && rest.len() == 492));
        }
        assert!(Header::split(&envelope[..511]).is_none());
        for (at, value) in [(0, 0), (0, 5), (1, 0), (1, 3)] {
            let mut bad = envelope.clone();
            bad[at] = value;
            assert!(Header::split(&bad).is_none());
        }
    }
}
