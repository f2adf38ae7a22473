//! agent-all-tools: a tool that acts, on whatever the model likes, and nobody asked.

use super::context::Context;
use crate::effects::overlap::effects_overlap;
use crate::effects::row::is_read;
use crate::spans::Place;
use rustchain_grammar::{Diagnostic, Severity};
use rustchain_plan::effect::PatternSyntax;
use rustchain_plan::plan::{Handle, ToolRef};
use std::collections::BTreeSet;

pub(super) fn run(context: &Context<'_>) -> Vec<Diagnostic> {
    let mut out = Vec::new();
    for (name, agent) in &context.plan.agents {
        let places = context.spans.agents.get(name);
        let around = places.map_or(context.spans.mission, |p| p.name);
        for (index, tool) in agent.tools.iter().enumerate() {
            let place = places.and_then(|p| p.tools.get(index)).copied().unwrap_or(around);
            out.extend(unpinned(context, tool, place, &format!("agent `{name}`")));
        }
    }
    let mut seen = BTreeSet::new();
    for (site, call) in context.calls() {
        for handle in call.handles.values() {
            let Handle::Tools(tools) = handle else { continue };
            let place = context.argument(site, call, "tools");
            if call.callee == "chat.call" && seen.insert(place) {
                out.extend(tools.iter().filter_map(|t| unpinned(context, t, place, "a model")));
            }
        }
    }
    out
}

fn unpinned(context: &Context<'_>, tool: &ToolRef, place: Place, who: &str) -> Option<Diagnostic> {
    tool.kind?;
    let effect = tool.effects.iter().find(|e| {
        !is_read(e.kind) && e.kind.pattern_syntax() != PatternSyntax::Bare && e.pattern.0 == "**"
    })?;
    if context.plan.policy.approvals.iter().any(|a| effects_overlap(&a.effect, effect)) {
        return None;
    }
    let message = format!("{who} may use `{}` on anything, and nobody confirms it", tool.callee);
    let finding = context.finding("RC0602", Severity::High, place, message).label("not pinned");
    Some(finding.help(format!(
        "pin it: `{}(\"…\")`, or write `require approval for {}` in the policy",
        tool.callee, effect.kind
    )))
}
