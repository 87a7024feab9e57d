//! What is in `deploy/`, as an operator uses it: the server's static program as the image starts it, the service's
//! sandbox as systemd judges it, and real proxies in front with the example configurations.
//!
//! `cargo xtask test --only deploy` builds the program and installs the proxies. Nothing here links the server.
//! (The attribute on each module tells clippy that a failing `unwrap` in a helper is a failing test too.)

#[cfg(test)]
mod client;
#[cfg(test)]
mod image;
#[cfg(test)]
mod program;
#[cfg(test)]
mod proxies;
#[cfg(test)]
mod service;
