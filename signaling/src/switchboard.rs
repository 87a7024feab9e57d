//! The [`Hub`] at work: one lock around it, and an [`Outbox`] for every socket that it knows.
//!
//! Nobody waits in here: messages are put into outboxes, and an outbox that is full costs its own socket. With
//! [other nodes](crate::backplane) what they are to be told is put into the exchange, under the same lock.

pub(crate) mod carry;
mod elsewhere;
mod floor;

use crate::backplane::exchange::Exchange;
use crate::hub::{Delivery, Hub, SocketId, Violation};
use crate::limits::Limits;
use crate::metrics::Metrics;
use crate::outbox::Outbox;
use crate::turn::desk::{Asker, Desk};
use axum::body::Bytes;
use floor::Floor;
use signal_proto::{ClientMessage, Handle, ServerMessage, Tag};
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::atomic::AtomicUsize;
use std::sync::{Arc, Mutex, MutexGuard};
use tokio::sync::Notify;
use tokio::time::Instant;

/// All sockets of this server.
#[derive(Debug)]
pub(crate) struct Switchboard {
    limits: Limits,
    metrics: Arc<Metrics>,
    desk: Desk,
    state: Mutex<State>,
    /// Bytes that wait in all outboxes.
    waiting: Arc<AtomicUsize>,
    /// There may be something to tell the other nodes.
    news: Notify,
}

#[derive(Debug)]
struct State {
    hub: Hub,
    outboxes: HashMap<SocketId, Arc<Outbox>>,
    /// None if this is the only node.
    exchange: Option<Exchange>,
    floor: Floor,
}

/// A socket's place at the switchboard; dropping it disconnects.
#[derive(Debug)]
pub(crate) struct Seat {
    board: Arc<Switchboard>,
    socket: SocketId,
    asker: Asker,
    /// Tags about which other nodes have been asked for this socket: those that it is on or joining.
    entered: Vec<Tag>,
    /// What waits for this socket.
    pub(crate) outbox: Arc<Outbox>,
}

/// What one message of a socket has led to.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Handled {
    /// Tags that the socket is on now.
    pub(crate) tags: usize,
    /// How many others got a copy.
    pub(crate) copies: usize,
}

impl Switchboard {
    pub(crate) fn new(
        limits: Limits,
        metrics: Arc<Metrics>,
        desk: Desk,
        exchange: Option<Exchange>,
    ) -> Arc<Self> {
        let hub = Hub::new(limits.clone());
        let state = Mutex::new(State { hub, outboxes: HashMap::new(), exchange, floor: Floor::default() });
        Arc::new(Self { limits, metrics, desk, state, waiting: Arc::default(), news: Notify::new() })
    }

    pub(crate) fn connect(self: &Arc<Self>, ip: IpAddr) -> Seat {
        let outbox = Arc::new(Outbox::new(&self.limits, Arc::clone(&self.waiting)));
        let mut state = self.state();
        let socket = state.hub.connect_from(ip);
        state.outboxes.insert(socket, Arc::clone(&outbox));
        drop(state);
        let asker = self.desk.asker(ip);
        Seat { board: Arc::clone(self), socket, asker, entered: Vec::new(), outbox }
    }

    /// Keeps the operator's numbers.
    fn count(&self, hub: &Hub, deliveries: &[Delivery]) {
        let (tags, joins) = hub.counts();
        self.metrics.tags.set(tags as i64);
        self.metrics.joins.set(joins as i64);
        self.metrics.flowed(hub.flowed());
        for delivery in deliveries {
            if let ServerMessage::Refused { reason, .. } = delivery.message {
                self.metrics.hit(reason.into());
            }
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("the hub panics only on a broken invariant, and then nothing may go on")
    }
}

impl Seat {
    /// Hands `message` to the hub and its consequences to the outboxes.
    pub(crate) fn handle(&mut self, message: ClientMessage) -> Result<Handled, Violation> {
        let now = Instant::now();
        let (presence, asks) = match message {
            ClientMessage::Join { tag, .. } | ClientMessage::Leave { tag } => (Some(tag), None),
            ClientMessage::AskTurn { tag } => (None, Some(tag)),
            ClientMessage::Send { .. } => (None, None),
        };
        let mut state = self.board.state();
        let mut deliveries = state.hub.handle(self.socket, message, now.into_std(), &mut random_handle)?;
        if let Some(tag) = asks {
            let meets = state.hub.meets(self.socket, tag, now.into_std());
            let turn = self.board.desk.ask(&mut self.asker, meets, now);
            deliveries.push(Delivery { to: vec![self.socket], message: ServerMessage::Turn { turn } });
        }
        self.board.count(&state.hub, &deliveries);
        let copies = state.deliver(deliveries) + state.relay();
        if let Some(tag) = presence {
            let is_on = state.hub.is_on(self.socket, tag);
            state.tell_presence(&mut self.entered, tag, is_on);
        }
        let tags = state.hub.tags_of(self.socket);
        drop(state);
        self.board.news.notify_one();
        Ok(Handled { tags, copies })
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut state = self.board.state();
        state.outboxes.remove(&self.socket);
        let deliveries = state.hub.disconnect(self.socket);
        state.deliver(deliveries);
        for tag in std::mem::take(&mut self.entered) {
            state.leave_elsewhere(tag);
        }
        self.board.count(&state.hub, &[]);
        drop(state);
        self.board.news.notify_one();
    }
}

impl State {
    /// Encodes each message once, however many get it.
    fn deliver(&self, deliveries: Vec<Delivery>) -> usize {
        let mut copies = 0;
        for Delivery { to, message } in deliveries {
            let since = matches!(message, ServerMessage::Message { .. }).then(Instant::now);
            let bytes = Bytes::from(message.encode());
            copies += to.len();
            for outbox in to.iter().filter_map(|socket| self.outboxes.get(socket)) {
                outbox.push(bytes.clone(), since);
            }
        }
        copies
    }
}

fn random_handle() -> Handle {
    let mut handle = [0; 8];
    getrandom::fill(&mut handle).expect("the operating system gives randomness once it runs");
    Handle(handle)
}

#[cfg(test)]
mod tests;
