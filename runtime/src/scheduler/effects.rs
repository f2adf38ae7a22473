//! Decides the effects of a call with the values it will really use.

use super::Engine;
use crate::prepare::PreparedCall;
use crate::step::StepError;
use rustchain_plan::eval::{self, Closed, Limits};
use rustchain_plan::plan::{Handle, Provider};
use rustchain_plan::policy::Grant;
use rustchain_plan::signature::{Case, EffectArg, EffectSpec};
use rustchain_plan::{Effect, EffectKind, ErrorKind, Pattern, Policy, Signature, Value, Verdict};
use smol_str::SmolStr;
use std::borrow::Cow;

impl Engine<'_> {
    /// Refuses a call whose effects the policy does not allow.
    pub(super) fn check_effects(
        &self,
        prepared: &PreparedCall<'_>,
        args: &[Value],
        path: &str,
    ) -> Result<(), StepError> {
        let call = prepared.call;
        if prepared.signature.effects.is_empty() && call.effects.is_empty() {
            return Ok(());
        }
        let requests = self.by_models(requests(prepared.signature, args, |param| call.handles.get(param)));
        self.decide_all(prepared.signature, args, &requests, &call.effects, path)?;
        // Effects that a tool or an agent declares beyond its signature hold as patterns.
        for effect in &call.effects {
            if prepared.signature.effects.iter().any(|spec| spec.kind == effect.kind) {
                continue;
            }
            self.decide_pattern(effect, path)?;
        }
        Ok(())
    }

    /// Requests of a `first_of` that is not granted by its own name, as those of its members.
    fn by_models(&self, requests: Vec<(EffectKind, String)>) -> Vec<(EffectKind, String)> {
        let mut open: Vec<(EffectKind, String)> = requests.into_iter().rev().collect();
        let mut found = Vec::with_capacity(open.len());
        let mut opened: Vec<String> = Vec::new();
        while let Some((kind, name)) = open.pop() {
            let members = match self.plan.providers.get(name.as_str()) {
                Some(Provider::FirstOf(members)) if kind == EffectKind::Llm && !opened.contains(&name) => {
                    members
                }
                _ => {
                    found.push((kind, name));
                    continue;
                }
            };
            let policy = &self.plan.policy;
            if policy.inferred || policy.decide(kind, &Pattern::literal(&name)) != Verdict::Refused {
                found.push((kind, name));
                continue;
            }
            opened.push(name);
            open.extend(members.iter().rev().map(|member| (kind, member.to_string())));
        }
        found
    }

    /// Decides requests; predicates of the policy see the arguments.
    pub(super) fn decide_all(
        &self,
        signature: &Signature,
        args: &[Value],
        requests: &[(EffectKind, String)],
        row: &[Effect],
        path: &str,
    ) -> Result<(), StepError> {
        let policy = self.concrete_policy(signature, args);
        for (kind, value) in requests {
            self.context.guard_in(&policy, *kind, value, row, path)?;
        }
        Ok(())
    }

    fn decide_pattern(&self, effect: &Effect, path: &str) -> Result<(), StepError> {
        let policy = &self.plan.policy;
        match policy.decide(effect.kind, &effect.pattern) {
            Verdict::Allowed => Ok(()),
            Verdict::Unproven | Verdict::Refused if policy.inferred && !self.is_denied(effect) => Ok(()),
            _ => Err(StepError::new(
                ErrorKind::Refused,
                format!("the policy does not allow {effect} in `{path}`"),
            )),
        }
    }

    fn is_denied(&self, effect: &Effect) -> bool {
        let denied = Policy { allow: self.plan.policy.deny.clone(), ..Policy::default() };
        denied.decide(effect.kind, &effect.pattern) != Verdict::Refused
    }

    /// The policy with its predicates decided: a grant whose predicate does not hold is none.
    fn concrete_policy(&self, signature: &Signature, args: &[Value]) -> Cow<'_, Policy> {
        let policy = &self.plan.policy;
        if policy.allow.iter().chain(&policy.deny).all(|grant| grant.predicate.is_none()) {
            return Cow::Borrowed(policy);
        }
        let names = signature.params.iter().map(|param| param.name.clone());
        let locals: Vec<(SmolStr, Value)> = names.zip(args.iter().cloned()).collect();
        let env = Closed { schemas: &self.plan.schemas, locals: &locals };
        let holds = |grant: &Grant, unknown: bool| match &grant.predicate {
            None => true,
            Some(expr) => match eval::eval(expr, &env, &Limits::default()) {
                Ok(value) => value == Value::Bool(true),
                Err(_) => unknown,
            },
        };
        let decided = |grants: &[Grant], unknown: bool| -> Vec<Grant> {
            let kept = grants.iter().filter(|grant| holds(grant, unknown));
            kept.map(|grant| Grant { effect: grant.effect.clone(), predicate: None }).collect()
        };
        // What cannot be evaluated counts against the call.
        Cow::Owned(Policy {
            allow: decided(&policy.allow, false),
            deny: decided(&policy.deny, true),
            ..policy.clone()
        })
    }
}

