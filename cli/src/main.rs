//! The `rustchain` command.
fn main() {}
