//! `cargo xtask`: the one entry for code generation.
fn main() {}
