//! The policy's word on every effect.

use super::allow::{allow_line, allow_lines};
use super::predicate::{self, Truth};
use super::row::{Cause, Entry};
use super::scope::{Site, sites};
use crate::flow::Analysis;
use crate::spans::{Place, Spans};
use rustchain_grammar::{Applicability, Diagnostic, Edit, Fix, Severity};
use rustchain_plan::plan::{Call, CalleeKind, Guard, Plan};
use rustchain_plan::policy::{self, Ceiling, Grant, Verdict};
use rustchain_plan::{Body, Effect, EffectKind, Policy};
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

/// What was decided.
pub(super) struct Outcome {
    /// Guards by id path of the call.
    pub guards: BTreeMap<String, Vec<Guard>>,
    /// RC0301, RC0302.
    pub diagnostics: Vec<Diagnostic>,
}

struct Decider<'p> {
    plan: &'p Plan,
    /// By the mission's own policy.
    stated: policy::Decider<'p>,
    spans: &'p Spans,
    flow: &'p Analysis,
    guards: BTreeMap<String, Vec<Guard>>,
    diagnostics: Vec<Diagnostic>,
    /// Refused effects where the mission has no policy.
    uncovered: Vec<(Place, String, Effect)>,
    seen: BTreeSet<(Place, String)>,
}

/// Decides every effect of every call.
pub(super) fn decide(plan: &Plan, spans: &Spans, flow: &Analysis) -> Outcome {
    let mut decider = Decider {
        plan,
        stated: policy::Decider::new(&plan.policy),
        spans,
        flow,
        guards: BTreeMap::new(),
        diagnostics: Vec::new(),
        uncovered: Vec::new(),
        seen: BTreeSet::new(),
    };
    for site in sites(plan) {
        if let Body::Call(call) = &site.node.body {
            decider.call(&site, call);
        }
    }
    decider.no_policy();
    Outcome { guards: decider.guards, diagnostics: decider.diagnostics }
}

