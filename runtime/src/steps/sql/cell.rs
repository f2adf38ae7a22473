//! Values of columns.

use rusqlite::types::{Value as Sql, ValueRef};
use rustchain_plan::types::{Schema, Schemas};
use rustchain_plan::{Type, Value};
use serde_json::Value as Json;

/// JSON as a parameter: structures as JSON text, bools as 0 and 1.
pub fn from_json(json: Json) -> Sql {
    match json {
        Json::Null => Sql::Null,
        Json::Bool(b) => Sql::Integer(i64::from(b)),
        Json::Number(n) => match (n.as_i64(), n.as_f64()) {
            (Some(n), _) => Sql::Integer(n),
            (None, Some(x)) => Sql::Real(x),
            (None, None) => Sql::Text(n.to_string()),
        },
        Json::String(text) => Sql::Text(text),
        other => Sql::Text(other.to_string()),
    }
}

/// A column of a row as JSON for a type. SQLite has no bools and no structures: their types say how a
/// number or a text is read. A blob is base64 text.
pub fn to_json(cell: ValueRef<'_>, ty: &Type, schemas: &Schemas) -> Json {
    match (cell, ty.non_null()) {
        (ValueRef::Null, _) => Json::Null,
        (ValueRef::Integer(n @ 0..=1), Type::Bool) => Json::Bool(n == 1),
        (ValueRef::Integer(n), _) => Json::from(n),
        (ValueRef::Real(x), _) => Json::from(x),
        (ValueRef::Text(text), ty) => {
            let text = String::from_utf8_lossy(text);
            let structure = is_structure(ty, schemas).then(|| serde_json::from_str(&text).ok()).flatten();
            structure.unwrap_or_else(|| Json::from(text.into_owned()))
        }
        (ValueRef::Blob(bytes), _) => rustchain_plan::encode(&Value::Bytes(bytes.into()), schemas),
    }
}

/// Is it written as JSON text?
fn is_structure(ty: &Type, schemas: &Schemas) -> bool {
    match ty {
        Type::List(_) | Type::Map(_) | Type::Record(_) => true,
        Type::Named(name) => matches!(schemas.get(name), Some(Schema::Record(_))),
        _ => false,
    }
}
