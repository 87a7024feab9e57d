//! Values of the boundary that are secrets or hold one: handed over, never printed.

use core::fmt;
use core::ops::Deref;

/// Reads as what is in it; its `Debug` shows nothing of that, so that no log of the boundary gives a room away.
#[derive(Clone, PartialEq, Eq)]
pub struct Hidden<T>(pub T);

impl<T> Deref for Hidden<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T> From<T> for Hidden<T> {
    fn from(value: T) -> Self {
        Self(value)
    }
}

impl<T> fmt::Debug for Hidden<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(hidden)")
    }
}

#[cfg(test)]
mod tests {
    use crate::base::id::{LaneId, LinkId, MemberId, RequestId, RoomId, SinkId};
    use crate::io::{Channel, Command, Event, Input, LinkInput, LinkOp, Output, StoreOp};
    use alloc::format;
    use alloc::string::String;
    use alloc::vec;

    #[test]
    fn a_printed_boundary_shows_no_link_no_record_no_file_and_no_frame() {
        let (canary, room) = ("canary", RoomId([0; 16]));
        let (text, bytes) = (|| String::from(canary).into(), || canary.as_bytes().to_vec().into());
        let (link, lane) = (LinkId(1), LaneId(0));
        let ready = Event::RoomReady {
            room,
            link: text(),
            me: MemberId([0; 32]),
            host: true,
            member: true,
            name: String::new(),
        };
        let put = StoreOp::Put { request: RequestId(1), room, key: vec![1], value: bytes() };
        let write = StoreOp::Write { request: RequestId(1), sink: SinkId(1), offset: 0, bytes: bytes() };
        for printed in [
            format!(
                "{:?}",
                Command::OpenRoom { records: vec![(vec![1], canary.into())].into(), link: Some(text()) }
            ),
            format!("{:?}", Command::JoinRoom { link: text(), name: String::new() }),
            format!("{:?}", Output::Event(ready)),
            format!("{:?}", Output::Store(put)),
            format!("{:?}", Output::Store(write)),
            format!("{:?}", Input::Stored { request: RequestId(1), result: Ok(bytes()) }),
            format!("{:?}", Output::Link { link, lane, op: LinkOp::Send(Channel::Control, bytes()) }),
            format!("{:?}", Input::Link { link, lane, input: LinkInput::Data(Channel::Control, bytes()) }),
        ] {
            assert!(!printed.contains(canary) && !printed.contains("99, 97, 110"), "{printed}");
            assert!(printed.contains("(hidden)"), "{printed}");
        }
    }
}
