//! Runs the tests of missions.

use crate::clock::Clock;
use crate::inputs;
use crate::mock::{Mocks, shown};
use crate::options::RunOptions;
use crate::prepare::prepare;
use crate::redact::Redactor;
use crate::report::RunReport;
use crate::run::{Setup, execute, on_own_thread};
use crate::run_error::RunError;
use crate::step::StepError;
use rustchain_plan::eval::{self, Closed, Env, Limits};
use rustchain_plan::expr::{BinaryOp, Outcome};
use rustchain_plan::plan::Plan;
use rustchain_plan::test::{Expect, Test};
use rustchain_plan::types::Schemas;
use rustchain_plan::{Expr, ExprKind, Value};
use std::path::{Component, Path};
use std::sync::Arc;

/// When tests happen: 2026-01-01T00:00:00Z, nanoseconds since 1970 UTC.
const TEST_TIME: i64 = 1_767_225_600_000_000_000;

/// The seed of random numbers in tests.
const TEST_SEED: u64 = 1;

/// What a test gave.
#[derive(Clone, Debug)]
pub struct TestReport {
    /// The test's title.
    pub title: String,
    /// Everything that is not as the test says; none: it passed.
    pub failures: Vec<TestFailure>,
    /// The run; `None`: it did not start.
    pub run: Option<RunReport>,
}

/// Something that is not as the test says.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct TestFailure {
    /// Line in the mission's file, from 1.
    pub line: u32,
    /// What: several lines where values are shown.
    pub message: String,
}

impl TestReport {
    /// Is everything as the test says?
    pub fn passed(&self) -> bool {
        self.failures.is_empty()
    }
}

/// Runs a test: mocks stand in for the world, files are real under `options.root`, which should be an
/// empty folder of its own; clock and chance are fixed. Nothing is logged.
///
/// # Errors
/// Where the plan cannot be run at all.
pub fn run_test(plan: &Arc<Plan>, test: &Test, options: RunOptions) -> Result<TestReport, RunError> {
    on_own_thread(|| async {
        let root = options.root.clone();
        let report = TestReport { title: test.title.clone(), failures: Vec::new(), run: None };
        let params = match given(plan, test) {
            Ok(params) => params,
            Err(problems) => {
                let failures = problems.into_iter().map(|message| TestFailure { line: test.line, message });
                return Ok(TestReport { failures: failures.collect(), ..report });
            }
        };
        let prepared = prepare(plan).map_err(RunError::Plan)?;
        let setup = Setup {
            plan,
            params: params.clone(),
            redactor: Arc::new(Redactor::default()),
            options: RunOptions { log: false, ..options },
            clock: Clock::fixed(TEST_TIME),
            mocks: Some(Mocks::new(test.mocks.clone())),
            seed: Some(TEST_SEED),
        };
        let (run, mocks) = execute(setup, &prepared).await?;
        let mocks = mocks.unwrap_or_else(|| Mocks::new(Vec::new()));
        let facts = Facts { plan, run: &run, mocks: &mocks, params: &params, root: &root };
        let failures = facts.failures(test);
        Ok(TestReport { failures, run: Some(run), ..report })
    })
}

fn given(plan: &Plan, test: &Test) -> Result<inputs::Params, Vec<String>> {
    let mut params = Vec::with_capacity(test.given.len());
    for (name, expr) in &test.given {
        let value = eval::eval(expr, &Closed::new(&plan.schemas), &Limits::default())
            .map_err(|error| vec![format!("given {name}: {}", error.message)])?;
        params.push((name.clone(), value));
    }
    inputs::complete(plan, params)
}

/// What `expect` may look at.
struct Facts<'a> {
    plan: &'a Plan,
    run: &'a RunReport,
    mocks: &'a Mocks,
    params: &'a inputs::Params,
    root: &'a Path,
}

