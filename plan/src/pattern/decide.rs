//! The decision about an effect.
//!
//! A request stands for the normal forms of the texts of its pattern. In what its wildcards stand for
//! there is no `.` or `..` segment, unless a path begins with the wildcard: templates see to it when they
//! are evaluated. The walk over all texts is exact; where it would take too long, nothing is proven.

use super::automaton::{End, Item, Walk, items};
use super::normal::{Normal, Role, normal};
use super::token::{self, Token};
use crate::effect::{EffectKind, Pattern, PatternSyntax};
use crate::policy::{Grant, Policy, Verdict};

pub(crate) fn decide(policy: &Policy, kind: EffectKind, request: &Pattern) -> Verdict {
    let (allow, deny) = (of_kind(&policy.allow, kind), of_kind(&policy.deny, kind));
    if allow.is_empty() {
        return Verdict::Refused;
    }
    let syntax = kind.pattern_syntax();
    let request = normal(&request.0, syntax, Role::Request);
    if request == Normal::Unreadable && !deny.is_empty() {
        return Verdict::Refused;
    }
    let mut wanted = items(&request, true);
    wanted.push(Item::End(End::Request));
    let mut grants = Vec::new();
    for grant in &allow {
        let pattern = normal(&grant.effect.pattern.0, syntax, Role::Allow);
        // A path of a mission means the project, unless it is absolute or climbs out itself.
        let inside = !policy.inferred && matches!(&pattern, Normal::Path(tokens) if !leaves(tokens));
        grants.extend(items(&pattern, false));
        grants.push(Item::End(End::Allow { sure: grant.predicate.is_none(), inside }));
    }
    for grant in &deny {
        grants.extend(items(&normal(&grant.effect.pattern.0, syntax, Role::Deny), false));
        grants.push(Item::End(End::Deny { sure: grant.predicate.is_none() }));
    }
    let findings = Walk::new(&wanted, &grants).run();
    match (findings.none_allowed, findings.all_allowed) {
        (true, _) => Verdict::Refused,
        (_, true) => Verdict::Allowed,
        _ => Verdict::Unproven,
    }
}

fn of_kind(grants: &[Grant], kind: EffectKind) -> Vec<&Grant> {
    grants.iter().filter(|g| g.effect.kind == kind).collect()
}

/// Does the pattern of a path begin outside of the project?
fn leaves(tokens: &[Token]) -> bool {
    let dots = [Token::Char('.'), Token::Char('.')];
    match tokens.first() {
        Some(Token::Char('/')) => true,
        _ => tokens
            .strip_prefix(&dots)
            .is_some_and(|rest| matches!(rest.first(), None | Some(Token::Char('/')))),
    }
}

/// The line that allows a request.
pub(crate) fn suggest(kind: EffectKind, request: &Pattern) -> String {
    if kind.pattern_syntax() == PatternSyntax::Bare {
        return format!("allow {kind}");
    }
    let pattern = match normal(&request.0, kind.pattern_syntax(), Role::Request) {
        Normal::Any | Normal::Unreadable => "**".to_owned(),
        // It may lead anywhere: nothing narrower covers it.
        Normal::Path(tokens) if tokens.first().is_some_and(|t| t.is_wild()) => "**".to_owned(),
        Normal::Path(tokens) | Normal::Name(tokens) => token::write(&tokens),
        Normal::Url(url) => {
            let slashes: Vec<Token> = token::chars("://").collect();
            let path = url.path.unwrap_or_default();
            token::write(&[url.scheme, slashes, url.authority, path].concat())
        }
    };
    format!("allow {kind} {}", quoted(&pattern))
}

/// As a string of a mission.
fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for (i, c) in text.char_indices() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\r' => out.push_str("\\r"),
            '$' if text.get(i + 1..).is_some_and(|rest| rest.starts_with('{')) => out.push_str("\\$"),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}
