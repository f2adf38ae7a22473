//! Types of values, and the schemas of nominal records and enums.

use crate::expr::Expr;
use crate::label::Labels;
use crate::value::Value;
use serde::{Deserialize, Serialize};
use smol_str::SmolStr;
use std::collections::BTreeMap;

/// The type of a value.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Type {
    /// `bool`.
    Bool,
    /// `int`, 64 bit signed.
    Int,
    /// `float`, IEEE double, finite.
    Float,
    /// `string`, UTF-8.
    String,
    /// `bytes`.
    Bytes,
    /// `timestamp`, nanoseconds since 1970 UTC.
    Timestamp,
    /// `duration`, nanoseconds.
    Duration,
    /// `url`.
    Url,
    /// `path`.
    Path,
    /// `json`: any JSON value.
    Json,
    /// `unit`: only null.
    Unit,
    /// The type of `null` alone and of `[]`'s missing elements; fits every `T?`.
    Null,
    /// `list<T>`.
    List(Box<Type>),
    /// `map<string, T>`.
    Map(Box<Type>),
    /// `T?`; never nested.
    Optional(Box<Type>),
    /// A nominal record or enum: the key of a [`Schema`]. A generic record of the standard library is
    /// instantiated under a key such as `Response<string>`.
    Named(SmolStr),
    /// `{ a: T }`, fields sorted by name.
    Record(BTreeMap<SmolStr, Type>),
    /// A type parameter, inside signatures only.
    Param(SmolStr),
    /// A generic record with its arguments, inside signatures only: `Response<T>`.
    Applied(SmolStr, Vec<Type>),
    /// A model provider (argument `model:` of `ask`).
    Provider,
    /// A memory store (`vector`, `chat.log`).
    Memory,
    /// A callable given as a tool.
    Tool,
    /// Absorbs: what it touches was reported already.
    Error,
}

impl Type {
    /// `T?`, flattened.
    pub fn optional(self) -> Type {
        match self {
            Type::Optional(_) | Type::Null | Type::Unit | Type::Error => self,
            other => Type::Optional(Box::new(other)),
        }
    }

    /// `list<T>`.
    pub fn list(self) -> Type {
        Type::List(Box::new(self))
    }

    /// `map<string, T>`.
    pub fn map(self) -> Type {
        Type::Map(Box::new(self))
    }

    /// `T` of `T?`, or the type itself.
    pub fn non_null(&self) -> &Type {
        match self {
            Type::Optional(inner) => inner,
            other => other,
        }
    }
}

impl std::fmt::Display for Type {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let word = match self {
            Type::Bool => "bool",
            Type::Int => "int",
            Type::Float => "float",
            Type::String => "string",
            Type::Bytes => "bytes",
            Type::Timestamp => "timestamp",
            Type::Duration => "duration",
            Type::Url => "url",
            Type::Path => "path",
            Type::Json => "json",
            Type::Unit => "unit",
            Type::Null => "null",
            Type::Provider => "provider",
            Type::Memory => "memory",
            Type::Tool => "tool",
            Type::Error => "?",
            Type::List(t) => return write!(f, "list<{t}>"),
            Type::Map(t) => return write!(f, "map<string, {t}>"),
            Type::Optional(t) => return write!(f, "{t}?"),
            Type::Named(n) | Type::Param(n) => n.as_str(),
            Type::Applied(name, args) => {
                let args: Vec<String> = args.iter().map(Type::to_string).collect();
                return write!(f, "{name}<{}>", args.join(", "));
            }
            Type::Record(fields) => {
                f.write_str("{ ")?;
                for (i, (name, ty)) in fields.iter().enumerate() {
                    write!(f, "{}{name}: {ty}", if i == 0 { "" } else { ", " })?;
                }
                return f.write_str(" }");
            }
        };
        f.write_str(word)
    }
}

/// A nominal type.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Schema {
    /// A record.
    Record(RecordSchema),
    /// An enum.
    Enum(EnumSchema),
}

/// A record: closed.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct RecordSchema {
    /// `///` text.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub doc: String,
    /// In declaration order.
    pub fields: Vec<FieldSchema>,
}

/// A field of a record.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FieldSchema {
    /// The name in missions.
    pub name: SmolStr,
    /// The name in JSON.
    pub wire: SmolStr,
    /// `///` text.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub doc: String,
    /// Its type.
    #[serde(rename = "type")]
    pub ty: Type,
    /// Labels its values always carry.
    #[serde(default, skip_serializing_if = "Labels::is_empty_ref")]
    pub labels: Labels,
    /// `where c`: `Local(name)` stands for the value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub constraint: Option<Expr>,
    /// `= d`, constant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default: Option<Value>,
}

/// An enum; members ordered, lowest first.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct EnumSchema {
    /// `///` text.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub doc: String,
    /// In order.
    pub members: Vec<MemberSchema>,
}

/// A member of an enum.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MemberSchema {
    /// The name in missions.
    pub name: SmolStr,
    /// The name in JSON.
    pub wire: SmolStr,
    /// `///` text.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub doc: String,
}

/// The nominal types of a plan, by name.
pub type Schemas = BTreeMap<SmolStr, Schema>;
