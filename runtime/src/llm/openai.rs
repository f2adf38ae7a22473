//! OpenAI's chat completions and embeddings, which many servers speak.

use super::message::{
    ChatReply, ChatRequest, EmbedReply, EmbedRequest, Form, Message, Tokens, ToolCall, own_name, wire_name,
};
use super::provider::{Answer, Endpoint, Provider, Target, arguments, count_of, odd, parse, text_of};
use super::stream;
use super::strict::is_strict;
use crate::step::StepError;
use serde_json::{Map, Value as Json, json};

const KEY: &str = "OPENAI_API_KEY";

/// The vendor `openai`; another server by `base_url` or `OPENAI_BASE_URL`.
pub struct OpenAi;

impl Provider for OpenAi {
    fn key_variable(&self) -> Option<&'static str> {
        Some(KEY)
    }

    fn chat<'a>(&'a self, endpoint: &'a Endpoint<'a>, request: &'a ChatRequest) -> Answer<'a, ChatReply> {
        Box::pin(async move {
            let bytes = post(endpoint, "/chat/completions", &body(request)).await?;
            let answer = if request.stream && !bytes.starts_with(b"{") {
                stream::join(&bytes)?
            } else {
                parse(&bytes)?
            };
            reply(request, &answer)
        })
    }

    fn embed<'a>(&'a self, endpoint: &'a Endpoint<'a>, request: &'a EmbedRequest) -> Answer<'a, EmbedReply> {
        Box::pin(async move {
            let body = json!({ "model": request.model, "input": request.input, "encoding_format": "float" });
            let answer = parse(&post(endpoint, "/embeddings", &body).await?)?;
            let rows = answer.get("data").and_then(Json::as_array).ok_or_else(|| odd("`data`", &answer))?;
            let vectors = rows.iter().map(|row| vector(row.get("embedding"))).collect::<Option<Vec<_>>>();
            let usage = Tokens { prompt: count_of(&answer, "/usage/prompt_tokens"), completion: 0 };
            Ok(EmbedReply { vectors: vectors.ok_or_else(|| odd("vectors", &answer))?, usage })
        })
    }
}

async fn post(endpoint: &Endpoint<'_>, path: &str, body: &Json) -> Result<Vec<u8>, StepError> {
    // Local servers need no key.
    let headers: Vec<_> =
        endpoint.key(KEY).map(|key| ("authorization", format!("Bearer {key}"))).into_iter().collect();
    let target = Target {
        base_variable: "OPENAI_BASE_URL",
        base: "https://api.openai.com/v1",
        path,
        headers: &headers,
    };
    endpoint.send(target, body).await
}

/// Numbers of a JSON list.
pub(super) fn vector(json: Option<&Json>) -> Option<Vec<f64>> {
    json?.as_array()?.iter().map(Json::as_f64).collect()
}

fn body(request: &ChatRequest) -> Json {
    let mut body = Map::new();
    let mut put = |name: &str, value: Json| {
        body.insert(name.to_owned(), value);
    };
    put("model", Json::from(request.model.as_str()));
    put("messages", request.messages.iter().map(message).collect());
    let mut tools: Vec<Json> =
        request.tools.iter().map(|t| tool(&t.name, &t.description, &t.parameters)).collect();
    let mut choice = request.tool_choice.as_deref().map(choice);
    match &request.form {
        Form::Text => {}
        Form::Json => put("response_format", json!({ "type": "json_object" })),
        Form::Schema { name, schema, strict } => {
            let strict = *strict || is_strict(schema);
            let schema = json!({ "name": wire_name(name), "schema": schema, "strict": strict });
            put("response_format", json!({ "type": "json_schema", "json_schema": schema }));
        }
        Form::Tool { name, description, schema } => {
            tools.push(tool(name, description, schema));
            choice = Some(self::choice(name));
        }
    }
    if !tools.is_empty() {
        put("tools", Json::Array(tools));
    }
    if let Some(choice) = choice {
        put("tool_choice", choice);
    }
    if let Some(parallel) = request.parallel_tool_calls {
        put("parallel_tool_calls", Json::from(parallel));
    }
    if let Some(temperature) = request.temperature {
        put("temperature", Json::from(temperature));
    }
    if let Some(max_tokens) = request.max_tokens {
        put(bound_name(&request.model), Json::from(max_tokens));
    }
    if !request.stop.is_empty() {
        put("stop", json!(request.stop));
    }
    if let Some(seed) = request.seed {
        put("seed", Json::from(seed));
    }
    if request.stream {
        put("stream", Json::Bool(true));
        put("stream_options", json!({ "include_usage": true }));
    }
    body.extend(request.options.clone());
    Json::Object(body)
}

/// Reasoning models know the bound by another name.
fn bound_name(model: &str) -> &'static str {
    let reasoning = ["o1", "o3", "o4", "gpt-5"].iter().any(|prefix| model.starts_with(prefix));
    if reasoning { "max_completion_tokens" } else { "max_tokens" }
}

fn choice(name: &str) -> Json {
    match name {
        "auto" | "none" | "required" => Json::from(name),
        name => json!({ "type": "function", "function": { "name": wire_name(name) } }),
    }
}

fn tool(name: &str, description: &str, parameters: &Json) -> Json {
    let function = json!({ "name": wire_name(name), "description": description, "parameters": parameters });
    json!({ "type": "function", "function": function })
}

fn message(message: &Message) -> Json {
    let mut out = json!({ "role": message.role, "content": message.content });
    if let (Json::Object(map), false) = (&mut out, message.tool_calls.is_empty()) {
        let call = |c: &ToolCall| {
            let function = json!({ "name": wire_name(&c.name), "arguments": c.arguments.to_string() });
            json!({ "id": c.id, "type": "function", "function": function })
        };
        map.insert("tool_calls".to_owned(), message.tool_calls.iter().map(call).collect());
        if message.content.is_empty() {
            map.insert("content".to_owned(), Json::Null);
        }
    }
    if let (Json::Object(map), Some(id)) = (&mut out, &message.tool_call_id) {
        map.insert("tool_call_id".to_owned(), Json::from(id.as_str()));
    }
    out
}

fn reply(request: &ChatRequest, answer: &Json) -> Result<ChatReply, StepError> {
    let choice = answer.pointer("/choices/0").ok_or_else(|| odd("`choices`", answer))?;
    let finish = text_of(choice, "/finish_reason");
    let calls = choice.pointer("/message/tool_calls").and_then(Json::as_array).into_iter().flatten();
    let calls = calls.map(|call| ToolCall {
        id: text_of(call, "/id"),
        name: own_name(&request.tools, &text_of(call, "/function/name")),
        arguments: arguments(call.pointer("/function/arguments").unwrap_or(&Json::Null)),
    });
    let refusal = text_of(choice, "/message/refusal");
    let refusal = match (refusal.is_empty(), finish.as_str()) {
        (false, _) => Some(refusal),
        (true, "content_filter") => Some("the provider's filter stopped the answer".to_owned()),
        _ => None,
    };
    Ok(ChatReply {
        content: text_of(choice, "/message/content"),
        tool_calls: calls.collect(),
        refusal,
        cut: finish == "length",
        usage: Tokens {
            prompt: count_of(answer, "/usage/prompt_tokens"),
            completion: count_of(answer, "/usage/completion_tokens"),
        },
        usd: answer.pointer("/usage/cost").and_then(Json::as_f64),
    })
}
