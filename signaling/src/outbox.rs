//! What waits to be written to one socket: bounded in messages and bytes, and overflowing only once.
//!
//! It never holds back who fills it: a slow reader loses its own socket, nobody else's time.

use crate::limits::Limits;
use axum::body::Bytes;
use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use tokio::sync::Notify;
use tokio::time::Instant;

/// The queue is full: its reader is too slow and must go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Overflowed;

/// A message, and since when it is being relayed, if it is somebody's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Waiting {
    pub(crate) message: Bytes,
    pub(crate) since: Option<Instant>,
}

/// One producer side for the whole server, one consumer: the socket's own task.
#[derive(Debug)]
pub(crate) struct Outbox {
    max_messages: usize,
    max_bytes: usize,
    state: Mutex<State>,
    changed: Notify,
}

#[derive(Debug, Default)]
struct State {
    queue: VecDeque<Waiting>,
    bytes: usize,
    overflowed: bool,
}

impl Outbox {
    pub(crate) fn new(limits: &Limits) -> Self {
        Self {
            max_messages: limits.queue_messages,
            max_bytes: limits.queue_bytes,
            state: Mutex::default(),
            changed: Notify::new(),
        }
    }

    /// Adds `message`, or overflows for good and lets go of everything.
    pub(crate) fn push(&self, message: Bytes, since: Option<Instant>) {
        let mut state = self.state();
        if state.overflowed {
            return;
        }
        if state.queue.len() >= self.max_messages || state.bytes + message.len() > self.max_bytes {
            *state = State { overflowed: true, ..State::default() };
        } else {
            state.bytes += message.len();
            state.queue.push_back(Waiting { message, since });
        }
        self.changed.notify_one();
    }

    /// The next message, as soon as there is one.
    pub(crate) async fn next(&self) -> Result<Waiting, Overflowed> {
        loop {
            if let Some(next) = self.pop() {
                return next;
            }
            self.changed.notified().await;
        }
    }

    /// Waits until it overflows.
    pub(crate) async fn overflow(&self) -> Overflowed {
        while !self.state().overflowed {
            self.changed.notified().await;
        }
        Overflowed
    }

    fn pop(&self) -> Option<Result<Waiting, Overflowed>> {
        let mut state = self.state();
        if state.overflowed {
            return Some(Err(Overflowed));
        }
        let waiting = state.queue.pop_front()?;
        state.bytes -= waiting.message.len();
        if state.queue.is_empty() {
            // An idle socket keeps no buffer from its last burst.
            state.queue = VecDeque::new();
        }
        Some(Ok(waiting))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Nothing in here can panic half-way, so a poisoned lock still guards a sound state.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outbox(queue_messages: usize, queue_bytes: usize) -> Outbox {
        Outbox::new(&Limits { queue_messages, queue_bytes, ..Limits::default() })
    }

    #[tokio::test]
    async fn messages_come_out_in_order_and_free_their_bytes() {
        let outbox = outbox(2, 4);
        for round in 0..3u8 {
            outbox.push(Bytes::from(vec![round; 2]), None);
            outbox.push(Bytes::from(vec![round + 100; 2]), None);
            for byte in [round, round + 100] {
                assert_eq!(outbox.next().await.unwrap().message, Bytes::from(vec![byte; 2]));
            }
        }
    }

    #[tokio::test]
    async fn one_message_or_one_byte_too_many_overflows_for_good() {
        for outbox in [outbox(2, 100), outbox(100, 2)] {
            outbox.push(Bytes::from_static(b"a"), None);
            outbox.push(Bytes::from_static(b"b"), None);
            outbox.push(Bytes::from_static(b"c"), None);
            assert_eq!(outbox.overflow().await, Overflowed);
            outbox.push(Bytes::new(), None);
            assert_eq!(outbox.next().await, Err(Overflowed));
        }
    }
}
