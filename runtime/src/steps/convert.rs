//! Values from JSON and back, and the records that steps give.

use crate::context::RunContext;
use crate::step::{StepCall, StepError};
use rustchain_plan::{ErrorKind, Type, Value};
use smol_str::SmolStr;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Decodes JSON against a type by its wire names.
///
/// # Errors
/// Kinds `parse_error` and `constraint`.
pub fn decode(context: &RunContext, json: serde_json::Value, ty: &Type) -> Result<Value, StepError> {
    match ty {
        Type::Json => Ok(Value::json(json)),
        Type::Unit | Type::Null => Ok(Value::Null),
        _ => rustchain_plan::decode(&json, ty, &context.plan.schemas)
            .map_err(|e| StepError::new(e.kind, e.to_string())),
    }
}

/// A value as JSON, with wire names.
pub fn encode(context: &RunContext, value: &Value) -> serde_json::Value {
    rustchain_plan::encode(value, &context.plan.schemas)
}

/// Reads a text as a type: `string` takes it as it is, `bytes` its bytes, `unit` drops it, every other
/// type reads JSON. An empty text is JSON null.
///
/// # Errors
/// Kinds `parse_error` and `constraint`.
pub fn decode_body(context: &RunContext, bytes: &[u8], ty: &Type) -> Result<Value, StepError> {
    match ty {
        Type::Unit => Ok(Value::Null),
        Type::Bytes => Ok(Value::Bytes(Arc::from(bytes))),
        Type::String => Ok(Value::string(utf8(bytes)?)),
        Type::Optional(inner) if bytes.is_empty() || **inner == Type::Json && bytes == b"null" => {
            Ok(Value::Null)
        }
        Type::Optional(inner) => decode_body(context, bytes, inner),
        _ => decode(context, parse_json(bytes)?, ty),
    }
}

/// The JSON value a text spells; an empty text spells null.
///
/// # Errors
/// Kind `parse_error` with an excerpt of the text.
pub fn parse_json(bytes: &[u8]) -> Result<serde_json::Value, StepError> {
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return Ok(serde_json::Value::Null);
    }
    serde_json::from_slice(bytes).map_err(|e| {
        let text = excerpt(&String::from_utf8_lossy(bytes), 200);
        StepError::new(ErrorKind::ParseError, format!("the body is no JSON ({e}): {text}"))
    })
}

/// Bytes as UTF-8 text, without a byte order mark.
///
/// # Errors
/// Kind `parse_error`.
pub fn utf8(bytes: &[u8]) -> Result<&str, StepError> {
    let text = std::str::from_utf8(bytes).map_err(|e| {
        StepError::new(ErrorKind::ParseError, format!("the text is no UTF-8 at byte {}", e.valid_up_to()))
    })?;
    Ok(text.strip_prefix('\u{feff}').unwrap_or(text))
}

/// The start of a text in one line, at most `length` characters.
pub fn excerpt(text: &str, length: usize) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(length) {
        Some((at, _)) => format!("{}…", line.get(..at).unwrap_or_default()),
        None => line,
    }
}

/// A record of the call's result type.
pub fn record<const N: usize>(call: &StepCall<'_>, fields: [(&'static str, Value); N]) -> Value {
    record_of(call.result, fields)
}

/// A record of a type; its name is that of the type, or of the elements of a list.
pub fn record_of<const N: usize>(ty: &Type, fields: [(&'static str, Value); N]) -> Value {
    let name = match ty {
        Type::Named(name) => Some(name.clone()),
        Type::List(inner) | Type::Optional(inner) => match inner.non_null() {
            Type::Named(name) => Some(name.clone()),
            _ => None,
        },
        _ => None,
    };
    let fields: BTreeMap<SmolStr, Value> =
        fields.into_iter().map(|(name, value)| (SmolStr::new_static(name), value)).collect();
    Value::Record(name, Arc::new(fields))
}

/// A size or count as an int.
pub fn int(number: impl TryInto<i64>) -> Value {
    Value::Int(number.try_into().unwrap_or(i64::MAX))
}

/// A path value.
pub fn path(text: impl AsRef<str>) -> Value {
    Value::Path(Arc::from(text.as_ref()))
}

/// The first type argument; `fallback` where there is none.
pub fn type_arg<'a>(call: &StepCall<'a>, fallback: &'a Type) -> &'a Type {
    call.type_args.first().unwrap_or(fallback)
}

/// Runs blocking work on a thread for it.
///
/// # Errors
/// The work's; kind `io` where it was given up.
pub async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, StepError> + Send + 'static,
) -> Result<T, StepError> {
    match tokio::task::spawn_blocking(work).await {
        Ok(result) => result,
        Err(_) => Err(StepError::new(ErrorKind::Io, "the work was given up")),
    }
}
