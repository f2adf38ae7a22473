//! import-lossy: a construct that an importer could not carry stands in the mission as a hole.

use super::context::Context;
use rustchain_grammar::{Diagnostic, Severity};
use rustchain_plan::plan::CalleeKind;
use rustchain_plan::{Body, Value};
use std::collections::BTreeSet;

pub(super) fn run(context: &Context<'_>) -> Vec<Diagnostic> {
    let mut out = Vec::new();
    let mut seen = BTreeSet::new();
    for (site, call) in context.calls().filter(|(_, call)| call.kind == CalleeKind::Hole) {
        let place = context.callee(&site.path);
        if !seen.insert(place) || imported(context, place) {
            continue;
        }
        let text = |param: &str| match context.constant(site, call, param) {
            Some(Value::String(text)) if !text.is_empty() => Some(text.to_string()),
            _ => None,
        };
        let kind = text("kind").map_or_else(String::new, |kind| format!(" for `{kind}`"));
        let id = site.path.rsplit('/').next().unwrap_or(&site.path);
        let message = format!("`{id}` is a hole{kind}: `run` refuses the mission");
        let mut finding = context
            .finding("RC0701", Severity::Medium, place, message)
            .label("could not be carried over")
            .help(
                "write what it did, or name a chain or tool that stands for its kind with `run --shims FILE`",
            );
        if let Some(source) = text("source") {
            finding = finding.note(format!("It comes from {source}."));
        }
        out.push(finding);
    }
    out
}

/// In a file that is read as another format the importer has told it already, where it stands.
fn imported(context: &Context<'_>, place: crate::spans::Place) -> bool {
    context.sources.iter().any(|(id, file)| id == place.file && !file.origin.is_empty())
}

/// Has the mission a hole? What it would do is not known.
pub(super) fn any(context: &Context<'_>) -> bool {
    let hole = |body: &Body| matches!(body, Body::Call(call) if call.kind == CalleeKind::Hole);
    context.sites.iter().any(|site| hole(&site.node.body))
}
