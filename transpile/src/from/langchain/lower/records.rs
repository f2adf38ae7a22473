//! Schemas as records and enums.

use super::Body;
use crate::from::langchain::model::{Effect, Origin, Schema};
use crate::from::langchain::schema::{name_of, properties};
use crate::from::lower::text::{docs, string};
use crate::from::lower::{Fate, names};
use serde_json::Value as Json;

/// Deepest record inside a record.
const MAX_DEPTH: u32 = 8;

/// The name of the record of a schema.
pub(in crate::from::langchain) fn of(body: &mut Body<'_, '_>, schema: &Schema, origin: &Origin) -> String {
    record(body, &schema.name, &schema.json, origin, 0)
}

fn record(body: &mut Body<'_, '_>, name: &str, json: &Json, origin: &Origin, depth: u32) -> String {
    if depth >= MAX_DEPTH || json.get("properties").is_none() {
        return "json".into();
    }
    let mut lines = String::new();
    for (field, schema) in properties(json) {
        let ty = field_type(body, (name, json), (field, schema), origin, depth);
        let id = names::identifier(field);
        let wire = if id == *field { String::new() } else { format!(" as {}", string(field)) };
        let bounds = constraint(schema, &id);
        let default = match schema.get("default") {
            Some(default) => default_code(default, &ty).map(|d| format!(" = {d}")).unwrap_or_default(),
            None if !is_required(json, field) => " = null".into(),
            None => String::new(),
        };
        if let Some(text) = schema.get("description").and_then(Json::as_str) {
            lines.push_str(&docs(text, 2));
        }
        lines.push_str(&format!("  {id}{wire}: {ty}{bounds}{default}\n"));
    }
    let doc = json.get("description").and_then(Json::as_str).map(|d| docs(d, 0)).unwrap_or_default();
    let shown = names::type_name(name);
    body.shared
        .declare(format!("record {shown} {json}"), &shown, |name| format!("{doc}record {name} {{\n{lines}}}"))
}

fn is_required(json: &Json, field: &str) -> bool {
    let required = json.get("required").and_then(Json::as_array);
    required.into_iter().flatten().any(|name| name == field)
}

/// The type of a field, by name and schema, of a record, by name and schema.
pub(in crate::from::langchain) fn field_type(
    body: &mut Body<'_, '_>,
    (record, whole): (&str, &Json),
    (field, schema): (&str, &Json),
    origin: &Origin,
    depth: u32,
) -> String {
    let inner = format!("{record}{}", names::type_name(field));
    let mut ty = type_of(body, &inner, schema, origin, depth);
    let null_default = schema.get("default").is_some_and(Json::is_null);
    let may_lack = !is_required(whole, field) && schema.get("default").is_none();
    if (null_default || may_lack) && !ty.ends_with('?') && ty != "json" {
        ty.push('?');
    }
    ty
}

/// The type of a schema.
pub(super) fn type_of(
    body: &mut Body<'_, '_>,
    name: &str,
    json: &Json,
    origin: &Origin,
    depth: u32,
) -> String {
    // A class of the file keeps its name.
    let name = name_of(json).unwrap_or(name);
    if let Some(values) = json.get("enum").and_then(Json::as_array) {
        return enumeration(body, name, values);
    }
    if let Some(value) = json.get("const").and_then(Json::as_str) {
        return enumeration(body, name, &[Json::String(value.to_owned())]);
    }
    if let Some(any) = json.get("anyOf").and_then(Json::as_array) {
        let rest: Vec<&Json> = any.iter().filter(|j| j.get("type").is_none_or(|t| t != "null")).collect();
        return match (rest.as_slice(), rest.len() < any.len()) {
            ([one], true) => {
                let inner = type_of(body, name, one, origin, depth);
                if inner.ends_with('?') || inner == "json" { inner } else { format!("{inner}?") }
            }
            ([one], false) => type_of(body, name, one, origin, depth),
            _ => "json".into(),
        };
    }
    match json.get("type").and_then(Json::as_str) {
        Some("string") => match json.get("format").and_then(Json::as_str) {
            Some("date-time") => "timestamp".into(),
            _ => "string".into(),
        },
        Some("integer") => "int".into(),
        Some("number") => "float".into(),
        Some("boolean") => "bool".into(),
        Some("array") => {
            let items = json.get("items").cloned().unwrap_or(Json::Null);
            format!("list<{}>", type_of(body, name, &items, origin, depth + 1))
        }
        Some("object") if json.get("properties").is_some() => record(body, name, json, origin, depth + 1),
        Some("object") => match json.get("additionalProperties") {
            Some(more @ Json::Object(_)) => {
                format!("map<string, {}>", type_of(body, name, more, origin, depth + 1))
            }
            _ => "json".into(),
        },
        _ => {
            if !json.as_object().is_some_and(serde_json::Map::is_empty) && !json.is_null() {
                let message = format!("the type of `{name}` is any JSON here");
                body.shared.note(Fate::Approximated, Effect::Setting, message, origin);
            }
            "json".into()
        }
    }
}

fn enumeration(body: &mut Body<'_, '_>, name: &str, values: &[Json]) -> String {
    let Some(texts): Option<Vec<&str>> = values.iter().map(Json::as_str).collect() else {
        return "json".into();
    };
    let mut used = names::Names::default();
    let members: Vec<String> = texts
        .iter()
        .map(|t| {
            let id = used.fresh(t);
            if id == *t { id } else { format!("{id} = {}", string(t)) }
        })
        .collect();
    let shown = names::type_name(name);
    body.shared.declare(format!("enum {shown} {texts:?}"), &shown, |name| {
        format!("enum {name} {{ {} }}", members.join(", "))
    })
}

pub(super) fn constraint(json: &Json, field: &str) -> String {
    let target = match json.get("anyOf").and_then(Json::as_array) {
        Some(any) => any.iter().find(|j| j.get("type").is_some_and(|t| t != "null")).unwrap_or(json),
        None => json,
    };
    let mut tests = Vec::new();
    let whole = target.get("type").is_some_and(|t| t == "integer");
    for (key, op) in
        [("minimum", ">="), ("exclusiveMinimum", ">"), ("maximum", "<="), ("exclusiveMaximum", "<")]
    {
        let Some(n) = target.get(key) else { continue };
        let shown = match (whole, n.as_i64(), n.as_f64()) {
            (true, Some(i), _) => i.to_string(),
            (false, _, Some(f)) => {
                super::provider::argument(&crate::from::langchain::model::Data::Float(f)).unwrap_or_default()
            }
            _ => continue,
        };
        tests.push(format!("{field} {op} {shown}"));
    }
    if tests.is_empty() { String::new() } else { format!(" where {}", tests.join(" && ")) }
}

pub(super) fn default_code(json: &Json, ty: &str) -> Option<String> {
    Some(match json {
        Json::Null => "null".into(),
        Json::Bool(b) => b.to_string(),
        Json::Number(n) if ty.trim_end_matches('?') == "float" => {
            super::provider::argument(&crate::from::langchain::model::Data::Float(n.as_f64()?))?
        }
        Json::Number(n) => n.to_string(),
        Json::String(s) => match ty.trim_end_matches('?') {
            "string" => string(s),
            "timestamp" | "json" => return None,
            own => format!("{own}.{}", names::identifier(s)),
        },
        Json::Array(items) if items.is_empty() => "[]".into(),
        _ => return None,
    })
}
