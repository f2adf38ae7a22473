//! `http.get`, `http.post`, …: one exchange, redirects followed within the policy.

use super::address;
use super::client::client;
use super::failure::{from_reqwest, status_error};
use crate::step::{StepCall, StepError};
use crate::steps::convert;
use reqwest::header::{
    AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, COOKIE, HeaderMap, HeaderName, HeaderValue, LOCATION,
    PROXY_AUTHORIZATION,
};
use reqwest::{Method, Response, StatusCode, Url};
use rustchain_plan::{EffectKind, ErrorKind, Type, Value};
use smol_str::SmolStr;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The longest body that is read into memory: 64 MiB.
const BODY_LIMIT: usize = 64 << 20;

/// How many redirects are followed.
const HOPS: usize = 10;

/// `http.get`.
pub async fn get(call: StepCall<'_>) -> Result<Value, StepError> {
    body_of(call, Method::GET).await
}

/// `http.post`.
pub async fn post(call: StepCall<'_>) -> Result<Value, StepError> {
    body_of(call, Method::POST).await
}

/// `http.put`.
pub async fn put(call: StepCall<'_>) -> Result<Value, StepError> {
    body_of(call, Method::PUT).await
}

/// `http.patch`.
pub async fn patch(call: StepCall<'_>) -> Result<Value, StepError> {
    body_of(call, Method::PATCH).await
}

/// `http.delete`.
pub async fn delete(call: StepCall<'_>) -> Result<Value, StepError> {
    body_of(call, Method::DELETE).await
}

/// `http.request`: any method, any status.
pub async fn request(call: StepCall<'_>) -> Result<Value, StepError> {
    let name = call.text("method")?;
    let method = Method::from_bytes(name.as_bytes())
        .map_err(|_| StepError::invalid(format!("`{}` is no HTTP method", name.escape_debug())))?;
    let exchange = Exchange::new(&call, method)?;
    let response = exchange.send(&call).await?;
    let (status, headers) = (response.status(), header_values(response.headers()));
    let bytes = read(response, &exchange.shown(), BODY_LIMIT).await?;
    let ty = convert::type_arg(&call, &Type::String);
    let body = convert::decode_body(call.context, &bytes, ty).map_err(|e| exchange.about(e))?;
    Ok(convert::record(
        &call,
        [("status", Value::Int(i64::from(status.as_u16()))), ("headers", headers), ("body", body)],
    ))
}

async fn body_of(call: StepCall<'_>, method: Method) -> Result<Value, StepError> {
    let exchange = Exchange::new(&call, method)?;
    let response = exchange.success(&call).await?;
    let bytes = read(response, &exchange.shown(), BODY_LIMIT).await?;
    let ty = convert::type_arg(&call, call.result);
    convert::decode_body(call.context, &bytes, ty).map_err(|e| exchange.about(e))
}

/// A request with all that its redirects need.
pub(super) struct Exchange {
    method: Method,
    url: Url,
    headers: HeaderMap,
    body: Option<bytes::Bytes>,
    effect: EffectKind,
}

impl Exchange {
    pub(super) fn new(call: &StepCall<'_>, method: Method) -> Result<Exchange, StepError> {
        let mut url = address::parse(call.text("url")?)?;
        let query = call.entries("query")?;
        if !query.is_empty() {
            let mut pairs = url.query_pairs_mut();
            for (name, value) in query {
                pairs.append_pair(name, value.as_text().unwrap_or_default());
            }
        }
        let mut headers = headers(call)?;
        let body = body(call, &mut headers)?;
        let reads = [Method::GET, Method::HEAD, Method::OPTIONS].contains(&method);
        let effect = if reads { EffectKind::NetRead } else { EffectKind::NetWrite };
        Ok(Exchange { method, url, headers, body, effect })
    }

    /// `GET https://a.example/x`.
    pub(super) fn shown(&self) -> String {
        format!("{} {}", self.method, address::shown(&self.url))
    }

    /// An error with the request in front.
    fn about(&self, mut error: StepError) -> StepError {
        error.message = format!("{}: {}", self.shown(), error.message);
        error
    }

    /// Sends, and fails where the status is not 2xx.
    pub(super) async fn success(&self, call: &StepCall<'_>) -> Result<Response, StepError> {
        let response = self.send(call).await?;
        let status = response.status();
        if status.is_success() {
            return Ok(response);
        }
        let headers = response.headers().clone();
        let bytes = read(response, &self.shown(), BODY_LIMIT).await.unwrap_or_default();
        Err(status_error(&self.shown(), status, &headers, &bytes, call.context.clock.now()))
    }

    /// Sends, following redirects; each hop is decided by the policy.
    async fn send(&self, call: &StepCall<'_>) -> Result<Response, StepError> {
        let client = client(call.context)?;
        let mut hop = Hop {
            method: self.method.clone(),
            url: self.url.clone(),
            headers: self.headers.clone(),
            body: self.body.clone(),
        };
        for _ in 0..=HOPS {
            let mut request =
                client.request(hop.method.clone(), hop.url.clone()).headers(hop.headers.clone());
            if let Some(body) = &hop.body {
                request = request.body(body.clone());
            }
            let response = request.send().await.map_err(|e| from_reqwest(&hop.shown(), e))?;
            let Some(target) = redirect_target(&response, &hop.url) else { return Ok(response) };
            call.guard(self.effect, target.as_str()).map_err(|mut e| {
                e.message =
                    format!("{} redirects to {}: {}", hop.shown(), address::shown(&target), e.message);
                e
            })?;
            hop.go(response.status(), target, call);
        }
        Err(StepError::new(ErrorKind::Network, format!("{}: more than {HOPS} redirects", self.shown())))
    }
}

