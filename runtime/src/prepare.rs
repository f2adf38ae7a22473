//! Brings a plan into the indexed form that the scheduler walks, and finds what cannot run at all.

use crate::lowered;
use crate::registry;
use crate::scheduler::trigger::is_eager;
use crate::step::Run;
use rustchain_plan::plan::{Call, CalleeKind, NeedKind, Node, Plan, Region};
use rustchain_plan::signature::Param;
use rustchain_plan::{Body, Expr, Labels, Signature, Value};
use smol_str::SmolStr;
use std::collections::{BTreeMap, HashMap};

/// A region with its nodes by index.
pub(crate) struct PreparedRegion<'p> {
    pub source: &'p Region,
    pub nodes: Vec<PreparedNode<'p>>,
    pub index: HashMap<&'p str, u32>,
    /// `downstream[starts[n]..starts[n + 1]]` wait for node n.
    starts: Vec<u32>,
    downstream: Vec<u32>,
}

/// A node with its upstreams by index.
pub(crate) struct PreparedNode<'p> {
    pub source: &'p Node,
    pub upstreams: Box<[Need]>,
    /// How many ends it waits for.
    pub waits: u32,
    /// May start before all of them.
    pub eager: bool,
    /// A teardown hangs on it.
    pub setup: bool,
    /// The node it tears down.
    pub teardown: Option<u32>,
    pub body: PreparedBody<'p>,
    /// Every `trust` and `reveal` in its expressions.
    pub lowered: Vec<(Labels, SmolStr)>,
}

/// An upstream, once, with everything it is needed for.
#[derive(Clone, Copy)]
pub(crate) struct Need {
    pub node: u32,
    pub value: bool,
    pub order: bool,
}

/// What a node does; its expressions are read from the plan.
pub(crate) enum PreparedBody<'p> {
    Value(&'p Expr),
    Call(Box<PreparedCall<'p>>),
    /// A chain, or the body of `for`, `loop`, `poll`.
    Region(Box<PreparedRegion<'p>>),
    Arms(Vec<PreparedRegion<'p>>),
}

/// A call with its implementation and the source of each argument.
pub(crate) struct PreparedCall<'p> {
    pub call: &'p Call,
    pub signature: &'p Signature,
    /// `None`: a hole, or a kind that this build does not have.
    pub run: Option<Run>,
    pub args: Box<[ArgSource<'p>]>,
}

/// Where an argument comes from.
#[derive(Clone, Copy)]
pub(crate) enum ArgSource<'p> {
    Given(&'p Expr),
    Default(&'p Value),
    /// A handle, or nothing.
    Null,
}

/// A plan in its indexed form.
pub(crate) struct PreparedPlan<'p> {
    pub root: PreparedRegion<'p>,
    pub chain_tools: BTreeMap<SmolStr, PreparedRegion<'p>>,
}

/// The prepared plan, or everything that is wrong with it.
pub(crate) fn prepare(plan: &Plan) -> Result<PreparedPlan<'_>, Vec<String>> {
    let mut preparer = Preparer { plan, problems: Vec::new() };
    let root = preparer.region(&plan.root, "");
    let tools = plan.chain_tools.iter();
    let chain_tools =
        tools.map(|(name, region)| (name.clone(), preparer.region(region, &format!("{name}/")))).collect();
    if preparer.problems.is_empty() { Ok(PreparedPlan { root, chain_tools }) } else { Err(preparer.problems) }
}

impl PreparedRegion<'_> {
    /// A region without nodes.
    pub(crate) fn empty(source: &Region) -> PreparedRegion<'_> {
        PreparedRegion {
            source,
            nodes: Vec::new(),
            index: HashMap::new(),
            starts: vec![0],
            downstream: Vec::new(),
        }
    }

    /// The nodes that wait for one.
    pub(crate) fn downstream(&self, node: u32) -> &[u32] {
        let at = node as usize;
        let bounds = self.starts.get(at).zip(self.starts.get(at + 1));
        bounds.and_then(|(from, to)| self.downstream.get(*from as usize..*to as usize)).unwrap_or_default()
    }
}

/// The regions that a body holds, each with the segment its nodes' paths begin with.
pub(crate) fn regions_of(body: &Body) -> Vec<&Region> {
    match body {
        Body::Value(_) | Body::Call(_) => Vec::new(),
        Body::Chain { region, .. }
        | Body::For { region, .. }
        | Body::Loop { region, .. }
        | Body::Poll { region, .. } => vec![region],
        Body::Match { arms, .. } => arms.iter().map(|arm| &arm.region).collect(),
    }
}

