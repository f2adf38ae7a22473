//! secret-literal: text that looks like a key or a password.

use super::context::Context;
use super::exprs;
use rustchain_grammar::{Diagnostic, Severity};
use rustchain_plan::expr::{ExprKind, Part};
use rustchain_plan::{Expr, Value};
use std::collections::BTreeSet;

/// Beginning, what it is, how many letters and digits follow at least.
const SHAPES: &[(&str, &str, usize)] = &[
    ("sk-ant-", "an Anthropic key", 20),
    ("sk-proj-", "an OpenAI key", 20),
    ("sk-", "an API key", 32),
    ("sk_live_", "a Stripe key", 16),
    ("rk_live_", "a Stripe key", 16),
    ("ghp_", "a GitHub token", 36),
    ("gho_", "a GitHub token", 36),
    ("ghs_", "a GitHub token", 36),
    ("github_pat_", "a GitHub token", 40),
    ("glpat-", "a GitLab token", 20),
    ("xoxb-", "a Slack token", 20),
    ("xoxp-", "a Slack token", 20),
    ("AKIA", "an AWS key id", 16),
    ("ASIA", "an AWS key id", 16),
    ("AIza", "a Google key", 35),
    ("hf_", "a Hugging Face token", 30),
    ("npm_", "an npm token", 36),
    ("dop_v1_", "a DigitalOcean token", 60),
];

/// Names of headers, variables and options that hold secrets.
const NAMES: &[&str] = &[
    "password",
    "passwd",
    "secret",
    "api_key",
    "apikey",
    "token",
    "access_token",
    "private_key",
    "client_secret",
];

pub(super) fn run(context: &Context<'_>) -> Vec<Diagnostic> {
    let mut out = Vec::new();
    let mut seen = BTreeSet::new();
    let mut add = |expr: &Expr, what: &str| {
        let place = context.spans.place(expr.id);
        if seen.insert(place) {
            let finding = context.finding("RC0454", Severity::High, place, format!("this looks like {what}"));
            out.push(finding.label("a secret in the source").help(
                "declare `secret name: string from env(\"NAME\")`, and take this one out of use: it is in the history",
            ));
        }
    };
    for root in &context.roots {
        exprs::each(root, &mut |expr| match &expr.kind {
            ExprKind::Const(value) => {
                if let Some(what) = in_value(value) {
                    add(expr, what);
                }
            }
            ExprKind::Template { parts, .. } => {
                let texts = parts.iter().filter_map(|p| match p {
                    Part::Text(text) => Some(text.as_str()),
                    Part::Hole(_) => None,
                });
                if let Some(what) = texts.into_iter().find_map(in_text) {
                    add(expr, what);
                }
            }
            ExprKind::Map(entries) | ExprKind::Record { fields: entries, .. } => {
                for (name, value) in entries {
                    let ExprKind::Const(Value::String(text)) = &value.kind else { continue };
                    if is_named_secret(name, text) {
                        add(value, "a password or a key");
                    }
                }
            }
            _ => {}
        });
    }
    out
}

fn in_value(value: &Value) -> Option<&'static str> {
    match value {
        Value::List(items) => items.iter().find_map(in_value),
        Value::Map(fields) | Value::Record(_, fields) => fields.iter().find_map(|(name, value)| {
            let named = value.as_text().is_some_and(|text| is_named_secret(name, text));
            named.then_some("a password or a key").or_else(|| in_value(value))
        }),
        other => in_text(other.as_text()?),
    }
}

fn in_text(text: &str) -> Option<&'static str> {
    if text.contains("-----BEGIN") && text.contains("PRIVATE KEY-----") {
        return Some("a private key");
    }
    let user = text.split_once("://").and_then(|(_, rest)| rest.split('/').next()?.rsplit_once('@'));
    let password = user.and_then(|(u, _)| u.split_once(':')).map(|(_, password)| password);
    if password.is_some_and(|p| !p.is_empty() && !is_placeholder(p)) {
        return Some("a password in a url");
    }
    let words = text.split(|c: char| !(c.is_ascii_alphanumeric() || "-_".contains(c)));
    words.into_iter().find_map(token)
}

/// The shortest that any of [`SHAPES`] is.
const LEAST: usize = 20;

fn token(word: &str) -> Option<&'static str> {
    if word.len() < LEAST {
        return None;
    }
    let (start, what, least) = SHAPES.iter().find(|(start, ..)| word.starts_with(start))?;
    let rest = word.get(start.len()..)?;
    let count = rest.chars().filter(char::is_ascii_alphanumeric).count();
    let digits = rest.chars().any(|c| c.is_ascii_digit());
    (count >= *least && digits && !is_placeholder(rest)).then_some(what)
}

fn is_named_secret(name: &str, text: &str) -> bool {
    let name = name.to_lowercase().replace('-', "_");
    let named = NAMES.contains(&name.as_str()) || name.ends_with("_password") || name.ends_with("_api_key");
    let bearer = name == "authorization" && text.split(' ').nth(1).is_some_and(|t| t.len() >= 16);
    let long = text.len() >= 8 && !text.contains(' ');
    (bearer || (named && long)) && !is_placeholder(text)
}

fn is_placeholder(text: &str) -> bool {
    let lower = text.to_lowercase();
    let words = [
        "example",
        "placeholder",
        "changeme",
        "your",
        "xxxx",
        "dummy",
        "test",
        "fake",
        "redacted",
        "<",
        "...",
    ];
    let distinct: BTreeSet<char> = lower.chars().collect();
    words.iter().any(|w| lower.contains(w)) || distinct.len() < 4
}
