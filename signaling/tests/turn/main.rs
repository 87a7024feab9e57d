//! A real coturn with the very configuration that we recommend: what it refuses, and what it lets through.
//! (The attribute on each module tells clippy that a failing `unwrap` in a helper is a failing test too.)

#[cfg(test)]
mod client;
#[cfg(test)]
mod coturn;
#[cfg(test)]
mod credentials;
#[cfg(test)]
mod forbidden;
#[cfg(test)]
mod stranger;
