//! missing-retry: one lost packet fails the run.

use super::context::Context;
use rustchain_grammar::{Applicability, Diagnostic, Edit, Fix, Label, Severity};
use rustchain_plan::EffectKind;
use rustchain_plan::plan::{Node, OnErrorAction, OnFailure};
use rustchain_plan::signature::Replay;
use std::collections::BTreeSet;

pub(super) fn run(context: &Context<'_>) -> Vec<Diagnostic> {
    if context.plan.on_failure != OnFailure::Stop {
        return Vec::new();
    }
    let covered: BTreeSet<&str> =
        context.sites.iter().filter(|s| is_handled(s.node)).map(|s| s.path.as_str()).collect();
    let mut missing = Vec::new();
    for (site, call) in context.calls() {
        let network =
            call.effects.iter().any(|e| matches!(e.kind, EffectKind::NetRead | EffectKind::NetWrite));
        let inside = Context::with_those_around(&site.path).any(|p| covered.contains(p));
        if network && call.replay == Replay::Safe && !inside {
            missing.push((context.name(&site.path), site.path.as_str(), call.callee.as_str()));
        }
    }
    missing.sort();
    missing.dedup_by_key(|(place, ..)| *place);
    let Some((place, _, callee)) = missing.first() else { return Vec::new() };
    let message = format!("`{callee}` is not tried again: one failure of the network stops the run");
    let mut finding =
        context.finding("RC0503", Severity::Low, *place, message).label("no `retry`, no `on error`");
    for (at, _, callee) in missing.iter().skip(1).take(20) {
        finding.secondary.push(Label {
            file: at.file,
            span: at.span,
            message: format!("nor is this `{callee}`"),
        });
    }
    let clause = |callee: &str| match callee.starts_with("http.") {
        true => "retry 2 on [timeout, network, http_5xx] { backoff: exponential(1s), cap: 30s }",
        false => "retry 2 on [timeout] { backoff: exponential(1s), cap: 30s }",
    };
    let edits: Vec<Edit> =
        missing.iter().filter_map(|(_, path, callee)| context.add_clause(path, clause(callee))).collect();
    if edits.len() == missing.len() {
        let title = "try each of them two times more".to_owned();
        finding.fixes.push(Fix { title, applicability: Applicability::Suggest, edits });
    }
    vec![finding.help(format!("`{}`", clause(callee)))]
}

fn is_handled(node: &Node) -> bool {
    node.retry.is_some() || node.on_error.iter().any(|h| h.action != OnErrorAction::Fail)
}
