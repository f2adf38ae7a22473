//! What crosses crates.

mod arrows;
mod stdlib_table;
