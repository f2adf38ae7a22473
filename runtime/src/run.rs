//! Runs a plan from its inputs to its report.

use crate::clock::Clock;
use crate::codec;
use crate::context::RunContext;
use crate::in_force::Called;
use crate::inputs::{self, Params};
use crate::journal::{Journal, Sink};
use crate::log::{EventKind, LogWriter, RUNS, Record};
use crate::mock::Mocks;
use crate::options::{RunOptions, Scheduled};
use crate::outcome::{Outcome, RunOutcome};
use crate::prepare::{PreparedPlan, PreparedRegion, prepare};
use crate::providers::Arguments;
use crate::redact::Redactor;
use crate::report::{Event, Failure, RunFailure, RunReport};
use crate::run_error::RunError;
use crate::run_id;
use crate::scheduler::frame::{Frame, RunFacts};
use crate::scheduler::sequence::Sequences;
use crate::scheduler::{Engine, RegionRun};
use crate::step::StepError;
use crate::validate::validate;
use rustchain_plan::plan::{OnFailure, Plan, Region};
use rustchain_plan::{ErrorKind, Type};
use smol_str::SmolStr;
use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::Semaphore;

/// Expressions nest; their evaluation gets this much stack, bytes.
const STACK: usize = 64 << 20;

/// The version of the log's form.
const LOG_VERSION: u32 = 1;

/// Runs a plan. Steps that fail are in the report, not an error.
///
/// # Errors
/// Where it did not start, or its log could not be written.
pub fn run(plan: &Arc<Plan>, options: RunOptions) -> Result<RunReport, RunError> {
    on_own_thread(|| run_async(plan, options))
}

/// As [`run`], inside a tokio runtime with time and I/O.
///
/// # Errors
/// Where it did not start, or its log could not be written.
pub async fn run_async(plan: &Arc<Plan>, options: RunOptions) -> Result<RunReport, RunError> {
    let redactor = Arc::new(Redactor::default());
    let params =
        inputs::resolve(plan, &options.inputs, &*options.env, &redactor).map_err(RunError::Inputs)?;
    let prepared = prepare(plan).map_err(RunError::Plan)?;
    validate(plan, &prepared, options.people.as_deref())?;
    let setup = Setup { plan, params, redactor, options, clock: Clock::system(), mocks: None, seed: None };
    Ok(execute(setup, &prepared).await?.0)
}

/// Finds what would keep a plan from running with these inputs; runs nothing.
///
/// # Errors
/// Everything that [`run`] refuses before it starts.
pub fn dry_run(plan: &Plan, options: &RunOptions) -> Result<(), RunError> {
    inputs::resolve(plan, &options.inputs, &*options.env, &Redactor::default()).map_err(RunError::Inputs)?;
    validate(plan, &prepare(plan).map_err(RunError::Plan)?, options.people.as_deref())
}

pub(crate) fn on_own_thread<T, F>(work: impl FnOnce() -> F + Send) -> Result<T, RunError>
where
    T: Send,
    F: Future<Output = Result<T, RunError>>,
{
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| RunError::io("starting the runtime", error))?;
    std::thread::scope(|scope| {
        let builder = std::thread::Builder::new().name("mission".to_owned()).stack_size(STACK);
        let thread = builder
            .spawn_scoped(scope, || runtime.block_on(work()))
            .map_err(|error| RunError::io("starting a thread", error))?;
        thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    })
}

/// A run that is about to start.
pub(crate) struct Setup<'p> {
    pub plan: &'p Arc<Plan>,
    pub params: Params,
    pub redactor: Arc<Redactor>,
    pub options: RunOptions,
    pub clock: Clock,
    pub mocks: Option<Mocks>,
    pub seed: Option<u64>,
}

/// Runs it; gives back the mocks with what they saw.
pub(crate) async fn execute(
    setup: Setup<'_>,
    prepared: &PreparedPlan<'_>,
) -> Result<(RunReport, Option<Mocks>), RunError> {
    let interrupt = setup.options.cancel.clone();
    let nothing = Region::default();
    let empty = PreparedRegion::empty(&nothing);
    let (engine, params) = assemble(setup, prepared, &empty)?;
    let (journal, started) = (&engine.journal, engine.facts.started);
    begin(&engine, &params, started);
    let cancel = engine.context.cancel.clone();
    let frame =
        Arc::new(Frame::new(&prepared.root, params, None, SmolStr::default(), cancel, Called::default()));
    let late = drive(&engine, &frame).await;
    let mut report = conclude(&engine, &frame, late, interrupt.is_cancelled());
    report.duration = Duration::from_nanos(u64::try_from(journal.clock.now() - started).unwrap_or(0));
    let outputs = serde_json::to_value(&report.outputs).unwrap_or_default();
    let own = report.errors.iter().find(|error| error.path.is_none()).map(|error| &error.failure);
    journal
        .run_ended(report.outcome, outputs, own)
        .map_err(|error| RunError::io("writing the log", error))?;
    report.steps = journal.take_steps();
    drop(frame);
    Ok((report, engine.mocks))
}

