//! agent-unbounded: an agent that nothing stops.

use super::context::Context;
use rustchain_grammar::{Applicability, Diagnostic, Severity};

pub(super) fn run(context: &Context<'_>) -> Vec<Diagnostic> {
    let mission = &context.plan.policy.budget;
    let mut out = Vec::new();
    for (name, agent) in &context.plan.agents {
        let own = &agent.budget;
        let spends = own.tokens.or(mission.tokens).is_some()
            || own.usd.or(mission.usd).is_some()
            || own.wall.or(mission.wall).is_some();
        if own.turns.is_some() && spends {
            continue;
        }
        let places = context.spans.agents.get(name);
        let place = places.map_or(context.spans.mission, |p| p.budget.unwrap_or(p.name));
        let missing = match (own.turns.is_some(), spends) {
            (false, false) => "no bound on its turns, tokens, cost or time",
            (false, true) => "no bound on its turns",
            _ => "no bound on its tokens, cost or time",
        };
        let mut finding = context
            .finding("RC0601", Severity::Error, place, format!("agent `{name}` has {missing}"))
            .label("may go on for ever");
        match places {
            Some(places) if places.budget.is_none() => {
                let line = "  budget { turns: 10, tokens: 50_000, usd: 1.00, wall: 5m }\n";
                finding = finding.fix("give it a budget", Applicability::Suggest, places.close.span, line);
            }
            _ => finding = finding.help("`budget { turns: 10, tokens: 50_000, usd: 1.00, wall: 5m }`"),
        }
        out.push(finding);
    }
    out
}
