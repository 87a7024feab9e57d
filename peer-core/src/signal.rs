//! The room's socket to the signaling server: which tags are joined, who is there, and coming back after a loss
//! with growing, jittered waits. PROTOCOL.md, *The server's model*.

use crate::base::id::RoomId;
use crate::base::map::Map;
use crate::base::set::Set;
use crate::base::time::Instant;
mod turn;

use crate::cx::Context;
use crate::io::{Event, Output, Presence, SignalInput, SignalOp};
use alloc::vec::Vec;
use core::time::Duration;
use signal_proto::{ClientMessage, Handle, MAX_PEERS, Refusal, Role, ServerMessage, Tag, Turn};
use turn::Rights;

/// First wait before connecting again; doubles up to [`MAX_BACKOFF`], half of each wait is random.
const BACKOFF: Duration = Duration::from_millis(500);
const MAX_BACKOFF: Duration = Duration::from_secs(30);
/// A socket that is not open by then is given up.
const CONNECT: Duration = Duration::from_secs(15);
/// A server that has not confirmed a join by then is given up.
const JOIN: Duration = Duration::from_secs(8);
/// A refused join is tried again after this.
const REFUSED: Duration = Duration::from_secs(5);

enum Socket {
    Off,
    Connecting { until: Instant },
    Connected,
    Waiting { until: Instant },
}

struct Place {
    role: Role,
    joined: bool,
    /// A join not confirmed by then means a dead server; after a refusal, when to ask again.
    due: Option<Instant>,
    refused: bool,
    peers: Set<Handle>,
}

/// What the room hears from the server.
pub(crate) enum Heard {
    /// On the tag; these were there before.
    Joined(Tag, Vec<Handle>),
    Attached(Tag, Handle),
    Detached(Tag, Handle),
    Refused,
    Envelope(Tag, Handle, Vec<u8>),
}

pub(crate) struct Signal {
    room: RoomId,
    socket: Socket,
    failures: u32,
    retry_hint: Option<Duration>,
    places: Map<Tag, Place>,
    turn_rights: Rights,
}

impl Signal {
    pub(crate) fn new(room: RoomId) -> Self {
        Self {
            room,
            socket: Socket::Off,
            failures: 0,
            retry_hint: None,
            places: Map::new(),
            turn_rights: Rights::default(),
        }
    }

    pub(crate) fn join(&mut self, tag: Tag, role: Role, cx: &mut Context<'_>) {
        if self.places.contains_key(&tag) {
            return;
        }
        self.places.insert(tag, Place { role, joined: false, due: None, refused: false, peers: Set::new() });
        match self.socket {
            Socket::Off => self.connect(cx),
            Socket::Connected => self.ask(tag, cx),
            Socket::Connecting { .. } | Socket::Waiting { .. } => {}
        }
    }

    pub(crate) fn leave(&mut self, tag: Tag, cx: &mut Context<'_>) {
        if self.places.remove(&tag).is_some_and(|place| place.joined) && self.is_connected() {
            self.transmit(&ClientMessage::Leave { tag }, cx);
        }
    }

    /// Leave everything and close the socket.
    pub(crate) fn stop(&mut self, cx: &mut Context<'_>) {
        self.places.clear();
        if !matches!(core::mem::replace(&mut self.socket, Socket::Off), Socket::Off) {
            cx.out.push_back(Output::Signal { room: self.room, op: SignalOp::Disconnect });
        }
    }

    /// The network may have changed under the socket without its noticing: open a new one.
    pub(crate) fn restart(&mut self, cx: &mut Context<'_>) {
        if self.is_connected() {
            cx.out.push_back(Output::Signal { room: self.room, op: SignalOp::Disconnect });
            self.forget();
            self.connect(cx);
        }
    }

    pub(crate) fn send(&mut self, tag: Tag, to: Handle, bytes: Vec<u8>, cx: &mut Context<'_>) {
        if self.is_connected() && self.places.get(&tag).is_some_and(|place| place.joined) {
            self.transmit(&ClientMessage::Send { tag, to: Some(to), bytes }, cx);
        }
    }

    /// We and somebody on `tag` have heard each other, so that a lane may soon be opened: ask for the use of a TURN server unless a fresh one is
    /// there. The server gives it only to who was heard and heard there just now.
    pub(crate) fn prepare_turn(&mut self, tag: Tag, cx: &mut Context<'_>) {
        let may = self.is_connected() && self.places.get(&tag).is_some_and(|place| place.joined);
        if may && self.turn_rights.ask(cx.now) {
            self.transmit(&ClientMessage::AskTurn { tag }, cx);
        }
    }

    /// What a lane that is opened now may use.
    pub(crate) fn turn(&self, now: Instant) -> Option<Turn> {
        self.turn_rights.usable(now)
    }

    /// Who is on the tag, as far as this role sees.
    pub(crate) fn peers(&self, tag: &Tag) -> impl Iterator<Item = Handle> {
        self.places.get(tag).into_iter().flat_map(|place| place.peers.iter().copied())
    }

    pub(crate) fn handle(&mut self, input: SignalInput, cx: &mut Context<'_>) -> Option<Heard> {
        match (input, &self.socket) {
            (SignalInput::Connected, Socket::Connecting { .. }) => {
                self.socket = Socket::Connected;
                let tags: Vec<Tag> = self.places.keys().copied().collect();
                for tag in tags {
                    self.ask(tag, cx);
                }
                None
            }
            (SignalInput::Message(bytes), Socket::Connected) => self.message(&bytes, cx),
            (SignalInput::Disconnected { .. }, Socket::Connecting { .. } | Socket::Connected) => {
                self.lost(cx);
                None
            }
            // Late news of a socket that was given up.
            (SignalInput::Connected | SignalInput::Message(_) | SignalInput::Disconnected { .. }, _) => None,
        }
    }

