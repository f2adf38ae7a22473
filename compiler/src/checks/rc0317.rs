//! policy-inferred: the mission grants itself what it uses.

use super::context::Context;
use rustchain_grammar::{Applicability, Diagnostic, Severity};

pub(super) fn run(context: &Context<'_>) -> Vec<Diagnostic> {
    if !context.plan.policy.inferred {
        return Vec::new();
    }
    let place = context.spans.policy.as_ref().map_or(context.spans.mission, |p| p.insert);
    let name = context.spans.policy.as_ref().map_or(context.spans.mission, |p| p.name);
    let block = crate::effects::suggest_policy(context.plan);
    let denied = context.plan.policy.denies_inferred;
    let severity = if denied { Severity::Error } else { Severity::Medium };
    let mut finding = context
        .finding("RC0317", severity, name, "`policy inferred` allows whatever the steps do")
        .label("grants what is used")
        .note("A step that is added later is allowed too, without anybody looking at it.");
    if let Some(at) = context.spans.policy.as_ref().and_then(|p| p.denies_inferred) {
        finding = finding.also(at.file, at.span, "an organisation policy forbids it");
    }
    vec![finding.fix(
        "write out what the steps use now",
        Applicability::Suggest,
        place.span,
        block.trim().to_owned(),
    )]
}
