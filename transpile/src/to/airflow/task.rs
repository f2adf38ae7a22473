//! A step as a task, or as several: a `for` with its elements, a `match` with its arms.

use super::constant::{constant, count, nanoseconds, timedelta};
use super::loss::{Fate, Loss};
use super::names::{self, Variables};
use super::native::native;
use super::python::{Arg, Py, named};
use super::settings::{asset, meta};
use super::trigger::Rules;
use super::{groups, local};
use crate::from::airflow::AirflowVersion;
use rustchain_plan::codec::encode;
use rustchain_plan::expr::ExprKind;
use rustchain_plan::plan::{Arm, Backoff, Body, NeedKind, Node, Plan, Region};
use rustchain_plan::{Expr, Value};
use smol_str::SmolStr;
use std::collections::{BTreeMap, BTreeSet};

/// Airflow's own bound stands this much behind the one that `rustchain step` keeps, nanoseconds.
const GRACE: i64 = 60_000_000_000;

/// Mapped tasks of one step that Airflow makes where nothing else is configured (`core.max_map_length`).
const MOST_MAPPED: i64 = 1024;

/// `meta airflow` of a step that are arguments of its task.
const META: &[&str] = &[
    "depends_on_past",
    "max_active_tis_per_dagrun",
    "pool",
    "pool_slots",
    "priority_weight",
    "queue",
    "run_as_user",
    "task_display_name",
    "wait_for_downstream",
    "weight_rule",
];

/// The tasks of a step.
#[derive(Clone, Debug, Default)]
pub(super) struct Written {
    /// Assignments, one a task.
    pub lines: Vec<(String, Py)>,
    /// The variable that upstreams lead to.
    pub entry: String,
    /// The variable that leads to downstreams.
    pub exit: String,
    /// Edges between its own tasks.
    pub edges: Vec<(Vec<String>, String)>,
    /// Steps whose `.output` it is mapped over: the edge is there.
    pub mapped_over: BTreeSet<SmolStr>,
    /// A task of it has a rule of its own.
    pub has_rule: bool,
}

/// Writes the tasks of a plan.
pub(super) struct Tasks<'p> {
    pub plan: &'p Plan,
    pub version: AirflowVersion,
    pub rules: Rules<'p>,
    pub groups: BTreeMap<String, groups::Group>,
    pub variables: Variables,
    /// Ids of tasks that are not their steps' ids, by step path.
    pub task_ids: BTreeMap<String, String>,
    /// Mapped steps with the task that gives their elements.
    pub mapped: BTreeMap<String, Option<String>>,
    pub used_ids: BTreeSet<String>,
    /// Steps that something reads.
    pub read: BTreeSet<SmolStr>,
    /// Steps that another is mapped over.
    pub mapped_over: BTreeSet<SmolStr>,
    /// Variables that lead out of the steps written so far.
    pub exits: BTreeMap<SmolStr, String>,
}