    fn message(&mut self, bytes: &[u8], cx: &mut Context<'_>) -> Option<Heard> {
        // A server that talks nonsense is worth no more than one that is gone.
        let Ok(message) = ServerMessage::decode(bytes) else {
            cx.out.push_back(Output::Signal { room: self.room, op: SignalOp::Disconnect });
            self.lost(cx);
            return None;
        };
        match message {
            ServerMessage::Joined { tag, peers } => {
                let place = self.places.get_mut(&tag)?;
                (place.joined, place.refused, place.due) = (true, false, None);
                place.peers = peers.iter().copied().collect();
                self.failures = 0;
                if self.places.values().all(|place| place.joined) {
                    cx.event(Event::Presence { room: self.room, state: Presence::Waiting });
                }
                Some(Heard::Joined(tag, peers))
            }
            ServerMessage::Refused { tag, reason } => {
                let place = self.places.get_mut(&tag)?;
                (place.refused, place.due) = (true, Some(cx.now + REFUSED));
                let state = match reason {
                    Refusal::TagFull if place.role == Role::Knock => Presence::Crowded,
                    Refusal::TagFull => Presence::RoomFull,
                    Refusal::ServerFull => Presence::ServerFull,
                };
                cx.event(Event::Presence { room: self.room, state });
                Some(Heard::Refused)
            }
            ServerMessage::Attached { tag, handle } => {
                let place = self.places.get_mut(&tag)?;
                (place.peers.len() < MAX_PEERS && place.peers.insert(handle))
                    .then_some(Heard::Attached(tag, handle))
            }
            ServerMessage::Detached { tag, handle } => {
                self.places.get_mut(&tag)?.peers.remove(&handle).then_some(Heard::Detached(tag, handle))
            }
            ServerMessage::Message { tag, from, bytes } => {
                self.places.contains_key(&tag).then_some(Heard::Envelope(tag, from, bytes))
            }
            ServerMessage::GoingAway { retry_ms } => {
                self.retry_hint =
                    Some(Duration::from_millis(u64::from(retry_ms)).clamp(BACKOFF, MAX_BACKOFF));
                None
            }
            ServerMessage::Turn { turn } => {
                self.turn_rights.answered(turn);
                None
            }
        }
    }

    pub(crate) fn next_timeout(&self) -> Option<Instant> {
        match self.socket {
            Socket::Waiting { until } | Socket::Connecting { until } => Some(until),
            Socket::Connected => self.places.values().filter_map(|place| place.due).min(),
            Socket::Off => None,
        }
    }

    pub(crate) fn handle_timeout(&mut self, cx: &mut Context<'_>) {
        match self.socket {
            Socket::Waiting { until } if until <= cx.now => self.connect(cx),
            Socket::Connecting { until } if until <= cx.now => {
                cx.out.push_back(Output::Signal { room: self.room, op: SignalOp::Disconnect });
                self.lost(cx);
            }
            Socket::Connected => {
                let due = |place: &Place| place.due.is_some_and(|due| due <= cx.now);
                if self.places.values().any(|place| due(place) && !place.refused) {
                    cx.out.push_back(Output::Signal { room: self.room, op: SignalOp::Disconnect });
                    return self.lost(cx);
                }
                let again: Vec<Tag> =
                    self.places.iter().filter(|(_, place)| due(place)).map(|(tag, _)| *tag).collect();
                for tag in again {
                    self.ask(tag, cx);
                }
            }
            Socket::Off | Socket::Connecting { .. } | Socket::Waiting { .. } => {}
        }
    }

    pub(crate) fn is_connected(&self) -> bool {
        matches!(self.socket, Socket::Connected)
    }

    fn connect(&mut self, cx: &mut Context<'_>) {
        self.socket = Socket::Connecting { until: cx.now + CONNECT };
        cx.out.push_back(Output::Signal { room: self.room, op: SignalOp::Connect });
        if self.failures == 0 {
            cx.event(Event::Presence { room: self.room, state: Presence::Connecting });
        }
    }

    fn ask(&mut self, tag: Tag, cx: &mut Context<'_>) {
        let Some(place) = self.places.get_mut(&tag) else { return };
        (place.refused, place.due) = (false, Some(cx.now + JOIN));
        let role = place.role;
        self.transmit(&ClientMessage::Join { tag, role }, cx);
    }

    fn transmit(&mut self, message: &ClientMessage, cx: &mut Context<'_>) {
        cx.out.push_back(Output::Signal { room: self.room, op: SignalOp::Send(message.encode()) });
    }

    fn forget(&mut self) {
        for place in self.places.values_mut() {
            (place.joined, place.refused, place.due) = (false, false, None);
            place.peers.clear();
        }
    }

    fn lost(&mut self, cx: &mut Context<'_>) {
        self.forget();
        let wait = self
            .retry_hint
            .take()
            .unwrap_or_else(|| (BACKOFF * 2u32.pow(self.failures.min(6))).min(MAX_BACKOFF));
        self.failures += 1;
        let jitter = cx.rng.below(wait.as_millis() as u64 / 2);
        self.socket = Socket::Waiting { until: cx.now + wait / 2 + Duration::from_millis(jitter) };
        // One loss is the ordinary restart of a server; only then is it said to be unreachable.
        let state = if self.failures > 1 { Presence::ServerUnreachable } else { Presence::Connecting };
        cx.event(Event::Presence { room: self.room, state });
    }
}

#[cfg(test)]
mod tests;
