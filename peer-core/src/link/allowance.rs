//! What a member may cost us: how much of what it sends is read that leads to nothing, shown or passed on.
//!
//! It is the member's, not the link's, so that a new connection brings no new one: the room keeps it while there is no
//! link, and lends it to the next.

use super::rate::Rate;
use crate::base::time::Instant;
use core::time::Duration;

/// Log entries that led to nothing (known ones, void ones, ones that wait) that are read of one member at once, and in
/// [`USELESS_PERIOD`] in the long run. An honest one sends each entry once a link, so that beside another link it may
/// well be the whole log.
const MAX_USELESS: u64 = 16_384;
/// The same in bytes.
const MAX_USELESS_BYTES: u64 = 16 << 20;
/// So 256 entries and 256 KiB a second: a thousandth of a core, whatever a member sends.
const USELESS_PERIOD: Duration = Duration::from_secs(64);
/// A signature that was checked for nothing counts as so many entries: it costs a hundred times a look.
const CHECK_COST: u64 = 64;
/// What was not read is asked for again at most this often.
pub(super) const AFRESH: Duration = Duration::from_secs(60);
/// How often everything is told again to who asks, in [`AFRESH`]: more than anybody honest asks, whose minute may be a
/// little shorter than ours.
const MAX_AFRESH: u64 = 2;
/// Words about what a member has that are shown at once: all that are sent within the silence after which a link is
/// lost, and come together after it.
const MAX_HAVES: u64 = 1_536;
/// In which so many are shown again: 128 a second, more than it sends.
const HAVES_PERIOD: Duration = Duration::from_secs(12);
/// Most control frames that are taken of a member at once: more than it can have queued in a silence after which a link is
/// lost. To look at one costs a microsecond, to be handed it by a browser some ten.
const MAX_FRAMES: u64 = 65_536;
/// In which so many are taken again: 2,048 a second, five times what asking for 100 MB/s in chunks takes.
const FRAMES_PERIOD: Duration = Duration::from_secs(32);
/// Most envelopes that a member may pass on, or have passed on, in a minute: two dozen meetings.
const MAX_PASSES: u64 = 512;

/// Of one member.
#[derive(Clone, Copy)]
pub(crate) struct Allowance {
    /// Entries that led to nothing, and their bytes.
    useless: Rate,
    useless_bytes: Rate,
    tell_afresh: Rate,
    haves: Rate,
    passes: Rate,
    frames: Rate,
}

impl Default for Allowance {
    fn default() -> Self {
        Self {
            useless: Rate::new(MAX_USELESS, USELESS_PERIOD),
            useless_bytes: Rate::new(MAX_USELESS_BYTES, USELESS_PERIOD),
            tell_afresh: Rate::new(MAX_AFRESH, AFRESH),
            haves: Rate::new(MAX_HAVES, HAVES_PERIOD),
            passes: Rate::new(MAX_PASSES, Duration::from_secs(60)),
            frames: Rate::new(MAX_FRAMES, FRAMES_PERIOD),
        }
    }
}

impl Allowance {
    /// Whether one more control frame is taken. Beyond that the link ends: it is a flood, whatever it says.
    pub(crate) fn may_talk(&mut self, now: Instant) -> bool {
        self.frames.take(1, now)
    }

    /// Whether one more entry is read.
    pub(super) fn may_read(&self, bytes: usize, now: Instant) -> bool {
        self.useless.has(1, now) && self.useless_bytes.has(bytes as u64, now)
    }

    /// An entry has led to nothing.
    pub(super) fn spend(&mut self, bytes: usize, checked: bool, now: Instant) {
        self.useless.spend(if checked { CHECK_COST } else { 1 }, now);
        self.useless_bytes.spend(bytes as u64, now);
    }

    /// Whether much may be read again, so that it is worth while to ask for it.
    pub(super) fn has_half(&self, now: Instant) -> bool {
        self.useless.has(MAX_USELESS / 2, now) && self.useless_bytes.has(MAX_USELESS_BYTES / 2, now)
    }

    /// Whether everything is told again to who asks.
    pub(super) fn may_tell_afresh(&mut self, now: Instant) -> bool {
        self.tell_afresh.take(1, now)
    }

    /// Whether one more word about what it has is shown: beyond [`MAX_HAVES`] in [`HAVES_PERIOD`] it is noise
    /// that nobody honest makes.
    pub(crate) fn may_say_have(&mut self, now: Instant) -> bool {
        self.haves.take(1, now)
    }

    /// Whether one more envelope that it passes on, or wants to be, is taken: [`MAX_PASSES`] a minute.
    pub(crate) fn may_pass(&mut self, now: Instant) -> bool {
        self.passes.take(1, now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_leads_to_nothing_is_read_so_often_and_a_signature_counts_for_many() {
        let now = Instant::from_millis(1_000);
        let mut allowance = Allowance::default();
        for _ in 0..MAX_USELESS {
            assert!(allowance.may_read(1, now));
            allowance.spend(1, false, now);
        }
        assert!(!allowance.may_read(1, now), "one past");
        let mut allowance = Allowance::default();
        for _ in 0..MAX_USELESS / CHECK_COST {
            assert!(allowance.may_read(1, now));
            allowance.spend(1, true, now);
        }
        assert!(!allowance.may_read(1, now) && !allowance.has_half(now + USELESS_PERIOD / 4));
        assert!(allowance.has_half(now + USELESS_PERIOD / 2 + Duration::from_secs(1)));
        let mut allowance = Allowance::default();
        allowance.spend(MAX_USELESS_BYTES as usize, false, now);
        assert!(!allowance.may_read(1, now) && !allowance.has_half(now), "bytes count too");
    }
}
