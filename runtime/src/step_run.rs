//! Evaluates one step of a plan: what an exported workflow calls for each of its tasks.

use crate::clock::Clock;
use crate::codec;
use crate::in_force::Called;
use crate::inputs::{self, Input, Params};
use crate::options::RunOptions;
use crate::outcome::Outcome;
use crate::prepare::{PreparedBody, PreparedRegion, prepare};
use crate::redact::Redactor;
use crate::report::Failure;
use crate::run::{Setup, assemble, on_own_thread};
use crate::run_error::RunError;
use crate::scheduler::frame::{End, Frame};
use crate::scheduler::{Begun, Engine};
use rustchain_plan::Body;
use rustchain_plan::plan::{Plan, Region};
use serde::{Deserialize, Serialize};
use smol_str::SmolStr;
use std::collections::BTreeMap;
use std::sync::Arc;

/// What one step is given.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StepInputs {
    /// The mission's inputs, or the parameters of the chain or block that the step stands in, by name.
    #[serde(default)]
    pub inputs: BTreeMap<String, serde_json::Value>,
    /// The values of the steps beside it, by id.
    #[serde(default)]
    pub steps: BTreeMap<String, serde_json::Value>,
}

/// How one step ended.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct StepResult {
    /// How.
    pub outcome: Outcome,
    /// Its value as JSON; null where it has none.
    pub value: serde_json::Value,
    /// Why it failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<Failure>,
}

/// Evaluates the step of an id path with everything inside it. Its upstreams are not run: their values
/// are given. `options.inputs` is not looked at, and nothing is logged.
///
/// # Errors
/// Where there is no such step or what is given does not fit.
pub fn run_step(
    plan: &Arc<Plan>,
    path: &str,
    given: StepInputs,
    options: RunOptions,
) -> Result<StepResult, RunError> {
    on_own_thread(|| async {
        let redactor = Arc::new(Redactor::default());
        let prepared = prepare(plan).map_err(RunError::Plan)?;
        let Some((region, at, called)) = find(&prepared.root, path, &Called::default()) else {
            return Err(RunError::Plan(vec![format!("there is no step `{path}`")]));
        };
        let at_root = std::ptr::eq(region.source, &plan.root);
        let params = match at_root {
            true => root_params(plan, given.inputs, &options, &redactor),
            false => region_params(plan, region.source, given.inputs),
        };
        let params = params.map_err(RunError::Inputs)?;
        let nothing = Region::default();
        let empty = PreparedRegion::empty(&nothing);
        let options = RunOptions { log: false, ..options };
        let setup =
            Setup { plan, params, redactor, options, clock: Clock::system(), mocks: None, seed: None };
        let (engine, params) = assemble(setup, &prepared, &empty)?;
        let cancel = engine.context.cancel.clone();
        let prefix = path.rsplit_once('/').map_or(String::new(), |(before, _)| format!("{before}/"));
        let frame = Arc::new(Frame::new(region, params, None, prefix.into(), cancel, called));
        give(plan, &frame, given.steps).map_err(RunError::Inputs)?;
        Ok(evaluate(&engine, &frame, at).await)
    })
}

async fn evaluate<'e>(engine: &'e Engine<'e>, frame: &Arc<Frame<'e>>, at: u32) -> StepResult {
    let started = engine.journal.clock.now();
    let end = match engine.begin(frame, at, &frame.cancel, started) {
        Begun::Ended(end) => end,
        Begun::Running(future) => future.await.end,
    };
    let redactor = &engine.context.redactor;
    let value = end.value.as_ref().map(|value| codec::encode(value, &engine.plan.schemas));
    StepResult {
        outcome: end.outcome,
        value: value.unwrap_or_default(),
        error: end.error.as_deref().map(|error| Failure::of(error, redactor)),
    }
}

/// The region that holds the step of a path, its place in it, and the called missions on the way.
fn find<'r, 'p>(
    root: &'r PreparedRegion<'p>,
    path: &str,
    called: &Called<'p>,
) -> Option<(&'r PreparedRegion<'p>, u32, Called<'p>)> {
    let (id, rest) = match path.split_once('/') {
        Some((id, rest)) => (id, Some(rest)),
        None => (path, None),
    };
    let shown = |id: &str| root.nodes.iter().position(|node| node.source.display.as_deref() == Some(id));
    let at = root.index.get(id).copied().or_else(|| u32::try_from(shown(id)?).ok())?;
    let Some(rest) = rest else { return Some((root, at, called.clone())) };
    let node = root.nodes.get(at as usize)?;
    match (&node.body, &node.source.body) {
        (PreparedBody::Region(region), _) => {
            let called = called.inside(region.source.policy.as_deref(), &SmolStr::from(id));
            find(region, rest, &called)
        }
        (PreparedBody::Arms(regions), Body::Match { arms, .. }) => {
            let (label, rest) = rest.split_once('/')?;
            let arm = arms.iter().position(|arm| arm.label() == label)?;
            find(regions.get(arm)?, rest, called)
        }
        _ => None,
    }
}

fn root_params(
    plan: &Plan,
    given: BTreeMap<String, serde_json::Value>,
    options: &RunOptions,
    redactor: &Redactor,
) -> Result<Params, Vec<String>> {
    let given = given.into_iter().map(|(name, json)| (name, Input::Json(json))).collect();
    inputs::resolve_given(plan, &given, &*options.env, redactor)
}

fn region_params(
    plan: &Plan,
    region: &Region,
    given: BTreeMap<String, serde_json::Value>,
) -> Result<Params, Vec<String>> {
    let mut params = Params::new();
    let mut problems = Vec::new();
    for (name, json) in given {
        let Some(param) = region.params.iter().find(|param| param.name == name.as_str()) else {
            problems.push(format!("there is no parameter `{name}`"));
            continue;
        };
        match codec::decode(&json, &param.ty, &plan.schemas) {
            Ok(value) => params.push((SmolStr::from(name), value)),
            Err(error) => problems.push(format!("`{name}`: {}", error.message)),
        }
    }
    if problems.is_empty() { Ok(params) } else { Err(problems) }
}

/// Puts the values of steps into their slots.
fn give(
    plan: &Plan,
    frame: &Frame<'_>,
    steps: BTreeMap<String, serde_json::Value>,
) -> Result<(), Vec<String>> {
    let mut problems = Vec::new();
    for (id, json) in steps {
        let at = frame.region.index.get(id.as_str()).map(|at| *at as usize);
        let Some((node, slot)) = at.and_then(|at| frame.region.nodes.get(at).zip(frame.slots.get(at))) else {
            problems.push(format!("there is no step `{id}`"));
            continue;
        };
        match codec::decode(&json, &node.source.ty, &plan.schemas) {
            Ok(value) => {
                // Each id stands once in a map, so each slot is empty here.
                let _ = slot.set(End::succeeded(value, 1));
            }
            Err(error) => problems.push(format!("step `{id}`: {}", error.message)),
        }
    }
    if problems.is_empty() { Ok(()) } else { Err(problems) }
}
