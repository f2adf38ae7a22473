//! The catalogue of checks: one file a rule. A rule reads a plan whose rows are filled and whose labels
//! are known; it changes nothing.

mod context;
mod exprs;
mod fixes;
mod graph;
mod holes;
mod replies;
mod suppress;
mod text;

mod rc0303;
mod rc0311;
mod rc0312;
mod rc0313;
mod rc0315;
mod rc0317;
mod rc0351;
mod rc0352;
mod rc0354;
mod rc0402;
mod rc0454;
mod rc0455;
mod rc0501;
mod rc0502;
mod rc0503;
mod rc0504;
mod rc0601;
mod rc0602;
mod rc0603;
mod rc0604;
mod rc0606;
mod rc0701;
mod rc0801;
mod rc0802;
mod rc0803;
mod rc0806;
mod rc0807;
mod rc0808;
mod rc0809;
mod rc1002;
mod rc1003;
mod rc1006;
mod select;

pub use context::Context;
pub use rc0808::{ShellDefect, ShellLint};
pub use select::{Selection, fails};
pub use suppress::suppress;

use crate::spans::{Place, Spans};
use rustchain_grammar::{Diagnostic, FileId, Severity, SourceMap};
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

impl Confidence {
    /// The word in every output.
    pub fn name(self) -> &'static str {
        match self {
            Confidence::Low => "low",
            Confidence::Medium => "medium",
            Confidence::High => "high",
        }
    }
}

/// What a rule's findings offer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fixable {
    /// Advice in words.
    No,
    /// An edit that a person decides on: `--unsafe-fixes`.
    Suggest,
    /// An edit that keeps the meaning, or is certainly what was meant: `--fix`.
    Safe,
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
    /// Whether its findings carry an edit that mends them.
    pub fix: Fixable,
    /// Finds; `None` where `effects` or `flow` do.
    pub run: Option<fn(&Context<'_>) -> Vec<Diagnostic>>,
}

