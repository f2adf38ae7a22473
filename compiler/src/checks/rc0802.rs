//! dead-step: a value that nobody reads.

use super::context::Context;
use super::exprs;
use rustchain_grammar::{Applicability, Diagnostic, Severity};
use rustchain_plan::expr::ExprKind;
use rustchain_plan::plan::Region;
use rustchain_plan::{Body, Expr};
use smol_str::SmolStr;
use std::collections::{BTreeMap, BTreeSet};

pub(super) fn run(context: &Context<'_>) -> Vec<Diagnostic> {
    let mut used: BTreeMap<*const Region, BTreeSet<SmolStr>> = BTreeMap::new();
    for site in &context.sites {
        let Some(region) = site.scope.region else { continue };
        let names = used.entry(std::ptr::from_ref(region)).or_insert_with(|| of_region(context, region));
        names.extend(site.node.needs.iter().map(|n| n.id.clone()));
        names.extend(site.node.teardown.clone());
    }
    let mut out = Vec::new();
    let mut seen = BTreeSet::new();
    for site in &context.sites {
        let Some(region) = site.scope.region else { continue };
        let reads = used.get(&std::ptr::from_ref(region)).is_some_and(|u| u.contains(&site.node.id));
        if reads || site.node.id == "_" || !only_computes(&site.node.body) || !site.node.updates.is_empty() {
            continue;
        }
        let place = context.name(&site.path);
        if !seen.insert(place) {
            continue;
        }
        let message = format!("nobody reads `{}`, and it does nothing else", site.node.id);
        let mut finding = context.finding("RC0802", Severity::Low, place, message).label("never read");
        if let Some(places) = context.places(&site.path) {
            finding = finding.fix("remove the step", Applicability::Safe, places.whole.span, "");
        }
        out.push(finding);
    }
    out
}

/// The steps that a region's value, `let`s and outputs read.
fn of_region(context: &Context<'_>, region: &Region) -> BTreeSet<SmolStr> {
    let mut out = BTreeSet::new();
    let mut roots: Vec<&Expr> = exprs::of_region(region);
    if std::ptr::eq(region, &context.plan.root) {
        roots.extend(context.plan.outputs.iter().map(|o| &o.value));
    }
    for root in roots {
        exprs::each(root, &mut |expr| {
            if let ExprKind::Step { up: 0, id } | ExprKind::Ran { up: 0, id } = &expr.kind {
                out.insert(id.clone());
            }
        });
    }
    out
}

/// Expressions alone, however nested.
fn only_computes(body: &Body) -> bool {
    let pure = |region: &Region| region.nodes.iter().all(|n| only_computes(&n.body));
    match body {
        Body::Value(_) => true,
        Body::Call(_) => false,
        Body::Chain { region, .. } | Body::For { region, .. } | Body::Loop { region, .. } => pure(region),
        Body::Poll { .. } => false,
        Body::Match { arms, .. } => arms.iter().all(|a| pure(&a.region)),
    }
}
