//! What a worker answers.

use crate::step::{StepCall, StepError};
use crate::steps::paths::shown;
use rustchain_plan::ErrorKind;
use serde::Deserialize;
use serde_json::{Value as Json, json};
use std::path::Path;

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Reply {
    /// The result.
    Value(Json),
    /// The result has no JSON form: why.
    NoJson(String),
    /// There is no such function: those that are.
    Absent(Vec<String>),
    /// An exception.
    Error(Exception),
}

#[derive(Deserialize)]
struct Exception {
    kind: ErrorKind,
    #[serde(rename = "type")]
    name: String,
    message: String,
    frames: Vec<Frame>,
    traceback: String,
}

#[derive(Deserialize)]
struct Frame {
    file: String,
    line: u32,
    function: String,
}

/// The result of a call.
///
/// # Errors
/// Kind `exception` with the file and line it was raised at, `skipped` or `fatal` where it asks for that; `not_found` for a package that is not there;
/// `invalid` for a function that is not there; `parse_error` for a result without JSON form.
pub fn read(call: &StepCall<'_>, file: &str, function: &str, answer: Json) -> Result<Json, StepError> {
    if let Some(requirement) = answer.get("unmet").and_then(Json::as_str) {
        return Err(unmet(file, requirement, answer.get("installed").and_then(Json::as_str)));
    }
    let reply: Reply = serde_json::from_value(answer)
        .map_err(|e| StepError::new(ErrorKind::Exception, format!("`{file}` answered nonsense: {e}")))?;
    match reply {
        Reply::Value(value) => Ok(value),
        Reply::NoJson(why) => {
            let message = format!("what `{function}` of `{file}` gave has no JSON form: {why}");
            Err(StepError::new(ErrorKind::ParseError, message))
        }
        Reply::Absent(names) => {
            let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
            let there = if names.is_empty() { "none".to_owned() } else { names.join(", ") };
            Err(StepError::invalid(format!("`{file}` has no function `{function}`; it has {there}")))
        }
        Reply::Error(exception) => Err(raised(&call.context.root, exception)),
    }
}

fn unmet(file: &str, requirement: &str, installed: Option<&str>) -> StepError {
    let have =
        installed.map_or("it is not installed".to_owned(), |version| format!("{version} is installed"));
    let message = format!(
        "`{file}` needs the Python package `{requirement}`: {have}; `python3 -m pip install '{requirement}'` gets it"
    );
    StepError::new(ErrorKind::NotFound, message)
}

fn raised(root: &Path, exception: Exception) -> StepError {
    let place = |frame: &Frame| {
        format!("{}:{} in `{}`", shown(root, Path::new(&frame.file)), frame.line, frame.function)
    };
    let mut message = format!("{}: {}", exception.name, exception.message);
    let frames: Vec<String> = exception.frames.iter().rev().map(place).collect();
    if let Some(first) = frames.first() {
        message.push_str(&format!(" at {first}"));
    }
    for outer in frames.iter().skip(1) {
        message.push_str(&format!(", from {outer}"));
    }
    let detail = json!({
        "type": exception.name, "message": exception.message, "frames": frames, "traceback": exception.traceback,
    });
    StepError::new(exception.kind, message).with_detail(detail)
}
