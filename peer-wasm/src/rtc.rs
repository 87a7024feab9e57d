//! RTCPeerConnections: made by the page's half, because they exist nowhere else, and their data channels used by
//! the worker's half. Where channels cannot be transferred, the page passes messages on instead; nobody outside
//! of this module can tell. See ARCHITECTURE.md, *The browser side*.

mod credit;
mod lane;
mod page;

pub(crate) use lane::Lanes;
pub(crate) use page::Connections;
