//! Conversions between types.

use super::compare;
use super::error::EvalError;
use super::meter::Meter;
use crate::codec::{self, Decoder, encode};
use crate::expr::Conversion;
use crate::types::{Schema, Schemas, Type};
use crate::value::Value;
use smol_str::SmolStr;
use std::collections::BTreeMap;
use std::sync::Arc;

type Eval = Result<Value, EvalError>;

pub(super) fn convert(
    how: Conversion,
    to: &Type,
    value: Value,
    schemas: &Schemas,
    meter: &mut Meter,
    depth: u32,
) -> Eval {
    match how {
        Conversion::Widen => widen(&value, to, schemas, meter, depth),
        Conversion::Decode => decode(&value, to, schemas, meter, depth),
        Conversion::Parse => parse(&value, to),
    }
}

fn decode(value: &Value, to: &Type, schemas: &Schemas, meter: &mut Meter, depth: u32) -> Eval {
    let mut decoder = Decoder { schemas, meter, depth };
    match value {
        Value::Json(json) if *to == Type::Json => Ok(Value::Json(json.clone())),
        Value::Json(json) => Ok(decoder.decode(json, to)?),
        other => {
            compare::check_size(other, decoder.meter)?;
            Ok(decoder.decode(&encode(other, schemas), to)?)
        }
    }
}

fn parse(value: &Value, to: &Type) -> Eval {
    let to = to.non_null();
    if value.is_null() {
        return Ok(Value::Null);
    }
    let text = value.as_text().ok_or_else(|| no_way(value, to))?;
    codec::decode_scalar_text(text, to).ok_or_else(|| EvalError::parse(format!("`{text}` is no {to}")))
}

fn no_way(value: &Value, to: &Type) -> EvalError {
    EvalError::invalid(format!("{} is no {to}", value.form()))
}

fn widen(value: &Value, to: &Type, schemas: &Schemas, meter: &mut Meter, depth: u32) -> Eval {
    meter.steps(1)?;
    let depth = depth.checked_sub(1).ok_or_else(|| EvalError::invalid("the value is nested too deeply"))?;
    match (to, value) {
        (Type::Json, _) => to_json(value, schemas, meter),
        (_, Value::Null) => Ok(Value::Null),
        (Type::Optional(inner), _) => widen(value, inner, schemas, meter, depth),
        (Type::Float, Value::Int(n)) => Ok(Value::Float(*n as f64)),
        (Type::String, _) if value.as_text().is_some() => retag(value, Value::String),
        (Type::Path, _) if value.as_text().is_some() => retag(value, Value::Path),
        (Type::Url, _) if value.as_text().is_some() => retag(value, Value::Url),
        (Type::List(inner), Value::List(items)) if changes(inner, schemas) => {
            meter.room_values(items.len())?;
            let items = items.iter().map(|item| widen(item, inner, schemas, meter, depth));
            Ok(Value::list(items.collect::<Result<_, _>>()?))
        }
        (Type::Map(inner), Value::Map(entries) | Value::Record(None, entries)) => {
            widen_fields(entries, |_| Some(&**inner), schemas, meter, depth).map(|e| Value::Map(Arc::new(e)))
        }
        (Type::Record(types), Value::Record(_, entries)) => {
            let made = widen_fields(entries, |name| types.get(name), schemas, meter, depth)?;
            Ok(Value::Record(None, Arc::new(made)))
        }
        (Type::Named(name), Value::Record(None, entries) | Value::Map(entries)) => {
            named(name, entries, schemas, meter, depth)
        }
        _ => Ok(value.clone()),
    }
}

fn retag(value: &Value, form: fn(Arc<str>) -> Value) -> Eval {
    match value {
        Value::String(text) | Value::Url(text) | Value::Path(text) => Ok(form(text.clone())),
        other => Ok(other.clone()),
    }
}

pub(super) fn to_json(value: &Value, schemas: &Schemas, meter: &mut Meter) -> Eval {
    match value {
        Value::Json(_) | Value::Null => Ok(value.clone()),
        other => {
            compare::check_size(other, meter)?;
            Ok(Value::json(encode(other, schemas)))
        }
    }
}

fn widen_fields<'t>(
    entries: &BTreeMap<SmolStr, Value>,
    ty: impl Fn(&SmolStr) -> Option<&'t Type>,
    schemas: &Schemas,
    meter: &mut Meter,
    depth: u32,
) -> Result<BTreeMap<SmolStr, Value>, EvalError> {
    meter.room_values(entries.len().saturating_mul(2))?;
    let mut out = BTreeMap::new();
    for (name, value) in entries {
        let value = match ty(name) {
            Some(ty) => widen(value, ty, schemas, meter, depth)?,
            None => value.clone(),
        };
        out.insert(name.clone(), value);
    }
    Ok(out)
}

/// An anonymous record as a nominal one: defaults fill what is missing.
fn named(
    name: &SmolStr,
    entries: &BTreeMap<SmolStr, Value>,
    schemas: &Schemas,
    meter: &mut Meter,
    depth: u32,
) -> Eval {
    let Some(Schema::Record(schema)) = schemas.get(name) else {
        return Err(EvalError::invalid(format!("`{name}` is no record")));
    };
    meter.room_values(schema.fields.len().saturating_mul(2))?;
    let mut out = BTreeMap::new();
    for field in &schema.fields {
        let value = match entries.get(&field.name) {
            Some(value) => widen(value, &field.ty, schemas, meter, depth)?,
            None => match (&field.default, &field.ty) {
                (Some(default), _) => default.clone(),
                (None, Type::Optional(_)) => Value::Null,
                _ => return Err(EvalError::invalid(format!("`{}` of `{name}` is missing", field.name))),
            },
        };
        out.insert(field.name.clone(), value);
    }
    Ok(Value::Record(Some(name.clone()), Arc::new(out)))
}

/// Can widening to this type change a value at all?
fn changes(ty: &Type, schemas: &Schemas) -> bool {
    match ty {
        Type::Float | Type::Json | Type::Path | Type::Url | Type::String | Type::Record(_) => true,
        Type::Named(name) => matches!(schemas.get(name), Some(Schema::Record(_))),
        Type::List(inner) | Type::Map(inner) | Type::Optional(inner) => changes(inner, schemas),
        _ => false,
    }
}
