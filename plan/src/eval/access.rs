//! Parts of values: fields, elements, keys.

use super::error::EvalError;
use super::meter::Meter;
use crate::value::Value;
use std::sync::Arc;

type Eval = Result<Value, EvalError>;

/// `base.name`, `base?.name`.
pub(super) fn field(base: &Value, name: &str, optional: bool) -> Eval {
    let found = match base {
        Value::Record(_, fields) | Value::Map(fields) => fields.get(name).cloned(),
        Value::Json(json) => match json.as_ref() {
            serde_json::Value::Object(entries) => entries.get(name).map(Value::from_json),
            serde_json::Value::Null => None,
            _ => return Err(no_fields(base)),
        },
        Value::Null => None,
        _ => return Err(no_fields(base)),
    };
    match found {
        Some(value) => Ok(value),
        None if optional => Ok(Value::Null),
        None if base.is_null() => Err(EvalError::index(format!("`{name}` of a value that is null"))),
        None => Err(EvalError::index(format!("there is no `{name}` in the value"))),
    }
}

fn no_fields(base: &Value) -> EvalError {
    EvalError::invalid(format!("{} has no fields", base.form()))
}

/// `base[index]`.
pub(super) fn index(base: &Value, index: &Value, meter: &mut Meter) -> Eval {
    match (base, index) {
        (Value::List(items), Value::Int(i)) => {
            let at = place(*i, items.len())?;
            items.get(at).cloned().ok_or_else(|| outside(*i, items.len()))
        }
        (Value::Json(json), Value::Int(i)) => match json.as_ref() {
            serde_json::Value::Array(items) => {
                let at = place(*i, items.len())?;
                items.get(at).map(Value::from_json).ok_or_else(|| outside(*i, items.len()))
            }
            _ => Err(EvalError::index(format!("there is no element {i} in a json that is no array"))),
        },
        (Value::Map(_) | Value::Record(..) | Value::Json(_), key) if key.as_text().is_some() => {
            let key = key.as_text().unwrap_or_default();
            field(base, key, false)
        }
        (text, Value::Int(i)) if text.as_text().is_some() => {
            let text = text.as_text().unwrap_or_default();
            meter.look(text.len().saturating_mul(2))?;
            let length = text.chars().count();
            let at = place(*i, length)?;
            let c = text.chars().nth(at).ok_or_else(|| outside(*i, length))?;
            Ok(Value::string(c.encode_utf8(&mut [0; 4])))
        }
        (Value::Null, _) => Err(EvalError::index("an element of a value that is null")),
        _ => Err(EvalError::invalid(format!("cannot index {} by {}", base.form(), index.form()))),
    }
}

/// The position of an index; negative counts from the end.
pub(super) fn place(index: i64, length: usize) -> Result<usize, EvalError> {
    position(index, length).ok_or_else(|| outside(index, length))
}

/// The position of an index, where it is inside.
pub(super) fn position(index: i64, length: usize) -> Option<usize> {
    let at = if index < 0 { index.checked_add(i64::try_from(length).ok()?)? } else { index };
    usize::try_from(at).ok().filter(|at| *at < length)
}

fn outside(index: i64, length: usize) -> EvalError {
    EvalError::index(format!("index {index} is outside a list of {length}"))
}

/// The elements of a list, or of a json array.
pub(super) fn items(value: Value) -> Result<Arc<Vec<Value>>, EvalError> {
    match &value {
        Value::List(items) => Ok(items.clone()),
        Value::Json(json) => match json.as_ref() {
            serde_json::Value::Array(items) => Ok(Arc::new(items.iter().map(Value::from_json).collect())),
            _ => Err(EvalError::invalid("the json is no array")),
        },
        other => Err(EvalError::invalid(format!("expected a list, found {}", other.form()))),
    }
}
