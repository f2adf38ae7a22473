//! The rules that every plan keeps, whoever wrote its file.

use crate::PLAN_VERSION;
use crate::eval::FUNCTIONS;
use crate::expr::{Expr, ExprKind};
use crate::plan::{
    Agent, Backoff, Body, Call, CalleeKind, Handle, Node, OnErrorAction, Plan, Provider, Region, ToolRef,
};
use crate::plan_file::{PlanError, with_stack};
use crate::policy::Policy;
use crate::types::{Schema, Type};
use smol_str::SmolStr;
use std::collections::{BTreeMap, BTreeSet, HashSet};

/// Levels of JSON that one expression adds at most.
const EXPR_LEVELS: usize = 5;
/// Levels of JSON that one region in another adds at most.
const REGION_LEVELS: usize = 8;
/// Levels beyond which a plan is not walked.
const MAX_LEVELS: usize = 1_400;

type Checked = Result<(), PlanError>;

impl Plan {
    /// Checks that the plan does not contradict itself: ids are unique, everything named exists, no
    /// expression looks beyond its regions, no step waits for itself.
    pub fn validate(&self) -> Checked {
        let levels = depth(self)?;
        with_stack(levels, || Checker { plan: self, path: Vec::new() }.plan())
    }
}

/// An upper bound of the nesting of the plan's JSON.
pub(crate) fn depth(plan: &Plan) -> Result<usize, PlanError> {
    let mut deepest = REGION_LEVELS + 2 * EXPR_LEVELS;
    for region in std::iter::once(&plan.root).chain(plan.chain_tools.values()) {
        deepest = deepest.max(region_depth(region, REGION_LEVELS)?);
    }
    let outputs = plan.outputs.iter().map(|o| &o.value);
    let inputs = plan.inputs.iter().flat_map(|i| i.constraint.iter().chain(&i.default));
    let grants = predicates(&plan.policy);
    for expr in outputs.chain(inputs).chain(grants).chain(&plan.within) {
        deepest = deepest.max(expr_depth(expr, REGION_LEVELS)?);
    }
    for schema in plan.schemas.values() {
        if let Schema::Record(schema) = schema {
            for constraint in schema.fields.iter().filter_map(|f| f.constraint.as_ref()) {
                deepest = deepest.max(expr_depth(constraint, REGION_LEVELS)?);
            }
        }
    }
    Ok(deepest)
}

/// The conditions of a policy's grants.
fn predicates(policy: &Policy) -> impl Iterator<Item = &Expr> {
    let ceilings = policy.ceilings.iter().flat_map(|c| &c.allow);
    policy.allow.iter().chain(&policy.deny).chain(ceilings).filter_map(|g| g.predicate.as_ref())
}

fn region_depth(region: &Region, level: usize) -> Result<usize, PlanError> {
    let mut deepest = level;
    let grants = region.policy.iter().flat_map(|p| predicates(p));
    let lets = region.lets.values().chain(&region.result).chain(grants);
    for expr in lets.chain(region.params.iter().filter_map(|p| p.constraint.as_ref())) {
        deepest = deepest.max(expr_depth(expr, level)?);
    }
    for node in &region.nodes {
        let mut failure = None;
        node_exprs(node, &mut |expr| match expr_depth(expr, level + REGION_LEVELS) {
            Ok(found) => deepest = deepest.max(found),
            Err(error) => failure = Some(error),
        });
        if let Some(error) = failure {
            return Err(error);
        }
        for inner in regions(&node.body) {
            deepest = deepest.max(region_depth(inner, deeper(level, REGION_LEVELS)?)?);
        }
    }
    Ok(deepest)
}

fn deeper(level: usize, by: usize) -> Result<usize, PlanError> {
    if level + by > MAX_LEVELS {
        return Err(PlanError::TooDeep);
    }
    Ok(level + by)
}

fn expr_depth(expr: &Expr, level: usize) -> Result<usize, PlanError> {
    let by = if matches!(expr.kind, ExprKind::Binary { .. }) { 2 } else { EXPR_LEVELS };
    let level = deeper(level, by)?;
    let (mut deepest, mut failure) = (level, None);
    expr.for_each_child(&mut |child| {
        if failure.is_none() {
            match expr_depth(child, level) {
                Ok(found) => deepest = deepest.max(found),
                Err(error) => failure = Some(error),
            }
        }
    });
    failure.map_or(Ok(deepest), Err)
}

