//! The decision about an effect.
//!
//! A request stands for the normal forms of the texts of its pattern. In what its wildcards stand for
//! there is no `.` or `..` segment, unless a path begins with the wildcard: templates see to it when they
//! are evaluated. The walk over all texts is exact; where it would take too long, nothing is proven.

use super::automaton::{End, Grants, Item, Walk, items};
use super::normal::{Normal, Role, normal};
use super::token::{self, Token};
use crate::effect::{EffectKind, Pattern, PatternSyntax};
use crate::policy::{Grant, Policy, Verdict};
use std::cell::{OnceCell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;

/// Decides what is asked of one policy, whose lines are read once for each kind of effect.
pub struct Decider<'p> {
    policy: &'p Policy,
    /// By kind: the policy's own lines, then those of each ceiling.
    lines: RefCell<BTreeMap<EffectKind, Rc<Vec<Lines<'p>>>>>,
}

impl<'p> Decider<'p> {
    /// Nothing is read yet.
    pub fn new(policy: &'p Policy) -> Decider<'p> {
        Decider { policy, lines: RefCell::default() }
    }

    /// As [`Policy::decide`].
    pub fn decide(&self, kind: EffectKind, request: &Pattern) -> Verdict {
        let read = || Rc::new(self.read(kind));
        let lines = Rc::clone(self.lines.borrow_mut().entry(kind).or_insert_with(read));
        let verdicts = lines.iter().map(|lines| lines.decide(kind, request));
        verdicts.reduce(Verdict::and).unwrap_or(Verdict::Refused)
    }

    fn read(&self, kind: EffectKind) -> Vec<Lines<'p>> {
        let Policy { allow, deny, ceilings, inferred, .. } = self.policy;
        let lines = |allow: &'p [Grant], anchored: bool| {
            let (allow, deny) = (of_kind(allow, kind), of_kind(deny, kind));
            let grants = OnceCell::new();
            Lines { allow, deny, anchored, grants }
        };
        let ceilings = ceilings.iter().map(|ceiling| lines(&ceiling.allow, true));
        std::iter::once(lines(allow, !inferred)).chain(ceilings).collect()
    }
}

/// The lines about one kind of effect.
struct Lines<'p> {
    allow: Vec<&'p Grant>,
    deny: Vec<&'p Grant>,
    /// The path of an `allow` line means the project, unless it is absolute or climbs out itself.
    anchored: bool,
    grants: OnceCell<Grants>,
}

impl Lines<'_> {
    fn decide(&self, kind: EffectKind, asked: &Pattern) -> Verdict {
        if self.allow.is_empty() {
            return Verdict::Refused;
        }
        let syntax = kind.pattern_syntax();
        let request = normal(&asked.0, syntax, Role::Request);
        if request == Normal::Unreadable && !self.deny.is_empty() {
            return Verdict::Refused;
        }
        let mut wanted = items(&request, true);
        wanted.push(Item::End(End::Request));
        let read = |allow: &[&Grant]| Grants::new(grants(allow, &self.deny, self.anchored, syntax));
        // More grants allow more: what those of the same text allow needs no look at the others.
        if self.allow.len() >= MANY {
            let same = self.allow.iter().copied().filter(|grant| grant.effect.pattern == *asked);
            let same: Vec<&Grant> = same.collect();
            if !same.is_empty() && verdict(&wanted, &read(&same)) == Verdict::Allowed {
                return Verdict::Allowed;
            }
        }
        verdict(&wanted, self.grants.get_or_init(|| read(&self.allow)))
    }
}

/// So many grants of one kind are worth a look at those that say exactly what is asked.
const MANY: usize = 16;

fn verdict(wanted: &[Item], grants: &Grants) -> Verdict {
    let findings = Walk::new(wanted, grants).run();
    match (findings.none_allowed, findings.all_allowed) {
        (true, _) => Verdict::Refused,
        (_, true) => Verdict::Allowed,
        _ => Verdict::Unproven,
    }
}

fn grants(allow: &[&Grant], deny: &[&Grant], anchored: bool, syntax: PatternSyntax) -> Vec<Item> {
    let mut grants = Vec::new();
    for grant in allow {
        let pattern = normal(&grant.effect.pattern.0, syntax, Role::Allow);
        let inside = anchored && matches!(&pattern, Normal::Path(tokens) if !leaves(tokens));
        grants.extend(items(&pattern, false));
        grants.push(Item::End(End::Allow { sure: grant.predicate.is_none(), inside }));
    }
    for grant in deny {
        grants.extend(items(&normal(&grant.effect.pattern.0, syntax, Role::Deny), false));
        grants.push(Item::End(End::Deny { sure: grant.predicate.is_none() }));
    }
    grants
}

/// Texts that stand for a hole where an example is looked for.
const FILLERS: &[&str] = &["x", "a/b", "example", "0", ""];

/// A text of a pattern that `new` does not refuse and `old` does: one that reads well where there is one, else
/// the shortest.
pub(crate) fn permits_beyond(
    new: &Policy,
    old: &Policy,
    kind: EffectKind,
    pattern: &Pattern,
) -> Option<String> {
    let differs = |text: &String| {
        let request = Pattern::literal(text);
        new.decide(kind, &request) != Verdict::Refused && old.decide(kind, &request) == Verdict::Refused
    };
    if kind.pattern_syntax() == PatternSyntax::Bare {
        return differs(&String::new()).then(String::new);
    }
    let readable = FILLERS.iter().map(|filler| filled(pattern, filler)).find(differs);
    readable.or_else(|| {
        let syntax = kind.pattern_syntax();
        let mut wanted = items(&normal(&pattern.0, syntax, Role::Request), true);
        wanted.push(Item::End(End::Request));
        // Whatever either policy tells apart, the walk tells apart; each text that it ends on is tried.
        let all: Vec<Item> = [new, old]
            .iter()
            .flat_map(|p| {
                let ceilings = p.ceilings.iter().flat_map(|c| &c.allow);
                let allow: Vec<&Grant> =
                    p.allow.iter().chain(ceilings).filter(|g| g.effect.kind == kind).collect();
                grants(&allow, &of_kind(&p.deny, kind), false, syntax)
            })
            .collect();
        Walk::new(&wanted, &Grants::new(all)).find(syntax, &mut |text| differs(&text.to_owned()))
    })
}

/// A text of a pattern: each hole gets the same filler, without `/` where the hole takes none.
fn filled(pattern: &Pattern, filler: &str) -> String {
    let piece = |token: &Token| match token {
        Token::Char(c) => c.to_string(),
        Token::Star => filler.replace('/', ""),
        Token::Stars => filler.to_owned(),
    };
    token::read(&pattern.0).iter().map(piece).collect()
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
