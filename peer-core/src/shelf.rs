//! The files of a room: fetching others' (`fetch`) and serving one's own (`serve`). PROTOCOL.md, *Files*.
//!
//! The two never call each other; the room routes.

pub(crate) mod blob;
pub(crate) mod fetch;
pub(crate) mod serve;
