//! Many engines, one thread, a virtual clock: the stories of a room under a network that delays, loses,
//! repeats, shuffles and falls silent, a hostile server, hostile members and a disk that fails.
//!
//! Everything comes from one seed. A failing run prints it with the last lines of what happened; run it again
//! with `SIM_SEED=n cargo test -p sim NAME`, or many others with `SIM_SEEDS=200`.
//! `SIM_TRACE=1` prints every line of what happens.
//!
//! # Where to start reading
//!
//! [`World`] is the clock and all that lives under it, `story` and `trouble` the words in which
//! tests tell what people do and what goes wrong.
//! [`hub`] is the signaling server, [`lane`] the peer connections, [`store`] the disks, [`view`] what a page
//! would show. The engine is only ever met at its boundary, and nothing here
//! knows the protocol's bytes but [`attacker`], who speaks them himself.
#![forbid(unsafe_code)]

pub mod attacker;
pub mod content;
mod context;
mod happening;
pub mod hub;
pub mod lane;
mod rng;
mod sdp;
pub mod store;
mod story;
mod trace;
mod trouble;
pub mod turn;
pub mod view;
mod world;

pub use content::Content;
pub use context::Net;
pub use happening::{Life, NodeId};
pub use rng::Rng;
pub use sdp::Flavour;
pub use story::{seeds, worlds};
pub use world::World;
