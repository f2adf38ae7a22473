//! Ollama's chat and embed.

use super::message::{
    ChatReply, ChatRequest, EmbedReply, EmbedRequest, Form, Message, Tokens, ToolCall, own_name, wire_name,
};
use super::openai::vector;
use super::provider::{Answer, Endpoint, Provider, Target, arguments, count_of, odd, parse, text_of};
use super::stream;
use crate::step::StepError;
use serde_json::{Map, Value as Json, json};

/// The vendor `ollama`: a server on this machine, or the one that `base_url` or `OLLAMA_HOST` names.
pub struct Ollama;

impl Provider for Ollama {
    fn key_variable(&self) -> Option<&'static str> {
        None
    }

    fn chat<'a>(&'a self, endpoint: &'a Endpoint<'a>, request: &'a ChatRequest) -> Answer<'a, ChatReply> {
        Box::pin(async move {
            let bytes = post(endpoint, "/api/chat", &body(request)).await?;
            let answer = if request.stream { stream::join_lines(&bytes)? } else { parse(&bytes)? };
            reply(request, &answer)
        })
    }

    fn embed<'a>(&'a self, endpoint: &'a Endpoint<'a>, request: &'a EmbedRequest) -> Answer<'a, EmbedReply> {
        Box::pin(async move {
            let body = json!({ "model": request.model, "input": request.input });
            let answer = parse(&post(endpoint, "/api/embed", &body).await?)?;
            let rows = answer.get("embeddings").and_then(Json::as_array);
            let rows = rows.ok_or_else(|| odd("`embeddings`", &answer))?;
            let vectors = rows.iter().map(|row| vector(Some(row))).collect::<Option<Vec<_>>>();
            let usage = Tokens { prompt: count_of(&answer, "/prompt_eval_count"), completion: 0 };
            Ok(EmbedReply { vectors: vectors.ok_or_else(|| odd("vectors", &answer))?, usage })
        })
    }
}

async fn post(endpoint: &Endpoint<'_>, path: &str, body: &Json) -> Result<Vec<u8>, StepError> {
    let target = Target { base_variable: "OLLAMA_HOST", base: "http://127.0.0.1:11434", path, headers: &[] };
    endpoint.send(target, body).await
}

fn body(request: &ChatRequest) -> Json {
    let mut options = Map::new();
    let settings = [
        ("temperature", request.temperature.map(Json::from)),
        ("num_predict", request.max_tokens.map(Json::from)),
        ("seed", request.seed.map(Json::from)),
        ("stop", (!request.stop.is_empty()).then(|| json!(request.stop))),
    ];
    options.extend(settings.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))));
    options.extend(request.options.clone());
    let mut body = json!({
        "model": request.model,
        "messages": request.messages.iter().map(message).collect::<Vec<_>>(),
        "stream": request.stream,
        "options": options,
    });
    let Json::Object(map) = &mut body else { return body };
    let tool = |name: &str, description: &str, parameters: &Json| {
        let function =
            json!({ "name": wire_name(name), "description": description, "parameters": parameters });
        json!({ "type": "function", "function": function })
    };
    let mut tools: Vec<Json> =
        request.tools.iter().map(|t| tool(&t.name, &t.description, &t.parameters)).collect();
    match &request.form {
        Form::Text => {}
        Form::Json => {
            map.insert("format".to_owned(), Json::from("json"));
        }
        Form::Schema { schema, .. } => {
            map.insert("format".to_owned(), schema.clone());
        }
        Form::Tool { name, description, schema } => tools.push(tool(name, description, schema)),
    }
    if !tools.is_empty() {
        map.insert("tools".to_owned(), Json::Array(tools));
    }
    body
}

fn message(message: &Message) -> Json {
    let calls = message
        .tool_calls
        .iter()
        .map(|call| json!({ "function": { "name": wire_name(&call.name), "arguments": call.arguments } }));
    let calls: Vec<Json> = calls.collect();
    if calls.is_empty() {
        return json!({ "role": message.role, "content": message.content });
    }
    json!({ "role": message.role, "content": message.content, "tool_calls": calls })
}

fn reply(request: &ChatRequest, answer: &Json) -> Result<ChatReply, StepError> {
    let message = answer.get("message").ok_or_else(|| odd("`message`", answer))?;
    let calls = message.get("tool_calls").and_then(Json::as_array).into_iter().flatten().enumerate();
    let calls = calls.map(|(at, call)| ToolCall {
        // The vendor gives calls no ids.
        id: format!("call_{}", at + 1),
        name: own_name(&request.tools, &text_of(call, "/function/name")),
        arguments: arguments(call.pointer("/function/arguments").unwrap_or(&Json::Null)),
    });
    Ok(ChatReply {
        content: text_of(message, "/content"),
        tool_calls: calls.collect(),
        cut: text_of(answer, "/done_reason") == "length",
        usage: Tokens {
            prompt: count_of(answer, "/prompt_eval_count"),
            completion: count_of(answer, "/eval_count"),
        },
        ..ChatReply::default()
    })
}
