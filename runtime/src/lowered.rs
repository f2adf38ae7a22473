//! Where a step lowers labels: its `trust` and `reveal`.

use rustchain_plan::expr::{CompClause, Outcome, Part};
use rustchain_plan::plan::{Backoff, Node, OnErrorAction, Region};
use rustchain_plan::{Body, Expr, ExprKind, Labels};
use smol_str::SmolStr;

/// Every `trust` and `reveal` in the expressions of a node and in the `let`s of its region that they
/// read; those in the regions inside belong to the nodes there.
pub(crate) fn in_node(node: &Node, region: &Region) -> Vec<(Labels, SmolStr)> {
    let mut found = Found { region, lets: Vec::new(), lowered: Vec::new() };
    for expr in expressions(node) {
        found.walk(expr);
    }
    found.lowered
}

fn expressions(node: &Node) -> Vec<&Expr> {
    let mut all: Vec<&Expr> = Vec::new();
    all.extend(node.when.iter().chain(&node.timeout).chain(&node.within));
    all.extend(node.on_error.iter().filter_map(|rule| match &rule.action {
        OnErrorAction::Use(expr) => Some(expr),
        _ => None,
    }));
    if let Some(retry) = &node.retry {
        all.push(&retry.count);
        all.extend(&retry.cap);
        all.extend(retry.backoff.as_ref().map(|backoff| match backoff {
            Backoff::Constant(e) | Backoff::Linear(e) | Backoff::Exponential(e) => e,
        }));
    }
    match &node.body {
        Body::Value(expr) => all.push(expr),
        Body::Call(call) => all.extend(call.args.values()),
        Body::Chain { args, .. } => all.extend(args.values()),
        Body::Match { subject, .. } => all.push(subject),
        Body::For { bindings, max, limit, .. } => {
            all.extend(bindings.iter().map(|(_, expr)| expr));
            all.extend(max.iter().chain(limit));
        }
        Body::Loop { init, until, max, .. } => all.extend([init, until, max]),
        Body::Poll { until, every, duration, max, .. } => {
            all.push(until);
            all.extend(every.iter().chain(duration).chain(max));
        }
    }
    all
}

struct Found<'p> {
    region: &'p Region,
    lets: Vec<&'p SmolStr>,
    lowered: Vec<(Labels, SmolStr)>,
}

impl<'p> Found<'p> {
    fn walk(&mut self, expr: &'p Expr) {
        match &expr.kind {
            ExprKind::Lower { labels, reason, value } => {
                self.lowered.push((*labels, reason.clone()));
                self.walk(value);
            }
            ExprKind::Let { up: 0, name } if !self.lets.contains(&name) => {
                self.lets.push(name);
                if let Some(value) = self.region.lets.get(name) {
                    self.walk(value);
                }
            }
            _ => children(expr).into_iter().for_each(|child| self.walk(child)),
        }
    }
}

/// The expressions directly inside of one.
fn children(expr: &Expr) -> Vec<&Expr> {
    match &expr.kind {
        ExprKind::Const(_)
        | ExprKind::Param { .. }
        | ExprKind::Step { .. }
        | ExprKind::Let { .. }
        | ExprKind::Local(_)
        | ExprKind::Run(_)
        | ExprKind::Ran { .. } => Vec::new(),
        ExprKind::Field { base, .. } => vec![base],
        ExprKind::Index { base, index } => vec![base, index],
        ExprKind::Not(inner) | ExprKind::Neg(inner) => vec![inner],
        ExprKind::Binary { left, right, .. } => vec![left, right],
        ExprKind::If { cond, then, otherwise } => vec![cond, then, otherwise],
        ExprKind::Match { subject, arms } => {
            std::iter::once(&**subject).chain(arms.iter().map(|arm| &arm.value)).collect()
        }
        ExprKind::List(items) | ExprKind::Call { args: items, .. } => items.iter().collect(),
        ExprKind::Map(entries) => entries.iter().map(|(_, value)| value).collect(),
        ExprKind::Record { base, fields, .. } => {
            base.iter().map(|base| &**base).chain(fields.iter().map(|(_, value)| value)).collect()
        }
        ExprKind::Template { parts, .. } => parts
            .iter()
            .filter_map(|part| match part {
                Part::Hole(hole) => Some(hole),
                Part::Text(_) => None,
            })
            .collect(),
        ExprKind::Comprehension { body, clauses } => {
            let clauses = clauses.iter().map(|clause| match clause {
                CompClause::For(_, list) => list,
                CompClause::If(condition) => condition,
            });
            std::iter::once(&**body).chain(clauses).collect()
        }
        ExprKind::Bind { value, body, .. } => vec![value, body],
        ExprKind::Convert { value, .. } | ExprKind::Lower { value, .. } => vec![value],
        ExprKind::Outcome(Outcome::File(path)) => vec![path],
        ExprKind::Outcome(_) => Vec::new(),
    }
}
