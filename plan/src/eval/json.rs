//! Functions on json.

use super::call::Args;
use super::error::EvalError;
use super::{access, convert};
use crate::value::Value;
use serde_json::Value as Json;

type Eval = Result<Value, EvalError>;

pub(super) fn parse(args: &mut Args<'_>) -> Eval {
    let text = args.text(0)?;
    // `[0,0,…]`: two bytes of text make one value.
    args.meter.room(text.len().saturating_mul(size_of::<Json>() / 2))?;
    match serde_json::from_str::<Json>(text) {
        Ok(Json::Null) => Ok(Value::Null),
        Ok(json) => Ok(Value::json(json)),
        Err(error) => Err(EvalError::parse(format!("no JSON: {error}"))),
    }
}

fn rendered(args: &mut Args<'_>, text: fn(&Json) -> serde_json::Result<String>) -> Eval {
    let json = args.json(0)?;
    let text = text(&json).map_err(|e| EvalError::invalid(e.to_string()))?;
    args.meter.room(text.len())?;
    Ok(Value::String(text.into()))
}

pub(super) fn render(args: &mut Args<'_>) -> Eval {
    rendered(args, serde_json::to_string)
}

pub(super) fn pretty(args: &mut Args<'_>) -> Eval {
    rendered(args, serde_json::to_string_pretty)
}

pub(super) fn of(args: &mut Args<'_>) -> Eval {
    convert::to_json(args.value(0)?, args.schemas, args.meter)
}

pub(super) fn merge(args: &mut Args<'_>) -> Eval {
    let (mut first, second) = (args.json(0)?, args.json(1)?);
    let (Json::Object(members), Json::Object(others)) = (&mut first, second) else {
        return Err(EvalError::invalid("`json.merge` needs two objects"));
    };
    members.extend(others);
    Ok(Value::json(first))
}

pub(super) fn select(args: &mut Args<'_>) -> Eval {
    let path = args.text(1)?;
    let owned;
    let json = match args.value(0)? {
        Value::Json(json) => json.as_ref(),
        _ => {
            owned = args.json(0)?;
            &owned
        }
    };
    let found = if path.is_empty() || path.starts_with('/') { json.pointer(path) } else { walk(json, path)? };
    found.map_or(Ok(Value::Null), |json| access::copied(json, args.meter))
}

/// `items[0].name`, `["any key"][-1]`; a leading `$` or `$.` is skipped.
fn walk<'j>(json: &'j Json, path: &str) -> Result<Option<&'j Json>, EvalError> {
    let mut rest = path.strip_prefix('$').unwrap_or(path);
    let mut found = Some(json);
    while !rest.is_empty() {
        let (step, tail) = next_step(rest).ok_or_else(|| {
            EvalError::invalid(format!("`{path}` is no path such as `items[0].name` or `/items/0/name`"))
        })?;
        found = found.and_then(|json| match step {
            Step::Member(name) => json.get(name),
            Step::Element(i) => {
                let items = json.as_array()?;
                items.get(access::position(i, items.len())?)
            }
        });
        rest = tail;
    }
    Ok(found)
}

enum Step<'p> {
    Member(&'p str),
    Element(i64),
}

fn next_step(path: &str) -> Option<(Step<'_>, &str)> {
    if let Some(inside) = path.strip_prefix('[') {
        for quote in ['"', '\''] {
            if let Some(name) = inside.strip_prefix(quote) {
                let (name, tail) = name.split_once(quote)?;
                return Some((Step::Member(name), tail.strip_prefix(']')?));
            }
        }
        let (index, tail) = inside.split_once(']')?;
        return Some((Step::Element(index.trim().parse().ok()?), tail));
    }
    let path = path.strip_prefix('.').unwrap_or(path);
    let end = path.find(['.', '[']).unwrap_or(path.len());
    let (name, tail) = path.split_at_checked(end)?;
    (!name.is_empty()).then_some((Step::Member(name), tail))
}
