//! How often a step is evaluated at most.

use crate::effects::fold;
use crate::effects::scope::{Scope, Site};
use rustchain_plan::expr::{BinaryOp, ExprKind};
use rustchain_plan::plan::{InputSpec, Node};
use rustchain_plan::{Body, Expr, Value};
use std::rc::Rc;

/// The most evaluations of a node's call, the nodes around it included; `Err` names the node that nothing bounds.
pub fn times(site: &Site<'_>, all: &[Site<'_>]) -> Result<u64, String> {
    let mut total = attempts(site);
    for outer in around(&site.path, all) {
        let rounds = rounds(outer.node, &outer.scope).ok_or_else(|| outer.path.clone())?;
        total = total.saturating_mul(rounds).saturating_mul(attempts(outer));
    }
    Ok(total)
}

/// The sites around a path, innermost last. Sites come outer before inner: nothing is around a path without `/`.
pub fn around<'s, 'p>(path: &'s str, all: &'s [Site<'p>]) -> impl DoubleEndedIterator<Item = &'s Site<'p>> {
    let all = if path.contains('/') { all } else { &[] };
    all.iter().filter(move |o| path.strip_prefix(o.path.as_str()).is_some_and(|rest| rest.starts_with('/')))
}

/// Attempts of one evaluation.
pub fn attempts(site: &Site<'_>) -> u64 {
    let Some(retry) = &site.node.retry else { return 1 };
    upper_bound(&retry.count, &site.scope).map_or(1, |n| n.saturating_add(1))
}

/// Rounds of a `for` or a loop; 1 for anything else.
pub fn rounds<'p>(node: &'p Node, scope: &Rc<Scope<'p>>) -> Option<u64> {
    match &node.body {
        Body::For { bindings, limit, .. } => {
            if let Some(limit) = limit.as_ref().and_then(|l| upper_bound(l, scope)) {
                return Some(limit);
            }
            let mut lengths = bindings.iter().map(|(_, list)| length(list, scope));
            lengths.try_fold(1u64, |total, n| n.map(|n| total.saturating_mul(n)))
        }
        Body::Loop { max, .. } => upper_bound(max, scope),
        Body::Poll { every, duration, max, .. } => {
            let by_count = max.as_ref().and_then(|m| upper_bound(m, scope));
            let span = duration.as_ref().and_then(|d| nanoseconds(d, scope));
            let pause = every.as_ref().map_or(Some(1_000_000_000), |e| nanoseconds(e, scope));
            let by_time = span.zip(pause.filter(|p| *p > 0)).map(|(span, pause)| (span / pause) as u64 + 1);
            match (by_count, by_time) {
                (Some(a), Some(b)) => Some(a.min(b)),
                (a, b) => a.or(b),
            }
        }
        _ => Some(1),
    }
}

/// The most elements of a list.
pub fn length<'p>(list: &'p Expr, scope: &Rc<Scope<'p>>) -> Option<u64> {
    let constant = fold::values(list, scope);
    if let Some(values) = constant {
        let lengths = values.iter().map(|v| match v {
            Value::List(items) => Some(items.len() as u64),
            _ => None,
        });
        return lengths.collect::<Option<Vec<u64>>>()?.into_iter().max();
    }
    match &list.kind {
        ExprKind::List(items) => Some(items.len() as u64),
        ExprKind::Call { function, args } => match (function.as_str(), args.as_slice()) {
            ("take", [list, count]) => {
                let most = upper_bound(count, scope);
                match (length(list, scope), most) {
                    (Some(a), Some(b)) => Some(a.min(b)),
                    (a, b) => a.or(b),
                }
            }
            ("range", [_, end]) => upper_bound(end, scope),
            ("reverse" | "sort" | "unique" | "drop", [list, ..]) => length(list, scope),
            _ => None,
        },
        ExprKind::Comprehension { clauses, .. } => {
            let mut total = 1u64;
            for clause in clauses {
                if let rustchain_plan::expr::CompClause::For(_, list) = clause {
                    total = total.saturating_mul(length(list, scope)?);
                }
            }
            Some(total)
        }
        ExprKind::Step { up, id } => {
            let home = scope.up(*up)?;
            let node = home.node(id)?;
            match &node.body {
                Body::Value(list) => length(list, &home),
                Body::For { .. } => rounds(node, &home),
                _ => None,
            }
        }
        ExprKind::Let { up, name } => {
            let home = scope.up(*up)?;
            length(home.region?.lets.get(name)?, &home)
        }
        ExprKind::Param { up, name } => match scope.up(*up)?.params.get(name)? {
            crate::effects::scope::Bound::Argument(arg, outer) => length(arg, outer),
            _ => None,
        },
        ExprKind::Convert { value, .. } | ExprKind::Lower { value, .. } => length(value, scope),
        _ => None,
    }
}

fn nanoseconds<'p>(expr: &'p Expr, scope: &Rc<Scope<'p>>) -> Option<i64> {
    match fold::constant(expr, scope)? {
        Value::Duration(n) => Some(n),
        _ => None,
    }
}

/// The greatest value an int expression can have.
pub fn upper_bound<'p>(expr: &'p Expr, scope: &Rc<Scope<'p>>) -> Option<u64> {
    if let Some(values) = fold::values(expr, scope) {
        let ints = values.iter().map(|v| match v {
            Value::Int(n) => Some((*n).max(0) as u64),
            _ => None,
        });
        return ints.collect::<Option<Vec<u64>>>()?.into_iter().max();
    }
    match &expr.kind {
        ExprKind::Param { up, name } => match scope.up(*up)?.params.get(name)? {
            crate::effects::scope::Bound::Input(input) => constrained(input),
            crate::effects::scope::Bound::Argument(arg, outer) => upper_bound(arg, outer),
            _ => None,
        },
        ExprKind::Call { function, args } => match (function.as_str(), args.as_slice()) {
            ("clamp", [_, _, high]) => upper_bound(high, scope),
            ("len", [list]) => length(list, scope),
            _ => None,
        },
        _ => None,
    }
}

/// The upper bound that an input's `where` states.
fn constrained(input: &InputSpec) -> Option<u64> {
    bound_in(input.constraint.as_ref()?, &input.name)
}

fn bound_in(expr: &Expr, name: &str) -> Option<u64> {
    let ExprKind::Binary { op, left, right } = &expr.kind else { return None };
    let is_name = |e: &Expr| matches!(&e.kind, ExprKind::Local(n) if n == name);
    let int = |e: &Expr| match e.kind {
        ExprKind::Const(Value::Int(n)) => Some(n),
        _ => None,
    };
    let most = match op {
        BinaryOp::And => return bound_in(left, name).into_iter().chain(bound_in(right, name)).min(),
        BinaryOp::Le if is_name(left) => int(right)?,
        BinaryOp::Lt if is_name(left) => int(right)?.checked_sub(1)?,
        BinaryOp::Ge if is_name(right) => int(left)?,
        BinaryOp::Gt if is_name(right) => int(left)?.checked_sub(1)?,
        BinaryOp::Eq if is_name(left) => int(right)?,
        _ => return None,
    };
    Some(most.max(0) as u64)
}
