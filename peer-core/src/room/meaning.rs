//! What entries mean to the room, once they are placed.

use super::Room;
use super::members::Person;
use super::open::Record;
use crate::base::id::{EntryId, FileId, LinkId, MemberId, SourceId};
use crate::cx::Context;
use crate::io::{Event, SharedFile};
use crate::log::entry::{FileMeta, Payload};
use crate::log::{Log, MAX_MEMBERS};
use alloc::string::String;
use alloc::vec::Vec;

impl Room {
    /// Let newly placed entries take effect, in order. `sources`: of the one own share among them.
    pub(super) fn apply(&mut self, ids: &[EntryId], sources: &[SourceId], cx: &mut Context<'_>) {
        for id in ids {
            let Some(placed) = self.log.as_ref().and_then(|log| log.entry(id)) else { continue };
            let (author, order, payload) = (placed.entry.author, placed.order, placed.payload.clone());
            self.apply_one(*id, author, order, payload, sources, cx);
        }
    }

    fn apply_one(
        &mut self,
        id: EntryId,
        author: MemberId,
        order: u64,
        payload: Payload,
        sources: &[SourceId],
        cx: &mut Context<'_>,
    ) {
        let room = self.id;
        match payload {
            Payload::Create { .. } => self.person(author, String::new(), None, cx),
            // Beyond the room's places an admission means nothing, in every table alike.
            Payload::Admit { member, name } if self.is_admitted(&member) => {
                self.person(member, name, Some(author), cx);
                self.admission_placed(member, cx);
                self.turn_strangers_away(cx);
            }
            Payload::Admit { .. } => {}
            Payload::Name { name } => {
                if let Some(person) = self.members.person_mut(&author) {
                    person.name = name;
                }
                self.show_member(author, cx);
            }
            Payload::Say { text, sent_at } => {
                cx.event(Event::Said { room, entry: id, author, order, text, sent_at })
            }
            Payload::Share { files } => self.shelve(id, author, order, &files, sources, cx),
            Payload::Close { file, root } => {
                if self.author_of(&file.share) == Some(author) {
                    self.serving.closed(file);
                    self.fetching.closed(file, root, cx);
                }
            }
            Payload::Withdraw { share } => {
                if self.author_of(&share) == Some(author) {
                    self.unshelve(share, cx);
                }
            }
            Payload::Leave { end } => {
                if let Some(person) = self.members.person_mut(&author) {
                    person.left = true;
                }
                self.show_member(author, cx);
                if end {
                    self.end(cx);
                }
            }
            Payload::Unknown => {}
        }
    }

    fn is_admitted(&self, member: &MemberId) -> bool {
        self.log.as_ref().is_some_and(|log| log.is_admitted(member))
    }

    /// Whether all places are taken, and `member` has none.
    pub(super) fn is_full_without(&self, member: &MemberId) -> bool {
        let full = |log: &Log| log.admitted().count() >= MAX_MEMBERS && !log.is_admitted(member);
        self.log.as_ref().is_some_and(full)
    }

    /// All places are taken: who is linked and has none will never have one, whatever its admission says.
    fn turn_strangers_away(&mut self, cx: &mut Context<'_>) {
        let strangers = self.members.strangers().filter(|stranger| self.is_full_without(stranger));
        let strangers: Vec<MemberId> = strangers.collect();
        for stranger in strangers {
            let links = self.links.values().filter(|link| link.member == stranger);
            let links: Vec<LinkId> = links.map(|link| link.id).collect();
            for link in links {
                self.hang_up(link, cx);
            }
            self.members.forget(&stranger);
        }
    }

    fn author_of(&self, share: &EntryId) -> Option<MemberId> {
        self.log.as_ref()?.entry(share).map(|placed| placed.entry.author)
    }

    fn shelve(
        &mut self,
        share: EntryId,
        author: MemberId,
        order: u64,
        files: &[FileMeta],
        sources: &[SourceId],
        cx: &mut Context<'_>,
    ) {
        let shown =
            files.iter().map(|file| SharedFile { name: String::from(file.name.as_str()), size: file.size });
        cx.event(Event::Shared { room: self.id, share, author, order, files: shown.collect() });
        for (index, meta) in files.iter().enumerate() {
            let file = FileId { share, index: index as u16 };
            if author == self.me {
                self.serving.shared(file, meta, sources.get(index).copied(), cx);
            } else {
                self.fetching.shared(file, author, meta.size, cx);
            }
        }
        // An empty file is whole at once; one of an earlier start waits for its stored pages.
        if !sources.is_empty() {
            self.close_what_is_whole(cx);
        }
    }

    fn unshelve(&mut self, share: EntryId, cx: &mut Context<'_>) {
        let files = match self.log.as_ref().and_then(|log| log.entry(&share)).map(|placed| &placed.payload) {
            Some(Payload::Share { files }) => files.len(),
            _ => return,
        };
        for index in 0..files {
            let file = FileId { share, index: index as u16 };
            self.serving.withdraw(file, cx);
            self.fetching.withdrawn(file, cx);
        }
        cx.event(Event::Withdrawn { room: self.id, share });
    }

    /// The own pages of an earlier start.
    pub(super) fn restore_pages(&mut self, records: &[Record<'_>]) {
        let mut pages: Vec<_> = records
            .iter()
            .filter_map(|(key, value)| Some((crate::shelf::serve::page_of(key)?, value)))
            .collect();
        pages.sort_by_key(|((file, segment), _)| (*file, *segment));
        for ((file, segment), bytes) in &pages {
            self.serving.restore_page(*file, *segment, bytes);
        }
    }

    /// Everybody is to call one as one is called here.
    pub(super) fn tell_own_name(&mut self, cx: &mut Context<'_>) {
        let told = self.members.person(&self.me).map_or("", |person| person.name.as_str());
        if told != self.identity.name && !self.identity.name.is_empty() {
            self.draft_own(super::outbox::name(self.identity.name.clone()), cx);
        }
    }

    fn person(
        &mut self,
        member: MemberId,
        name: String,
        admitted_by: Option<MemberId>,
        cx: &mut Context<'_>,
    ) {
        self.members.introduce(member, Person { name, admitted_by, left: false });
        self.show_member(member, cx);
    }

    pub(super) fn show_member(&mut self, member: MemberId, cx: &mut Context<'_>) {
        let (Some(person), Some(log)) = (self.members.person(&member), &self.log) else { return };
        cx.event(Event::MemberChanged {
            room: self.id,
            member,
            name: person.name.clone(),
            host: member == log.host(),
            me: member == self.me,
            admitted_by: person.admitted_by,
            left: person.left,
            forked: log.is_forked(&member),
        });
    }
}
