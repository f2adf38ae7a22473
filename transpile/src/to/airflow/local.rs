//! What a mission can do in one process on one machine, and a DAG cannot.

use super::loss::{Fate, Loss};
use super::names;
use crate::from::airflow::AirflowVersion;
use rustchain_plan::expr::{Expr, ExprKind, RunField};
use rustchain_plan::plan::{Body, CalleeKind, Node, Plan, Region, Trigger};
use rustchain_plan::{Labels, Type};

/// Everything local of a plan.
pub(super) fn losses(plan: &Plan, version: AirflowVersion) -> Vec<Loss> {
    let mut found = Vec::new();
    of_mission(plan, &mut found);
    of_region(plan, &plan.root, "", version, &mut found);
    if reads_latest(plan) {
        let message = "`run.is_latest` is always true: a task does not know the runs after it";
        found.push(Loss::of(Fate::Approximated, None, message));
    }
    found
}

fn of_mission(plan: &Plan, found: &mut Vec<Loss>) {
    let policy = &plan.policy;
    if policy.budget.usd.is_some() || policy.budget.tokens.is_some() {
        let message = "the budget holds for each task by itself: no task knows what the others spent";
        found.push(Loss::of(Fate::Approximated, None, message));
    }
    if !policy.sequences.is_empty() {
        let message = "rules about the order of effects hold inside a task only";
        found.push(
            Loss::of(Fate::Lost, None, message)
                .help("they were decided for the steps' order when the plan was made"),
        );
    }
    if plan.outcome_leaves && !plan.outputs.is_empty() {
        let message =
            "outputs are not evaluated where the leaves decide the run: a task for them would be a leaf";
        found.push(Loss::of(Fate::Lost, None, message).help("read the steps' values from XCom"));
    }
    for (name, memory) in &plan.memories {
        let message = format!(
            "the memory `{name}` ({}) is a folder: every worker must share it, and tasks that write it must \
             not run at once",
            memory.kind
        );
        found.push(Loss::of(Fate::Approximated, None, message));
    }
    for secret in plan.inputs.iter().filter(|input| input.labels.contains(Labels::SECRET)) {
        if !matches!(secret.ty.non_null(), Type::String) {
            let message =
                format!("the secret `{}` is a {}: a connection's password is text", secret.name, secret.ty);
            found.push(Loss::of(Fate::Lost, None, message).help("declare it as a string"));
        }
    }
}

fn of_region(plan: &Plan, region: &Region, prefix: &str, version: AirflowVersion, found: &mut Vec<Loss>) {
    for node in &region.nodes {
        let path = format!("{prefix}{}", node.id);
        of_call(plan, node, &path, found);
        if prefix.is_empty() {
            of_task(node, &path, version, found);
        }
        for (label, inner) in regions(&node.body) {
            let inside = label.map_or_else(|| format!("{path}/"), |label| format!("{path}/{label}/"));
            of_region(plan, inner, &inside, version, found);
        }
    }
}

fn of_call(plan: &Plan, node: &Node, path: &str, found: &mut Vec<Loss>) {
    let Body::Call(call) = &node.body else { return };
    let lost = |message: String| Loss::of(Fate::Lost, Some(path), message);
    if call.kind == CalleeKind::Hole {
        found.push(
            lost("a hole: nothing can run it, and neither can a task".to_owned())
                .help("put a call in its place"),
        );
    }
    if call.needs_approval || call.callee.starts_with("human.") {
        let message = "a person is asked at the terminal of the run, and a task has none: it is refused";
        found.push(lost(message.to_owned()).help("decide in a DAG of its own, and run this one after it"));
    }
    if matches!(call.callee.as_str(), "exec.start" | "exec.kill") {
        let message =
            format!("`{}`: a program that lives until the run ends would end with its task", call.callee);
        found.push(lost(message).help("start the program outside of the DAG"));
    }
    if let Some(agent) = plan.agents.get(&call.callee)
        && agent.tools.iter().any(|tool| tool.callee.starts_with("human."))
    {
        found.push(lost("an agent that may ask a person: a task has no terminal".to_owned()));
    }
}

fn of_task(node: &Node, path: &str, version: AirflowVersion, found: &mut Vec<Loss>) {
    let shown = names::shown(node);
    let id = names::task_id(shown);
    if id != shown {
        let message = format!("Airflow's ids have letters, digits, `_`, `-` and `.`: the task is `{id}`");
        found.push(Loss::of(Fate::Approximated, Some(path), message).help("give the step an `id`"));
    }
    if version == AirflowVersion::Two && node.trigger == Some(Trigger::AllDoneMinOneSuccess) {
        let message = "Airflow 2 has no rule `all_done_min_one_success`";
        found.push(Loss::of(Fate::Lost, Some(path), message).at("trigger").help("export for Airflow 3"));
    }
}

/// The regions of a body with the segment that their paths have: an arm's label, nothing for others.
pub(super) fn regions(body: &Body) -> Vec<(Option<String>, &Region)> {
    match body {
        Body::Value(_) | Body::Call(_) => Vec::new(),
        Body::Chain { region, .. }
        | Body::For { region, .. }
        | Body::Loop { region, .. }
        | Body::Poll { region, .. } => vec![(None, region)],
        Body::Match { arms, .. } => arms.iter().map(|arm| (Some(arm.label()), &arm.region)).collect(),
    }
}

fn reads_latest(plan: &Plan) -> bool {
    let mut found = false;
    let mut visit = |expr: &Expr| found |= matches!(expr.kind, ExprKind::Run(RunField::IsLatest));
    plan.outputs.iter().for_each(|output| walk(&output.value, &mut visit));
    in_region(&plan.root, &mut visit);
    found
}

fn in_region(region: &Region, visit: &mut dyn FnMut(&Expr)) {
    region.lets.values().chain(&region.result).for_each(|expr| walk(expr, visit));
    for node in &region.nodes {
        node.when.iter().for_each(|expr| walk(expr, visit));
        match &node.body {
            Body::Value(expr) => walk(expr, visit),
            Body::Call(call) => call.args.values().for_each(|expr| walk(expr, visit)),
            Body::Chain { args, .. } => args.values().for_each(|expr| walk(expr, visit)),
            Body::Match { subject, .. } => walk(subject, visit),
            Body::For { bindings, .. } => bindings.iter().for_each(|(_, expr)| walk(expr, visit)),
            Body::Loop { init, until, .. } => [init, until].into_iter().for_each(|expr| walk(expr, visit)),
            Body::Poll { until, .. } => walk(until, visit),
        }
        regions(&node.body).into_iter().for_each(|(_, inner)| in_region(inner, visit));
    }
}

/// Visits an expression and everything in it.
pub(super) fn walk(expr: &Expr, visit: &mut dyn FnMut(&Expr)) {
    visit(expr);
    expr.for_each_child(&mut |child| walk(child, visit));
}
