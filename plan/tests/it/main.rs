//! Tests of the contract.
mod eval;
