//! Every byte that crosses a link: frames, their encoding and their limits. PROTOCOL.md, *Frames*.
//!
//! Control frames are postcard; a bulk frame is a fixed header and raw bytes, so that file contents are copied
//! once. The first frame of a lane is not here: it is the sealed confirmation (`handshake`).

use crate::base::blob::{CHUNK, ChunkValue, SEGMENT_CHUNKS};
use crate::base::door_secret::DoorSecret;
use crate::base::error::Misbehavior;
use crate::base::id::{EntryId, FileId, MemberId};
use crate::base::identity::Signature;
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};
use signal_proto::MAX_ENVELOPE;

/// Largest control frame, bytes; every browser and the native crate accept it as one message.
pub(crate) const MAX_FRAME: usize = 65_536;
/// File bytes in one bulk frame; larger ones are not faster.
pub(crate) const BULK_BYTES: usize = 65_536;
/// Header of a bulk frame: request (u64), chunk, offset (u32), all little endian.
pub(crate) const BULK_HEADER: usize = 16;
/// Most heads in one frame: one an author, and four times what a room has.
pub(crate) const MAX_HEADS: usize = 256;
/// Most entries in one frame.
pub(crate) const MAX_ENTRIES_PER_FRAME: usize = 64;
/// Most values in a hash page: the chunks of a segment.
pub(crate) const MAX_PAGE_VALUES: usize = SEGMENT_CHUNKS as usize;

/// Kinds of frames that later versions may add and earlier ones skip: only what nobody misses that does not hear it. The
/// rest of such a frame is one byte string, so that its end can be checked.
const EPHEMERAL: core::ops::RangeInclusive<u8> = 64..=127;

/// The newest entry of an author that somebody has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Head {
    pub(crate) author: MemberId,
    pub(crate) seq: u64,
    pub(crate) entry: EntryId,
}

/// The hashes of one segment's chunks, vouched for by the file's author.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Page {
    pub(crate) file: FileId,
    pub(crate) segment: u32,
    pub(crate) values: Vec<ChunkValue>,
    pub(crate) signature: Signature,
}

impl Page {
    /// The bytes that the author signs, after the room's digest.
    pub(crate) fn signed_bytes(
        room: &[u8; 32],
        file: &FileId,
        segment: u32,
        values: &[ChunkValue],
    ) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(32 + 32 + 2 + 4 + 32 * values.len());
        bytes.extend_from_slice(room);
        bytes.extend_from_slice(&file.share.0);
        bytes.extend_from_slice(&file.index.to_le_bytes());
        bytes.extend_from_slice(&segment.to_le_bytes());
        for value in values {
            bytes.extend_from_slice(&value.0);
        }
        bytes
    }
}

/// Why a provider does not serve.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Refusal {
    /// The file cannot be read right now; it may come back.
    NoSource,
    /// The file is not what was shared any more.
    Changed,
    /// The file can never be read again here.
    Gone,
    /// Not shared, or withdrawn.
    NotShared,
}

/// Of whom heads are; a later one asks for more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) enum Scope {
    /// Of some authors: an acknowledgement, that asks for nothing.
    Some,
    /// Of everybody of whom there are entries. The other side sends what is missing.
    All,
    /// The same; and what was sent before is not to be counted on, for some of it was not read.
    Afresh,
}

/// A control frame.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Frame {
    /// Answered by [`Frame::Pong`]; a link on which nothing is heard is lost.
    Ping,
    Pong,
    /// "These are my newest entries."
    Heads {
        scope: Scope,
        heads: Vec<Head>,
    },
    /// Encoded log entries, in an order in which nothing has to wait.
    Entries(Vec<Vec<u8>>),
    /// Asks for the hashes of a segment.
    PageRequest {
        file: FileId,
        segment: u32,
    },
    Page(Page),
    /// Asks for one chunk; its bytes come on the bulk channel under `request`, a number that is never used twice.
    ChunkRequest {
        request: u64,
        file: FileId,
        chunk: u32,
    },
    /// What was asked for is not wanted any more.
    Cancel {
        request: u64,
    },
    /// The provider cannot serve this file.
    Refused {
        file: FileId,
        refusal: Refusal,
    },
    /// The provider can serve this file (again).
    Available {
        file: FileId,
    },
    /// How many bytes of a file the sender has verified.
    Have {
        file: FileId,
        verified: u64,
    },
    /// The sender closes this link on purpose.
    Bye,
    /// The room's link, from its host: members go on showing one that leads in.
    Door {
        secret: DoorSecret,
    },
    /// An envelope for a member that the receiver is linked with; see `room::neighbour`.
    Pass {
        to: MemberId,
        envelope: Vec<u8>,
    },
    /// An envelope of `from`, that asked the sender to pass it on.
    Passed {
        from: MemberId,
        envelope: Vec<u8>,
    },
    /// What was to be passed to `to` cannot be: there is no link to it here.
    NotPassed {
        to: MemberId,
    },
}

