//! What the logs of runs say. Whatever stands in a file: what can be read is given, the rest left out.

use super::record::{ErrorRecord, EventKind, Payload, Record};
use super::{BLOBS, HASH_FIELD, LOG_FILE, RUNS};
use crate::outcome::Outcome;
use serde::Serialize;
use smol_str::SmolStr;
use std::path::Path;

/// A run in a list.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RunSummary {
    /// Its id; sorts by time.
    pub id: SmolStr,
    /// The mission's id.
    pub mission: SmolStr,
    /// The plan's hash.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub plan: Option<SmolStr>,
    /// `succeeded`, `failed`, `cancelled`; `None`: the log has no end.
    pub outcome: Option<SmolStr>,
    /// When it began, nanoseconds since 1970 UTC.
    pub started: i64,
    /// Nanoseconds, as far as the log goes.
    pub duration: i64,
    /// Steps that ended.
    pub steps: usize,
}

/// A step in the table of a run.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct StepRow {
    /// `digest/short`, `verdicts[3]`.
    pub path: SmolStr,
    /// How it ended; `None`: it was started, and the log does not say more.
    pub outcome: Option<Outcome>,
    /// A failure that the run does not mind.
    pub handled: bool,
    /// How often its call was evaluated.
    pub attempts: u32,
    /// Nanoseconds.
    pub duration: i64,
    /// Why it failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<ErrorRecord>,
    /// Its value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<Payload>,
}

/// The records of the log in a run's folder.
///
/// # Errors
/// Where the file cannot be read.
pub fn read_log(dir: &Path) -> std::io::Result<Vec<Record>> {
    let bytes = std::fs::read(dir.join(LOG_FILE))?;
    Ok(bytes.split(|byte| *byte == b'\n').filter_map(record).collect())
}

/// The JSON of a payload; `None` where its file is gone or is no JSON.
pub fn payload(dir: &Path, payload: &Payload) -> Option<serde_json::Value> {
    match payload {
        Payload::Inline(json) => Some(json.clone()),
        Payload::Blob(name) if name.bytes().all(|byte| byte.is_ascii_hexdigit()) => {
            serde_json::from_slice(&std::fs::read(dir.join(BLOBS).join(name.as_str())).ok()?).ok()
        }
        Payload::Blob(_) => None,
    }
}

/// The runs under a project root, the oldest first; folders without a log are left out.
pub fn list_runs(root: &Path) -> Vec<RunSummary> {
    let entries = std::fs::read_dir(root.join(RUNS)).into_iter().flatten().flatten();
    let mut runs: Vec<RunSummary> = entries
        .filter_map(|entry| {
            let id = SmolStr::new(entry.file_name().to_str()?);
            summary(id, &read_log(&entry.path()).ok()?)
        })
        .collect();
    runs.sort_by(|a, b| a.id.cmp(&b.id));
    runs
}

/// What a log says of its run; `None` where it says nothing.
pub fn summary(id: SmolStr, records: &[Record]) -> Option<RunSummary> {
    let first = records.first()?;
    let last = records.last()?;
    let ended = |record: &&Record| record.event == EventKind::StepEnded;
    Some(RunSummary {
        id,
        mission: first.name.clone().unwrap_or_default(),
        plan: first.plan.clone(),
        outcome: last.outcome.clone().filter(|_| last.event == EventKind::RunEnded),
        started: first.time,
        duration: last.time.saturating_sub(first.time),
        steps: records.iter().filter(ended).count(),
    })
}

/// The steps of a log, in the order they ended, then those that did not.
pub fn steps_of(records: &[Record]) -> Vec<StepRow> {
    let of = |kind: EventKind| records.iter().filter(move |record| record.event == kind);
    let mut rows: Vec<StepRow> = of(EventKind::StepEnded).map(row).collect();
    let ended: std::collections::BTreeSet<SmolStr> = rows.iter().map(|row| row.path.clone()).collect();
    let mut open: Vec<StepRow> = Vec::new();
    for row in of(EventKind::StepStarted).map(row) {
        // The call of an element `a[3]` ends with its step `a`.
        let known = ended.contains(&row.path)
            || ended.contains(row.path.split(['[', '#']).next().unwrap_or_default());
        if !known && !open.iter().any(|other| other.path == row.path) {
            open.push(row);
        }
    }
    rows.extend(open);
    rows
}

fn row(record: &Record) -> StepRow {
    let outcome = record.outcome.as_deref().and_then(|name| {
        let all =
            [Outcome::Succeeded, Outcome::Failed, Outcome::Skipped, Outcome::Blocked, Outcome::Cancelled];
        all.into_iter().find(|outcome| outcome.name() == name)
    });
    StepRow {
        path: record.path.clone().unwrap_or_default(),
        outcome,
        handled: record.handled,
        attempts: record.attempt.unwrap_or(1),
        duration: record.duration.unwrap_or(0),
        error: record.error.clone(),
        value: record.value.clone(),
    }
}

fn record(line: &[u8]) -> Option<Record> {
    let text = std::str::from_utf8(line).ok()?;
    let at = text.rfind(HASH_FIELD)?;
    serde_json::from_str(&format!("{}}}", text.get(..at)?)).ok()
}
