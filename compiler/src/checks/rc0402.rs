//! shell-interpolation: a value inside the text that a shell reads.

use super::context::Context;
use super::holes;
use rustchain_grammar::{Diagnostic, Severity};
use rustchain_plan::signature::Sink;

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
            let holes = holes::of_text(context, site, arg);
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
            match holes::to_environment(context, call, &holes, place) {
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
