//! The walk over regions: every step gets its marks from those it reads.

use super::mark::{Capacity, Mark, Trace};
use super::report::Reporter;
use super::store::Stores;
use super::tree::Tree;
use super::{Analysis, Lowered};
use crate::effects::row::is_read;
use crate::effects::scope::{Scope, sites};
use crate::spans::{NodePlaces, Place, Spans};
use rustchain_plan::plan::{Node, OnErrorAction, Plan, Region};
use rustchain_plan::{Body, Effect, Expr, Labels, Type};
use smol_str::SmolStr;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

/// Loops and stores are followed until nothing changes; the lattice is low, so this is never reached.
const MOST_ROUNDS: usize = 12;

/// A region being walked.
pub(super) struct Frame<'p> {
    pub scope: Rc<Scope<'p>>,
    pub params: BTreeMap<SmolStr, Tree>,
    pub nodes: BTreeMap<SmolStr, Tree>,
    pub lets: BTreeMap<SmolStr, Tree>,
    /// Expressions inside see no region further out.
    pub barrier: bool,
}

pub(super) struct Walker<'p> {
    pub plan: &'p Plan,
    pub spans: &'p Spans,
    pub frames: Vec<Frame<'p>>,
    pub locals: Vec<(SmolStr, Tree)>,
    pub stores: Stores,
    pub report: Reporter,
    pub lowered: BTreeSet<Lowered>,
    pub privileged: BTreeSet<String>,
    pub arguments: BTreeMap<(String, SmolStr), Mark>,
    /// Id paths of nodes that change something, with one of the effects in them.
    writes: BTreeMap<String, (SmolStr, Effect)>,
}

pub(super) fn analyse(plan: &Plan, spans: &Spans) -> Analysis {
    let mut walker = Walker {
        plan,
        spans,
        frames: Vec::new(),
        locals: Vec::new(),
        stores: Stores::default(),
        report: Reporter::new(plan.policy.inferred),
        lowered: BTreeSet::new(),
        privileged: BTreeSet::new(),
        arguments: BTreeMap::new(),
        writes: writes(plan),
    };
    for _ in 0..MOST_ROUNDS {
        let before = walker.stores.clone();
        walker.report.clear();
        walker.arguments.clear();
        walker.mission();
        if walker.stores == before {
            break;
        }
    }
    let (diagnostics, refused) = walker.report.finish();
    Analysis {
        diagnostics,
        lowered: walker.lowered.into_iter().collect(),
        privileged_prompts: walker.privileged,
        arguments: walker.arguments,
        refused,
    }
}

fn writes(plan: &Plan) -> BTreeMap<String, (SmolStr, Effect)> {
    let mut out = BTreeMap::new();
    for site in sites(plan) {
        let Body::Call(call) = &site.node.body else { continue };
        let Some(effect) = call.effects.iter().find(|e| !is_read(e.kind)) else { continue };
        let ends = site.path.match_indices('/').map(|(i, _)| i).chain([site.path.len()]);
        for end in ends {
            out.entry(site.path[..end].to_owned()).or_insert_with(|| (call.callee.clone(), effect.clone()));
        }
    }
    out
}

impl<'p> Walker<'p> {
    fn mission(&mut self) {
        let plan = self.plan;
        let inputs = plan.inputs.iter().map(|i| (i.name.clone(), self.input(i))).collect();
        self.enter(Scope::root(plan), inputs, true);
        self.nodes_of(&plan.root);
        for output in &plan.outputs {
            let tree = self.expr(&output.value, self.top());
            let place = self.spans.ports.get(&output.name).copied();
            let place = place.unwrap_or_else(|| self.spans.place(output.value.id));
            self.output(&output.name, &tree.all(), place);
        }
        self.frames.pop();
        for (name, region) in &plan.chain_tools {
            let place = self.spans.mission;
            let chosen = Trace::source(place, format!("a model chooses the arguments of `{name}`"));
            let params = region.params.iter().map(|p| {
                let mark = |capacity, labels: Labels| {
                    Mark::new(labels.join(p.labels).join(Labels::UNTRUSTED), capacity, &chosen)
                };
                (p.name.clone(), Tree::of_type(&p.ty, &plan.schemas, &mark))
            });
            let params = params.collect();
            self.region(region, Scope::chain_tool(plan, name, region), params, true);
        }
    }

