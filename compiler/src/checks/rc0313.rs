//! policy-never-matches: a grant that a `deny` covers, or that no request can look like.

use super::context::Context;
use rustchain_grammar::{Diagnostic, Severity};
use rustchain_plan::effect::PatternSyntax;
use rustchain_plan::policy::{Policy, Verdict};

pub(super) fn run(context: &Context<'_>) -> Vec<Diagnostic> {
    let policy = &context.plan.policy;
    let Some(places) = context.spans.policy.as_ref().filter(|_| !policy.inferred) else { return Vec::new() };
    let mut out = Vec::new();
    for (index, grant) in policy.allow.iter().enumerate() {
        let Some(place) = places.allow.get(index) else { continue };
        let kind = grant.effect.kind;
        let text = grant.effect.pattern.0.as_str();
        if kind.pattern_syntax() == PatternSyntax::Url && !text.contains("://") && !text.starts_with('*') {
            let message = format!("`{}` matches no request: a url begins with its scheme", grant.effect);
            let finding = context.finding("RC0313", Severity::Medium, *place, message);
            out.push(finding.label("never matches").help(format!("write \"https://{text}\"")));
            continue;
        }
        let Some(deny) = shadow(policy, index) else { continue };
        let message = format!("`{}` is allowed here and denied altogether", grant.effect);
        let mut finding = context.finding("RC0313", Severity::Medium, *place, message).label("never matches");
        if let Some(at) = places.deny.get(deny) {
            finding = finding.also(at.file, at.span, "denied here; `deny` is stronger");
        }
        out.push(finding);
    }
    out
}

/// The `deny` line that refuses everything a grant allows.
fn shadow(policy: &Policy, index: usize) -> Option<usize> {
    let grant = policy.allow.get(index)?;
    policy.deny.iter().position(|deny| {
        let alone = Policy { allow: vec![grant.clone()], deny: vec![deny.clone()], ..Policy::default() };
        deny.effect.kind == grant.effect.kind
            && alone.decide(grant.effect.kind, &grant.effect.pattern) == Verdict::Refused
    })
}
