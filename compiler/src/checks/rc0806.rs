//! unsound-contains: a substring test where a set is meant.

use super::context::Context;
use super::exprs;
use rustchain_grammar::{Applicability, Diagnostic, Severity};
use rustchain_plan::Value;
use rustchain_plan::expr::{BinaryOp, ExprKind};
use std::collections::BTreeSet;

pub(super) fn run(context: &Context<'_>) -> Vec<Diagnostic> {
    let mut out = Vec::new();
    let mut seen = BTreeSet::new();
    for root in &context.roots {
        exprs::each(root, &mut |expr| {
            let ExprKind::Binary { op: BinaryOp::In, left, right } = &expr.kind else { return };
            if matches!(left.kind, ExprKind::Const(_)) {
                return;
            }
            let ExprKind::Const(Value::String(text)) = &right.kind else { return };
            let Some(words) = words(text) else { return };
            let place = context.spans.place(expr.id);
            if !seen.insert(place) {
                return;
            }
            let list: Vec<String> = words.iter().map(|w| format!("{w:?}")).collect();
            let list = format!("[{}]", list.join(", "));
            let finding = context
                .finding(
                    "RC0806",
                    Severity::Medium,
                    place,
                    format!("this asks for a part of the text {text:?}, not for one of its words"),
                )
                .label("any part of the text will do, an empty text too");
            let at = context.spans.place(right.id);
            out.push(finding.fix(format!("ask in a list: `{list}`"), Applicability::Suggest, at.span, list));
        });
    }
    out
}

/// The words of a text that is written like a list.
fn words(text: &str) -> Option<Vec<&str>> {
    let separator = [',', '|', ';', ' '].into_iter().find(|c| text.contains(*c))?;
    let words: Vec<&str> = text.split(separator).map(str::trim).filter(|w| !w.is_empty()).collect();
    let simple = |w: &&str| w.chars().all(|c| c.is_alphanumeric() || "-_./@".contains(c));
    (words.len() >= 2 && words.iter().all(simple)).then_some(words)
}
