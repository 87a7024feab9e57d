//! The engine of Linkspan: every rule of the peer protocol, and nothing that touches the world.
//!
//! A [`Peer`] is a value. It does no I/O, reads no clock and draws no randomness of its own: bytes, time and
//! entropy come in as arguments, what must be done comes out as values. Same seed and same inputs give the
//! same outputs, byte for byte. Around it stand thin shells: `peer-wasm` in the browser, `tests/sim` for tests.
//!
//! # Run loop of a shell
//!
//! 1. Something happened: [`Peer::submit`] a [`Command`](io::Command) or [`Peer::handle_input`] an
//!    [`Input`](io::Input), each with the time it happened.
//! 2. Pop [`Peer::poll_output`] until it is `None` and perform each [`Output`](io::Output) in order.
//! 3. Arm one timer for [`Peer::poll_timeout`]; when it fires, handle [`Input::Timeout`](io::Input::Timeout).
//!
//! # Where to start reading
//!
//! [`io`] is the whole boundary on one page. `peer` routes to `room`, which owns one of each feature.
//! PROTOCOL.md has the bytes and the reasons.
#![forbid(unsafe_code)]
#![warn(missing_docs)]

extern crate alloc;

mod base;
mod cx;
pub mod description;
pub mod io;
mod link;
mod log;
mod meeting;
mod peer;
mod room;
mod shelf;
mod signal;
#[cfg(test)]
mod vectors;
mod wire;

/// Files as bytes: sizes, chunk values, and the tree that makes one hash of them.
pub mod blob {
    pub use crate::base::blob::{
        CHUNK, ChunkValue, MAX_FILE_SIZE, SEGMENT, SEGMENT_CHUNKS, WrongLength, chunk_count, chunk_len,
        chunk_offset, chunk_value, is_allowed_size, segment_chunks, segment_count, segment_of,
    };
    pub use crate::shelf::blob::{ChunkSet, Merger, root};
}

pub use base::rng::Seed;
pub use base::{error, id, path, time};
pub use meeting::invitation;
pub use peer::{Config, Peer};
