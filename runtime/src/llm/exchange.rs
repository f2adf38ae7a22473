//! One exchange with a model: live or recorded, logged, counted; the first of several that answers.

use super::cassette::Cassette;
use super::message::{ChatReply, ChatRequest, EmbedReply, EmbedRequest, Tokens};
use super::options::LlmMode;
use super::provider::{Endpoint, Provider, find};
use crate::context::{ResolvedProvider, Usage};
use crate::step::{StepCall, StepError};
use crate::steps::convert;
use rustchain_plan::{ErrorKind, Value};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value as Json, json};
use smol_str::SmolStr;
use std::collections::BTreeMap;
use std::path::Path;

/// Arguments of a provider that say how to reach it, or that a request has members for.
const KNOWN: &[&str] = &["base_url", "api_key", "timeout", "temperature", "max_tokens", "stop", "seed"];

/// Asks the model that a provider of the plan names. The request's vendor and model are filled in; what it
/// does not set, the provider's arguments do.
///
/// # Errors
/// Those of the provider; kind `refusal` where the model refused; `budget` where a budget is used up.
pub async fn chat(call: &StepCall<'_>, provider: &str, request: ChatRequest) -> Result<ChatReply, StepError> {
    let reply = first(call, provider, Ask::Chat(request)).await?;
    let reply: ChatReply = read(reply)?;
    match &reply.refusal {
        Some(why) => Err(StepError::new(ErrorKind::Refusal, format!("the model refused: {why}"))),
        None => Ok(reply),
    }
}

/// Asks for the vectors of texts.
///
/// # Errors
/// Those of the provider; `budget` where a budget is used up.
pub async fn embed(
    call: &StepCall<'_>,
    provider: &str,
    input: Vec<String>,
) -> Result<Vec<Vec<f64>>, StepError> {
    let wanted = input.len();
    let request = EmbedRequest { vendor: String::new(), model: String::new(), input };
    let reply: EmbedReply = read(first(call, provider, Ask::Embed(request)).await?)?;
    if reply.vectors.len() != wanted {
        let message = format!("the provider gave {} vectors for {wanted} texts", reply.vectors.len());
        return Err(StepError::new(ErrorKind::ParseError, message));
    }
    Ok(reply.vectors)
}

#[derive(Clone)]
enum Ask {
    Chat(ChatRequest),
    Embed(EmbedRequest),
}

/// One provider, or the first of several that answers.
async fn first(call: &StepCall<'_>, name: &str, ask: Ask) -> Result<Json, StepError> {
    let mut open: Vec<SmolStr> = vec![name.into()];
    let mut failed: Vec<String> = Vec::new();
    let mut seen = 0;
    loop {
        let Some(name) = open.pop() else {
            return Err(StepError::invalid(format!("provider `{name}` names no model")));
        };
        seen += 1;
        if seen > 100 {
            return Err(StepError::invalid(format!("provider `{name}` names itself")));
        }
        match call.context.provider(&name)? {
            ResolvedProvider::FirstOf(names) => open.extend(names.iter().rev().cloned()),
            ResolvedProvider::Model { vendor, model, options } => {
                let one = One { call, name: &name, vendor, model, options };
                match one.ask(ask.clone()).await {
                    Err(error) if !open.is_empty() && error.kind != ErrorKind::Budget => {
                        call.log("fallback", json!({ "provider": name, "error": error.to_string() }));
                        failed.push(format!("`{name}`: {}", error.message));
                    }
                    Err(mut error) if !failed.is_empty() && error.kind != ErrorKind::Budget => {
                        error.message = format!("{} (before: {})", error.message, failed.join("; "));
                        return Err(error);
                    }
                    other => return other,
                }
            }
        }
    }
}

/// A model of the plan.
struct One<'o> {
    call: &'o StepCall<'o>,
    name: &'o SmolStr,
    vendor: &'o SmolStr,
    model: &'o str,
    options: &'o BTreeMap<SmolStr, Value>,
}

