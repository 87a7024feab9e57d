//! File contents that need no memory: any piece of them can be computed from a seed.

/// The bytes of a simulated file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Content {
    /// Two contents of different seeds differ in (almost) every byte.
    pub seed: u64,
    /// Bytes.
    pub size: u64,
}

impl Content {
    /// `length` bytes at `offset`, which must lie inside.
    pub fn read(&self, offset: u64, length: usize) -> Vec<u8> {
        assert!(offset + length as u64 <= self.size, "read past the end of a simulated file");
        // BLAKE3's output stream can be read from anywhere, and dependencies are compiled with optimisation.
        let mut stream = blake3::Hasher::new().update(&self.seed.to_le_bytes()).finalize_xof();
        stream.set_position(offset);
        let mut bytes = vec![0; length];
        stream.fill(&mut bytes);
        bytes
    }

    /// All of it, as `b3sum` hashes it.
    pub fn hash(&self) -> [u8; 32] {
        let mut hasher = blake3::Hasher::new();
        let mut at = 0;
        while at < self.size {
            let length = (self.size - at).min(1 << 16);
            hasher.update(&self.read(at, length as usize));
            at += length;
        }
        *hasher.finalize().as_bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_piece_is_the_same_whichever_way_it_is_read() {
        let content = Content { seed: 7, size: 100 };
        let whole = content.read(0, 100);
        for from in 0..100 {
            for to in from..=100 {
                assert_eq!(content.read(from as u64, to - from), whole[from..to]);
            }
        }
        assert_eq!(content.hash(), *blake3::hash(&whole).as_bytes());
        assert_ne!(Content { seed: 8, size: 100 }.read(0, 100), whole);
    }
}
