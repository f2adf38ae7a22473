//! tls-verify-off: a certificate that nobody checks.

use super::context::Context;
use super::text::commands;
use crate::command::program_of;
use crate::spans::Place;
use rustchain_grammar::{Applicability, Diagnostic, Severity, Span};
use rustchain_plan::Value;
use rustchain_plan::expr::ExprKind;
use rustchain_plan::plan::Provider;

/// Settings that switch the check off, wherever they stand.
const SETTINGS: &[&str] = &[
    "NODE_TLS_REJECT_UNAUTHORIZED=0",
    "GIT_SSL_NO_VERIFY=1",
    "GIT_SSL_NO_VERIFY=true",
    "PYTHONHTTPSVERIFY=0",
    "http.sslVerify=false",
    "verify=False",
    "ssl._create_unverified_context",
    "InsecureSkipVerify: true",
];

pub(super) fn run(context: &Context<'_>) -> Vec<Diagnostic> {
    let mut out = Vec::new();
    for command in commands(context) {
        let by_option = command.pipelines.iter().flatten().find_map(|stage| switched_off(stage));
        let text = command.text();
        let by_setting = SETTINGS.iter().find(|s| text.contains(**s)).map(|s| (*s).to_owned());
        if let Some(what) = by_option.or(by_setting) {
            let finding = found(context, command.place, &what);
            out.push(match element(context, command.place, &what) {
                Some(span) => finding.fix(format!("leave `{what}` out"), Applicability::Safe, span, ""),
                None => finding,
            });
        }
    }
    for (site, call) in context.calls() {
        let Some(ExprKind::Map(entries)) = call.args.get("env").map(|e| &e.kind) else { continue };
        for (name, value) in entries {
            let ExprKind::Const(Value::String(text)) = &value.kind else { continue };
            let setting = format!("{name}={text}");
            if SETTINGS.contains(&setting.as_str()) {
                let place = if value.id.0 == 0 {
                    context.argument(site, call, "env")
                } else {
                    context.spans.place(value.id)
                };
                out.push(found(context, place, &setting));
            }
        }
    }
    for provider in context.plan.providers.values() {
        let Provider::Model { options, .. } = provider else { continue };
        for name in ["verify", "verify_tls", "tls_verify", "ssl_verify"] {
            let Some(value) = options.get(name) else { continue };
            if value.kind == ExprKind::Const(Value::Bool(false)) {
                out.push(found(context, context.spans.place(value.id), &format!("{name}: false")));
            }
        }
    }
    out
}

/// The element of a list of arguments that is this word, with the comma that goes with it.
fn element(context: &Context<'_>, list: Place, word: &str) -> Option<Span> {
    let text = context.text(list);
    let quoted = format!("\"{word}\"");
    let at = text.find(&quoted).filter(|_| text.starts_with('[') && text.matches(&quoted).count() == 1)?;
    let end = at + quoted.len();
    let rest = text.get(end..)?;
    let (start, end) = match rest.strip_prefix(',') {
        Some(after) => (at, end + 1 + (after.len() - after.trim_start().len())),
        None => (text.get(..at)?.trim_end().trim_end_matches(',').len(), end),
    };
    Some(Span::new(list.span.start + start as u32, list.span.start + end as u32))
}

fn switched_off(stage: &[String]) -> Option<String> {
    let (program, args) = program_of(stage)?;
    let option = |names: &[&str]| args.iter().find(|a| names.contains(&a.as_str())).cloned();
    match program {
        "curl" => option(&["--insecure", "--proxy-insecure"]).or_else(|| {
            let short =
                |a: &&String| a.starts_with('-') && !a.starts_with("--") && a.contains('k') && letters(a);
            args.iter().find(short).cloned()
        }),
        "wget" => option(&["--no-check-certificate"]),
        "pip" | "pip3" => option(&["--trusted-host"]),
        "npm" | "yarn" => option(&["--strict-ssl=false"]),
        "kubectl" | "helm" => option(&["--insecure-skip-tls-verify", "--insecure-skip-tls-verify=true"]),
        _ => None,
    }
}

/// A group of one-letter switches of curl that take no value.
fn letters(arg: &str) -> bool {
    arg.chars().skip(1).all(|c| "fgikLlnNOqRsSvjJ0123456#".contains(c))
}

fn found(context: &Context<'_>, place: crate::spans::Place, what: &str) -> Diagnostic {
    context
        .finding("RC0352", Severity::High, place, format!("`{what}` switches the certificate check off"))
        .label("anybody may answer")
        .help("leave it out; where the server has its own authority, give that authority's certificate")
}