/// Everything that running steps look at.
pub(crate) fn assemble<'e>(
    setup: Setup<'e>,
    prepared: &'e PreparedPlan<'e>,
    empty: &'e PreparedRegion<'e>,
) -> Result<(Engine<'e>, Params), RunError> {
    let Setup { plan, params, redactor, options, clock, mocks, seed } = setup;
    let clock = Arc::new(clock);
    let now = clock.now();
    let in_root = |error| RunError::io(format!("the root `{}`", options.root.display()), error);
    let root = options.root.canonicalize().map_err(in_root)?;
    let (run_id, log) = open_log(&root, &clock, options.log)?;
    let (run_id, started) = match options.identity {
        Some((id, started)) => (SmolStr::from(id), started),
        None => (run_id, now),
    };
    let budget = plan.policy.budget.clone();
    let journal = Journal::new(log, Arc::clone(&redactor), Arc::clone(&clock), options.progress, budget);
    let journal = Arc::new(journal);
    let arguments = Arguments { plan, env: &options.env, redactor: &redactor };
    let context = Arc::new(RunContext {
        plan: Arc::clone(plan),
        run_id: run_id.clone(),
        providers: arguments.providers(),
        memories: arguments.memories(&root),
        root,
        clock,
        cancel: options.cancel.child(),
        redactor: Arc::clone(&redactor),
        llm: options.llm,
        people: options.people,
        sink: Box::new(Sink(Arc::clone(&journal))),
        seed,
        shared: Mutex::new(HashMap::new()),
    });
    let engine = Engine {
        plan,
        chain_tools: &prepared.chain_tools,
        empty,
        context,
        journal,
        facts: facts(run_id, started, options.scheduled),
        permits: Semaphore::new(options.max_parallel.clamp(1, Semaphore::MAX_PERMITS)),
        max_parallel: options.max_parallel.max(1),
        on_failure: if options.keep_going { OnFailure::Finish } else { plan.on_failure },
        mocks,
        sequences: Sequences::default(),
        attempt: options.attempt,
    };
    Ok((engine, params))
}

fn facts(id: SmolStr, started: i64, scheduled: Option<Scheduled>) -> RunFacts {
    RunFacts {
        id,
        started,
        scheduled: scheduled.map_or(started, |s| s.at),
        interval_start: scheduled.map_or(started, |s| s.interval_start),
        interval_end: scheduled.map_or(started, |s| s.interval_end),
        attempt: scheduled.map_or(1, |s| s.attempt),
        is_latest: scheduled.is_none_or(|s| s.is_latest),
    }
}

fn open_log(root: &Path, clock: &Clock, wanted: bool) -> Result<(SmolStr, Option<LogWriter>), RunError> {
    let mut id = run_id::new(clock.now());
    if !wanted {
        return Ok((id, None));
    }
    let runs: PathBuf = root.join(RUNS);
    let io = |error| RunError::io(format!("making the run's folder in `{}`", runs.display()), error);
    std::fs::create_dir_all(&runs).map_err(io)?;
    while let Err(error) = std::fs::create_dir(runs.join(id.as_str())) {
        if error.kind() != std::io::ErrorKind::AlreadyExists {
            return Err(io(error));
        }
        id = run_id::new(clock.now());
    }
    let log = LogWriter::create(&runs.join(id.as_str())).map_err(io)?;
    Ok((id, Some(log)))
}

fn begin(engine: &Engine<'_>, params: &Params, started: i64) {
    let plan = engine.plan;
    let id = engine.context.run_id.clone();
    let hash = engine.journal.has_log().then(|| plan.hash_hex().ok().map(SmolStr::from)).flatten();
    let record = Record {
        version: Some(LOG_VERSION),
        run: Some(id.clone()),
        name: Some(plan.id.clone()),
        plan: hash,
        ..Record::new(EventKind::RunStarted, started)
    };
    let event = Event::RunStarted { run_id: id, mission: plan.id.clone(), steps: plan.root.nodes.len() };
    engine.journal.run_started(record, Some(inputs::logged(plan, params)), event);
}

