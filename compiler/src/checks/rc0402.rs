//! shell-interpolation: a value inside the text that a shell reads.

use super::context::Context;
use crate::effects::fold;
use crate::effects::shape::{is_enum, type_of};
use rustchain_grammar::{Applicability, Diagnostic, Edit, Fix, Severity, Span};
use rustchain_plan::expr::{ExprKind, Part};
use rustchain_plan::signature::Sink;
use rustchain_plan::{Expr, Type};

pub(super) fn run(context: &Context<'_>) -> Vec<Diagnostic> {
    let mut out = Vec::new();
    for (site, call) in context.calls() {
        let Some(signature) = context.plan.signatures.get(&call.callee) else { continue };
        for param in signature.params.iter().filter(|p| p.sink == Some(Sink::Shell)) {
            let Some(arg) = call.args.get(&param.name) else { continue };
            let mark = context.flow.argument(&site.path, &param.name);
            if mark.is_some_and(|m| m.is_untrusted_text()) {
                continue;
            }
            let ExprKind::Template { parts, .. } = &arg.kind else { continue };
            let mut holes: Vec<&Expr> = Vec::new();
            for part in parts {
                if let Part::Hole(hole) = part {
                    let ty = type_of(hole, &site.scope);
                    let plain = matches!(ty, Some(Type::Bool | Type::Int | Type::Float))
                        || ty.is_some_and(|t| is_enum(context.plan, &t));
                    if !plain && fold::values(hole, &site.scope).is_none() {
                        holes.push(hole);
                    }
                }
            }
            let Some(first) = holes.first() else { continue };
            let place = context.argument(site, call, &param.name);
            let mut finding = context
                .finding(
                    "RC0402",
                    Severity::Medium,
                    place,
                    format!("a value is written into the script of `{}`", call.callee),
                )
                .label("a quote or a `;` in it becomes part of the script");
            let at = context.spans.place(first.id);
            if at != place {
                finding = finding.also(at.file, at.span, "this value");
            }
            match fix(context, call.args.contains_key("env"), &holes, place) {
                Some(fix) => finding.fixes.push(fix),
                None => {
                    finding =
                        finding.help("give it by `env: { NAME: value }` and write \"$NAME\" in the script")
                }
            }
            out.push(finding);
        }
    }
    out
}

/// Each hole becomes `$NAME`, where all of them are names outside single quotes and there is no `env:` yet.
fn fix(context: &Context<'_>, has_env: bool, holes: &[&Expr], script: crate::spans::Place) -> Option<Fix> {
    if has_env {
        return None;
    }
    let text = context.text(script);
    let mut edits = Vec::new();
    let mut names: Vec<(String, String)> = Vec::new();
    for hole in holes {
        let name = match &hole.kind {
            ExprKind::Param { name, .. } | ExprKind::Let { name, .. } => name.to_string(),
            ExprKind::Step { id, .. } => id.replace('.', "_"),
            _ => return None,
        };
        let written = context.text(context.spans.place(hole.id)).to_owned();
        let whole = format!("${{{written}}}");
        let at = text.find(&whole)?;
        let before = text.get(..at)?;
        if before.matches('\'').count() % 2 == 1 || text.matches(&whole).count() != 1 {
            return None;
        }
        let upper = name.to_uppercase();
        let start = script.span.start + at as u32;
        let span = Span::new(start, start + whole.len() as u32);
        edits.push(Edit { file: script.file, span, text: format!("${upper}") });
        if !names.iter().any(|(n, _)| *n == upper) {
            names.push((upper, written));
        }
    }
    let env: Vec<String> = names.iter().map(|(n, e)| format!("{n}: \"${{{e}}}\"")).collect();
    let end = Span::new(script.span.end, script.span.end);
    edits.push(Edit { file: script.file, span: end, text: format!(", env: {{ {} }}", env.join(", ")) });
    Some(Fix { title: "give it by the environment".to_owned(), applicability: Applicability::Suggest, edits })
}