struct Hop {
    method: Method,
    url: Url,
    headers: HeaderMap,
    body: Option<bytes::Bytes>,
}

impl Hop {
    fn shown(&self) -> String {
        format!("{} {}", self.method, address::shown(&self.url))
    }

    fn go(&mut self, status: StatusCode, target: Url, call: &StepCall<'_>) {
        let becomes_get = match status {
            StatusCode::SEE_OTHER => self.method != Method::HEAD,
            StatusCode::MOVED_PERMANENTLY | StatusCode::FOUND => self.method == Method::POST,
            _ => false,
        };
        if becomes_get {
            self.method = Method::GET;
            self.body = None;
            self.headers.remove(CONTENT_TYPE);
            self.headers.remove(CONTENT_LENGTH);
        }
        if target.origin() != self.url.origin() {
            self.drop_credentials(call);
        }
        self.url = target;
    }

    /// Another origin gets no credentials: neither the usual headers nor any that holds a secret.
    fn drop_credentials(&mut self, call: &StepCall<'_>) {
        for name in [AUTHORIZATION, COOKIE, PROXY_AUTHORIZATION] {
            self.headers.remove(name);
        }
        let holds_secret = |value: &HeaderValue| {
            let text = String::from_utf8_lossy(value.as_bytes()).into_owned();
            call.context.redactor.text(&text) != text
        };
        let secret: Vec<HeaderName> =
            self.headers.iter().filter(|(_, v)| holds_secret(v)).map(|(n, _)| n.clone()).collect();
        for name in secret {
            self.headers.remove(name);
        }
    }
}

fn redirect_target(response: &Response, from: &Url) -> Option<Url> {
    if !matches!(response.status().as_u16(), 301 | 302 | 303 | 307 | 308) {
        return None;
    }
    let location = response.headers().get(LOCATION)?.to_str().ok()?;
    let target = from.join(location).ok()?;
    matches!(target.scheme(), "http" | "https").then_some(target)
}

fn headers(call: &StepCall<'_>) -> Result<HeaderMap, StepError> {
    let mut headers = HeaderMap::new();
    for (name, value) in call.entries("headers")? {
        let shown = name.escape_debug();
        let key = HeaderName::from_bytes(name.as_bytes())
            .map_err(|_| StepError::invalid(format!("`{shown}` is no header name")))?;
        let value = HeaderValue::from_str(value.as_text().unwrap_or_default())
            .map_err(|_| StepError::invalid(format!("the value of header `{shown}` holds a line break")))?;
        headers.append(key, value);
    }
    if let Some(key) = call.opt_text("idempotency_key")? {
        let value = HeaderValue::from_str(key)
            .map_err(|_| StepError::invalid("`idempotency_key` holds a line break"))?;
        headers.insert(HeaderName::from_static("idempotency-key"), value);
    }
    Ok(headers)
}

fn body(call: &StepCall<'_>, headers: &mut HeaderMap) -> Result<Option<bytes::Bytes>, StepError> {
    if let Some(text) = call.opt_text("text")? {
        return Ok(Some(bytes::Bytes::copy_from_slice(text.as_bytes())));
    }
    let json = convert::encode(call.context, call.arg("body"));
    if json.is_null() {
        return Ok(None);
    }
    if !headers.contains_key(CONTENT_TYPE) {
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    }
    Ok(Some(bytes::Bytes::from(json.to_string())))
}

/// Reads a body up to a limit.
///
/// # Errors
/// Kinds `network`, `timeout`; `parse_error` for a body that is too long.
async fn read(mut response: Response, what: &str, limit: usize) -> Result<Vec<u8>, StepError> {
    let too_long = || {
        let message = format!("{what}: the body is longer than {} MiB; use `http.download`", limit >> 20);
        StepError::new(ErrorKind::ParseError, message)
    };
    if response.content_length().is_some_and(|length| length > limit as u64) {
        return Err(too_long());
    }
    let mut bytes = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|e| from_reqwest(what, e))? {
        if bytes.len() + chunk.len() > limit {
            return Err(too_long());
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}

/// Names in lower case; values of a repeated header are joined by `, `.
fn header_values(headers: &HeaderMap) -> Value {
    let mut map: BTreeMap<SmolStr, String> = BTreeMap::new();
    for (name, value) in headers {
        let value = String::from_utf8_lossy(value.as_bytes());
        map.entry(name.as_str().into())
            .and_modify(|all| {
                all.push_str(", ");
                all.push_str(&value);
            })
            .or_insert_with(|| value.into_owned());
    }
    Value::Map(Arc::new(map.into_iter().map(|(k, v)| (k, Value::string(v))).collect()))
}
