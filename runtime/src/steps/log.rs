//! `log.*`: lines in the run's log.

use crate::step::{StepCall, StepError};
use rustchain_plan::Value;

/// `log.info`.
pub fn info(call: &StepCall<'_>) -> Result<Value, StepError> {
    line(call, "info")
}

/// `log.warn`.
pub fn warn(call: &StepCall<'_>) -> Result<Value, StepError> {
    line(call, "warn")
}

/// `log.debug`.
pub fn debug(call: &StepCall<'_>) -> Result<Value, StepError> {
    line(call, "debug")
}

fn line(call: &StepCall<'_>, level: &str) -> Result<Value, StepError> {
    call.log("message", serde_json::json!({ "level": level, "text": call.text("message")? }));
    Ok(Value::Null)
}