impl One<'_> {
    async fn ask(&self, ask: Ask) -> Result<Json, StepError> {
        match ask {
            Ask::Chat(request) => self.chat(self.completed(request)?).await,
            Ask::Embed(mut request) => {
                request.vendor = self.vendor.to_string();
                request.model = self.model.to_owned();
                let (reply, live) = self
                    .exchange("embed", &request, |provider, endpoint, request| {
                        provider.embed(endpoint, request)
                    })
                    .await?;
                let typed: EmbedReply = read(reply.clone())?;
                self.count(typed.usage, self.price(typed.usage), live)?;
                Ok(reply)
            }
        }
    }

    async fn chat(&self, request: ChatRequest) -> Result<Json, StepError> {
        let (reply, live) = self
            .exchange("chat", &request, |provider, endpoint, request| provider.chat(endpoint, request))
            .await?;
        let mut typed: ChatReply = read(reply)?;
        typed.usd = typed.usd.or_else(|| self.price(typed.usage));
        self.count(typed.usage, typed.usd, live)?;
        to_json(&typed)
    }

    /// The request with the provider's arguments where the call sets none.
    fn completed(&self, mut request: ChatRequest) -> Result<ChatRequest, StepError> {
        request.vendor = self.vendor.to_string();
        request.model = self.model.to_owned();
        let option = |name: &str| self.options.get(name);
        request.temperature = request.temperature.or_else(|| match option("temperature") {
            Some(Value::Float(x)) => Some(*x),
            #[allow(clippy::cast_precision_loss, reason = "temperatures are small")]
            Some(Value::Int(n)) => Some(*n as f64),
            _ => None,
        });
        let int = |name: &str| match option(name) {
            Some(Value::Int(n)) => Some(*n),
            _ => None,
        };
        request.max_tokens = request.max_tokens.or_else(|| int("max_tokens"));
        request.seed = request.seed.or_else(|| int("seed"));
        if let (true, Some(Value::List(stop))) = (request.stop.is_empty(), option("stop")) {
            request.stop = stop.iter().filter_map(Value::as_text).map(str::to_owned).collect();
        }
        for (name, value) in self.options.iter().filter(|(name, _)| !KNOWN.contains(&name.as_str())) {
            let value = convert::encode(self.call.context, value);
            request.options.entry(name.as_str()).or_insert(value);
        }
        Ok(request)
    }

    /// The reply as JSON, and whether it came from the provider.
    async fn exchange<Q, R>(
        &self,
        kind: &str,
        request: &Q,
        send: Send<Q, R>,
    ) -> Result<(Json, bool), StepError>
    where
        Q: Serialize,
        R: Serialize,
    {
        let context = self.call.context;
        let mut canonical = to_json(request)?;
        if let Json::Object(map) = &mut canonical {
            map.insert("kind".to_owned(), Json::from(kind));
            // How an answer travels does not change it.
            map.remove("stream");
        }
        // A recorded request holds no secret, so that the cassette can be committed.
        let canonical = context.redactor.json(canonical);
        let provider = find(self.vendor);
        let cassette = context.shared(Cassette::default);
        let path = context.llm.cassette.as_deref();
        let endpoint = Endpoint::new(context, self.options);
        let source = self.source(provider, &endpoint)?;
        let reply = match source {
            Source::Replay(path) => cassette.play(path, &canonical)?,
            Source::Live(provider) => {
                let reply = to_json(&send(provider, &endpoint, request).await?)?;
                if context.llm.mode == LlmMode::Record {
                    let Some(path) = path else {
                        return Err(StepError::invalid("there is no cassette to record into"));
                    };
                    cassette.record(path, &canonical, &context.redactor.json(reply.clone()))?;
                }
                reply
            }
        };
        let live = matches!(source, Source::Live(_));
        let from = if live { "provider" } else { "cassette" };
        self.call.log(
            "model",
            json!({ "provider": self.name, "from": from, "request": canonical, "reply": reply }),
        );
        Ok((reply, live))
    }

    fn source(
        &self,
        provider: Option<&'static dyn Provider>,
        endpoint: &Endpoint<'_>,
    ) -> Result<Source<'_>, StepError> {
        let options = &self.call.context.llm;
        let cassette = options.cassette.as_deref();
        if self.vendor == "replay" || options.mode == LlmMode::Replay {
            return cassette
                .map(Source::Replay)
                .ok_or_else(|| StepError::invalid("there is no cassette to replay"));
        }
        if options.mode == LlmMode::Auto && cassette.is_some_and(Path::exists) {
            return cassette.map(Source::Replay).ok_or_else(|| StepError::invalid("there is no cassette"));
        }
        let Some(provider) = provider else {
            return Err(StepError::invalid(format!("no provider is built in for `{}`", self.vendor)));
        };
        let own_server = self.options.contains_key("base_url");
        match provider.key_variable() {
            Some(variable) if !own_server && endpoint.key(variable).is_none() && !has_base(variable) => {
                let name = cassette.and_then(Path::file_name).map(|n| n.to_string_lossy().into_owned());
                let none = name.map_or(String::new(), |name| format!(" and there is no cassette `{name}`"));
                let message = format!("provider `{}` needs a key: {variable} is not set{none}", self.name);
                Err(StepError::invalid(message))
            }
            _ => Ok(Source::Live(provider)),
        }
    }

    /// US dollars by the table of prices, where the provider names none.
    #[allow(clippy::cast_precision_loss, reason = "tokens of one answer")]
    fn price(&self, tokens: Tokens) -> Option<f64> {
        let price = rustchain_plan::price::price(self.vendor, self.model)?;
        Some((tokens.prompt as f64 * price.input + tokens.completion as f64 * price.output) / 1e6)
    }

    /// Answers from a cassette count as they did when they were recorded, so that budgets can be tried.
    fn count(&self, tokens: Tokens, usd: Option<f64>, live: bool) -> Result<(), StepError> {
        self.call.report_usage(Usage {
            provider: self.name.clone(),
            model: self.model.to_owned(),
            prompt_tokens: tokens.prompt,
            completion_tokens: tokens.completion,
            usd: if live { usd } else { Some(0.0) },
        })
    }
}

type Send<Q, R> = for<'s> fn(&'s dyn Provider, &'s Endpoint<'s>, &'s Q) -> super::provider::Answer<'s, R>;

enum Source<'s> {
    Replay(&'s Path),
    Live(&'static dyn Provider),
}

/// A server named by the environment may need no key.
fn has_base(key_variable: &str) -> bool {
    std::env::var_os(key_variable.replace("_API_KEY", "_BASE_URL")).is_some_and(|base| !base.is_empty())
}

fn to_json<T: Serialize>(value: &T) -> Result<Json, StepError> {
    serde_json::to_value(value).map_err(|e| StepError::invalid(format!("a request has no JSON form: {e}")))
}

fn read<T: DeserializeOwned>(json: Json) -> Result<T, StepError> {
    serde_json::from_value(json)
        .map_err(|e| StepError::new(ErrorKind::ParseError, format!("the recorded answer is none: {e}")))
}
