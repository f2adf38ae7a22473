//! A record of the log.

use rustchain_plan::{ErrorKind, Labels};
use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EventKind {
    /// The run began; the first record.
    RunStarted,
    /// An attempt of a call that waits began.
    StepStarted,
    /// An attempt failed and another follows.
    StepRetried,
    /// A step ended.
    StepEnded,
    /// An arm of a `match` that was not taken.
    ArmSkipped,
    /// A fact that a step told.
    Detail,
    /// What a model call used.
    Usage,
    /// Labels were lowered by `trust` or `reveal`.
    Lowered,
    /// The run ended; the last record.
    RunEnded,
}

/// A record: its fields stand in alphabetical order, absent ones are left out.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Record {
    /// Which attempt, or how many.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attempt: Option<u32>,
    /// What the step calls.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub callee: Option<SmolStr>,
    /// More facts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<Payload>,
    /// Nanoseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duration: Option<i64>,
    /// Why it failed, also where that was handled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<ErrorRecord>,
    /// What happened.
    pub event: EventKind,
    /// A failure that the run does not mind.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub handled: bool,
    /// The run's inputs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inputs: Option<Payload>,
    /// Labels that were lowered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub labels: Option<Labels>,
    /// The name of a fact or of an arm; the mission's id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<SmolStr>,
    /// How it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<SmolStr>,
    /// The run's outputs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outputs: Option<Payload>,
    /// The step's path.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<SmolStr>,
    /// The plan's hash.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plan: Option<SmolStr>,
    /// The reason of `trust` or `reveal`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<SmolStr>,
    /// The run's id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run: Option<SmolStr>,
    /// From 0, without gaps.
    pub seq: u64,
    /// Nanoseconds since 1970 UTC.
    pub time: i64,
    /// The step's value; absent: none, or null.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<Payload>,
    /// The version of the log's form; in the first record.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<u32>,
}

/// JSON in the record, or beside it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Payload {
    /// SHA-256 of its JSON text, which is the name of its file.
    Blob(SmolStr),
    /// The value itself.
    Inline(serde_json::Value),
}

/// A failure.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ErrorRecord {
    /// More facts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<Payload>,
    /// The kind.
    pub kind: ErrorKind,
    /// One sentence.
    pub message: String,
}

impl Record {
    /// A record with nothing but its kind and time; the writer numbers it.
    pub(crate) fn new(event: EventKind, time: i64) -> Record {
        Record {
            attempt: None,
            callee: None,
            detail: None,
            duration: None,
            error: None,
            event,
            handled: false,
            inputs: None,
            labels: None,
            name: None,
            outcome: None,
            outputs: None,
            path: None,
            plan: None,
            reason: None,
            run: None,
            seq: 0,
            time,
            value: None,
            version: None,
        }
    }
}
