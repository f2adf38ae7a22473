//! Which steps run before which: the order that needs, regions and teardowns give.

use super::context::Context;
use crate::effects::scope::Site;
use crate::flow::upstream_first;
use rustchain_plan::Body;
use rustchain_plan::plan::{NeedKind, Node, Region, Trigger};
use smol_str::SmolStr;
use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap, HashSet};
use std::rc::Rc;

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

/// The order in which the steps of a plan run. What it needs to know of a region it finds out once.
#[derive(Default)]
pub struct Graph<'p> {
    regions: RefCell<HashMap<*const Region, Rc<Steps<'p>>>>,
}

const UNKNOWN: usize = usize::MAX;

/// The steps of a region.
struct Steps<'p> {
    region: &'p Region,
    index: HashMap<&'p str, usize>,
    /// By node: the length of the longest way to it. A teardown waits for more than it names: [`UNKNOWN`], as
    /// for all that waits for one.
    depth: Vec<usize>,
}

type Level<'p> = (&'p Region, SmolStr, Option<String>);

impl<'p> Graph<'p> {
    /// The order of two sites.
    pub fn order(&self, a: &Site<'p>, b: &Site<'p>) -> Order {
        if a.path == b.path {
            return Order::Exclusive;
        }
        let (left, right) = (self.chain_of(a), self.chain_of(b));
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
            return if self.reaches(region, x, y, false) {
                Order::Before
            } else if self.reaches(region, y, x, false) {
                Order::After
            } else {
                Order::None
            };
        }
        Order::Exclusive
    }

    /// Does `to` run only after `from` ended? With `by_value` only values count, not `after`.
    pub fn reaches(&self, region: &'p Region, from_id: &str, to: &str, by_value: bool) -> bool {
        let steps = self.steps(region);
        let (Some(&from), Some(&to)) = (steps.index.get(from_id), steps.index.get(to)) else { return false };
        let depth = |node: usize| steps.depth.get(node).copied().unwrap_or(UNKNOWN);
        let mut todo = vec![to];
        let mut seen = HashSet::new();
        while let Some(at) = todo.pop() {
            // What `from` precedes lies deeper than it.
            let is_above = depth(at) != UNKNOWN && depth(at) <= depth(from);
            if is_above || !seen.insert(at) {
                continue;
            }
            let Some(node) = region.nodes.get(at).filter(|node| !starts_early(node)) else { continue };
            for need in node.needs.iter().filter(|need| !by_value || need.kind != NeedKind::Order) {
                let Some(&upstream) = steps.index.get(need.id.as_str()) else { continue };
                if upstream == from {
                    return true;
                }
                todo.push(upstream);
            }
            let Some(setup) = &node.teardown else { continue };
            // It waits for its setup and for everything that depends on it.
            let is_teardown = region.nodes.get(from).is_some_and(|n| n.teardown.is_some());
            if setup == from_id || (!is_teardown && self.reaches(region, setup, from_id, false)) {
                return true;
            }
            todo.extend(steps.index.get(setup.as_str()));
        }
        false
    }

    fn steps(&self, region: &'p Region) -> Rc<Steps<'p>> {
        let mut known = self.regions.borrow_mut();
        known.entry(std::ptr::from_ref(region)).or_insert_with(|| Rc::new(Steps::new(region))).clone()
    }

    /// The nodes from the root (or a chain tool) down to a site: region, node, arm taken below.
    fn chain_of(&self, site: &Site<'p>) -> Vec<Level<'p>> {
        let Some((mut region, mut path)) = self.root_of(site) else { return Vec::new() };
        let mut out = Vec::new();
        loop {
            let prefix = if path.is_empty() { String::new() } else { format!("{path}/") };
            let Some(rest) = site.path.strip_prefix(&prefix) else { return out };
            let id = rest.split('/').next().unwrap_or_default();
            let Some(node) = self.steps(region).node(id) else { return out };
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

    /// The outermost region that holds a site, with its path.
    fn root_of(&self, site: &Site<'p>) -> Option<(&'p Region, String)> {
        let plan = site.scope.plan;
        let scope = &site.scope.path;
        let first = scope.split('/').next().unwrap_or_default();
        if scope.is_empty() || self.steps(&plan.root).node(first).is_some() {
            return Some((&plan.root, String::new()));
        }
        plan.chain_tools.get(first).map(|region| (region, first.to_owned()))
    }
}

impl<'p> Steps<'p> {
    fn new(region: &'p Region) -> Steps<'p> {
        let index = region.nodes.iter().enumerate().map(|(i, n)| (n.id.as_str(), i)).collect();
        let mut depth: Vec<usize> = vec![0; region.nodes.len()];
        for at in upstream_first(region) {
            let node = &region.nodes[at]; // the indices are those of the nodes
            let index: &HashMap<&str, usize> = &index;
            let before = node.needs.iter().filter_map(|need| index.get(need.id.as_str()));
            let longest = before.map(|i| depth[*i].saturating_add(1)).max().unwrap_or(0);
            depth[at] = if node.teardown.is_some() { UNKNOWN } else { longest };
        }
        Steps { region, index, depth }
    }

    fn node(&self, id: &str) -> Option<&'p Node> {
        self.region.nodes.get(*self.index.get(id)?)
    }
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
    // What lies in a node comes right behind it.
    for (index, site) in context.sites.iter().enumerate() {
        let Body::For { max, .. } = &site.node.body else { continue };
        let one = max.as_ref().and_then(|m| crate::effects::fold::constant(m, &site.scope));
        if one == Some(rustchain_plan::Value::Int(1)) {
            continue;
        }
        let prefix = format!("{}/", site.path);
        let after = context.sites.iter().skip(index + 1);
        out.extend(after.take_while(|s| s.path.starts_with(&prefix)).map(|s| s.path.clone()));
    }
    out
}
