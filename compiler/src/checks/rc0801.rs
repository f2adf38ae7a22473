//! race-same-file: two steps that nothing orders use one file, and one of them writes it.

use super::context::Context;
use super::exprs;
use super::graph::{Graph, Order, repeated_at_once};
use crate::effects::overlap::plain_path;
use crate::effects::scope::Site;
use rustchain_grammar::{Applicability, Diagnostic, Fix, Severity};
use rustchain_plan::expr::{BinaryOp, ExprKind};
use rustchain_plan::plan::Call;
use rustchain_plan::{EffectKind, Expr, Pattern};
use std::collections::{BTreeMap, BTreeSet};

/// So many uses of one file are compared with each other.
const MOST: usize = 64;

struct Access<'s, 'a> {
    site: &'s Site<'a>,
    call: &'a Call,
    writes: bool,
}

pub(super) fn run(context: &Context<'_>) -> Vec<Diagnostic> {
    let mut files: BTreeMap<Pattern, Vec<Access<'_, '_>>> = BTreeMap::new();
    for (site, call) in context.calls() {
        for effect in &call.effects {
            let writes = effect.kind == EffectKind::FsWrite;
            if (writes || effect.kind == EffectKind::FsRead) && effect.pattern.is_literal() {
                files.entry(plain_path(&effect.pattern)).or_default().push(Access { site, call, writes });
            }
        }
    }
    let repeated = repeated_at_once(context);
    let mut out = Vec::new();
    let mut seen = BTreeSet::new();
    for (file, accesses) in &files {
        let accesses = accesses.get(..MOST).unwrap_or(accesses);
        for (i, a) in accesses.iter().enumerate().filter(|(_, a)| a.writes) {
            if repeated.contains(&a.site.path)
                && one_target(a.call)
                && seen.insert((context.name(&a.site.path), context.name(&a.site.path)))
            {
                out.push(with_itself(context, a, file));
            }
            for (j, b) in accesses.iter().enumerate() {
                if (b.writes && j <= i) || !is_race(&context.graph, a.site, b.site) {
                    continue;
                }
                if seen.insert((context.name(&a.site.path), context.name(&b.site.path))) {
                    out.push(pair(context, a, b, file));
                }
            }
        }
    }
    out
}

/// Does a call write one file only, whatever the round? Several mean that the round chooses.
fn one_target(call: &Call) -> bool {
    call.effects.iter().filter(|e| e.kind == EffectKind::FsWrite).count() == 1
}

fn is_race<'a>(graph: &Graph<'a>, a: &Site<'a>, b: &Site<'a>) -> bool {
    graph.order(a, b) == Order::None && !excludes(a, b) && !torn_down(graph, a, b)
}

/// A teardown runs after what depends on its step.
fn torn_down<'a>(graph: &Graph<'a>, a: &Site<'a>, b: &Site<'a>) -> bool {
    let Some(region) = a.scope.region.filter(|r| b.scope.region.is_some_and(|o| std::ptr::eq(*r, o))) else {
        return false;
    };
    let after = |t: &Site<'_>, other: &Site<'_>| {
        let setup = t.node.teardown.as_deref();
        setup.is_some_and(|s| s == other.node.id || graph.reaches(region, s, &other.node.id, false))
    };
    after(a, b) || after(b, a)
}

