//! Operators on values.

use super::compare;
use super::error::EvalError;
use super::meter::Meter;
use crate::expr::BinaryOp;
use crate::types::Schemas;
use crate::value::Value;
use std::cmp::Ordering;
use std::sync::Arc;

type Eval = Result<Value, EvalError>;

/// The operators that evaluate both sides.
pub(super) fn apply(op: BinaryOp, left: Value, right: Value, schemas: &Schemas, meter: &mut Meter) -> Eval {
    match op {
        BinaryOp::Eq => Ok(Value::Bool(compare::equal(&left, &right, meter)?)),
        BinaryOp::Ne => Ok(Value::Bool(!compare::equal(&left, &right, meter)?)),
        BinaryOp::Lt | BinaryOp::Le | BinaryOp::Gt | BinaryOp::Ge => {
            let order = compare::order(&left, &right, schemas, meter)?
                .ok_or_else(|| mismatch("compare", &left, &right))?;
            Ok(Value::Bool(holds(op, order)))
        }
        BinaryOp::In => contains(&left, &right, meter).map(Value::Bool),
        BinaryOp::Add => add(left, right, meter),
        BinaryOp::Sub => subtract(&left, &right),
        BinaryOp::Mul => multiply(&left, &right),
        BinaryOp::Div => divide(&left, &right),
        BinaryOp::Rem => remainder(&left, &right),
        BinaryOp::And | BinaryOp::Or | BinaryOp::Coalesce => Err(mismatch("join", &left, &right)),
    }
}

fn holds(op: BinaryOp, order: Ordering) -> bool {
    match op {
        BinaryOp::Lt => order.is_lt(),
        BinaryOp::Le => order.is_le(),
        BinaryOp::Gt => order.is_gt(),
        _ => order.is_ge(),
    }
}

fn mismatch(verb: &str, left: &Value, right: &Value) -> EvalError {
    EvalError::invalid(format!("cannot {verb} {} and {}", left.form(), right.form()))
}

fn overflow() -> EvalError {
    EvalError::arithmetic("the result is outside the range of its type")
}

/// A float result, which must be finite.
pub(super) fn finite(number: f64) -> Eval {
    if number.is_finite() { Ok(Value::Float(number)) } else { Err(overflow()) }
}

/// An int result from a float that has no fraction.
pub(super) fn whole(number: f64) -> Result<i64, EvalError> {
    // -2^63 is a float; 2^63 is the first one above the range.
    if (-9_223_372_036_854_775_808.0..9_223_372_036_854_775_808.0).contains(&number) {
        Ok(number as i64)
    } else {
        Err(overflow())
    }
}

pub(super) fn negate(value: &Value) -> Eval {
    match value {
        Value::Int(n) => n.checked_neg().map(Value::Int).ok_or_else(overflow),
        Value::Duration(n) => n.checked_neg().map(Value::Duration).ok_or_else(overflow),
        Value::Float(n) => Ok(Value::Float(-n)),
        other => Err(EvalError::invalid(format!("cannot negate {}", other.form()))),
    }
}

/// Ints as floats, where one side is a float.
fn floats(left: &Value, right: &Value) -> Option<(f64, f64)> {
    match (left, right) {
        (Value::Float(a), Value::Float(b)) => Some((*a, *b)),
        (Value::Int(a), Value::Float(b)) => Some((*a as f64, *b)),
        (Value::Float(a), Value::Int(b)) => Some((*a, *b as f64)),
        _ => None,
    }
}

pub(super) fn add(left: Value, right: Value, meter: &mut Meter) -> Eval {
    match (&left, &right) {
        (Value::Int(a), Value::Int(b)) => a.checked_add(*b).map(Value::Int).ok_or_else(overflow),
        (Value::Duration(a), Value::Duration(b)) => {
            a.checked_add(*b).map(Value::Duration).ok_or_else(overflow)
        }
        (Value::Timestamp(a), Value::Duration(b)) | (Value::Duration(a), Value::Timestamp(b)) => {
            a.checked_add(*b).map(Value::Timestamp).ok_or_else(overflow)
        }
        (Value::String(a), Value::String(b)) => {
            meter.room(a.len().saturating_add(b.len()))?;
            let mut text = String::with_capacity(a.len() + b.len());
            text.push_str(a);
            text.push_str(b);
            Ok(Value::String(text.into()))
        }
        (Value::List(_), Value::List(_)) => concat(left, right, meter),
        _ => match floats(&left, &right) {
            Some((a, b)) => finite(a + b),
            None => Err(mismatch("add", &left, &right)),
        },
    }
}

fn concat(left: Value, right: Value, meter: &mut Meter) -> Eval {
    let (Value::List(a), Value::List(b)) = (&left, &right) else {
        return Err(mismatch("add", &left, &right));
    };
    if b.is_empty() {
        return Ok(left);
    }
    if a.is_empty() {
        return Ok(right);
    }
    meter.room_values(a.len().saturating_add(b.len()))?;
    let (Value::List(mut a), Value::List(b)) = (left, right) else {
        return Err(EvalError::invalid("cannot add lists"));
    };
    // In place where nobody else holds the list, as in a chain of additions.
    Arc::make_mut(&mut a).extend(b.iter().cloned());
    Ok(Value::List(a))
}

