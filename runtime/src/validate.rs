//! What is refused before anything runs.

use crate::people::People;
use crate::prepare::{PreparedBody, PreparedPlan, PreparedRegion};
use crate::run_error::RunError;
use rustchain_plan::expr::ExprKind;
use rustchain_plan::plan::{Call, CalleeKind, OnError, OnErrorAction, Plan};
use rustchain_plan::policy::Sandbox;
use rustchain_plan::{EffectKind, ErrorKind, Type, Value, Verdict};

/// Finds holes, kinds that this build cannot run, effects that the policy refuses whatever happens, and questions to
/// people where there is nobody to ask.
pub(crate) fn validate(
    plan: &Plan,
    prepared: &PreparedPlan<'_>,
    people: Option<&dyn People>,
) -> Result<(), RunError> {
    let mut found = Findings {
        plan,
        asks_in_vain: people.is_none(),
        holes: Vec::new(),
        unknown: Vec::new(),
        refused: Vec::new(),
        questions: Vec::new(),
    };
    found.region(&prepared.root, "", false);
    for (name, region) in &prepared.chain_tools {
        found.region(region, &format!("{name}/"), false);
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
    if !found.questions.is_empty() {
        return Err(RunError::Nobody(found.questions));
    }
    Ok(())
}

struct Findings<'p> {
    plan: &'p Plan,
    /// Nobody is there to answer.
    asks_in_vain: bool,
    holes: Vec<String>,
    unknown: Vec<String>,
    refused: Vec<String>,
    questions: Vec<String>,
}

impl Findings<'_> {
    /// `is_handled`: a step around it goes on where nobody answers.
    fn region(&mut self, region: &PreparedRegion<'_>, prefix: &str, is_handled: bool) {
        for node in &region.nodes {
            let path = format!("{prefix}{}", node.source.id);
            if node.source.cache.is_some() {
                self.unknown.push(format!("step `{path}`: this build cannot keep results (`cache`)"));
            }
            let is_handled = is_handled || handles_denial(&node.source.on_error);
            match &node.body {
                PreparedBody::Value(_) => {}
                PreparedBody::Region(inner) => self.region(inner, &format!("{path}/"), is_handled),
                PreparedBody::Arms(arms) => {
                    arms.iter().for_each(|arm| self.region(arm, &format!("{path}/"), is_handled));
                }
                PreparedBody::Call(prepared) => {
                    self.call(prepared, &path);
                    if self.asks_in_vain && !is_handled {
                        self.question(prepared.call, &path);
                    }
                }
            }
        }
    }

    /// A question that nobody answers would stop the run half-way.
    fn question(&mut self, call: &Call, path: &str) {
        if !call.effects.iter().any(|effect| effect.kind == EffectKind::Human) {
            return;
        }
        let subject = match call.args.get("subject").map(|e| &e.kind) {
            Some(ExprKind::Const(Value::String(subject))) => format!(": {subject}"),
            _ => String::new(),
        };
        self.questions.push(format!("step `{path}`{subject}"));
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

fn handles_denial(clauses: &[OnError]) -> bool {
    let matches = |c: &&OnError| c.kinds.is_empty() || c.kinds.iter().any(|k| k.matches(ErrorKind::Denied));
    clauses.iter().find(matches).is_some_and(|clause| clause.action != OnErrorAction::Fail)
}
