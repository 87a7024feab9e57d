//! Everybody of the room, in one table: who they are by the log, the link to each, what each has of one's own entries,
//! and how often each may open links.

use super::neighbour::Distant;
use crate::base::id::{LinkId, MemberId};
use crate::base::map::Map;
use crate::base::time::Instant;
use crate::link::allowance::Allowance;
use crate::link::rate::Rate;
use crate::log::MAX_MEMBERS;
use alloc::string::String;
use core::time::Duration;

/// Most links with one member in a minute, whoever began: each is an RTCPeerConnection, of which a page has few.
const MAX_LINKS_A_MINUTE: u64 = 12;

/// A link that was up for less counts as trouble: who has much is called less often.
const STEADY: Duration = Duration::from_secs(30);

/// Who somebody is, by the log.
pub(super) struct Person {
    pub(super) name: String,
    pub(super) admitted_by: Option<MemberId>,
    pub(super) left: bool,
}

pub(super) struct Member {
    /// None while only a link is there, and the entry that let the member in is still to come.
    person: Option<Person>,
    /// The link that is up.
    link: Option<LinkId>,
    /// Which of one's own entries it has, as seq.
    delivered: Option<u64>,
    opened: Rate,
    /// What it may cost us; while a link is up, the link has it.
    allowance: Allowance,
    /// Links in a row that were gone soon, whatever the reason.
    troubles: u32,
    /// To be called through a neighbour.
    distant: Option<Distant>,
}

#[derive(Default)]
pub(super) struct Members(Map<MemberId, Member>);

impl Members {
    fn row(&mut self, member: MemberId) -> &mut Member {
        self.0.or_insert_with(member, || Member {
            person: None,
            link: None,
            delivered: None,
            opened: Rate::new(MAX_LINKS_A_MINUTE, Duration::from_secs(60)),
            allowance: Allowance::default(),
            troubles: 0,
            distant: None,
        })
    }

    // ------------------------------------------------------------ who they are

    pub(super) fn person(&self, member: &MemberId) -> Option<&Person> {
        self.0.get(member)?.person.as_ref()
    }

    pub(super) fn person_mut(&mut self, member: &MemberId) -> Option<&mut Person> {
        self.0.get_mut(member)?.person.as_mut()
    }

    pub(super) fn people(&self) -> impl Iterator<Item = (&MemberId, &Person)> {
        self.0.iter().filter_map(|(id, member)| Some((id, member.person.as_ref()?)))
    }

    /// The log names somebody. A second admission of one key changes nothing but is no harm either.
    pub(super) fn introduce(&mut self, member: MemberId, person: Person) {
        self.row(member).person.get_or_insert(person);
    }

    // ------------------------------------------------------------ links

    pub(super) fn link(&self, member: &MemberId) -> Option<LinkId> {
        self.0.get(member)?.link
    }

    /// Every member whose link is up, and that link.
    pub(super) fn linked(&self) -> impl Iterator<Item = (MemberId, LinkId)> {
        self.0.iter().filter_map(|(id, member)| Some((*id, member.link?)))
    }

    /// The link to `member` is up; the one before it, if there is one.
    pub(super) fn set_link(&mut self, member: MemberId, link: LinkId) -> Option<LinkId> {
        let row = self.row(member);
        row.distant = None;
        row.link.replace(link)
    }

    /// A link is gone; whether it was the one that was up.
    pub(super) fn unlink(&mut self, member: &MemberId, link: LinkId) -> bool {
        self.0.get_mut(member).is_some_and(|row| row.link.take_if(|up| *up == link).is_some())
    }

    /// Count a link with `member`: whether one more may be opened now. Of keys that the log does not have (its entry
    /// may be on its way) no more are taken than the room has places.
    pub(super) fn may_link(&mut self, member: MemberId, now: Instant) -> bool {
        let has_place = self.0.contains_key(&member) || self.0.len() < MAX_MEMBERS;
        has_place && self.row(member).opened.take(1, now)
    }

    pub(super) fn allowance(&self, member: &MemberId) -> Allowance {
        self.0.get(member).map_or_else(Allowance::default, |row| row.allowance)
    }

    /// What is left of it when a link goes.
    pub(super) fn keep_allowance(&mut self, member: MemberId, allowance: Allowance) {
        if let Some(row) = self.0.get_mut(&member) {
            row.allowance = allowance;
        }
    }

    /// A link to `member` is gone that was up for so long, if it was: how many before it went as soon, in a row.
    pub(super) fn count_trouble(&mut self, member: MemberId, up_for: Option<Duration>) -> u32 {
        let Some(row) = self.0.get_mut(&member) else { return 0 };
        row.troubles = if up_for.is_some_and(|up_for| up_for >= STEADY) { 0 } else { row.troubles + 1 };
        row.troubles
    }

    /// Keys that have a row though the log does not let them in, once it is sure that it never will.
    pub(super) fn strangers(&self) -> impl Iterator<Item = MemberId> {
        self.0.iter().filter(|(_, member)| member.person.is_none()).map(|(id, _)| *id)
    }

    pub(super) fn forget(&mut self, member: &MemberId) {
        self.0.remove(member);
    }

    // ------------------------------------------------------------ delivery

    pub(super) fn delivered(&self, member: &MemberId) -> Option<u64> {
        self.0.get(member)?.delivered
    }

    pub(super) fn set_delivered(&mut self, member: MemberId, seq: u64) {
        self.row(member).delivered = Some(seq);
    }

    // ------------------------------------------------------------ through neighbours

    pub(super) fn distant(&self) -> impl Iterator<Item = (&MemberId, &Distant)> {
        self.0.iter().filter_map(|(id, member)| Some((id, member.distant.as_ref()?)))
    }

    /// When and how often in vain `member` was to be called through a neighbour; from now on, if it was not.
    pub(super) fn distant_or(&mut self, member: MemberId, dial: Instant) -> &mut Distant {
        self.row(member).distant.get_or_insert(Distant { dial, failures: 0 })
    }

    pub(super) fn forget_distant(&mut self, member: &MemberId) {
        if let Some(row) = self.0.get_mut(member) {
            row.distant = None;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Instant = Instant::from_millis(0);

    fn member(n: usize) -> MemberId {
        MemberId([n as u8; 32])
    }

    #[test]
    fn of_keys_that_the_log_does_not_have_no_more_are_linked_than_the_room_has_places() {
        let mut members = Members::default();
        for n in 0..MAX_MEMBERS {
            assert!(members.may_link(member(n), NOW), "{n}");
        }
        assert!(!members.may_link(member(MAX_MEMBERS), NOW), "one past");
        assert!(members.may_link(member(0), NOW), "who has a place keeps it");
        assert_eq!(members.strangers().count(), MAX_MEMBERS);
        members.forget(&member(1));
        assert!(members.may_link(member(MAX_MEMBERS), NOW), "a place is free again");
    }
}
