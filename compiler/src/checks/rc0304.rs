//! predicate-refused: a grant's `where` that a call's constant arguments break.

use super::context::Context;
use crate::effects::fold;
use crate::effects::overlap::effects_overlap;
use crate::effects::scope::Site;
use rustchain_grammar::{Diagnostic, Severity};
use rustchain_plan::eval::{Closed, Limits, eval};
use rustchain_plan::plan::Call;
use rustchain_plan::policy::Grant;
use rustchain_plan::{Expr, Value};
use smol_str::SmolStr;

/// Bounds of one evaluation.
const LIMITS: Limits = Limits { steps: 100_000, bytes: 1 << 20, depth: 64 };

pub(super) fn run(context: &Context<'_>) -> Vec<Diagnostic> {
    let policy = &context.plan.policy;
    let mut out = Vec::new();
    for (site, call) in context.calls() {
        for effect in &call.effects {
            let grants: Vec<(usize, &Grant)> =
                policy.allow.iter().enumerate().filter(|(_, g)| effects_overlap(&g.effect, effect)).collect();
            let verdicts: Vec<Option<bool>> = grants
                .iter()
                .map(|(_, g)| g.predicate.as_ref().map_or(Some(true), |p| decided(context, p, site, call)))
                .collect();
            if grants.is_empty() || verdicts.iter().any(|v| *v != Some(false)) {
                continue;
            }
            let place = context.callee(&site.path);
            let message =
                format!("`{}` breaks the condition under which the policy allows `{effect}`", call.callee);
            let mut finding =
                context.finding("RC0304", Severity::Error, place, message).label("not under this condition");
            for (index, _) in grants {
                if let Some(at) = context.spans.policy.as_ref().and_then(|p| p.allow.get(index)) {
                    finding = finding.also(at.file, at.span, "allowed only where this holds");
                }
            }
            out.push(finding);
        }
    }
    out
}

/// The value of a predicate where the arguments it reads are constant.
fn decided<'a>(context: &Context<'a>, predicate: &Expr, site: &Site<'a>, call: &'a Call) -> Option<bool> {
    let known = |(name, arg): (&SmolStr, &'a Expr)| Some((name.clone(), fold::constant(arg, &site.scope)?));
    let locals: Vec<(SmolStr, Value)> = call.args.iter().filter_map(known).collect();
    let env = Closed { schemas: &context.plan.schemas, locals: &locals };
    match eval(predicate, &env, &LIMITS) {
        Ok(Value::Bool(holds)) => Some(holds),
        _ => None,
    }
}
