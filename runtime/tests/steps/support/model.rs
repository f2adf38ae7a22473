//! A scripted server of models.

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use serde_json::{Value as Json, json};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// One answer of the script.
pub enum Say {
    /// JSON with status 200.
    Json(Json),
    /// A status with headers and a text.
    Status(u16, Vec<(&'static str, &'static str)>, &'static str),
    /// A text with status 200.
    Text(&'static str),
    /// Nothing, for ever.
    Stall,
    /// The connection breaks inside the body.
    Reset,
}

/// A request that came in.
#[derive(Clone, Debug)]
pub struct Asked {
    pub path: String,
    pub headers: HeaderMap,
    pub body: Json,
}

#[derive(Clone, Default)]
pub struct Script {
    answers: Arc<Mutex<VecDeque<Say>>>,
    asked: Arc<Mutex<Vec<Asked>>>,
}

/// A server that gives the answers in order; gives its address and what it was asked.
pub async fn model(answers: Vec<Say>) -> (String, Script) {
    let script = Script { answers: Arc::new(Mutex::new(answers.into())), ..Script::default() };
    let app = Router::new().fallback(answer).with_state(script.clone());
    (crate::http::serve(app).await, script)
}

impl Script {
    /// The requests so far.
    pub fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }

    /// The body of the last request.
    pub fn last(&self) -> Json {
        self.asked().last().unwrap().body.clone()
    }
}

async fn answer(State(script): State<Script>, uri: Uri, headers: HeaderMap, body: Bytes) -> Response {
    let body = serde_json::from_slice(&body).unwrap();
    script.asked.lock().unwrap().push(Asked { path: uri.path().to_owned(), headers, body });
    let say = script.answers.lock().unwrap().pop_front();
    match say {
        Some(Say::Json(json)) => axum::Json(json).into_response(),
        Some(Say::Text(text)) => text.into_response(),
        Some(Say::Status(status, headers, text)) => {
            let mut response = (StatusCode::from_u16(status).unwrap(), text).into_response();
            for (name, value) in headers {
                response.headers_mut().insert(name, value.parse().unwrap());
            }
            response
        }
        Some(Say::Stall) => {
            tokio::time::sleep(Duration::from_secs(600)).await;
            ().into_response()
        }
        Some(Say::Reset) => {
            let part: Result<Bytes, std::io::Error> = Ok(Bytes::from_static(b"{\"choices\":"));
            let parts = [part, Err(std::io::Error::other("reset"))];
            Body::from_stream(futures_util::stream::iter(parts)).into_response()
        }
        None => (StatusCode::IM_A_TEAPOT, "the script is over").into_response(),
    }
}

/// An answer of chat completions with a text.
pub fn text(content: &str) -> Say {
    Say::Json(json!({
        "choices": [{ "message": { "role": "assistant", "content": content }, "finish_reason": "stop" }],
        "usage": { "prompt_tokens": 10, "completion_tokens": 5 },
    }))
}

/// An answer of chat completions with calls of tools: name and arguments.
pub fn calls(calls: &[(&str, Json)]) -> Say {
    let call = |(at, (name, args)): (usize, &(&str, Json))| json!({ "id": format!("c{at}"), "type": "function", "function": { "name": name, "arguments": args.to_string() } });
    let calls: Vec<Json> = calls.iter().enumerate().map(call).collect();
    Say::Json(json!({
        "choices": [{ "message": { "content": null, "tool_calls": calls }, "finish_reason": "tool_calls" }],
        "usage": { "prompt_tokens": 10, "completion_tokens": 5 },
    }))
}
