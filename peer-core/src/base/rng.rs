//! Entropy as a parameter: one ChaCha20 stream per peer, seeded by the shell. Never asks the system.

use rand_chacha::ChaCha20Rng;
use rand_core::{RngCore, SeedableRng};

/// 32 bytes of fresh entropy; everything random in a peer comes from them (ChaCha20). Never reuse one.
pub struct Seed(pub [u8; 32]);

/// The engine's only source of randomness.
pub(crate) struct Rng(ChaCha20Rng);

impl Rng {
    pub(crate) fn new(seed: &Seed) -> Self {
        Self(ChaCha20Rng::from_seed(seed.0))
    }

    /// `N` fresh random bytes.
    pub(crate) fn bytes<const N: usize>(&mut self) -> [u8; N] {
        let mut bytes = [0; N];
        self.0.fill_bytes(&mut bytes);
        bytes
    }

    /// A number in `0..bound`; good enough for jitter, not for keys.
    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        self.0.next_u64() % bound.max(1)
    }

    /// Randomness for snow, which wants to own its generator.
    pub(crate) fn fork(&mut self) -> SnowRng {
        SnowRng(ChaCha20Rng::from_seed(self.bytes()))
    }
}

/// A child stream of [`Rng`] in the form that snow draws from.
#[derive(Clone)]
pub(crate) struct SnowRng(ChaCha20Rng);

impl snow::types::Random for SnowRng {
    fn try_fill_bytes(&mut self, dest: &mut [u8]) -> Result<(), snow::Error> {
        self.0.fill_bytes(dest);
        Ok(())
    }
}