impl Frame {
    pub(crate) fn encode(&self) -> Vec<u8> {
        let bytes = postcard::to_allocvec(self).expect("postcard into a Vec has no failure for these types");
        debug_assert!(bytes.len() <= MAX_FRAME, "frames are built within their limits");
        bytes
    }

    /// The frame in `bytes`; nothing may be left over and every limit holds. `None`: one of a later version, that may
    /// be skipped.
    pub(crate) fn decode(bytes: &[u8]) -> Result<Option<Self>, Misbehavior> {
        if bytes.len() > MAX_FRAME {
            return Err(Misbehavior::MalformedFrame);
        }
        if bytes.first().is_some_and(|kind| EPHEMERAL.contains(kind)) {
            return match postcard::take_from_bytes::<&[u8]>(&bytes[1..]) {
                Ok((_, [])) => Ok(None),
                _ => Err(Misbehavior::MalformedFrame),
            };
        }
        let Ok((frame, [])) = postcard::take_from_bytes::<Self>(bytes) else {
            return Err(Misbehavior::MalformedFrame);
        };
        let within = match &frame {
            Self::Heads { heads, .. } => heads.len() <= MAX_HEADS,
            Self::Entries(entries) => entries.len() <= MAX_ENTRIES_PER_FRAME,
            Self::Pass { envelope, .. } | Self::Passed { envelope, .. } => envelope.len() <= MAX_ENVELOPE,
            Self::Page(page) => (1..=MAX_PAGE_VALUES).contains(&page.values.len()),
            Self::Ping
            | Self::Pong
            | Self::PageRequest { .. }
            | Self::ChunkRequest { .. }
            | Self::Cancel { .. }
            | Self::Refused { .. }
            | Self::Available { .. }
            | Self::Have { .. }
            | Self::Bye
            | Self::Door { .. }
            | Self::NotPassed { .. } => true,
        };
        if within { Ok(Some(frame)) } else { Err(Misbehavior::MalformedFrame) }
    }
}

/// A piece of a chunk on the bulk channel.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Bulk<'a> {
    pub(crate) request: u64,
    pub(crate) chunk: u32,
    pub(crate) offset: u32,
    pub(crate) bytes: &'a [u8],
}

