//! The fields of a class that `create_model` makes of types that are values.

use super::classes::of_class;
use super::{FieldInfo, MAX_DEPTH, ORDER, TypeSchema, apply, external, field_of_value, literal_of, property};
use crate::from::langchain::names::last;
use crate::from::langchain::state::M;
use crate::python::{Object, SymbolKind, Value};
use serde_json::{Value as Json, json};

/// Adds `field=(type, default)` of a class that `create_model` makes to the schema of an object.
///
/// # Errors
/// The type is not known; the field is there without one.
pub(in crate::from::langchain) fn add_field(
    m: &M<'_>,
    json: &mut Json,
    name: &str,
    value: &Value,
) -> Result<(), String> {
    let parts = m.as_items(value).unwrap_or_else(|| vec![value.clone(), Value::Ellipsis]);
    let ty = parts.first().and_then(|ty| of_type(m, ty, 1));
    let known = ty.is_some();
    let mut out =
        TypeSchema { json: ty.unwrap_or_else(|| json!({})), field: FieldInfo::default(), injected: false };
    match parts.get(1) {
        None | Some(Value::Ellipsis) => {}
        Some(default) => {
            let info = field_of_value(m, default).unwrap_or_else(|| FieldInfo {
                default: m.to_json(default, 0),
                has_default: true,
                ..FieldInfo::default()
            });
            apply(&mut out, info);
        }
    }
    let needed = !out.field.has_default;
    let members = [("properties", json!({ name: property(out) })), (ORDER, json!([name]))];
    for (key, new) in members {
        match (json.get_mut(key), new) {
            (Some(Json::Object(old)), Json::Object(new)) => old.extend(new),
            (Some(Json::Array(old)), Json::Array(new)) => old.extend(new),
            (_, new) => json[key] = new,
        }
    }
    if needed {
        match json.get_mut("required").and_then(Json::as_array_mut) {
            Some(required) => required.push(name.into()),
            None => json["required"] = json!([name]),
        }
    }
    match (known, parts.first()) {
        (true, _) => Ok(()),
        (false, Some(ty)) => Err(m.describe(ty)),
        (false, None) => Err("it has no type".into()),
    }
}

/// The schema of a type that is a value: `str`, a class, `list[str]`, `Optional[int]`.
fn of_type(m: &M<'_>, value: &Value, depth: u32) -> Option<Json> {
    if depth > MAX_DEPTH {
        return None;
    }
    match value {
        Value::None => Some(json!({ "type": "null" })),
        Value::External(path) => external(path),
        Value::Obj(_) => match m.object_of(value)? {
            Object::Class(class) => of_class(m, value, &class.clone(), depth + 1),
            _ => None,
        },
        Value::Symbol(symbol) => match &symbol.kind {
            SymbolKind::Item(base, key) => generic(m, base, key, depth),
            SymbolKind::Op("|", members) => any_of(m, members, depth),
            _ => None,
        },
        _ => None,
    }
}

fn any_of(m: &M<'_>, members: &[Value], depth: u32) -> Option<Json> {
    let mut any: Vec<Json> = Vec::new();
    for member in members {
        let one = of_type(m, member, depth + 1)?;
        let inner = one.get("anyOf").and_then(Json::as_array).cloned().unwrap_or_else(|| vec![one]);
        any.extend(inner);
    }
    let mut distinct: Vec<Json> = Vec::new();
    for one in any {
        if !distinct.contains(&one) {
            distinct.push(one);
        }
    }
    Some(if distinct.len() == 1 { distinct.swap_remove(0) } else { json!({ "anyOf": distinct }) })
}

fn generic(m: &M<'_>, base: &Value, key: &Value, depth: u32) -> Option<Json> {
    let Value::External(path) = base else { return None };
    let keys = m.as_items(key).unwrap_or_else(|| vec![key.clone()]);
    let one = |at: usize| of_type(m, keys.get(at)?, depth + 1);
    Some(match last(path) {
        "Optional" => any_of(m, &[keys.first()?.clone(), Value::None], depth)?,
        "Union" => any_of(m, &keys, depth)?,
        "list" | "List" | "Sequence" | "Iterable" => json!({ "type": "array", "items": one(0)? }),
        "set" | "Set" => json!({ "type": "array", "items": one(0)?, "uniqueItems": true }),
        "dict" | "Dict" | "Mapping" => {
            let value = one(1)?;
            let more = if value == json!({}) { Json::Bool(true) } else { value };
            json!({ "type": "object", "additionalProperties": more })
        }
        "Literal" => literal_of(keys.iter().map(|k| m.to_json(k, 0)).collect::<Option<Vec<_>>>()?)?,
        _ => return None,
    })
}
