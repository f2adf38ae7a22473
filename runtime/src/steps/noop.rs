//! `noop`: does nothing.

use crate::step::{StepCall, StepError};
use rustchain_plan::Value;

/// Gives null.
pub fn run(_call: &StepCall<'_>) -> Result<Value, StepError> {
    Ok(Value::Null)
}
