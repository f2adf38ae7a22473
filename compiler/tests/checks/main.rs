//! Tests of effects, flow, cost and the catalogue of checks.

mod attacks;
mod conditions;
mod flows;
mod laws;
mod pages;
mod policy;
mod programs;
mod samples;
mod sequences;
mod support;
