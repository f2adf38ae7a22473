//! How steps and runs end.

use serde::{Deserialize, Serialize};

/// How a step ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It has its value; also after recovery by `on error: use`.
    Succeeded,
    /// It failed; `handled` says whether the run minds.
    Failed,
    /// `when` said no, or `on error: skip`, or a trigger rule that skips.
    Skipped,
    /// Something it needs failed or was blocked.
    Blocked,
    /// It was given up, or never started because the run was.
    Cancelled,
}

impl Outcome {
    /// The word in logs and tables.
    pub fn name(self) -> &'static str {
        match self {
            Outcome::Succeeded => "succeeded",
            Outcome::Failed => "failed",
            Outcome::Skipped => "skipped",
            Outcome::Blocked => "blocked",
            Outcome::Cancelled => "cancelled",
        }
    }
}

impl std::fmt::Display for Outcome {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RunOutcome {
    /// No step failed or was blocked unhandled.
    Succeeded,
    /// One did.
    Failed,
    /// It was interrupted.
    Cancelled,
}

impl RunOutcome {
    /// The word in logs and tables.
    pub fn name(self) -> &'static str {
        match self {
            RunOutcome::Succeeded => "succeeded",
            RunOutcome::Failed => "failed",
            RunOutcome::Cancelled => "cancelled",
        }
    }
}

impl std::fmt::Display for RunOutcome {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}
