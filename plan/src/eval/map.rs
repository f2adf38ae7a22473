//! Functions on maps.

use super::access;
use super::call::Args;
use super::error::EvalError;
use crate::value::Value;
use std::sync::Arc;

type Eval = Result<Value, EvalError>;

pub(super) fn lookup(args: &mut Args<'_>) -> Eval {
    let key = args.text(1)?;
    match args.value(0)? {
        Value::Json(json) => json.get(key).map_or(Ok(Value::Null), |json| access::copied(json, args.meter)),
        Value::Map(entries) | Value::Record(_, entries) => {
            Ok(entries.get(key).cloned().unwrap_or(Value::Null))
        }
        _ => args.map(0).map(|_| Value::Null),
    }
}

pub(super) fn keys(args: &mut Args<'_>) -> Eval {
    let entries = args.map(0)?;
    args.meter.room_values(entries.len())?;
    Ok(Value::list(entries.keys().map(Value::string).collect()))
}

pub(super) fn values(args: &mut Args<'_>) -> Eval {
    let entries = args.map(0)?;
    args.meter.room_values(entries.len())?;
    Ok(Value::list(entries.values().cloned().collect()))
}

pub(super) fn merge(args: &mut Args<'_>) -> Eval {
    let (first, second) = (args.map(0)?, args.map(1)?);
    args.meter.room_values(first.len().saturating_add(second.len()).saturating_mul(2))?;
    let mut merged = first.as_ref().clone();
    merged.extend(second.iter().map(|(k, v)| (k.clone(), v.clone())));
    Ok(Value::Map(Arc::new(merged)))
}
