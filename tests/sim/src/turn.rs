//! What the server does when it is asked for TURN: by its rules, or not at all, or with nonsense. And which
//! right to it each connection was opened with.

use crate::happening::{NodeId, SocketId};
use signal_proto::{Tag, Turn};
use std::collections::BTreeMap;

/// Both directions must have been relayed within so many ms.
const RECENT: u64 = 60_000;

/// What the server has for who asks for TURN.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Desk {
    /// None.
    #[default]
    Empty,
    /// The right to it for so many seconds, for whom the rules allow it.
    Open(u32),
    /// These bytes as answers, one after the other and round again.
    Nonsense(Vec<Vec<u8>>),
}

/// When a socket on a tag last sent something to somebody, and was last sent something.
#[derive(Clone, Copy, Debug, Default)]
struct Heard {
    out: Option<u64>,
    inward: Option<u64>,
}

/// The server's memory for its rules.
#[derive(Debug, Default)]
pub(crate) struct Rules {
    pub(crate) desk: Desk,
    heard: BTreeMap<(SocketId, Tag), Heard>,
    pub(crate) asked: usize,
}

/// What a question leads to.
pub(crate) enum Answer {
    Turn(Option<Turn>),
    Nonsense(Vec<u8>),
}

impl Rules {
    pub(crate) fn relayed(&mut self, tag: Tag, from: SocketId, to: SocketId, now: u64) {
        self.heard.entry((from, tag)).or_default().out = Some(now);
        self.heard.entry((to, tag)).or_default().inward = Some(now);
    }

    pub(crate) fn asked(&mut self, tag: Tag, by: SocketId, now: u64) -> Answer {
        self.asked += 1;
        let Heard { out, inward } = self.heard.get(&(by, tag)).copied().unwrap_or_default();
        let recent = |at: Option<u64>| at.is_some_and(|at| now - at <= RECENT);
        match &self.desk {
            Desk::Nonsense(answers) => Answer::Nonsense(answers[self.asked % answers.len()].clone()),
            Desk::Open(lifetime) if recent(out) && recent(inward) => {
                let username = format!("{}:{}", now + u64::from(*lifetime) * 1_000, self.asked);
                let urls = vec!["turn:relay.test:3478".into()];
                Answer::Turn(Some(Turn::new(urls, username, "credential".into(), *lifetime).expect("sound")))
            }
            Desk::Open(_) | Desk::Empty => Answer::Turn(None),
        }
    }
}

/// A connection's start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opening {
    /// Whose.
    pub node: NodeId,
    /// When.
    pub at: u64,
    /// With which right to TURN, if any: its name, the time of its expiry in ms, and a number.
    pub turn: Option<String>,
}

impl Opening {
    /// Whether a right was there that had not expired.
    pub fn with_valid_turn(&self) -> bool {
        let expiry = self.turn.as_ref().and_then(|name| name.split_once(':')?.0.parse::<u64>().ok());
        expiry.is_some_and(|expiry| self.at < expiry)
    }
}
