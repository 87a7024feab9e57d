//! [`Peer`]: owns all state, routes input down and output up, nothing else.

use crate::error::CommandError;
use crate::id::CommandId;
use crate::io::{Command, Input, Output, Reason};
use crate::time::Instant;
use alloc::collections::VecDeque;

/// 32 bytes of fresh entropy; everything random in a peer comes from them (ChaCha20). Never reuse one.
pub struct Seed(pub [u8; 32]);

/// What differs between shells.
#[derive(Clone, Debug, Default)]
pub struct Config {}

/// One device's engine: any number of rooms. See the crate's documentation for the run loop.
pub struct Peer {
    outputs: VecDeque<Output>,
}

impl Peer {
    /// A peer without rooms.
    pub fn new(_config: Config, _seed: Seed, _now: Instant) -> Self {
        Self { outputs: VecDeque::new() }
    }

    /// Carry out a command.
    ///
    /// # Errors
    /// [`CommandError`] if it cannot be done; nothing changed then.
    pub fn submit(&mut self, _command: Command, _now: Instant) -> Result<CommandId, CommandError> {
        Err(CommandError::UnknownRoom)
    }

    /// Take in what the shell reports; never fails, never panics on a remote's bytes.
    pub fn handle_input(&mut self, _input: Input, _now: Instant) {}

    /// The next thing to do, if any.
    #[must_use]
    pub fn poll_output(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// When to handle [`Input::Timeout`] at the latest, and why.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<(Instant, Reason)> {
        None
    }
}