    fn input(&self, input: &rustchain_plan::plan::InputSpec) -> Tree {
        let place = self.spans.ports.get(&input.name).copied().unwrap_or(self.spans.mission);
        let why = Trace::source(place, format!("`{}` enters here", input.name));
        let mark = |capacity, labels: Labels| {
            let mut mark = Mark::new(labels.join(input.labels), capacity, &why);
            mark.external = capacity == Capacity::Text;
            mark
        };
        Tree::of_type(&input.ty, &self.plan.schemas, &mark)
    }

    /// The innermost region.
    pub fn top(&self) -> usize {
        self.frames.len().saturating_sub(1)
    }

    pub fn enter(&mut self, scope: Rc<Scope<'p>>, params: BTreeMap<SmolStr, Tree>, barrier: bool) {
        let frame = Frame { scope, params, nodes: BTreeMap::new(), lets: BTreeMap::new(), barrier };
        self.frames.push(frame);
    }

    /// The region so many further out than the one at `at`.
    pub fn outwards(&self, at: usize, up: u32) -> Option<usize> {
        let mut at = at;
        for _ in 0..up {
            if self.frames.get(at)?.barrier {
                return None;
            }
            at = at.checked_sub(1)?;
        }
        Some(at)
    }

    pub fn region(
        &mut self,
        region: &'p Region,
        scope: Rc<Scope<'p>>,
        params: BTreeMap<SmolStr, Tree>,
        barrier: bool,
    ) -> Tree {
        let locals = std::mem::take(&mut self.locals);
        self.enter(scope, params, barrier);
        self.nodes_of(region);
        let tree = match &region.result {
            Some(result) => self.expr(result, self.top()),
            None => Tree::clean(),
        };
        self.frames.pop();
        self.locals = locals;
        tree
    }

    fn nodes_of(&mut self, region: &'p Region) {
        for index in upstream_first(region) {
            let Some(node) = region.nodes.get(index) else { continue };
            let tree = self.node(node);
            let top = self.top();
            if let Some(frame) = self.frames.get_mut(top) {
                frame.nodes.insert(node.id.clone(), tree);
            }
        }
    }

