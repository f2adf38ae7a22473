//! The risk of a mission, step by step: points, each with the fact it stands for.

use crate::CompiledMission;
use crate::checks::{Confidence, rule_of};
use crate::effects::overlap::effects_overlap;
use crate::effects::row::is_read;
use crate::effects::scope::sites;
use crate::flow;
use crate::render::severity_name;
use crate::spans::{Place, Spans};
use rustchain_grammar::{Diagnostic, Severity};
use rustchain_plan::plan::{Call, Plan};
use rustchain_plan::{Body, Effect, EffectKind, Labels};
use std::fmt;

/// A fact and its points.
#[derive(Clone, Debug, PartialEq)]
pub struct Reason {
    /// `effect`, `label`, `lowered` or `finding`.
    pub kind: &'static str,
    /// The code of a finding.
    pub code: Option<&'static str>,
    /// In words.
    pub text: String,
    /// Where, for findings and lowered labels; else the step.
    pub place: Place,
    /// Its points.
    pub points: f64,
}

/// A step with its reasons.
#[derive(Clone, Debug, PartialEq)]
pub struct StepRisk {
    /// Its id path; empty for what concerns the whole mission.
    pub step: String,
    /// What it calls.
    pub callee: Option<String>,
    /// In order of weight.
    pub reasons: Vec<Reason>,
}

/// What a sum of points means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Grade {
    /// Below 10.
    Low,
    /// Below 25.
    Moderate,
    /// Below 50.
    High,
    /// 50 and more, or an error.
    Severe,
}

impl fmt::Display for Grade {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Grade::Low => "low",
            Grade::Moderate => "moderate",
            Grade::High => "high",
            Grade::Severe => "severe",
        })
    }
}

impl StepRisk {
    /// The sum of its reasons.
    pub fn points(&self) -> f64 {
        self.reasons.iter().fold(0.0, |sum, r| sum + r.points)
    }

    /// The grade of the sum; an error is severe.
    pub fn grade(&self) -> Grade {
        grade(self.points(), self.reasons.iter().any(is_error))
    }
}

/// The grade of a whole mission: that of its riskiest step, or of the sum over four, whichever is worse.
pub fn overall(steps: &[StepRisk]) -> Grade {
    let worst = steps.iter().map(StepRisk::grade).max().unwrap_or(Grade::Low);
    let sum = steps.iter().fold(0.0, |sum, s| sum + s.points());
    worst.max(grade(sum / 4.0, false))
}

fn is_error(reason: &Reason) -> bool {
    reason.points >= severity_points(Severity::Error)
}

fn grade(points: f64, error: bool) -> Grade {
    match points {
        _ if error => Grade::Severe,
        p if p < 10.0 => Grade::Low,
        p if p < 25.0 => Grade::Moderate,
        p if p < 50.0 => Grade::High,
        _ => Grade::Severe,
    }
}

/// The points of a finding: its severity, less where the rule is less sure.
pub fn finding_points(severity: Severity, confidence: Confidence) -> f64 {
    if severity == Severity::Error {
        return severity_points(severity);
    }
    let sure = match confidence {
        Confidence::High => 1.0,
        Confidence::Medium => 0.75,
        Confidence::Low => 0.5,
    };
    severity_points(severity) * sure
}

fn severity_points(severity: Severity) -> f64 {
    match severity {
        Severity::Error => 50.0,
        Severity::High => 20.0,
        Severity::Medium => 8.0,
        Severity::Low => 2.0,
        Severity::Note => 0.0,
    }
}

/// The points of an effect that is as it should be: what it could do if something else failed.
pub fn effect_points(kind: EffectKind) -> f64 {
    match kind {
        EffectKind::Exec => 5.0,
        EffectKind::NetWrite | EffectKind::Mcp => 4.0,
        EffectKind::Sql | EffectKind::FsWrite => 3.0,
        EffectKind::MemoryWrite | EffectKind::NetRead | EffectKind::Llm => 2.0,
        EffectKind::FsRead | EffectKind::MemoryRead | EffectKind::Env => 1.0,
        EffectKind::Human | EffectKind::Clock | EffectKind::Random => 0.0,
    }
}

/// Points of a label that reaches a step which does more than read.
const LABEL: f64 = 3.0;
/// Points of a `trust` or `reveal`.
const LOWERED: f64 = 4.0;

