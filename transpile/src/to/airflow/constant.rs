//! Expressions whose value is known before the run.

use super::python::{Arg, Py, named};
use rustchain_plan::eval::{Closed, Limits, eval};
use rustchain_plan::types::Schemas;
use rustchain_plan::{Expr, Value};

/// The value of an expression that reads nothing.
pub(super) fn constant(expr: &Expr, schemas: &Schemas) -> Option<Value> {
    eval(expr, &Closed { schemas, locals: &[] }, &Limits::default()).ok()
}

/// A constant duration, nanoseconds.
pub(super) fn nanoseconds(expr: &Expr, schemas: &Schemas) -> Option<i64> {
    match constant(expr, schemas)? {
        Value::Duration(ns) => Some(ns),
        _ => None,
    }
}

/// A constant whole number that is not negative.
pub(super) fn count(expr: &Expr, schemas: &Schemas) -> Option<i64> {
    match constant(expr, schemas)? {
        Value::Int(n) if n >= 0 => Some(n),
        _ => None,
    }
}

/// `timedelta(hours=1)`: in the largest unit that leaves no rest.
pub(super) fn timedelta(ns: i64) -> Py {
    const UNITS: [(&str, i64); 5] = [
        ("days", 86_400_000_000_000),
        ("hours", 3_600_000_000_000),
        ("minutes", 60_000_000_000),
        ("seconds", 1_000_000_000),
        ("milliseconds", 1_000_000),
    ];
    let unit = UNITS.iter().find(|(_, size)| ns != 0 && ns % size == 0);
    let arg: Arg = match unit {
        Some((name, size)) => named(name, Py::raw((ns / size).to_string())),
        None if ns == 0 => named("seconds", Py::raw("0")),
        // Python's timedelta counts microseconds.
        None => named("microseconds", Py::raw((ns / 1000).max(1).to_string())),
    };
    Py::Call("timedelta".to_owned(), vec![arg])
}
