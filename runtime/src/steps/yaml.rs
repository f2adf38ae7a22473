//! `yaml.*`.

use crate::step::{StepCall, StepError};
use crate::steps::convert::{self, excerpt};
use rustchain_plan::{ErrorKind, Value};

/// `yaml.parse`: one document.
pub fn parse(call: &StepCall<'_>) -> Result<Value, StepError> {
    let parsed: Result<serde_json::Value, _> = serde_saphyr::from_str(call.text("text")?);
    let json = parsed.map_err(|e| {
        let text = e.to_string();
        StepError::new(ErrorKind::ParseError, format!("no YAML: {}", first_line(&text)))
    })?;
    convert::decode(call.context, json, convert::type_arg(call, call.result))
}

/// `yaml.render`.
pub fn render(call: &StepCall<'_>) -> Result<Value, StepError> {
    let json = convert::encode(call.context, call.arg("value"));
    let text =
        serde_saphyr::to_string(&json).map_err(|e| StepError::invalid(format!("no YAML form: {e}")))?;
    Ok(Value::string(text))
}

/// The reader's message is followed by the lines of the text.
fn first_line(text: &str) -> String {
    excerpt(text.lines().next().unwrap_or_default(), 300)
}
