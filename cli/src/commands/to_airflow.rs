//! `rustchain transpile to-airflow`.

use crate::args::{ReportFormat, ToAirflowArgs};
use crate::error::Error;
use crate::exit::Exit;
use crate::load::{is_plan_file, load_plan};
use crate::project::{Target, root_of};
use crate::terminal::{Terminal, plural};
use rustchain_compiler::CompiledMission;
use rustchain_compiler::render::{Format, render};
use rustchain_compiler::spans::{Place, Spans};
use rustchain_grammar::{Diagnostic, Severity, SourceMap};
use rustchain_plan::Plan;
use rustchain_transpile::from::airflow::AirflowVersion;
use rustchain_transpile::to::airflow::{AirflowDagFile, Fate, Loss, airflow};
use serde_json::json;
use std::path::{Component, Path, PathBuf};

pub(super) fn run(args: &ToAirflowArgs, terminal: &Terminal) -> Result<Exit, Error> {
    let target = Target::parse(&args.file);
    let root = root_of(&target.path);
    let version = if args.version == 2 { AirflowVersion::Two } else { AirflowVersion::Three };
    let made = if is_plan_file(&target.path) {
        let plan = load_plan(&target.path)?;
        let made = airflow(&plan, version);
        report(args, &made, || lines(&plan, &made.losses), terminal)?;
        write(args, &plan, &root, &made)?;
        made
    } else {
        let loaded = crate::load::load(&target.path)?;
        if loaded.has_errors() {
            let errors: Vec<Diagnostic> = loaded.errors().cloned().collect();
            terminal.talk(&render(Format::Human, &errors, &loaded.analysis.sources, terminal.color_err));
            terminal.talk(&format!("`{}` does not compile\n", target.path.display()));
            return Ok(Exit::Failed);
        }
        let sources = loaded.analysis.sources.clone();
        let compiled = loaded.pick(&target)?;
        let made = airflow(&compiled.plan, version);
        report(args, &made, || drawn(&made.losses, &compiled, &sources, terminal), terminal)?;
        write(args, &compiled.plan, &root, &made)?;
        made
    };
    Ok(if made.has_loss() && !args.allow_loss { Exit::Failed } else { Exit::Ok })
}

fn report(
    args: &ToAirflowArgs,
    made: &AirflowDagFile,
    human: impl Fn() -> String,
    terminal: &Terminal,
) -> Result<(), Error> {
    match args.report {
        ReportFormat::Json => terminal.data(&format!("{:#}\n", to_json(made)))?,
        ReportFormat::Human => terminal.talk(&human()),
    }
    let of = |fate: Fate| made.losses.iter().filter(|loss| loss.fate == fate).count();
    let (approximated, lost) = (of(Fate::Approximated), of(Fate::Lost));
    terminal.talk(&format!(
        "{} in {}: {approximated} {}, {lost} lost\n",
        made.dag_id,
        args.output.join(format!("{}.py", made.dag_id)).display(),
        plural(approximated, "approximation", "approximations"),
    ));
    Ok(())
}

fn to_json(made: &AirflowDagFile) -> serde_json::Value {
    let losses = made.losses.iter().map(|loss| {
        json!({
            "fate": if loss.fate == Fate::Lost { "lost" } else { "approximated" },
            "step": loss.step,
            "clause": loss.clause,
            "message": loss.message,
            "help": loss.help,
        })
    });
    json!({ "schema_version": 1, "dag_id": made.dag_id, "entries": losses.collect::<Vec<_>>() })
}

fn drawn(losses: &[Loss], compiled: &CompiledMission, sources: &SourceMap, terminal: &Terminal) -> String {
    let diagnostics: Vec<Diagnostic> = losses.iter().map(|loss| diagnostic(loss, &compiled.spans)).collect();
    render(Format::Human, &diagnostics, sources, terminal.color_err)
}

