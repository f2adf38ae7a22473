//! The policies that bind a call, their conditions decided with the values of its arguments.

use rustchain_plan::eval::{self, Closed, Limits};
use rustchain_plan::policy::{Ceiling, Grant};
use rustchain_plan::types::Schemas;
use rustchain_plan::{Policy, Signature, Value};
use smol_str::SmolStr;
use std::borrow::Cow;
use std::sync::Arc;

/// The mission's policy and those of the called missions that a call lies in.
pub struct InForce<'a> {
    own: Cow<'a, Policy>,
    called: Vec<Cow<'a, Policy>>,
}

impl<'a> InForce<'a> {
    /// One policy, its conditions left as they are: what one allows only under a condition is refused.
    pub fn stated(policy: &'a Policy) -> InForce<'a> {
        InForce { own: Cow::Borrowed(policy), called: Vec::new() }
    }

    pub(crate) fn decided(
        policy: &'a Policy,
        called: &Called<'a>,
        signature: &Signature,
        args: &[Value],
        schemas: &Schemas,
    ) -> InForce<'a> {
        let decide = |policy| decided(policy, signature, args, schemas);
        InForce { own: decide(policy), called: called.policies().map(decide).collect() }
    }

    /// Every one of them.
    pub fn iter(&self) -> impl Iterator<Item = &Policy> {
        std::iter::once(&*self.own).chain(self.called.iter().map(|p| &**p))
    }
}

/// The policy with its predicates decided: a grant whose predicate does not hold is none.
fn decided<'a>(
    policy: &'a Policy,
    signature: &Signature,
    args: &[Value],
    schemas: &Schemas,
) -> Cow<'a, Policy> {
    let ceilings = policy.ceilings.iter().flat_map(|c| &c.allow);
    if policy.allow.iter().chain(&policy.deny).chain(ceilings).all(|grant| grant.predicate.is_none()) {
        return Cow::Borrowed(policy);
    }
    let names = signature.params.iter().map(|param| param.name.clone());
    let locals: Vec<(SmolStr, Value)> = names.zip(args.iter().cloned()).collect();
    let env = Closed { schemas, locals: &locals };
    let holds = |grant: &Grant, unknown: bool| match &grant.predicate {
        None => true,
        Some(expr) => match eval::eval(expr, &env, &Limits::default()) {
            Ok(value) => value == Value::Bool(true),
            Err(_) => unknown,
        },
    };
    let kept = |grants: &[Grant], unknown: bool| -> Vec<Grant> {
        let kept = grants.iter().filter(|grant| holds(grant, unknown));
        kept.map(|grant| Grant { effect: grant.effect.clone(), predicate: None }).collect()
    };
    // What cannot be evaluated counts against the call.
    Cow::Owned(Policy {
        allow: kept(&policy.allow, false),
        deny: kept(&policy.deny, true),
        ceilings: policy
            .ceilings
            .iter()
            .map(|c| Ceiling { name: c.name.clone(), allow: kept(&c.allow, false) })
            .collect(),
        ..policy.clone()
    })
}

/// The called missions that a region lies in, innermost first.
#[derive(Clone, Default)]
pub(crate) struct Called<'p>(Option<Arc<Link<'p>>>);

struct Link<'p> {
    policy: &'p Policy,
    /// The path of the call, with a `/`.
    prefix: SmolStr,
    outer: Called<'p>,
}

impl<'p> Called<'p> {
    /// With a region that states its own policy, where it does.
    pub(crate) fn inside(&self, policy: Option<&'p Policy>, prefix: &SmolStr) -> Called<'p> {
        match policy {
            Some(policy) => {
                Called(Some(Arc::new(Link { policy, prefix: prefix.clone(), outer: self.clone() })))
            }
            None => self.clone(),
        }
    }

    pub(crate) fn policies(&self) -> impl Iterator<Item = &'p Policy> + '_ {
        self.links().map(|link| link.policy)
    }

    /// Each policy with what the paths of its steps begin with.
    pub(crate) fn scopes(&self) -> impl Iterator<Item = (&'p Policy, &SmolStr)> {
        self.links().map(|link| (link.policy, &link.prefix))
    }

    fn links(&self) -> impl Iterator<Item = &Link<'p>> {
        std::iter::successors(self.0.as_deref(), |link| link.outer.0.as_deref())
    }
}
