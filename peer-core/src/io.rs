//! The whole boundary of the engine: commands (here) and events (`event`) of the app, and what is asked of and
//! reported by signaling, links, the store and the clock (`world`).

mod event;
mod hidden;
mod world;

pub use crate::base::path::MAX_NAME;
pub use event::{Event, FileFailure, FileState, LinkState, LostReason, Presence, SharedFile};
pub use hidden::Hidden;
pub use signal_proto::Turn;
pub use world::{Channel, Input, LinkInput, LinkOp, Output, Reason, SignalInput, SignalOp, StoreOp};

use crate::base::id::{EntryId, FileId, KnockId, RoomId, SinkId, SourceId};
use alloc::string::String;
use alloc::vec::Vec;

/// Longest chat message, in bytes of UTF-8; above it the page offers a text file instead.
pub const MAX_TEXT: usize = 8_192;
/// Most files in one share.
pub const MAX_FILES: usize = 64;

/// What the app asks for. All but the first three name a room that is open here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// Make a room and be its host. `name` may be empty until somebody is let in ([`Command::Rename`]).
    CreateRoom {
        /// The host's name.
        name: String,
    },
    /// Open a room again from all the records that the store holds for it.
    OpenRoom {
        /// Every key and value of the room's store.
        records: Hidden<Vec<(Vec<u8>, Vec<u8>)>>,
        /// Fragment of the link that it is opened by, if it is by one. Who has asked and is not in yet asks on by
        /// this one: the host may have made a new link since.
        link: Option<Hidden<String>>,
    },
    /// Ask to come in. `link` is the text after `#`.
    JoinRoom {
        /// Fragment of the link, without `#`.
        link: Hidden<String>,
        /// The guest's name, told to the proven host only.
        name: String,
    },
    /// Let the person of `knock` in.
    Admit {
        /// The room.
        room: RoomId,
        /// Who.
        knock: KnockId,
    },
    /// Send the person of `knock` away.
    Deny {
        /// The room.
        room: RoomId,
        /// Who.
        knock: KnockId,
    },
    /// Put files on the shelf; nothing is read before the Share is out.
    Share {
        /// The room.
        room: RoomId,
        /// 1 to [`MAX_FILES`] files.
        files: Vec<NewFile>,
    },
    /// Hand in the same file again after a reload lost it; name and size must be those shared.
    Supply {
        /// The room.
        room: RoomId,
        /// One's own shared file.
        file: FileId,
        /// What was chosen.
        new: NewFile,
    },
    /// Receive `file` into `sink`.
    Fetch {
        /// The room.
        room: RoomId,
        /// Somebody else's file.
        file: FileId,
        /// Registered by the shell.
        sink: SinkId,
    },
    /// Stop asking for more of a running fetch; what is verified stays.
    Pause {
        /// The room.
        room: RoomId,
        /// A file being fetched.
        file: FileId,
    },
    /// Go on with a paused fetch.
    Resume {
        /// The room.
        room: RoomId,
        /// A paused file.
        file: FileId,
    },
    /// Give up a fetch and discard what it wrote.
    Cancel {
        /// The room.
        room: RoomId,
        /// A file being fetched.
        file: FileId,
    },
    /// Take one's own share off the shelf.
    Withdraw {
        /// The room.
        room: RoomId,
        /// One's own Share entry.
        share: EntryId,
    },
    /// Say something in the chat.
    Say {
        /// The room.
        room: RoomId,
        /// 1 to [`MAX_TEXT`] bytes.
        text: String,
        /// Unix time in milliseconds, as the author's clock has it; shown, never trusted.
        sent_at: u64,
    },
    /// Change one's own name.
    Rename {
        /// The room.
        room: RoomId,
        /// 1 to [`MAX_NAME`] characters.
        name: String,
    },
    /// Make a fresh link; the old one stops working at once. Host only.
    NewLink {
        /// The room.
        room: RoomId,
    },
    /// Leave: cancels a pending knock, or says good-bye as a member. The stored room is deleted.
    Leave {
        /// The room.
        room: RoomId,
    },
    /// End the room for everybody. Host only. The stored room is deleted.
    EndRoom {
        /// The room.
        room: RoomId,
    },
    /// The page is closing or the device sleeps: close links politely, keep the stored room.
    Close {
        /// The room.
        room: RoomId,
    },
}

/// A file about to be shared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewFile {
    /// Registered by the shell.
    pub source: SourceId,
    /// File name as chosen.
    pub name: String,
    /// Size in bytes.
    pub size: u64,
}
