//! policy-unused-grant: a grant that no step can use.

use super::context::Context;
use crate::effects::overlap::effects_overlap;
use crate::spans::Place;
use rustchain_grammar::{Applicability, Diagnostic, Severity, Span};

pub(super) fn run(context: &Context<'_>) -> Vec<Diagnostic> {
    let policy = &context.plan.policy;
    let Some(places) = context.spans.policy.as_ref().filter(|_| !policy.inferred) else { return Vec::new() };
    let rows = crate::effects::rows(context.plan);
    let mut out: Vec<Diagnostic> = Vec::new();
    // What stands for a hole may use any of them.
    if super::rc0701::any(context) {
        return out;
    }
    for (index, grant) in policy.allow.iter().enumerate() {
        let Some(place) = places.allow.get(index) else { continue };
        // Rows are sorted: a grant of exactly what a step needs is found at once.
        let exact = rows.binary_search(&grant.effect).is_ok();
        if exact || rows.iter().any(|e| effects_overlap(e, &grant.effect)) {
            continue;
        }
        let shared = places.allow.iter().filter(|p| *p == place).count() > 1;
        let message = format!("no step can use `{}`", grant.effect);
        let mut finding = context.finding("RC0312", Severity::Low, *place, message).label("never needed");
        if !shared {
            finding = finding.fix(
                "remove the grant",
                Applicability::Safe,
                whole_line(context, Place { file: place.file, span: statement(context, *place) }),
                "",
            );
        }
        out.push(finding);
    }
    out
}

/// A statement, and the whole line where nothing else stands on it.
pub(super) fn whole_line(context: &Context<'_>, place: Place) -> Span {
    let statement = place.span;
    let Some((_, file)) = context.sources.iter().find(|(id, _)| *id == place.file) else { return statement };
    let before = file.text.get(..statement.start as usize).unwrap_or_default();
    let after = file.text.get(statement.end as usize..).unwrap_or_default();
    let indent = before.len() - before.trim_end_matches([' ', '\t']).len();
    let rest = after.split('\n').next().unwrap_or_default();
    if !before.trim_end_matches([' ', '\t']).ends_with('\n') || !rest.trim().is_empty() {
        return statement;
    }
    let end = statement.end + rest.len() as u32 + u32::from(after.len() > rest.len());
    Span::new(statement.start - indent as u32, end)
}

/// A grant's place with the `allow` before it.
pub(super) fn statement(context: &Context<'_>, place: Place) -> Span {
    let file = context.sources.iter().find(|(id, _)| *id == place.file);
    let before = file.and_then(|(_, f)| f.text.get(..place.span.start as usize)).unwrap_or_default();
    let trimmed = before.trim_end_matches([' ', '\t']);
    match trimmed.strip_suffix("allow") {
        Some(rest) if trimmed.len() < before.len() => Span::new(rest.len() as u32, place.span.end),
        _ => place.span,
    }
}
