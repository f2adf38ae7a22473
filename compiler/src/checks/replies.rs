//! The fix of RC0411: a record for what is read of a model's reply.

use super::context::Context;
use super::exprs;
use crate::spans::Place;
use rustchain_grammar::{Applicability, Diagnostic, Edit, Fix, Span};
use rustchain_plan::Expr;
use rustchain_plan::expr::ExprKind;
use smol_str::SmolStr;
use std::collections::BTreeMap;

/// `ask<json>` becomes `ask<Reply>`, and `Reply` a record of the fields that are read. Only where the reply is read by
/// its fields alone.
pub(super) fn mend(context: &Context<'_>, diagnostic: &mut Diagnostic) {
    if diagnostic.code == "RC0411" {
        let at = Place { file: diagnostic.primary.file, span: diagnostic.primary.span };
        diagnostic.fixes.extend(typed(context, at));
    }
}

fn typed(context: &Context<'_>, at: Place) -> Option<Fix> {
    let roots: Vec<&Expr> = context
        .sites
        .iter()
        .flat_map(|s| exprs::of_node(s.node))
        .chain(context.plan.outputs.iter().map(|o| &o.value))
        .collect();
    let mut step = None;
    for root in &roots {
        exprs::each(root, &mut |e| {
            if let (Some((id, _)), true) = (field_of_step(e), context.spans.place(e.id) == at) {
                step = Some(id);
            }
        });
    }
    let step = step?;
    let mut asks = context.calls().filter(|(site, call)| site.node.id == *step && call.callee == "ask");
    let (site, _) = asks.next().filter(|_| asks.next().is_none())?;
    let callee = context.callee(&site.path);
    let (_, file) = context.sources.iter().find(|(id, _)| *id == callee.file)?;
    let argument = file.text.get(callee.span.end as usize..)?.strip_prefix("<json>").map(|_| "json".len())?;

    // A field that is itself read by its parts stays json.
    let (mut fields, mut bare) = (BTreeMap::<&SmolStr, &str>::new(), 0);
    for root in &roots {
        exprs::each(root, &mut |e| match &e.kind {
            ExprKind::Step { id, .. } if id == step => bare += 1,
            ExprKind::Field { base, .. } if field_of_step(base).is_some_and(|(id, _)| id == step) => {
                fields.extend(field_of_step(base).map(|(_, name)| (name, "json")));
            }
            _ => {}
        });
        exprs::each(root, &mut |e| {
            if let Some((_, name)) = field_of_step(e).filter(|(id, _)| *id == step) {
                bare -= 1;
                fields.entry(name).or_insert("string");
            }
        });
    }
    let is_plain = |name: &SmolStr| name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    if bare != 0 || !fields.keys().all(|name| is_plain(name)) {
        return None;
    }
    let name = record_name(step);
    if file.text.contains(&format!("record {name}")) {
        return None;
    }
    let fields: Vec<String> = fields.iter().map(|(name, ty)| format!("  {name}: {ty}\n")).collect();
    let start = callee.span.end + 1;
    let whole = context.spans.mission_whole;
    let end = Span::new(whole.span.end, whole.span.end);
    let edits = vec![
        Edit { file: callee.file, span: Span::new(start, start + argument as u32), text: name.clone() },
        Edit { file: whole.file, span: end, text: format!("\n\nrecord {name} {{\n{}}}", fields.concat()) },
    ];
    Some(Fix { title: format!("ask for a record `{name}`"), applicability: Applicability::Suggest, edits })
}

/// `step.name`: both.
fn field_of_step(expr: &Expr) -> Option<(&SmolStr, &SmolStr)> {
    let ExprKind::Field { base, name, optional: false } = &expr.kind else { return None };
    match &base.kind {
        ExprKind::Step { id, .. } => Some((id, name)),
        _ => None,
    }
}

/// `first_reply` as `FirstReply`.
fn record_name(step: &str) -> String {
    let words = step.split(|c: char| !c.is_ascii_alphanumeric()).filter(|w| !w.is_empty());
    words
        .map(|word| {
            let (first, rest) = word.split_at(1);
            first.to_ascii_uppercase() + rest
        })
        .collect()
}
