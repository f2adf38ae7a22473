//! Policies.

use crate::NamedPolicy;
use crate::names::{self, Found, Space};
use crate::spans::{Place, PolicyPlaces};
use crate::types::program::Program;
use crate::types::scope::{Frame, Local};
use crate::types::{Cx, call};
use rustchain_grammar::Span;
use rustchain_grammar::ast::{
    self, EffectPattern, ExprKind as E, ItemKind, PolicyBody, PolicyLine, PolicyLineKind,
};
use rustchain_plan::effect::PatternSyntax;
use rustchain_plan::policy::{Approval, FlowRule, Grant, PromptUntrusted, Sandbox, Sequence};
use rustchain_plan::{Effect, EffectKind, Labels, Pattern, Policy, Type, Value};
use smol_str::SmolStr;
use std::collections::BTreeMap;

/// The declared policies of a module; what is wrong with them, their declarations report.
pub(crate) fn declared(program: &Program, module: usize) -> Vec<NamedPolicy> {
    let of_module = program.items().filter(|(decl, _)| decl.module == module);
    of_module
        .filter_map(|(_, item)| match &item.kind {
            ItemKind::Policy(decl) => {
                let (policy, places) = Cx::new(program, module).policy(&decl.body, decl.name.span);
                Some(NamedPolicy { name: decl.name.text.clone(), policy, places })
            }
            _ => None,
        })
        .collect()
}

