//! Tests of the runtime from outside.

mod process;
