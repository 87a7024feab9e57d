//! From the page's commands to the engine's, and from the engine's events to the page's. One line a variant and
//! no wildcard, so that a new one fails to compile until it has a shape.

use super::{Command, CommandName, ErrorCode, Event, Failure, FileRef, SharedFile};
use peer_core::error::{self as core_error, CommandError};
use peer_core::id::{EntryId, FileId, KnockId, MemberId, RoomId, SinkId};
use peer_core::io::{self, NewFile};

/// What the shell adds to a page's command.
pub(crate) struct Added {
    /// The files of a Share or Supply, registered.
    pub(crate) files: Vec<NewFile>,
    /// Where a Fetch is to go.
    pub(crate) sink: SinkId,
    /// Unix milliseconds.
    pub(crate) sent_at: u64,
}

/// The engine's command for a page's.
///
/// # Errors
/// An id that is none, or a Share or Supply without its files.
pub(crate) fn core_command(command: Command, mut added: Added) -> Result<io::Command, CommandError> {
    Ok(match command {
        Command::CreateRoom { name } => io::Command::CreateRoom { name },
        Command::JoinRoom { link, name } => io::Command::JoinRoom { link: link.into(), name },
        Command::Admit { room, knock } => io::Command::Admit { room: room_id(&room)?, knock: KnockId(knock) },
        Command::Deny { room, knock } => io::Command::Deny { room: room_id(&room)?, knock: KnockId(knock) },
        Command::Share { room, files: _ } => io::Command::Share { room: room_id(&room)?, files: added.files },
        Command::Supply { room, file, replacement: _ } => io::Command::Supply {
            room: room_id(&room)?,
            file: file_id(&file)?,
            new: added.files.pop().ok_or(CommandError::BadShare)?,
        },
        Command::Fetch { room, file } => {
            io::Command::Fetch { room: room_id(&room)?, file: file_id(&file)?, sink: added.sink }
        }
        Command::Pause { room, file } => io::Command::Pause { room: room_id(&room)?, file: file_id(&file)? },
        Command::Resume { room, file } => {
            io::Command::Resume { room: room_id(&room)?, file: file_id(&file)? }
        }
        Command::Cancel { room, file } => {
            io::Command::Cancel { room: room_id(&room)?, file: file_id(&file)? }
        }
        Command::Withdraw { room, share } => {
            io::Command::Withdraw { room: room_id(&room)?, share: entry_id(&share)? }
        }
        Command::Say { room, text } => {
            io::Command::Say { room: room_id(&room)?, text, sent_at: added.sent_at }
        }
        Command::Rename { room, name } => io::Command::Rename { room: room_id(&room)?, name },
        Command::NewLink { room } => io::Command::NewLink { room: room_id(&room)? },
        Command::Leave { room } => io::Command::Leave { room: room_id(&room)? },
        Command::EndRoom { room } => io::Command::EndRoom { room: room_id(&room)? },
    })
}

fn room_id(hex: &str) -> Result<RoomId, CommandError> {
    RoomId::from_hex(hex).ok_or(CommandError::UnknownRoom)
}

fn entry_id(hex: &str) -> Result<EntryId, CommandError> {
    EntryId::from_hex(hex).ok_or(CommandError::UnknownFile)
}

fn file_id(file: &FileRef) -> Result<FileId, CommandError> {
    Ok(FileId { share: entry_id(&file.share)?, index: file.index })
}

/// The failure to show for a refused command.
pub(crate) fn failure_of_command(error: CommandError) -> Failure {
    let code = match error {
        CommandError::UnknownRoom => ErrorCode::UnknownRoom,
        CommandError::RoomOpen => ErrorCode::RoomOpen,
        CommandError::UnknownKnock => ErrorCode::UnknownKnock,
        CommandError::UnknownFile => ErrorCode::UnknownFile,
        CommandError::NotHost => ErrorCode::NotHost,
        CommandError::NotAuthor => ErrorCode::NotAuthor,
        CommandError::NotMember => ErrorCode::NotMember,
        CommandError::BadName => ErrorCode::BadName,
        CommandError::BadText => ErrorCode::BadText,
        CommandError::BadShare => ErrorCode::BadShare,
        CommandError::AlreadyFetching => ErrorCode::AlreadyFetching,
        CommandError::OtherFile => ErrorCode::OtherFile,
        CommandError::BadRecords => ErrorCode::BadRecords,
        CommandError::NewerRecords => ErrorCode::NewerRecords,
        CommandError::Ended => ErrorCode::Ended,
        CommandError::Full => ErrorCode::Full,
        CommandError::Busy => ErrorCode::Busy,
    };
    // Being no member yet passes, and so does a slow disk; everything else stays as it is until the person does
    // something else.
    let retryable = matches!(error, CommandError::NotMember | CommandError::Busy);
    Failure { code, message: error.code().into(), retryable }
}

