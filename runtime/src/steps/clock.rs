//! `clock.now`.

use crate::step::{StepCall, StepError};
use rustchain_plan::Value;

/// The run's time.
pub fn now(call: &StepCall<'_>) -> Result<Value, StepError> {
    Ok(Value::Timestamp(call.context.clock.now()))
}
