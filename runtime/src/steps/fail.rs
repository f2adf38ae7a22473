//! `fail`: ends a step on purpose.

use crate::step::{StepCall, StepError};
use rustchain_plan::{ErrorKind, Value};

/// Fails with kind `failed`.
pub fn run(call: &StepCall<'_>) -> Result<Value, StepError> {
    Err(StepError::new(ErrorKind::Failed, call.text("reason")?))
}
