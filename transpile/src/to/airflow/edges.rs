//! What waits for what.

use rustchain_plan::plan::{Node, Plan};
use smol_str::SmolStr;
use std::collections::{BTreeMap, BTreeSet};

/// Steps in an order in which each comes after what it needs, as near to the source as that allows.
pub(super) fn ordered(plan: &Plan) -> Vec<&Node> {
    let nodes = &plan.root.nodes;
    let mut done: BTreeSet<&str> = BTreeSet::new();
    let mut out: Vec<&Node> = Vec::new();
    while out.len() < nodes.len() {
        let ready = |node: &&Node| {
            !done.contains(node.id.as_str()) && node.needs.iter().all(|need| done.contains(need.id.as_str()))
        };
        let near = out.last().and_then(|last| super::groups::inside(&last.id));
        let beside = |node: &&Node| near.is_some() && super::groups::inside(&node.id) == near;
        let next = nodes.iter().filter(ready).find(beside).or_else(|| nodes.iter().find(ready));
        // A plan has no cycle.
        let Some(next) = next else { break };
        done.insert(&next.id);
        out.push(next);
    }
    out
}

/// The direct upstreams of each step. A teardown waits for the last of those that need what it takes down.
pub(super) fn upstreams(plan: &Plan) -> BTreeMap<&str, Vec<SmolStr>> {
    let nodes = &plan.root.nodes;
    let direct = |node: &Node| -> Vec<SmolStr> {
        let mut ids: Vec<SmolStr> = node.needs.iter().map(|need| need.id.clone()).collect();
        ids.dedup();
        ids
    };
    let mut all: BTreeMap<&str, Vec<SmolStr>> = nodes.iter().map(|n| (n.id.as_str(), direct(n))).collect();
    for node in nodes {
        if let Some(setup) = &node.teardown {
            let mut ids = last_users(nodes, setup);
            ids.extend(all.get(node.id.as_str()).into_iter().flatten().cloned());
            let unique: BTreeSet<SmolStr> = ids.into_iter().filter(|id| id != setup).collect();
            all.insert(&node.id, unique.into_iter().collect());
        }
    }
    all
}

/// Steps that need another, transitively, and that no other such step needs; teardowns left out.
fn last_users(nodes: &[Node], setup: &str) -> Vec<SmolStr> {
    let plain = || nodes.iter().filter(|node| node.teardown.is_none());
    let mut users: BTreeSet<&str> = BTreeSet::from([setup]);
    while let Some(next) = plain().find(|node| {
        !users.contains(node.id.as_str()) && node.needs.iter().any(|need| users.contains(need.id.as_str()))
    }) {
        users.insert(&next.id);
    }
    users.remove(setup);
    let needed = |id: &str| {
        plain().any(|node| users.contains(node.id.as_str()) && node.needs.iter().any(|need| need.id == id))
    };
    users.iter().filter(|id| !needed(id)).map(|id| SmolStr::from(*id)).collect()
}

/// Steps that nothing but teardowns waits for, and that are no teardowns.
pub(super) fn leaves(plan: &Plan) -> Vec<SmolStr> {
    let plain = || plan.root.nodes.iter().filter(|node| node.teardown.is_none());
    let needed = |id: &str| plain().any(|node| node.needs.iter().any(|need| need.id == id));
    plain().filter(|node| !needed(&node.id)).map(|node| node.id.clone()).collect()
}
