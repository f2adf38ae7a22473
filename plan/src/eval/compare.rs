//! Equality and order of values.

use super::error::EvalError;
use super::meter::{Limits, Meter};
use crate::error_kind::ErrorKind;
use crate::types::{Schema, Schemas};
use crate::value::Value;
use smol_str::SmolStr;
use std::cmp::Ordering;
use std::sync::Arc;

/// The deepest value that an evaluation gives.
const MAX_VALUE_DEPTH: u32 = 128;
/// The deepest value that is compared: what an evaluation may hold on the way.
const MAX_COMPARED_DEPTH: u32 = 1024;

/// Structural equality, as `==` has it: numbers by value, names of records do not count, json equals the
/// plain value that it spells. False where the values are too large to compare.
pub fn equal_values(a: &Value, b: &Value) -> bool {
    equal(a, b, &mut Meter::new(&Limits::default())).unwrap_or(false)
}

/// Null, also as json.
pub(crate) fn is_null(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Json(json) => json.is_null(),
        _ => false,
    }
}

pub(super) fn equal(a: &Value, b: &Value, meter: &mut Meter) -> Result<bool, EvalError> {
    equal_in(a, b, meter, MAX_COMPARED_DEPTH)
}

fn equal_in(a: &Value, b: &Value, meter: &mut Meter, depth: u32) -> Result<bool, EvalError> {
    meter.steps(1)?;
    let depth = depth.checked_sub(1).ok_or_else(too_deep)?;
    Ok(match (a, b) {
        (Value::Null, Value::Null) => true,
        (Value::Bool(a), Value::Bool(b)) => a == b,
        (Value::Int(a), Value::Int(b)) => a == b,
        (Value::Float(a), Value::Float(b)) => a == b,
        (Value::Int(a), Value::Float(b)) | (Value::Float(b), Value::Int(a)) => int_equals_float(*a, *b),
        (Value::Timestamp(a), Value::Timestamp(b)) | (Value::Duration(a), Value::Duration(b)) => a == b,
        (Value::Bytes(a), Value::Bytes(b)) => {
            meter.look(a.len().min(b.len()))?;
            a == b
        }
        (Value::Enum(_, a), Value::Enum(_, b)) => a == b,
        (Value::List(a), Value::List(b)) => {
            if Arc::ptr_eq(a, b) {
                return Ok(true);
            }
            if a.len() != b.len() {
                return Ok(false);
            }
            for (a, b) in a.iter().zip(b.iter()) {
                if !equal_in(a, b, meter, depth)? {
                    return Ok(false);
                }
            }
            true
        }
        (Value::Map(a) | Value::Record(_, a), Value::Map(b) | Value::Record(_, b)) => {
            if Arc::ptr_eq(a, b) {
                return Ok(true);
            }
            if a.len() != b.len() {
                return Ok(false);
            }
            for ((ka, a), (kb, b)) in a.iter().zip(b.iter()) {
                if ka != kb || !equal_in(a, b, meter, depth)? {
                    return Ok(false);
                }
            }
            true
        }
        (Value::Json(a), Value::Json(b)) => Arc::ptr_eq(a, b) || equal_json(a, b, meter, depth)?,
        (Value::Json(a), b) | (b, Value::Json(a)) => equal_to_json(b, a, meter, depth)?,
        _ => match (a.as_text(), b.as_text()) {
            (Some(a), Some(b)) => {
                meter.look(a.len().min(b.len()))?;
                a == b
            }
            _ => false,
        },
    })
}

fn int_equals_float(a: i64, b: f64) -> bool {
    // Exact: a float of this size that has no fraction is an i64.
    b.fract() == 0.0 && (-9.3e18..9.3e18).contains(&b) && b as i128 == i128::from(a)
}

fn equal_json(
    a: &serde_json::Value,
    b: &serde_json::Value,
    meter: &mut Meter,
    depth: u32,
) -> Result<bool, EvalError> {
    use serde_json::Value as J;
    meter.steps(1)?;
    let depth = depth.checked_sub(1).ok_or_else(too_deep)?;
    Ok(match (a, b) {
        (J::Number(a), J::Number(b)) => equal_numbers(a, b),
        (J::String(a), J::String(b)) => {
            meter.look(a.len().min(b.len()))?;
            a == b
        }
        (J::Array(a), J::Array(b)) => {
            if a.len() != b.len() {
                return Ok(false);
            }
            for (a, b) in a.iter().zip(b) {
                if !equal_json(a, b, meter, depth)? {
                    return Ok(false);
                }
            }
            true
        }
        (J::Object(a), J::Object(b)) => {
            if a.len() != b.len() {
                return Ok(false);
            }
            for (key, a) in a {
                match b.get(key) {
                    Some(b) if equal_json(a, b, meter, depth)? => {}
                    _ => return Ok(false),
                }
            }
            true
        }
        _ => a == b,
    })
}

fn equal_numbers(a: &serde_json::Number, b: &serde_json::Number) -> bool {
    match (a.as_i64(), b.as_i64()) {
        (Some(a), Some(b)) => a == b,
        (Some(i), None) => b.is_f64() && b.as_f64().is_some_and(|f| int_equals_float(i, f)),
        (None, Some(i)) => a.is_f64() && a.as_f64().is_some_and(|f| int_equals_float(i, f)),
        (None, None) => match (a.as_u64(), b.as_u64()) {
            (Some(a), Some(b)) => a == b,
            _ => a.as_f64() == b.as_f64(),
        },
    }
}

