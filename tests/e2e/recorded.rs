//! A model server that plays back what a library sent and got: a request is answered as the recorded one that means
//! the same was, each once.

use axum::extract::State;
use axum::http::{StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};
use std::sync::{Arc, Mutex};

/// The server; it stops when it is dropped.
pub struct Recorded {
    pub url: String,
    shared: Arc<Mutex<Shared>>,
    stop: Option<tokio::sync::oneshot::Sender<()>>,
    thread: Option<std::thread::JoinHandle<()>>,
}

struct Exchange {
    request: Value,
    status: u16,
    reply: String,
    used: bool,
}

#[derive(Default)]
struct Shared {
    exchanges: Vec<Exchange>,
    unknown: Vec<Value>,
}

impl Recorded {
    /// Plays lines of `path`, `body`, `status`, `reply`.
    pub fn start(lines: &str) -> Recorded {
        let exchanges = lines.lines().map(|line| {
            let line: Value = serde_json::from_str(line).expect("a line of JSON");
            Exchange {
                request: canonical(line["path"].as_str().expect("a path"), &line["body"]),
                status: line["status"].as_u64().expect("a status") as u16,
                reply: line["reply"].as_str().map_or_else(|| line["reply"].to_string(), str::to_owned),
                used: false,
            }
        });
        let shared = Arc::new(Mutex::new(Shared { exchanges: exchanges.collect(), unknown: Vec::new() }));
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
        listener.set_nonblocking(true).expect("nonblocking");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
        let state = shared.clone();
        let thread = std::thread::spawn(move || serve(listener, state, stopped));
        Recorded { url, shared, stop: Some(stop), thread: Some(thread) }
    }

    /// What differs between the recording and what was asked, in words; empty where nothing does.
    pub fn differences(&self) -> Vec<String> {
        let shared = self.shared.lock().expect("no panic while locked");
        let missing =
            shared.exchanges.iter().filter(|e| !e.used).map(|e| format!("never asked: {}", e.request));
        let unknown = shared.unknown.iter().map(|request| format!("asked, not recorded: {request}"));
        missing.chain(unknown).collect()
    }
}

impl Drop for Recorded {
    fn drop(&mut self) {
        let _ = self.stop.take().map(|stop| stop.send(()));
        let _ = self.thread.take().map(std::thread::JoinHandle::join);
    }
}

fn serve(
    listener: std::net::TcpListener,
    shared: Arc<Mutex<Shared>>,
    stopped: tokio::sync::oneshot::Receiver<()>,
) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let listener = tokio::net::TcpListener::from_std(listener).expect("a listener");
        let app = axum::Router::new().fallback(answer).with_state(shared);
        tokio::select! {
            _ = axum::serve(listener, app) => {}
            _ = stopped => {}
        }
    });
}

async fn answer(State(shared): State<Arc<Mutex<Shared>>>, uri: Uri, body: axum::body::Bytes) -> Response {
    let body: Value = serde_json::from_slice(&body).unwrap_or_default();
    let asked = canonical(uri.path(), &body);
    let mut shared = shared.lock().expect("no panic while locked");
    // What failed came first: a client asks again after a failure, never after an answer.
    let fitting = shared.exchanges.iter_mut().filter(|e| !e.used && e.request == asked);
    match fitting.max_by_key(|e| e.status) {
        Some(exchange) => {
            exchange.used = true;
            let status = StatusCode::from_u16(exchange.status).expect("a status");
            (status, [("content-type", "application/json")], exchange.reply.clone()).into_response()
        }
        None => {
            shared.unknown.push(asked);
            (StatusCode::NOT_IMPLEMENTED, "no such request was recorded").into_response()
        }
    }
}

/// What a request means, the same for every wire format: ids, keys and defaults of the transport left out.
pub fn canonical(path: &str, body: &Value) -> Value {
    let options = &body["options"];
    let first = |names: &[&str]| {
        let found = names.iter().map(|name| &body[*name]).find(|v| !v.is_null());
        found.cloned().unwrap_or_default()
    };
    let or_option = |names: &[&str], option: &str| match first(names) {
        Value::Null => options[option].clone(),
        found => found,
    };
    let tools: Vec<Value> = body["tools"].as_array().into_iter().flatten().map(tool).collect();
    let stream = body["stream"].as_bool().unwrap_or(path.starts_with("/api/"));
    let all = json!({
        "path": path,
        "model": body["model"],
        "messages": messages(path, body),
        "prompt": body["prompt"],
        "tools": tools,
        "tool_choice": body["tool_choice"],
        "stream": stream,
        "temperature": number(&or_option(&["temperature"], "temperature")),
        "max_tokens": or_option(&["max_completion_tokens", "max_tokens"], "num_predict"),
        "top_p": or_option(&["top_p"], "top_p"),
        "stop": or_option(&["stop", "stop_sequences"], "stop"),
        "seed": or_option(&["seed"], "seed"),
        "response_format": first(&["response_format", "format"]),
    });
    let Value::Object(all) = all else { return Value::Null };
    let said = |value: &Value| !value.is_null() && *value != json!([]) && *value != json!({});
    Value::Object(all.into_iter().filter(|(_, value)| said(value)).collect::<Map<_, _>>())
}

/// 1 and 1.0 are the same temperature.
fn number(value: &Value) -> Value {
    value.as_f64().map_or_else(|| value.clone(), |x| json!(x))
}

fn messages(path: &str, body: &Value) -> Vec<Value> {
    let mut out = Vec::new();
    if path.ends_with("/messages") && !body["system"].is_null() {
        out.push(json!({ "role": "system", "content": text(&body["system"]) }));
    }
    for message in body["messages"].as_array().into_iter().flatten() {
        let role = message["role"].as_str().unwrap_or_default().replace("developer", "system");
        let mut one = json!({ "role": role, "content": text(&message["content"]) });
        let mut calls = Vec::new();
        for part in message["content"].as_array().into_iter().flatten() {
            match part["type"].as_str() {
                Some("tool_use") => calls.push(json!({ "name": part["name"], "arguments": part["input"] })),
                Some("tool_result") => one = json!({ "role": "tool", "content": text(&part["content"]) }),
                _ => {}
            }
        }
        for call in message["tool_calls"].as_array().into_iter().flatten() {
            let arguments = &call["function"]["arguments"];
            let parsed = arguments.as_str().and_then(|text| serde_json::from_str(text).ok());
            calls.push(json!({
                "name": call["function"]["name"],
                "arguments": parsed.unwrap_or_else(|| arguments.clone()),
            }));
        }
        if !calls.is_empty() {
            one["tool_calls"] = Value::Array(calls);
        }
        out.push(one);
    }
    out
}

fn text(content: &Value) -> String {
    match content {
        Value::String(text) => text.clone(),
        Value::Array(parts) => parts.iter().map(|part| part["text"].as_str().unwrap_or_default()).collect(),
        _ => String::new(),
    }
}

fn tool(tool: &Value) -> Value {
    let inner = if tool["function"].is_object() { &tool["function"] } else { tool };
    let schema = if inner["parameters"].is_null() { &inner["input_schema"] } else { &inner["parameters"] };
    let description = inner["description"].as_str().unwrap_or_default();
    json!({ "name": inner["name"], "description": description, "schema": schema })
}
