//! Functions on lists.

use super::call::Args;
use super::error::EvalError;
use super::{access, compare, operators};
use crate::value::Value;
use std::cmp::Ordering;

type Eval = Result<Value, EvalError>;

fn copied(args: &mut Args<'_>, items: &[Value]) -> Eval {
    args.meter.room_values(items.len())?;
    Ok(Value::list(items.to_vec()))
}

pub(super) fn len(args: &mut Args<'_>) -> Eval {
    let length = match args.value(0)? {
        Value::List(items) => items.len(),
        Value::Map(entries) | Value::Record(_, entries) => entries.len(),
        Value::Bytes(bytes) => bytes.len(),
        Value::Json(json) => match json.as_ref() {
            serde_json::Value::Array(items) => items.len(),
            serde_json::Value::Object(entries) => entries.len(),
            serde_json::Value::String(text) => text.chars().count(),
            _ => return Err(EvalError::invalid("`len` of a json that is no array, object or string")),
        },
        _ => args.text(0)?.chars().count(),
    };
    i64::try_from(length).map(Value::Int).map_err(|_| EvalError::arithmetic("the length is no int"))
}

pub(super) fn get(args: &mut Args<'_>) -> Eval {
    let index = args.int(1)?;
    match args.value(0)? {
        Value::List(items) => Ok(access::position(index, items.len())
            .and_then(|at| items.get(at))
            .cloned()
            .unwrap_or(Value::Null)),
        Value::Json(json) => {
            let items = json.as_array().map_or(&[][..], Vec::as_slice);
            let found = access::position(index, items.len()).and_then(|at| items.get(at));
            found.map_or(Ok(Value::Null), |json| access::copied(json, args.meter))
        }
        _ => args.list(0).map(|_| Value::Null),
    }
}

pub(super) fn first(args: &mut Args<'_>) -> Eval {
    Ok(args.list(0)?.first().cloned().unwrap_or(Value::Null))
}

pub(super) fn last(args: &mut Args<'_>) -> Eval {
    Ok(args.list(0)?.last().cloned().unwrap_or(Value::Null))
}

pub(super) fn take(args: &mut Args<'_>) -> Eval {
    let (items, count) = (args.list(0)?, args.count(1)?);
    copied(args, items.get(..count).unwrap_or(items))
}

pub(super) fn drop(args: &mut Args<'_>) -> Eval {
    let (items, count) = (args.list(0)?, args.count(1)?);
    copied(args, items.get(count..).unwrap_or_default())
}

pub(super) fn reverse(args: &mut Args<'_>) -> Eval {
    let items = args.list(0)?;
    args.meter.room_values(items.len())?;
    Ok(Value::list(items.iter().rev().cloned().collect()))
}

fn ordered(args: &mut Args<'_>, a: &Value, b: &Value) -> Result<Ordering, EvalError> {
    args.meter.steps(1)?;
    compare::order(a, b, args.schemas, args.meter)?
        .ok_or_else(|| EvalError::invalid(format!("there is no order between {} and {}", a.form(), b.form())))
}

pub(super) fn sort(args: &mut Args<'_>) -> Eval {
    let mut items = args.list(0)?.to_vec();
    args.meter.room_values(items.len())?;
    let mut failure = None;
    items.sort_by(|a, b| match ordered(args, a, b) {
        Ok(order) if failure.is_none() => order,
        Ok(_) => Ordering::Equal,
        Err(error) => {
            failure.get_or_insert(error);
            Ordering::Equal
        }
    });
    failure.map_or(Ok(Value::list(items)), Err)
}

fn extreme(args: &mut Args<'_>, wanted: Ordering) -> Eval {
    let items = args.list(0)?;
    let mut best: Option<&Value> = None;
    for item in items {
        best = match best {
            Some(so_far) if ordered(args, item, so_far)? != wanted => Some(so_far),
            _ => Some(item),
        };
    }
    Ok(best.cloned().unwrap_or(Value::Null))
}

