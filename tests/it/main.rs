//! What crosses crates.

mod arrows;
mod generated;
