//! `wait.*`: passes time.

use crate::step::{StepCall, StepError};
use rustchain_plan::Value;
use std::time::Duration;

/// `wait.sleep`.
pub async fn sleep(call: StepCall<'_>) -> Result<Value, StepError> {
    let duration = call.opt_duration("for")?.unwrap_or_default();
    call.context.clock.sleep(duration).await;
    Ok(Value::Null)
}

/// `wait.until`.
pub async fn until(call: StepCall<'_>) -> Result<Value, StepError> {
    let Value::Timestamp(time) = *call.arg("time") else {
        return Err(StepError::invalid("`time` of `wait.until` is not a timestamp"));
    };
    let left = time.saturating_sub(call.context.clock.now());
    if let Ok(nanoseconds) = u64::try_from(left) {
        call.context.clock.sleep(Duration::from_nanos(nanoseconds)).await;
    }
    Ok(Value::Null)
}