impl Decider<'_> {
    fn call<'p>(&mut self, site: &Site<'p>, call: &'p Call) {
        let entries = super::entries(site);
        let stated = &self.plan.policy;
        let (policy, truths) = predicate::decided(stated, call, &site.scope);
        let called: Vec<(Cow<'_, Policy>, &str)> = site
            .scope
            .called_policies()
            .into_iter()
            .map(|(p, path)| (predicate::decided(p, call, &site.scope).0, path))
            .collect();
        let (mut refused, mut beyond, mut guards) = (Vec::new(), Vec::new(), Vec::new());
        for (index, entry) in entries.iter().enumerate() {
            let decide = |p: &Policy| match std::ptr::eq(p, stated) {
                true => self.stated.decide(entry.effect.kind, &entry.effect.pattern),
                false => p.decide(entry.effect.kind, &entry.effect.pattern),
            };
            // The arguments of a tool are the model's: conditions on them stay open.
            let by_model = matches!(entry.cause, Cause::Tool(_));
            let policy: &Policy = if by_model { stated } else { &policy };
            let called: Vec<(&Policy, &str)> = match by_model {
                true => site.scope.called_policies(),
                false => called.iter().map(|(p, path)| (&**p, *path)).collect(),
            };
            let own = decide(policy);
            let undenied = || Policy { deny: Vec::new(), ..policy.clone() };
            let conditional = own == Verdict::Refused && decide(stated) != Verdict::Refused;
            if conditional && decide(&undenied()) == Verdict::Refused {
                self.breaks_condition(site, call, entry, &truths);
                continue;
            }
            if own == Verdict::Refused {
                match self.ceiling_of(entry) {
                    Some(ceiling) => beyond.push((ceiling, entry)),
                    None => refused.push(entry),
                }
                continue;
            }
            if let Some((_, path)) = called.iter().find(|(p, _)| decide(p) == Verdict::Refused) {
                self.refused_by_called(site, call, entry, path);
                continue;
            }
            let verdict = called.iter().fold(own, |verdict, (p, _)| verdict.and(decide(p)));
            let on_condition =
                verdict == Verdict::Unproven && decide(&unconditional(policy)) == Verdict::Allowed;
            match verdict {
                Verdict::Unproven if on_condition => {
                    let reason = "the policy's condition depends on the arguments".into();
                    guards.push(Guard { effect: index, reason });
                    self.on_condition(site, call, entry, &truths);
                }
                Verdict::Unproven => {
                    guards.push(Guard { effect: index, reason: reason(entry, call).into() });
                    self.unproven(site, call, entry);
                }
                _ if is_chosen_by_model(entry, call) || entry.recheck => {
                    guards.push(Guard { effect: index, reason: reason(entry, call).into() });
                }
                _ => {}
            }
        }
        if !guards.is_empty() {
            self.guards.insert(site.path.clone(), guards);
        }
        self.refused(site, call, &refused);
        self.beyond(site, call, &beyond);
    }

    /// The organisation policy that refuses what the mission's own policy would let through.
    fn ceiling_of(&self, entry: &Entry) -> Option<usize> {
        let policy = &self.plan.policy;
        let Effect { kind, pattern } = &entry.effect;
        let own = Policy { ceilings: Vec::new(), ..policy.clone() };
        if own.decide(*kind, pattern) == Verdict::Refused {
            return None;
        }
        policy.ceilings.iter().position(|ceiling| {
            let alone = Policy { allow: ceiling.allow.clone(), ..Policy::default() };
            alone.decide(*kind, pattern) == Verdict::Refused
        })
    }

    /// RC0301, by an organisation policy.
    fn beyond(&mut self, site: &Site<'_>, call: &Call, beyond: &[(usize, &Entry)]) {
        for (index, entry) in beyond {
            let place = self.place(site, call, &entry.cause);
            if !self.seen.insert((place, allow_line(&entry.effect))) {
                continue;
            }
            let name = self.plan.policy.ceilings.get(*index).map(|c| c.name.as_str()).unwrap_or_default();
            let message = format!(
                "`{}` needs `{}`, which the organisation policy `{name}` does not allow",
                call.callee, entry.effect
            );
            let at = self.spans.policy.as_ref().and_then(|p| p.ceilings.get(*index)).copied();
            self.diagnostics.push(
                Diagnostic::error("RC0301", place.file, place.span, message)
                    .label("not allowed")
                    .with_place(at, "no line of it covers this")
                    .note("A mission cannot widen an organisation policy."),
            );
        }
    }

    /// RC0301, by the policy of the mission that the step lies in.
    fn refused_by_called(&mut self, site: &Site<'_>, call: &Call, entry: &Entry, caller: &str) {
        let place = self.place(site, call, &entry.cause);
        if !self.seen.insert((place, format!("{caller} {}", allow_line(&entry.effect)))) {
            return;
        }
        let at = self.spans.nodes.get(caller);
        let name = at.map(|n| n.callee.unwrap_or(n.name));
        let message = format!(
            "`{}` needs `{}`, which the policy of the mission that `{caller}` calls does not allow",
            call.callee, entry.effect
        );
        self.diagnostics.push(
            Diagnostic::error("RC0301", place.file, place.span, message)
                .label("not allowed with these arguments")
                .with_place(name, "called here")
                .note("A mission called as a step keeps its own policy: what it does must fit both."),
        );
    }

    /// RC0304: a call breaks the condition of every grant that covers it.
    fn breaks_condition(&mut self, site: &Site<'_>, call: &Call, entry: &Entry, truths: &[(usize, Truth)]) {
        let place = self.place(site, call, &Cause::Callee);
        if !self.seen.insert((place, format!("RC0304 {}", entry.effect))) {
            return;
        }
        let message = format!(
            "`{}` breaks the condition under which the policy allows `{}`",
            call.callee, entry.effect
        );
        let mut diagnostic =
            Diagnostic::error("RC0304", place.file, place.span, message).label("not under this condition");
        for (index, truth) in truths {
            let Some(grant) = self.plan.policy.allow.get(*index) else { continue };
            if !super::overlap::effects_overlap(&grant.effect, &entry.effect) {
                continue;
            }
            let at = self.spans.policy.as_ref().and_then(|p| p.allow.get(*index)).copied();
            diagnostic = diagnostic.with_place(at, "allowed only where this holds");
            if let Truth::Fails(values) = truth
                && !values.is_empty()
            {
                let note = format!("It does not hold here: {values}.");
                if !diagnostic.notes.contains(&note) {
                    diagnostic.notes.push(note);
                }
            }
        }
        self.diagnostics.push(diagnostic);
    }

    /// RC0302 of a condition that only the run decides.
    fn on_condition(&mut self, site: &Site<'_>, call: &Call, entry: &Entry, truths: &[(usize, Truth)]) {
        let place = self.place(site, call, &Cause::Callee);
        if !self.seen.insert((place, format!("RC0302 {}", entry.effect))) {
            return;
        }
        let message = format!(
            "`{}` needs `{}`, which the policy allows on a condition: decided when the mission runs",
            call.callee, entry.effect
        );
        let mut diagnostic = Diagnostic::new("RC0302", Severity::Note, place.file, place.span, message)
            .label("not known before the run");
        for (index, _) in truths.iter().filter(|(_, truth)| *truth == Truth::Open) {
            let grant = self.plan.policy.allow.get(*index);
            if grant.is_some_and(|g| super::overlap::effects_overlap(&g.effect, &entry.effect)) {
                let at = self.spans.policy.as_ref().and_then(|p| p.allow.get(*index)).copied();
                diagnostic = diagnostic.with_place(at, "the condition");
            }
        }
        self.diagnostics.push(diagnostic);
    }

    fn place(&self, site: &Site<'_>, call: &Call, cause: &Cause) -> Place {
        let node = self.spans.nodes.get(&site.path);
        let callee = node.and_then(|n| n.callee).or(node.map(|n| n.name)).unwrap_or(self.spans.mission);
        match cause {
            Cause::Callee => callee,
            Cause::Argument(param) => node.and_then(|n| n.args.get(param)).copied().unwrap_or(callee),
            Cause::Tool(index) => {
                let agent = self.spans.agents.get(&call.callee);
                let tool = agent.and_then(|a| a.tools.get(*index)).copied();
                tool.or_else(|| node.and_then(|n| n.args.get("tools")).copied()).unwrap_or(callee)
            }
        }
    }

    fn refused(&mut self, site: &Site<'_>, call: &Call, refused: &[&Entry]) {
        let Some(first) = refused.first() else { return };
        let place = self.place(site, call, &first.cause);
        let lines = allow_lines(refused.iter().map(|e| &e.effect));
        if !self.seen.insert((place, lines.join("\n"))) {
            return;
        }
        let denied = refused.iter().find_map(|e| self.denied_by(&e.effect));
        let absent = self.spans.policy.as_ref().is_none_or(|p| p.absent);
        if absent && denied.is_none() {
            let uncovered = refused.iter().map(|e| (place, call.callee.to_string(), e.effect.clone()));
            self.uncovered.extend(uncovered);
            return;
        }
        let mut needs: Vec<String> = refused.iter().map(|e| format!("`{}`", e.effect)).collect();
        needs.dedup();
        let what = needs.join(" and ");
        let mut diagnostic = if let Some(index) = denied {
            Diagnostic::error(
                "RC0301",
                place.file,
                place.span,
                format!("`{}` needs {what}, which the policy denies", call.callee),
            )
            .label("not allowed")
            .with_place(self.spans.policy.as_ref().and_then(|p| p.deny.get(index)).copied(), "denied here")
        } else {
            Diagnostic::error(
                "RC0301",
                place.file,
                place.span,
                format!("`{}` needs {what}, which the policy does not allow", call.callee),
            )
            .label("not allowed")
            .with_place(self.spans.policy.as_ref().map(|p| p.name), "by this policy")
        };
        for other in refused.iter().skip(1) {
            let at = self.place(site, call, &other.cause);
            if at != place {
                diagnostic = diagnostic.also(at.file, at.span, format!("needs `{}`", other.effect));
            }
        }
        if let Some(insert) = self.spans.policy.as_ref().map(|p| p.insert).filter(|_| denied.is_none()) {
            let text: String = lines.iter().map(|l| format!("  {l}\n")).collect();
            let title = format!("add `{}`", lines.join("`, `"));
            let edits = vec![Edit { file: insert.file, span: insert.span, text: format!("\n{text}") }];
            diagnostic.fixes.push(Fix { title, applicability: Applicability::Suggest, edits });
        }
        self.diagnostics.push(diagnostic);
    }

    /// The `deny` line that covers an effect.
    fn denied_by(&self, effect: &Effect) -> Option<usize> {
        self.plan.policy.deny.iter().position(|g| super::overlap::effects_overlap(&g.effect, effect))
    }

    fn no_policy(&mut self) {
        let Some((place, callee, effect)) = self.uncovered.first() else { return };
        let message =
            format!("`{callee}` needs `{effect}`, but mission `{}` has no policy", self.plan.mission);
        let mut diagnostic =
            Diagnostic::error("RC0301", place.file, place.span, message).label("not allowed");
        let mut told = BTreeSet::from([*place]);
        for (at, callee, effect) in &self.uncovered {
            if told.insert(*at) {
                diagnostic = diagnostic.also(at.file, at.span, format!("`{callee}` needs `{effect}`"));
            }
        }
        let lines = allow_lines(self.uncovered.iter().map(|(_, _, e)| e));
        let body: String = lines.iter().map(|l| format!("    {l}\n")).collect();
        let insert = self.spans.mission_close;
        let edit =
            Edit { file: insert.file, span: insert.span, text: format!("\n  policy {{\n{body}  }}\n") };
        diagnostic.fixes.push(Fix {
            title: "add a policy with exactly what the steps need".to_owned(),
            applicability: Applicability::Suggest,
            edits: vec![edit],
        });
        diagnostic
            .notes
            .push("Without a policy a mission may do nothing to the world outside it.".to_owned());
        self.diagnostics.push(diagnostic);
    }

    fn unproven(&mut self, site: &Site<'_>, call: &Call, entry: &Entry) {
        if is_chosen_by_model(entry, call) {
            return;
        }
        let place = self.place(site, call, &entry.cause);
        if !self.seen.insert((place, allow_line(&entry.effect))) {
            return;
        }
        let untrusted = match &entry.cause {
            Cause::Argument(param) => self.flow.argument(&site.path, param).filter(|m| m.is_untrusted_text()),
            _ => None,
        };
        if untrusted.is_some_and(|_| self.flow.is_refused(&site.path, &entry.cause)) {
            return;
        }
        // The host is trusted: what is not known is the start of the url, and what stands after it is
        // encoded by position.
        let untrusted = untrusted.filter(|_| !starts_unknown(&entry.effect));
        let severity = match (untrusted.is_some(), self.plan.policy.inferred) {
            (true, false) => Severity::Error,
            (true, true) => Severity::High,
            (false, _) => Severity::Note,
        };
        let message = match untrusted {
            Some(_) => format!(
                "`{}` needs `{}`, which the policy allows only in part, and untrusted text chooses the rest",
                call.callee, entry.effect
            ),
            None => format!(
                "`{}` needs `{}`, which the policy allows only in part: decided when the mission runs",
                call.callee, entry.effect
            ),
        };
        let mut diagnostic = Diagnostic::new("RC0302", severity, place.file, place.span, message)
            .label("not known before the run");
        if let Some(mark) = untrusted {
            diagnostic.secondary.extend(mark.untrusted_path());
            diagnostic.help =
                Some("allow the whole pattern, or take the value from something that is trusted".to_owned());
        }
        self.diagnostics.push(diagnostic);
    }
}