impl<'p> Tasks<'p> {
    pub(super) fn of(plan: &'p Plan, version: AirflowVersion) -> Tasks<'p> {
        let reading = |node: &'p Node| node.needs.iter().filter(|need| need.kind != NeedKind::Order);
        let mut read: BTreeSet<SmolStr> =
            plan.root.nodes.iter().flat_map(reading).map(|need| need.id.clone()).collect();
        read.extend(output_reads(plan));
        let mut tasks = Tasks {
            plan,
            version,
            rules: Rules::of(plan),
            groups: groups::groups(&plan.root.nodes),
            variables: Variables::default(),
            task_ids: BTreeMap::new(),
            mapped: BTreeMap::new(),
            used_ids: plan.root.nodes.iter().map(|node| names::task_id(names::shown(node))).collect(),
            read,
            mapped_over: BTreeSet::new(),
            exits: BTreeMap::new(),
        };
        for node in &plan.root.nodes {
            if let Some(lists) = tasks.maps(node).then(|| tasks.direct(node)).flatten() {
                tasks.mapped_over.extend(lists.into_iter().filter_map(|list| list.err()));
            }
        }
        tasks
    }

    pub(super) fn write(&mut self, node: &'p Node, losses: &mut Vec<Loss>) -> Written {
        let rule = self.rules.rule(node, losses);
        let rule: Vec<Arg> = rule.into_iter().map(|rule| named("trigger_rule", Py::text(rule))).collect();
        let id = names::task_id(names::shown(node));
        if id != node.id {
            self.task_ids.insert(node.id.to_string(), id.clone());
        }
        let ruled = !rule.is_empty();
        let written = match &node.body {
            _ if node.teardown.is_some() => self.single(node, &id, rule, losses),
            Body::For { .. } if self.maps(node) => self.mapped(node, &id, rule, losses),
            Body::Match { arms, .. } if branches(node, arms) => self.branch(node, &id, arms, rule, losses),
            _ => self.single(node, &id, rule, losses),
        };
        self.exits.insert(node.id.clone(), written.exit.clone());
        Written { has_rule: written.has_rule || ruled, ..written }
    }

    fn single(&mut self, node: &'p Node, id: &str, rule: Vec<Arg>, losses: &mut Vec<Loss>) -> Written {
        let is_read = self.read.contains(&node.id);
        let own = native(node, &self.plan.schemas, is_read);
        let mut args = vec![self.task_id(node, id)];
        let class = match own {
            Some(own) => {
                args.extend(own.args);
                args.extend(rule);
                args.extend(self.attempts(node, losses));
                let timeout = node.timeout.as_ref().filter(|_| own.class == "BashOperator");
                let bound = timeout.and_then(|expr| nanoseconds(expr, &self.plan.schemas));
                args.extend(bound.map(|ns| named("execution_timeout", timedelta(ns))));
                own.class
            }
            None => {
                args.extend(self.step(node, &node.id));
                args.extend(rule);
                let one = !matches!(node.body, Body::For { .. } | Body::Loop { .. } | Body::Poll { .. });
                if one {
                    args.extend(self.attempts(node, losses));
                }
                args.extend(self.bound(node));
                "RustchainStep"
            }
        };
        args.extend(self.kept(node, losses));
        let variable = self.variables.fresh(&node.id);
        let line = (variable.clone(), Py::Call(class.to_owned(), args));
        Written { lines: vec![line], entry: variable.clone(), exit: variable, ..Written::default() }
    }

    /// `step="…", reads=[…]`, and whether its value has to stay in XCom.
    fn step(&self, node: &Node, path: &str) -> Vec<Arg> {
        let mut args = vec![named("step", Py::text(path))];
        let reads = reads(node);
        if !reads.is_empty() {
            args.push(named("reads", Py::texts(reads)));
        }
        if path == node.id && self.mapped_over.contains(&node.id) {
            args.push(named("inline", Py::bool(true)));
        }
        args
    }

    // --- for ------------------------------------------------------------------------------------

    /// Is each element a task? Only where there is something to do for it.
    fn maps(&self, node: &Node) -> bool {
        let Body::For { region, .. } = &node.body else { return false };
        has_call(region) && node.within.is_none() && node.teardown.is_none() && self.carries_retry(node)
    }

    /// The lists of a `for` that Airflow can map over by itself: constants, and results of steps.
    fn direct(&self, node: &Node) -> Option<Vec<Result<Py, SmolStr>>> {
        let Body::For { bindings, limit, .. } = &node.body else { return None };
        if node.when.is_some() || limit.is_some() || bindings.len() > 3 {
            return None;
        }
        bindings.iter().map(|(_, list)| self.list(list)).collect()
    }

    fn list(&self, expr: &Expr) -> Option<Result<Py, SmolStr>> {
        if let Some(Value::List(items)) = constant(expr, &self.plan.schemas) {
            let items = items.iter().map(|item| Py::json(&encode(item, &self.plan.schemas)));
            return Some(Ok(Py::List(items.collect())));
        }
        match &expr.kind {
            ExprKind::Step { up: 0, id } => Some(Err(id.clone())),
            // Elements are decoded one by one.
            ExprKind::Convert { value, .. } => self.list(value),
            _ => None,
        }
    }

    fn mapped(&mut self, node: &'p Node, id: &str, rule: Vec<Arg>, losses: &mut Vec<Loss>) -> Written {
        let Body::For { bindings, max, limit, .. } = &node.body else { return Written::default() };
        self.may_be_long(node, limit.as_ref(), losses);
        let mut args = vec![self.task_id(node, id)];
        args.extend(self.step(node, &node.id));
        args.push(named("part", Py::text("element")));
        let mut lines = Vec::new();
        let mut mapped_over = BTreeSet::new();
        let (entry, each) = match self.direct(node) {
            Some(lists) => {
                args.push(named("names", Py::texts(bindings.iter().map(|(name, _)| name.as_str()))));
                args.extend(rule);
                let each = ["each", "each_2", "each_3"].into_iter().zip(lists).map(|(name, list)| {
                    named(
                        name,
                        list.unwrap_or_else(|source| {
                            let exit = self.exits.get(&source).cloned().unwrap_or_default();
                            mapped_over.insert(source);
                            Py::raw(format!("{exit}.output"))
                        }),
                    )
                });
                let each = each.collect();
                self.mapped.insert(node.id.to_string(), None);
                (None, each)
            }
            None => {
                let elements = self.fresh_id(&format!("{id}.elements"));
                let mut own = vec![self.task_id(node, &elements)];
                own.extend(
                    self.step(node, &node.id).into_iter().filter(|arg| arg.name.as_deref() != Some("inline")),
                );
                own.push(named("part", Py::text("elements")));
                own.push(named("inline", Py::bool(true)));
                own.extend(rule);
                let variable = self.variables.fresh(&format!("{}_elements", node.id));
                lines.push((variable.clone(), Py::Call("RustchainStep".to_owned(), own)));
                self.mapped.insert(node.id.to_string(), Some(elements));
                let each = vec![named("each", Py::raw(format!("{variable}.output")))];
                (Some(variable), each)
            }
        };
        args.extend(self.attempts(node, losses));
        args.extend(self.bound(node));
        if let Some(most) = max.as_ref().and_then(|expr| count(expr, &self.plan.schemas)).filter(|n| *n > 0)
            && !meta(self.plan, &node.id).contains_key("max_active_tis_per_dagrun")
        {
            args.push(named("max_active_tis_per_dagrun", Py::raw(most.to_string())));
        }
        args.extend(self.kept(node, losses));
        let variable = self.variables.fresh(&node.id);
        let partial = Py::Call("RustchainStep.partial".to_owned(), args);
        lines.push((variable.clone(), Py::Then(Box::new(partial), "expand", each)));
        let entry = entry.unwrap_or_else(|| variable.clone());
        Written { lines, entry, exit: variable, edges: Vec::new(), mapped_over, has_rule: false }
    }

    fn may_be_long(&self, node: &Node, limit: Option<&Expr>, losses: &mut Vec<Loss>) {
        let known = match &node.body {
            Body::For { bindings, .. } => {
                bindings.iter().try_fold(1_i64, |all, (_, list)| match constant(list, &self.plan.schemas)? {
                    Value::List(items) => all.checked_mul(i64::try_from(items.len()).ok()?),
                    _ => None,
                })
            }
            _ => None,
        };
        let most = known.or_else(|| limit.and_then(|expr| count(expr, &self.plan.schemas)));
        if most.is_some_and(|most| most > MOST_MAPPED) {
            let message = format!(
                "more than {MOST_MAPPED} elements fail unless Airflow's `core.max_map_length` is raised"
            );
            losses.push(Loss::of(Fate::Approximated, Some(&node.id), message));
        }
    }

    // --- match ----------------------------------------------------------------------------------

    fn branch(
        &mut self,
        node: &'p Node,
        id: &str,
        arms: &[Arm],
        rule: Vec<Arg>,
        losses: &mut Vec<Loss>,
    ) -> Written {
        let choose_id = self.fresh_id(&format!("{id}.choose"));
        let chooser = self.variables.fresh(&format!("{}_choose", node.id));
        let mut lines = Vec::new();
        let mut ids = Vec::new();
        let mut taken = Vec::new();
        let mut paths = Vec::new();
        for arm in arms {
            let label = arm.label();
            let arm_id = self.fresh_id(&names::task_id(&format!("{id}.{label}")));
            let path = format!("{}/{label}", node.id);
            self.task_ids.insert(path.clone(), arm_id.clone());
            let mut args = vec![self.task_id(node, &arm_id)];
            args.extend(self.step(node, &path));
            args.extend(self.attempts(node, losses));
            args.extend(self.bound(node));
            let variable = self.variables.fresh(&format!("{}_{label}", node.id));
            lines.push((variable.clone(), Py::Call("RustchainStep".to_owned(), args)));
            ids.push((Py::text(label), Py::text(arm_id)));
            taken.push(variable);
            paths.push(path);
        }
        let mut args = vec![self.task_id(node, &choose_id)];
        args.extend(
            self.step(node, &node.id).into_iter().filter(|arg| arg.name.as_deref() != Some("inline")),
        );
        args.push(named("arms", Py::Dict(ids)));
        args.extend(rule);
        lines.insert(0, (chooser.clone(), Py::Call("RustchainBranch".to_owned(), args)));
        let mut args = vec![
            self.task_id(node, id),
            named("arms", Py::texts(paths)),
            named("trigger_rule", Py::text("none_failed_min_one_success")),
        ];
        args.extend(self.kept(node, losses));
        let join = self.variables.fresh(&node.id);
        lines.push((join.clone(), Py::Call("RustchainJoin".to_owned(), args)));
        let mut edges: Vec<(Vec<String>, String)> =
            taken.iter().map(|arm| (vec![chooser.clone()], arm.clone())).collect();
        edges.push((taken, join.clone()));
        Written { lines, entry: chooser, exit: join, edges, mapped_over: BTreeSet::new(), has_rule: true }
    }

    // --- clauses --------------------------------------------------------------------------------

    /// Can Airflow make the attempts? Otherwise they are made inside the task.
    fn carries_retry(&self, node: &Node) -> bool {
        let Some(retry) = &node.retry else { return true };
        let constant = |expr: &Expr| nanoseconds(expr, &self.plan.schemas).is_some();
        let pause = match &retry.backoff {
            None => true,
            Some(Backoff::Constant(pause) | Backoff::Exponential(pause)) => constant(pause),
            Some(Backoff::Linear(_)) => false,
        };
        let cap = retry.cap.as_ref().is_none_or(constant);
        count(&retry.count, &self.plan.schemas).is_some() && pause && cap && node.within.is_none()
    }

    fn attempts(&self, node: &Node, losses: &mut Vec<Loss>) -> Vec<Arg> {
        let Some(retry) = &node.retry else { return Vec::new() };
        if !self.carries_retry(node) {
            let message = "the attempts are made inside one task: Airflow has no pause that grows by the same, \
                           and no bound over all attempts";
            losses.push(Loss::of(Fate::Approximated, Some(&node.id), message).at("retry"));
            return Vec::new();
        }
        let Some(times) = count(&retry.count, &self.plan.schemas).filter(|n| *n > 0) else {
            return Vec::new();
        };
        let mut args = vec![named("retries", Py::raw(times.to_string()))];
        let pause = |expr: &Expr| nanoseconds(expr, &self.plan.schemas).map(timedelta);
        match &retry.backoff {
            Some(Backoff::Constant(delay)) => {
                args.extend(pause(delay).map(|d| named("retry_delay", d)));
            }
            Some(Backoff::Exponential(delay)) => {
                args.extend(pause(delay).map(|d| named("retry_delay", d)));
                let twice = if self.version == AirflowVersion::Two { Py::bool(true) } else { Py::raw("2") };
                args.push(named("retry_exponential_backoff", twice));
            }
            Some(Backoff::Linear(_)) | None => {}
        }
        if let Some(cap) = &retry.cap {
            args.extend(pause(cap).map(|d| named("max_retry_delay", d)));
        }
        args
    }

    /// A bound behind the one that the step keeps itself, for a program that does not end.
    fn bound(&self, node: &Node) -> Option<Arg> {
        let ns = |expr: &Expr| nanoseconds(expr, &self.plan.schemas);
        let repeats = node.retry.is_some() && !self.carries_retry(node)
            || matches!(node.body, Body::Loop { .. } | Body::Poll { .. })
            || matches!(node.body, Body::For { .. }) && !self.maps(node);
        let bound = match (&node.within, &node.timeout) {
            (Some(within), _) => ns(within),
            (None, Some(timeout)) if !repeats => ns(timeout),
            _ => None,
        };
        bound.map(|ns| named("execution_timeout", timedelta(ns.saturating_add(GRACE))))
    }

    /// Outlets, what `meta airflow` keeps, the documentation.
    fn kept(&self, node: &Node, losses: &mut Vec<Loss>) -> Vec<Arg> {
        let mut args = Vec::new();
        if !node.updates.is_empty() {
            let assets = node.updates.iter().map(|uri| asset(uri, self.version));
            args.push(named("outlets", Py::List(assets.collect())));
        }
        for (name, value) in meta(self.plan, &node.id) {
            if META.contains(&name) {
                args.push(named(name, Py::json(value)));
            } else if !matches!(name, "label" | "mode" | "inlets" | "sla") {
                let message = format!("`{name}` of `meta airflow` is no argument of a task");
                losses.push(Loss::of(Fate::Lost, Some(&node.id), message).at("meta"));
            }
        }
        if !node.doc.is_empty() {
            args.push(named("doc_md", Py::text(node.doc.trim())));
        }
        args
    }

    // --- ids ------------------------------------------------------------------------------------

    /// `task_id="…"`: inside a group without the group's id.
    fn task_id(&self, node: &Node, id: &str) -> Arg {
        let group = groups::inside(&node.id).and_then(|path| Some((path, self.groups.get(path)?)));
        let own = match group {
            Some((path, group)) if group.prefixed => {
                let depth = path.split('.').count();
                id.splitn(depth + 1, '.').last().unwrap_or(id)
            }
            _ => id,
        };
        named("task_id", Py::text(own))
    }

    pub(super) fn fresh_id(&mut self, wanted: &str) -> String {
        let mut id = wanted.to_owned();
        let mut n = 2;
        while !self.used_ids.insert(id.clone()) {
            id = format!("{wanted}_{n}");
            n += 1;
        }
        id
    }
}

/// Steps whose values a step reads.
fn reads(node: &Node) -> Vec<&str> {
    let mut ids: Vec<&str> =
        node.needs.iter().filter(|need| need.kind != NeedKind::Order).map(|need| need.id.as_str()).collect();
    ids.dedup();
    ids
}

/// Steps that the outputs of a mission read.
pub(super) fn output_reads(plan: &Plan) -> Vec<SmolStr> {
    let mut steps = BTreeSet::new();
    let mut lets: BTreeSet<SmolStr> = BTreeSet::new();
    let mut open: Vec<&Expr> = plan.outputs.iter().map(|output| &output.value).collect();
    while let Some(expr) = open.pop() {
        local::walk(expr, &mut |inner| match &inner.kind {
            ExprKind::Step { id, .. } | ExprKind::Ran { id, .. } => {
                steps.insert(id.clone());
            }
            ExprKind::Let { name, .. } => {
                lets.insert(name.clone());
            }
            _ => {}
        });
        for name in std::mem::take(&mut lets) {
            open.extend(plan.root.lets.get(&name));
        }
    }
    steps.into_iter().collect()
}

fn branches(node: &Node, arms: &[Arm]) -> bool {
    node.within.is_none() && arms.iter().any(|arm| has_call(&arm.region))
}

fn has_call(region: &Region) -> bool {
    region.nodes.iter().any(|node| {
        matches!(node.body, Body::Call(_))
            || local::regions(&node.body).iter().any(|(_, inner)| has_call(inner))
    })
}
