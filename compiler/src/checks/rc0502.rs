//! retry-non-idempotent: a failure whose outcome is not known, tried again.

use super::context::Context;
use crate::effects::scope::sites_of;
use rustchain_grammar::{Diagnostic, Severity};
use rustchain_plan::plan::{Call, Retry};
use rustchain_plan::signature::Replay;
use rustchain_plan::{Body, ErrorKind, KindPattern, Value};
use std::collections::BTreeSet;

pub(super) fn run(context: &Context<'_>) -> Vec<Diagnostic> {
    let mut out = Vec::new();
    let mut seen = BTreeSet::new();
    for site in &context.sites {
        if !site.node.retry.as_ref().is_some_and(may_repeat) {
            continue;
        }
        let Some((path, call)) = unsafe_call(site) else { continue };
        let place = context.clause(&site.path, "retry");
        if !seen.insert(place) {
            continue;
        }
        let inferred = context.plan.policy.inferred;
        let severity = if inferred { Severity::Medium } else { Severity::Error };
        let message = format!("`{}` is tried again, and it may have happened already", call.callee);
        let callee = context.callee(&path);
        let mut finding = context.finding("RC0502", severity, place, message).label("happens again").also(
            callee.file,
            callee.span,
            "changes something each time",
        );
        finding = match call.replay {
            Replay::Key => finding.help("give it an `idempotency_key:`, by which the server knows a second try"),
            _ => finding.help(
                "retry only on kinds that come before anything happened, such as `rate_limit`, or check first what was done",
            ),
        };
        out.push(finding);
    }
    out
}

/// A retry of kinds after which the call may have happened.
fn may_repeat(retry: &Retry) -> bool {
    if let rustchain_plan::ExprKind::Const(Value::Int(0)) = retry.count.kind {
        return false;
    }
    let before = |k: &KindPattern| {
        matches!(
            k,
            KindPattern::Is(
                ErrorKind::RateLimit | ErrorKind::NotFound | ErrorKind::Permission | ErrorKind::Refused
            )
        )
    };
    retry.kinds.is_empty() || !retry.kinds.iter().all(before)
}

/// The first call in a node that must not be made twice.
fn unsafe_call<'p>(site: &crate::effects::scope::Site<'p>) -> Option<(String, &'p Call)> {
    if let Body::Call(call) = &site.node.body {
        return must_not_repeat(call).then(|| (site.path.clone(), call));
    }
    for inner in site.scope.inner(site.node) {
        let Some(region) = inner.region else { continue };
        for site in sites_of(region, inner.clone()) {
            match &site.node.body {
                Body::Call(call) if must_not_repeat(call) => return Some((site.path.clone(), call)),
                _ => {}
            }
        }
    }
    None
}

fn must_not_repeat(call: &Call) -> bool {
    match call.replay {
        Replay::Safe => false,
        Replay::Key => !call.args.contains_key("idempotency_key"),
        Replay::Never => true,
    }
}
