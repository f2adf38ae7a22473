//! unreachable-branch: a condition that is always true or always false.

use super::context::Context;
use super::exprs;
use crate::effects::fold;
use rustchain_grammar::{Applicability, Diagnostic, Edit, Fix, Severity};
use rustchain_plan::expr::ExprKind;
use rustchain_plan::{Body, Expr, Value};
use std::collections::BTreeSet;

pub(super) fn run(context: &Context<'_>) -> Vec<Diagnostic> {
    let mut out = Vec::new();
    let mut seen = BTreeSet::new();
    for site in &context.sites {
        if let Some(when) = &site.node.when {
            let place = context.spans.place(when.id);
            if let Some(value) = settled(when, site).filter(|_| seen.insert(place)) {
                let what = if value { "always runs" } else { "never runs" };
                let message = format!("this condition is always {value}: `{}` {what}", site.node.id);
                let mut finding = context
                    .finding("RC0803", Severity::Medium, place, message)
                    .label(format!("always {value}"));
                let edit = context.remove_clause(&site.path, "when").filter(|_| value);
                finding.fixes.extend(edit.map(|edit| suggest("take the condition away", edit)));
                out.push(finding);
            }
        }
        if let Body::Match { subject, arms } = &site.node.body {
            let Some(only) = fold::constant(subject, &site.scope).filter(|_| !is_setting(subject)) else {
                continue;
            };
            let place = context.spans.place(subject.id);
            let taken = arms.iter().position(|a| a.patterns.is_empty() || a.patterns.contains(&only));
            if arms.len() > 1 && seen.insert(place) {
                let nth = taken.map_or("none".to_owned(), |i| format!("only arm {}", i + 1));
                let message = format!("the value is always the same: {nth} can be taken");
                out.push(
                    context.finding("RC0803", Severity::Medium, place, message).label("always the same"),
                );
            }
        }
        for root in exprs::of_node(site.node) {
            exprs::each(root, &mut |expr| {
                let ExprKind::If { cond, then, otherwise } = &expr.kind else { return };
                let place = context.spans.place(cond.id);
                if let Some(value) = settled(cond, site).filter(|_| seen.insert(place)) {
                    let branch = if value { "`else`" } else { "`then`" };
                    let message =
                        format!("this condition is always {value}: the {branch} branch is never taken");
                    let mut finding = context.finding("RC0803", Severity::Medium, place, message);
                    let fix = instead(context, expr, if value { then } else { otherwise });
                    finding.fixes.extend(fix);
                    out.push(finding.label(format!("always {value}")));
                }
            });
        }
    }
    out
}

fn suggest(title: &str, edit: Edit) -> Fix {
    Fix { title: title.to_owned(), applicability: Applicability::Suggest, edits: vec![edit] }
}

/// The branch that is taken in the place of an `if`.
fn instead(context: &Context<'_>, whole: &Expr, branch: &Expr) -> Option<Fix> {
    if whole.id.0 == 0 || branch.id.0 == 0 {
        return None;
    }
    let place = context.spans.place(whole.id);
    let written = context.text(context.spans.place(branch.id));
    if !context.text(place).starts_with("if") || written.is_empty() {
        return None;
    }
    let text = match branch.kind {
        ExprKind::Binary { .. } | ExprKind::If { .. } => format!("({written})"),
        _ => written.to_owned(),
    };
    Some(suggest("write what is always taken", Edit { file: place.file, span: place.span, text }))
}

fn settled<'a>(cond: &'a Expr, site: &crate::effects::scope::Site<'a>) -> Option<bool> {
    if is_setting(cond) {
        return None;
    }
    match fold::constant(cond, &site.scope)? {
        Value::Bool(value) => Some(value),
        _ => None,
    }
}

/// A constant that somebody named, or a parameter: meant to be changed.
fn is_setting(expr: &Expr) -> bool {
    let mut named = false;
    exprs::each(expr, &mut |e| named |= matches!(e.kind, ExprKind::Let { .. } | ExprKind::Param { .. }));
    named
}