impl<'a> Bulk<'a> {
    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut frame = Vec::with_capacity(BULK_HEADER + self.bytes.len());
        frame.extend_from_slice(&self.request.to_le_bytes());
        for number in [self.chunk, self.offset] {
            frame.extend_from_slice(&number.to_le_bytes());
        }
        frame.extend_from_slice(self.bytes);
        frame
    }

    pub(crate) fn decode(frame: &'a [u8]) -> Result<Self, Misbehavior> {
        let Some((header, bytes)) = frame.split_at_checked(BULK_HEADER) else {
            return Err(Misbehavior::MalformedFrame);
        };
        let number = |at: usize| u32::from_le_bytes(header[at..at + 4].try_into().expect("4 of 16"));
        let request = u64::from_le_bytes(header[..8].try_into().expect("8 of 16"));
        let bulk = Self { request, chunk: number(8), offset: number(12), bytes };
        // In u64: usize has 32 bits in the browser and would wrap.
        let end = u64::from(bulk.offset) + bytes.len() as u64;
        if bytes.is_empty() || bytes.len() > BULK_BYTES || end > u64::from(CHUNK) {
            return Err(Misbehavior::MalformedFrame);
        }
        Ok(bulk)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec;

    fn frames() -> Vec<Frame> {
        let file = FileId { share: EntryId([5; 32]), index: 3 };
        let page =
            Page { file, segment: 2, values: vec![ChunkValue([9; 32]); 4], signature: Signature([8; 64]) };
        vec![
            Frame::Ping,
            Frame::Pong,
            Frame::Heads {
                scope: Scope::All,
                heads: vec![Head { author: MemberId([1; 32]), seq: 300, entry: EntryId([2; 32]) }],
            },
            Frame::Entries(vec![vec![1, 2, 3], vec![]]),
            Frame::PageRequest { file, segment: 7 },
            Frame::Page(page),
            Frame::ChunkRequest { request: 1, file, chunk: 70_000 },
            Frame::Cancel { request: 1 },
            Frame::Refused { file, refusal: Refusal::Changed },
            Frame::Available { file },
            Frame::Have { file, verified: u64::MAX },
            Frame::Bye,
            Frame::Door { secret: DoorSecret([4; 16]) },
            Frame::Pass { to: MemberId([1; 32]), envelope: vec![7; 3] },
            Frame::Passed { from: MemberId([1; 32]), envelope: vec![7; 3] },
            Frame::NotPassed { to: MemberId([1; 32]) },
        ]
    }

    #[test]
    fn every_frame_comes_back_and_no_prefix_or_tail_is_accepted() {
        for frame in frames() {
            let bytes = frame.encode();
            assert!(Frame::decode(&bytes) == Ok(Some(frame)));
            for cut in 0..bytes.len() {
                assert!(Frame::decode(&bytes[..cut]).is_err());
            }
            assert!(Frame::decode(&[bytes, vec![0]].concat()).is_err());
        }
    }

    #[test]
    fn a_frame_of_a_later_version_is_skipped_if_it_is_one_that_may_be() {
        for kind in [64, 90, 127] {
            assert!(Frame::decode(&[kind, 2, 7, 7]) == Ok(None), "{kind}");
            assert!(Frame::decode(&[kind, 0]) == Ok(None), "{kind}");
            for bad in [&[kind][..], &[kind, 2, 7], &[kind, 2, 7, 7, 7]] {
                assert!(Frame::decode(bad) == Err(Misbehavior::MalformedFrame), "{bad:?}");
            }
        }
        // The next kind of this version's own, the last before the range, and what follows it.
        for kind in [16, 63, 128] {
            assert!(Frame::decode(&[kind, 2, 7, 7]) == Err(Misbehavior::MalformedFrame), "{kind}");
        }
    }

    #[test]
    fn one_past_each_limit_is_refused() {
        let head = Head { author: MemberId([1; 32]), seq: 0, entry: EntryId([2; 32]) };
        let heads = |n| Frame::Heads { scope: Scope::Some, heads: vec![head; n] };
        assert!(Frame::decode(&heads(MAX_HEADS).encode()).is_ok());
        assert!(Frame::decode(&heads(MAX_HEADS + 1).encode()).is_err());
        let entries = |n| Frame::Entries(vec![vec![0]; n]);
        assert!(Frame::decode(&entries(MAX_ENTRIES_PER_FRAME).encode()).is_ok());
        assert!(Frame::decode(&entries(MAX_ENTRIES_PER_FRAME + 1).encode()).is_err());
        let pass = |n| Frame::Pass { to: MemberId([1; 32]), envelope: vec![0; n] };
        assert!(Frame::decode(&pass(MAX_ENVELOPE).encode()).is_ok());
        assert!(Frame::decode(&pass(MAX_ENVELOPE + 1).encode()).is_err());
        let passed = |n| Frame::Passed { from: MemberId([1; 32]), envelope: vec![0; n] };
        assert!(Frame::decode(&passed(MAX_ENVELOPE).encode()).is_ok());
        assert!(Frame::decode(&passed(MAX_ENVELOPE + 1).encode()).is_err());
        let file = FileId { share: EntryId([5; 32]), index: 0 };
        let page = |n| {
            Frame::Page(Page {
                file,
                segment: 0,
                values: vec![ChunkValue([0; 32]); n],
                signature: Signature([0; 64]),
            })
        };
        assert!(Frame::decode(&page(MAX_PAGE_VALUES).encode()).is_ok());
        assert!(Frame::decode(&page(MAX_PAGE_VALUES + 1).encode()).is_err());
        assert!(Frame::decode(&page(0).encode()).is_err());
        assert!(Frame::decode(&vec![0; MAX_FRAME + 1]).is_err());
        // One of a later version is skipped, as long as a frame may be.
        let later = |length: usize| {
            let varint = [(length as u8) | 0x80, (length >> 7) as u8 | 0x80, (length >> 14) as u8];
            [&[64][..], &varint, &vec![0; length]].concat()
        };
        assert!(Frame::decode(&later(MAX_FRAME - 4)) == Ok(None));
        assert!(Frame::decode(&later(MAX_FRAME - 3)).is_err(), "one past");
    }

    #[test]
    fn a_bulk_frame_stays_inside_its_chunk() {
        let bytes = vec![7; BULK_BYTES];
        let bulk = |offset, n: usize| Bulk { request: 1, chunk: 2, offset, bytes: &bytes[..n] };
        let last = CHUNK - BULK_BYTES as u32;
        for (good, frame) in [
            (true, bulk(0, 1)),
            (true, bulk(last, BULK_BYTES)),
            (false, bulk(last + 1, BULK_BYTES)),
            (false, bulk(u32::MAX, BULK_BYTES)),
            (false, bulk(0, 0)),
        ] {
            let encoded = frame.encode();
            assert_eq!(Bulk::decode(&encoded) == Ok(frame), good, "{}", frame.offset);
        }
        assert!(Bulk::decode(&[0; BULK_HEADER - 1]).is_err());
    }
}
