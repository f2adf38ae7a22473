//! `rustchain run`.

use crate::args::{LlmMode, ResultFormat, RunArgs};
use crate::config::Config;
use crate::error::Error;
use crate::exit::Exit;
use crate::load::load_bound_plan;
use crate::progress::Printer;
use crate::project::{Target, root_of};
use crate::terminal::Terminal;
use rustchain_plan::types::Schemas;
use rustchain_plan::{Plan, Type};
use rustchain_runtime::{Input, RunError, RunOptions, RunOutcome, RunReport, llm};
use rustchain_transpile::from::{Importer, by_imports};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A plan with the place it belongs to.
struct Runnable {
    plan: Plan,
    root: PathBuf,
    /// `NAME.cassette.jsonl` beside the mission.
    cassette: PathBuf,
}

pub(super) fn run(args: &RunArgs, terminal: &Terminal) -> Result<Exit, Error> {
    let Some(runnable) = find(args, terminal)? else { return Ok(Exit::Failed) };
    let mut options = options(args, &runnable)?;
    options.people = crate::people::at_terminal();
    if args.dry_run {
        return dry_run(&runnable.plan, &options, terminal);
    }
    let printer = Arc::new(Printer::new(*terminal, args.quiet));
    options.progress = Some(printer.clone().callback());
    crate::interrupt::cancel_on_signal(options.cancel.clone());
    let plan = Arc::new(runnable.plan);
    let report = match rustchain_runtime::run(&plan, options) {
        Ok(report) => report,
        Err(error) => return refused(error),
    };
    printer.finish(&report);
    match args.format {
        ResultFormat::Json => terminal.data(&format!("{:#}\n", to_json(&plan, &report)))?,
        ResultFormat::Human => terminal.data(&outputs(&plan, &report))?,
    }
    Ok(exit(&report))
}

fn find(args: &RunArgs, terminal: &Terminal) -> Result<Option<Runnable>, Error> {
    if let Some(path) = &args.plan {
        let plan = load_bound_plan(path)?;
        let root = root_of(path);
        return Ok(Some(Runnable { cassette: cassette_of(&plan, path, &root), plan, root }));
    }
    // clap asks for one of both.
    let target = Target::parse(args.file.as_deref().unwrap_or_default());
    let Some(compiled) = super::compiled(&target, args.shims.as_deref(), terminal)? else { return Ok(None) };
    written_out(&target.path, &compiled.plan)?;
    let root = root_of(&target.path);
    let absolute = std::path::absolute(&target.path).unwrap_or_else(|_| target.path.clone());
    Ok(Some(Runnable { plan: compiled.plan, root, cassette: cassette(&absolute) }))
}

/// The functions of Python tasks run from files of their own, which `transpile` writes beside the mission.
fn written_out(file: &Path, plan: &Plan) -> Result<(), Error> {
    let notebook = file.extension().is_some_and(|e| e == "ipynb");
    if !(notebook || file.extension().is_some_and(|e| e == "py")) || plan.tools.is_empty() {
        return Ok(());
    }
    let text = std::fs::read_to_string(file).unwrap_or_default();
    let importer = match by_imports(&text) {
        Some(Importer::Airflow) if !notebook => "from-airflow",
        _ => "from-langchain",
    };
    let stem = file.file_stem().unwrap_or_default().to_string_lossy();
    Err(Error::usage(
        format!("`{}` has tasks in Python: they need files of their own", file.display()),
        format!(
            "`rustchain transpile {importer} {} -o missions`, then `rustchain run missions/{stem}.mission`",
            file.display()
        ),
    ))
}

/// The cassette of a plan file: beside the mission that it was made of.
pub(super) fn cassette_of(plan: &Plan, path: &Path, root: &Path) -> PathBuf {
    let source = plan.debug.source.as_ref().map(|source| root.join(source));
    cassette(&source.unwrap_or_else(|| path.with_file_name(plan.mission.as_str())))
}

fn cassette(mission: &Path) -> PathBuf {
    mission.with_extension("cassette.jsonl")
}

fn options(args: &RunArgs, runnable: &Runnable) -> Result<RunOptions, Error> {
    let mut config = Config::load(&runnable.root)?;
    if let Some(count) = args.max_parallel {
        config.override_by_flag("parallel", count)?;
    }
    if let Some(mode) = args.llm {
        config.override_by_flag("llm", mode.word())?;
    }
    let mut options = RunOptions::new(runnable.root.clone());
    options.inputs = inputs(args)?;
    options.max_parallel = config.count("parallel");
    options.keep_going = args.keep_going;
    options.scheduled = args.scheduled.as_deref().map(scheduled).transpose()?;
    options.llm = model_answers(&config, runnable.cassette.clone());
    Ok(options)
}

