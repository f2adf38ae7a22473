//! Expressions of steps, evaluated where they stand.

use super::Engine;
use super::frame::{Frame, Scope};
use crate::step::StepError;
use rustchain_plan::eval::{self, Limits};
use rustchain_plan::{Expr, ExprKind, Value};
use smol_str::SmolStr;
use std::time::Duration;

impl<'e> Engine<'e> {
    /// What expressions in a frame see.
    pub(crate) fn scope<'s>(&'s self, frame: &'s Frame<'e>) -> Scope<'s, 'e> {
        Scope { frame, schemas: &self.plan.schemas, facts: &self.facts, locals: &[], changed: None }
    }

    pub(crate) fn eval(&self, frame: &Frame<'e>, expr: &Expr) -> Result<Value, StepError> {
        match &expr.kind {
            ExprKind::Const(value) => Ok(value.clone()),
            _ => eval_in(&self.scope(frame), expr),
        }
    }

    pub(super) fn eval_bool(&self, frame: &Frame<'e>, expr: &Expr) -> Result<bool, StepError> {
        truth(&self.eval(frame, expr)?)
    }

    pub(super) fn eval_count(&self, frame: &Frame<'e>, expr: &Expr, what: &str) -> Result<usize, StepError> {
        match self.eval(frame, expr)? {
            Value::Int(n) => usize::try_from(n).map_err(|_| StepError::invalid(format!("`{what}` is {n}"))),
            other => Err(StepError::invalid(format!("`{what}` is no int: {other:?}"))),
        }
    }

    pub(crate) fn eval_duration(
        &self,
        frame: &Frame<'e>,
        expr: Option<&Expr>,
        what: &str,
    ) -> Result<Option<Duration>, StepError> {
        let Some(expr) = expr else { return Ok(None) };
        match self.eval(frame, expr)? {
            Value::Duration(ns) => match u64::try_from(ns) {
                Ok(ns) => Ok(Some(Duration::from_nanos(ns))),
                Err(_) => Err(StepError::invalid(format!("`{what}` is a negative duration"))),
            },
            Value::Null => Ok(None),
            other => Err(StepError::invalid(format!("`{what}` is no duration: {other:?}"))),
        }
    }

    /// Does a value keep to a `where`? `name` stands for it.
    pub(crate) fn holds(
        &self,
        frame: &Frame<'e>,
        constraint: &Expr,
        name: &SmolStr,
        value: &Value,
    ) -> Result<(), StepError> {
        let locals = [(name.clone(), value.clone())];
        let scope = Scope { locals: &locals, ..self.scope(frame) };
        if truth(&eval_in(&scope, constraint)?)? {
            return Ok(());
        }
        let message = format!("the value of `{name}` does not keep to its `where`");
        Err(StepError::new(rustchain_plan::ErrorKind::Constraint, message))
    }
}

pub(crate) fn eval_in(scope: &Scope<'_, '_>, expr: &Expr) -> Result<Value, StepError> {
    Ok(eval::eval(expr, scope, &Limits::default())?)
}

pub(crate) fn truth(value: &Value) -> Result<bool, StepError> {
    match value {
        Value::Bool(b) => Ok(*b),
        other => Err(StepError::invalid(format!("a condition is no bool: {other:?}"))),
    }
}
