//! What goes wrong with a request, as kinds.

use crate::step::StepError;
use crate::steps::convert::excerpt;
use reqwest::StatusCode;
use reqwest::header::{HeaderMap, RETRY_AFTER};
use rustchain_plan::ErrorKind;
use std::time::Duration;

/// How much of a body of a failed request is kept in the error's detail, bytes.
const BODY: usize = 4096;

/// A failed exchange. `what` names it: `GET https://a.example/x`.
pub fn from_reqwest(what: &str, error: reqwest::Error) -> StepError {
    let kind = if error.is_timeout() {
        ErrorKind::Timeout
    } else if error.is_builder() {
        ErrorKind::Invalid
    } else {
        ErrorKind::Network
    };
    StepError::new(kind, format!("{what}: {}", innermost(&error.without_url())))
}

/// The deepest cause says what happened; those above say where.
fn innermost(error: &dyn std::error::Error) -> String {
    let mut cause = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    let (outer, inner) = (error.to_string(), cause.to_string());
    if outer.contains(&inner) { outer } else { format!("{outer}: {inner}") }
}

/// A status that fails the step.
pub fn status_error(what: &str, status: StatusCode, headers: &HeaderMap, body: &[u8], now: i64) -> StepError {
    let kind = match status.as_u16() {
        429 => ErrorKind::RateLimit,
        500.. => ErrorKind::Http5xx,
        _ => ErrorKind::Http4xx,
    };
    let body = String::from_utf8_lossy(body.get(..BODY).unwrap_or(body)).into_owned();
    let mut message = format!("{what} answered {status}");
    let start = excerpt(&body, 200);
    if !start.is_empty() {
        message.push_str(&format!(": {start}"));
    }
    let detail = serde_json::json!({ "status": status.as_u16(), "body": body });
    let error = StepError::new(kind, message).with_detail(detail);
    match retry_after(headers, now) {
        Some(pause) => error.with_retry_after(pause),
        None => error,
    }
}

/// `Retry-After` as a pause: seconds, or a date seen from `now` (nanoseconds since 1970).
pub fn retry_after(headers: &HeaderMap, now: i64) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse::<f64>() {
        return Duration::try_from_secs_f64(seconds).ok();
    }
    let date = jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(text).ok()?;
    let left = date.as_nanosecond().saturating_sub(i128::from(now)).max(0);
    u64::try_from(left).ok().map(Duration::from_nanos)
}
