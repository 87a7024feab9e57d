//! The one error of this crate. It stands apart so that no file needs the file that needs it.

/// Bytes that are not the message they should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Malformed;
