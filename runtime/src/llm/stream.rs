//! Server-sent events of chat completions, joined to one answer.

use super::provider::parse;
use crate::step::StepError;
use rustchain_plan::ErrorKind;
use serde_json::{Map, Value as Json, json};

/// The answer that a stream spells.
///
/// # Errors
/// Kind `parse_error` for an event that is no JSON; `network` where the stream ends early.
pub fn join(bytes: &[u8]) -> Result<Json, StepError> {
    let text = String::from_utf8_lossy(bytes);
    let mut whole = Whole::default();
    for data in text.lines().filter_map(|line| line.strip_prefix("data:")).map(str::trim) {
        if data == "[DONE]" {
            whole.done = true;
            break;
        }
        whole.add(&parse(data.as_bytes())?)?;
    }
    if !whole.done && whole.finish.is_null() {
        return Err(StepError::new(ErrorKind::Network, "the provider's stream ended before its answer"));
    }
    Ok(whole.json())
}

#[derive(Default)]
struct Whole {
    content: String,
    refusal: String,
    calls: Vec<Map<String, Json>>,
    finish: Json,
    usage: Json,
    done: bool,
}

impl Whole {
    fn add(&mut self, event: &Json) -> Result<(), StepError> {
        if let Some(error) = event.get("error") {
            let message = format!("the provider's stream ended with an error: {error}");
            return Err(StepError::new(ErrorKind::Http5xx, message));
        }
        if let Some(usage) = event.get("usage").filter(|usage| usage.is_object()) {
            self.usage = usage.clone();
        }
        let Some(choice) = event.pointer("/choices/0") else { return Ok(()) };
        if let Some(finish) = choice.get("finish_reason").filter(|finish| finish.is_string()) {
            self.finish = finish.clone();
        }
        let part =
            |name: &str| choice.pointer(&format!("/delta/{name}")).and_then(Json::as_str).unwrap_or_default();
        self.content.push_str(part("content"));
        self.refusal.push_str(part("refusal"));
        for call in choice.pointer("/delta/tool_calls").and_then(Json::as_array).into_iter().flatten() {
            self.add_call(call);
        }
        Ok(())
    }

    /// The first part of a call has its id and name, the others more of its arguments.
    fn add_call(&mut self, call: &Json) {
        let at = call.get("index").and_then(Json::as_u64).and_then(|at| usize::try_from(at).ok());
        let at = at.unwrap_or(self.calls.len()).min(self.calls.len());
        if at == self.calls.len() {
            self.calls.push(Map::new());
        }
        let Some(whole) = self.calls.get_mut(at) else { return };
        for (name, pointer) in
            [("id", "/id"), ("name", "/function/name"), ("arguments", "/function/arguments")]
        {
            let part = call.pointer(pointer).and_then(Json::as_str).unwrap_or_default();
            let before = whole.get(name).and_then(Json::as_str).unwrap_or_default();
            whole.insert(name.to_owned(), Json::from(format!("{before}{part}")));
        }
    }

    fn json(self) -> Json {
        let call = |call: Map<String, Json>| {
            let member = |name: &str| call.get(name).cloned().unwrap_or(Json::Null);
            json!({ "id": member("id"), "function": { "name": member("name"), "arguments": member("arguments") } })
        };
        let calls: Vec<Json> = self.calls.into_iter().map(call).collect();
        let message = json!({ "content": self.content, "refusal": self.refusal, "tool_calls": calls });
        json!({ "choices": [{ "message": message, "finish_reason": self.finish }], "usage": self.usage })
    }
}
