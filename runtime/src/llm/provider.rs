//! What a vendor of models must be able to do.

use super::message::{ChatReply, ChatRequest, EmbedReply, EmbedRequest};
use crate::context::RunContext;
use crate::step::StepError;
use futures_util::future::BoxFuture;
use rustchain_plan::{ErrorKind, Value};
use serde_json::Value as Json;
use smol_str::SmolStr;
use std::collections::BTreeMap;
use std::time::Duration;

/// A vendor's wire format.
pub trait Provider: Send + Sync {
    /// The variable that holds the key; `None`: no key is needed.
    fn key_variable(&self) -> Option<&'static str>;

    /// Asks for an answer.
    fn chat<'a>(&'a self, endpoint: &'a Endpoint<'a>, request: &'a ChatRequest) -> Answer<'a, ChatReply>;

    /// Asks for vectors.
    fn embed<'a>(&'a self, endpoint: &'a Endpoint<'a>, request: &'a EmbedRequest) -> Answer<'a, EmbedReply>;
}

/// An answer on its way.
pub type Answer<'a, T> = BoxFuture<'a, Result<T, StepError>>;

/// The vendor of a name.
pub fn find(vendor: &str) -> Option<&'static dyn Provider> {
    match vendor {
        "openai" => Some(&super::openai::OpenAi),
        "anthropic" => Some(&super::anthropic::Anthropic),
        "ollama" => Some(&super::ollama::Ollama),
        _ => None,
    }
}

/// Where requests go, and with which key.
pub struct Endpoint<'a> {
    context: &'a RunContext,
    options: &'a BTreeMap<SmolStr, Value>,
}

impl<'a> Endpoint<'a> {
    /// Of a provider's arguments.
    pub fn new(context: &'a RunContext, options: &'a BTreeMap<SmolStr, Value>) -> Endpoint<'a> {
        Endpoint { context, options }
    }

    /// The key: the argument `api_key`, else a variable. The log never shows it.
    pub fn key(&self, variable: &str) -> Option<String> {
        let given = self.options.get("api_key").and_then(Value::as_text).map(str::to_owned);
        let key = given.or_else(|| std::env::var(variable).ok()).filter(|key| !key.is_empty())?;
        self.context.redactor.add(variable, &key);
        Some(key)
    }

    fn base(&self, variable: &str, fallback: &str) -> String {
        let given = self.options.get("base_url").and_then(Value::as_text).map(str::to_owned);
        let base = given.or_else(|| std::env::var(variable).ok()).filter(|base| !base.is_empty());
        base.unwrap_or_else(|| fallback.to_owned()).trim_end_matches('/').to_owned()
    }

    /// The argument `timeout`.
    fn timeout(&self) -> Option<Duration> {
        match self.options.get("timeout") {
            Some(Value::Duration(ns)) => u64::try_from(*ns).ok().map(Duration::from_nanos),
            _ => None,
        }
    }

    /// Sends JSON; gives the response's bytes.
    ///
    /// # Errors
    /// Kinds `network`, `timeout`, `rate_limit`, `http_4xx`, `http_5xx`.
    pub async fn send(&self, target: Target<'_>, body: &Json) -> Result<Vec<u8>, StepError> {
        let url = format!("{}{}", self.base(target.base_variable, target.base), target.path);
        let what = format!("POST {}", url.split(['?', '#']).next().unwrap_or_default());
        let client = crate::steps::http::client(self.context)?;
        let mut request = client.post(&url).json(body);
        for (name, value) in target.headers {
            request = request.header(*name, value);
        }
        if let Some(timeout) = self.timeout() {
            request = request.timeout(timeout);
        }
        let failed = |e| crate::steps::http::from_reqwest(&what, e);
        let response = request.send().await.map_err(failed)?;
        let (status, headers) = (response.status(), response.headers().clone());
        let bytes = response.bytes().await.map_err(failed)?.to_vec();
        if status.is_success() {
            return Ok(bytes);
        }
        let now = self.context.clock.now();
        Err(crate::steps::http::status_error(&what, status, &headers, &bytes, now))
    }
}

/// An address of a vendor.
pub struct Target<'t> {
    /// The variable that names another server.
    pub base_variable: &'t str,
    /// The vendor's own server.
    pub base: &'t str,
    /// What follows it.
    pub path: &'t str,
    /// Key and version.
    pub headers: &'t [(&'t str, String)],
}

/// A vendor's answer as JSON.
///
/// # Errors
/// Kind `parse_error` with an excerpt.
pub fn parse(bytes: &[u8]) -> Result<Json, StepError> {
    serde_json::from_slice(bytes).map_err(|e| {
        let text = crate::steps::convert::excerpt(&String::from_utf8_lossy(bytes), 200);
        StepError::new(ErrorKind::ParseError, format!("the provider's answer is no JSON ({e}): {text}"))
    })
}

/// A vendor's answer that lacks what every answer has.
pub fn odd(what: &str, answer: &Json) -> StepError {
    let text = crate::steps::convert::excerpt(&answer.to_string(), 200);
    StepError::new(ErrorKind::ParseError, format!("the provider's answer has no {what}: {text}"))
}

/// A member as a text; empty where it is none.
pub fn text_of(json: &Json, pointer: &str) -> String {
    json.pointer(pointer).and_then(Json::as_str).unwrap_or_default().to_owned()
}

/// A member as a count; 0 where it is none.
pub fn count_of(json: &Json, pointer: &str) -> i64 {
    json.pointer(pointer).and_then(Json::as_i64).unwrap_or(0)
}

/// Arguments of a call: an object, or JSON text of one. What is neither stays a text, for the reader to refuse.
pub fn arguments(json: &Json) -> Json {
    match json {
        Json::String(text) if text.trim().is_empty() => Json::Object(serde_json::Map::new()),
        Json::String(text) => serde_json::from_str(text).unwrap_or_else(|_| json.clone()),
        Json::Null => Json::Object(serde_json::Map::new()),
        other => other.clone(),
    }
}
