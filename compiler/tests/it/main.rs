//! Tests of the compiler.

mod bad;
mod explain;
mod plans;
mod samples;
mod support;
mod whole;