impl Cx<'_> {
    /// The policy that a mission names.
    pub fn named_policy(&mut self, path: &ast::Path) -> Option<(Policy, PolicyPlaces)> {
        let segments = names::segments(path);
        let modules = &self.program.modules;
        match self.program.names.path(modules, self.module, Space::Policy, &segments) {
            Found::Decl(decl) => {
                let ItemKind::Policy(policy) = &self.program.item(decl).kind else { return None };
                self.note_decl(path.span, decl, None);
                let told = self.diagnostics.len();
                let lowered = self.within_module(decl.module, |cx| cx.policy(&policy.body, policy.name.span));
                self.silence(told);
                Some(lowered)
            }
            Found::BrokenImport => {
                self.tainted = true;
                None
            }
            Found::No => {
                let text = path.text();
                let known = self.program.names.candidates(modules, self.module, Space::Policy);
                let d = self.error("RC0116", path.span, format!("there is no policy `{text}`"));
                let d = names::did_you_mean(d, path.span, &text, known.iter().map(String::as_str));
                self.report(d);
                None
            }
        }
    }

    /// The lines of a policy.
    pub fn policy(&mut self, body: &PolicyBody, name: Span) -> (Policy, PolicyPlaces) {
        let mut policy = Policy::default();
        let close = body.span.end.saturating_sub(1);
        let mut places = PolicyPlaces {
            name: self.place(name),
            insert: self.place(Span::new(close, close)),
            ..PolicyPlaces::default()
        };
        for line in &body.lines {
            self.policy_line(line, &mut policy, &mut places);
        }
        (policy, places)
    }

    fn policy_line(&mut self, line: &PolicyLine, policy: &mut Policy, places: &mut PolicyPlaces) {
        let place = self.place(line.span);
        match &line.kind {
            PolicyLineKind::Allow(pattern) if pattern.effect.text() == "personal" => {
                policy.personal = true;
                places.personal = Some(place);
            }
            PolicyLineKind::Allow(pattern) => {
                for (grant, place) in self.grants(pattern) {
                    policy.allow.push(grant);
                    places.allow.push(place);
                }
            }
            PolicyLineKind::Deny(pattern) if pattern.effect.text() == "inferred" => {
                policy.denies_inferred = true;
                places.denies_inferred = Some(place);
            }
            PolicyLineKind::Deny(pattern) if pattern.effect.text() == "personal" => {
                policy.denies_personal = true;
            }
            PolicyLineKind::Deny(pattern) => {
                for (grant, place) in self.grants(pattern) {
                    policy.deny.push(grant);
                    places.deny.push(place);
                }
            }
            PolicyLineKind::Budget(args) => {
                if places.budget.is_some() {
                    let d = self.error("RC0120", line.span, "`budget` is given twice");
                    self.report(d);
                }
                policy.budget = self.budget(args, false);
                places.budget = Some(place);
            }
            PolicyLineKind::RequireApproval { effect, when_untrusted } => {
                for (grant, place) in self.grants(effect) {
                    policy.approvals.push(Approval { effect: grant.effect, when_untrusted: *when_untrusted });
                    places.approvals.push(place);
                }
            }
            PolicyLineKind::NeverAfter(a, b) => {
                self.sequences(a, b, place, policy, places, Sequence::NeverAfter)
            }
            PolicyLineKind::OnlyAfter(a, b) => {
                self.sequences(a, b, place, policy, places, Sequence::OnlyAfter)
            }
            PolicyLineKind::AtMost(n, a) => {
                for (grant, place) in self.grants(a) {
                    policy.sequences.push(Sequence::AtMost(*n, grant.effect));
                    places.sequences.push(place);
                }
            }
            PolicyLineKind::NeverFlow { label, to, vendor } => {
                let Some(known) = Labels::from_name(&label.text) else {
                    let d = self.error("RC0114", label.span, format!("there is no label `{}`", label.text));
                    let all = ["untrusted", "secret", "personal"];
                    let d = names::did_you_mean(d, label.span, &label.text, all);
                    self.report(d);
                    return;
                };
                for (grant, place) in self.grants(to) {
                    let vendor = vendor.as_ref().map(|v| v.text.clone());
                    policy.flows.push(FlowRule { label: known, to: grant.effect, vendor });
                    places.flows.push(place);
                }
            }
            PolicyLineKind::Sandbox(name) => {
                policy.sandbox = self.word(
                    name,
                    "sandbox",
                    &[("strict", Sandbox::Strict), ("degraded", Sandbox::Degraded)],
                );
            }
            PolicyLineKind::PromptUntrusted(name) => {
                let words = [("approve", PromptUntrusted::Approve), ("allow", PromptUntrusted::Allow)];
                policy.prompt_untrusted = self.word(name, "prompt untrusted", &words);
            }
            PolicyLineKind::Error => {}
        }
    }

    /// One of a few words.
    pub fn word<T: Copy>(&mut self, name: &ast::Name, what: &str, words: &[(&str, T)]) -> Option<T> {
        if let Some((_, value)) = words.iter().find(|(w, _)| name.text == *w) {
            return Some(*value);
        }
        let all: Vec<String> = words.iter().map(|(w, _)| format!("`{w}`")).collect();
        let message = format!("`{what}` is {}, not `{}`", all.join(" or "), name.text);
        let d = self.error("RC0115", name.span, message);
        let d = names::did_you_mean(d, name.span, &name.text, words.iter().map(|(w, _)| *w));
        self.report(d);
        None
    }

    fn sequences(
        &mut self,
        a: &EffectPattern,
        b: &EffectPattern,
        place: Place,
        policy: &mut Policy,
        places: &mut PolicyPlaces,
        make: fn(Effect, Effect) -> Sequence,
    ) {
        let (first, second) = (self.grants(a), self.grants(b));
        for (x, _) in &first {
            for (y, _) in &second {
                policy.sequences.push(make(x.effect.clone(), y.effect.clone()));
                places.sequences.push(place);
            }
        }
    }

    /// An effect with its patterns: one grant a pattern.
    fn grants(&mut self, pattern: &EffectPattern) -> Vec<(Grant, Place)> {
        let Some(kind) = self.effect_kind(&pattern.effect) else { return Vec::new() };
        let predicate = pattern.predicate.as_ref().map(|p| self.predicate(kind, p));
        let whole = self.place(pattern.span);
        let mut patterns: Vec<(Pattern, Span)> = Vec::new();
        for arg in &pattern.args {
            patterns.extend(self.effect_patterns(kind, arg));
        }
        if pattern.args.is_empty() {
            patterns.push((Pattern::any(), pattern.span));
        } else if kind.pattern_syntax() == PatternSyntax::Bare {
            let d = self.error("RC0204", pattern.span, format!("the effect `{kind}` has no pattern"));
            self.report(d);
        }
        let single = patterns.len() == 1;
        patterns
            .into_iter()
            .map(|(pattern, span)| {
                let grant = Grant { effect: Effect { kind, pattern }, predicate: predicate.clone() };
                (grant, if single { whole } else { self.place(span) })
            })
            .collect()
    }

    /// The effect of a name.
    pub fn effect_kind(&mut self, path: &ast::Path) -> Option<EffectKind> {
        let text = path.text();
        if let Some(kind) = EffectKind::from_name(&text) {
            return Some(kind);
        }
        let d = self.error("RC0115", path.span, format!("there is no effect `{text}`"));
        let all = EffectKind::ALL.iter().map(|k| k.name());
        let d = names::did_you_mean(d, path.span, &text, all);
        self.report(d);
        None
    }

    /// The patterns of an argument: text, a name, or a list of either.
    pub fn effect_patterns(&mut self, kind: EffectKind, arg: &ast::Expr) -> Vec<(Pattern, Span)> {
        match (&arg.kind, kind) {
            (E::List(items), _) => items.iter().flat_map(|e| self.effect_patterns(kind, e)).collect(),
            (E::Paren(inner), _) => self.effect_patterns(kind, inner),
            (E::Name(_) | E::Field { .. }, EffectKind::Llm) => {
                let name = self.provider_name(arg);
                name.map(|n| (Pattern::literal(&n), arg.span)).into_iter().collect()
            }
            (E::Name(_) | E::Field { .. }, EffectKind::MemoryRead | EffectKind::MemoryWrite) => {
                let name = self.memory_name(arg);
                name.map(|n| (Pattern::literal(&n), arg.span)).into_iter().collect()
            }
            _ => match self.check_constant(arg, &Type::String, "a pattern") {
                Some(Value::String(text)) => vec![(Pattern(text.as_ref().into()), arg.span)],
                _ => Vec::new(),
            },
        }
    }

    /// `where body.amount <= 100.0`: the parameters of the callees with this effect.
    fn predicate(&mut self, kind: EffectKind, condition: &ast::Expr) -> rustchain_plan::Expr {
        let mut params: BTreeMap<SmolStr, Type> = BTreeMap::new();
        for signature in rustchain_stdlib::signatures() {
            if !signature.effects.iter().any(|e| e.kind == kind) {
                continue;
            }
            for param in &signature.params {
                let usable =
                    !call::is_handle(&param.ty) && matches!(param.ty, Type::Param(_)).then_some(()).is_none();
                if !usable {
                    continue;
                }
                params
                    .entry(param.name.clone())
                    .and_modify(|known| {
                        if *known != param.ty {
                            *known = Type::Json;
                        }
                    })
                    .or_insert_with(|| param.ty.clone());
            }
        }
        let locals = params.into_iter().map(|(n, t)| Local::new(n, t)).collect();
        self.frames.push(Frame::Locals(locals));
        let before = std::mem::replace(&mut self.predicate, true);
        let expr = self.check(condition, &Type::Bool);
        self.predicate = before;
        self.frames.pop();
        expr
    }
}
