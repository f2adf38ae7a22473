//! missing-timeout: a step that may wait for ever.

use super::context::Context;
use rustchain_grammar::{Applicability, Diagnostic, Edit, Fix, Label, Severity};
use rustchain_plan::plan::{Call, CalleeKind, Node};
use rustchain_plan::{Body, EffectKind};
use std::collections::BTreeSet;

pub(super) fn run(context: &Context<'_>) -> Vec<Diagnostic> {
    if context.plan.within.is_some() || context.plan.policy.budget.wall.is_some() {
        return Vec::new();
    }
    let bounded: BTreeSet<&str> =
        context.sites.iter().filter(|s| has_bound(s.node)).map(|s| s.path.as_str()).collect();
    let mut missing = Vec::new();
    for (site, call) in context.calls() {
        let inside = Context::with_those_around(&site.path).any(|p| bounded.contains(p));
        if may_wait(context, call) && !inside {
            missing.push((context.name(&site.path), site.path.as_str(), call.callee.as_str()));
        }
    }
    missing.sort();
    missing.dedup_by_key(|(place, ..)| *place);
    let Some((place, _, callee)) = missing.first() else { return Vec::new() };
    let message = match missing.len() {
        1 => format!("`{callee}` has no timeout: it may wait for ever"),
        n => format!("{n} steps have no timeout: each may wait for ever"),
    };
    let mut finding = context.finding("RC0501", Severity::Medium, *place, message).label("no `timeout`");
    for (at, _, callee) in missing.iter().skip(1).take(20) {
        finding.secondary.push(Label {
            file: at.file,
            span: at.span,
            message: format!("nor has this `{callee}`"),
        });
    }
    let edits: Vec<Edit> =
        missing.iter().filter_map(|(_, path, _)| context.add_clause(path, "timeout 60s")).collect();
    if edits.len() == missing.len() {
        let title = "give each step a timeout of 60 seconds".to_owned();
        finding.fixes.push(Fix { title, applicability: Applicability::Suggest, edits });
    }
    vec![finding.help("`defaults { timeout 60s }` in the mission gives one to all of its steps")]
}

fn has_bound(node: &Node) -> bool {
    let polls = matches!(&node.body, Body::Poll { duration: Some(_), .. });
    node.timeout.is_some() || node.within.is_some() || polls
}

fn may_wait(context: &Context<'_>, call: &Call) -> bool {
    if call.kind == CalleeKind::Agent {
        return context.plan.agents.get(&call.callee).is_some_and(|a| a.budget.wall.is_none());
    }
    if call.callee == "exec.start" {
        return false;
    }
    call.effects.iter().any(|e| {
        matches!(
            e.kind,
            EffectKind::NetRead | EffectKind::NetWrite | EffectKind::Llm | EffectKind::Exec | EffectKind::Mcp
        )
    })
}
