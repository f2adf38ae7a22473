//! irreversible-before-check: what cannot be undone runs before the check that could stop the mission.

use super::context::Context;
use super::graph::Graph;
use crate::effects::scope::Site;
use rustchain_grammar::{Diagnostic, Severity};
use rustchain_plan::plan::{Call, NeedKind, Node, Region};
use rustchain_plan::{Body, EffectKind};
use std::collections::{BTreeMap, BTreeSet};

pub(super) fn run(context: &Context<'_>) -> Vec<Diagnostic> {
    let mut out = Vec::new();
    let mut seen = BTreeSet::new();
    let mut fails: BTreeMap<*const Region, Vec<&Node>> = BTreeMap::new();
    for (site, call) in context.calls() {
        if !is_irreversible(call) || site.node.teardown.is_some() {
            continue;
        }
        let Some(region) = site.scope.region else { continue };
        let fails = fails.entry(std::ptr::from_ref(region)).or_insert_with(|| conditional_fails(region));
        let Some(check) = fails.iter().find(|n| is_check(&context.graph, n, region, site)) else { continue };
        let place = context.callee(&site.path);
        if !seen.insert(place) {
            continue;
        }
        let at = context.name(&site.scope.node_path(&check.id));
        let message =
            format!("`{}` cannot be undone, and `{}` may stop the mission after it", site.node.id, check.id);
        out.push(
            context
                .finding("RC0807", Severity::Medium, place, message)
                .label("cannot be undone")
                .also(at.file, at.span, "this check may come later")
                .help(format!("let it wait: `after [{}]`", check.id)),
        );
    }
    out
}

fn is_irreversible(call: &Call) -> bool {
    match call.callee.as_str() {
        "fs.delete" => true,
        "http.post" | "http.patch" | "http.delete" => true,
        "http.request" => call.effects.iter().any(|e| e.kind == EffectKind::NetWrite),
        _ => false,
    }
}

fn conditional_fails(region: &Region) -> Vec<&Node> {
    let fails = |n: &&Node| matches!(&n.body, Body::Call(call) if call.callee == "fail") && n.when.is_some();
    region.nodes.iter().filter(fails).collect()
}

/// A conditional `fail` of the same region that neither comes first nor looks at what the step gave.
fn is_check<'a>(graph: &Graph<'a>, node: &Node, region: &'a Region, site: &Site<'_>) -> bool {
    !graph.reaches(region, &node.id, &site.node.id, false)
        && !graph.reaches(region, &site.node.id, &node.id, true)
        && !reads_later(graph, node, region, site)
        && !exclusive(node, site)
}

/// The check reads a step that comes after: it cannot come first.
fn reads_later<'a>(graph: &Graph<'a>, node: &Node, region: &'a Region, site: &Site<'_>) -> bool {
    let values = node.needs.iter().filter(|n| n.kind != NeedKind::Order);
    values.into_iter().any(|n| graph.reaches(region, &site.node.id, &n.id, false))
}

/// One of the two runs, never both, or the check looks at something that the step made.
fn exclusive(node: &Node, site: &Site<'_>) -> bool {
    match (&node.when, &site.node.when) {
        (Some(a), Some(b)) => {
            std::mem::discriminant(&a.kind) != std::mem::discriminant(&b.kind) || a.kind == b.kind
        }
        _ => false,
    }
}
