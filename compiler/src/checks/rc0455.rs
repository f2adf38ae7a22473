//! secret-overprovisioned: a secret that the mission is given and no step uses.

use super::context::Context;
use super::exprs;
use rustchain_grammar::{Applicability, Diagnostic, Severity};
use rustchain_plan::Labels;
use rustchain_plan::expr::ExprKind;
use rustchain_plan::plan::InputSpec;
use smol_str::SmolStr;
use std::collections::BTreeSet;

pub(super) fn run(context: &Context<'_>) -> Vec<Diagnostic> {
    let secrets: Vec<&InputSpec> =
        context.plan.inputs.iter().filter(|i| i.labels.contains(Labels::SECRET)).collect();
    if secrets.is_empty() {
        return Vec::new();
    }
    let mut used: BTreeSet<&SmolStr> = BTreeSet::new();
    for root in &context.roots {
        exprs::each(root, &mut |expr| {
            if let ExprKind::Param { name, .. } | ExprKind::Local(name) = &expr.kind {
                used.insert(name);
            }
        });
    }
    let unused = secrets.into_iter().filter(|i| !used.contains(&i.name));
    unused
        .filter_map(|input| {
            let place = *context.spans.ports.get(&input.name)?;
            let message = format!("the mission is given the secret `{}`, and no step uses it", input.name);
            let finding = context.finding("RC0455", Severity::Medium, place, message).label("never used");
            let line = super::rc0312::whole_line(context, place);
            Some(finding.fix("do not ask for it", Applicability::Safe, line, ""))
        })
        .collect()
}
