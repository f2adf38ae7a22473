//! Anthropic's messages.

use super::message::{
    ChatReply, ChatRequest, EmbedReply, EmbedRequest, Form, Message, Tokens, ToolCall, own_name, wire_name,
};
use super::provider::{Answer, Endpoint, Provider, Target, count_of, odd, parse, text_of};
use super::stream;
use crate::step::StepError;
use serde_json::{Map, Value as Json, json};

const KEY: &str = "ANTHROPIC_API_KEY";

/// The version of the wire format.
const VERSION: &str = "2023-06-01";

/// The bound of an answer where none is given: the vendor demands one.
const MAX_TOKENS: i64 = 4096;

/// The vendor `anthropic`.
pub struct Anthropic;

impl Provider for Anthropic {
    fn key_variable(&self) -> Option<&'static str> {
        Some(KEY)
    }

    fn chat<'a>(&'a self, endpoint: &'a Endpoint<'a>, request: &'a ChatRequest) -> Answer<'a, ChatReply> {
        Box::pin(async move {
            let mut headers = vec![("anthropic-version", VERSION.to_owned())];
            headers.extend(endpoint.key(KEY).map(|key| ("x-api-key", key)));
            let target = Target {
                base_variable: "ANTHROPIC_BASE_URL",
                base: "https://api.anthropic.com",
                path: "/v1/messages",
                headers: &headers,
            };
            let bytes = endpoint.send(target, &body(request)).await?;
            let answer = if request.stream && !bytes.starts_with(b"{") {
                stream::join_message(&bytes)?
            } else {
                parse(&bytes)?
            };
            reply(request, &answer)
        })
    }

    fn embed<'a>(&'a self, _: &'a Endpoint<'a>, _: &'a EmbedRequest) -> Answer<'a, EmbedReply> {
        Box::pin(async {
            Err(StepError::invalid("`anthropic` has no embedding models; use another provider"))
        })
    }
}

fn body(request: &ChatRequest) -> Json {
    let system: Vec<&str> =
        request.messages.iter().filter(|m| m.role == "system").map(|m| m.content.as_str()).collect();
    let mut body = Map::new();
    let mut put = |name: &str, value: Json| {
        body.insert(name.to_owned(), value);
    };
    put("model", Json::from(request.model.as_str()));
    put("max_tokens", Json::from(request.max_tokens.unwrap_or(MAX_TOKENS)));
    put("messages", Json::Array(messages(&request.messages)));
    if !system.is_empty() {
        put("system", Json::from(system.join("\n\n")));
    }
    let mut tools: Vec<Json> =
        request.tools.iter().map(|t| tool(&t.name, &t.description, &t.parameters)).collect();
    let mut choice = request.tool_choice.as_deref().map(choice);
    let answer = match &request.form {
        Form::Tool { name, description, schema } => Some((name, description.as_str(), schema)),
        Form::Schema { name, schema, .. } => Some((name, "Gives the answer.", schema)),
        _ => None,
    };
    if let Some((name, description, schema)) = answer {
        tools.push(tool(name, description, schema));
        choice = Some(json!({ "type": "tool", "name": wire_name(name) }));
    }
    if !tools.is_empty() {
        put("tools", Json::Array(tools));
        if let Some(mut choice) =
            choice.or_else(|| request.parallel_tool_calls.map(|_| json!({ "type": "auto" })))
        {
            if let (Some(parallel), Json::Object(map)) = (request.parallel_tool_calls, &mut choice) {
                map.insert("disable_parallel_tool_use".to_owned(), Json::from(!parallel));
            }
            put("tool_choice", choice);
        }
    }
    if let Some(temperature) = request.temperature {
        put("temperature", Json::from(temperature));
    }
    if !request.stop.is_empty() {
        put("stop_sequences", json!(request.stop));
    }
    if request.stream {
        put("stream", Json::Bool(true));
    }
    body.extend(request.options.clone());
    Json::Object(body)
}

fn choice(name: &str) -> Json {
    match name {
        "auto" | "none" => json!({ "type": name }),
        "required" => json!({ "type": "any" }),
        name => json!({ "type": "tool", "name": wire_name(name) }),
    }
}

fn tool(name: &str, description: &str, parameters: &Json) -> Json {
    json!({ "name": wire_name(name), "description": description, "input_schema": parameters })
}

/// Messages without the system's; those of tools are the user's there, and neighbours of one role are joined.
fn messages(messages: &[Message]) -> Vec<Json> {
    let mut joined: Vec<(&str, Vec<Json>)> = Vec::new();
    for message in messages.iter().filter(|m| m.role != "system") {
        let role = if message.role == "assistant" { "assistant" } else { "user" };
        let parts = parts(message);
        match joined.last_mut() {
            Some((last, all)) if *last == role => all.extend(parts),
            _ => joined.push((role, parts)),
        }
    }
    joined.into_iter().map(|(role, parts)| json!({ "role": role, "content": parts })).collect()
}

fn parts(message: &Message) -> Vec<Json> {
    if let Some(id) = &message.tool_call_id {
        return vec![json!({ "type": "tool_result", "tool_use_id": id, "content": message.content })];
    }
    let text = (!message.content.is_empty()).then(|| json!({ "type": "text", "text": message.content }));
    let calls = message.tool_calls.iter().map(|call| {
        json!({ "type": "tool_use", "id": call.id, "name": wire_name(&call.name), "input": call.arguments })
    });
    text.into_iter().chain(calls).collect()
}

fn reply(request: &ChatRequest, answer: &Json) -> Result<ChatReply, StepError> {
    let parts = answer.get("content").and_then(Json::as_array).ok_or_else(|| odd("`content`", answer))?;
    let stop = text_of(answer, "/stop_reason");
    let mut reply = ChatReply {
        refusal: (stop == "refusal").then(|| "the model refused".to_owned()),
        cut: stop == "max_tokens",
        usage: Tokens {
            prompt: count_of(answer, "/usage/input_tokens"),
            completion: count_of(answer, "/usage/output_tokens"),
        },
        ..ChatReply::default()
    };
    for part in parts {
        match part.get("type").and_then(Json::as_str) {
            Some("text") => reply.content.push_str(&text_of(part, "/text")),
            Some("tool_use") => reply.tool_calls.push(ToolCall {
                id: text_of(part, "/id"),
                name: own_name(&request.tools, &text_of(part, "/name")),
                arguments: part.get("input").cloned().unwrap_or_default(),
            }),
            _ => {}
        }
    }
    // A schema is asked for as a tool: its call is the answer's text.
    if let (Form::Schema { name, .. }, [call]) = (&request.form, reply.tool_calls.as_slice())
        && call.name == wire_name(name)
    {
        reply.content = call.arguments.to_string();
        reply.tool_calls.clear();
    }
    Ok(reply)
}
