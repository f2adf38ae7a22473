//! Answers that arrive in parts, joined to one.

use super::provider::parse;
use crate::step::StepError;
use rustchain_plan::ErrorKind;
use serde_json::{Map, Value as Json, json};

/// The data of server-sent events, in order.
fn events(text: &str) -> impl Iterator<Item = &str> {
    text.lines().filter_map(|line| line.strip_prefix("data:")).map(str::trim)
}

/// The bytes without a last line that broke off: it has no end and is no JSON.
fn unbroken(bytes: &[u8]) -> &[u8] {
    let start = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
    let (whole, last) = bytes.split_at(start);
    let data = last.strip_prefix(b"data:").unwrap_or(last).trim_ascii();
    let complete = data == b"[DONE]" || serde_json::from_slice::<serde::de::IgnoredAny>(data).is_ok();
    if complete { bytes } else { whole }
}

fn early() -> StepError {
    StepError::new(ErrorKind::Network, "the provider's stream ended before its answer")
}

fn broken(error: &Json) -> StepError {
    StepError::new(ErrorKind::Http5xx, format!("the provider's stream ended with an error: {error}"))
}

/// The chat completion that a stream spells.
///
/// # Errors
/// Kind `parse_error` for an event that is no JSON; `network` where the stream ends early.
pub fn join(bytes: &[u8]) -> Result<Json, StepError> {
    let text = String::from_utf8_lossy(unbroken(bytes));
    let mut whole = Whole::default();
    for data in events(&text) {
        if data == "[DONE]" {
            whole.done = true;
            break;
        }
        whole.add(&parse(data.as_bytes())?)?;
    }
    if !whole.done && whole.finish.is_null() {
        return Err(early());
    }
    Ok(whole.json())
}

/// The answer that lines of JSON spell: texts and calls are added up, the last line has the rest.
///
/// # Errors
/// As [`join`].
pub fn join_lines(bytes: &[u8]) -> Result<Json, StepError> {
    let (mut content, mut calls) = (String::new(), Vec::new());
    for line in unbroken(bytes).split(|byte| *byte == b'\n').filter(|line| !line.trim_ascii().is_empty()) {
        let mut part = parse(line)?;
        if let Some(error) = part.get("error") {
            return Err(broken(error));
        }
        content.push_str(part.pointer("/message/content").and_then(Json::as_str).unwrap_or_default());
        calls.extend(
            part.pointer("/message/tool_calls").and_then(Json::as_array).into_iter().flatten().cloned(),
        );
        if part.get("done") == Some(&Json::Bool(true)) {
            part["message"] = json!({ "role": "assistant", "content": content, "tool_calls": calls });
            return Ok(part);
        }
    }
    Err(early())
}

/// The message that Anthropic's events spell.
///
/// # Errors
/// As [`join`].
pub fn join_message(bytes: &[u8]) -> Result<Json, StepError> {
    let text = String::from_utf8_lossy(unbroken(bytes));
    let mut message = Map::new();
    let mut parts: Vec<(Json, String)> = Vec::new();
    for data in events(&text) {
        let event = parse(data.as_bytes())?;
        match event.get("type").and_then(Json::as_str).unwrap_or_default() {
            "error" => return Err(broken(event.get("error").unwrap_or(&event))),
            "message_start" => {
                message = event.get("message").and_then(Json::as_object).cloned().unwrap_or_default();
            }
            "content_block_start" => {
                parts.push((event.get("content_block").cloned().unwrap_or_default(), String::new()));
            }
            "content_block_delta" => {
                let delta = |name: &str| event.pointer(&format!("/delta/{name}")).and_then(Json::as_str);
                if let Some((_, whole)) = parts.last_mut() {
                    whole.push_str(delta("text").or_else(|| delta("partial_json")).unwrap_or_default());
                }
            }
            "message_delta" => {
                let stop = event.pointer("/delta/stop_reason").cloned().unwrap_or_default();
                message.insert("stop_reason".to_owned(), stop);
                let tokens = event.pointer("/usage/output_tokens").cloned().unwrap_or_default();
                if let Some(Json::Object(usage)) = message.get_mut("usage") {
                    usage.insert("output_tokens".to_owned(), tokens);
                }
            }
            "message_stop" => {
                let content = parts.into_iter().map(whole_part).collect::<Result<_, _>>()?;
                message.insert("content".to_owned(), content);
                return Ok(Json::Object(message));
            }
            _ => {}
        }
    }
    Err(early())
}

/// A part of a message with what its deltas added.
fn whole_part((mut part, added): (Json, String)) -> Result<Json, StepError> {
    match part.get("type").and_then(Json::as_str) {
        Some("text") => {
            let first = part.get("text").and_then(Json::as_str).unwrap_or_default();
            part["text"] = Json::from(format!("{first}{added}"));
        }
        Some("tool_use") if !added.is_empty() => part["input"] = parse(added.as_bytes())?,
        _ => {}
    }
    Ok(part)
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
            return Err(broken(error));
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

#[cfg(test)]
mod tests {
    use super::{join_lines, join_message};
    use rustchain_plan::ErrorKind;
    use serde_json::json;

    #[test]
    fn lines_are_joined_and_their_end_is_wanted() {
        let lines = b"{\"message\":{\"content\":\"a\"},\"done\":false}\n{\"message\":{\"content\":\"b\"},\"done\":true,\"eval_count\":2}\n";
        let whole = join_lines(lines).unwrap();
        assert_eq!((&whole["message"]["content"], &whole["eval_count"]), (&json!("ab"), &json!(2)));
        assert_eq!(join_lines(&lines[..45]).unwrap_err().kind, ErrorKind::Network);
    }

    #[test]
    fn events_are_joined_to_a_message_with_its_calls() {
        let events = [
            json!({ "type": "message_start", "message": { "usage": { "input_tokens": 3 } } }),
            json!({ "type": "content_block_start", "content_block": { "type": "text", "text": "" } }),
            json!({ "type": "content_block_delta", "delta": { "type": "text_delta", "text": "Hm" } }),
            json!({ "type": "content_block_start", "content_block": { "type": "tool_use", "id": "t", "name": "f", "input": {} } }),
            json!({ "type": "content_block_delta", "delta": { "type": "input_json_delta", "partial_json": "{\"a\":" } }),
            json!({ "type": "content_block_delta", "delta": { "type": "input_json_delta", "partial_json": "1}" } }),
            json!({ "type": "message_delta", "delta": { "stop_reason": "tool_use" }, "usage": { "output_tokens": 5 } }),
            json!({ "type": "message_stop" }),
        ];
        let text: String = events.iter().map(|e| format!("event: x\ndata: {e}\n\n")).collect();
        let message = join_message(text.as_bytes()).unwrap();
        assert_eq!(message["content"][0]["text"], "Hm");
        assert_eq!(message["content"][1]["input"], json!({ "a": 1 }));
        assert_eq!(message["usage"], json!({ "input_tokens": 3, "output_tokens": 5 }));
        let cut = &text.as_bytes()[..text.len() - 60];
        assert_eq!(join_message(cut).unwrap_err().kind, ErrorKind::Network);
    }
}