/// The regions directly inside a body.
fn regions(body: &Body) -> Vec<&Region> {
    match body {
        Body::Value(_) | Body::Call(_) => Vec::new(),
        Body::Match { arms, .. } => arms.iter().map(|arm| &arm.region).collect(),
        Body::Chain { region, .. }
        | Body::For { region, .. }
        | Body::Loop { region, .. }
        | Body::Poll { region, .. } => vec![region],
    }
}

/// Every expression of a node outside of its inner regions, in whatever scope.
fn node_exprs<'a>(node: &'a Node, visit: &mut dyn FnMut(&'a Expr)) {
    clause_exprs(node, visit);
    match &node.body {
        Body::Value(expr) | Body::Match { subject: expr, .. } => visit(expr),
        Body::Call(call) => call.args.values().for_each(visit),
        Body::Chain { args, .. } => args.values().for_each(visit),
        Body::For { bindings, max, limit, .. } => {
            bindings.iter().map(|(_, e)| e).chain(max).chain(limit).for_each(visit);
        }
        Body::Loop { init, until, max, .. } => [init, until, max].into_iter().for_each(visit),
        Body::Poll { until, every, duration, max, .. } => {
            std::iter::once(until).chain(every).chain(duration).chain(max).for_each(visit);
        }
    }
}

fn clause_exprs<'a>(node: &'a Node, visit: &mut dyn FnMut(&'a Expr)) {
    node.when.iter().chain(&node.timeout).chain(&node.within).for_each(&mut *visit);
    for on_error in &node.on_error {
        if let OnErrorAction::Use(expr) = &on_error.action {
            visit(expr);
        }
    }
    if let Some(cache) = &node.cache {
        cache.ttl.iter().for_each(&mut *visit);
    }
    if let Some(retry) = &node.retry {
        visit(&retry.count);
        if let Some(Backoff::Constant(e) | Backoff::Linear(e) | Backoff::Exponential(e)) = &retry.backoff {
            visit(e);
        }
        retry.cap.iter().for_each(visit);
    }
}

/// The regions that an expression sees, from the inside out.
#[derive(Clone, Copy)]
struct Scope<'a> {
    region: &'a Region,
    /// The ids of its nodes.
    ids: &'a HashSet<&'a str>,
    outer: Option<&'a Scope<'a>>,
}

impl<'a> Scope<'a> {
    fn up(self, levels: u32) -> Option<Scope<'a>> {
        let mut scope = self;
        for _ in 0..levels {
            scope = *scope.outer?;
        }
        Some(scope)
    }
}

fn ids(region: &Region) -> HashSet<&str> {
    region.nodes.iter().map(|node| node.id.as_str()).collect()
}

struct Checker<'p> {
    plan: &'p Plan,
    /// Ids of the nodes around.
    path: Vec<SmolStr>,
}

impl<'p> Checker<'p> {
    fn wrong<T>(&self, message: impl Into<String>) -> Result<T, PlanError> {
        let at = if self.path.is_empty() { "root".to_owned() } else { self.path.join("/") };
        Err(PlanError::Invalid { at, message: message.into() })
    }

    fn within(&mut self, part: &str, check: impl FnOnce(&mut Self) -> Checked) -> Checked {
        self.path.push(part.into());
        check(self)?;
        self.path.pop();
        Ok(())
    }

    fn plan(&mut self) -> Checked {
        let plan = self.plan;
        if plan.plan_version != PLAN_VERSION {
            return Err(PlanError::Version(u64::from(plan.plan_version)));
        }
        self.within("inputs", Self::inputs)?;
        self.region(&plan.root, None)?;
        let scope = Scope { region: &plan.root, ids: &ids(&plan.root), outer: None };
        self.within("outputs", |c| c.outputs(scope))?;
        for (name, region) in &plan.chain_tools {
            self.within(name, |c| c.region(region, None))?;
        }
        for (name, agent) in &plan.agents {
            self.within(name, |c| c.agent(agent))?;
        }
        self.within("providers", Self::providers)?;
        self.within("memories", Self::memories)?;
        self.within("schemas", Self::schemas)
    }