fn diagnostic(loss: &Loss, spans: &Spans) -> Diagnostic {
    let place = place(loss, spans);
    let (code, severity) = match loss.fate {
        Fate::Lost => ("RC0702", Severity::Medium),
        Fate::Approximated => ("RC0703", Severity::Note),
    };
    let mut found = Diagnostic::new(code, severity, place.file, place.span, loss.message.clone());
    found.help = loss.help.clone();
    found
}

fn place(loss: &Loss, spans: &Spans) -> Place {
    let Some(node) = loss.step.as_deref().and_then(|path| spans.nodes.get(path)) else {
        return spans.mission;
    };
    loss.clause.and_then(|clause| node.clauses.get(clause)).copied().unwrap_or(node.name)
}

/// Without source text: the line that the plan remembers.
fn lines(plan: &Plan, losses: &[Loss]) -> String {
    let line = |loss: &Loss| {
        let source = plan.debug.source.as_deref().unwrap_or("plan");
        let line = loss.step.as_deref().and_then(|path| plan.debug.lines.get(path));
        let line = line.map(|line| format!(":{line}")).unwrap_or_default();
        let (fate, code) = match loss.fate {
            Fate::Lost => ("medium", "RC0702"),
            Fate::Approximated => ("note", "RC0703"),
        };
        let step = loss.step.as_ref().map(|step| format!("`{step}`: ")).unwrap_or_default();
        let help = loss.help.as_ref().map(|help| format!("\n  help: {help}")).unwrap_or_default();
        format!("{source}{line}: {fate}[{code}]: {step}{}{help}\n", loss.message)
    };
    losses.iter().map(line).collect()
}

/// Writes the DAG file, the plan, the Python files of tools, and `.airflowignore` lines for what is no DAG.
fn write(args: &ToAirflowArgs, plan: &Plan, root: &Path, made: &AirflowDagFile) -> Result<(), Error> {
    let folder = &args.output;
    if let Some(tool) = made.tools.iter().find(|tool| !stays_inside(tool)) {
        let message = format!("`{tool}` lies outside of the project: it cannot lie beside the DAG file");
        return Err(Error::usage(message, "move the file of the tool into the project's folder"));
    }
    put(&folder.join(format!("{}.py", made.dag_id)), &made.text)?;
    let text = plan.to_json_pretty().map_err(|e| Error::Failed(e.to_string()))?;
    put(&folder.join(&made.plan_file), &text)?;
    for tool in &made.tools {
        let (from, to) = (root.join(tool), folder.join(tool));
        let same = from.canonicalize().ok().zip(to.canonicalize().ok()).is_some_and(|(a, b)| a == b);
        if !same {
            let text = std::fs::read_to_string(&from)
                .map_err(|source| Error::Read { path: from.clone(), source })?;
            put(&to, &text)?;
        }
    }
    ignore(folder, &made.tools)
}

/// Does a relative path lead no further up than where it begins?
fn stays_inside(path: &str) -> bool {
    let inside = |part: Component<'_>| matches!(part, Component::Normal(_) | Component::CurDir);
    Path::new(path).components().all(inside)
}

/// Airflow looks for DAGs in every Python file of its folder, except those that `.airflowignore` names.
fn ignore(folder: &Path, tools: &[String]) -> Result<(), Error> {
    let path = folder.join(".airflowignore");
    let known = std::fs::read_to_string(&path).unwrap_or_default();
    let missing: Vec<&String> =
        tools.iter().filter(|tool| !known.lines().any(|line| line.trim() == tool.as_str())).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let mut text = known;
    if !text.is_empty() && !text.ends_with('\n') {
        text.push('\n');
    }
    for tool in missing {
        text.push_str(tool);
        text.push('\n');
    }
    put(&path, &text)
}

fn put(path: &PathBuf, text: &str) -> Result<(), Error> {
    let failed = |source| Error::Write { path: path.clone(), source };
    if let Some(parent) = path.parent() {
        std::fs::create_dir_all(parent).map_err(failed)?;
    }
    std::fs::write(path, text).map_err(failed)
}
