//! Tests of the contract between compiler and runtime.

mod bind;
mod build;
mod canonical;
mod codec;
mod decide;
mod decide_law;
mod eval;
mod functions;
mod labels;
mod laws;
mod plan_file;
mod schema;
mod templates;
