//! Groups of a mission as task groups.

use super::names::{shown, task_id};
use rustchain_plan::plan::Node;
use std::collections::BTreeMap;

/// A task group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Group {
    /// Its own id, without those around it.
    pub label: String,
    /// Ids of its tasks begin with its own.
    pub prefixed: bool,
}

/// The groups of a plan by their names in the mission (`g`, `g.h`).
pub(super) fn groups(nodes: &[Node]) -> BTreeMap<String, Group> {
    let mut found: BTreeMap<String, Group> = BTreeMap::new();
    for node in nodes {
        for path in around(&node.id) {
            if !found.contains_key(&path) {
                let group = group(nodes, &path);
                let outer = path.rsplit_once('.').and_then(|(outer, _)| found.get(outer));
                let prefixed = group.prefixed && outer.is_none_or(|outer| outer.prefixed);
                found.insert(path, Group { prefixed, ..group });
            }
        }
    }
    found
}

/// The groups around a step, outermost first.
pub(super) fn around(id: &str) -> Vec<String> {
    id.match_indices('.').map(|(at, _)| id.get(..at).unwrap_or_default().to_owned()).collect()
}

/// The group that a step stands in.
pub(super) fn inside(id: &str) -> Option<&str> {
    id.rsplit_once('.').map(|(group, _)| group)
}

/// Where steps have ids of their own, those of one group begin alike, and that is the group's.
fn group(nodes: &[Node], path: &str) -> Group {
    let depth = path.split('.').count();
    let start = format!("{path}.");
    let prefix = |node: &Node| -> Option<String> {
        let id = shown(node);
        let same_depth = id.split('.').count() == node.id.split('.').count();
        same_depth.then(|| id.split('.').take(depth).collect::<Vec<_>>().join("."))
    };
    let members: Vec<Option<String>> =
        nodes.iter().filter(|node| node.id.starts_with(&start)).map(prefix).collect();
    let first = members.first().cloned().flatten();
    let alike = first.is_some() && members.iter().all(|member| *member == first);
    let whole = first.filter(|_| alike).unwrap_or_else(|| path.to_owned());
    let label = whole.rsplit('.').next().unwrap_or(&whole);
    Group { label: task_id(label), prefixed: alike }
}
