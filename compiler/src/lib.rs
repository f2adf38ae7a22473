//! Sources to names, types, effects, checks and plans.
//!
//! The passes, in order: `source` (files and imports through a `Vfs`), `names`, `types`, `lower` (typed
//! syntax to `Plan` + `Spans`), then on the plan: `effects` (rows, policy, guards), `flow` (labels and
//! sinks), `checks` (one file a rule).

pub mod checks;
pub mod cost;
pub mod effects;
pub mod explain;
pub mod flow;
pub mod render;
pub mod spans;
