//! The server as strangers meet it: a real one on port 0, real WebSockets, and one past every limit.
//!
//! Tests wait for events. Where a limit is a time it is made short, and the event is the socket's end.
//! (The attribute on each module tells clippy that a failing `unwrap` in a helper is a failing test too.)

#[cfg(test)]
mod binary;
#[cfg(test)]
mod blind;
#[cfg(test)]
mod bounds;
#[cfg(test)]
mod client;
#[cfg(test)]
mod http;
#[cfg(test)]
mod logs;
#[cfg(test)]
mod manifest;
#[cfg(test)]
mod meeting;
#[cfg(test)]
mod metrics;
#[cfg(test)]
mod nodes;
#[cfg(test)]
mod options;
#[cfg(test)]
mod pace;
#[cfg(test)]
mod proxies;
#[cfg(test)]
mod redis;
#[cfg(test)]
mod renewal;
#[cfg(test)]
mod shutdown;
#[cfg(test)]
mod site;
#[cfg(test)]
mod stun;
#[cfg(test)]
mod tls;
#[cfg(test)]
mod turn;