/// The page's event for an engine's. `named` tells what a submitted command was.
pub(crate) fn page_event(
    event: io::Event,
    named: impl FnOnce(peer_core::id::CommandId) -> (CommandName, Option<String>),
) -> Event {
    match event {
        io::Event::RoomReady { room, link, me, host, member, name } => {
            Event::RoomReady { room: room.to_hex(), link: link.0, me: me.to_hex(), host, member, name }
        }
        io::Event::Presence { room, state } => Event::Presence { room: room.to_hex(), state: state.into() },
        io::Event::Knocked { room, knock, member, name, sas, vanished } => Event::Knocked {
            room: room.to_hex(),
            knock: knock.0,
            member: member.to_hex(),
            name,
            sas,
            vanished,
        },
        io::Event::KnockGone { room, knock } => Event::KnockGone { room: room.to_hex(), knock: knock.0 },
        io::Event::DoorQuiet { room, until_new_link } => {
            Event::DoorQuiet { room: room.to_hex(), until_new_link }
        }
        io::Event::DoorListens { room } => Event::DoorListens { room: room.to_hex() },
        io::Event::Admitted { room } => Event::Admitted { room: room.to_hex() },
        io::Event::Denied { room } => Event::Denied { room: room.to_hex() },
        io::Event::MemberChanged { room, member, name, host, me, admitted_by, left, forked } => {
            Event::MemberChanged {
                room: room.to_hex(),
                member: member.to_hex(),
                name,
                host,
                me,
                admitted_by: hex(admitted_by),
                left,
                forked,
            }
        }
        io::Event::LinkState { room, member, state } => {
            Event::Connection { room: room.to_hex(), member: member.to_hex(), state: state.into() }
        }
        io::Event::Shared { room, share, author, order, files } => Event::Shared {
            room: room.to_hex(),
            share: share.to_hex(),
            author: author.to_hex(),
            order: number(order),
            files: files.into_iter().map(|f| SharedFile { name: f.name, size: number(f.size) }).collect(),
        },
        io::Event::Withdrawn { room, share } => {
            Event::Withdrawn { room: room.to_hex(), share: share.to_hex() }
        }
        io::Event::FileChanged { room, file, state } => {
            Event::FileChanged { room: room.to_hex(), file: file.into(), state: state.into() }
        }
        io::Event::Progress { room, file, verified, rate, remaining } => Event::Progress {
            room: room.to_hex(),
            file: file.into(),
            verified: number(verified),
            rate: number(rate),
            remaining: remaining.map(number),
        },
        io::Event::Have { room, file, member, verified } => Event::Have {
            room: room.to_hex(),
            file: file.into(),
            member: member.to_hex(),
            verified: number(verified),
        },
        io::Event::Said { room, entry, author, order, text, sent_at } => Event::Said {
            room: room.to_hex(),
            entry: entry.to_hex(),
            author: author.to_hex(),
            order: number(order),
            text,
            sent_at: number(sent_at),
        },
        io::Event::Delivered { room, entry, by } => {
            Event::Delivered { room: room.to_hex(), entry: entry.to_hex(), by: by.to_hex() }
        }
        io::Event::RoomEnded { room } => Event::RoomEnded { room: room.to_hex() },
        io::Event::RoomClosed { room } => Event::RoomClosed { room: room.to_hex() },
        io::Event::CommandFailed { command, reason } => {
            let (command, room) = named(command);
            Event::CommandFailed { command, room, error: failure_of_command(reason) }
        }
        io::Event::NotStored { room, reason } => {
            Event::NotStored { room: room.to_hex(), reason: reason.into() }
        }
        io::Event::Misbehaved { room, member, violation } => {
            Event::Misbehaved { room: room.to_hex(), member: hex(member), violation: violation.into() }
        }
    }
}

