//! What strangers' bytes may do: nothing but what is written. Each target takes any bytes at all, does with them what
//! the product does with a stranger's, and panics if a promise is broken.
//!
//! libFuzzer looks for bytes that break one (`fuzz_targets/`, see CONTRIBUTING.md); what it found interesting is kept in
//! `corpus/`, and `tests/replay.rs` runs all of it with every test run, on stable Rust, without a fuzzer.
#![forbid(unsafe_code)]

mod bytes;
pub mod hub;
mod model;
pub mod peer;
pub mod signal;

/// What may be done with any bytes.
pub type Target = fn(&[u8]);

/// All targets by the name of their corpus.
pub const TARGETS: [(&str, Target); 9] = [
    ("candidate", peer::candidate),
    ("client_message", signal::client_message),
    ("description", peer::description),
    ("hub", hub::hub),
    ("link", peer::link),
    ("name", peer::name),
    ("nodes", hub::nodes),
    ("note", signal::note),
    ("server_message", signal::server_message),
];
