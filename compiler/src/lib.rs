//! Sources to names, types, effects, checks and plans.
//!
//! The passes, in order: `source` (files and imports through a `Vfs`), `names`, `types`, `lower` (typed
//! syntax to `Plan` + `Spans`), then on the plan: `effects` (rows, policy, guards), `flow` (labels and
//! sinks), `checks` (one file a rule).

pub mod explain;
pub mod render;
pub mod spans;