/// Where `ask` gets its answers, by the settings.
pub(super) fn model_answers(config: &Config, cassette: PathBuf) -> llm::LlmOptions {
    llm::LlmOptions { mode: LlmMode::from_word(config.word("llm")), cassette: Some(cassette) }
}

fn inputs(args: &RunArgs) -> Result<BTreeMap<String, Input>, Error> {
    let mut inputs = BTreeMap::new();
    if let Some(path) = &args.inputs_file {
        let text =
            std::fs::read_to_string(path).map_err(|source| Error::Read { path: path.clone(), source })?;
        let object: serde_json::Map<String, Value> = serde_json::from_str(&text).map_err(|e| {
            Error::usage(format!("`{}`: {e}", path.display()), "give a JSON object, one member an input")
        })?;
        inputs.extend(object.into_iter().map(|(name, value)| (name, Input::Json(value))));
    }
    for given in &args.inputs {
        let Some((name, value)) = given.split_once('=') else {
            return Err(Error::usage(format!("`{given}` is no input"), "write --input NAME=VALUE"));
        };
        inputs.insert(name.to_owned(), Input::Text(value.to_owned()));
    }
    Ok(inputs)
}

/// A moment in RFC 3339 as nanoseconds since 1970 UTC.
pub(super) fn moment(text: &str) -> Result<i64, Error> {
    let json = Value::String(text.to_owned());
    let decoded = rustchain_plan::codec::decode(&json, &Type::Timestamp, &Schemas::new());
    let Ok(rustchain_plan::Value::Timestamp(moment)) = decoded else {
        return Err(Error::usage(format!("`{text}` is no moment"), "write RFC 3339: 2026-01-31T06:00:00Z"));
    };
    Ok(moment)
}

fn scheduled(text: &str) -> Result<rustchain_runtime::Scheduled, Error> {
    let moment = moment(text)?;
    Ok(rustchain_runtime::Scheduled {
        at: moment,
        interval_start: moment,
        interval_end: moment,
        attempt: 1,
        is_latest: true,
    })
}

fn dry_run(plan: &Plan, options: &RunOptions, terminal: &Terminal) -> Result<Exit, Error> {
    if let Err(error) = rustchain_runtime::dry_run(plan, options) {
        return refused(error);
    }
    terminal.data(&super::plan::to_text(plan)?)?;
    terminal.talk("dry run: inputs are fine, nothing was run\n");
    Ok(Exit::Ok)
}

fn refused(error: RunError) -> Result<Exit, Error> {
    match error {
        RunError::Refused(_) | RunError::Nobody(_) => Err(Error::Refused(error.to_string())),
        other => Err(Error::Failed(other.to_string())),
    }
}

fn exit(report: &RunReport) -> Exit {
    match report.outcome {
        RunOutcome::Cancelled => Exit::Interrupted,
        _ if report.refused => Exit::Refused,
        RunOutcome::Failed => Exit::Failed,
        RunOutcome::Succeeded => Exit::Ok,
    }
}

/// `name: value`, texts as they are.
fn outputs(plan: &Plan, report: &RunReport) -> String {
    let mut out = String::new();
    for spec in &plan.outputs {
        let Some(value) = report.outputs.get(&spec.name) else { continue };
        match value {
            Value::String(text) => out.push_str(&format!("{}: {text}\n", spec.name)),
            other => out.push_str(&format!("{}: {other}\n", spec.name)),
        }
    }
    out
}

fn to_json(plan: &Plan, report: &RunReport) -> Value {
    let steps = report.steps.iter().map(|step| {
        json!({
            "id": step.path,
            "callee": step.callee,
            "outcome": step.outcome.name(),
            "handled": step.handled,
            "attempts": step.attempts,
            "duration_ns": step.duration,
            "error": step.error.as_ref().map(|e| failure(e)),
        })
    });
    let errors = report.errors.iter().map(|error| {
        let mut value = failure(&error.failure);
        value["step"] = json!(error.path);
        value
    });
    json!({
        "schema_version": 1,
        "run": report.run_id,
        "mission": plan.mission,
        "outcome": report.outcome.name(),
        "outputs": report.outputs,
        "steps": steps.collect::<Vec<_>>(),
        "errors": errors.collect::<Vec<_>>(),
        "usage": report.usage,
        "duration_ms": report.duration.as_secs_f64() * 1000.0,
    })
}

fn failure(failure: &rustchain_runtime::Failure) -> Value {
    json!({ "kind": failure.kind.to_string(), "message": failure.message, "detail": failure.detail })
}

impl LlmMode {
    fn from_word(word: &str) -> llm::LlmMode {
        match word {
            "replay" => llm::LlmMode::Replay,
            "live" => llm::LlmMode::Live,
            "record" => llm::LlmMode::Record,
            _ => llm::LlmMode::Auto,
        }
    }
}