/// Conditions of which at most one holds: `x == a` and `x == b`, `c` and `!c`.
fn excludes(a: &Site<'_>, b: &Site<'_>) -> bool {
    let (Some(a), Some(b)) = (&a.node.when, &b.node.when) else { return false };
    if negated(a).is_some_and(|inner| same(inner, b)) || negated(b).is_some_and(|inner| same(inner, a)) {
        return true;
    }
    match (compared(a), compared(b)) {
        (Some((op, x, u)), Some((other, y, v))) if same(x, y) => match (op, other) {
            (BinaryOp::Eq, BinaryOp::Eq) => !same(u, v) && is_constant(u) && is_constant(v),
            (BinaryOp::Eq, BinaryOp::Ne) | (BinaryOp::Ne, BinaryOp::Eq) => same(u, v),
            (BinaryOp::Lt, BinaryOp::Ge) | (BinaryOp::Ge, BinaryOp::Lt) => same(u, v),
            (BinaryOp::Gt, BinaryOp::Le) | (BinaryOp::Le, BinaryOp::Gt) => same(u, v),
            (BinaryOp::Gt, BinaryOp::Eq) | (BinaryOp::Eq, BinaryOp::Gt) => same(u, v),
            (BinaryOp::Lt, BinaryOp::Eq) | (BinaryOp::Eq, BinaryOp::Lt) => same(u, v),
            _ => false,
        },
        _ => false,
    }
}

fn negated(expr: &Expr) -> Option<&Expr> {
    match &expr.kind {
        ExprKind::Not(inner) => Some(inner),
        _ => None,
    }
}

fn compared(expr: &Expr) -> Option<(BinaryOp, &Expr, &Expr)> {
    match &expr.kind {
        ExprKind::Binary { op, left, right } => Some((*op, left, right)),
        _ => None,
    }
}

fn is_constant(expr: &Expr) -> bool {
    matches!(expr.kind, ExprKind::Const(_))
}

/// The same expression, wherever it stands.
fn same(a: &Expr, b: &Expr) -> bool {
    let (left, right) = (exprs::children(a), exprs::children(b));
    if left.is_empty() && right.is_empty() {
        return a.kind == b.kind;
    }
    let shape = std::mem::discriminant(&a.kind) == std::mem::discriminant(&b.kind);
    let named = match (&a.kind, &b.kind) {
        (ExprKind::Field { name: x, .. }, ExprKind::Field { name: y, .. }) => x == y,
        (ExprKind::Call { function: x, .. }, ExprKind::Call { function: y, .. }) => x == y,
        (ExprKind::Binary { op: x, .. }, ExprKind::Binary { op: y, .. }) => x == y,
        (ExprKind::Index { .. }, ExprKind::Index { .. }) | (ExprKind::Not(_), ExprKind::Not(_)) => true,
        _ => false,
    };
    shape && named && left.len() == right.len() && left.iter().zip(right).all(|(x, y)| same(x, y))
}

fn pair(context: &Context<'_>, a: &Access<'_, '_>, b: &Access<'_, '_>, file: &Pattern) -> Diagnostic {
    let (first, second) = (context.callee(&a.site.path), context.callee(&b.site.path));
    let what = if b.writes { "write" } else { "write and read" };
    let message = format!("`{}` and `{}` {what} `{}` in no order", a.site.node.id, b.site.node.id, file.0);
    let finding = context
        .finding("RC0801", Severity::High, second, message)
        .label(if b.writes { "writes it too" } else { "reads it" })
        .also(first.file, first.span, format!("`{}` writes it", a.call.callee));
    let mut finding =
        finding.help(format!("order them: `after [{}]` in `{}`", a.site.node.id, b.site.node.id));
    let beside = parent(&a.site.path) == parent(&b.site.path);
    let free = context.places(&b.site.path).is_some_and(|p| !p.clauses.contains_key("after"));
    let clause = format!("after [{}]", a.site.node.id);
    if let Some(edit) = context.add_clause(&b.site.path, &clause).filter(|_| beside && free) {
        let title = format!("let `{}` wait for `{}`", b.site.node.id, a.site.node.id);
        finding.fixes.push(Fix { title, applicability: Applicability::Suggest, edits: vec![edit] });
    }
    finding
}

fn parent(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(parent, _)| parent)
}

fn with_itself(context: &Context<'_>, a: &Access<'_, '_>, file: &Pattern) -> Diagnostic {
    let place = context.callee(&a.site.path);
    let message = format!("every round writes `{}`, several at once", file.0);
    let finding = context.finding("RC0801", Severity::High, place, message).label("the same file each time");
    finding.help("put the round's value into the path, or write `max 1` in the `for`")
}
