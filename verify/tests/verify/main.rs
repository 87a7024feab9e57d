//! The page of a real server, as it is, and with somebody between who changes something.
//! (The attribute on each module tells clippy that a failing `unwrap` in a helper is a failing test too.)

#[cfg(test)]
mod honest;
#[cfg(test)]
mod liar;
#[cfg(test)]
mod lies;
