//! Runs plans: scheduler, step kinds, model providers, event log.

pub mod cancel;
pub mod clock;
mod codec;
pub mod context;
pub mod detached;
mod inputs;
mod journal;
pub mod llm;
pub mod log;
mod lowered;
mod mock;
mod options;
mod outcome;
pub mod people;
mod prepare;
pub mod process;
mod providers;
mod python;
pub mod redact;
pub mod registry;
mod report;
mod run;
mod run_error;
mod run_id;
mod scheduler;
pub mod step;
mod steps;
mod validate;

pub use inputs::Input;
pub use journal::Progress;
pub use options::{EnvAccess, MAX_PARALLEL, RunOptions, Scheduled};
pub use outcome::{Outcome, RunOutcome};
pub use report::{Event, Failure, RunFailure, RunReport, StepReport, UsageTotals};
pub use run::{dry_run, run, run_async};
pub use run_error::RunError;