fn equal_to_json(
    value: &Value,
    json: &serde_json::Value,
    meter: &mut Meter,
    depth: u32,
) -> Result<bool, EvalError> {
    use serde_json::Value as J;
    meter.steps(1)?;
    let depth = depth.checked_sub(1).ok_or_else(too_deep)?;
    Ok(match (value, json) {
        (Value::Null, J::Null) => true,
        (Value::Bool(a), J::Bool(b)) => a == b,
        (Value::Int(a), J::Number(b)) => equal_numbers(&(*a).into(), b),
        (Value::Float(a), J::Number(b)) => {
            serde_json::Number::from_f64(*a).is_some_and(|a| equal_numbers(&a, b))
        }
        (Value::String(a) | Value::Url(a) | Value::Path(a), J::String(b)) => {
            meter.look(a.len().min(b.len()))?;
            **a == **b
        }
        (Value::Json(a), b) => equal_json(a, b, meter, depth)?,
        (Value::List(a), J::Array(b)) => {
            if a.len() != b.len() {
                return Ok(false);
            }
            for (a, b) in a.iter().zip(b) {
                if !equal_to_json(a, b, meter, depth)? {
                    return Ok(false);
                }
            }
            true
        }
        (Value::Map(a), J::Object(b)) => {
            if a.len() != b.len() {
                return Ok(false);
            }
            for (key, a) in a.iter() {
                match b.get(key.as_str()) {
                    Some(b) if equal_to_json(a, b, meter, depth)? => {}
                    _ => return Ok(false),
                }
            }
            true
        }
        _ => false,
    })
}

/// The order of two values of one ordered type; `None` for the others.
pub(super) fn order(
    a: &Value,
    b: &Value,
    schemas: &Schemas,
    meter: &mut Meter,
) -> Result<Option<Ordering>, EvalError> {
    Ok(match (a, b) {
        (Value::Int(a), Value::Int(b)) => Some(a.cmp(b)),
        (Value::Float(a), Value::Float(b)) => a.partial_cmp(b),
        (Value::Int(a), Value::Float(b)) => Some(order_int_float(*a, *b)),
        (Value::Float(a), Value::Int(b)) => Some(order_int_float(*b, *a).reverse()),
        (Value::Bool(a), Value::Bool(b)) => Some(a.cmp(b)),
        (Value::Timestamp(a), Value::Timestamp(b)) | (Value::Duration(a), Value::Duration(b)) => {
            Some(a.cmp(b))
        }
        (Value::Enum(name, a), Value::Enum(_, b)) => {
            match (position(name, a, schemas), position(name, b, schemas)) {
                (Some(a), Some(b)) => Some(a.cmp(&b)),
                _ => None,
            }
        }
        _ => match (a.as_text(), b.as_text()) {
            (Some(a), Some(b)) => {
                meter.look(a.len().min(b.len()))?;
                Some(a.cmp(b))
            }
            _ => None,
        },
    })
}

fn order_int_float(a: i64, b: f64) -> Ordering {
    if b >= 9.3e18 {
        return Ordering::Less;
    }
    if b <= -9.3e18 {
        return Ordering::Greater;
    }
    // In this range the whole part is exact in an i128.
    let whole = b.trunc();
    i128::from(a)
        .cmp(&(whole as i128))
        .then_with(|| 0.0_f64.partial_cmp(&(b - whole)).unwrap_or(Ordering::Equal))
}

fn position(name: &SmolStr, member: &SmolStr, schemas: &Schemas) -> Option<usize> {
    match schemas.get(name) {
        Some(Schema::Enum(schema)) => schema.members.iter().position(|m| m.name == *member),
        _ => None,
    }
}

/// Refuses values that are nested too deeply, or that are large only because parts are shared.
pub(super) fn check_size(value: &Value, meter: &mut Meter) -> Result<(), EvalError> {
    check_in(value, meter, MAX_VALUE_DEPTH)
}

fn check_in(value: &Value, meter: &mut Meter, depth: u32) -> Result<(), EvalError> {
    meter.steps(1)?;
    match value {
        Value::List(items) => {
            let depth = depth.checked_sub(1).ok_or_else(too_deep)?;
            items.iter().try_for_each(|item| check_in(item, meter, depth))
        }
        Value::Map(entries) | Value::Record(_, entries) => {
            let depth = depth.checked_sub(1).ok_or_else(too_deep)?;
            entries.values().try_for_each(|item| check_in(item, meter, depth))
        }
        Value::Json(json) => check_json(json, meter, MAX_VALUE_DEPTH),
        _ => Ok(()),
    }
}

fn check_json(json: &serde_json::Value, meter: &mut Meter, depth: u32) -> Result<(), EvalError> {
    meter.steps(1)?;
    match json {
        serde_json::Value::Array(items) => {
            let depth = depth.checked_sub(1).ok_or_else(too_deep)?;
            items.iter().try_for_each(|item| check_json(item, meter, depth))
        }
        serde_json::Value::Object(entries) => {
            let depth = depth.checked_sub(1).ok_or_else(too_deep)?;
            entries.values().try_for_each(|item| check_json(item, meter, depth))
        }
        _ => Ok(()),
    }
}

fn too_deep() -> EvalError {
    EvalError::new(ErrorKind::Exhausted, "the value is nested too deeply")
}
