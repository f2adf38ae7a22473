//! `regex.*`: linear in the text, whatever the pattern.

use crate::step::{StepCall, StepError};
use ::regex::{Regex, RegexBuilder};
use rustchain_plan::Value;

/// How large a compiled pattern may be, bytes.
const SIZE: usize = 4 << 20;

/// `regex.find`; a group that took no part is empty.
pub fn find(call: &StepCall<'_>) -> Result<Value, StepError> {
    let regex = compile(call)?;
    let matches = regex.captures_iter(call.text("text")?).map(|captures| {
        let group = |m: Option<::regex::Match<'_>>| Value::string(m.map_or("", |m| m.as_str()));
        Value::list(captures.iter().map(group).collect())
    });
    Ok(Value::list(matches.collect()))
}

/// `regex.replace`.
pub fn replace(call: &StepCall<'_>) -> Result<Value, StepError> {
    let regex = compile(call)?;
    Ok(Value::string(regex.replace_all(call.text("text")?, call.text("with")?)))
}

fn compile(call: &StepCall<'_>) -> Result<Regex, StepError> {
    let pattern = call.text("pattern")?;
    RegexBuilder::new(pattern).size_limit(SIZE).build().map_err(|e| {
        let why = e.to_string();
        let why = why.lines().last().unwrap_or_default().trim_start_matches("error: ");
        StepError::invalid(format!("`{pattern}` is no regular expression: {why}"))
    })
}