pub(super) fn min(args: &mut Args<'_>) -> Eval {
    extreme(args, Ordering::Less)
}

pub(super) fn max(args: &mut Args<'_>) -> Eval {
    extreme(args, Ordering::Greater)
}

pub(super) fn unique(args: &mut Args<'_>) -> Eval {
    let items = args.list(0)?;
    let mut texts = std::collections::BTreeSet::new();
    let mut out: Vec<Value> = Vec::new();
    for item in items {
        let known = match item.as_text() {
            Some(text) => {
                args.meter.look(text.len())?;
                !texts.insert(text)
            }
            None => stands_in(args, &out, item)?,
        };
        if !known {
            args.meter.room_values(1)?;
            out.push(item.clone());
        }
    }
    Ok(Value::list(out))
}

fn stands_in(args: &mut Args<'_>, items: &[Value], item: &Value) -> Result<bool, EvalError> {
    for other in items {
        if compare::equal(other, item, args.meter)? {
            return Ok(true);
        }
    }
    Ok(false)
}

pub(super) fn flatten(args: &mut Args<'_>) -> Eval {
    let lists = args.list(0)?;
    let mut out = Vec::new();
    for list in lists {
        let items = access::items(list.clone(), args.meter)?;
        args.meter.room_values(items.len())?;
        out.extend(items.iter().cloned());
    }
    Ok(Value::list(out))
}

pub(super) fn chunks(args: &mut Args<'_>) -> Eval {
    let (items, size) = (args.list(0)?, args.count(1)?);
    if size == 0 {
        return Err(EvalError::arithmetic("the size of `chunks` must be 1 or more"));
    }
    args.meter.room_values(items.len().saturating_mul(2))?;
    Ok(Value::list(items.chunks(size).map(|chunk| Value::list(chunk.to_vec())).collect()))
}

pub(super) fn range(args: &mut Args<'_>) -> Eval {
    let (start, end) = (args.int(0)?, args.int(1)?);
    if end <= start {
        return Ok(Value::list(Vec::new()));
    }
    args.meter.room_values(usize::try_from(end.abs_diff(start)).unwrap_or(usize::MAX))?;
    Ok(Value::list((start..end).map(Value::Int).collect()))
}

pub(super) fn index_of(args: &mut Args<'_>) -> Eval {
    let (items, value) = (args.list(0)?, args.value(1)?);
    for (i, item) in (0_i64..).zip(items) {
        if compare::equal(item, value, args.meter)? {
            return Ok(Value::Int(i));
        }
    }
    Ok(Value::Null)
}

pub(super) fn count(args: &mut Args<'_>) -> Eval {
    let (items, value) = (args.list(0)?, args.value(1)?);
    let mut hits = 0;
    for item in items {
        if compare::equal(item, value, args.meter)? {
            hits += 1;
        }
    }
    Ok(Value::Int(hits))
}

pub(super) fn sum(args: &mut Args<'_>) -> Eval {
    let items = args.list(0)?;
    let Some((first, rest)) = items.split_first() else {
        return Ok(Value::Int(0));
    };
    if !matches!(first, Value::Int(_) | Value::Float(_) | Value::Duration(_)) {
        return Err(EvalError::invalid(format!("`sum` needs numbers or durations, not {}", first.form())));
    }
    rest.iter().try_fold(first.clone(), |total, item| operators::add(total, item.clone(), args.meter))
}

fn bools(args: &mut Args<'_>) -> Result<Vec<bool>, EvalError> {
    let items = args.list(0)?;
    let bool_of = |item: &Value| match item {
        Value::Bool(b) => Ok(*b),
        other => Err(EvalError::invalid(format!("expected bools, found {}", other.form()))),
    };
    items.iter().map(bool_of).collect()
}

pub(super) fn all(args: &mut Args<'_>) -> Eval {
    Ok(Value::Bool(bools(args)?.into_iter().all(|b| b)))
}

pub(super) fn any(args: &mut Args<'_>) -> Eval {
    Ok(Value::Bool(bools(args)?.into_iter().any(|b| b)))
}
