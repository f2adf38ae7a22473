//! Values to JSON and back, with the errors of steps.

use crate::step::StepError;
use rustchain_plan::types::Schemas;
use rustchain_plan::{DecodeError, EvalError, Type, Value};

impl From<EvalError> for StepError {
    fn from(error: EvalError) -> StepError {
        StepError::new(error.kind, error.message)
    }
}

impl From<DecodeError> for StepError {
    fn from(error: DecodeError) -> StepError {
        let message =
            if error.path == "$" { error.message } else { format!("at {}: {}", error.path, error.message) };
        StepError::new(error.kind, message)
    }
}

/// The value that JSON stands for, checked against a type.
pub(crate) fn decode(json: &serde_json::Value, ty: &Type, schemas: &Schemas) -> Result<Value, StepError> {
    Ok(rustchain_plan::decode(json, ty, schemas)?)
}

/// The value that a text stands for: texts and times as they are, the rest as JSON.
pub(crate) fn decode_text(text: &str, ty: &Type, schemas: &Schemas) -> Result<Value, StepError> {
    Ok(rustchain_plan::decode_text(text, ty, schemas)?)
}

/// The JSON of a value.
pub(crate) fn encode(value: &Value, schemas: &Schemas) -> serde_json::Value {
    rustchain_plan::encode(value, schemas)
}