/// Runs the root region within the run's time; gives the failure where that was not enough.
async fn drive<'e>(engine: &'e Engine<'e>, frame: &Arc<Frame<'e>>) -> Option<StepError> {
    let mut region = RegionRun::new(engine, Arc::clone(frame));
    let limit = match time_limit(engine, frame) {
        Ok(limit) => limit,
        Err(error) => return Some(error),
    };
    let Some((limit, late)) = limit else {
        region.finish().await;
        return None;
    };
    let cancel = frame.cancel.clone();
    let work = region.finish();
    tokio::pin!(work);
    tokio::select! {
        biased;
        () = &mut work => return None,
        () = tokio::time::sleep(limit) => cancel.cancel(),
    }
    work.await;
    Some(late)
}

fn time_limit<'e>(
    engine: &Engine<'e>,
    frame: &Frame<'e>,
) -> Result<Option<(Duration, StepError)>, StepError> {
    let within = engine.eval_duration(frame, engine.plan.within.as_ref(), "within")?;
    let wall = engine.plan.policy.budget.wall.and_then(|ns| u64::try_from(ns).ok()).map(Duration::from_nanos);
    let within = within.map(|limit| {
        (
            limit,
            StepError::new(ErrorKind::Timeout, format!("the mission took longer than {limit:?} (`within`)")),
        )
    });
    let wall = wall.map(|limit| {
        (
            limit,
            StepError::new(
                ErrorKind::Budget,
                format!("the mission took longer than its budget of {limit:?}"),
            ),
        )
    });
    Ok(within.into_iter().chain(wall).min_by_key(|(limit, _)| *limit))
}

fn conclude<'e>(
    engine: &Engine<'e>,
    frame: &Frame<'e>,
    late: Option<StepError>,
    interrupted: bool,
) -> RunReport {
    let redactor = &engine.context.redactor;
    let region = frame.region;
    let mut errors = Vec::new();
    let mut refused = false;
    let mut failed = false;
    let mut cancelled = false;
    for (at, node) in (0_u32..).zip(&region.nodes) {
        let Some(end) = frame.end(at) else { continue };
        cancelled |= end.outcome == Outcome::Cancelled;
        if !end.is_bad() {
            continue;
        }
        if let Some(error) = end.error.as_deref() {
            let path = Some(node.source.display.clone().unwrap_or_else(|| node.source.id.clone()));
            errors.push(RunFailure { path, failure: Failure::of(error, redactor) });
            refused |= is_refusal(error);
        }
        let counts = node.teardown.is_none() && (!engine.plan.outcome_leaves || is_leaf(region, at));
        failed |= counts;
    }
    if let Some(error) = &late {
        failed = true;
        errors.push(RunFailure { path: None, failure: Failure::of(error, redactor) });
    }
    let (outputs, problems) = outputs(engine, frame);
    let given_up = interrupted && cancelled;
    let complete = !failed && !given_up;
    if complete {
        failed = !problems.is_empty();
        errors.extend(problems);
    }
    let outcome = match (given_up, failed || cancelled) {
        (true, _) => RunOutcome::Cancelled,
        (false, true) => RunOutcome::Failed,
        (false, false) => RunOutcome::Succeeded,
    };
    RunReport {
        run_id: engine.context.run_id.clone(),
        outcome,
        outputs,
        steps: Vec::new(),
        errors,
        refused,
        usage: engine.journal.usage(),
        duration: Duration::ZERO,
    }
}

/// A leaf: nothing but teardowns waits for it, and it is no teardown.
fn is_leaf(region: &PreparedRegion<'_>, at: u32) -> bool {
    let waiting = region.downstream(at).iter().filter_map(|next| region.nodes.get(*next as usize));
    waiting.filter(|node| node.teardown.is_none()).count() == 0
}

fn is_refusal(error: &StepError) -> bool {
    let approval = error.detail.as_deref().is_some_and(|detail| detail.get("approval").is_some());
    error.kind == ErrorKind::Refused || approval
}

pub(crate) type Outputs = BTreeMap<SmolStr, serde_json::Value>;

pub(crate) fn outputs<'e>(engine: &Engine<'e>, frame: &Frame<'e>) -> (Outputs, Vec<RunFailure>) {
    let redactor = &engine.context.redactor;
    let mut found = Outputs::new();
    let mut problems = Vec::new();
    for output in &engine.plan.outputs {
        let value = engine.eval(frame, &output.value).and_then(|value| {
            let nullable = matches!(output.ty, Type::Optional(_) | Type::Unit | Type::Null | Type::Json);
            if value.is_null() && !nullable {
                return Err(StepError::new(ErrorKind::Failed, "has no value"));
            }
            Ok(codec::encode(&value, &engine.plan.schemas))
        });
        match value {
            Ok(json) => {
                found.insert(output.name.clone(), redactor.json(json));
            }
            Err(error) => {
                let message = format!("output `{}`: {}", output.name, error.message);
                let error = StepError { message, ..error };
                problems.push(RunFailure { path: None, failure: Failure::of(&error, redactor) });
            }
        }
    }
    (found, problems)
}
