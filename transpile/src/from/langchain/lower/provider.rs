//! Models as providers.

use super::Body;
use crate::from::langchain::model::{Data, Effect, Model, Node, OpKind};
use crate::from::lower::Fate;
use crate::from::lower::text::{duration, string};

/// Vendors that speak OpenAI's protocol at another address, with the variable that holds their key.
const COMPATIBLE: &[(&str, &str, &str)] = &[
    ("ChatGroq", "https://api.groq.com/openai/v1", "GROQ_API_KEY"),
    ("ChatDeepSeek", "https://api.deepseek.com/v1", "DEEPSEEK_API_KEY"),
    ("ChatTogether", "https://api.together.xyz/v1", "TOGETHER_API_KEY"),
    ("ChatMistralAI", "https://api.mistral.ai/v1", "MISTRAL_API_KEY"),
    ("ChatXAI", "https://api.x.ai/v1", "XAI_API_KEY"),
    ("ChatFireworks", "https://api.fireworks.ai/inference/v1", "FIREWORKS_API_KEY"),
    ("ChatPerplexity", "https://api.perplexity.ai", "PPLX_API_KEY"),
];

/// Parameters that a provider takes.
const PARAMETERS: &[&str] = &["temperature", "max_tokens", "top_p", "stop", "seed", "num_ctx"];

/// The name of the provider of a model, a fallback chain of models, or a configured model; `None` where the
/// runtime has no such vendor.
pub(in crate::from::langchain) fn of(body: &mut Body<'_, '_>, op: &Node) -> Option<String> {
    match &op.kind {
        OpKind::Model(model) => of_model(body, model, op, "model"),
        OpKind::Fallbacks { primary, fallbacks, .. } => {
            let mut names = vec![of(body, primary)?];
            for fallback in fallbacks {
                names.push(of(body, fallback)?);
            }
            std::iter::once(primary).chain(fallbacks).for_each(|model| client_left_out(body, model));
            let list = names.join(", ");
            Some(body.shared.declare(format!("first_of {list}"), "either", |name| {
                format!("provider {name} = first_of([{list}])")
            }))
        }
        OpKind::Configurable(c) => {
            let what = if c.which.is_some() { "the alternatives" } else { "the fields" };
            let message = format!("{what} of a configurable model are left out: the default is used");
            body.shared.note(Fate::Approximated, Effect::Setting, message, &op.origin);
            of(body, &c.default)
        }
        _ => None,
    }
}

fn of_model(body: &mut Body<'_, '_>, model: &Model, op: &Node, hint: &str) -> Option<String> {
    let (vendor, extra) = vendor(model)?;
    let Some(name) = model_name(body, model, op) else {
        body.shared.note(Fate::Lost, Effect::Setting, "the name of the model is not known", &op.origin);
        return None;
    };
    let mut args = vec![name];
    args.extend(extra);
    if let Some(url) = model.base_url.as_ref().and_then(Data::as_str) {
        args.push(format!("base_url: {}", string(url)));
    }
    for (key, value) in &model.params {
        if let ("request_timeout", Data::Float(seconds)) = (key.as_str(), value)
            && *seconds > 0.0
        {
            args.push(format!("timeout: {}", duration((seconds * 1e6) as i64)));
            continue;
        }
        // What the client does goes to each `ask`.
        if CLIENT.contains(&key.as_str()) {
            continue;
        }
        let key = match (key.as_str(), vendor) {
            ("num_predict", "ollama") => "max_tokens",
            (key, _) => key,
        };
        match (PARAMETERS.contains(&key), argument(value)) {
            (true, Some(code)) => args.push(format!("{key}: {code}")),
            _ => left_out(body, key, op),
        }
    }
    let call = format!("{vendor}({})", args.join(", "));
    let named =
        body.shared.file.objects.iter().find(|o| std::sync::Arc::ptr_eq(&o.op, op)).map(|o| o.name.clone());
    let hint = named.unwrap_or_else(|| hint.to_owned());
    Some(body.shared.declare(call.clone(), &hint, |name| format!("provider {name} = {call}")))
}

