//! What a page would show: the events of one room, reduced. It also holds the engine to what events promise:
//! nothing of a room's content before one is a member, no progress beyond the size, six digits.

use peer_core::error::{CommandError, Misbehavior, StoreFailure};
use peer_core::id::{CommandId, EntryId, FileId, KnockId, MemberId, RoomId};
use peer_core::io::{Event, FileState, LinkState, Presence, SharedFile};
use std::collections::{BTreeMap, BTreeSet};

/// Somebody at the door.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Knock {
    /// Key.
    pub member: MemberId,
    /// Name.
    pub name: String,
    /// Six digits.
    pub sas: String,
}

/// A member.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// Name.
    pub name: String,
    /// Whether it is the host.
    pub host: bool,
    /// Whether it is oneself.
    pub me: bool,
    /// Who let it in.
    pub admitted_by: Option<MemberId>,
    /// Whether it left.
    pub left: bool,
    /// Whether it forked its log.
    pub forked: bool,
}

/// A chat message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// Who.
    pub author: MemberId,
    /// What.
    pub text: String,
}

/// A share on the shelf.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShareView {
    /// Who.
    pub author: MemberId,
    /// Its files.
    pub files: Vec<SharedFile>,
    /// Whether it was withdrawn.
    pub withdrawn: bool,
}

/// A room as its page shows it.
#[derive(Clone, Debug, Default)]
pub struct View {
    /// The room, its link's fragment and one's own key.
    pub ready: Option<(RoomId, String, MemberId)>,
    /// Whether one is the host.
    pub host: bool,
    /// Whether one is a member.
    pub member: bool,
    /// One's own name.
    pub name: String,
    /// The way to the others.
    pub presence: Option<Presence>,
    /// Who waits at the door.
    pub knocks: BTreeMap<KnockId, Knock>,
    /// Most that ever waited at once.
    pub most_knocks: usize,
    /// Knocks shown, ever.
    pub knocked: usize,
    /// The door is quiet.
    pub quiet: bool,
    /// How often somebody asked and went, by the newest card.
    pub vanished: u32,
    /// How often the room said where its link leads, ever: each is written down and drawn.
    pub announced: usize,
    /// One was sent away.
    pub denied: bool,
    /// How often.
    pub denials: usize,
    /// Members by key.
    pub members: BTreeMap<MemberId, Member>,
    /// Links by member.
    pub links: BTreeMap<MemberId, LinkState>,
    /// The chat, in shown order.
    pub chat: BTreeMap<(u64, EntryId), Message>,
    /// The shelf, in shown order.
    pub shelf: BTreeMap<(u64, EntryId), ShareView>,
    /// Files by id.
    pub files: BTreeMap<FileId, FileState>,
    /// Every state a file was in.
    pub file_history: Vec<(FileId, FileState)>,
    /// Verified bytes by file.
    pub verified: BTreeMap<FileId, u64>,
    /// How often that was shown, ever.
    pub progress_shown: usize,
    /// What others say they have.
    pub have: BTreeMap<(FileId, MemberId), u64>,
    /// How often what somebody has was shown, ever.
    pub haves_shown: usize,
    /// Which of one's entries reached whom.
    pub delivered: BTreeSet<(EntryId, MemberId)>,
    /// The host ended it.
    pub ended: bool,
    /// It is closed here.
    pub closed: bool,
    /// Who broke the protocol, and how.
    pub misbehaved: Vec<(Option<MemberId>, Misbehavior)>,
    /// Records that could not be kept.
    pub not_stored: Vec<StoreFailure>,
    /// Commands that failed late.
    pub failed: Vec<(CommandId, CommandError)>,
}

