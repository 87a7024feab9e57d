//! What everything stands on: ids, time, randomness, errors, keys, names, sizes. It knows no room and no peer.

pub(crate) mod blob;
pub(crate) mod door_secret;
pub mod error;
pub(crate) mod features;
pub mod id;
pub(crate) mod identity;
pub(crate) mod map;
pub mod path;
pub(crate) mod record;
pub(crate) mod rng;
pub(crate) mod set;
pub mod time;
