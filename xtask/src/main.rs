//! Build, run and test commands.
fn main() {}