/// What a call asks of the world: kinds with their real values.
pub(super) fn requests<'h>(
    signature: &Signature,
    args: &[Value],
    handle: impl Fn(&str) -> Option<&'h Handle>,
) -> Vec<(EffectKind, String)> {
    let mut found = Vec::new();
    for spec in signature.effects.iter().filter(|spec| applies(spec, signature, args)) {
        match &spec.arg {
            EffectArg::None => found.push((spec.kind, String::new())),
            EffectArg::Fixed(text) => found.push((spec.kind, text.to_string())),
            EffectArg::Param(name) => match handle(name) {
                Some(Handle::Provider(given) | Handle::Memory(given)) => {
                    found.push((spec.kind, given.to_string()))
                }
                Some(Handle::Tools(_)) => {}
                None => texts(argument(signature, args, name), &mut |text| {
                    found.push((spec.kind, text.to_owned()))
                }),
            },
        }
    }
    found
}

fn texts(value: &Value, found: &mut impl FnMut(&str)) {
    match value {
        Value::List(items) => items.iter().for_each(|item| texts(item, found)),
        other => {
            if let Some(text) = other.as_text() {
                found(text);
            }
        }
    }
}

fn applies(spec: &EffectSpec, signature: &Signature, args: &[Value]) -> bool {
    let Some(case) = &spec.case else { return true };
    let value = argument(signature, args, &case.param);
    let named = |case: &Case| case.values.iter().any(|name| is_named(value, name));
    if !case.values.is_empty() {
        return named(case);
    }
    let earlier = signature.effects.iter().filter_map(|other| other.case.as_ref());
    !earlier.filter(|other| other.param == case.param).any(named)
}

fn is_named(value: &Value, name: &str) -> bool {
    match value {
        Value::Enum(_, member) => member == name,
        Value::Bool(b) => name == if *b { "true" } else { "false" },
        Value::Null => name == "null",
        Value::Int(n) => name.parse() == Ok(*n),
        other => other.as_text() == Some(name),
    }
}

fn argument<'v>(signature: &Signature, args: &'v [Value], name: &str) -> &'v Value {
    static NULL: Value = Value::Null;
    let at = signature.params.iter().position(|param| param.name == name);
    at.and_then(|at| args.get(at)).unwrap_or(&NULL)
}

/// Does a value lie in the pattern that a tool was pinned to?
pub(super) fn within_pin(kind: EffectKind, value: &str, pin: &str) -> bool {
    let effect = Effect { kind, pattern: Pattern(pin.into()) };
    let pinned = Policy { allow: vec![Grant { effect, predicate: None }], ..Policy::default() };
    pinned.decide(kind, &Pattern::literal(value)) == Verdict::Allowed
}