    pub fn places(&self, path: &str) -> Option<&'p NodePlaces> {
        self.spans.nodes.get(path)
    }

    fn path_of(&self, node: &Node) -> String {
        self.frames.last().map_or_else(|| node.id.to_string(), |f| f.scope.node_path(&node.id))
    }

    fn node(&mut self, node: &'p Node) -> Tree {
        let path = self.path_of(node);
        let at = self.top();
        if let Some(when) = &node.when {
            let mark = self.expr(when, at).all();
            self.steers(&path, &mark, self.spans.place(when.id), "this condition");
        }
        let mut tree = self.body(node, &path, at);
        for handler in &node.on_error {
            if let OnErrorAction::Use(value) = &handler.action {
                tree = tree.join(&self.expr(value, at));
            }
        }
        match self.places(&path) {
            Some(places) => tree.via(places.name, &format!("`{}` carries it", node.id)),
            None => tree,
        }
    }

    fn body(&mut self, node: &'p Node, path: &str, at: usize) -> Tree {
        let Some(scope) = self.frames.get(at).map(|f| f.scope.clone()) else { return Tree::clean() };
        let inner = scope.inner(node);
        match &node.body {
            Body::Value(value) => self.expr(value, at),
            Body::Call(call) => self.call(call, path, at),
            Body::Chain { name, args, region } => {
                let params = self.chain_arguments(name, args, region, path, at);
                match inner.into_iter().next() {
                    Some(scope) => self.region(region, scope, params, true),
                    None => Tree::clean(),
                }
            }
            Body::Match { subject, arms } => {
                let chosen = self.expr(subject, at).all();
                self.steers(path, &chosen, self.spans.place(subject.id), "what is matched");
                let mut tree: Option<Tree> = None;
                for (arm, scope) in arms.iter().zip(inner) {
                    let value = self.region(&arm.region, scope, BTreeMap::new(), false);
                    tree = Some(tree.map_or_else(|| value.clone(), |t| t.join(&value)));
                }
                tree.unwrap_or_default().joined_with(&chosen.choosing())
            }
            Body::For { bindings, region, .. } => {
                let mut params = BTreeMap::new();
                let mut length = Mark::default();
                for (name, list) in bindings {
                    let tree = self.expr(list, at);
                    length = length.join(&tree.length());
                    params.insert(name.clone(), tree.element());
                }
                match inner.into_iter().next() {
                    Some(scope) => Tree::List(Box::new(self.region(region, scope, params, false)), length),
                    None => Tree::clean(),
                }
            }
            Body::Loop { var, init, until, region, .. } => {
                let Some(scope) = inner.into_iter().next() else { return Tree::clean() };
                self.looped(var, init, until, region, &scope, path, at, &node.ty)
            }
            Body::Poll { until, region, .. } => {
                let Some(scope) = inner.into_iter().next() else { return Tree::clean() };
                let tree = self.region(region, scope.clone(), BTreeMap::new(), false);
                let params = BTreeMap::from([(SmolStr::new_static("it"), tree.clone())]);
                self.enter(scope, params, false);
                let ends = self.expr(until, self.top()).all();
                self.frames.pop();
                self.steers(path, &ends, self.spans.place(until.id), "when the loop ends");
                tree
            }
        }
    }

    #[allow(clippy::too_many_arguments, reason = "the parts of one loop")]
    fn looped(
        &mut self,
        var: &SmolStr,
        init: &'p Expr,
        until: &'p Expr,
        region: &'p Region,
        scope: &Rc<Scope<'p>>,
        path: &str,
        at: usize,
        ty: &Type,
    ) -> Tree {
        let mut state = self.expr(init, at);
        for _ in 0..MOST_ROUNDS {
            let params = BTreeMap::from([(var.clone(), state.clone())]);
            let next = self.region(region, scope.clone(), params, false).spelled(ty, &self.plan.schemas);
            let next = state.join(&next);
            let stable = next == state;
            state = next;
            if stable {
                break;
            }
        }
        self.enter(scope.clone(), BTreeMap::from([(var.clone(), state.clone())]), false);
        let ends = self.expr(until, self.top()).all();
        self.frames.pop();
        self.steers(path, &ends, self.spans.place(until.id), "when the loop ends");
        state
    }

    fn chain_arguments(
        &mut self,
        name: &str,
        args: &'p BTreeMap<SmolStr, Expr>,
        region: &'p Region,
        path: &str,
        at: usize,
    ) -> BTreeMap<SmolStr, Tree> {
        let mut params = BTreeMap::new();
        for param in &region.params {
            let Some(arg) = args.get(&param.name) else {
                params.insert(param.name.clone(), Tree::clean());
                continue;
            };
            let tree = self.expr(arg, at);
            let place = self.argument_place(path, &param.name, arg);
            if param.trusted {
                self.demand_trusted(name, &param.name, path, &tree.all(), place);
            }
            let why = Trace::source(place, format!("`{}` of `{name}` is declared so", param.name));
            let declared = Mark::new(param.labels, Capacity::Text, &why);
            params.insert(param.name.clone(), tree.joined_with(&declared));
        }
        params
    }

    pub fn argument_place(&self, path: &str, param: &str, arg: &Expr) -> Place {
        if arg.id.0 != 0 {
            return self.spans.place(arg.id);
        }
        let place = self.places(path).and_then(|p| p.args.get(param)).copied();
        place.unwrap_or_else(|| self.spans.place(arg.id))
    }

    /// RC0408: untrusted text decides whether something is changed.
    fn steers(&mut self, path: &str, mark: &Mark, place: Place, what: &str) {
        if !mark.steers() {
            return;
        }
        let Some((callee, effect)) = self.writes.get(path).cloned() else { return };
        self.controls_flow(what, &callee, &effect, mark, place);
    }
}

/// The indices of a region's nodes, each after those it needs; source order where there is a choice.
pub(crate) fn upstream_first(region: &Region) -> Vec<usize> {
    let index: BTreeMap<&str, usize> =
        region.nodes.iter().enumerate().map(|(i, n)| (n.id.as_str(), i)).collect();
    let mut waits = vec![0usize; region.nodes.len()];
    let mut feeds: Vec<Vec<usize>> = vec![Vec::new(); region.nodes.len()];
    // Both vectors have one entry a node, and every index below is a node's.
    for (i, node) in region.nodes.iter().enumerate() {
        for need in &node.needs {
            if let Some(&up) = index.get(need.id.as_str()) {
                waits[i] += 1;
                feeds[up].push(i);
            }
        }
    }
    let mut ready: BTreeSet<usize> = (0..waits.len()).filter(|i| waits[*i] == 0).collect();
    let mut out = Vec::with_capacity(waits.len());
    while let Some(next) = ready.pop_first() {
        out.push(next);
        for &down in &feeds[next] {
            waits[down] -= 1;
            if waits[down] == 0 {
                ready.insert(down);
            }
        }
    }
    out
}
