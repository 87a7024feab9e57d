//! What every child of a peer is handed: the time, entropy, ids, and somewhere to put what must be done.

use crate::base::id::{CommandId, KnockId, LaneId, LinkId, MemberId, RequestId, RoomId};
use crate::base::map::Map;
use crate::base::rng::Rng;
use crate::base::time::Instant;
use crate::io::{Event, LinkOp, Output, StoreOp};
use crate::wire::Frame;
use alloc::collections::VecDeque;
use alloc::vec::Vec;

/// The one lane that a link has in this version.
pub(crate) const LANE: LaneId = LaneId(0);

/// Who in a room waits for an answer of the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Waiting {
    /// Nobody, but for whether it was kept.
    Record,
    /// The own entry that is being stored.
    Draft,
    /// Files coming in.
    Fetching,
    /// Own files going out.
    Serving,
}

/// Fresh ids, and which room a link or request belongs to.
#[derive(Default)]
pub(crate) struct Ids {
    next: u64,
    pub(crate) links: Map<LinkId, RoomId>,
    /// Store requests that are not answered yet.
    pub(crate) requests: Map<RequestId, (RoomId, Waiting)>,
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

    /// A request to the store, and who waits for its answer.
    pub(crate) fn request(&mut self, room: RoomId, waiting: Waiting) -> RequestId {
        let request = RequestId(self.next());
        self.requests.insert(request, (room, waiting));
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