/// Settings of the client: whether answers come in pieces, and how often it tries again.
const CLIENT: &[&str] = &["streaming", "max_retries"];

/// Does the library stream this model's answers?
pub(in crate::from::langchain) fn streams(op: &Node) -> bool {
    let OpKind::Model(model) = &op.kind else { return false };
    let streaming = |(name, value): &(String, Data)| name == "streaming" && matches!(value, Data::Bool(true));
    model.class == "ChatOllama" || model.params.iter().any(streaming)
}

/// The clause for what the library's client does by itself: it tries again.
pub(in crate::from::langchain) fn client_retry(op: &Node) -> Option<String> {
    let OpKind::Model(model) = &op.kind else { return None };
    let given = model.params.iter().find(|(name, _)| name == "max_retries");
    let retries = match (given, model.class.as_str()) {
        (Some((_, Data::Int(n))), _) => *n,
        (None, "ChatOpenAI" | "ChatAnthropic") => 2,
        _ => 0,
    };
    let on = "[http_5xx, rate_limit, network, timeout]";
    (retries > 0).then(|| format!("retry {retries} on {on} {{ backoff: exponential(500ms), cap: 8s }}"))
}

/// Tells what the client of one of several models does, which has no place.
pub(super) fn client_left_out(body: &mut Body<'_, '_>, op: &Node) {
    let OpKind::Model(model) = &op.kind else { return };
    let set = |value: &Data| !matches!(value, Data::Null | Data::Bool(false) | Data::Int(0));
    for (key, _) in model.params.iter().filter(|(key, value)| CLIENT.contains(&key.as_str()) && set(value)) {
        left_out(body, key, op);
    }
    let given = model.params.iter().any(|(key, _)| key == "max_retries");
    if !given && client_retry(op).is_some() {
        let message =
            "the client tries a request that failed 2 times more; here the next model is asked at once";
        body.shared.note(Fate::Approximated, Effect::Setting, message, &op.origin);
    }
}

/// A parameter without a place in a provider.
fn left_out(body: &mut Body<'_, '_>, key: &str, op: &Node) {
    let harmless = matches!(
        key,
        "streaming"
            | "stream_usage"
            | "max_retries"
            | "request_timeout"
            | "disable_streaming"
            | "model_provider"
            | "use_responses_api"
    );
    let (fate, message) = match harmless {
        true => (Fate::Approximated, format!("the setting `{key}` of the client is left out")),
        false => (Fate::Lost, format!("the parameter `{key}` of the model is left out")),
    };
    body.shared.note(fate, Effect::Setting, message, &op.origin);
}

fn vendor(model: &Model) -> Option<(&'static str, Option<String>)> {
    match model.class.as_str() {
        "ChatOpenAI" | "ChatOpenAIResponses" => Some(("openai", None)),
        "ChatAnthropic" => Some(("anthropic", None)),
        "ChatOllama" => Some(("ollama", None)),
        class => {
            let (_, url, key) = COMPATIBLE.iter().find(|(c, _, _)| *c == class)?;
            Some(("openai", Some(format!("base_url: {}, api_key: env({})", string(url), string(key)))))
        }
    }
}

fn model_name(_body: &mut Body<'_, '_>, model: &Model, _op: &Node) -> Option<String> {
    match &model.model {
        Data::Str(name) => Some(string(name)),
        Data::Env(variable, Some(default)) => {
            default.as_str().map(|d| format!("env({}) ?? {}", string(variable), string(d)))
        }
        _ => None,
    }
}

/// A plain value as an argument.
pub(in crate::from::langchain) fn argument(value: &Data) -> Option<String> {
    Some(match value {
        Data::Bool(b) => b.to_string(),
        Data::Int(i) => i.to_string(),
        Data::Float(f) => float(*f),
        Data::Str(s) => string(s),
        Data::List(items) => {
            let items: Option<Vec<String>> = items.iter().map(argument).collect();
            format!("[{}]", items?.join(", "))
        }
        _ => return None,
    })
}

fn float(f: f64) -> String {
    if f.fract() == 0.0 && f.abs() < 1e15 { format!("{f:.1}") } else { format!("{f}") }
}
