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
use crate::run::{Setup, assemble, on_own_thread, outputs};
use crate::run_error::RunError;
use crate::scheduler::frame::{End, Frame};
use crate::scheduler::{Begun, Engine};
use crate::step::StepError;
use rustchain_plan::plan::{Need, NeedKind, Plan, Region};
use rustchain_plan::{Body, ErrorKind};
use serde::{Deserialize, Serialize};
use smol_str::SmolStr;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Which part of a step is evaluated.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum StepPart {
    /// All of it, with everything inside.
    #[default]
    Whole,
    /// The elements of a `for`: a list of objects, one member a variable. Its `when` is looked at.
    Elements,
    /// The body of a `for`, for the element of [`StepInputs::element`]; its `when` is not looked at.
    Element,
    /// The name of the arm that a `match` takes. Its `when` is looked at.
    Choice,
    /// The outputs of the mission, by name; the path is not looked at.
    Outputs,
}

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
    /// Steps beside it that ended without a value: skipped, or a failure that was handled.
    #[serde(default)]
    pub absent: Vec<String>,
    /// One element of a `for`, by variable.
    #[serde(default)]
    pub element: BTreeMap<String, serde_json::Value>,
}

/// How one step ended.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct StepResult {
    /// How.
    pub outcome: Outcome,
    /// Its value as JSON; null where it has none.
    pub value: serde_json::Value,
    /// A failure that the run does not mind: `on error: continue`.
    pub handled: bool,
    /// It failed, and its `retry` allows another attempt, which the caller makes.
    pub again: bool,
    /// Why it failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<Failure>,
}

/// Evaluates a step of an id path, or an arm of a `match` (`route/low`). Its upstreams are not run: their
/// values are given. `options.inputs` is not looked at, and nothing is logged. A value that holds a secret
/// is refused: whoever runs single steps stores their values.
///
/// # Errors
/// Where there is no such step or what is given does not fit.
pub fn run_step(
    plan: &Arc<Plan>,
    path: &str,
    part: StepPart,
    given: StepInputs,
    options: RunOptions,
) -> Result<StepResult, RunError> {
    on_own_thread(|| async {
        let redactor = Arc::new(Redactor::default());
        let prepared = prepare(plan).map_err(RunError::Plan)?;
        let found = match part {
            StepPart::Outputs => Some(Found::root(&prepared.root)),
            _ => find(&prepared.root, path),
        };
        let Some(found) = found else {
            return Err(RunError::Plan(vec![format!("there is no step `{path}`")]));
        };
        let region = found.region;
        let at_root = std::ptr::eq(region.source, &plan.root);
        let params = match at_root {
            true => root_params(plan, given.inputs, &options, &redactor),
            false => region_params(plan, region.source, given.inputs),
        };
        let params = params.map_err(RunError::Inputs)?;
        let element = match found.body(part) {
            Some(body) => region_params(plan, body, given.element).map_err(RunError::Inputs)?,
            None => Params::new(),
        };
        let nothing = Region::default();
        let empty = PreparedRegion::empty(&nothing);
        let options = RunOptions { log: false, ..options };
        let setup =
            Setup { plan, params, redactor, options, clock: Clock::system(), mocks: None, seed: None };
        let (engine, params) = assemble(setup, &prepared, &empty)?;
        let cancel = engine.context.cancel.clone();
        let frame =
            Arc::new(Frame::new(region, params, None, found.prefix.clone(), cancel, found.called.clone()));
        give(plan, &frame, given.steps, &given.absent).map_err(RunError::Inputs)?;
        if let Some(end) = found.blocked(&given.absent).filter(|_| part != StepPart::Outputs) {
            return Ok(result(&engine, end));
        }
        let end = match (part, found.arm) {
            (StepPart::Whole, Some(arm)) => engine.arm(&frame, found.at, arm).await,
            (StepPart::Whole, None) => whole(&engine, &frame, found.at).await,
            (StepPart::Elements, _) => engine.elements(&frame, found.at),
            (StepPart::Element, _) => engine.element(&frame, found.at, element).await,
            (StepPart::Choice, _) => engine.choice(&frame, found.at),
            (StepPart::Outputs, _) => return Ok(all_outputs(&engine, &frame)),
        };
        Ok(result(&engine, end))
    })
}

async fn whole<'e>(engine: &'e Engine<'e>, frame: &Arc<Frame<'e>>, at: u32) -> End {
    let started = engine.journal.clock.now();
    match engine.begin(frame, at, &frame.cancel, started) {
        Begun::Ended(end) => end,
        Begun::Running(future) => future.await.end,
    }
}

fn all_outputs<'e>(engine: &Engine<'e>, frame: &Frame<'e>) -> StepResult {
    let (outputs, problems) = outputs(engine, frame);
    let error = problems.into_iter().next().map(|problem| problem.failure);
    StepResult {
        outcome: if error.is_none() { Outcome::Succeeded } else { Outcome::Failed },
        value: serde_json::to_value(outputs).unwrap_or_default(),
        handled: false,
        again: false,
        error,
    }
}

