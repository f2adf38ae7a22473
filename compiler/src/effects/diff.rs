//! What a new policy permits that an old one refused.

use rustchain_plan::effect::PatternSyntax;
use rustchain_plan::policy::{Policy, Verdict};
use rustchain_plan::{Effect, Pattern};

/// A widening: an effect that the new policy allows, of which the old one does not allow everything.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Widened {
    /// The grant of the new policy, or the `deny` line that it dropped.
    pub effect: Effect,
    /// A request that the new policy permits and the old one does not; `None` where the difference lies in a
    /// condition or was not found by trying.
    pub example: Option<String>,
    /// True where a `deny` line of the old policy is gone.
    pub deny_dropped: bool,
}

/// Texts that stand for a hole when an example is looked for.
const FILLERS: &[&str] = &["x", "a/b", "example", "0", ""];

/// Every grant of `new` that goes beyond `old`, in order, then every `deny` of `old` that `new` dropped.
pub fn widened(old: &Policy, new: &Policy) -> Vec<Widened> {
    let mut out = Vec::new();
    for grant in &new.allow {
        let kept = old.allow.iter().any(|g| g == grant) && old.deny.iter().all(|d| new.deny.contains(d));
        let Effect { kind, pattern } = &grant.effect;
        if kept || old.decide(*kind, pattern) == Verdict::Allowed {
            continue;
        }
        let example = example(old, new, &grant.effect);
        if example.is_none() && same_but_condition(old, grant) {
            continue;
        }
        out.push(Widened { effect: grant.effect.clone(), example, deny_dropped: false });
    }
    for deny in old.deny.iter().filter(|d| !new.deny.contains(d)) {
        let Effect { kind, pattern } = &deny.effect;
        if new.decide(*kind, pattern) == Verdict::Refused {
            continue;
        }
        let example = example(old, new, &deny.effect);
        if !out.iter().any(|w| w.example.is_some() && w.example == example) {
            out.push(Widened { effect: deny.effect.clone(), example, deny_dropped: true });
        }
    }
    out
}

/// The old policy has the same grant, with the same condition or none: nothing was added.
fn same_but_condition(old: &Policy, grant: &rustchain_plan::policy::Grant) -> bool {
    let same = |g: &&rustchain_plan::policy::Grant| g.effect == grant.effect;
    old.allow.iter().filter(same).any(|g| g.predicate.is_none() || g.predicate == grant.predicate)
}

/// A request of a pattern that the new policy permits, perhaps under a condition, and the old one refuses.
fn example(old: &Policy, new: &Policy, effect: &Effect) -> Option<String> {
    if effect.kind.pattern_syntax() == PatternSyntax::Bare {
        return None;
    }
    FILLERS.iter().map(|filler| filled(&effect.pattern, filler)).find(|text| {
        let request = Pattern::literal(text);
        new.decide(effect.kind, &request) != Verdict::Refused
            && old.decide(effect.kind, &request) == Verdict::Refused
    })
}

/// A text of a pattern: each hole gets the same filler, without `/` where the hole takes none.
fn filled(pattern: &Pattern, filler: &str) -> String {
    let mut out = String::new();
    let mut chars = pattern.0.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\\' => out.extend(chars.next()),
            '*' if chars.peek() == Some(&'*') => {
                chars.next();
                out.push_str(filler);
            }
            '*' => out.push_str(&filler.replace('/', "")),
            c => out.push(c),
        }
    }
    out
}
