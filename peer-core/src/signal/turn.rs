//! The right to use a TURN server: when to ask the server for it, and what there is when a lane is opened.
//! PROTOCOL.md, *TURN*.
//!
//! Opening a lane never waits for it. It comes from the room's own server only, never from a peer.

use crate::base::time::Instant;
use core::time::Duration;
use signal_proto::Turn;

/// Nothing is asked again so soon, whether the answer was no or none came: a server without a TURN server has none a
/// moment later either, and one that answers with nonsense would cost a connection each time.
const ASK_AGAIN: Duration = Duration::from_secs(20);

#[derive(Default)]
pub(crate) struct Rights {
    right: Option<Right>,
    /// When the last question was asked.
    asked: Option<Instant>,
}

struct Right {
    turn: Turn,
    /// From then on a fresh one is wanted.
    fresh_until: Instant,
    /// From then on it might expire while a lane is being opened with it.
    usable_until: Instant,
}

impl Rights {
    /// Whether it is time to ask; then that counts as done.
    #[must_use]
    pub(crate) fn ask(&mut self, now: Instant) -> bool {
        let fresh = self.right.as_ref().is_some_and(|right| now < right.fresh_until);
        let due = !fresh && self.asked.is_none_or(|asked| now.since(asked) >= ASK_AGAIN);
        if due {
            self.asked = Some(now);
        }
        due
    }

    /// The server's answer. Its life may have begun when it was asked for. A no leaves what there is: that was given
    /// for its own time.
    pub(crate) fn answered(&mut self, turn: Option<Turn>) {
        if let (Some(turn), Some(asked)) = (turn, self.asked) {
            let life = Duration::from_secs(turn.lifetime_s().into());
            self.right =
                Some(Right { turn, fresh_until: asked + life / 2, usable_until: asked + life - life / 10 });
        }
    }

    /// What a lane that is opened now may use.
    pub(crate) fn usable(&self, now: Instant) -> Option<Turn> {
        let right = self.right.as_ref().filter(|right| now < right.usable_until)?;
        Some(right.turn.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::String;
    use alloc::vec;

    fn turn(user: &str) -> Turn {
        Turn::new(vec!["turn:host".into()], user.into(), String::from("c"), 600).unwrap()
    }

    fn user(rights: &Rights, at: u64) -> Option<String> {
        rights.usable(Instant::from_millis(at * 1_000)).map(|turn| turn.username().into())
    }

    #[test]
    fn the_newest_is_used_until_shortly_before_it_expires_and_renewed_in_time() {
        let at = |second: u64| Instant::from_millis(second * 1_000);
        let mut rights = Rights::default();
        assert_eq!(user(&rights, 0), None);
        assert!(rights.ask(at(0)));
        assert!(!rights.ask(at(19)), "one question at a time");
        rights.answered(Some(turn("first")));
        assert_eq!(user(&rights, 1).as_deref(), Some("first"));
        assert!(!rights.ask(at(299)), "half of its life is left");
        assert!(rights.ask(at(300)));
        assert_eq!(user(&rights, 301).as_deref(), Some("first"), "while the answer is on its way");
        rights.answered(Some(turn("second")));
        assert_eq!(user(&rights, 302).as_deref(), Some("second"));
        assert_eq!(user(&rights, 300 + 539).as_deref(), Some("second"));
        assert_eq!(user(&rights, 300 + 540), None);
    }

    #[test]
    fn a_no_is_not_asked_about_at_once_and_takes_nothing_away() {
        let at = |second: u64| Instant::from_millis(second * 1_000);
        let mut rights = Rights::default();
        assert!(rights.ask(at(0)));
        rights.answered(None);
        assert!(!rights.ask(at(19)));
        assert!(rights.ask(at(20)));
        rights.answered(Some(turn("one")));
        assert!(rights.ask(at(400)));
        rights.answered(None);
        assert_eq!(user(&rights, 402).as_deref(), Some("one"));
    }
}