const fn rule(
    code: &'static str,
    name: &'static str,
    severity: Severity,
    confidence: Confidence,
    fix: Fixable,
    run: Option<fn(&Context<'_>) -> Vec<Diagnostic>>,
) -> Rule {
    Rule { code, name, severity, confidence, fix, run }
}

use Confidence::{High as Sure, Low as Unsure, Medium as Likely};
use Severity::{Error, High, Low, Medium};

/// Every rule, by code.
pub static RULES: &[Rule] = &[
    rule("RC0301", "effect-not-allowed", Error, Sure, Fixable::Suggest, None),
    rule("RC0302", "effect-unproven", Error, Sure, Fixable::No, None),
    rule("RC0303", "sequence-rule", Error, Sure, Fixable::No, Some(rc0303::run)),
    rule("RC0304", "predicate-refused", Error, Sure, Fixable::No, None),
    rule("RC0305", "flow-rule", Error, Sure, Fixable::No, None),
    rule("RC0311", "policy-too-broad", High, Sure, Fixable::Suggest, Some(rc0311::run)),
    rule("RC0312", "policy-unused-grant", Low, Sure, Fixable::Safe, Some(rc0312::run)),
    rule("RC0313", "policy-never-matches", Medium, Sure, Fixable::No, Some(rc0313::run)),
    rule("RC0315", "sandbox-off", High, Sure, Fixable::No, Some(rc0315::run)),
    rule("RC0317", "policy-inferred", Medium, Sure, Fixable::Suggest, Some(rc0317::run)),
    rule("RC0351", "plaintext-http", High, Sure, Fixable::Safe, Some(rc0351::run)),
    rule("RC0352", "tls-verify-off", High, Sure, Fixable::Safe, Some(rc0352::run)),
    rule("RC0354", "internal-address", Medium, Likely, Fixable::No, Some(rc0354::run)),
    rule("RC0401", "untrusted-to-shell", Error, Sure, Fixable::Suggest, None),
    rule("RC0402", "shell-interpolation", Medium, Sure, Fixable::Suggest, Some(rc0402::run)),
    rule("RC0403", "untrusted-to-argv", Medium, Likely, Fixable::Suggest, None),
    rule("RC0404", "untrusted-to-program", Error, Sure, Fixable::No, None),
    rule("RC0405", "untrusted-to-path", Error, Sure, Fixable::Suggest, None),
    rule("RC0406", "untrusted-to-url-host", Error, Sure, Fixable::No, None),
    rule("RC0407", "untrusted-to-query", Error, Sure, Fixable::Suggest, None),
    rule("RC0408", "untrusted-controls-flow", Medium, Likely, Fixable::No, None),
    rule("RC0409", "untrusted-to-privileged-prompt", Error, Sure, Fixable::No, None),
    rule("RC0410", "lethal-trifecta", High, Likely, Fixable::No, None),
    rule("RC0411", "unvalidated-llm-output", Medium, Sure, Fixable::Suggest, None),
    rule("RC0412", "declassify-without-reason", Error, Sure, Fixable::No, None),
    rule("RC0413", "untrusted-to-trusted", Error, Sure, Fixable::No, None),
    rule("RC0451", "secret-to-prompt", Error, Sure, Fixable::No, None),
    rule("RC0452", "secret-to-log", Error, Sure, Fixable::Suggest, None),
    rule("RC0453", "secret-to-url", Error, Sure, Fixable::Suggest, None),
    rule("RC0454", "secret-literal", High, Likely, Fixable::No, Some(rc0454::run)),
    rule("RC0455", "secret-overprovisioned", Medium, Sure, Fixable::Safe, Some(rc0455::run)),
    rule("RC0457", "personal-to-model", Error, Sure, Fixable::No, None),
    rule("RC0501", "missing-timeout", Medium, Sure, Fixable::Suggest, Some(rc0501::run)),
    rule("RC0502", "retry-non-idempotent", Error, Sure, Fixable::No, Some(rc0502::run)),
    rule("RC0503", "missing-retry", Low, Likely, Fixable::Suggest, Some(rc0503::run)),
    rule("RC0504", "retry-storm", Medium, Sure, Fixable::Suggest, Some(rc0504::run)),
    rule("RC0601", "agent-unbounded", Error, Sure, Fixable::Suggest, Some(rc0601::run)),
    rule("RC0602", "agent-all-tools", High, Sure, Fixable::No, Some(rc0602::run)),
    rule("RC0603", "cost-unbounded", Medium, Sure, Fixable::No, Some(rc0603::run)),
    rule("RC0604", "memory-poisoning", Medium, Likely, Fixable::No, Some(rc0604::run)),
    rule("RC0606", "budget-without-price", Medium, Sure, Fixable::No, Some(rc0606::run)),
    rule("RC0701", "import-lossy", Medium, Sure, Fixable::No, Some(rc0701::run)),
    rule("RC0801", "race-same-file", High, Likely, Fixable::Suggest, Some(rc0801::run)),
    rule("RC0802", "dead-step", Low, Sure, Fixable::Safe, Some(rc0802::run)),
    rule("RC0803", "unreachable-branch", Medium, Sure, Fixable::Suggest, Some(rc0803::run)),
    rule("RC0806", "unsound-contains", Medium, Sure, Fixable::Suggest, Some(rc0806::run)),
    rule("RC0807", "irreversible-before-check", Medium, Likely, Fixable::No, Some(rc0807::run)),
    rule("RC0808", "shell-defect", Medium, Sure, Fixable::No, Some(rc0808::run)),
    rule("RC0809", "obfuscated", Medium, Likely, Fixable::Safe, Some(rc0809::run)),
    rule("RC0810", "unused-suppression", Low, Sure, Fixable::Safe, None),
    rule("RC1002", "unpinned-tool", Medium, Sure, Fixable::No, Some(rc1002::run)),
    rule("RC1003", "pipe-to-shell", High, Sure, Fixable::No, Some(rc1003::run)),
    rule("RC1006", "typosquat-name", Medium, Unsure, Fixable::Suggest, Some(rc1006::run)),
];

/// Rules that wait for what they would read, and why.
pub static LATER: &[(&str, &str, &str)] = &[
    ("RC0316", "self-approval", "waits for approvals signed by people"),
    ("RC0456", "secret-unscoped", "secrets are declared for a whole mission; there is no narrower place"),
    ("RC0458", "pii-in-audit-clear", "waits for keys of persons in the log"),
    ("RC1001", "unpinned-remote", "waits for remote imports and plugins"),
    ("RC1004", "mutable-ref", "waits for remote references"),
    ("RC1005", "known-vulnerable-import", "waits for an offline list of advisories"),
];

/// The rule of a code.
pub fn rule_of(code: &str) -> Option<&'static Rule> {
    RULES.iter().find(|r| r.code == code)
}

/// Everything the passes after lowering find in one mission: effects and policy, flow, then every rule.
/// Fills the calls of the plan (rows, guards, replay kinds, approvals). Diagnostics come in order of place.
pub fn check(
    plan: &mut Plan,
    spans: &Spans,
    sources: &SourceMap,
    shell: Option<&dyn ShellLint>,
) -> Vec<Diagnostic> {
    crate::effects::fill_rows(plan);
    let flow = crate::flow::analyse(plan, spans);
    let mut found = crate::effects::decide_all(plan, spans, &flow);
    found.iter_mut().for_each(|d| tidy_insertions(d, sources));
    found.extend(flow.diagnostics.iter().cloned());
    let context = Context { shell, ..Context::new(plan, spans, &flow, sources) };
    for rule in RULES {
        found.extend(rule.run.map(|run| run(&context)).unwrap_or_default());
    }
    for diagnostic in &mut found {
        holes::mend(&context, diagnostic);
        replies::mend(&context, diagnostic);
        fixes::add(diagnostic, sources);
    }
    in_order(found)
}

/// What is found in a text, whatever missions it has.
pub fn of_text(file: FileId, sources: &SourceMap) -> Vec<Diagnostic> {
    rc0809::of_text(file, sources)
}

/// What [`check`] gave for the missions of one program, each with its policy: what two of them share (a chain, a
/// policy) is told once, and a grant is unused only where no mission uses it.
pub fn together(checked: Vec<(Option<Place>, Vec<Diagnostic>)>) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    let mut policies: Vec<(Place, BTreeSet<Place>)> = Vec::new();
    for (policy, mine) in checked {
        if let Some(policy) = policy {
            let unused = mine.iter().filter(|d| d.code == "RC0312").map(place_of).collect();
            policies.push((policy, unused));
        }
        found.extend(mine.into_iter().map(|d| (policy, d)));
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
