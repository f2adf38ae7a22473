//! Every expression of a plan.

use crate::effects::scope::Site;
use rustchain_plan::expr::{CompClause, ExprKind, Part};
use rustchain_plan::plan::{Backoff, Node, OnErrorAction, Plan, Region};
use rustchain_plan::{Body, Expr};

/// Calls `f` with an expression and everything in it, outer before inner.
pub fn each<'e>(expr: &'e Expr, f: &mut dyn FnMut(&'e Expr)) {
    f(expr);
    each_child(expr, &mut |inner| each(inner, f));
}

/// The expressions directly in an expression.
pub fn children(expr: &Expr) -> Vec<&Expr> {
    let mut out = Vec::new();
    each_child(expr, &mut |inner| out.push(inner));
    out
}

/// Calls `f` with each expression directly in an expression, in source order.
fn each_child<'e>(expr: &'e Expr, f: &mut dyn FnMut(&'e Expr)) {
    match &expr.kind {
        ExprKind::Const(_)
        | ExprKind::Param { .. }
        | ExprKind::Step { .. }
        | ExprKind::Let { .. }
        | ExprKind::Local(_)
        | ExprKind::Run(_)
        | ExprKind::Ran { .. }
        | ExprKind::Outcome(_) => {}
        ExprKind::Field { base, .. } => f(base),
        ExprKind::Index { base, index } => [base, index].into_iter().for_each(|e| f(e)),
        ExprKind::Not(value)
        | ExprKind::Neg(value)
        | ExprKind::Convert { value, .. }
        | ExprKind::Lower { value, .. } => f(value),
        ExprKind::Binary { left, right, .. } => [left, right].into_iter().for_each(|e| f(e)),
        ExprKind::If { cond, then, otherwise } => [cond, then, otherwise].into_iter().for_each(|e| f(e)),
        ExprKind::Match { subject, arms } => {
            f(subject);
            arms.iter().for_each(|arm| f(&arm.value));
        }
        ExprKind::List(items) | ExprKind::Call { args: items, .. } => items.iter().for_each(f),
        ExprKind::Map(entries) => entries.iter().for_each(|(_, e)| f(e)),
        ExprKind::Record { base, fields, .. } => {
            base.iter().for_each(|b| f(b));
            fields.iter().for_each(|(_, e)| f(e));
        }
        ExprKind::Template { parts, .. } => {
            for part in parts {
                match part {
                    Part::Hole(hole) => f(hole),
                    Part::Text(_) => {}
                }
            }
        }
        ExprKind::Comprehension { body, clauses } => {
            for clause in clauses {
                match clause {
                    CompClause::For(_, e) | CompClause::If(e) => f(e),
                }
            }
            f(body);
        }
        ExprKind::Bind { value, body, .. } => [value, body].into_iter().for_each(|e| f(e)),
    }
}

/// The expressions of a node that stand in the region that holds it.
pub fn of_node(node: &Node) -> Vec<&Expr> {
    let mut out: Vec<&Expr> = Vec::new();
    out.extend(&node.when);
    out.extend(&node.timeout);
    out.extend(&node.within);
    for handler in &node.on_error {
        if let OnErrorAction::Use(value) = &handler.action {
            out.push(value);
        }
    }
    out.extend(node.cache.iter().filter_map(|c| c.ttl.as_ref()));
    if let Some(retry) = &node.retry {
        out.push(&retry.count);
        out.extend(&retry.cap);
        match &retry.backoff {
            Some(Backoff::Constant(e) | Backoff::Linear(e) | Backoff::Exponential(e)) => out.push(e),
            None => {}
        }
    }
    match &node.body {
        Body::Value(value) => out.push(value),
        Body::Call(call) => out.extend(call.args.values()),
        Body::Chain { args, .. } => out.extend(args.values()),
        Body::Match { subject, .. } => out.push(subject),
        Body::For { bindings, max, limit, .. } => {
            out.extend(bindings.iter().map(|(_, e)| e));
            out.extend(max);
            out.extend(limit);
        }
        Body::Loop { init, max, .. } => out.extend([init, max]),
        Body::Poll { every, duration, max, .. } => {
            out.extend(every);
            out.extend(duration);
            out.extend(max);
        }
    }
    out
}

/// The expressions of a region that are not a node's: its `let`s and its value.
pub fn of_region(region: &Region) -> Vec<&Expr> {
    region.lets.values().chain(&region.result).collect()
}

/// Every expression written in a mission, not what lies inside it; [`Context::roots`] keeps them.
pub fn all<'a>(plan: &'a Plan, sites: &[Site<'a>]) -> Vec<&'a Expr> {
    let mut out: Vec<&Expr> = of_region(&plan.root);
    out.extend(plan.inputs.iter().flat_map(|i| i.default.iter().chain(&i.constraint)));
    out.extend(plan.outputs.iter().map(|o| &o.value));
    out.extend(plan.chain_tools.values().flat_map(of_region));
    for site in sites {
        out.extend(of_node(site.node));
        for inner in site.scope.inner(site.node) {
            out.extend(inner.region.map(of_region).unwrap_or_default());
        }
        match &site.node.body {
            Body::Loop { until, .. } | Body::Poll { until, .. } => out.push(until),
            _ => {}
        }
    }
    for agent in plan.agents.values() {
        out.push(&agent.prompt);
        out.extend(&agent.system);
    }
    for provider in plan.providers.values() {
        if let rustchain_plan::plan::Provider::Model { model, options, .. } = provider {
            out.push(model);
            out.extend(options.values());
        }
    }
    out
}
