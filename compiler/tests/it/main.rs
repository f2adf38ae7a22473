//! Tests of the compiler.

mod plans;
mod samples;
mod support;
