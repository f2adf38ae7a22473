//! Parts of values: fields, elements, keys.

use super::error::EvalError;
use super::meter::Meter;
use crate::value::Value;
use serde_json::Value as Json;
use std::sync::Arc;

type Eval = Result<Value, EvalError>;

/// `base.name`, `base?.name` of what is no json.
pub(super) fn field(base: &Value, name: &str, optional: bool) -> Eval {
    let found = match base {
        Value::Record(_, fields) | Value::Map(fields) => fields.get(name).cloned(),
        Value::Null => None,
        _ => return Err(EvalError::invalid(format!("{} has no fields", base.form()))),
    };
    match found {
        Some(value) => Ok(value),
        None if optional => Ok(Value::Null),
        None if base.is_null() => Err(of_null(name)),
        None => Err(no_member(name)),
    }
}

fn of_null(name: &str) -> EvalError {
    EvalError::index(format!("`{name}` of a value that is null"))
}

fn no_member(name: &str) -> EvalError {
    EvalError::index(format!("there is no `{name}` in the value"))
}

/// `base.name`, `base?.name` of json.
pub(super) fn json_field<'j>(base: &'j Json, name: &str, optional: bool) -> Result<&'j Json, EvalError> {
    match (base, base.get(name)) {
        (_, Some(member)) => Ok(member),
        (Json::Object(_) | Json::Null, None) if optional => Ok(&Json::Null),
        (Json::Object(_), None) => Err(no_member(name)),
        (Json::Null, None) => Err(of_null(name)),
        _ => Err(EvalError::invalid(format!("the json is no object: it has no `{name}`"))),
    }
}

/// `base[index]` of json.
pub(super) fn json_index<'j>(base: &'j Json, index: &Value) -> Result<&'j Json, EvalError> {
    match (index, base) {
        (Value::Int(i), Json::Array(items)) => {
            let at = place(*i, items.len())?;
            items.get(at).ok_or_else(|| outside(*i, items.len()))
        }
        (Value::Int(i), _) => {
            Err(EvalError::index(format!("there is no element {i} in a json that is no array")))
        }
        _ => match index.as_text() {
            Some(key) => json_field(base, key, false),
            None => Err(EvalError::invalid(format!("cannot index a json by {}", index.form()))),
        },
    }
}

/// A part of a json as a value of its own; its size is counted before it is copied.
pub(super) fn copied(json: &Json, meter: &mut Meter) -> Eval {
    weigh(json, meter)?;
    Ok(Value::from_json(json))
}

fn weigh(json: &Json, meter: &mut Meter) -> Result<(), EvalError> {
    const NODE: usize = 32;
    match json {
        Json::String(text) => meter.room(NODE + text.len()),
        Json::Array(items) => {
            meter.room(items.len().saturating_mul(NODE))?;
            items.iter().try_for_each(|item| weigh(item, meter))
        }
        Json::Object(members) => members.iter().try_for_each(|(name, item)| {
            meter.room(2 * NODE + name.len())?;
            weigh(item, meter)
        }),
        _ => meter.room(NODE),
    }
}

/// `base[index]` of what is no json.
pub(super) fn index(base: &Value, index: &Value, meter: &mut Meter) -> Eval {
    match (base, index) {
        (Value::List(items), Value::Int(i)) => {
            let at = place(*i, items.len())?;
            items.get(at).cloned().ok_or_else(|| outside(*i, items.len()))
        }
        (Value::Map(_) | Value::Record(..), key) if key.as_text().is_some() => {
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
pub(super) fn items(value: Value, meter: &mut Meter) -> Result<Arc<Vec<Value>>, EvalError> {
    match &value {
        Value::List(items) => Ok(items.clone()),
        Value::Json(json) => match json.as_ref() {
            Json::Array(items) => {
                let items = items.iter().map(|item| copied(item, meter));
                Ok(Arc::new(items.collect::<Result<_, _>>()?))
            }
            _ => Err(EvalError::invalid("the json is no array")),
        },
        other => Err(EvalError::invalid(format!("expected a list, found {}", other.form()))),
    }
}
