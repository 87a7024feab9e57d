//! The switchboard's other side: towards the other nodes, if there are any.

use super::floor::ANSWERS;
use super::{Seat, State, Switchboard};
use crate::backplane::exchange::{Answered, Command, Heard};
use crate::backplane::{Garbage, Key, Name};
use signal_proto::{ClientMessage, Tag};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, sleep, timeout};

/// A question to the other nodes that a join waits for.
#[derive(Debug)]
pub(crate) struct Asked {
    board: Arc<Switchboard>,
    tag: Tag,
    answered: Option<Answered>,
    at_least: Duration,
}

impl Asked {
    /// Waits for the answers, a bounded time.
    pub(crate) async fn answered(self) {
        let Self { board, tag, answered, at_least } = self;
        tokio::join!(sleep(at_least), async {
            let Some(answered) = answered else { return };
            let begun = Instant::now();
            // Its end is the answer, in whichever way it ends.
            let is_late = timeout(ANSWERS, answered).await.is_err();
            let now = Instant::now();
            let mut state = board.state();
            state.floor.took(now - begun, now);
            if is_late && let Some(exchange) = &mut state.exchange {
                exchange.answered_late(tag);
            }
        });
    }
}

impl Seat {
    /// If `message` is a join, asks the other nodes who is on its tag, and that must be waited for. None if there can
    /// be none.
    pub(crate) fn ask(&mut self, message: &ClientMessage) -> Option<Asked> {
        let tag = match message {
            ClientMessage::Join { tag, .. } => *tag,
            ClientMessage::Send { .. } | ClientMessage::Leave { .. } | ClientMessage::AskTurn { .. } => {
                return None;
            }
        };
        let mut state = self.board.state();
        let answered = state.exchange.as_mut()?.enter(tag);
        self.entered.push(tag);
        let at_least = state.floor.height();
        drop(state);
        self.board.news.notify_one();
        Some(Asked { board: Arc::clone(&self.board), tag, answered, at_least })
    }
}

/// For the connection to the other nodes. Nothing of it does anything without an exchange.
impl Switchboard {
    /// The next commands. If there are none, those after the next thing that happens, which may be none.
    pub(crate) async fn commands(&self, many: usize) -> Vec<Command> {
        let next = || {
            self.with(|State { hub, exchange, .. }| {
                exchange.as_mut().map(|exchange| exchange.commands(hub, many)).unwrap_or_default()
            })
        };
        let commands = next();
        if !commands.is_empty() {
            return commands;
        }
        self.news.notified().await;
        next()
    }

    pub(crate) fn alive(&self) -> Vec<Command> {
        self.with(|state| state.exchange.as_ref().map(|exchange| exchange.alive()).unwrap_or_default())
    }

    pub(crate) fn is_overloaded(&self) -> bool {
        self.with(|state| state.exchange.as_ref().is_some_and(|exchange| exchange.is_overloaded()))
    }

    pub(crate) fn is_idle(&self) -> bool {
        self.with(|state| state.exchange.as_ref().is_none_or(|exchange| exchange.is_idle()))
    }

    /// Whether there should be other nodes, and they cannot be reached.
    pub(crate) fn is_cut_off(&self) -> bool {
        self.with(|state| state.exchange.as_ref().is_some_and(|exchange| !exchange.is_connected()))
    }

    pub(crate) fn connected(&self, name: Name) {
        self.with(|state| state.exchange.iter_mut().for_each(|exchange| exchange.connected(name)));
    }

    pub(crate) fn disconnected(&self) {
        self.with(|state| state.exchange.iter_mut().for_each(|exchange| exchange.disconnected()));
    }

    pub(crate) fn asked(&self, key: Key, heard_by: usize) {
        self.with(|state| state.exchange.iter_mut().for_each(|exchange| exchange.asked(key, heard_by)));
    }

    /// Something came from another node.
    pub(crate) fn note(&self, channel: &[u8], bytes: &[u8], now: Instant) {
        let mut state = self.state();
        let Some(exchange) = &mut state.exchange else { return };
        let deliveries = match exchange.note(channel, bytes, now) {
            Ok(None) => Vec::new(),
            Ok(Some(Heard::Places { node, tag, places })) => state.hub.heard(node, tag, &places),
            Ok(Some(Heard::Relay { node, tag, from, to, bytes })) => {
                state.hub.relayed(node, tag, from, to, bytes, now.into_std()).into_iter().collect()
            }
            Err(Garbage) => {
                exchange.traffic().garbage.inc();
                Vec::new()
            }
        };
        state.deliver(deliveries);
        drop(state);
        self.news.notify_one();
    }

    /// Whoever has been silent for too long has lost its places.
    pub(crate) fn forget_silent(&self, now: Instant) {
        let mut state = self.state();
        let silent = state.exchange.as_mut().map(|exchange| exchange.silent(now)).unwrap_or_default();
        for node in silent {
            let deliveries = state.hub.lost(node);
            state.deliver(deliveries);
        }
    }

    fn with<T>(&self, act: impl FnOnce(&mut State) -> T) -> T {
        act(&mut self.state())
    }
}

impl State {
    /// Hands on what has places elsewhere; tells how many copies that makes.
    pub(super) fn relay(&mut self) -> usize {
        let Some(exchange) = &mut self.exchange else { return 0 };
        let mut copies = 0;
        for relay in self.hub.take_relays() {
            copies += relay.copies;
            exchange.relay(relay);
        }
        copies
    }

    /// A socket is on `tag`, or not any more: the others are told.
    pub(super) fn tell_presence(&mut self, entered: &mut Vec<Tag>, tag: Tag, is_on: bool) {
        let Some(exchange) = &mut self.exchange else { return };
        if is_on {
            exchange.changed(tag);
        } else if let Some(at) = entered.iter().position(|entered| *entered == tag) {
            entered.swap_remove(at);
            self.leave_elsewhere(tag);
        }
    }

    /// A socket that had entered `tag` is off it.
    pub(super) fn leave_elsewhere(&mut self, tag: Tag) {
        if self.exchange.as_mut().is_some_and(|exchange| exchange.leave(tag)) {
            let deliveries = self.hub.forget(tag);
            self.deliver(deliveries);
        }
    }
}
