//! Prices of models: a dated table, `data/prices.json`.

use serde_json::Value;
use std::sync::LazyLock;

static TABLE: LazyLock<Value> =
    LazyLock::new(|| serde_json::from_str(include_str!("../data/prices.json")).unwrap_or_default());

/// What a model costs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Price {
    /// US dollars for a million tokens of the prompt.
    pub input: f64,
    /// US dollars for a million tokens of the reply.
    pub output: f64,
    /// The most tokens that a prompt can have.
    pub context: Option<u64>,
}

/// Where the prices come from, and of which day they are.
pub fn source() -> String {
    let text = |key: &str| TABLE.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    format!("{}, as of {}", text("source"), text("as_of"))
}

/// The price of a model; `None` where it is not known, which is not 0. Models that run on the user's own
/// machine (`ollama`, `llamacpp`, `replay`, …) cost nothing.
pub fn price(vendor: &str, model: &str) -> Option<Price> {
    if is_local(vendor) {
        return Some(Price { input: 0.0, output: 0.0, context: None });
    }
    let key = match vendor {
        "gemini" | "vertex" => "google",
        "xai" | "grok" => "x-ai",
        other => other,
    };
    let models = TABLE.get("vendors")?.get(key)?.as_object()?;
    let exact = models.values().find(|m| names(m).any(|n| n == model));
    let by_start = || {
        let starts = |n: &str| n.strip_suffix('*').filter(|s| model.starts_with(s)).map(str::len);
        let best = models.values().filter_map(|m| Some((names(m).filter_map(starts).max()?, m)));
        best.max_by_key(|(length, _)| *length).map(|(_, m)| m)
    };
    let found = exact.or_else(by_start)?;
    Some(Price {
        input: found.get("input")?.as_f64()?,
        output: found.get("output")?.as_f64()?,
        context: found.get("context").and_then(Value::as_u64),
    })
}

/// The names of the models that a vendor has a price for, patterns left out.
pub fn known_models(vendor: &str) -> Vec<&'static str> {
    let models = TABLE.get("vendors").and_then(|v| v.get(vendor)).and_then(Value::as_object);
    let all = models.into_iter().flat_map(|m| m.values()).flat_map(names);
    all.filter(|name| !name.ends_with('*')).collect()
}

fn names(model: &Value) -> impl Iterator<Item = &str> {
    model.get("names").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str)
}

fn is_local(vendor: &str) -> bool {
    matches!(vendor, "ollama" | "llamacpp" | "replay" | "shimmy" | "local" | "lmstudio" | "vllm")
}
