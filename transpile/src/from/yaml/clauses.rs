//! The clauses of a step: when, on error, retry, timeout, id, meta.

use super::doc::Doc;
use super::literal;
use super::model::Retry;
use super::names::identifier;
use super::node::Kind;
use super::translate::{Translator, duration};
use super::units::Unit;
use rustchain_grammar::{Severity, Span};

/// Clauses that a helper step shares, and those of the step alone.
pub(crate) struct Clauses {
    pub shared: Vec<Doc>,
    pub own: Vec<Doc>,
}

impl Translator<'_> {
    pub fn clauses(&mut self, unit: &Unit) -> Clauses {
        let step = &unit.step;
        let mut shared = Vec::new();
        if let Some(at) = step.continue_on_error.as_ref().filter(|at| at.value) {
            shared.push(Doc::from(at.span, Doc::text("on error: continue")));
        }
        shared.extend(retry(&step.retry));
        if let Some(at) = self.timeout(unit) {
            shared.push(at);
        }
        let mut own = Vec::new();
        if identifier(&step.id.value) != step.id.value || unit.ident != step.id.value {
            let id = literal::string(&step.id.value, self.text, step.id.span);
            own.push(Doc::Cat(vec![Doc::text("id "), id]));
        }
        if !step.meta.is_empty() {
            let entries = step.meta.iter().map(|(key, node)| self.meta_entry(key, node)).collect();
            own.push(Doc::Cat(vec![Doc::text("meta yaml "), Doc::record(entries)]));
        }
        Clauses { shared, own }
    }

    fn timeout(&mut self, unit: &Unit) -> Option<Doc> {
        let inner = ["http", "command"].contains(&unit.step.kind.value.as_str());
        let param = self.param(unit, "timeout").filter(|_| inner && unit.step.timeout.is_none());
        let (seconds, span) = match (&unit.step.timeout, param) {
            (Some(at), _) => (at.value, at.span),
            (None, Some(node)) => (seconds(&node.kind)?, node.span),
            (None, None) => return None,
        };
        timeout(seconds, span, self)
    }

    /// `key: value` of a `meta` block, references left as they are.
    pub fn meta_entry(&self, key: &str, node: &super::node::Node) -> Doc {
        Doc::named(&literal::key(key), self.verbatim(node))
    }

    /// A value as data, references not read.
    pub fn verbatim(&self, node: &super::node::Node) -> Doc {
        let doc = match &node.kind {
            Kind::Null => Doc::text("null"),
            Kind::Bool(value) => Doc::text(value.to_string()),
            Kind::Int(value) => Doc::text(value.to_string()),
            Kind::Float(value) => Doc::text(super::node::float_text(*value)),
            Kind::Text(text) => return literal::string(text, self.text, node.span),
            Kind::List(items) => Doc::list(items.iter().map(|item| self.verbatim(item)).collect()),
            Kind::Map(entries) => {
                Doc::record(entries.iter().map(|e| self.meta_entry(&e.key, &e.value)).collect())
            }
        };
        Doc::from(node.span, doc)
    }
}

/// `timeout 30s`; 0 seconds would end every step at once and is told.
pub(crate) fn timeout(seconds: f64, span: Span, translator: &mut Translator<'_>) -> Option<Doc> {
    if seconds <= 0.0 {
        let help = "leave it out where no limit is meant";
        translator.sink.lossy(Severity::Medium, span, "a timeout of 0 seconds is not carried over", help);
        return None;
    }
    Some(Doc::from(span, Doc::text(format!("timeout {}", duration(seconds)))))
}

/// `retry 3 on [any] { backoff: constant(2s) }`.
pub(crate) fn retry(retry: &Retry) -> Option<Doc> {
    let count = retry.count.as_ref().filter(|at| at.value > 0)?;
    let mut text = format!("retry {} on [any]", count.value);
    if let Some(ms) = retry.delay_ms.filter(|ms| *ms > 0) {
        let form = if retry.exponential { "exponential" } else { "constant" };
        text.push_str(&format!(" {{ backoff: {form}({}) }}", duration(ms as f64 / 1000.0)));
    }
    Some(Doc::from(count.span, Doc::text(text)))
}

fn seconds(kind: &Kind) -> Option<f64> {
    match kind {
        Kind::Int(value) => Some(*value as f64),
        Kind::Float(value) => Some(*value),
        Kind::Text(text) => super::decode::parse_seconds(text),
        _ => None,
    }
}
