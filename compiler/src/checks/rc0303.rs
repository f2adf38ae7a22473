//! sequence-rule: `never A after B`, `A only after B`, `at most N A`, over every schedule of the plan.

use super::context::Context;
use super::graph::{Order, order};
use crate::cost::bounds;
use crate::effects::overlap::effects_overlap;
use crate::effects::scope::Site;
use crate::spans::Place;
use rustchain_grammar::{Diagnostic, Severity};
use rustchain_plan::plan::Call;
use rustchain_plan::policy::{Grant, Policy, Sequence, Verdict};
use rustchain_plan::{Body, Effect};

pub(super) fn run(context: &Context<'_>) -> Vec<Diagnostic> {
    let mut out = Vec::new();
    for (index, rule) in context.plan.policy.sequences.iter().enumerate() {
        let place = context.spans.policy.as_ref().and_then(|p| p.sequences.get(index)).copied();
        match rule {
            Sequence::NeverAfter(a, b) => never_after(context, a, b, place, &mut out),
            Sequence::OnlyAfter(a, b) => only_after(context, a, b, place, &mut out),
            Sequence::AtMost(most, a) => at_most(context, *most, a, place, &mut out),
        }
    }
    out
}

fn having<'s, 'a>(context: &'s Context<'a>, effect: &Effect) -> Vec<(&'s Site<'a>, &'a Call)> {
    let has = |(_, call): &(&Site<'a>, &'a Call)| call.effects.iter().any(|e| effects_overlap(e, effect));
    context.calls().filter(has).collect()
}

fn told(context: &Context<'_>, path: &str, message: String, rule: Option<Place>) -> Diagnostic {
    let place = context.callee(path);
    let severity = if context.plan.policy.inferred { Severity::High } else { Severity::Error };
    let finding = context.finding("RC0303", severity, place, message);
    match rule {
        Some(at) => finding.also(at.file, at.span, "the policy's rule"),
        None => finding,
    }
}

fn never_after(
    context: &Context<'_>,
    a: &Effect,
    b: &Effect,
    rule: Option<Place>,
    out: &mut Vec<Diagnostic>,
) {
    let firsts = having(context, b);
    for (late, call) in having(context, a) {
        let culprit = firsts.iter().find(|(first, _)| may_follow(context, late, first));
        let Some((first, _)) = culprit else { continue };
        let at = context.callee(&first.path);
        let how = if late.path == first.path {
            "in the next round".to_owned()
        } else if order(first, late) == Order::Before {
            "which always comes first".to_owned()
        } else {
            "which may come first: nothing orders them".to_owned()
        };
        let message = format!("`{}` may run after `{}`, {how}", call.callee, first.node.id);
        out.push(told(context, &late.path, message, rule).also(at.file, at.span, format!("`{b}` first")));
    }
}

/// Is there a schedule in which `late` runs after `first`?
fn may_follow(context: &Context<'_>, late: &Site<'_>, first: &Site<'_>) -> bool {
    if share_a_round(context, late, first) {
        return true;
    }
    matches!(order(late, first), Order::After | Order::None)
}

/// Do both lie in one `for` or loop, so that one round of it follows another?
fn share_a_round(context: &Context<'_>, a: &Site<'_>, b: &Site<'_>) -> bool {
    context.sites.iter().any(|outer| {
        let inside = |s: &Site<'_>| s.path.strip_prefix(&outer.path).is_some_and(|r| r.starts_with('/'));
        let repeats = matches!(outer.node.body, Body::For { .. } | Body::Loop { .. } | Body::Poll { .. });
        repeats && inside(a) && inside(b)
    })
}

fn only_after(context: &Context<'_>, a: &Effect, b: &Effect, rule: Option<Place>, out: &mut Vec<Diagnostic>) {
    let grant = Grant { effect: b.clone(), predicate: None };
    let exactly = Policy { allow: vec![grant], ..Policy::default() };
    let surely = |call: &Call| {
        call.effects
            .iter()
            .any(|e| e.kind == b.kind && exactly.decide(e.kind, &e.pattern) == Verdict::Allowed)
    };
    for (late, call) in having(context, a) {
        let mut before = context.calls().filter(|(_, c)| surely(c));
        if before.any(|(first, _)| order(first, late) == Order::Before && always_runs(context, first)) {
            continue;
        }
        let message = format!("`{}` may run without `{b}` before it", call.callee);
        out.push(told(context, &late.path, message, rule));
    }
}

/// Nothing skips it: no condition, no arm, no list that may be empty.
fn always_runs(context: &Context<'_>, site: &Site<'_>) -> bool {
    let around = context.sites.iter().filter(|outer| {
        outer.path == site.path || site.path.strip_prefix(&outer.path).is_some_and(|r| r.starts_with('/'))
    });
    around.into_iter().all(|outer| {
        outer.node.when.is_none() && !matches!(outer.node.body, Body::Match { .. } | Body::For { .. })
    })
}

fn at_most(context: &Context<'_>, most: i64, a: &Effect, rule: Option<Place>, out: &mut Vec<Diagnostic>) {
    let mut total = 0u64;
    for (site, call) in having(context, a) {
        let Ok(times) = bounds::times(site, &context.sites) else {
            let message =
                format!("nothing bounds how often `{}` runs; the policy allows {most}", call.callee);
            out.push(told(context, &site.path, message, rule));
            return;
        };
        total = total.saturating_add(times);
        if total > most.max(0) as u64 {
            let message = format!("`{a}` may happen {total} times; the policy allows {most}");
            out.push(told(context, &site.path, message, rule));
            return;
        }
    }
}
