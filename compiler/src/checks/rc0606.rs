//! budget-without-price: a budget in dollars that cannot bind, because the price of a model is not known.

use super::context::Context;
use crate::cost::{asks_model, models, price};
use rustchain_grammar::{Diagnostic, Severity};
use rustchain_plan::plan::{CalleeKind, Handle};
use smol_str::SmolStr;
use std::collections::BTreeSet;

pub(super) fn run(context: &Context<'_>) -> Vec<Diagnostic> {
    let mut out = Vec::new();
    let mut seen = BTreeSet::new();
    let whole = &context.plan.policy.budget;
    for (site, call) in context.calls().filter(|(_, call)| asks_model(call)) {
        let agent = context.plan.agents.get(&call.callee).filter(|_| call.kind == CalleeKind::Agent);
        let own = agent.map(|a| &a.budget);
        let bound_by = |tokens: bool| {
            [Some(whole), own]
                .into_iter()
                .flatten()
                .any(|b| if tokens { b.tokens.is_some() } else { b.usd.is_some() })
        };
        if !bound_by(false) || bound_by(true) {
            continue;
        }
        let named = call.handles.values().find_map(|h| match h {
            Handle::Provider(name) => Some(name.clone()),
            _ => None,
        });
        let Some(provider) = agent.map(|a| a.model.clone()).or(named) else { continue };
        let unknown = models(context.plan, &provider).into_iter().find_map(|(vendor, model)| {
            let model: SmolStr = model?;
            price(&vendor, &model).is_none().then_some((vendor, model))
        });
        let Some((vendor, model)) = unknown else { continue };
        if !seen.insert(provider) {
            continue;
        }
        let message = format!(
            "the budget in dollars cannot bind here: the price of `{vendor}` model `{model}` is not known"
        );
        out.push(
            context
                .finding("RC0606", Severity::Medium, context.callee(&site.path), message)
                .label("counts as nothing unless the provider names a cost")
                .help("add `tokens:` to the budget"),
        );
    }
    out
}
