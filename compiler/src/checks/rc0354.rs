//! internal-address: a literal address of the own network or of a cloud's metadata service.

use super::context::Context;
use rustchain_grammar::{Diagnostic, Severity};
use rustchain_plan::EffectKind;
use std::collections::BTreeSet;

pub(super) fn run(context: &Context<'_>) -> Vec<Diagnostic> {
    let mut out = Vec::new();
    let mut seen = BTreeSet::new();
    for (site, call) in context.calls() {
        for effect in &call.effects {
            if !matches!(effect.kind, EffectKind::NetRead | EffectKind::NetWrite) {
                continue;
            }
            let Some((_, rest)) = effect.pattern.0.split_once("://") else { continue };
            let host = host_of(rest.split(['/', '?', '#']).next().unwrap_or_default());
            let Some(what) = internal(host) else { continue };
            let param = call.args.keys().find(|n| matches!(n.as_str(), "url" | "address"));
            let place = param.map_or_else(|| context.callee(&site.path), |p| context.argument(site, call, p));
            if seen.insert(place) {
                let finding =
                    context.finding("RC0354", Severity::Medium, place, format!("`{host}` is {what}"));
                out.push(finding.label("not a public address").note(
                    "Requests to such addresses reach what a firewall hides; a metadata service hands out credentials.",
                ));
            }
        }
    }
    out
}

/// The host of an authority, without user and port.
pub(super) fn host_of(authority: &str) -> &str {
    let host = authority.rsplit_once('@').map_or(authority, |(_, h)| h);
    if host.starts_with('[') {
        return host.split_inclusive(']').next().unwrap_or(host);
    }
    host.split(':').next().unwrap_or(host)
}

/// An IPv4 address written as one number, as most clients read it.
fn number(host: &str) -> Option<u32> {
    match host.strip_prefix("0x") {
        Some(hex) => u32::from_str_radix(hex, 16).ok(),
        None => host.parse().ok(),
    }
}

fn internal(host: &str) -> Option<&'static str> {
    if matches!(host, "169.254.169.254" | "metadata.google.internal" | "100.100.100.200" | "[fd00:ec2::254]")
    {
        return Some("the metadata service of a cloud");
    }
    let parts: Vec<Option<u8>> = match number(host) {
        Some(address) => address.to_be_bytes().into_iter().map(Some).collect(),
        None => host.split('.').map(|p| p.parse().ok()).collect(),
    };
    match parts.as_slice() {
        [Some(169), Some(254), Some(169), Some(254)] => Some("the metadata service of a cloud"),
        [Some(169), Some(254), Some(_), Some(_)] => Some("a link-local address"),
        [Some(10), Some(_), Some(_), Some(_)]
        | [Some(192), Some(168), Some(_), Some(_)]
        | [Some(172), Some(16..=31), Some(_), Some(_)] => Some("a private address"),
        _ if host.starts_with("[fe80:") => Some("a link-local address"),
        _ if host.starts_with("[fd") || host.starts_with("[fc") => Some("a private address"),
        _ => None,
    }
}
