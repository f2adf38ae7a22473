//! `never A after B`, `A only after B`, `at most N A`, while a mission runs: a request that would break a rule is
//! refused before it is made.

use crate::step::StepError;
use rustchain_plan::policy::{Grant, Sequence};
use rustchain_plan::{Effect, EffectKind, ErrorKind, Pattern, Policy, Verdict};
use smol_str::SmolStr;
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// What has happened so far, by the path of the mission whose policy states a rule, and the rule's number.
#[derive(Default)]
pub(crate) struct Sequences(Mutex<HashMap<(SmolStr, usize), Seen>>);

#[derive(Clone, Copy, Default)]
struct Seen {
    /// The second effect of a rule has begun.
    began: bool,
    /// It succeeded.
    succeeded: bool,
    /// Requests of the effect that is counted.
    count: i64,
}

/// What a call asks for: literal patterns, or those that a tool declares.
pub(crate) type Requests = [(EffectKind, Pattern)];

impl Sequences {
    /// Admits the requests of a call by the rules of one policy, or refuses them all.
    pub(crate) fn admit(
        &self,
        scope: &SmolStr,
        rules: &[Sequence],
        requests: &Requests,
        path: &str,
    ) -> Result<(), StepError> {
        let mut seen = self.seen();
        for (index, rule) in rules.iter().enumerate() {
            let so_far = seen.get(&(scope.clone(), index)).copied().unwrap_or_default();
            if let Some(why) = breach(rule, so_far, requests) {
                let message = format!("the policy does not allow {why} in `{path}`");
                return Err(StepError::new(ErrorKind::Refused, message));
            }
        }
        for (index, rule) in rules.iter().enumerate() {
            let entry = seen.entry((scope.clone(), index)).or_default();
            match rule {
                Sequence::NeverAfter(_, b) => entry.began |= may(requests, b) > 0,
                Sequence::AtMost(_, a) => entry.count = entry.count.saturating_add(may(requests, a)),
                Sequence::OnlyAfter(..) => {}
            }
        }
        Ok(())
    }

    /// The requests of a call were made, and it succeeded.
    pub(crate) fn succeeded(&self, scope: &SmolStr, rules: &[Sequence], requests: &Requests) {
        for (index, rule) in rules.iter().enumerate() {
            if let Sequence::OnlyAfter(_, b) = rule
                && requests.iter().any(|r| verdict(r, b) == Verdict::Allowed)
            {
                self.seen().entry((scope.clone(), index)).or_default().succeeded = true;
            }
        }
    }

    fn seen(&self) -> MutexGuard<'_, HashMap<(SmolStr, usize), Seen>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What would break a rule, in words.
fn breach(rule: &Sequence, so_far: Seen, requests: &Requests) -> Option<String> {
    match rule {
        Sequence::NeverAfter(a, b) if so_far.began && may(requests, a) > 0 => Some(format!("{a} after {b}")),
        Sequence::OnlyAfter(a, b) if !so_far.succeeded && may(requests, a) > 0 => {
            Some(format!("{a} before {b}"))
        }
        Sequence::AtMost(most, a) if may(requests, a) > 0 => {
            let count = so_far.count.saturating_add(may(requests, a));
            (count > *most).then(|| format!("more than {most} of {a}"))
        }
        _ => None,
    }
}

/// How many requests may be of an effect.
fn may(requests: &Requests, rule: &Effect) -> i64 {
    let hits = requests.iter().filter(|r| verdict(r, rule) != Verdict::Refused).count();
    i64::try_from(hits).unwrap_or(i64::MAX)
}

fn verdict((kind, pattern): &(EffectKind, Pattern), rule: &Effect) -> Verdict {
    if *kind != rule.kind {
        return Verdict::Refused;
    }
    let grant = Grant { effect: rule.clone(), predicate: None };
    Policy { allow: vec![grant], ..Policy::default() }.decide(*kind, pattern)
}