impl Facts<'_> {
    fn failures(&self, test: &Test) -> Vec<TestFailure> {
        let unused = self.mocks.unused().into_iter().map(|mock| TestFailure {
            line: mock.line,
            message: format!("`mock {}` was not used", mock.target),
        });
        let unsaid =
            self.mocks.problems().into_iter().map(|message| TestFailure { line: test.line, message });
        let mut failures: Vec<TestFailure> = unused.chain(unsaid).collect();
        for expect in &test.expects {
            if let Some(message) = self.check(expect) {
                failures.push(TestFailure { line: expect.line, message });
            }
        }
        // Why steps failed helps to see why an `expect` does.
        if !failures.is_empty() {
            let errors = self.run.errors.iter().map(|error| TestFailure {
                line: test.line,
                message: match &error.path {
                    Some(path) => {
                        format!("step `{path}` failed: {}: {}", error.failure.kind, error.failure.message)
                    }
                    None => format!("the run failed: {}: {}", error.failure.kind, error.failure.message),
                },
            });
            failures.extend(errors);
        }
        failures
    }

    /// `None`: it holds.
    fn check(&self, expect: &Expect) -> Option<String> {
        let title = format!("expected {}", expect.text);
        match self.eval(&expect.condition) {
            Ok(Value::Bool(true)) => None,
            Ok(_) => Some(format!("{title}{}", self.sides(self.culprit(&expect.condition)))),
            Err(error) => Some(format!("{title}\n  {error}")),
        }
    }

    /// The first part of a conjunction that does not hold.
    fn culprit<'e>(&self, expr: &'e Expr) -> &'e Expr {
        match &expr.kind {
            ExprKind::Binary { op: BinaryOp::And, left, right } => match self.eval(left) {
                Ok(Value::Bool(true)) => self.culprit(right),
                _ => self.culprit(left),
            },
            _ => expr,
        }
    }

    fn sides(&self, expr: &Expr) -> String {
        match &expr.kind {
            ExprKind::Binary { op, left, right } if is_comparison(*op) => {
                format!("\n  left:  {}\n  right: {}", self.show(left), self.show(right))
            }
            ExprKind::Not(inner) => format!("\n  value: {}", self.show(inner)),
            _ => String::new(),
        }
    }

    fn show(&self, expr: &Expr) -> String {
        match self.eval(expr) {
            Ok(value) => shown(&value, &self.plan.schemas),
            Err(error) => error.to_string(),
        }
    }

    fn eval(&self, expr: &Expr) -> Result<Value, StepError> {
        Ok(eval::eval(expr, self, &Limits::default())?)
    }

    fn output(&self, name: &str) -> Option<Value> {
        let spec = self.plan.outputs.iter().find(|output| output.name == name)?;
        let Some(json) = self.run.outputs.get(name) else { return Some(Value::Null) };
        crate::codec::decode(json, &spec.ty, &self.plan.schemas).ok()
    }
}

impl Env for Facts<'_> {
    fn schemas(&self) -> &Schemas {
        &self.plan.schemas
    }

    fn outcome(&self, fact: &Outcome) -> Option<Value> {
        Some(match fact {
            Outcome::Runs(path) => Value::Int(self.mocks.runs(path)),
            Outcome::Ran(path) => Value::Bool(self.mocks.ran(path)),
            Outcome::Failed(path, kind) => Value::Bool(self.mocks.failed(path, *kind)),
            Outcome::Skipped(path) => Value::Bool(self.mocks.skipped(path)),
            Outcome::Step(path) => self.mocks.value(path),
            Outcome::Output(name) => return self.output(name),
            Outcome::Input(name) => {
                return self.params.iter().find(|(n, _)| n == name).map(|(_, v)| v.clone());
            }
            Outcome::Cost => Value::Float(self.run.usage.usd),
            Outcome::File(_) => return None,
        })
    }

    fn file(&self, path: &str) -> Option<String> {
        let inside =
            Path::new(path).components().all(|part| matches!(part, Component::Normal(_) | Component::CurDir));
        if !inside {
            return None;
        }
        std::fs::read(self.root.join(path)).ok().map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
    }
}

fn is_comparison(op: BinaryOp) -> bool {
    use BinaryOp::{Eq, Ge, Gt, In, Le, Lt, Ne};
    matches!(op, Eq | Ne | Lt | Le | Gt | Ge | In)
}
