//! Values: what steps give and expressions compute. Cheap to clone.

use crate::wire::{exact_json, wide};
use serde::{Deserialize, Serialize};
use smol_str::SmolStr;
use std::collections::BTreeMap;
use std::sync::Arc;

/// A value. Its type is known from the plan; `Record` and `Enum` carry their names for messages.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Value {
    /// `null`, also of type unit.
    Null,
    /// A bool.
    Bool(bool),
    /// An int.
    Int(#[serde(with = "wide")] i64),
    /// A finite float.
    Float(f64),
    /// A string.
    String(Arc<str>),
    /// Bytes.
    Bytes(Arc<[u8]>),
    /// Nanoseconds since 1970-01-01T00:00:00Z.
    Timestamp(#[serde(with = "wide")] i64),
    /// Nanoseconds.
    Duration(#[serde(with = "wide")] i64),
    /// A URL, normalised where it was checked.
    Url(Arc<str>),
    /// A path as written.
    Path(Arc<str>),
    /// A JSON value that was not decoded.
    Json(#[serde(with = "exact_json")] Arc<serde_json::Value>),
    /// A list.
    List(Arc<Vec<Value>>),
    /// A map.
    Map(Arc<BTreeMap<SmolStr, Value>>),
    /// A record; the name is `None` for anonymous records.
    Record(Option<SmolStr>, Arc<BTreeMap<SmolStr, Value>>),
    /// A member of an enum: its type, its name.
    Enum(SmolStr, SmolStr),
}

impl Value {
    /// A string value.
    pub fn string(text: impl AsRef<str>) -> Value {
        Value::String(Arc::from(text.as_ref()))
    }

    /// A list value.
    pub fn list(items: Vec<Value>) -> Value {
        Value::List(Arc::new(items))
    }

    /// A JSON value.
    pub fn json(value: serde_json::Value) -> Value {
        Value::Json(Arc::new(value))
    }

    /// The text of a string, url or path.
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Value::String(s) | Value::Url(s) | Value::Path(s) => Some(s),
            _ => None,
        }
    }

    /// True for null.
    pub fn is_null(&self) -> bool {
        matches!(self, Value::Null)
    }

    /// A JSON value as a value of type json; JSON's null is `Null`.
    pub fn from_json(value: &serde_json::Value) -> Value {
        match value {
            serde_json::Value::Null => Value::Null,
            other => Value::Json(Arc::new(other.clone())),
        }
    }

    /// What it is, with an article, for messages: "a string".
    pub fn form(&self) -> &'static str {
        match self {
            Value::Null => "null",
            Value::Bool(_) => "a bool",
            Value::Int(_) => "an int",
            Value::Float(_) => "a float",
            Value::String(_) => "a string",
            Value::Bytes(_) => "bytes",
            Value::Timestamp(_) => "a timestamp",
            Value::Duration(_) => "a duration",
            Value::Url(_) => "a url",
            Value::Path(_) => "a path",
            Value::Json(_) => "a json",
            Value::List(_) => "a list",
            Value::Map(_) => "a map",
            Value::Record(..) => "a record",
            Value::Enum(..) => "an enum member",
        }
    }
}
