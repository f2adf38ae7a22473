//! Agents: a model that calls tools until it answers, within bounds.

mod run;
mod spent;

pub use run::call;
