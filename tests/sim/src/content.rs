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
        let mut bytes = Vec::with_capacity(length + 16);
        let first = offset / 8;
        let last = (offset + length as u64).div_ceil(8);
        for word in first..last {
            bytes.extend_from_slice(&mix(self.seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ word).to_le_bytes());
        }
        bytes.drain(..(offset % 8) as usize);
        bytes.truncate(length);
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

/// SplitMix64's finisher: well spread and cheap.
fn mix(mut z: u64) -> u64 {
    z = z.wrapping_add(0x9E37_79B9_7F4A_7C15);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
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
