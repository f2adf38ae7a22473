//! A region while it runs: its parameters and how its steps ended; and what expressions see of it.

use crate::cancel::CancelToken;
use crate::in_force::Called;
use crate::outcome::Outcome;
use crate::prepare::PreparedRegion;
use crate::step::StepError;
use rustchain_plan::eval::Env;
use rustchain_plan::expr::RunField;
use rustchain_plan::types::Schemas;
use rustchain_plan::{Expr, Value};
use smol_str::SmolStr;
use std::sync::{Arc, OnceLock};

/// How a step ended, with its value.
#[derive(Clone, Debug)]
pub(crate) struct End {
    pub outcome: Outcome,
    /// A failure that the run does not mind.
    pub handled: bool,
    /// `None`: it has none.
    pub value: Option<Value>,
    /// Also where it was handled or recovered.
    pub error: Option<Box<StepError>>,
    /// `for` drops it.
    pub dropped: bool,
    /// How often its call was evaluated.
    pub attempts: u32,
    /// It failed, and whoever makes the attempts may make another.
    pub again: bool,
}

impl End {
    pub(crate) fn without_value(outcome: Outcome) -> End {
        End { outcome, handled: false, value: None, error: None, dropped: false, attempts: 0, again: false }
    }

    pub(crate) fn succeeded(value: Value, attempts: u32) -> End {
        End { value: Some(value), attempts, ..End::without_value(Outcome::Succeeded) }
    }

    pub(crate) fn failed(error: StepError, attempts: u32) -> End {
        End { error: Some(Box::new(error)), attempts, ..End::without_value(Outcome::Failed) }
    }

    /// Does the run mind?
    pub(crate) fn is_bad(&self) -> bool {
        matches!(self.outcome, Outcome::Failed | Outcome::Blocked) && !self.handled
    }
}

/// An instance of a region.
pub(crate) struct Frame<'e> {
    pub region: &'e PreparedRegion<'e>,
    pub params: Vec<(SmolStr, Value)>,
    pub slots: Box<[OnceLock<End>]>,
    /// The region around it; a chain sees none.
    pub parent: Option<Arc<Frame<'e>>>,
    /// What the paths of its nodes begin with: nothing, or `digest/`.
    pub prefix: SmolStr,
    pub cancel: CancelToken,
    /// The called missions that it lies in.
    pub called: Called<'e>,
}

impl<'e> Frame<'e> {
    pub(crate) fn new(
        region: &'e PreparedRegion<'e>,
        params: Vec<(SmolStr, Value)>,
        parent: Option<Arc<Frame<'e>>>,
        prefix: SmolStr,
        cancel: CancelToken,
        called: Called<'e>,
    ) -> Frame<'e> {
        let slots = region.nodes.iter().map(|_| OnceLock::new()).collect();
        Frame { region, params, slots, parent, prefix, cancel, called }
    }

    pub(crate) fn end(&self, node: u32) -> Option<&End> {
        self.slots.get(node as usize).and_then(OnceLock::get)
    }

    fn up(&self, up: u32) -> Option<&Frame<'e>> {
        let mut frame = self;
        for _ in 0..up {
            frame = frame.parent.as_deref()?;
        }
        Some(frame)
    }

    fn end_of(&self, up: u32, id: &str) -> Option<&End> {
        let frame = self.up(up)?;
        frame.end(*frame.region.index.get(id)?)
    }
}

/// The run's context as expressions see it.
#[derive(Clone, Debug)]
pub(crate) struct RunFacts {
    pub id: SmolStr,
    pub started: i64,
    pub scheduled: i64,
    pub interval_start: i64,
    pub interval_end: i64,
    pub attempt: i64,
    pub is_latest: bool,
}

impl RunFacts {
    pub(crate) fn value(&self, field: RunField) -> Value {
        match field {
            RunField::Id => Value::string(&self.id),
            RunField::Started => Value::Timestamp(self.started),
            RunField::Scheduled => Value::Timestamp(self.scheduled),
            RunField::IntervalStart => Value::Timestamp(self.interval_start),
            RunField::IntervalEnd => Value::Timestamp(self.interval_end),
            RunField::Attempt => Value::Int(self.attempt),
            RunField::IsLatest => Value::Bool(self.is_latest),
        }
    }
}

/// What an expression in a frame sees.
pub(crate) struct Scope<'s, 'e> {
    pub frame: &'s Frame<'e>,
    pub schemas: &'s Schemas,
    pub facts: &'s RunFacts,
    /// Variables: the value under a constraint, the parameters of a callee.
    pub locals: &'s [(SmolStr, Value)],
    /// A parameter of the innermost frame that has another value than it began with.
    pub changed: Option<(&'s str, &'s Value)>,
}

impl Env for Scope<'_, '_> {
    fn schemas(&self) -> &Schemas {
        self.schemas
    }

    fn param(&self, up: u32, name: &str) -> Option<Value> {
        if let (0, Some((changed, value))) = (up, self.changed)
            && changed == name
        {
            return Some(value.clone());
        }
        let frame = self.frame.up(up)?;
        frame.params.iter().find(|(n, _)| n == name).map(|(_, v)| v.clone())
    }

    fn step(&self, up: u32, id: &str) -> Option<Value> {
        self.frame.end_of(up, id).map(|end| end.value.clone().unwrap_or(Value::Null))
    }

    fn let_expr(&self, up: u32, name: &str) -> Option<&Expr> {
        self.frame.up(up)?.region.source.lets.get(name)
    }

    fn local(&self, name: &str) -> Option<Value> {
        self.locals.iter().rev().find(|(n, _)| n == name).map(|(_, v)| v.clone())
    }

    fn run(&self, field: RunField) -> Option<Value> {
        Some(self.facts.value(field))
    }

    fn ran(&self, up: u32, id: &str) -> Option<bool> {
        self.frame.end_of(up, id).map(|end| end.outcome == Outcome::Succeeded)
    }
}
