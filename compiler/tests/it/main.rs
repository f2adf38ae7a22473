//! Tests of the compiler.

mod bad;
mod explain;
mod gallery;
mod imports;
mod incremental;
mod index;
mod plans;
mod robust;
mod samples;
mod seeded;
mod support;
mod whole;
