//! `max` has a bound that is known before the mission runs.

use crate::cost::bounds::upper_bound;
use crate::effects::scope::sites;
use crate::spans::Spans;
use rustchain_grammar::Diagnostic;
use rustchain_plan::plan::{Body, Plan};
use rustchain_plan::{ExprKind, Value};

/// Reports each `max` and `limit` that nothing bounds, and those below 1.
pub(crate) fn check(plan: &Plan, spans: &Spans) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for site in sites(plan) {
        let bounds = match &site.node.body {
            Body::For { max, limit, .. } => [max.as_ref(), limit.as_ref()],
            Body::Loop { max, .. } => [Some(max), None],
            Body::Poll { max, .. } => [max.as_ref(), None],
            _ => continue,
        };
        for bound in bounds.into_iter().flatten() {
            let place = spans.place(bound.id);
            if matches!(bound.kind, ExprKind::Const(Value::Int(n)) if n < 1) {
                let message = "the bound must be at least 1";
                found.push(Diagnostic::error("RC0217", place.file, place.span, message));
                continue;
            }
            if upper_bound(bound, &site.scope).is_none() {
                let message = "nothing bounds this number before the mission runs";
                found.push(
                    Diagnostic::error("RC0605", place.file, place.span, message).help(
                        "use a literal, or an input with a bound: `input n: int where n >= 1 && n <= 16`",
                    ),
                );
            }
        }
    }
    found
}
