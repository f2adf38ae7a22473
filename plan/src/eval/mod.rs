//! The one evaluator of expressions.

pub mod decide;