struct Preparer<'p> {
    plan: &'p Plan,
    problems: Vec<String>,
}

impl<'p> Preparer<'p> {
    fn region(&mut self, source: &'p Region, prefix: &str) -> PreparedRegion<'p> {
        let mut index = HashMap::with_capacity(source.nodes.len());
        for (at, node) in (0_u32..).zip(&source.nodes) {
            if index.insert(node.id.as_str(), at).is_some() {
                self.problems.push(format!("two steps have the id `{prefix}{}`", node.id));
            }
        }
        let mut nodes: Vec<_> =
            source.nodes.iter().map(|node| self.node(node, source, &index, prefix)).collect();
        let edges = self.edges(&mut nodes, prefix);
        let (starts, downstream) = compressed(nodes.len(), &edges);
        let region = PreparedRegion { source, nodes, index, starts, downstream };
        if let Some(stuck) = first_in_cycle(&region) {
            self.problems.push(format!("step `{prefix}{stuck}` waits for itself"));
        }
        region
    }

    fn node(
        &mut self,
        source: &'p Node,
        region: &Region,
        index: &HashMap<&str, u32>,
        prefix: &str,
    ) -> PreparedNode<'p> {
        let path = format!("{prefix}{}", source.id);
        let mut upstreams: Vec<Need> = Vec::with_capacity(source.needs.len());
        for need in &source.needs {
            let Some(node) = index.get(need.id.as_str()).copied() else {
                self.problems.push(format!("step `{path}` needs `{}`, which is not there", need.id));
                continue;
            };
            let at = match upstreams.iter().position(|known| known.node == node) {
                Some(at) => at,
                None => {
                    upstreams.push(Need { node, value: false, order: false });
                    upstreams.len() - 1
                }
            };
            if let Some(known) = upstreams.get_mut(at) {
                known.value |= need.kind == NeedKind::Value;
                known.order |= need.kind == NeedKind::Order;
            }
        }
        let teardown = source.teardown.as_ref().and_then(|of| {
            let found = index.get(of.as_str()).copied();
            if found.is_none() {
                self.problems.push(format!("step `{path}` tears down `{of}`, which is not there"));
            }
            found
        });
        PreparedNode {
            source,
            waits: 0,
            upstreams: upstreams.into(),
            eager: is_eager(source.trigger),
            setup: false,
            teardown,
            body: self.body(&source.body, &path),
            lowered: lowered::in_node(source, region),
        }
    }

