//! Values as the text of a template's hole.

use crate::codec::{encode, format_duration, format_timestamp, wire_of_member};
use crate::types::Schemas;
use crate::value::Value;
use std::borrow::Cow;

/// Text, numbers, bools, paths and urls as they are, enums by wire name, timestamps as RFC 3339, durations
/// as missions write them, bytes as base64, null, json, lists, maps and records as compact JSON.
pub fn render<'v>(value: &'v Value, schemas: &'v Schemas) -> Cow<'v, str> {
    match value {
        Value::String(s) | Value::Url(s) | Value::Path(s) => Cow::Borrowed(s),
        Value::Bool(b) => Cow::Borrowed(if *b { "true" } else { "false" }),
        Value::Int(n) => Cow::Owned(n.to_string()),
        Value::Timestamp(t) => Cow::Owned(format_timestamp(*t)),
        Value::Duration(d) => Cow::Owned(format_duration(*d)),
        Value::Enum(name, member) => Cow::Borrowed(wire_of_member(name, member, schemas)),
        Value::Json(json) => Cow::Owned(json.to_string()),
        Value::Bytes(bytes) => Cow::Owned(crate::codec::base64::encode(bytes)),
        Value::Null | Value::Float(_) | Value::List(_) | Value::Map(_) | Value::Record(..) => {
            Cow::Owned(encode(value, schemas).to_string())
        }
    }
}
