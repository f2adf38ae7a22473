//! Decides the effects of a call with the values it will really use.

use super::Engine;
use crate::in_force::{Called, InForce};
use crate::prepare::PreparedCall;
use crate::step::StepError;
use rustchain_plan::plan::{Call, CalleeKind, Handle, Provider, ToolRef};
use rustchain_plan::policy::Grant;
use rustchain_plan::signature::{Case, EffectArg, EffectSpec};
use rustchain_plan::{Effect, EffectKind, ErrorKind, Pattern, Policy, Signature, Value, Verdict};
use smol_str::SmolStr;

/// What was decided about a call: the policies that bind it, and what it asks for where a rule of sequence
/// looks at it.
pub(super) struct Admitted<'a> {
    pub policies: InForce<'a>,
    requests: Vec<(EffectKind, Pattern)>,
}

impl<'e> Engine<'e> {
    /// Refuses a call whose effects a policy does not allow.
    pub(super) fn check_effects(
        &self,
        called: &Called<'e>,
        prepared: &PreparedCall<'_>,
        args: &[Value],
        path: &str,
    ) -> Result<Admitted<'e>, StepError> {
        let call = prepared.call;
        if prepared.signature.effects.is_empty() && call.effects.is_empty() {
            return Ok(Admitted { policies: InForce::stated(&self.plan.policy), requests: Vec::new() });
        }
        let requests = self.by_models(requests(prepared.signature, args, |param| call.handles.get(param)));
        let policies = self.decide_all(called, prepared.signature, args, &requests, &call.effects, path)?;
        // Effects that a tool or an agent declares beyond its signature hold as patterns.
        // What the tools of a model do is decided when it is done.
        let tools = self.tools_of(call);
        let beyond = |e: &&Effect| {
            !prepared.signature.effects.iter().any(|spec| spec.kind == e.kind)
                && !tools.iter().any(|tool| tool.effects.contains(e))
        };
        for effect in call.effects.iter().filter(beyond) {
            policies.iter().try_for_each(|policy| decide_pattern(policy, effect, path))?;
        }
        let mut requests = self.patterns(called, &requests);
        if self.has_rules(called) {
            let declared = call.effects.iter().filter(beyond);
            requests.extend(declared.map(|e| (e.kind, e.pattern.clone())));
        }
        self.admit(called, &requests, path)?;
        Ok(Admitted { policies, requests })
    }

    /// The tools that a call offers to a model.
    fn tools_of<'c>(&'c self, call: &'c Call) -> &'c [ToolRef] {
        if let Some(agent) = self.plan.agents.get(&call.callee) {
            return &agent.tools;
        }
        let tools = |handle: &'c Handle| match handle {
            Handle::Tools(tools) => Some(tools.as_slice()),
            _ => None,
        };
        call.handles.values().find_map(tools).unwrap_or_default()
    }

    fn has_rules(&self, called: &Called<'e>) -> bool {
        !self.plan.policy.sequences.is_empty() || called.policies().any(|p| !p.sequences.is_empty())
    }

    fn patterns(&self, called: &Called<'e>, requests: &[(EffectKind, String)]) -> Vec<(EffectKind, Pattern)> {
        if !self.has_rules(called) {
            return Vec::new();
        }
        requests.iter().map(|(kind, value)| (*kind, self.context.request(*kind, value))).collect()
    }

    fn admit(
        &self,
        called: &Called<'e>,
        requests: &[(EffectKind, Pattern)],
        path: &str,
    ) -> Result<(), StepError> {
        if requests.is_empty() {
            return Ok(());
        }
        self.sequences.admit(&SmolStr::default(), &self.plan.policy.sequences, requests, path)?;
        let mut inner = called.scopes();
        inner.try_for_each(|(policy, scope)| self.sequences.admit(scope, &policy.sequences, requests, path))
    }

    /// What a call asked for has happened.
    pub(super) fn succeeded(&self, called: &Called<'e>, admitted: &Admitted<'_>) {
        let requests = &admitted.requests;
        if requests.is_empty() {
            return;
        }
        self.sequences.succeeded(&SmolStr::default(), &self.plan.policy.sequences, requests);
        called
            .scopes()
            .for_each(|(policy, scope)| self.sequences.succeeded(scope, &policy.sequences, requests));
    }

    /// As [`Engine::check_effects`], for a callable that a model asked for.
    pub(super) fn check_tool_effects(
        &self,
        called: &Called<'e>,
        tool: &ToolRef,
        signature: &Signature,
        args: &[Value],
        requests: &[(EffectKind, String)],
        path: &str,
    ) -> Result<Admitted<'e>, StepError> {
        let policies = self.decide_all(called, signature, args, requests, &tool.effects, path)?;
        // Foreign code does what it declares; what an agent does with its own tools is decided when it is done.
        let own = |e: &&Effect| match tool.kind {
            Some(CalleeKind::Tool) => !signature.effects.iter().any(|spec| spec.kind == e.kind),
            Some(CalleeKind::Agent) => e.kind == EffectKind::Llm,
            _ => false,
        };
        for effect in tool.effects.iter().filter(own) {
            policies.iter().try_for_each(|policy| decide_pattern(policy, effect, path))?;
        }
        let mut requests = self.patterns(called, requests);
        if self.has_rules(called) {
            requests.extend(tool.effects.iter().filter(own).map(|e| (e.kind, e.pattern.clone())));
        }
        self.admit(called, &requests, path)?;
        Ok(Admitted { policies, requests })
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

    /// Decides requests; predicates of the policies see the arguments.
    fn decide_all(
        &self,
        called: &Called<'e>,
        signature: &Signature,
        args: &[Value],
        requests: &[(EffectKind, String)],
        row: &[Effect],
        path: &str,
    ) -> Result<InForce<'e>, StepError> {
        let policies = InForce::decided(&self.plan.policy, called, signature, args, &self.plan.schemas);
        for (kind, value) in requests {
            self.context.guard(&policies, *kind, value, row, path)?;
        }
        Ok(policies)
    }
}

fn decide_pattern(policy: &Policy, effect: &Effect, path: &str) -> Result<(), StepError> {
    match policy.decide(effect.kind, &effect.pattern) {
        Verdict::Allowed => Ok(()),
        Verdict::Unproven | Verdict::Refused if policy.inferred && is_left_open(policy, effect) => Ok(()),
        _ => {
            Err(StepError::new(ErrorKind::Refused, format!("the policy does not allow {effect} in `{path}`")))
        }
    }
}

/// Does `policy inferred` grant what a tool declares: no `deny` line touches it, and no organisation policy
/// stops short of it?
fn is_left_open(policy: &Policy, effect: &Effect) -> bool {
    let denied = Policy { allow: policy.deny.clone(), ..Policy::default() };
    let grant = Grant { effect: effect.clone(), predicate: None };
    let itself =
        Policy { inferred: true, allow: vec![grant], ceilings: policy.ceilings.clone(), ..Policy::default() };
    denied.decide(effect.kind, &effect.pattern) == Verdict::Refused
        && itself.decide(effect.kind, &effect.pattern) == Verdict::Allowed
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
