//! Rows of tables: the columns of a type, and cells by the types of their columns.

use rustchain_plan::Type;
use rustchain_plan::types::{Schema, Schemas};
use serde_json::Value as Json;
use std::collections::BTreeSet;

/// The columns of a record type: wire name and type, in order. `None`: the type is no record.
pub fn columns(ty: &Type, schemas: &Schemas) -> Option<Vec<(String, Type)>> {
    match ty {
        Type::Record(fields) => {
            Some(fields.iter().map(|(name, ty)| (name.to_string(), ty.clone())).collect())
        }
        Type::Named(name) => match schemas.get(name) {
            Some(Schema::Record(record)) => {
                Some(record.fields.iter().map(|f| (f.wire.to_string(), f.ty.clone())).collect())
            }
            _ => None,
        },
        _ => None,
    }
}

/// The columns of rows as JSON objects: those of their type, or every key in order.
pub fn columns_of(rows: &[Json], ty: &Type, schemas: &Schemas) -> Vec<(String, Type)> {
    columns(ty, schemas).unwrap_or_else(|| {
        let keys: BTreeSet<&String> =
            rows.iter().filter_map(Json::as_object).flat_map(|row| row.keys()).collect();
        keys.into_iter().map(|key| (key.clone(), Type::Json)).collect()
    })
}

/// The type of a column: of the record's field, or of the map's values.
pub fn column_type<'a>(columns: Option<&'a [(String, Type)]>, ty: &'a Type, name: &str) -> &'a Type {
    match (columns, ty) {
        (Some(columns), _) => columns.iter().find(|(n, _)| n == name).map_or(&Type::Json, |(_, ty)| ty),
        (None, Type::Map(inner)) => inner,
        (None, _) => &Type::Json,
    }
}

/// A cell of text as JSON for a column: nothing is null where the column may be null; numbers, bools and
/// structures are read; everything else stays text.
pub fn from_text(text: &str, ty: &Type, schemas: &Schemas) -> Json {
    if let Type::Optional(inner) = ty {
        return if text.is_empty() { Json::Null } else { from_text(text, inner, schemas) };
    }
    let reads = match ty {
        Type::Bool | Type::Int | Type::Float | Type::List(_) | Type::Map(_) | Type::Record(_) => true,
        Type::Named(name) => matches!(schemas.get(name), Some(Schema::Record(_))),
        _ => false,
    };
    match (reads, ty) {
        (true, Type::Bool) => match text.trim().to_ascii_lowercase().as_str() {
            "true" => Json::Bool(true),
            "false" => Json::Bool(false),
            _ => Json::from(text),
        },
        (true, _) => serde_json::from_str(text.trim()).unwrap_or_else(|_| Json::from(text)),
        (false, _) => Json::from(text),
    }
}

/// A cell as text: null is nothing, text is itself, everything else compact JSON.
pub fn to_text(json: Option<&Json>) -> String {
    match json {
        None | Some(Json::Null) => String::new(),
        Some(Json::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    }
}
