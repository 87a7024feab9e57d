//! What can go wrong, by whose fault: the caller's ([`CommandError`]), the remote's ([`Misbehavior`]), the
//! store's ([`StoreFailure`]). What merely happens in the world is an event; a broken invariant panics.

use core::fmt;

/// The caller asked for what cannot be done; nothing changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CommandError {
    /// No room of that id is open here.
    UnknownRoom,
    /// A room of that id is open here already.
    RoomOpen,
    /// Nobody with that id waits at the door.
    UnknownKnock,
    /// No such share, file or fetch.
    UnknownFile,
    /// Only the host may do this.
    NotHost,
    /// Only who shared the file may do this.
    NotAuthor,
    /// Not a member yet.
    NotMember,
    /// A name must have 1 to 40 characters and no control characters.
    BadName,
    /// A message must have 1 byte to [`MAX_TEXT`](crate::io::MAX_TEXT) bytes.
    BadText,
    /// A share must have 1 to [`MAX_FILES`](crate::io::MAX_FILES) files with usable names and sizes.
    BadShare,
    /// The file is being fetched already.
    AlreadyFetching,
    /// The file chosen again has another name or size.
    OtherFile,
    /// The stored room cannot be read.
    BadRecords,
    /// The stored room was written by a later version.
    NewerRecords,
    /// The room has ended.
    Ended,
    /// A bound of this version is reached (members, entries, files).
    Full,
    /// What was said or shared before waits for the store, as many as are held; it can be tried again.
    Busy,
}

/// A remote broke the protocol. The link it came over closes, but for [`Self::ForkedLog`], whose bringer is honest;
/// everything else goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Misbehavior {
    /// A frame that does not decode, or is longer than allowed.
    MalformedFrame,
    /// The first frame of a lane was not the confirmation, or did not decrypt.
    Unconfirmed,
    /// The fingerprint confirmed is not the one seen: somebody stands in the middle.
    FingerprintMismatch,
    /// A description or candidate outside the grammar.
    BadDescription,
    /// A signature that does not verify.
    BadSignature,
    /// An entry that breaks the log's rules.
    BadEntry,
    /// Two entries of one author with one sequence number.
    ForkedLog,
    /// An entry that only the host may write.
    NotHost,
    /// Something that nobody asked for, a bulk frame out of its order, or a request for what cannot be.
    Unasked,
    /// A chunk whose hash is not the page's.
    BadChunk,
    /// A hash page of a wrong length, or not signed by the file's author.
    BadPage,
    /// More chunk requests waiting than twice the window.
    TooManyRequests,
    /// Asked without reading the answers.
    TooSlow,
    /// More frames than anybody honest sends.
    TooFast,
    /// A handshake step out of order or with another key than it should have.
    BadHandshake,
    /// A file name that tries to leave its folder or cannot be stored.
    BadPath,
}

/// Why the shell could not do what the store was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StoreFailure {
    /// Not enough room; `available` bytes are left, if known.
    Full {
        /// Bytes left, if the platform tells.
        available: Option<u64>,
    },
    /// The person or the platform refused permission.
    Denied,
    /// What was to be read is gone.
    Missing,
    /// What was to be read is not what it was (size or time changed).
    Changed,
    /// This browser window has no storage for files (a private window).
    Unavailable,
    /// Anything else; the shell has logged it.
    Failed,
}

macro_rules! kebab_display {
    ($type:ty { $($variant:pat => $text:literal),+ $(,)? }) => {
        impl $type {
            /// Stable kebab-case name, used as the error's code across to JavaScript.
            pub fn code(&self) -> &'static str {
                match self { $($variant => $text),+ }
            }
        }
        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.code())
            }
        }
        impl core::error::Error for $type {}
    };
}

kebab_display!(CommandError {
    Self::UnknownRoom => "unknown-room",
    Self::RoomOpen => "room-open",
    Self::UnknownKnock => "unknown-knock",
    Self::UnknownFile => "unknown-file",
    Self::NotHost => "not-host",
    Self::NotAuthor => "not-author",
    Self::NotMember => "not-member",
    Self::BadName => "bad-name",
    Self::BadText => "bad-text",
    Self::BadShare => "bad-share",
    Self::AlreadyFetching => "already-fetching",
    Self::OtherFile => "other-file",
    Self::BadRecords => "bad-records",
    Self::NewerRecords => "newer-records",
    Self::Ended => "ended",
    Self::Full => "full",
    Self::Busy => "busy",
});

kebab_display!(Misbehavior {
    Self::MalformedFrame => "malformed-frame",
    Self::Unconfirmed => "unconfirmed",
    Self::FingerprintMismatch => "fingerprint-mismatch",
    Self::BadDescription => "bad-description",
    Self::BadSignature => "bad-signature",
    Self::BadEntry => "bad-entry",
    Self::ForkedLog => "forked-log",
    Self::NotHost => "not-host",
    Self::Unasked => "unasked",
    Self::BadChunk => "bad-chunk",
    Self::BadPage => "bad-page",
    Self::TooManyRequests => "too-many-requests",
    Self::TooSlow => "too-slow",
    Self::TooFast => "too-fast",
    Self::BadHandshake => "bad-handshake",
    Self::BadPath => "bad-path",
});

kebab_display!(StoreFailure {
    Self::Full { .. } => "storage-full",
    Self::Denied => "permission-denied",
    Self::Missing => "file-missing",
    Self::Changed => "file-changed",
    Self::Unavailable => "storage-unavailable",
    Self::Failed => "storage-failed",
});