    fn inputs(&mut self) -> Checked {
        let plan = self.plan;
        unique(plan.inputs.iter().map(|i| &i.name)).or_else(|n| self.wrong(format!("`{n}` stands twice")))?;
        for input in &plan.inputs {
            self.ty(&input.ty)?;
            self.free(input.constraint.iter().chain(&input.default))?;
            if !plan.root.params.iter().any(|p| p.name == input.name) {
                return self.wrong(format!("`{}` is no parameter of the root", input.name));
            }
        }
        self.free(&plan.within)
    }

    fn outputs(&mut self, scope: Scope<'_>) -> Checked {
        let plan = self.plan;
        unique(plan.outputs.iter().map(|o| &o.name))
            .or_else(|n| self.wrong(format!("`{n}` stands twice")))?;
        for output in &plan.outputs {
            self.ty(&output.ty)?;
            self.expr(&output.value, Some(scope))?;
        }
        Ok(())
    }

    fn providers(&mut self) -> Checked {
        let plan = self.plan;
        for (name, provider) in &plan.providers {
            match provider {
                Provider::Model { model, options, .. } => {
                    self.free(std::iter::once(model).chain(options.values()))?
                }
                Provider::FirstOf(names) => {
                    if let Some(unknown) = names.iter().find(|n| !plan.providers.contains_key(*n)) {
                        return self.wrong(format!("there is no provider `{unknown}`"));
                    }
                }
            }
            if self.falls_back_to_itself(name) {
                return self.wrong(format!("provider `{name}` falls back to itself"));
            }
        }
        Ok(())
    }

    fn falls_back_to_itself(&self, name: &SmolStr) -> bool {
        let (mut seen, mut open) = (BTreeSet::new(), vec![name]);
        while let Some(at) = open.pop() {
            if let Some(Provider::FirstOf(names)) = self.plan.providers.get(at) {
                if names.contains(name) {
                    return true;
                }
                open.extend(names.iter().filter(|n| seen.insert(*n)));
            }
        }
        false
    }

