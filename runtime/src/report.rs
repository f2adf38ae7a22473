//! What a run gives.

use crate::outcome::{Outcome, RunOutcome};
use crate::step::StepError;
use rustchain_plan::ErrorKind;
use serde::Serialize;
use smol_str::SmolStr;
use std::collections::BTreeMap;
use std::time::Duration;

/// A finished run.
#[derive(Clone, Debug)]
pub struct RunReport {
    /// Its id; sorts by time.
    pub run_id: SmolStr,
    /// How it ended.
    pub outcome: RunOutcome,
    /// The outputs that have a value, as JSON by wire names, in the plan's order of names.
    pub outputs: BTreeMap<SmolStr, serde_json::Value>,
    /// Every step that ended, in the order they did.
    pub steps: Vec<StepReport>,
    /// What failed unhandled: steps, then the run itself.
    pub errors: Vec<RunFailure>,
    /// The policy, a guard or a missing approval stopped it.
    pub refused: bool,
    /// What models used.
    pub usage: UsageTotals,
    /// How long it took.
    pub duration: Duration,
}

/// A step that ended.
#[derive(Clone, Debug, Serialize)]
pub struct StepReport {
    /// `digest/short`, `verdicts[3]`.
    pub path: SmolStr,
    /// What it calls; `None`: an expression or a block.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub callee: Option<SmolStr>,
    /// How it ended.
    pub outcome: Outcome,
    /// A failure that the run does not mind.
    pub handled: bool,
    /// How often its call was evaluated.
    pub attempts: u32,
    /// When it began, nanoseconds since 1970 UTC.
    pub started: i64,
    /// Nanoseconds.
    pub duration: i64,
    /// Why it failed, redacted; also where it was recovered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<Box<Failure>>,
}

/// Why a step failed, redacted.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Failure {
    /// The kind.
    pub kind: ErrorKind,
    /// One sentence.
    pub message: String,
    /// More facts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<serde_json::Value>,
}

/// A failure with its place.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RunFailure {
    /// The step's path; `None`: the run itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<SmolStr>,
    /// Why.
    #[serde(flatten)]
    pub failure: Failure,
}

/// What models used, added up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct UsageTotals {
    /// Calls that reported.
    pub calls: u64,
    /// Tokens sent.
    pub prompt_tokens: i64,
    /// Tokens got.
    pub completion_tokens: i64,
    /// US dollars of the calls whose price is known.
    pub usd: f64,
    /// Calls whose price is not known.
    pub unpriced: u64,
}

impl UsageTotals {
    pub(crate) fn add(&mut self, usage: &crate::context::Usage) {
        self.calls += 1;
        self.prompt_tokens = self.prompt_tokens.saturating_add(usage.prompt_tokens);
        self.completion_tokens = self.completion_tokens.saturating_add(usage.completion_tokens);
        match usage.usd {
            Some(usd) => self.usd += usd,
            None => self.unpriced += 1,
        }
    }
}

impl Failure {
    /// Of an error whose texts were redacted.
    pub(crate) fn of(error: &StepError, redactor: &crate::redact::Redactor) -> Failure {
        Failure {
            kind: error.kind,
            message: redactor.text(&error.message).into_owned(),
            detail: error.detail.as_deref().map(|detail| redactor.json(detail.clone())),
        }
    }
}

/// What is told while a run goes on.
#[derive(Clone, Debug)]
pub enum Event {
    /// It began.
    RunStarted {
        /// Its id.
        run_id: SmolStr,
        /// The mission's name.
        mission: SmolStr,
        /// Steps at the top.
        steps: usize,
    },
    /// An attempt of a call that waits began.
    StepStarted {
        /// The step.
        path: SmolStr,
        /// What it calls.
        callee: SmolStr,
        /// 1 at first.
        attempt: u32,
    },
    /// An attempt failed and another follows.
    StepRetried {
        /// The step.
        path: SmolStr,
        /// The attempt that failed.
        attempt: u32,
        /// The pause before the next.
        pause: Duration,
        /// Why it failed.
        failure: Failure,
    },
    /// A step ended.
    StepEnded(StepReport),
    /// A step told a fact.
    Detail {
        /// The step.
        path: SmolStr,
        /// `log.info` and others.
        name: SmolStr,
        /// The fact, redacted.
        detail: serde_json::Value,
    },
    /// It ended.
    RunEnded {
        /// How.
        outcome: RunOutcome,
    },
}
