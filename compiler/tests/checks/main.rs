//! Tests of effects, flow, cost and the catalogue of checks.

mod attacks;
mod laws;
mod pages;
mod policy;
mod samples;
mod support;