/// The policy as if every condition spoke for the mission.
fn unconditional(policy: &Policy) -> Policy {
    let without = |grants: &[Grant]| -> Vec<Grant> {
        grants.iter().map(|g| Grant { predicate: None, effect: g.effect.clone() }).collect()
    };
    let deny = policy.deny.iter().filter(|g| g.predicate.is_none()).cloned().collect();
    let ceiling = |c: &Ceiling| Ceiling { name: c.name.clone(), allow: without(&c.allow) };
    Policy {
        allow: without(&policy.allow),
        deny,
        ceilings: policy.ceilings.iter().map(ceiling).collect(),
        ..policy.clone()
    }
}

/// A request whose scheme and host come from a hole.
fn starts_unknown(effect: &Effect) -> bool {
    let is_request = matches!(effect.kind, EffectKind::NetRead | EffectKind::NetWrite);
    is_request && effect.pattern.0.starts_with('*')
}

fn is_chosen_by_model(entry: &Entry, call: &Call) -> bool {
    matches!(entry.cause, Cause::Tool(_)) && (call.kind == CalleeKind::Agent || call.callee == "chat.call")
}

fn reason(entry: &Entry, call: &Call) -> String {
    match &entry.cause {
        Cause::Tool(_) => "a model chooses the arguments".to_owned(),
        Cause::Argument(param) => format!("`{param}` is not constant"),
        Cause::Callee => format!("`{}` does not say what it is about", call.callee),
    }
}

trait WithPlace {
    fn with_place(self, place: Option<Place>, message: &str) -> Self;
}

impl WithPlace for Diagnostic {
    fn with_place(self, place: Option<Place>, message: &str) -> Self {
        match place {
            Some(at) => self.also(at.file, at.span, message),
            None => self,
        }
    }
}
