//! `rustchain runs`.

use crate::args::{ResultFormat, RunsCommand};
use crate::error::Error;
use crate::exit::Exit;
use crate::terminal::Terminal;
use rustchain_runtime::log::{RUNS, RunSummary, StepRow, list_runs, payload, read_log, steps_of, summary};
use serde_json::json;
use std::path::Path;

pub(super) fn run(command: &RunsCommand, terminal: &Terminal) -> Result<Exit, Error> {
    match command {
        RunsCommand::List { root, format } => list(root, *format, terminal),
        RunsCommand::Show { id, root, format } => show(root, id, *format, terminal),
    }
}

fn list(root: &Path, format: ResultFormat, terminal: &Terminal) -> Result<Exit, Error> {
    let mut runs = list_runs(root);
    runs.sort_by(|a, b| b.id.cmp(&a.id));
    let text = match format {
        ResultFormat::Json => format!("{:#}\n", json!({ "schema_version": 1, "runs": runs })),
        ResultFormat::Human => runs.iter().map(line).collect(),
    };
    terminal.data(&text)?;
    Ok(Exit::Ok)
}

fn line(run: &RunSummary) -> String {
    let outcome = run.outcome.as_deref().unwrap_or("unfinished");
    format!("{}  {} {outcome}  {} steps  {}\n", run.id, run.mission, run.steps, seconds(run.duration))
}

fn seconds(nanoseconds: i64) -> String {
    format!("{:.2}s", nanoseconds as f64 / 1e9)
}

fn show(root: &Path, id: &str, format: ResultFormat, terminal: &Terminal) -> Result<Exit, Error> {
    let id = find(&list_runs(root), id)?;
    let dir = root.join(RUNS).join(&id);
    let records = read_log(&dir).map_err(|source| Error::Read { path: dir.clone(), source })?;
    let Some(run) = summary(id.as_str().into(), &records) else {
        return Err(Error::Failed(format!("the log of run `{id}` has no beginning")));
    };
    let steps = steps_of(&records);
    let text = match format {
        ResultFormat::Human => steps.iter().fold(line(&run), |text, step| text + &row(step)),
        ResultFormat::Json => {
            let steps: Vec<_> = steps.iter().map(|step| to_json(&dir, step)).collect();
            let whole = json!({ "schema_version": 1, "run": run, "steps": steps });
            format!("{whole:#}\n")
        }
    };
    terminal.data(&text)?;
    Ok(Exit::Ok)
}

fn outcome(step: &StepRow) -> &'static str {
    step.outcome.map_or("unfinished", |outcome| outcome.name())
}

fn row(step: &StepRow) -> String {
    let mut out = format!("  {:<11} {}  {}", outcome(step), step.path, seconds(step.duration));
    if step.attempts > 1 {
        out.push_str(&format!("  {} attempts", step.attempts));
    }
    if let Some(error) = &step.error {
        out.push_str(&format!("  {}: {}", error.kind, error.message));
    }
    out.push('\n');
    out
}

fn to_json(dir: &Path, step: &StepRow) -> serde_json::Value {
    json!({
        "id": step.path,
        "outcome": outcome(step),
        "handled": step.handled,
        "attempts": step.attempts,
        "duration_ns": step.duration,
        "error": step.error,
        "value": step.value.as_ref().and_then(|value| payload(dir, value)),
    })
}

/// The run of an id, of an unambiguous beginning, or the newest (`last`).
pub(super) fn find(runs: &[RunSummary], id: &str) -> Result<String, Error> {
    let fitting: Vec<&RunSummary> = match id {
        "last" => runs.iter().max_by(|a, b| a.id.cmp(&b.id)).into_iter().collect(),
        _ => runs.iter().filter(|run| run.id.starts_with(id)).collect(),
    };
    match fitting.as_slice() {
        [only] => Ok(only.id.to_string()),
        [] => Err(Error::NoInput(format!("there is no run `{id}`"))),
        many => {
            let list: Vec<&str> = many.iter().map(|run| run.id.as_str()).collect();
            Err(Error::usage(
                format!("`{id}` fits {} runs", many.len()),
                format!("name one of {}", list.join(", ")),
            ))
        }
    }
}
