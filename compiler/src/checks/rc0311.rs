//! policy-too-broad: a grant of everything, where the steps need less.

use super::context::Context;
use rustchain_grammar::{Applicability, Diagnostic, Severity};
use rustchain_plan::effect::{Effect, EffectKind, PatternSyntax};

pub(super) fn run(context: &Context<'_>) -> Vec<Diagnostic> {
    let policy = &context.plan.policy;
    let Some(places) = context.spans.policy.as_ref().filter(|_| !policy.inferred) else { return Vec::new() };
    let mut out = Vec::new();
    for (index, grant) in policy.allow.iter().enumerate() {
        let Some(place) = places.allow.get(index) else { continue };
        let Some(what) = everything(&grant.effect) else { continue };
        if grant.predicate.is_some() {
            continue;
        }
        let rows = crate::effects::rows(context.plan);
        if rows.iter().any(|e| e.kind == grant.effect.kind && everything(e).is_some()) {
            continue;
        }
        let message = format!("`{}` is allowed on {what}", grant.effect.kind);
        let mut finding =
            context.finding("RC0311", Severity::High, *place, message).label("grants everything");
        let used: Vec<Effect> = rows.into_iter().filter(|e| e.kind == grant.effect.kind).collect();
        let lines = crate::effects::allow_lines(&used);
        if lines.is_empty() {
            finding = finding.help("name what the steps need");
        } else {
            let title = format!("allow what the steps use: `{}`", lines.join("`, `"));
            finding = finding.fix(
                title,
                Applicability::Suggest,
                super::rc0312::statement(context, *place),
                lines.join("\n  "),
            );
        }
        out.push(finding);
    }
    out
}

/// Words for a pattern that leaves nothing out.
fn everything(effect: &Effect) -> Option<&'static str> {
    let text = effect.pattern.0.as_str();
    let any = matches!(text, "**" | "*" | "");
    match effect.kind.pattern_syntax() {
        PatternSyntax::Url => {
            let after = text.split_once("://").map_or(text, |(_, rest)| rest);
            let host = after.split('/').next().unwrap_or_default();
            (any || matches!(host, "*" | "**")).then_some("every host")
        }
        PatternSyntax::Path => (any || matches!(text, "/" | "/**" | "~/**" | "./**")).then_some("every path"),
        PatternSyntax::Name if any => match effect.kind {
            EffectKind::Exec => Some("every program"),
            EffectKind::Env => Some("every variable"),
            EffectKind::Mcp => Some("every tool of every server"),
            _ => None,
        },
        PatternSyntax::Name | PatternSyntax::Bare => None,
    }
}
