//! What every child of a peer is handed: the time, entropy, ids, and somewhere to put what must be done.

use crate::base::id::{CommandId, FileId, KnockId, LaneId, LinkId, MemberId, RequestId, RoomId};
use crate::base::map::Map;
use crate::base::rng::Rng;
use crate::base::time::Instant;
use crate::io::{Event, LinkOp, Output, StoreOp};
use crate::wire::Frame;
use alloc::collections::VecDeque;
use alloc::vec::Vec;

/// The one lane that a link has in this version.
pub(crate) const LANE: LaneId = LaneId(0);

/// Fresh ids, and which room a link or request belongs to.
#[derive(Default)]
pub(crate) struct Ids {
    next: u64,
    pub(crate) links: Map<LinkId, RoomId>,
    pub(crate) requests: Map<RequestId, RoomId>,
}

impl Ids {
    fn next(&mut self) -> u64 {
        self.next += 1;
        self.next
    }

    pub(crate) fn command(&mut self) -> CommandId {
        CommandId(self.next())
    }

    pub(crate) fn knock(&mut self) -> KnockId {
        KnockId(self.next() as u32)
    }

    pub(crate) fn link(&mut self, room: RoomId) -> LinkId {
        let link = LinkId(self.next() as u32);
        self.links.insert(link, room);
        link
    }

    pub(crate) fn request(&mut self, room: RoomId) -> RequestId {
        let request = RequestId(self.next());
        self.requests.insert(request, room);
        request
    }
}

/// Handed down on every call.
pub(crate) struct Context<'a> {
    pub(crate) now: Instant,
    pub(crate) rng: &'a mut Rng,
    pub(crate) ids: &'a mut Ids,
    pub(crate) out: &'a mut VecDeque<Output>,
    /// Frames that features want sent, to one member or to all; `room` hands them to the links.
    pub(crate) frames: Vec<(Option<MemberId>, Frame)>,
}

impl Context<'_> {
    pub(crate) fn event(&mut self, event: Event) {
        self.out.push_back(Output::Event(event));
    }

    pub(crate) fn store(&mut self, op: StoreOp) {
        self.out.push_back(Output::Store(op));
    }

    pub(crate) fn link(&mut self, link: LinkId, op: LinkOp) {
        self.out.push_back(Output::Link { link, lane: LANE, op });
    }

    pub(crate) fn send(&mut self, to: MemberId, frame: Frame) {
        self.frames.push((Some(to), frame));
    }

    pub(crate) fn broadcast(&mut self, frame: Frame) {
        self.frames.push((None, frame));
    }
}

/// Keys of a room's records.
pub(crate) mod record {
    use super::{FileId, MemberId};
    use crate::base::id::EntryId;
    use crate::log::Void;
    use alloc::vec::Vec;

    pub(crate) const IDENTITY: &[u8] = b"i";
    pub(crate) const ENTRY: u8 = b'e';
    pub(crate) const PAGE: u8 = b'p';
    pub(crate) const VOID: u8 = b'v';

    pub(crate) fn entry(author: &MemberId, seq: u64) -> Vec<u8> {
        [&[ENTRY][..], &author.0, &seq.to_be_bytes()].concat()
    }

    pub(crate) fn page(file: &FileId, segment: u32) -> Vec<u8> {
        [&[PAGE][..], &file.share.0, &file.index.to_be_bytes(), &segment.to_be_bytes()].concat()
    }

    /// A void entry, as key and value; its payload is not needed, only that it is known.
    pub(crate) fn void(void: &Void) -> (Vec<u8>, Vec<u8>) {
        ([&[VOID][..], &void.id.0].concat(), [&void.author.0[..], &void.seq.to_be_bytes()].concat())
    }

    /// The void entry that a record remembers.
    pub(crate) fn void_of(key: &[u8], value: &[u8]) -> Option<Void> {
        let id = EntryId(key.strip_prefix(&[VOID])?.try_into().ok()?);
        let (author, seq) = value.split_first_chunk::<32>()?;
        Some(Void { id, author: MemberId(*author), seq: u64::from_be_bytes(seq.try_into().ok()?) })
    }

    /// The file and segment that a page's key names.
    pub(crate) fn page_of(key: &[u8]) -> Option<(FileId, u32)> {
        let (kind, rest) = key.split_first()?;
        let (share, rest) = rest.split_first_chunk::<32>()?;
        let (index, segment) = rest.split_first_chunk::<2>()?;
        let file = FileId { share: EntryId(*share), index: u16::from_be_bytes(*index) };
        (*kind == PAGE).then_some((file, u32::from_be_bytes(segment.try_into().ok()?)))
    }
}
