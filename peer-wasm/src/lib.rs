//! The browser shell of the engine: the page's half owns the RTCPeerConnections, the worker's half everything
//! else. See ARCHITECTURE.md, *The browser side*.

pub mod api;
