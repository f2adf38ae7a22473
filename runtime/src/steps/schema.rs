//! `schema.validate`.

use crate::step::{StepCall, StepError};
use crate::steps::convert;
use rustchain_plan::{ErrorKind, Value};

/// How many violations a message names.
const SHOWN: usize = 3;

/// Gives the violations as `/path: what`; with `check` they fail the step.
pub fn validate(call: &StepCall<'_>) -> Result<Value, StepError> {
    let value = convert::encode(call.context, call.arg("value"));
    let schema = convert::encode(call.context, call.arg("schema"));
    let validator = jsonschema::validator_for(&schema).map_err(|e| {
        StepError::invalid(format!("`schema` is no JSON Schema: {} at `{}`", e, e.instance_path()))
    })?;
    let violations: Vec<String> =
        validator.iter_errors(&value).map(|e| format!("{}: {e}", root(e.instance_path().as_str()))).collect();
    if violations.is_empty() || !call.bool("check")? {
        return Ok(Value::list(violations.iter().map(Value::string).collect()));
    }
    let shown: Vec<&str> = violations.iter().take(SHOWN).map(String::as_str).collect();
    let mut message = format!("the value does not fit the schema: {}", shown.join("; "));
    if violations.len() > SHOWN {
        message.push_str(&format!("; and {} more", violations.len() - SHOWN));
    }
    let detail = serde_json::json!({ "violations": violations });
    Err(StepError::new(ErrorKind::Constraint, message).with_detail(detail))
}

fn root(path: &str) -> &str {
    if path.is_empty() { "/" } else { path }
}