fn hex(member: Option<MemberId>) -> Option<String> {
    member.map(|m| m.to_hex())
}

/// Above 2^53 a number is a remote's nonsense; the nearest double does.
fn number(n: u64) -> f64 {
    n as f64
}

impl From<FileId> for FileRef {
    fn from(file: FileId) -> Self {
        Self { share: file.share.to_hex(), index: file.index }
    }
}

impl From<io::Presence> for super::Presence {
    fn from(state: io::Presence) -> Self {
        match state {
            io::Presence::Connecting => Self::Connecting,
            io::Presence::ServerUnreachable => Self::ServerUnreachable,
            io::Presence::ServerFull => Self::ServerFull,
            io::Presence::Waiting => Self::Waiting,
            io::Presence::NobodyThere => Self::NobodyThere,
            io::Presence::NotAnswering => Self::NotAnswering,
            io::Presence::Greeting => Self::Greeting,
            io::Presence::Asked { sas } => Self::Asked { sas },
            io::Presence::Admitted => Self::Admitted,
            io::Presence::Denied => Self::Denied,
            io::Presence::Crowded => Self::Crowded,
            io::Presence::RoomFull => Self::RoomFull,
            io::Presence::VersionMismatch => Self::VersionMismatch,
        }
    }
}

impl From<io::LinkState> for super::Connection {
    fn from(state: io::LinkState) -> Self {
        match state {
            io::LinkState::Connecting => Self::Connecting,
            io::LinkState::Direct => Self::Direct,
            io::LinkState::Relayed => Self::Relayed,
            io::LinkState::Lost { reason } => Self::Lost {
                reason: match reason {
                    io::LostReason::Closed => super::LostReason::Closed,
                    io::LostReason::Silent => super::LostReason::Silent,
                    io::LostReason::NoPath => super::LostReason::NoPath,
                    io::LostReason::NoAddress => super::LostReason::NoAddress,
                    io::LostReason::NoAddressThere => super::LostReason::NoAddressThere,
                    io::LostReason::KeptApart => super::LostReason::KeptApart,
                    io::LostReason::Misbehaved => super::LostReason::Misbehaved,
                },
            },
        }
    }
}

impl From<io::FileState> for super::FileState {
    fn from(state: io::FileState) -> Self {
        match state {
            io::FileState::Offered => Self::Offered,
            io::FileState::Serving => Self::Serving,
            io::FileState::SourceMissing => Self::SourceMissing,
            io::FileState::Receiving => Self::Receiving,
            io::FileState::WaitingForSource => Self::WaitingForSource,
            io::FileState::Paused => Self::Paused,
            io::FileState::Done { root } => Self::Done { root: root.to_hex() },
            io::FileState::Cancelled => Self::Cancelled,
            io::FileState::Failed { reason } => Self::Failed {
                reason: match reason {
                    io::FileFailure::SourceChanged => super::FileFailure::SourceChanged,
                    io::FileFailure::SourceTouched => super::FileFailure::SourceTouched,
                    io::FileFailure::SourceGone => super::FileFailure::SourceGone,
                    io::FileFailure::Contradiction => super::FileFailure::Contradiction,
                    io::FileFailure::Store(failure) => super::FileFailure::Store { failure: failure.into() },
                },
            },
            io::FileState::Withdrawn => Self::Withdrawn,
        }
    }
}

impl From<core_error::StoreFailure> for super::StoreFailure {
    fn from(failure: core_error::StoreFailure) -> Self {
        match failure {
            core_error::StoreFailure::Full { available } => Self::Full { available: available.map(number) },
            core_error::StoreFailure::Denied => Self::Denied,
            core_error::StoreFailure::Missing => Self::Missing,
            core_error::StoreFailure::Changed => Self::Changed,
            core_error::StoreFailure::Unavailable => Self::Unavailable,
            core_error::StoreFailure::Failed => Self::Failed,
        }
    }
}

