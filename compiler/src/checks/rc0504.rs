//! retry-storm: retries without a pause, without a cap, or multiplied by retries around them.

use super::context::Context;
use crate::effects::fold;
use crate::effects::scope::Site;
use rustchain_grammar::{Applicability, Diagnostic, Severity, Span};
use rustchain_plan::plan::{Backoff, Retry};
use rustchain_plan::{Body, EffectKind, Value};
use std::collections::BTreeMap;

/// So many attempts of one call are a storm.
const MANY: i64 = 20;

pub(super) fn run(context: &Context<'_>) -> Vec<Diagnostic> {
    let mut out = Vec::new();
    let with_retry = |(_, site): &(usize, &Site<'_>)| site.node.retry.is_some();
    let retrying: BTreeMap<&str, (usize, &Site<'_>)> = context
        .sites
        .iter()
        .enumerate()
        .filter(with_retry)
        .map(|(at, site)| (site.path.as_str(), (at, site)))
        .collect();
    for (at, site) in retrying.values() {
        let Some(retry) = &site.node.retry else { continue };
        let count = count(site, retry);
        let place = context.clause(&site.path, "retry");
        if let Some((outer, total)) = nested(&retrying, site, count) {
            let message = format!("retries inside retries: up to {total} attempts of one call");
            let at = context.clause(&outer.path, "retry");
            out.push(context.finding("RC0504", Severity::Medium, place, message).label("multiplied").also(
                at.file,
                at.span,
                "by the retries around it",
            ));
        } else if !context.sites.iter().skip(*at).take_while(|s| is_in(s, site)).any(reaches_out) {
            continue;
        } else if retry.backoff.is_none() && count >= 3 {
            let message = format!("{count} retries without a pause between them");
            let finding = context.finding("RC0504", Severity::Medium, place, message).label("no `backoff`");
            let end = Span::new(place.span.end, place.span.end);
            let pause = " { backoff: exponential(1s), cap: 30s }";
            out.push(match context.text(place).contains(['{', '\n']) {
                true => finding.help(format!("add{pause}")),
                false => finding.fix("wait between attempts", Applicability::Suggest, end, pause),
            });
        } else if matches!(retry.backoff, Some(Backoff::Exponential(_))) && retry.cap.is_none() && count >= 6
        {
            let message = format!("the pause doubles {count} times without a cap");
            let finding = context.finding("RC0504", Severity::Medium, place, message).label("no `cap`");
            out.push(finding.help("add `cap: 30s`"));
        }
    }
    out
}

fn count<'a>(site: &Site<'a>, retry: &'a Retry) -> i64 {
    match fold::constant(&retry.count, &site.scope) {
        Some(Value::Int(n)) => n,
        _ => 1,
    }
}

/// The nearest node around with retries, where the product is many.
fn nested<'s, 'a>(
    retrying: &BTreeMap<&'s str, (usize, &'s Site<'a>)>,
    site: &Site<'a>,
    count: i64,
) -> Option<(&'s Site<'a>, i64)> {
    let outer = site.path.rmatch_indices('/').filter_map(|(end, _)| retrying.get(&site.path[..end]));
    let mut nearest = None;
    let mut total = count.saturating_add(1);
    for &(_, around) in outer {
        nearest.get_or_insert(around);
        if let Some(retry) = &around.node.retry {
            total = total.saturating_mul(self::count(around, retry).saturating_add(1));
        }
    }
    Some((nearest?, total)).filter(|_| total >= MANY)
}

/// Is it the site, or in the body of a block there?
fn is_in(inner: &Site<'_>, site: &Site<'_>) -> bool {
    inner.path.strip_prefix(&site.path).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

fn reaches_out(site: &Site<'_>) -> bool {
    let Body::Call(call) = &site.node.body else { return false };
    let out =
        |kind| matches!(kind, EffectKind::NetRead | EffectKind::NetWrite | EffectKind::Llm | EffectKind::Mcp);
    call.effects.iter().any(|e| out(e.kind))
}
