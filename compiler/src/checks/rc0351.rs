//! plaintext-http: a request that anybody on the way can read and change.

use super::context::Context;
use crate::spans::Place;
use rustchain_grammar::{Applicability, Diagnostic, Edit, Fix, Severity, Span};
use rustchain_plan::expr::ExprKind;
use rustchain_plan::plan::Provider;
use rustchain_plan::{EffectKind, Value};
use std::collections::BTreeSet;

pub(super) fn run(context: &Context<'_>) -> Vec<Diagnostic> {
    let mut out = Vec::new();
    let mut seen = BTreeSet::new();
    for (site, call) in context.calls() {
        for effect in &call.effects {
            if !matches!(effect.kind, EffectKind::NetRead | EffectKind::NetWrite) {
                continue;
            }
            let Some(host) = plain_host(effect.pattern.0.as_str()) else { continue };
            let param = call.args.keys().find(|n| matches!(n.as_str(), "url" | "address"));
            let Some(param) = param else { continue };
            let place = context.argument(site, call, param);
            if seen.insert(place) {
                out.push(finding(context, place, &host));
            }
        }
    }
    for provider in context.plan.providers.values() {
        let Provider::Model { options, .. } = provider else { continue };
        let Some(url) = options.get("base_url") else { continue };
        let ExprKind::Const(Value::String(text) | Value::Url(text)) = &url.kind else { continue };
        if let Some(host) = plain_host(text) {
            out.push(finding(context, context.spans.place(url.id), &host));
        }
    }
    out
}

fn finding(context: &Context<'_>, place: Place, host: &str) -> Diagnostic {
    let message = format!("the request to `{host}` is not encrypted");
    let finding = context.finding("RC0351", Severity::High, place, message).label("http, not https");
    let Some(edit) = secured(context, place, "http://") else { return finding.help("use `https://`") };
    let mut edits = vec![edit];
    let grants = context.spans.policy.iter().flat_map(|p| &p.allow);
    edits.extend(grants.filter_map(|grant| secured(context, *grant, &format!("http://{host}"))));
    edits.dedup();
    let mut finding = finding;
    finding.fixes.push(Fix { title: "use https".to_owned(), applicability: Applicability::Safe, edits });
    finding
}

/// `http` becomes `https` where a text stands at a place.
fn secured(context: &Context<'_>, place: Place, text: &str) -> Option<Edit> {
    let at = context.text(place).find(text)?;
    let start = place.span.start + at as u32;
    Some(Edit { file: place.file, span: Span::new(start, start + 4), text: "https".to_owned() })
}

/// The host of an `http:` url, unless it is this machine or not known.
fn plain_host(url: &str) -> Option<String> {
    let rest = url.get(..7).filter(|s| s.eq_ignore_ascii_case("http://")).and_then(|_| url.get(7..))?;
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = super::rc0354::host_of(authority);
    let local = host == "localhost"
        || host.ends_with(".localhost")
        || host.starts_with("127.")
        || host == "[::1]"
        || host == "::1";
    (!local && !host.is_empty() && !host.starts_with('*')).then(|| host.to_owned())
}
