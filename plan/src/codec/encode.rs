//! Values to JSON.

use super::{base64, duration, timestamp};
use crate::types::{RecordSchema, Schema, Schemas};
use crate::value::Value;
use serde_json::Value as Json;
use smol_str::SmolStr;

/// The JSON of a value: wire names, timestamps as RFC 3339, durations as ISO 8601, bytes as base64.
pub fn encode(value: &Value, schemas: &Schemas) -> Json {
    match value {
        Value::Null => Json::Null,
        Value::Bool(b) => Json::Bool(*b),
        Value::Int(n) => Json::from(*n),
        Value::Float(n) => Json::from(*n),
        Value::String(s) | Value::Url(s) | Value::Path(s) => Json::from(&**s),
        Value::Bytes(bytes) => Json::from(base64::encode(bytes)),
        Value::Timestamp(t) => Json::from(timestamp::format_timestamp(*t)),
        Value::Duration(d) => Json::from(duration::format_iso(*d)),
        Value::Json(json) => json.as_ref().clone(),
        Value::List(items) => Json::Array(items.iter().map(|item| encode(item, schemas)).collect()),
        Value::Map(entries) => {
            Json::Object(entries.iter().map(|(k, v)| (k.to_string(), encode(v, schemas))).collect())
        }
        Value::Record(name, fields) => {
            let schema = name.as_ref().and_then(|n| record_schema(n, schemas));
            let wire = |name: &SmolStr| {
                schema
                    .and_then(|s| s.fields.iter().find(|f| f.name == *name))
                    .map_or_else(|| name.to_string(), |f| f.wire.to_string())
            };
            Json::Object(fields.iter().map(|(k, v)| (wire(k), encode(v, schemas))).collect())
        }
        Value::Enum(name, member) => Json::from(wire_of_member(name, member, schemas)),
    }
}

/// The schema of a record.
pub(super) fn record_schema<'s>(name: &str, schemas: &'s Schemas) -> Option<&'s RecordSchema> {
    match schemas.get(name) {
        Some(Schema::Record(schema)) => Some(schema),
        _ => None,
    }
}

/// The wire name of a member; its own name where the schema is not there.
pub(crate) fn wire_of_member<'s>(name: &str, member: &'s str, schemas: &'s Schemas) -> &'s str {
    match schemas.get(name) {
        Some(Schema::Enum(schema)) => {
            schema.members.iter().find(|m| m.name == member).map_or(member, |m| m.wire.as_str())
        }
        _ => member,
    }
}