fn result(engine: &Engine<'_>, end: End) -> StepResult {
    let redactor = &engine.context.redactor;
    let value = end.value.as_ref().map(|value| codec::encode(value, &engine.plan.schemas));
    let value = value.unwrap_or_default();
    if redactor.json(value.clone()) != value {
        let message = "its value holds a secret, which whoever runs the step would store";
        let error = StepError::new(ErrorKind::Refused, message);
        return result(engine, End::failed(error, end.attempts));
    }
    StepResult {
        outcome: end.outcome,
        value,
        handled: end.handled,
        again: end.again,
        error: end.error.as_deref().map(|error| Failure::of(error, redactor)),
    }
}

/// A step by its path.
struct Found<'r, 'p> {
    region: &'r PreparedRegion<'p>,
    at: u32,
    /// One arm of it.
    arm: Option<usize>,
    prefix: SmolStr,
    /// The called missions on the way.
    called: Called<'p>,
}

impl<'r, 'p> Found<'r, 'p> {
    fn root(region: &'r PreparedRegion<'p>) -> Found<'r, 'p> {
        Found { region, at: 0, arm: None, prefix: SmolStr::default(), called: Called::default() }
    }

    /// Why it cannot run: it cannot do without the value of a step that has none.
    fn blocked(&self, absent: &[String]) -> Option<End> {
        let node = self.region.nodes.get(self.at as usize)?;
        let lacks = |need: &&Need| need.kind == NeedKind::Value && absent.iter().any(|id| *id == need.id);
        let need = node.source.needs.iter().find(lacks)?;
        let message = format!("blocked: the step `{}` has no value", need.id);
        Some(End::failed(StepError::new(ErrorKind::Failed, message), 0))
    }

    fn body(&self, part: StepPart) -> Option<&'r Region> {
        let node = self.region.nodes.get(self.at as usize)?;
        match &node.body {
            PreparedBody::Region(region) if part == StepPart::Element => Some(region.source),
            _ => None,
        }
    }
}

fn find<'r, 'p>(root: &'r PreparedRegion<'p>, path: &str) -> Option<Found<'r, 'p>> {
    find_in(root, path, String::new(), &Called::default())
}

fn find_in<'r, 'p>(
    root: &'r PreparedRegion<'p>,
    path: &str,
    prefix: String,
    called: &Called<'p>,
) -> Option<Found<'r, 'p>> {
    let (id, rest) = match path.split_once('/') {
        Some((id, rest)) => (id, Some(rest)),
        None => (path, None),
    };
    let shown = |id: &str| root.nodes.iter().position(|node| node.source.display.as_deref() == Some(id));
    let at = root.index.get(id).copied().or_else(|| u32::try_from(shown(id)?).ok())?;
    let node = root.nodes.get(at as usize)?;
    let Some(rest) = rest else {
        return Some(Found { region: root, at, arm: None, prefix: prefix.into(), called: called.clone() });
    };
    match (&node.body, &node.source.body) {
        (PreparedBody::Region(region), _) => {
            let called = called.inside(region.source.policy.as_deref(), &SmolStr::from(id));
            find_in(region, rest, format!("{prefix}{id}/"), &called)
        }
        (PreparedBody::Arms(regions), Body::Match { arms, .. }) => {
            let label = rest.split('/').next()?;
            let arm = arms.iter().position(|arm| arm.label() == label)?;
            match rest.split_once('/') {
                None => Some(Found {
                    region: root,
                    at,
                    arm: Some(arm),
                    prefix: prefix.into(),
                    called: called.clone(),
                }),
                Some((_, rest)) => find_in(regions.get(arm)?, rest, format!("{prefix}{id}/{label}/"), called),
            }
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
    absent: &[String],
) -> Result<(), Vec<String>> {
    let mut problems = Vec::new();
    for id in absent {
        match frame.region.index.get(id.as_str()).and_then(|at| frame.slots.get(*at as usize)) {
            Some(slot) => {
                let _ = slot.set(End::without_value(Outcome::Skipped));
            }
            None => problems.push(format!("there is no step `{id}`")),
        }
    }
    for (id, json) in steps {
        let at = frame.region.index.get(id.as_str()).map(|at| *at as usize);
        let Some((node, slot)) = at.and_then(|at| frame.region.nodes.get(at).zip(frame.slots.get(at))) else {
            problems.push(format!("there is no step `{id}`"));
            continue;
        };
        match codec::decode(&json, &node.source.ty, &plan.schemas) {
            Ok(value) => {
                if slot.set(End::succeeded(value, 1)).is_err() {
                    problems.push(format!("step `{id}` is absent, and has a value"));
                }
            }
            Err(error) => problems.push(format!("step `{id}`: {}", error.message)),
        }
    }
    if problems.is_empty() { Ok(()) } else { Err(problems) }
}
