//! cost-unbounded: calls of a model that nothing limits in number.

use super::context::Context;
use crate::cost::{asks_model, bounds, called_budget, models, price};
use rustchain_grammar::{Diagnostic, Severity};
use rustchain_plan::plan::Handle;
use std::collections::BTreeSet;

pub(super) fn run(context: &Context<'_>) -> Vec<Diagnostic> {
    let budget = &context.plan.policy.budget;
    if budget.usd.is_some() || budget.tokens.is_some() {
        return Vec::new();
    }
    let mut out = Vec::new();
    let mut seen = BTreeSet::new();
    for (site, call) in context.calls() {
        if !asks_model(call) || is_free(context, call) {
            continue;
        }
        let Err(path) = bounds::times(site, &context.sites) else { continue };
        // A mission called as a step is bounded by its own budget.
        let mut around = bounds::around(&path, &context.sites).filter_map(called_budget);
        if around.any(|b| b.usd.is_some() || b.tokens.is_some()) {
            continue;
        }
        let place = context.name(&path);
        if !seen.insert(place) {
            continue;
        }
        let at = context.callee(&site.path);
        let message = format!("nothing bounds how often `{}` is asked here", call.callee);
        out.push(
            context
                .finding("RC0603", Severity::Medium, place, message)
                .label("as many rounds as there are elements")
                .also(at.file, at.span, "a model, each round")
                .help("write `limit N` in the `for`, or `budget { usd: 2.00 }` in the policy"),
        );
    }
    out
}

fn is_free(context: &Context<'_>, call: &rustchain_plan::plan::Call) -> bool {
    let provider = call.handles.values().find_map(|h| match h {
        Handle::Provider(name) => Some(name),
        _ => None,
    });
    let Some(provider) = provider else { return false };
    let free = |(vendor, model): &(smol_str::SmolStr, Option<smol_str::SmolStr>)| {
        let name = model.as_deref().unwrap_or_default();
        price(vendor, name).is_some_and(|p| p.input == 0.0 && p.output == 0.0)
    };
    let all = models(context.plan, provider);
    !all.is_empty() && all.iter().all(free)
}
