//! `rustchain safety report`.

use crate::args::{ResultFormat, SafetyCommand};
use crate::error::Error;
use crate::exit::Exit;
use crate::load::load;
use crate::project::Target;
use crate::terminal::Terminal;
use rustchain_compiler::render::locate::Lines;
use rustchain_compiler::safety::{Grade, Reason, StepRisk, overall, risks};
use rustchain_compiler::spans::Place;
use rustchain_grammar::SourceMap;
use serde_json::{Value, json};
use std::fmt::Write;

pub(super) fn run(command: &SafetyCommand, terminal: &Terminal) -> Result<Exit, Error> {
    let SafetyCommand::Report { file, format } = command;
    let target = Target::parse(file);
    let loaded = load(&target.path)?;
    let missions = &loaded.analysis.missions;
    let chosen: Vec<_> =
        missions.iter().filter(|m| target.mission.as_ref().is_none_or(|n| m.plan.mission == *n)).collect();
    if chosen.is_empty() {
        let why = match (&target.mission, missions.is_empty()) {
            (Some(name), false) => format!("`{}` has no mission `{name}`", target.path.display()),
            _ => format!("`{}` has no mission that has a plan; see `rustchain check`", target.path.display()),
        };
        return Err(Error::NoInput(why));
    }
    let sources = &loaded.analysis.sources;
    let reports: Vec<(String, Vec<StepRisk>)> =
        chosen.iter().map(|m| (m.plan.mission.to_string(), risks(m, &loaded.analysis.diagnostics))).collect();
    match format {
        ResultFormat::Human => {
            reports.iter().try_for_each(|(name, steps)| terminal.data(&people(name, steps, sources)))?;
        }
        ResultFormat::Json => {
            let all: Vec<Value> = reports.iter().map(|(name, steps)| machine(name, steps, sources)).collect();
            terminal.data(&format!("{:#}\n", json!({ "schema_version": 1, "missions": all })))?;
        }
    }
    let severe = reports.iter().any(|(_, steps)| overall(steps) == Grade::Severe);
    Ok(if severe { Exit::Failed } else { Exit::Ok })
}

fn position(sources: &SourceMap, place: Place) -> (String, usize, usize) {
    let (file, span) = sources.resolve(place.file, place.span);
    let lines = Lines::new(sources);
    let at = lines.position(file, span.start);
    (lines.path(file).to_owned(), at.line, at.column)
}

fn total(steps: &[StepRisk]) -> f64 {
    steps.iter().fold(0.0, |sum, s| sum + s.points())
}

fn people(name: &str, steps: &[StepRisk], sources: &SourceMap) -> String {
    let mut out =
        format!("{name}: risk {}, {:.1} points in {} steps\n", overall(steps), total(steps), steps.len());
    for step in steps {
        let what = step.callee.as_deref().map(|c| format!(" ({c})")).unwrap_or_default();
        let title = if step.step.is_empty() {
            "the whole mission".to_owned()
        } else {
            format!("{}{what}", step.step)
        };
        // Writing to a String cannot fail.
        let _ = writeln!(out, "\n  {title}: {}, {:.1}", step.grade(), step.points());
        for reason in &step.reasons {
            let _ = writeln!(out, "    {:>5.1}  {}", reason.points, words(reason, sources));
        }
    }
    out
}

fn words(reason: &Reason, sources: &SourceMap) -> String {
    let (file, line, column) = position(sources, reason.place);
    match reason.code {
        Some(code) => format!("{code} {} [{file}:{line}:{column}]", reason.text),
        None => format!("{} [{file}:{line}:{column}]", reason.text),
    }
}

fn machine(name: &str, steps: &[StepRisk], sources: &SourceMap) -> Value {
    let reason = |r: &Reason| {
        let (file, line, column) = position(sources, r.place);
        json!({ "kind": r.kind, "code": r.code, "text": r.text, "points": r.points,
                "location": { "file": file, "line": line, "column": column } })
    };
    let step = |s: &StepRisk| {
        json!({ "step": s.step, "callee": s.callee, "points": s.points(), "grade": s.grade().to_string(),
                "reasons": s.reasons.iter().map(reason).collect::<Vec<_>>() })
    };
    json!({ "mission": name, "grade": overall(steps).to_string(), "points": total(steps),
            "steps": steps.iter().map(step).collect::<Vec<_>>() })
}
