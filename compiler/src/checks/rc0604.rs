//! memory-poisoning: untrusted text is remembered, and a model that acts reads it later.

use super::context::Context;
use rustchain_grammar::{Diagnostic, Severity};
use rustchain_plan::EffectKind;
use std::collections::BTreeSet;

pub(super) fn run(context: &Context<'_>) -> Vec<Diagnostic> {
    if context.flow.privileged_prompts.is_empty() {
        return Vec::new();
    }
    let read: BTreeSet<&str> = context
        .calls()
        .flat_map(|(_, call)| &call.effects)
        .filter(|e| e.kind == EffectKind::MemoryRead)
        .map(|e| e.pattern.0.as_str())
        .collect();
    let mut out = Vec::new();
    for (site, call) in context.calls() {
        let store = call.effects.iter().find(|e| e.kind == EffectKind::MemoryWrite);
        let Some(store) = store.filter(|e| read.contains(e.pattern.0.as_str())) else { continue };
        let mut args = context.flow.arguments_of(&site.path);
        let Some((name, mark)) = args.find(|(_, m)| m.is_untrusted_text()) else { continue };
        let place = context.argument(site, call, name);
        let message =
            format!("untrusted text is remembered in `{}`, which a model that acts reads", store.pattern.0);
        let mut finding = context.finding("RC0604", Severity::Medium, place, message).label("remembered");
        finding.secondary = mark.untrusted_path();
        out.push(finding.help("keep what outsiders wrote in a store of its own"));
    }
    out
}
