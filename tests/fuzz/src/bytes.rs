//! Choices made by bytes, and by nothing once they are used up.

/// Takes one byte for each choice.
pub(crate) struct Bytes<'a>(pub(crate) &'a [u8]);

impl Bytes<'_> {
    /// The next byte.
    pub(crate) fn next(&mut self) -> Option<u8> {
        let (first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(*first)
    }

    /// A number below `bound`.
    pub(crate) fn below(&mut self, bound: usize) -> Option<usize> {
        self.next().map(|byte| usize::from(byte) % bound)
    }
}
