//! What is refused before anything runs.

use crate::prepare::{PreparedBody, PreparedPlan, PreparedRegion};
use crate::run_error::RunError;
use rustchain_plan::expr::ExprKind;
use rustchain_plan::plan::{CalleeKind, Plan};
use rustchain_plan::policy::Sandbox;
use rustchain_plan::{Type, Value, Verdict};

/// Finds holes, kinds that this build cannot run, and effects that the policy refuses whatever happens.
pub(crate) fn validate(plan: &Plan, prepared: &PreparedPlan<'_>) -> Result<(), RunError> {
    let mut found = Findings { plan, holes: Vec::new(), unknown: Vec::new(), refused: Vec::new() };
    found.region(&prepared.root, "");
    for (name, region) in &prepared.chain_tools {
        found.region(region, &format!("{name}/"));
    }
    if plan.policy.sandbox == Some(Sandbox::Strict) {
        found.unknown.push("`sandbox strict`: this build has no sandbox to put steps into".to_owned());
    }
    if !found.holes.is_empty() {
        return Err(RunError::Holes(found.holes));
    }
    if !found.unknown.is_empty() {
        return Err(RunError::Plan(found.unknown));
    }
    if !found.refused.is_empty() {
        return Err(RunError::Refused(found.refused));
    }
    Ok(())
}

struct Findings<'p> {
    plan: &'p Plan,
    holes: Vec<String>,
    unknown: Vec<String>,
    refused: Vec<String>,
}

impl Findings<'_> {
    fn region(&mut self, region: &PreparedRegion<'_>, prefix: &str) {
        for node in &region.nodes {
            let path = format!("{prefix}{}", node.source.id);
            if node.source.cache.is_some() {
                self.unknown.push(format!("step `{path}`: this build cannot keep results (`cache`)"));
            }
            match &node.body {
                PreparedBody::Value(_) => {}
                PreparedBody::Region(inner) => self.region(inner, &format!("{path}/")),
                PreparedBody::Arms(arms) => arms.iter().for_each(|arm| self.region(arm, &format!("{path}/"))),
                PreparedBody::Call(prepared) => self.call(prepared, &path),
            }
        }
    }

    fn call(&mut self, prepared: &crate::prepare::PreparedCall<'_>, path: &str) {
        let call = prepared.call;
        match (call.kind, prepared.run) {
            (CalleeKind::Hole, _) => {
                let kind = call.args.get("kind").map(|e| &e.kind);
                let kind = match kind {
                    Some(ExprKind::Const(Value::String(kind))) => format!(" for `{kind}`"),
                    _ => String::new(),
                };
                self.holes.push(format!(
                    "step `{path}` is a hole{kind}: name what stands for it with `--shims FILE`"
                ));
            }
            (_, None) => {
                self.unknown.push(format!("step `{path}`: {}", crate::scheduler::not_here(prepared).message))
            }
            _ => {}
        }
        let policy = &self.plan.policy;
        for effect in call.effects.iter().filter(|effect| effect.pattern.is_literal() && !policy.inferred) {
            if policy.decide(effect.kind, &effect.pattern) == Verdict::Refused {
                self.refused.push(format!("{effect} in step `{path}`"));
            }
        }
        for param in &prepared.signature.params {
            let handle = matches!(param.ty, Type::Provider | Type::Memory);
            let named = call.handles.contains_key(&param.name);
            if handle && !named && param.default.is_none() {
                self.unknown.push(format!("step `{path}` gives no `{}`", param.name));
            }
        }
    }
}