    fn body(&mut self, body: &'p Body, path: &str) -> PreparedBody<'p> {
        let inner = format!("{path}/");
        match body {
            Body::Value(expr) => PreparedBody::Value(expr),
            Body::Call(call) => self.call(call, path),
            Body::Match { arms, .. } => PreparedBody::Arms(
                arms.iter()
                    .map(|arm| self.region(&arm.region, &format!("{inner}{}/", arm.label())))
                    .collect(),
            ),
            Body::Chain { region, .. }
            | Body::For { region, .. }
            | Body::Loop { region, .. }
            | Body::Poll { region, .. } => PreparedBody::Region(Box::new(self.region(region, &inner))),
        }
    }

    fn call(&mut self, call: &'p Call, path: &str) -> PreparedBody<'p> {
        static NULL: Expr =
            Expr { id: rustchain_plan::ExprId(0), kind: rustchain_plan::ExprKind::Const(Value::Null) };
        let Some(signature) = self.plan.signatures.get(&call.callee) else {
            self.problems
                .push(format!("step `{path}` calls `{}`, which the plan has no signature of", call.callee));
            return PreparedBody::Value(&NULL);
        };
        for name in call.args.keys().chain(call.handles.keys()) {
            if signature.param(name).is_none() && call.kind != CalleeKind::Hole {
                self.problems.push(format!("`{}` in step `{path}` has no parameter `{name}`", call.callee));
            }
        }
        let args = signature.params.iter().map(|param| self.arg(call, param, path)).collect();
        let run = match call.kind {
            CalleeKind::Step => registry::find(&call.callee).map(|kind| kind.run),
            CalleeKind::Tool => registry::TOOL,
            CalleeKind::Agent => registry::AGENT,
            CalleeKind::Hole => None,
        };
        PreparedBody::Call(Box::new(PreparedCall { call, signature, run, args }))
    }

    fn arg(&mut self, call: &'p Call, param: &'p Param, path: &str) -> ArgSource<'p> {
        if let Some(expr) = call.args.get(&param.name) {
            return ArgSource::Given(expr);
        }
        match &param.default {
            Some(default) => ArgSource::Default(default),
            None => {
                if !call.handles.contains_key(&param.name) && call.kind != CalleeKind::Hole {
                    self.problems.push(format!("`{}` in step `{path}` needs `{}`", call.callee, param.name));
                }
                ArgSource::Null
            }
        }
    }

    /// Who waits for whom: upstream, downstream. Sets `waits` and `setup`.
    fn edges(&mut self, nodes: &mut [PreparedNode<'p>], prefix: &str) -> Vec<(u32, u32)> {
        let mut edges = Vec::new();
        for (at, node) in (0_u32..).zip(nodes.iter()) {
            edges.extend(node.upstreams.iter().map(|need| (need.node, at)));
        }
        let teardowns: Vec<(u32, u32)> =
            (0_u32..).zip(nodes.iter()).filter_map(|(at, node)| Some((at, node.teardown?))).collect();
        if !teardowns.is_empty() {
            self.teardown_edges(nodes, &teardowns, &mut edges, prefix);
        }
        edges.sort_unstable();
        edges.dedup();
        for (_, to) in &edges {
            if let Some(node) = nodes.get_mut(*to as usize) {
                node.waits += 1;
            }
        }
        edges
    }

    /// A teardown waits for its setup and for everything below it but other teardowns.
    fn teardown_edges(
        &mut self,
        nodes: &mut [PreparedNode<'p>],
        teardowns: &[(u32, u32)],
        edges: &mut Vec<(u32, u32)>,
        prefix: &str,
    ) {
        let mut below: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
        for (from, to) in edges.iter() {
            below.entry(*from).or_default().push(*to);
        }
        for (teardown, setup) in teardowns {
            if let Some(node) = nodes.get_mut(*setup as usize) {
                node.setup = true;
            }
            let mut seen = vec![false; nodes.len()];
            let mut open = vec![*setup];
            while let Some(at) = open.pop() {
                let is_teardown = nodes.get(at as usize).is_some_and(|n| n.teardown.is_some());
                if is_teardown || std::mem::replace(seen.get_mut(at as usize).unwrap_or(&mut false), true) {
                    continue;
                }
                edges.push((at, *teardown));
                open.extend(below.get(&at).into_iter().flatten());
            }
        }
        let names: Vec<_> = teardowns
            .iter()
            .filter_map(|(t, _)| nodes.get(*t as usize))
            .filter(|n| n.source.trigger.is_some())
            .map(|n| n.source.id.clone())
            .collect();
        for name in names {
            self.problems.push(format!("teardown `{prefix}{name}` has a trigger rule"));
        }
    }
}

fn compressed(nodes: usize, edges: &[(u32, u32)]) -> (Vec<u32>, Vec<u32>) {
    let mut starts = vec![0_u32; nodes + 1];
    for (from, _) in edges {
        if let Some(count) = starts.get_mut(*from as usize + 1) {
            *count += 1;
        }
    }
    let mut sum = 0;
    for start in &mut starts {
        sum += *start;
        *start = sum;
    }
    (starts, edges.iter().map(|(_, to)| *to).collect())
}

fn first_in_cycle(region: &PreparedRegion<'_>) -> Option<SmolStr> {
    let mut waits: Vec<u32> = region.nodes.iter().map(|n| n.waits).collect();
    let mut ready: Vec<u32> = (0_u32..).zip(&waits).filter(|(_, w)| **w == 0).map(|(at, _)| at).collect();
    let mut done = 0;
    while let Some(node) = ready.pop() {
        done += 1;
        for next in region.downstream(node) {
            if let Some(count) = waits.get_mut(*next as usize) {
                *count -= 1;
                if *count == 0 {
                    ready.push(*next);
                }
            }
        }
    }
    if done == region.nodes.len() {
        return None;
    }
    region.nodes.iter().zip(&waits).find(|(_, w)| **w > 0).map(|(n, _)| n.source.id.clone())
}