impl From<core_error::Misbehavior> for super::Misbehavior {
    fn from(violation: core_error::Misbehavior) -> Self {
        use core_error::Misbehavior as Core;
        match violation {
            Core::MalformedFrame => Self::MalformedFrame,
            Core::Unconfirmed => Self::Unconfirmed,
            Core::FingerprintMismatch => Self::FingerprintMismatch,
            Core::BadDescription => Self::BadDescription,
            Core::BadSignature => Self::BadSignature,
            Core::BadEntry => Self::BadEntry,
            Core::ForkedLog => Self::ForkedLog,
            Core::NotHost => Self::NotHost,
            Core::Unasked => Self::Unasked,
            Core::BadChunk => Self::BadChunk,
            Core::BadPage => Self::BadPage,
            Core::TooManyRequests => Self::TooManyRequests,
            Core::TooSlow => Self::TooSlow,
            Core::TooFast => Self::TooFast,
            Core::BadHandshake => Self::BadHandshake,
            Core::BadPath => Self::BadPath,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use core_error::{CommandError as E, Misbehavior as M};
    use peer_core::io::FileState;
    use serde_json::{json, to_value};

    fn added() -> Added {
        Added { files: Vec::new(), sink: SinkId(1), sent_at: 7 }
    }

    #[test]
    fn codes_across_are_the_engines_own() {
        let errors = [
            E::UnknownRoom,
            E::RoomOpen,
            E::UnknownKnock,
            E::UnknownFile,
            E::NotHost,
            E::NotAuthor,
            E::NotMember,
            E::BadName,
            E::BadText,
            E::BadShare,
            E::AlreadyFetching,
            E::OtherFile,
            E::BadRecords,
            E::NewerRecords,
            E::Ended,
            E::Full,
            E::Busy,
        ];
        for error in errors {
            assert_eq!(to_value(failure_of_command(error).code).unwrap(), json!(error.code()));
        }
        let violations = [
            M::MalformedFrame,
            M::Unconfirmed,
            M::FingerprintMismatch,
            M::BadDescription,
            M::BadSignature,
            M::BadEntry,
            M::ForkedLog,
            M::NotHost,
            M::Unasked,
            M::BadChunk,
            M::BadPage,
            M::TooManyRequests,
            M::TooSlow,
            M::TooFast,
            M::BadHandshake,
            M::BadPath,
        ];
        for violation in violations {
            assert_eq!(to_value(crate::api::Misbehavior::from(violation)).unwrap(), json!(violation.code()));
        }
    }

    #[test]
    fn an_id_that_is_none_is_the_callers_mistake_and_a_whole_one_arrives() {
        let room = RoomId([0xab; 16]);
        let say = |room: String| core_command(Command::Say { room, text: "hi".into() }, added());
        assert_eq!(say(room.to_hex()), Ok(io::Command::Say { room, text: "hi".into(), sent_at: 7 }));
        for bad in ["", "ab", &room.to_hex().to_uppercase(), &format!("{}0", room.to_hex())] {
            assert_eq!(say(bad.to_owned()), Err(E::UnknownRoom), "{bad}");
        }
        let file = FileRef { share: "no".into(), index: 0 };
        let fetch = core_command(Command::Fetch { room: room.to_hex(), file }, added());
        assert_eq!(fetch, Err(E::UnknownFile));
    }

    #[test]
    fn an_event_has_the_shape_that_its_typescript_says() {
        let (room, file) = (RoomId([1; 16]), FileId { share: EntryId([2; 32]), index: 3 });
        let reason = io::FileFailure::Store(core_error::StoreFailure::Full { available: None });
        let event = io::Event::FileChanged { room, file, state: FileState::Failed { reason } };
        let event = page_event(event, |_| unreachable!());
        let expected = json!({
            "type": "FileChanged",
            "room": "01".repeat(16),
            "file": { "share": "02".repeat(32), "index": 3 },
            "state": {
                "type": "Failed",
                "reason": { "type": "Store", "failure": { "type": "Full", "available": null } },
            },
        });
        assert_eq!(to_value(event).unwrap(), expected);
    }
}
