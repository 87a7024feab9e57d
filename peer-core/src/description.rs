//! Typed descriptions: all that one side needs to know of the other to open a lane, and nothing else.
//!
//! No SDP ever crosses a link. The *local* description is the browser's own, used unmodified and only read
//! here, by an exact grammar; the *remote* one is rendered from a [`Description`] and constants. So a remote
//! can choose its ICE credentials, its fingerprint and its addresses, and not one line more. This module must
//! never print an ICE password. PROTOCOL.md, *Typed descriptions*; RFC 8839, 8841, 8122.

mod candidate;
mod sdp;

pub use candidate::{Address, BadCandidate, Candidate, CandidateCount, CandidateKind};

use crate::base::id::Fingerprint;
use alloc::string::String;
use core::fmt;
use serde::{Deserialize, Serialize};

/// Most candidates one side may name for one lane.
pub const MAX_CANDIDATES: usize = 32;
/// Most of them that are `.local` names, each of which makes the other side ask its whole local network.
pub const MAX_MDNS: usize = 8;
/// Longest local description that is read, in bytes. Browsers make about 700, and 100 more per candidate.
pub const MAX_SDP: usize = 16_384;
/// Longest local candidate line that is read, in bytes.
pub const MAX_CANDIDATE_LINE: usize = 512;
/// Largest message either side may send, in bytes: what Chromium accepts.
pub const MAX_MESSAGE: u32 = 262_144;

/// ICE credentials and certificate of one side of one lane. Valid by construction, also when it was decoded.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Unchecked")]
pub struct Description {
    ufrag: String,
    pwd: String,
    fingerprint: Fingerprint,
}

/// Why a description is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BadDescription {
    /// Longer than [`MAX_SDP`].
    TooLong,
    /// Not the sequence of lines that a data-channel-only description has.
    Malformed,
    /// Not exactly one section for data channels.
    Sections,
    /// Something is missing.
    Missing,
    /// Something that must be unique stands there twice.
    Repeated,
    /// A fingerprint that is not SHA-256, or several.
    Fingerprint,
    /// ICE user fragment or password outside the grammar.
    Credentials,
    /// A value other than the one that both sides take for granted.
    Constant,
}

impl fmt::Display for BadDescription {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::TooLong => "description too long",
            Self::Malformed => "description malformed",
            Self::Sections => "description has not exactly one data channel section",
            Self::Missing => "description incomplete",
            Self::Repeated => "description repeats what must be unique",
            Self::Fingerprint => "description has not exactly one SHA-256 fingerprint",
            Self::Credentials => "description has bad ICE credentials",
            Self::Constant => "description differs from what both sides take for granted",
        })
    }
}

impl core::error::Error for BadDescription {}

impl Description {
    /// # Errors
    /// [`BadDescription::Credentials`] unless `ufrag` has 4 to 32 and `pwd` 22 to 64 ice-chars.
    pub fn new(ufrag: String, pwd: String, fingerprint: Fingerprint) -> Result<Self, BadDescription> {
        if is_ice_text(&ufrag, 4, 32) && is_ice_text(&pwd, 22, 64) {
            Ok(Self { ufrag, pwd, fingerprint })
        } else {
            Err(BadDescription::Credentials)
        }
    }

    /// Reads the local description as `createOffer` or `createAnswer` made it.
    ///
    /// # Errors
    /// [`BadDescription`] if it is not exactly a description of one set of data channels with one SHA-256
    /// certificate and the constants of this protocol. The lane fails then.
    pub fn parse_local(sdp: &str) -> Result<Self, BadDescription> {
        sdp::parse(sdp)
    }

    /// The remote offer to set before answering.
    pub fn render_offer(&self) -> String {
        sdp::render(self, "actpass")
    }

    /// The remote answer to set after offering.
    pub fn render_answer(&self) -> String {
        sdp::render(self, "active")
    }

    /// SHA-256 of the certificate that this side will show.
    pub const fn fingerprint(&self) -> Fingerprint {
        self.fingerprint
    }
}

impl fmt::Debug for Description {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Description")
            .field("ufrag", &self.ufrag)
            .field("fingerprint", &self.fingerprint)
            .finish_non_exhaustive()
    }
}

/// As it comes off the wire.
#[derive(Deserialize)]
struct Unchecked {
    ufrag: String,
    pwd: String,
    fingerprint: Fingerprint,
}

impl TryFrom<Unchecked> for Description {
    type Error = BadDescription;

    fn try_from(Unchecked { ufrag, pwd, fingerprint }: Unchecked) -> Result<Self, BadDescription> {
        Self::new(ufrag, pwd, fingerprint)
    }
}

/// `min` to `max` of RFC 8839's ice-chars.
fn is_ice_text(text: &str, min: usize, max: usize) -> bool {
    (min..=max).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'+' || byte == b'/')
}

#[cfg(test)]
mod tests;
