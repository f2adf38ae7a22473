//! Runs plans: scheduler, step kinds, model providers, event log.

pub mod cancel;
pub mod clock;
pub mod context;
pub mod llm;
pub mod people;
pub mod process;
pub mod redact;
pub mod registry;
pub mod step;
mod steps;
