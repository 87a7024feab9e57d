//! Rendezvous server.
