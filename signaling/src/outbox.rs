//! What waits to be written to one socket: bounded in messages and bytes, and overflowing only once.
//!
//! It never holds back who fills it: a slow reader loses its own socket, nobody else's time.

use crate::limits::Limits;
use axum::body::Bytes;
use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::Notify;
use tokio::time::Instant;

/// Bytes that one may hold when all together hold too many: whoever reads is not harmed by those who don't.
const SCARCE_BYTES: usize = 32 * 1024;

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
    max_bytes_of_all: usize,
    /// Bytes that wait in all of them.
    bytes_of_all: Arc<AtomicUsize>,
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
    /// One of those that count their bytes in `bytes_of_all`.
    pub(crate) fn new(limits: &Limits, bytes_of_all: Arc<AtomicUsize>) -> Self {
        Self {
            max_messages: limits.queue_messages,
            max_bytes: limits.queue_bytes,
            max_bytes_of_all: limits.queue_bytes_total,
            bytes_of_all,
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
        let scarce = self.bytes_of_all.load(Relaxed) + message.len() > self.max_bytes_of_all;
        let max_bytes = if scarce { self.max_bytes.min(SCARCE_BYTES) } else { self.max_bytes };
        if state.queue.len() >= self.max_messages || state.bytes + message.len() > max_bytes {
            self.bytes_of_all.fetch_sub(state.bytes, Relaxed);
            *state = State { overflowed: true, ..State::default() };
        } else {
            state.bytes += message.len();
            self.bytes_of_all.fetch_add(message.len(), Relaxed);
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
        self.bytes_of_all.fetch_sub(waiting.message.len(), Relaxed);
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

impl Drop for Outbox {
    fn drop(&mut self) {
        let bytes = self.state().bytes;
        self.bytes_of_all.fetch_sub(bytes, Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outbox(queue_messages: usize, queue_bytes: usize) -> Outbox {
        Outbox::new(&Limits { queue_messages, queue_bytes, ..Limits::default() }, Arc::default())
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
            assert_eq!(outbox.state().queue.capacity(), 0, "an idle socket costs nothing");
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

    #[tokio::test]
    async fn when_all_hold_too_much_whoever_holds_much_overflows_and_whoever_reads_does_not() {
        let bytes_of_all = Arc::new(AtomicUsize::new(0));
        let limits = Limits { queue_bytes_total: 2 * SCARCE_BYTES, ..Limits::default() };
        let outbox = || Outbox::new(&limits, Arc::clone(&bytes_of_all));
        let push = |outbox: &Outbox, bytes| outbox.push(Bytes::from(vec![0; bytes]), None);
        let (standing, other, reading) = (outbox(), outbox(), outbox());
        push(&standing, SCARCE_BYTES);
        push(&standing, 1);
        push(&other, SCARCE_BYTES - 1);
        // Nothing is left, and yet somebody who reads gets what comes.
        for _ in 0..3 {
            push(&reading, SCARCE_BYTES);
            assert_eq!(reading.next().await.unwrap().message.len(), SCARCE_BYTES);
        }
        push(&standing, 1);
        assert_eq!(standing.next().await, Err(Overflowed));
        // What it held is free, for the next who needs more than the least.
        push(&other, 2);
        assert!(other.next().await.is_ok());
        drop((standing, other));
        assert_eq!(bytes_of_all.load(Relaxed), 0, "and nothing is counted that is gone");
    }
    #[tokio::test]
    async fn whoever_reads_gets_the_largest_message_though_all_hold_as_much_as_they_may() {
        let limits = Limits { queue_bytes_total: 1, ..Limits::default() };
        let outbox = Outbox::new(&limits, Arc::new(AtomicUsize::new(1)));
        outbox.push(Bytes::from(vec![0; signal_proto::MAX_MESSAGE]), None);
        assert_eq!(outbox.next().await.unwrap().message.len(), signal_proto::MAX_MESSAGE);
    }

    #[test]
    fn nothing_is_scarce_before_all_together_hold_more_than_they_may() {
        let bytes_of_all = Arc::new(AtomicUsize::new(0));
        let limits = Limits { queue_bytes_total: 2 * SCARCE_BYTES, ..Limits::default() };
        let outbox = Outbox::new(&limits, Arc::clone(&bytes_of_all));
        for _ in 0..2 {
            outbox.push(Bytes::from(vec![0; SCARCE_BYTES]), None);
        }
        assert!(!outbox.state().overflowed, "exactly as much as all may hold");
        outbox.push(Bytes::from(vec![0; 1]), None);
        assert!(outbox.state().overflowed);
    }
}
