//! Effects: rows of calls from their signatures, and what the policy says of them.

mod allow;
mod decide;
mod diff;
pub mod fold;
pub mod interval;
pub mod overlap;
pub mod predicate;
pub mod row;
pub mod scope;
pub mod shape;

pub use allow::{allow_line, allow_lines};
pub use diff::{Line, Widened, findings as widenings, widened};

use crate::flow::Analysis;
use crate::spans::Spans;
use row::Entry;
use rustchain_grammar::Diagnostic;
use rustchain_plan::plan::{CalleeKind, Handle, Plan, Provider, ToolRef};
use rustchain_plan::policy::{Grant, PromptUntrusted, Verdict};
use rustchain_plan::signature::Replay;
use rustchain_plan::{Body, Effect, EffectKind, Pattern, Policy};
use scope::{for_each_node, sites};
use smol_str::SmolStr;
use std::collections::BTreeMap;

/// Fills `effects`, `guards`, `replay` and `needs_approval` of every call and the rows of tools, and
/// decides each effect by the policy: RC0301 for what is refused, RC0302 for what is left to a guard.
/// Under `policy inferred` the rows become the policy's grants.
pub fn run(plan: &mut Plan, spans: &Spans) -> Vec<Diagnostic> {
    fill_rows(plan);
    let flow = crate::flow::analyse(plan, spans);
    decide_all(plan, spans, &flow)
}

/// As [`run`], for a plan whose rows are filled and whose labels are known.
pub(crate) fn decide_all(plan: &mut Plan, spans: &Spans, flow: &Analysis) -> Vec<Diagnostic> {
    if plan.policy.inferred {
        plan.policy.allow = rows(plan).into_iter().map(granted).collect();
    }
    let outcome = decide::decide(plan, spans, flow);
    let approvals = approvals(plan, flow);
    for_each_node(plan, &mut |path, node| {
        if let Body::Call(call) = &mut node.body {
            call.guards = outcome.guards.get(path).cloned().unwrap_or_default();
            call.needs_approval = approvals.get(path).copied().unwrap_or(false);
        }
    });
    outcome.diagnostics
}

/// The grant of a row. Of a url that begins with a hole no pattern says more than that it may be any.
fn granted(effect: Effect) -> Grant {
    let grant = Grant { effect, predicate: None };
    let policy = Policy { inferred: true, allow: vec![grant.clone()], ..Policy::default() };
    if policy.decide(grant.effect.kind, &grant.effect.pattern) != Verdict::Refused {
        return grant;
    }
    let effect = Effect { pattern: Pattern("**".into()), ..grant.effect };
    Grant { effect, predicate: None }
}

/// Every effect that a mission's calls have, sorted, without repetition: the least policy that lets it run.
pub fn rows(plan: &Plan) -> Vec<Effect> {
    let mut all: Vec<Effect> = sites(plan)
        .iter()
        .filter_map(|site| match &site.node.body {
            Body::Call(call) => Some(call.effects.iter().cloned()),
            _ => None,
        })
        .flatten()
        .collect();
    all.sort();
    all.dedup();
    all
}

/// The policy block with the least grants that let a mission run, as mission text.
pub fn suggest_policy(plan: &Plan) -> String {
    let lines: String = allow_lines(&rows(plan)).iter().map(|l| format!("    {l}\n")).collect();
    format!("  policy {{\n{lines}  }}\n")
}

/// Fills the rows and replay kinds of calls, and the rows of the tools offered to models.
pub(crate) fn fill_rows(plan: &mut Plan) {
    fill_tools(plan);
    let mut rows: BTreeMap<String, (Vec<Effect>, Replay)> = BTreeMap::new();
    for site in sites(plan) {
        if let Body::Call(call) = &site.node.body {
            let entries = row::row(call, &site.scope);
            let replay = row::replay(call, &entries, &site.scope);
            rows.insert(site.path, (entries.into_iter().map(|e| e.effect).collect(), replay));
        }
    }
    for_each_node(plan, &mut |path, node| {
        if let (Body::Call(call), Some((effects, replay))) = (&mut node.body, rows.remove(path)) {
            call.effects = effects;
            call.replay = replay;
        }
    });
}

/// The names that the policy is asked for where a provider is used: its own where the policy knows it, else,
/// for `first_of`, those of the models that it may try.
pub(crate) fn models(plan: &Plan, name: &SmolStr) -> Vec<SmolStr> {
    let known = plan.policy.decide(EffectKind::Llm, &Pattern::literal(name)) != Verdict::Refused;
    match plan.providers.get(name) {
        Some(Provider::FirstOf(members)) if !known && !plan.policy.inferred => {
            members.iter().flat_map(|m| models(plan, m)).collect()
        }
        _ => vec![name.clone()],
    }
}

fn fill_tools(plan: &mut Plan) {
    let rows = |tools: &[ToolRef]| -> Vec<Vec<Effect>> {
        tools.iter().map(|tool| row::tool_row(tool, plan, 0)).collect()
    };
    let mut agents: BTreeMap<SmolStr, Vec<Vec<Effect>>> =
        plan.agents.iter().map(|(name, agent)| (name.clone(), rows(&agent.tools))).collect();
    let mut calls: BTreeMap<(String, SmolStr), Vec<Vec<Effect>>> = BTreeMap::new();
    for site in sites(plan) {
        let Body::Call(call) = &site.node.body else { continue };
        for (name, handle) in &call.handles {
            if let Handle::Tools(tools) = handle {
                calls.insert((site.path.clone(), name.clone()), rows(tools));
            }
        }
    }
    let fill = |tools: &mut [ToolRef], rows: Option<Vec<Vec<Effect>>>| {
        for (tool, effects) in tools.iter_mut().zip(rows.into_iter().flatten()) {
            tool.effects = effects;
        }
    };
    for (name, agent) in &mut plan.agents {
        fill(&mut agent.tools, agents.remove(name));
    }
    if calls.is_empty() {
        return;
    }
    for_each_node(plan, &mut |path, node| {
        let Body::Call(call) = &mut node.body else { return };
        for (name, handle) in &mut call.handles {
            if let Handle::Tools(tools) = handle {
                fill(tools, calls.remove(&(path.to_owned(), name.clone())));
            }
        }
    });
}

/// Calls that a person has to confirm, by id path.
fn approvals(plan: &Plan, flow: &Analysis) -> BTreeMap<String, bool> {
    let mut out = BTreeMap::new();
    for site in sites(plan) {
        let Body::Call(call) = &site.node.body else { continue };
        let called = site.scope.called_policies();
        let policies = || std::iter::once(&plan.policy).chain(called.iter().map(|(p, _)| *p));
        let asked = policies().flat_map(|p| &p.approvals).any(|approval| {
            let hit = call.effects.iter().any(|e| overlap::effects_overlap(e, &approval.effect));
            let model_chosen = matches!(call.kind, CalleeKind::Agent) || call.callee == "chat.call";
            hit && (!approval.when_untrusted || model_chosen || flow.has_untrusted_argument(&site.path))
        });
        let prompt = policies().any(|p| p.prompt_untrusted == Some(PromptUntrusted::Approve))
            && flow.privileged_prompts.contains(&site.path);
        if asked || prompt {
            out.insert(site.path, true);
        }
    }
    out
}

/// The row of a call with causes, as [`run`] fills it.
pub fn entries(site: &scope::Site<'_>) -> Vec<Entry> {
    match &site.node.body {
        Body::Call(call) => row::row(call, &site.scope),
        _ => Vec::new(),
    }
}
