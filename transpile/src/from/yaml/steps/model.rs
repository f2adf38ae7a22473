//! Models: `ask` and `embed`, with a provider for each model that is named.

use super::Missing;
use crate::from::yaml::doc::Doc;
use crate::from::yaml::step_types;
use crate::from::yaml::translate::Translator;
use crate::from::yaml::units::Unit;
use rustchain_grammar::{Severity, Span};

/// The vendor of a provider's name as the YAML spells it.
fn vendor(name: &str) -> Option<&'static str> {
    Some(match name.to_lowercase().as_str() {
        "openai" | "gpt" => "openai",
        "anthropic" | "claude" => "anthropic",
        "ollama" => "ollama",
        "shimmy" | "local" => "shimmy",
        "google-gemini" | "google_gemini" | "gemini" | "google" => "gemini",
        "azure-openai" | "azure_openai" | "azure" => "azure",
        "aws-bedrock" | "aws_bedrock" | "bedrock" => "bedrock",
        _ => return None,
    })
}

/// The vendor of a model's name.
fn vendor_of_model(model: &str) -> &'static str {
    let model = model.to_lowercase();
    let starts = |prefixes: &[&str]| prefixes.iter().any(|p| model.starts_with(p));
    match () {
        () if starts(&["gpt", "o1", "o3", "o4", "text-", "chatgpt", "davinci"]) => "openai",
        () if starts(&["claude"]) => "anthropic",
        () if starts(&["gemini"]) => "gemini",
        () if starts(&["phi3-mini", "starcoder", "qwen2-0.5b"]) || model.contains("champion") => "shimmy",
        () if model.contains(':')
            || starts(&["llama", "mistral", "mixtral", "phi", "qwen", "gemma", "codellama"]) =>
        {
            "ollama"
        }
        () => "openai",
    }
}

/// The model of a vendor where none is named.
fn default_model(vendor: &str) -> &'static str {
    match vendor {
        "anthropic" => "claude-3-sonnet-20240229",
        "ollama" => "llama2",
        "shimmy" => "phi3-mini",
        "gemini" => "gemini-1.5-flash",
        _ => "gpt-3.5-turbo",
    }
}

impl Translator<'_> {
    /// The provider of a step, declared at the top of the file.
    pub fn provider_of(&mut self, unit: &Unit, embedding: bool) -> Doc {
        let model = self.constant(unit, "model");
        let named = self.constant(unit, "provider");
        let span = model.as_ref().or(named.as_ref()).map_or(unit.step.kind.span, |(_, span)| *span);
        let known = named.as_ref().and_then(|(name, _)| vendor(name));
        if let (Some((name, at)), None) = (&named, known) {
            let message = format!("unknown provider `{name}`: the vendor is guessed from the model");
            let help = "known are `openai`, `anthropic`, `ollama`, `shimmy`, `gemini`, `azure` and `bedrock`";
            self.sink.lossy(Severity::Medium, *at, message, help);
        }
        let model = model.map(|(text, _)| text).filter(|text| !text.contains(['{', '$']) && !text.is_empty());
        let vendor = known.unwrap_or_else(|| model.as_deref().map_or("openai", vendor_of_model));
        if model.is_none() && !embedding {
            self.no_model(vendor, span);
        }
        let model = model.unwrap_or_else(|| match embedding {
            true => "text-embedding-ada-002".into(),
            false => default_model(vendor).into(),
        });
        let name = self.provider(vendor, &model, span);
        Doc::from(span, Doc::text(name))
    }

    fn no_model(&mut self, vendor: &str, span: Span) {
        let message = format!("no model is named: `{}` is taken", default_model(vendor));
        let diagnostic = self
            .sink
            .new_at(crate::from::yaml::report::code::LOSSY, Severity::Note, span, message)
            .help("name one with `model:`");
        self.sink.push(diagnostic);
    }
}

/// `llm`, `model_inference`, and `chain` with a prompt.
pub(super) fn ask(t: &mut Translator<'_>, unit: &Unit, kind: &str) -> Result<Doc, Missing> {
    let table = step_types::find("llm").ok_or(Missing::of("prompt"))?;
    if t.param(unit, "prompt").is_none() {
        return Err(Missing::of(if kind == "chain" { "steps" } else { "prompt" }));
    }
    let mut args = vec![Doc::named("model", t.provider_of(unit, false))];
    let mut limited = false;
    for param in table.params {
        let value = t.arg(unit, param)?;
        limited |= param.name == "max_tokens" && value.is_some();
        args.extend(value.map(|value| Doc::named(param.to, value)));
    }
    if kind == "model_inference" && !limited {
        args.push(Doc::named("max_tokens", Doc::text("100")));
    }
    // In the order of the signature: prompt, system, then the numbers.
    args.sort_by_key(argument_order);
    Ok(t.call(unit, "ask<string>", args))
}

fn argument_order(doc: &Doc) -> usize {
    let Doc::Cat(parts) = doc else { return 99 };
    let Some(Doc::Text(name)) = parts.first() else { return 99 };
    let order =
        ["model: ", "system: ", "prompt: ", "temperature: ", "max_tokens: ", "stop: ", "seed: ", "stream: "];
    order.iter().position(|o| o == name).unwrap_or(98)
}

/// `generate_embedding`.
pub(super) fn embedding(t: &mut Translator<'_>, unit: &Unit) -> Result<Doc, Missing> {
    let text = t.need(unit, "text")?;
    let model = t.provider_of(unit, true);
    let args = vec![Doc::named("model", model), Doc::named("text", t.text_value(&text))];
    Ok(t.call(unit, "embed", args))
}
