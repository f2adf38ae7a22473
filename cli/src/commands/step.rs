//! `rustchain step`: one step of a plan, for exported workflows.

use super::run::{cassette_of, model_answers, moment};
use crate::args::{ResultFormat, StepArgs, StepPartArg};
use crate::config::Config;
use crate::error::Error;
use crate::exit::Exit;
use crate::load::load_bound_plan;
use crate::project::root_of;
use crate::terminal::Terminal;
use rustchain_plan::Plan;
use rustchain_runtime::{Outcome, RunOptions, Scheduled, StepInputs, StepPart, StepResult, run_step};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::io::Read;
use std::sync::Arc;

/// What `--format json` reads.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Given {
    inputs: BTreeMap<String, Value>,
    steps: BTreeMap<String, Value>,
    absent: Vec<String>,
    element: BTreeMap<String, Value>,
    run: Option<RunGiven>,
}

/// The run that the step belongs to.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RunGiven {
    id: String,
    started: String,
    scheduled: String,
    interval_start: Option<String>,
    interval_end: Option<String>,
    #[serde(default = "yes")]
    is_latest: bool,
}

fn yes() -> bool {
    true
}

pub(super) fn run(args: &StepArgs, terminal: &Terminal) -> Result<Exit, Error> {
    let plan = load_bound_plan(&args.plan)?;
    let given = read(args, &plan)?;
    let options = options(args, &plan, given.run.as_ref())?;
    let Given { inputs, steps, absent, element, .. } = given;
    let inputs = StepInputs { inputs, steps, absent, element };
    let result = run_step(&Arc::new(plan), &args.id, part(args), inputs, options)
        .map_err(|e| Error::Failed(e.to_string()))?;
    if let Some(error) = &result.error {
        let id = if args.id.is_empty() { "outputs" } else { &args.id };
        terminal.talk(&format!("{id}  {}: {}\n", error.kind, error.message));
    }
    let failed = result.outcome == Outcome::Failed && !result.handled;
    match args.format {
        ResultFormat::Json => terminal.data(&format!("{}\n", to_json(&result)))?,
        ResultFormat::Human if failed => {}
        ResultFormat::Human => terminal.data(&format!("{}\n", result.value))?,
    }
    Ok(if failed { Exit::Failed } else { Exit::Ok })
}

fn part(args: &StepArgs) -> StepPart {
    match args.part {
        None => StepPart::Whole,
        Some(StepPartArg::Elements) => StepPart::Elements,
        Some(StepPartArg::Element) => StepPart::Element,
        Some(StepPartArg::Choice) => StepPart::Choice,
        Some(StepPartArg::Outputs) => StepPart::Outputs,
    }
}

fn read(args: &StepArgs, plan: &Plan) -> Result<Given, Error> {
    let mut text = String::new();
    std::io::stdin()
        .read_to_string(&mut text)
        .map_err(|source| Error::Read { path: "<stdin>".into(), source })?;
    let text = if text.trim().is_empty() { "{}" } else { &text };
    if args.format == ResultFormat::Json {
        let form = "{\"inputs\": {…}, \"steps\": {…}, \"absent\": […], \"element\": {…}, \"run\": {…}}";
        return serde_json::from_str(text).map_err(|e| Error::usage(format!("stdin: {e}"), form));
    }
    let members: Map<String, Value> = serde_json::from_str(text).map_err(|e| {
        Error::usage(format!("stdin is no JSON object: {e}"), "{\"STEP OR INPUT\": VALUE, …}")
    })?;
    Ok(split(plan, members))
}

fn options(args: &StepArgs, plan: &Plan, run: Option<&RunGiven>) -> Result<RunOptions, Error> {
    let root = args.root.clone().unwrap_or_else(|| root_of(&args.plan));
    let config = Config::load(&root)?;
    let mut options = RunOptions::new(root.clone());
    options.max_parallel = config.count("parallel");
    options.llm = model_answers(&config, cassette_of(plan, &args.plan, &root));
    options.attempt = args.attempt;
    let attempt = i64::from(args.attempt.unwrap_or(1));
    if let Some(run) = run {
        let at = moment(&run.scheduled)?;
        let interval = |text: &Option<String>| text.as_deref().map_or(Ok(at), moment);
        options.identity = Some((run.id.clone(), moment(&run.started)?));
        options.scheduled = Some(Scheduled {
            at,
            interval_start: interval(&run.interval_start)?,
            interval_end: interval(&run.interval_end)?,
            attempt,
            is_latest: run.is_latest,
        });
    }
    Ok(options)
}

fn to_json(result: &StepResult) -> Value {
    let error = result.error.as_ref().map(
        |error| json!({ "kind": error.kind.to_string(), "message": error.message, "detail": error.detail }),
    );
    json!({
        "schema_version": 1,
        "outcome": result.outcome.name(),
        "value": result.value,
        "handled": result.handled,
        "again": result.again,
        "error": error,
    })
}

/// Members by what they name: a step of the plan, else an input.
fn split(plan: &Plan, members: Map<String, Value>) -> Given {
    let is_step = |name: &str| plan.root.nodes.iter().any(|node| node.id == name);
    let mut given = Given::default();
    for (name, value) in members {
        match is_step(&name) {
            true => given.steps.insert(name, value),
            false => given.inputs.insert(name, value),
        };
    }
    given
}