    fn memories(&mut self) -> Checked {
        let plan = self.plan;
        for memory in plan.memories.values() {
            self.free([&memory.path])?;
            match &memory.embed {
                Some(embed) if embed != "local" && !plan.providers.contains_key(embed) => {
                    return self.wrong(format!("there is no provider `{embed}`"));
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn schemas(&mut self) -> Checked {
        for (name, schema) in &self.plan.schemas {
            match schema {
                Schema::Record(schema) => {
                    let names = schema.fields.iter().map(|f| &f.name);
                    let wires = schema.fields.iter().map(|f| &f.wire);
                    unique(names)
                        .and_then(|()| unique(wires))
                        .or_else(|n| self.wrong(format!("field `{n}` stands twice in `{name}`")))?;
                    self.free(schema.fields.iter().filter_map(|f| f.constraint.as_ref()))?;
                }
                Schema::Enum(schema) => {
                    let names = schema.members.iter().map(|m| &m.name);
                    let wires = schema.members.iter().map(|m| &m.wire);
                    unique(names)
                        .and_then(|()| unique(wires))
                        .or_else(|n| self.wrong(format!("member `{n}` stands twice in `{name}`")))?;
                }
            }
        }
        Ok(())
    }

    fn agent(&mut self, agent: &Agent) -> Checked {
        let plan = self.plan;
        if !plan.providers.contains_key(&agent.model) {
            return self.wrong(format!("there is no provider `{}`", agent.model));
        }
        self.ty(&agent.result)?;
        self.tools(&agent.tools)?;
        self.free(agent.system.iter().chain(std::iter::once(&agent.prompt)))?;
        match &agent.on_exhausted {
            Some(OnErrorAction::Use(expr)) => self.free([expr]),
            _ => Ok(()),
        }
    }

    fn tools(&self, tools: &[ToolRef]) -> Checked {
        for tool in tools {
            let known = match tool.kind {
                None => self.plan.chain_tools.contains_key(&tool.callee),
                Some(kind) => self.is_callee(&tool.callee, kind),
            };
            if !known {
                return self.wrong(format!("there is no tool `{}`", tool.callee));
            }
        }
        Ok(())
    }

    fn is_callee(&self, name: &SmolStr, kind: CalleeKind) -> bool {
        let plan = self.plan;
        plan.signatures.contains_key(name)
            && match kind {
                CalleeKind::Step | CalleeKind::Hole => true,
                CalleeKind::Tool => plan.tools.contains_key(name),
                CalleeKind::Agent => plan.agents.contains_key(name),
            }
    }

    fn region(&mut self, region: &Region, outer: Option<&Scope<'_>>) -> Checked {
        let scope = Scope { region, ids: &ids(region), outer };
        unique(region.params.iter().map(|p| &p.name))
            .or_else(|n| self.wrong(format!("parameter `{n}` stands twice")))?;
        unique(region.nodes.iter().map(|n| &n.id))
            .or_else(|n| self.wrong(format!("step `{n}` stands twice")))?;
        self.free(region.params.iter().filter_map(|p| p.constraint.as_ref()))?;
        for expr in region.lets.values().chain(&region.result) {
            self.expr(expr, Some(scope))?;
        }
        for node in &region.nodes {
            self.within(&node.id, |c| c.node(node, &scope))?;
        }
        self.order(region)
    }

    fn node(&mut self, node: &Node, scope: &Scope<'_>) -> Checked {
        if node.id.is_empty() {
            return self.wrong("a step has no id");
        }
        for name in node.needs.iter().map(|n| &n.id).chain(&node.teardown) {
            if !scope.ids.contains(name.as_str()) {
                return self.wrong(format!("it waits for `{name}`, which is not there"));
            }
        }
        let mut checked = Ok(());
        clause_exprs(node, &mut |expr| {
            if checked.is_ok() {
                checked = self.expr(expr, Some(*scope));
            }
        });
        checked?;
        self.body(&node.body, scope)
    }

    fn body(&mut self, body: &Body, scope: &Scope<'_>) -> Checked {
        match body {
            Body::Value(expr) => self.expr(expr, Some(*scope)),
            Body::Call(call) => self.call(call, scope),
            Body::Chain { args, region, .. } => {
                if let Some(param) = region.params.iter().find(|p| !args.contains_key(&p.name)) {
                    return self.wrong(format!("the argument `{}` is missing", param.name));
                }
                self.exprs(args.values(), scope)?;
                self.region(region, None)
            }
            Body::Match { subject, arms } => {
                self.expr(subject, Some(*scope))?;
                arms.iter().try_for_each(|arm| self.region(&arm.region, Some(scope)))
            }
            Body::For { bindings, max, limit, region } => {
                self.exprs(bindings.iter().map(|(_, e)| e).chain(max).chain(limit), scope)?;
                let lacking = bindings.iter().find(|(n, _)| !region.params.iter().any(|p| p.name == *n));
                if let Some((name, _)) = lacking {
                    return self.wrong(format!("the body does not know the variable `{name}`"));
                }
                self.region(region, Some(scope))
            }
            Body::Loop { var, init, until, max, region } => {
                self.exprs([init, max], scope)?;
                if !region.params.iter().any(|p| p.name == *var) {
                    return self.wrong(format!("the body does not know the state `{var}`"));
                }
                self.expr(until, Some(Scope { region, ids: &ids(region), outer: Some(scope) }))?;
                self.region(region, Some(scope))
            }
            Body::Poll { until, every, duration, max, region } => {
                self.exprs(every.iter().chain(duration).chain(max), scope)?;
                let latest = latest_region();
                let until_scope = Scope { region: &latest, ids: &HashSet::new(), outer: Some(scope) };
                self.expr(until, Some(until_scope))?;
                self.region(region, Some(scope))
            }
        }
    }

    fn call(&mut self, call: &Call, scope: &Scope<'_>) -> Checked {
        if !self.is_callee(&call.callee, call.kind) {
            return self.wrong(format!("there is no callee `{}`", call.callee));
        }
        if call.guards.iter().any(|g| g.effect >= call.effects.len()) {
            return self.wrong("a guard is for an effect that the call does not have");
        }
        for handle in call.handles.values() {
            let (known, name) = match handle {
                Handle::Provider(name) => (self.plan.providers.contains_key(name), name),
                Handle::Memory(name) => (self.plan.memories.contains_key(name), name),
                Handle::Tools(tools) => {
                    self.tools(tools)?;
                    continue;
                }
            };
            if !known {
                return self.wrong(format!("there is no provider or memory `{name}`"));
            }
        }
        self.ty(&call.result)?;
        self.exprs(call.args.values(), scope)
    }

    fn exprs<'e>(&mut self, exprs: impl IntoIterator<Item = &'e Expr>, scope: &Scope<'_>) -> Checked {
        exprs.into_iter().try_for_each(|expr| self.expr(expr, Some(*scope)))
    }

    /// Expressions outside of every region.
    fn free<'e>(&mut self, exprs: impl IntoIterator<Item = &'e Expr>) -> Checked {
        exprs.into_iter().try_for_each(|expr| self.expr(expr, None))
    }

    fn expr(&mut self, expr: &Expr, scope: Option<Scope<'_>>) -> Checked {
        self.reference(expr, scope)?;
        let mut checked = Ok(());
        expr.for_each_child(&mut |child| {
            if checked.is_ok() {
                checked = self.expr(child, scope);
            }
        });
        checked
    }

    fn reference(&self, expr: &Expr, scope: Option<Scope<'_>>) -> Checked {
        let (up, name, what) = match &expr.kind {
            ExprKind::Param { up, name } => (*up, name, "parameter"),
            ExprKind::Let { up, name } => (*up, name, "let"),
            ExprKind::Step { up, id } | ExprKind::Ran { up, id } => (*up, id, "step"),
            // Answered from the environment, in arguments of providers and memories.
            ExprKind::Call { function, .. } if function == "env" && scope.is_none() => return Ok(()),
            ExprKind::Call { function, .. } => {
                return match FUNCTIONS.binary_search_by(|(name, _)| (*name).cmp(function)) {
                    Ok(_) => Ok(()),
                    Err(_) => self.wrong(format!("there is no function `{function}`")),
                };
            }
            ExprKind::Outcome(_) => return self.wrong("only tests look at the outcome of a run"),
            ExprKind::Convert { to, .. } => return self.ty(to),
            _ => return Ok(()),
        };
        let scope = scope.and_then(|s| s.up(up));
        let known = scope.is_some_and(|scope| match what {
            "parameter" => scope.region.params.iter().any(|p| p.name == *name),
            "let" => scope.region.lets.contains_key(name),
            _ => scope.ids.contains(name.as_str()),
        });
        if known { Ok(()) } else { self.wrong(format!("there is no {what} `{name}` {up} regions outwards")) }
    }

    /// Named types must have a schema.
    fn ty(&self, ty: &Type) -> Checked {
        match ty {
            Type::Named(name) if !self.plan.schemas.contains_key(name) => {
                self.wrong(format!("there is no type `{name}`"))
            }
            Type::List(inner) | Type::Map(inner) | Type::Optional(inner) => self.ty(inner),
            Type::Record(fields) => fields.values().try_for_each(|ty| self.ty(ty)),
            _ => Ok(()),
        }
    }

    /// Steps can be put in an order in which each comes after what it needs.
    fn order(&self, region: &Region) -> Checked {
        let upstreams = |node: &Node| -> BTreeSet<SmolStr> {
            node.needs.iter().map(|n| n.id.clone()).chain(node.teardown.clone()).collect()
        };
        let mut waiting: BTreeMap<&SmolStr, usize> = BTreeMap::new();
        let mut downstreams: BTreeMap<SmolStr, Vec<&SmolStr>> = BTreeMap::new();
        for node in &region.nodes {
            let needs = upstreams(node);
            waiting.insert(&node.id, needs.len());
            for need in needs {
                downstreams.entry(need).or_default().push(&node.id);
            }
        }
        let mut ready: Vec<&SmolStr> = waiting.iter().filter(|(_, n)| **n == 0).map(|(id, _)| *id).collect();
        while let Some(id) = ready.pop() {
            waiting.remove(id);
            for next in downstreams.get(id).into_iter().flatten() {
                if let Some(count) = waiting.get_mut(*next) {
                    *count -= 1;
                    if *count == 0 {
                        ready.push(next);
                    }
                }
            }
        }
        match waiting.keys().next() {
            Some(id) => self.wrong(format!("step `{id}` waits for itself")),
            None => Ok(()),
        }
    }
}

/// Where `until` of a poll stands: the latest result is the parameter `it`.
fn latest_region() -> Region {
    let it = crate::plan::RegionParam {
        name: SmolStr::new_static("it"),
        ty: Type::Json,
        constraint: None,
        labels: crate::Labels::NONE,
        trusted: false,
    };
    Region { params: vec![it], ..Region::default() }
}

/// The first name that stands twice.
fn unique<'n>(names: impl Iterator<Item = &'n SmolStr>) -> Result<(), SmolStr> {
    let mut seen = BTreeSet::new();
    for name in names {
        if !seen.insert(name) {
            return Err(name.clone());
        }
    }
    Ok(())
}
