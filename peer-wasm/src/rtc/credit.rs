//! How much the engine may send on a channel: see [`LinkInput::Writable`](peer_core::io::LinkInput::Writable).

/// Most bytes that a channel holds and the engine may still send, together.
pub(crate) const MOST: usize = 1 << 20;
/// Below this a channel gets new credit: what is being said now must not wait long behind what was said before,
/// and at 100 Mbit/s it still lasts 20 ms, longer than a browser takes to tell.
pub(crate) const LOW: u32 = 256 << 10;

/// The engine's unused credit on one channel.
#[derive(Debug, Default)]
pub(crate) struct Credit {
    unused: usize,
}

impl Credit {
    /// The engine sent so much.
    pub(crate) fn spend(&mut self, bytes: usize) {
        self.unused = self.unused.saturating_sub(bytes);
    }

    /// The credit to give now, replacing the former, if `buffered` leaves room for one. If not, the channel will
    /// tell when it has fallen to [`LOW`].
    pub(crate) fn renew(&mut self, buffered: u32) -> Option<usize> {
        if self.unused >= LOW as usize || buffered > LOW {
            return None;
        }
        self.unused = MOST - buffered as usize;
        Some(self.unused)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_open_channel_gets_all_of_it_once() {
        let mut credit = Credit::default();
        assert_eq!(credit.renew(0), Some(MOST));
        assert_eq!(credit.renew(0), None);
    }

    #[test]
    fn credit_and_buffer_together_never_pass_the_bound_and_never_stall() {
        let (mut credit, mut buffered, mut sent) = (Credit::default(), 0_u32, 0_usize);
        let mut allowance = credit.renew(buffered).expect("an empty channel");
        for step in 0..10_000_u32 {
            let size = (step as usize * 7_919) % 65_536 + 1;
            if size <= allowance {
                credit.spend(size);
                allowance -= size;
                buffered += size as u32;
                sent += size;
            } else {
                // The line takes some away; at the latest when it reaches the threshold there is credit again.
                buffered = buffered.min(LOW);
            }
            if let Some(more) = credit.renew(buffered) {
                allowance = more;
            }
            assert!(buffered as usize + allowance <= MOST, "at step {step}");
        }
        assert!(sent > 100 << 20, "stalled after {sent} bytes");
    }
}
