//! The catalogue of checks: one file a rule. A rule reads a plan whose rows are filled and whose labels
//! are known; it changes nothing.

mod context;
mod exprs;
mod graph;
mod suppress;
mod text;

mod rc0303;
mod rc0304;
mod rc0311;
mod rc0312;
mod rc0313;
mod rc0317;
mod rc0351;
mod rc0352;
mod rc0354;
mod rc0402;
mod rc0454;
mod rc0501;
mod rc0502;
mod rc0503;
mod rc0504;
mod rc0601;
mod rc0602;
mod rc0603;
mod rc0604;
mod rc0701;
mod rc0801;
mod rc0802;
mod rc0803;
mod rc0806;
mod rc0807;
mod rc0809;
mod rc1002;
mod rc1003;
mod select;

pub use context::Context;
pub use select::{Selection, fails};
pub use suppress::suppress;

use crate::spans::{Place, Spans};
use rustchain_grammar::{Diagnostic, Severity, SourceMap};
use rustchain_plan::plan::Plan;
use std::collections::BTreeSet;

/// How sure a rule is of what it reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Confidence {
    /// A hint.
    Low,
    /// Mostly right.
    Medium,
    /// Right.
    High,
}

/// An entry of the catalogue. Its page is [`crate::explain::explain`] of its code.
pub struct Rule {
    /// `RCnnnn`.
    pub code: &'static str,
    /// `policy-too-broad`.
    pub name: &'static str,
    /// How grave its findings are.
    pub severity: Severity,
    /// How sure it is.
    pub confidence: Confidence,
    /// Finds; `None` where `effects` or `flow` do.
    pub run: Option<fn(&Context<'_>) -> Vec<Diagnostic>>,
}

const fn rule(
    code: &'static str,
    name: &'static str,
    severity: Severity,
    confidence: Confidence,
    run: Option<fn(&Context<'_>) -> Vec<Diagnostic>>,
) -> Rule {
    Rule { code, name, severity, confidence, run }
}

use Confidence::{High as Sure, Medium as Likely};
use Severity::{Error, High, Low, Medium};

/// Every rule, by code.
pub static RULES: &[Rule] = &[
    rule("RC0301", "effect-not-allowed", Error, Sure, None),
    rule("RC0302", "effect-unproven", Error, Sure, None),
    rule("RC0303", "sequence-rule", Error, Sure, Some(rc0303::run)),
    rule("RC0304", "predicate-refused", Error, Sure, Some(rc0304::run)),
    rule("RC0305", "flow-rule", Error, Sure, None),
    rule("RC0311", "policy-too-broad", High, Sure, Some(rc0311::run)),
    rule("RC0312", "policy-unused-grant", Low, Sure, Some(rc0312::run)),
    rule("RC0313", "policy-never-matches", Medium, Sure, Some(rc0313::run)),
    rule("RC0317", "policy-inferred", Medium, Sure, Some(rc0317::run)),
    rule("RC0351", "plaintext-http", High, Sure, Some(rc0351::run)),
    rule("RC0352", "tls-verify-off", High, Sure, Some(rc0352::run)),
    rule("RC0354", "internal-address", Medium, Likely, Some(rc0354::run)),
    rule("RC0401", "untrusted-to-shell", Error, Sure, None),
    rule("RC0402", "shell-interpolation", Medium, Sure, Some(rc0402::run)),
    rule("RC0403", "untrusted-to-argv", Medium, Likely, None),
    rule("RC0404", "untrusted-to-program", Error, Sure, None),
    rule("RC0405", "untrusted-to-path", Error, Sure, None),
    rule("RC0406", "untrusted-to-url-host", Error, Sure, None),
    rule("RC0407", "untrusted-to-query", Error, Sure, None),
    rule("RC0408", "untrusted-controls-flow", Medium, Likely, None),
    rule("RC0409", "untrusted-to-privileged-prompt", Error, Sure, None),
    rule("RC0410", "lethal-trifecta", High, Likely, None),
    rule("RC0411", "unvalidated-llm-output", Medium, Sure, None),
    rule("RC0412", "declassify-without-reason", Error, Sure, None),
    rule("RC0413", "untrusted-to-trusted", Error, Sure, None),
    rule("RC0451", "secret-to-prompt", Error, Sure, None),
    rule("RC0452", "secret-to-log", Error, Sure, None),
    rule("RC0453", "secret-to-url", Error, Sure, None),
    rule("RC0454", "secret-literal", High, Likely, Some(rc0454::run)),
    rule("RC0457", "personal-to-model", Error, Sure, None),
    rule("RC0501", "missing-timeout", Medium, Sure, Some(rc0501::run)),
    rule("RC0502", "retry-non-idempotent", Error, Sure, Some(rc0502::run)),
    rule("RC0503", "missing-retry", Low, Likely, Some(rc0503::run)),
    rule("RC0504", "retry-storm", Medium, Sure, Some(rc0504::run)),
    rule("RC0601", "agent-unbounded", Error, Sure, Some(rc0601::run)),
    rule("RC0602", "agent-all-tools", High, Sure, Some(rc0602::run)),
    rule("RC0603", "cost-unbounded", Medium, Sure, Some(rc0603::run)),
    rule("RC0604", "memory-poisoning", Medium, Likely, Some(rc0604::run)),
    rule("RC0701", "import-lossy", Medium, Sure, Some(rc0701::run)),
    rule("RC0801", "race-same-file", High, Likely, Some(rc0801::run)),
    rule("RC0802", "dead-step", Low, Sure, Some(rc0802::run)),
    rule("RC0803", "unreachable-branch", Medium, Sure, Some(rc0803::run)),
    rule("RC0806", "unsound-contains", Medium, Sure, Some(rc0806::run)),
    rule("RC0807", "irreversible-before-check", Medium, Likely, Some(rc0807::run)),
    rule("RC0809", "obfuscated", Medium, Likely, Some(rc0809::run)),
    rule("RC0810", "unused-suppression", Low, Sure, None),
    rule("RC1002", "unpinned-tool", Medium, Sure, Some(rc1002::run)),
    rule("RC1003", "pipe-to-shell", High, Sure, Some(rc1003::run)),
];

/// The rule of a code.
pub fn rule_of(code: &str) -> Option<&'static Rule> {
    RULES.iter().find(|r| r.code == code)
}

/// Everything the passes after lowering find in one mission: effects and policy, flow, then every rule.
/// Fills the calls of the plan (rows, guards, replay kinds, approvals). Diagnostics come in order of place.
pub fn check(plan: &mut Plan, spans: &Spans, sources: &SourceMap) -> Vec<Diagnostic> {
    crate::effects::fill_rows(plan);
    let flow = crate::flow::analyse(plan, spans);
    let mut found = crate::effects::decide_all(plan, spans, &flow);
    found.iter_mut().for_each(|d| tidy_insertions(d, sources));
    found.extend(flow.diagnostics.iter().cloned());
    let context = Context::new(plan, spans, &flow, sources);
    for rule in RULES {
        found.extend(rule.run.map(|run| run(&context)).unwrap_or_default());
    }
    in_order(found)
}

/// As [`check`], for the missions of one program: what two of them share (a chain, a policy) is told once,
/// and a grant is unused only where no mission uses it.
pub fn check_all<'a>(
    missions: impl IntoIterator<Item = (&'a mut Plan, &'a Spans)>,
    sources: &SourceMap,
) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    let mut policies: Vec<(Place, BTreeSet<Place>)> = Vec::new();
    for (plan, spans) in missions {
        let mine = check(plan, spans, sources);
        if let Some(policy) = &spans.policy {
            let unused = mine.iter().filter(|d| d.code == "RC0312").map(place_of).collect();
            policies.push((policy.name, unused));
        }
        found.extend(mine.into_iter().map(|d| (spans.policy.as_ref().map(|p| p.name), d)));
    }
    let used_elsewhere = |policy: &Option<Place>, d: &Diagnostic| {
        let sharing = policies.iter().filter(|(name, _)| Some(*name) == *policy);
        d.code == "RC0312" && sharing.into_iter().any(|(_, unused)| !unused.contains(&place_of(d)))
    };
    found.retain(|(policy, d)| !used_elsewhere(policy, d));
    in_order(found.into_iter().map(|(_, d)| d).collect())
}

/// A line that is inserted before a brace that stands alone needs no line break before it.
fn tidy_insertions(diagnostic: &mut Diagnostic, sources: &SourceMap) {
    for edit in diagnostic.fixes.iter_mut().flat_map(|f| &mut f.edits) {
        let file = sources.iter().find(|(id, _)| *id == edit.file);
        let before = file.and_then(|(_, f)| f.text.get(..edit.span.start as usize)).unwrap_or_default();
        let alone = before.trim_end_matches([' ', '\t']).ends_with('\n');
        if alone && edit.span.is_empty() && edit.text.starts_with("\n  allow") {
            edit.text.remove(0);
        }
    }
}

fn place_of(diagnostic: &Diagnostic) -> Place {
    Place { file: diagnostic.primary.file, span: diagnostic.primary.span }
}

/// By place, then code; the same finding at the same place once.
fn in_order(mut found: Vec<Diagnostic>) -> Vec<Diagnostic> {
    found.sort_by(|a, b| (place_of(a), a.code, &a.message).cmp(&(place_of(b), b.code, &b.message)));
    found.dedup_by(|a, b| place_of(a) == place_of(b) && a.code == b.code && a.message == b.message);
    found
}