/// Every step of a mission with its risk, in source order; first what concerns the whole.
pub fn risks(mission: &CompiledMission, diagnostics: &[Diagnostic]) -> Vec<StepRisk> {
    let CompiledMission { plan, spans, .. } = mission;
    let flow = flow::analyse(plan, spans);
    let mut out = vec![StepRisk { step: String::new(), callee: None, reasons: Vec::new() }];
    for site in sites(plan) {
        let call = match &site.node.body {
            Body::Call(call) => Some(call),
            _ => None,
        };
        let place = spans.nodes.get(&site.path).map_or(spans.mission, |p| p.name);
        let mut reasons = Vec::new();
        if let Some(call) = call {
            reasons.extend(call.effects.iter().filter_map(|e| of_effect(plan, e, place)));
            reasons.extend(of_labels(call, &site.path, &flow, place));
        }
        let callee = call.map(|c| c.callee.to_string());
        out.push(StepRisk { step: site.path.clone(), callee, reasons });
    }
    for lowered in &flow.lowered {
        let names = lowered.labels.names().collect::<Vec<_>>().join(", ");
        let text = format!("{names} is lowered: \"{}\"", lowered.reason);
        let reason = Reason { kind: "lowered", code: None, text, place: lowered.place, points: LOWERED };
        step_of(&mut out, spans, lowered.place).reasons.push(reason);
    }
    for d in diagnostics {
        let place = Place { file: d.primary.file, span: d.primary.span };
        if !spans.concerns(place) && !is_inside(spans.mission_whole, place) {
            continue;
        }
        let confidence = rule_of(d.code).map_or(Confidence::High, |r| r.confidence);
        let points = finding_points(d.severity, confidence);
        if points == 0.0 {
            continue;
        }
        let text = format!("{}, confidence {}: {}", severity_name(d.severity), confidence.name(), d.message);
        let reason = Reason { kind: "finding", code: Some(d.code), text, place, points };
        step_of(&mut out, spans, place).reasons.push(reason);
    }
    for step in &mut out {
        step.reasons.sort_by(|a, b| b.points.total_cmp(&a.points).then(a.place.cmp(&b.place)));
    }
    out.retain(|s| !s.step.is_empty() || !s.reasons.is_empty());
    out
}

fn is_inside(whole: Place, part: Place) -> bool {
    whole.file == part.file && whole.span.contains(part.span.start) && whole.span.contains(part.span.end)
}

/// The innermost step around a place; the whole mission where there is none.
fn step_of<'s>(steps: &'s mut [StepRisk], spans: &Spans, place: Place) -> &'s mut StepRisk {
    let around = steps.iter().enumerate().skip(1).filter_map(|(i, s)| {
        let whole = spans.nodes.get(&s.step)?.whole;
        is_inside(whole, place).then_some((whole.span.len(), std::cmp::Reverse(s.step.len()), i))
    });
    let index = around.min().map_or(0, |(_, _, i)| i);
    &mut steps[index]
}

fn of_effect(plan: &Plan, effect: &Effect, place: Place) -> Option<Reason> {
    let points = effect_points(effect.kind);
    let approved =
        plan.policy.approvals.iter().any(|a| !a.when_untrusted && effects_overlap(&a.effect, effect));
    let (points, asked) = if approved { (points / 2.0, ", which a person approves") } else { (points, "") };
    let text = format!("does `{effect}`{asked}");
    (points > 0.0).then_some(Reason { kind: "effect", code: None, text, place, points })
}

fn of_labels(call: &Call, path: &str, flow: &flow::Analysis, place: Place) -> Vec<Reason> {
    let acts = call.effects.iter().any(|e| !is_read(e.kind) && e.kind != EffectKind::Human);
    if !acts {
        return Vec::new();
    }
    let mut out = Vec::new();
    for (name, mark) in flow.arguments_of(path) {
        let labels = mark.labels();
        for label in [Labels::UNTRUSTED, Labels::SECRET, Labels::PERSONAL] {
            let counts = labels.contains(label) && (label != Labels::UNTRUSTED || mark.is_untrusted_text());
            if counts {
                let word = label.names().collect::<Vec<_>>().join(", ");
                let text = format!("its argument `{name}` is {word}");
                out.push(Reason { kind: "label", code: None, text, place, points: LABEL });
            }
        }
    }
    out
}
