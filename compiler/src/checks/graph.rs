//! Which steps run before which: the order that needs, regions and teardowns give.

use super::context::Context;
use crate::effects::scope::{Scope, Site};
use rustchain_plan::Body;
use rustchain_plan::plan::{NeedKind, Node, Region, Trigger};
use smol_str::SmolStr;
use std::collections::{BTreeMap, BTreeSet};

/// How two steps stand to each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// The first always ends before the second starts.
    Before,
    /// The other way round.
    After,
    /// Nothing orders them.
    None,
    /// At most one of them runs, or they are one.
    Exclusive,
}

/// The order of two sites.
pub fn order(a: &Site<'_>, b: &Site<'_>) -> Order {
    if a.path == b.path {
        return Order::Exclusive;
    }
    let (left, right) = (chain_of(a), chain_of(b));
    for ((region, x, arm), (other, y, other_arm)) in left.iter().zip(&right) {
        if !std::ptr::eq(*region, *other) {
            return Order::Exclusive;
        }
        if x == y {
            if arm != other_arm {
                return Order::Exclusive;
            }
            continue;
        }
        return if reaches(region, x, y, false) {
            Order::Before
        } else if reaches(region, y, x, false) {
            Order::After
        } else {
            Order::None
        };
    }
    Order::Exclusive
}

type Level<'p> = (&'p Region, SmolStr, Option<String>);

/// The nodes from the root (or a chain tool) down to a site: region, node, arm taken below.
fn chain_of<'p>(site: &Site<'p>) -> Vec<Level<'p>> {
    let Some(root) = site.scope.plan_region_root() else { return Vec::new() };
    let mut out = Vec::new();
    let mut region = root.0;
    let mut path = root.1;
    loop {
        let prefix = if path.is_empty() { String::new() } else { format!("{path}/") };
        let Some(rest) = site.path.strip_prefix(&prefix) else { return out };
        let named = |id: &str| rest == id || rest.strip_prefix(id).is_some_and(|r| r.starts_with('/'));
        let Some(node) = region.nodes.iter().find(|n| named(&n.id)) else { return out };
        let node_path = format!("{prefix}{}", node.id);
        let (next, arm) = match &node.body {
            Body::Match { arms, .. } => {
                let taken = arms.iter().find_map(|arm| {
                    let label = arm.label();
                    let inner = format!("{node_path}/{label}");
                    let inside = site.path.strip_prefix(&inner).is_some_and(|r| r.starts_with('/'));
                    inside.then_some((&arm.region, inner))
                });
                (taken.as_ref().map(|(r, _)| *r), taken.map(|(_, p)| p))
            }
            Body::Chain { region, .. }
            | Body::For { region, .. }
            | Body::Loop { region, .. }
            | Body::Poll { region, .. } => (Some(region), None),
            Body::Value(_) | Body::Call(_) => (None, None),
        };
        out.push((region, node.id.clone(), arm.clone()));
        if node_path == site.path {
            return out;
        }
        let Some(inner) = next else { return out };
        region = inner;
        path = arm.unwrap_or(node_path);
    }
}

impl<'p> Scope<'p> {
    /// The outermost region that holds this one, with its path.
    fn plan_region_root(&self) -> Option<(&'p Region, String)> {
        let first = self.path.split('/').next().unwrap_or_default();
        let in_root = self.path.is_empty() || self.plan.root.nodes.iter().any(|n| n.id == first);
        if in_root {
            return Some((&self.plan.root, String::new()));
        }
        self.plan.chain_tools.get(first).map(|region| (region, first.to_owned()))
    }
}

/// Does `to` run only after `from` ended? With `by_value` only values count, not `after`.
pub fn reaches(region: &Region, from: &str, to: &str, by_value: bool) -> bool {
    let index: BTreeMap<&str, usize> =
        region.nodes.iter().enumerate().map(|(i, n)| (n.id.as_str(), i)).collect();
    let mut todo = vec![to];
    let mut seen = BTreeSet::new();
    while let Some(id) = todo.pop() {
        if !seen.insert(id) {
            continue;
        }
        let Some(node) = index.get(id).and_then(|i| region.nodes.get(*i)) else { continue };
        if starts_early(node) {
            continue;
        }
        for need in &node.needs {
            if by_value && need.kind == NeedKind::Order {
                continue;
            }
            if need.id == from {
                return true;
            }
            todo.push(&need.id);
        }
        if let Some(setup) = node.teardown.as_deref() {
            // It waits for its setup and for everything that depends on it.
            let is_teardown =
                index.get(from).and_then(|i| region.nodes.get(*i)).is_some_and(|n| n.teardown.is_some());
            if setup == from || (!is_teardown && reaches(region, setup, from, false)) {
                return true;
            }
            todo.push(setup);
        }
    }
    false
}

/// May it start before all that it names have ended?
fn starts_early(node: &Node) -> bool {
    match node.trigger {
        Some(Trigger::Always) => true,
        Some(Trigger::OneFailed | Trigger::OneSuccess | Trigger::OneDone) => node.needs.len() > 1,
        _ => false,
    }
}

/// Sites that may run more than once at the same time: those in a `for` that is not `max 1`.
pub fn repeated_at_once(context: &Context<'_>) -> BTreeSet<String> {
    let mut out = BTreeSet::new();
    for site in &context.sites {
        let Body::For { max, .. } = &site.node.body else { continue };
        let one = max.as_ref().and_then(|m| crate::effects::fold::constant(m, &site.scope));
        if one == Some(rustchain_plan::Value::Int(1)) {
            continue;
        }
        let prefix = format!("{}/", site.path);
        out.extend(context.sites.iter().filter(|s| s.path.starts_with(&prefix)).map(|s| s.path.clone()));
    }
    out
}