impl View {
    /// Take in one event.
    pub fn apply(&mut self, event: Event) {
        assert!(!self.closed || matches!(event, Event::RoomReady { .. }), "{event:?} after RoomClosed");
        match event {
            Event::RoomReady { room, link, me, host, member, name } => {
                self.announced += 1;
                if self.closed {
                    *self = Self::default();
                }
                assert!(!self.member || member, "a member stays one");
                self.ready = Some((room, link.0, me));
                (self.host, self.member, self.name) = (host, member, name);
            }
            Event::Presence { state, .. } => {
                if let Presence::Asked { sas } = &state {
                    assert_digits(sas);
                }
                self.presence = Some(state);
            }
            Event::Knocked { knock, member, name, sas, vanished, .. } => {
                self.vanished = vanished;
                assert!(self.member, "a knock is shown to a member");
                assert_digits(&sas);
                self.knocked += 1;
                self.knocks.insert(knock, Knock { member, name, sas });
                self.most_knocks = self.most_knocks.max(self.knocks.len());
            }
            Event::KnockGone { knock, .. } => {
                assert!(self.knocks.remove(&knock).is_some(), "{knock:?} was shown before");
            }
            Event::DoorQuiet { .. } => self.quiet = true,
            Event::DoorListens { .. } => self.quiet = false,
            Event::Admitted { .. } => self.member = true,
            Event::Denied { .. } => {
                self.denied = true;
                self.denials += 1;
            }
            Event::MemberChanged { member, name, host, me, admitted_by, left, forked, .. } => {
                self.members.insert(member, Member { name, host, me, admitted_by, left, forked });
            }
            Event::LinkState { member, state, .. } => {
                self.links.insert(member, state);
            }
            Event::Shared { share, author, order, files, .. } => {
                let again = self.shelf.keys().any(|(at, id)| *id == share && *at != order);
                assert!(!again, "a share keeps its place");
                self.shelf.insert((order, share), ShareView { author, files, withdrawn: false });
            }
            Event::Withdrawn { share, .. } => {
                let found = self.shelf.iter_mut().find(|((_, id), _)| *id == share);
                found.expect("withdrawn after shared").1.withdrawn = true;
            }
            Event::FileChanged { file, state, .. } => {
                assert!(self.size(file).is_some(), "{file:?} was shared before");
                self.files.insert(file, state);
                self.file_history.push((file, state));
            }
            Event::Progress { file, verified, .. } => {
                assert!(verified <= self.size(file).expect("shared before"), "more than all verified");
                self.verified.insert(file, verified);
                self.progress_shown += 1;
            }
            Event::Have { file, member, verified, .. } => {
                assert!(verified <= self.size(file).expect("shared before"), "more than there is");
                self.have.insert((file, member), verified);
                self.haves_shown += 1;
            }
            Event::Said { entry, author, order, text, .. } => {
                let again = self.chat.keys().any(|(at, id)| *id == entry && *at != order);
                assert!(!again, "a message keeps its place");
                self.chat.insert((order, entry), Message { author, text });
            }
            Event::Delivered { entry, by, .. } => {
                self.delivered.insert((entry, by));
            }
            Event::RoomEnded { .. } => self.ended = true,
            Event::RoomClosed { .. } => self.closed = true,
            Event::CommandFailed { command, reason } => self.failed.push((command, reason)),
            Event::NotStored { reason, .. } => self.not_stored.push(reason),
            Event::Misbehaved { member, violation, .. } => self.misbehaved.push((member, violation)),
        }
    }

    /// What holds whenever the page could be looked at: who is no member sees nobody else and nothing of theirs.
    pub fn check(&self) {
        let others = self.members.values().any(|member| !member.me);
        let content = !self.links.is_empty() || !self.chat.is_empty() || !self.shelf.is_empty();
        assert!(self.member || !(others || content), "names or content before admission: {self:?}");
    }

    /// Size of a file on the shelf.
    pub fn size(&self, file: FileId) -> Option<u64> {
        let share = self.shelf.iter().find(|((_, id), _)| *id == file.share)?.1;
        Some(share.files.get(usize::from(file.index))?.size)
    }

    /// Texts of the chat in shown order.
    pub fn texts(&self) -> Vec<&str> {
        self.chat.values().map(|message| &*message.text).collect()
    }

    /// Whether the link to `member` is up.
    pub fn linked(&self, member: MemberId) -> bool {
        matches!(self.links.get(&member), Some(LinkState::Direct | LinkState::Relayed))
    }
}

fn assert_digits(sas: &str) {
    assert!(sas.len() == 6 && sas.bytes().all(|byte| byte.is_ascii_digit()), "six digits: {sas}");
}
