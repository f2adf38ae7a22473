//! Tests of the runtime from outside.

mod blocks;
mod flow;
mod inputs;
mod log;
mod plans;
mod process;
mod tests;
mod time;
mod triggers;
