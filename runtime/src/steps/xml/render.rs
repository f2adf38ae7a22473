//! `xml.render`.

use crate::step::{StepCall, StepError};
use crate::steps::convert;
use quick_xml::escape::{escape, partial_escape};
use rustchain_plan::Value;
use serde_json::Value as Json;

/// Two spaces a level; an element with text stands in one line.
pub fn render(call: &StepCall<'_>) -> Result<Value, StepError> {
    let json = convert::encode(call.context, call.arg("element"));
    let mut out = String::new();
    write(&json, 0, &mut out)?;
    Ok(Value::string(out))
}

fn write(element: &Json, depth: usize, out: &mut String) -> Result<(), StepError> {
    let name = name(element.get("name"))?;
    let indent = "  ".repeat(depth);
    out.push_str(&format!("{indent}<{name}"));
    for (key, value) in element.get("attributes").and_then(Json::as_object).into_iter().flatten() {
        let key = self::name(Some(&Json::from(key.as_str())))?.to_owned();
        out.push_str(&format!(" {key}=\"{}\"", escape(text(Some(value))?)));
    }
    let text = partial_escape(text(element.get("text"))?);
    let children = element.get("children").and_then(Json::as_array).map_or(&[] as &[Json], Vec::as_slice);
    if children.is_empty() {
        out.push_str(&if text.is_empty() { "/>\n".to_owned() } else { format!(">{text}</{name}>\n") });
        return Ok(());
    }
    out.push_str(&format!(">{text}\n"));
    for child in children {
        write(child, depth + 1, out)?;
    }
    out.push_str(&format!("{indent}</{name}>\n"));
    Ok(())
}

fn name(json: Option<&Json>) -> Result<&str, StepError> {
    let name = json.and_then(Json::as_str).unwrap_or_default();
    let starts = name.starts_with(|c: char| c.is_alphabetic() || c == '_' || c == ':');
    let good = |c: char| c.is_alphanumeric() || matches!(c, '_' | ':' | '-' | '.');
    if starts && name.chars().all(good) {
        return Ok(name);
    }
    Err(StepError::invalid(format!("`{}` is no XML name", name.escape_debug())))
}

fn text(json: Option<&Json>) -> Result<&str, StepError> {
    let text = json.and_then(Json::as_str).unwrap_or_default();
    match text.chars().find(|c| c.is_control() && !matches!(c, '\t' | '\n' | '\r')) {
        Some(c) => Err(StepError::invalid(format!("XML has no character {:?}", c))),
        None => Ok(text),
    }
}
