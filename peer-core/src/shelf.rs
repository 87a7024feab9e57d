//! The files of a room. PROTOCOL.md, *Files*.

pub(crate) mod blob;
