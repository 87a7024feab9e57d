//! Files being received, and the addresses of those that are complete.

use super::failure::failure;
use super::opfs::Receiving;
use crate::js;
use crate::map::Map;
use peer_core::error::StoreFailure;
use peer_core::id::{RoomId, SinkId};
use web_sys::Url;

/// All of this tab's.
#[derive(Default)]
pub(super) struct Sinks {
    /// None while it is being opened.
    sinks: Map<SinkId, (RoomId, Option<Receiving>)>,
    /// With the room of each.
    urls: Vec<(RoomId, String)>,
}

impl Sinks {
    /// It is being opened from now on; said at once, so that it can be closed meanwhile.
    pub(super) fn opening(&mut self, room: RoomId, sink: SinkId) {
        self.sinks.insert(sink, (room, None));
    }

    /// Its file is open. It comes back if the sink was closed meanwhile: then it is to be discarded.
    #[must_use]
    pub(super) fn opened(&mut self, sink: SinkId, file: Receiving) -> Option<Receiving> {
        match self.sinks.get_mut(sink) {
            Some((_, place)) => {
                *place = Some(file);
                None
            }
            None => Some(file),
        }
    }

    pub(super) fn forget(&mut self, sink: SinkId) {
        self.sinks.remove(sink);
    }

    pub(super) fn write(&self, sink: SinkId, offset: u64, bytes: &[u8]) -> Result<(), StoreFailure> {
        match self.sinks.get(sink) {
            Some((_, Some(file))) => file.write(offset, bytes).map_err(|error| failure(&error)),
            Some((_, None)) | None => Err(StoreFailure::Missing),
        }
    }

    /// Take it out, to be finished or discarded.
    pub(super) fn close(&mut self, sink: SinkId) -> Option<(RoomId, Receiving)> {
        let (room, file) = self.sinks.remove(sink)?;
        file.map(|file| (room, file))
    }

    /// Remember an address until its room goes.
    pub(super) fn complete(&mut self, room: RoomId, url: String) {
        self.urls.push((room, url));
    }

    /// Close what is open of a room; complete copies stay.
    pub(super) fn close_room(&mut self, room: RoomId) {
        self.sinks.retain(|_, (of, _)| *of != room);
    }

    /// Forget everything of a room.
    pub(super) fn delete_room(&mut self, room: RoomId) {
        self.close_room(room);
        for (_, url) in self.urls.extract_if(.., |(of, _)| *of == room) {
            if let Err(error) = Url::revoke_object_url(&url) {
                js::warn("an address cannot be revoked", &error);
            }
        }
    }
}