fn subtract(left: &Value, right: &Value) -> Eval {
    match (left, right) {
        (Value::Int(a), Value::Int(b)) => a.checked_sub(*b).map(Value::Int).ok_or_else(overflow),
        (Value::Duration(a), Value::Duration(b)) | (Value::Timestamp(a), Value::Timestamp(b)) => {
            a.checked_sub(*b).map(Value::Duration).ok_or_else(overflow)
        }
        (Value::Timestamp(a), Value::Duration(b)) => {
            a.checked_sub(*b).map(Value::Timestamp).ok_or_else(overflow)
        }
        _ => match floats(left, right) {
            Some((a, b)) => finite(a - b),
            None => Err(mismatch("subtract", left, right)),
        },
    }
}

fn multiply(left: &Value, right: &Value) -> Eval {
    match (left, right) {
        (Value::Int(a), Value::Int(b)) => a.checked_mul(*b).map(Value::Int).ok_or_else(overflow),
        (Value::Duration(a), Value::Int(b)) | (Value::Int(b), Value::Duration(a)) => {
            a.checked_mul(*b).map(Value::Duration).ok_or_else(overflow)
        }
        (Value::Duration(a), Value::Float(b)) | (Value::Float(b), Value::Duration(a)) => {
            whole((*a as f64 * b).round()).map(Value::Duration)
        }
        _ => match floats(left, right) {
            Some((a, b)) => finite(a * b),
            None => Err(mismatch("multiply", left, right)),
        },
    }
}

fn by_zero() -> EvalError {
    EvalError::arithmetic("division by zero")
}

fn divide(left: &Value, right: &Value) -> Eval {
    if is_zero(right) {
        return Err(by_zero());
    }
    match (left, right) {
        (Value::Int(a), Value::Int(b)) => a.checked_div(*b).map(Value::Int).ok_or_else(overflow),
        (Value::Duration(a), Value::Int(b)) => a.checked_div(*b).map(Value::Duration).ok_or_else(overflow),
        (Value::Duration(a), Value::Float(b)) => whole((*a as f64 / b).round()).map(Value::Duration),
        (Value::Duration(a), Value::Duration(b)) => finite(*a as f64 / *b as f64),
        _ => match floats(left, right) {
            Some((a, b)) => finite(a / b),
            None => Err(mismatch("divide", left, right)),
        },
    }
}

fn remainder(left: &Value, right: &Value) -> Eval {
    if is_zero(right) {
        return Err(by_zero());
    }
    match (left, right) {
        (Value::Int(a), Value::Int(b)) => Ok(Value::Int(a.checked_rem(*b).unwrap_or(0))),
        (Value::Duration(a), Value::Duration(b)) => Ok(Value::Duration(a.checked_rem(*b).unwrap_or(0))),
        _ => match floats(left, right) {
            Some((a, b)) => finite(a % b),
            None => Err(mismatch("divide", left, right)),
        },
    }
}

fn is_zero(value: &Value) -> bool {
    match value {
        Value::Int(n) | Value::Duration(n) => *n == 0,
        Value::Float(n) => *n == 0.0,
        _ => false,
    }
}

fn contains(item: &Value, whole: &Value, meter: &mut Meter) -> Result<bool, EvalError> {
    match whole {
        Value::List(items) => {
            for candidate in items.iter() {
                if compare::equal(item, candidate, meter)? {
                    return Ok(true);
                }
            }
            Ok(false)
        }
        Value::Map(entries) | Value::Record(_, entries) => {
            let key = item.as_text().ok_or_else(|| mismatch("look for", item, whole))?;
            Ok(entries.contains_key(key))
        }
        Value::Json(json) => in_json(item, json, whole, meter),
        _ => match (item.as_text(), whole.as_text()) {
            (Some(part), Some(text)) => {
                meter.look(text.len())?;
                Ok(text.contains(part))
            }
            _ => Err(mismatch("look for", item, whole)),
        },
    }
}

fn in_json(
    item: &Value,
    json: &serde_json::Value,
    whole: &Value,
    meter: &mut Meter,
) -> Result<bool, EvalError> {
    let text = match item {
        Value::Json(j) => j.as_str(),
        other => other.as_text(),
    };
    match (json, text) {
        (serde_json::Value::Object(entries), Some(key)) => Ok(entries.contains_key(key)),
        (serde_json::Value::String(text), Some(part)) => {
            meter.look(text.len())?;
            Ok(text.contains(part))
        }
        (serde_json::Value::Array(items), _) => {
            for candidate in items {
                meter.steps(1)?;
                if compare::equal(item, &Value::json(candidate.clone()), meter)? {
                    return Ok(true);
                }
            }
            Ok(false)
        }
        _ => Err(mismatch("look for", item, whole)),
    }
}
