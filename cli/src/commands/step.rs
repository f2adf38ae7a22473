//! `rustchain step`: one node of a plan, for exported workflows.

use crate::args::StepArgs;
use crate::error::Error;
use crate::exit::Exit;
use crate::load::load_bound_plan;
use crate::project::root_of;
use crate::terminal::Terminal;
use rustchain_plan::Plan;
use rustchain_runtime::{Outcome, RunOptions, StepInputs, run_step};
use serde_json::{Map, Value};
use std::io::Read;
use std::sync::Arc;

pub(super) fn run(args: &StepArgs, terminal: &Terminal) -> Result<Exit, Error> {
    let plan = load_bound_plan(&args.plan)?;
    let mut text = String::new();
    std::io::stdin()
        .read_to_string(&mut text)
        .map_err(|source| Error::Read { path: "<stdin>".into(), source })?;
    let given = if text.trim().is_empty() { "{}" } else { &text };
    let members: Map<String, Value> = serde_json::from_str(given).map_err(|e| {
        Error::usage(format!("stdin is no JSON object: {e}"), "{\"STEP OR INPUT\": VALUE, …}")
    })?;
    let inputs = split(&plan, members);
    let options = RunOptions::new(root_of(&args.plan));
    let result =
        run_step(&Arc::new(plan), &args.id, inputs, options).map_err(|e| Error::Failed(e.to_string()))?;
    match (&result.error, result.outcome) {
        (Some(error), Outcome::Failed) => {
            terminal.talk(&format!("{}  {}: {}\n", args.id, error.kind, error.message));
            Ok(Exit::Failed)
        }
        _ => {
            terminal.data(&format!("{}\n", result.value))?;
            Ok(Exit::Ok)
        }
    }
}

/// Members by what they name: a step of the plan, else an input.
fn split(plan: &Plan, members: Map<String, Value>) -> StepInputs {
    let is_step = |name: &str| plan.root.nodes.iter().any(|node| node.id == name);
    let mut inputs = StepInputs::default();
    for (name, value) in members {
        match is_step(&name) {
            true => inputs.steps.insert(name, value),
            false => inputs.inputs.insert(name, value),
        };
    }
    inputs
}
