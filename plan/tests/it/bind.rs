//! Organisation policies, and what one policy permits beyond another.

use crate::decide::{grant, policy};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use rustchain_plan::policy::{Approval, Budget, FlowRule, PromptUntrusted, Sandbox, Sequence};
use rustchain_plan::{Effect, EffectKind, Expr, Labels, Pattern, Policy, Value, Verdict};

const KIND: EffectKind = EffectKind::FsWrite;

fn effect(pattern: &str) -> Effect {
    Effect { kind: KIND, pattern: Pattern(pattern.into()) }
}

fn bound(own: &Policy, organisation: &Policy) -> Policy {
    let mut out = own.clone();
    out.bind("company", organisation);
    out
}

fn pattern() -> impl Strategy<Value = String> {
    let part = prop::sample::select(vec!["a", "b", "/", "*", "**", "ab"]);
    prop::collection::vec(part, 1..5).prop_map(|parts| parts.concat())
}

fn policies() -> impl Strategy<Value = (Policy, Policy, String)> {
    let list = |least| prop::collection::vec(pattern(), least..3);
    (list(1), list(0), list(0), list(0), pattern()).prop_map(|(allow, deny, theirs, they_deny, request)| {
        let texts = |list: &[String]| -> Vec<String> { list.to_vec() };
        let build = |allow: &[String], deny: &[String]| {
            let allow: Vec<&str> = allow.iter().map(String::as_str).collect();
            let deny: Vec<&str> = deny.iter().map(String::as_str).collect();
            policy(KIND, &allow, &deny)
        };
        (build(&texts(&allow), &deny), build(&theirs, &they_deny), request)
    })
}

/// Ten thousand pairs of policies: what is bound never allows what either refuses, and refuses nothing that both
/// allow.
#[test]
fn a_bound_policy_is_never_wider_than_either() {
    let config = Config { cases: 10_000, failure_persistence: None, ..Config::default() };
    let result = TestRunner::new(config).run(&policies(), |(own, theirs, request)| {
        let both = bound(&own, &theirs);
        let request = Pattern(request.into());
        let verdict = both.decide(KIND, &request);
        let alone = own.decide(KIND, &request);
        let open = theirs.allow.is_empty();
        let denied =
            Policy { allow: vec![grant(KIND, "**")], deny: theirs.deny.clone(), ..Policy::default() };
        let other = if open { denied.decide(KIND, &request) } else { theirs.decide(KIND, &request) };
        if verdict == Verdict::Allowed {
            prop_assert_eq!((alone, other), (Verdict::Allowed, Verdict::Allowed));
        }
        if alone == Verdict::Refused || other == Verdict::Refused {
            prop_assert_eq!(verdict, Verdict::Refused);
        }
        if alone == Verdict::Allowed && other == Verdict::Allowed {
            prop_assert_eq!(verdict, Verdict::Allowed);
        }
        Ok(())
    });
    if let Err(error) = result {
        panic!("{error}");
    }
}

/// An example is permitted by the new policy and refused by the old one; where there is none, every text of the
/// pattern that is tried is as it was.
#[test]
fn an_example_of_a_widening_is_one() {
    let config = Config { cases: 10_000, failure_persistence: None, ..Config::default() };
    let found = std::cell::Cell::new(0_u32);
    let result = TestRunner::new(config).run(&policies(), |(new, old, _)| {
        for grant in &new.allow {
            let differs = |text: &str| {
                let literal = Pattern::literal(text);
                new.decide(KIND, &literal) == Verdict::Allowed
                    && old.decide(KIND, &literal) == Verdict::Refused
            };
            match new.permits_beyond(&old, KIND, &grant.effect.pattern) {
                Some(text) => {
                    found.set(found.get() + 1);
                    prop_assert!(differs(&text), "{}", text);
                }
                None => {
                    let text = grant.effect.pattern.0.replace("**", "a/b").replace('*', "ab");
                    prop_assert!(!differs(&text), "{} was not found", text);
                }
            }
        }
        Ok(())
    });
    if let Err(error) = result {
        panic!("{error}");
    }
    assert!(found.get() > 1_000, "{found:?}");
}

#[test]
fn the_shortest_example_is_found_where_no_filler_is_one() {
    let new = policy(KIND, &["out/*.md"], &[]);
    let old = policy(KIND, &["out/*.md"], &["out/q*.md"]);
    assert_eq!(new.permits_beyond(&old, KIND, &Pattern("out/*.md".into())).as_deref(), Some("out/q.md"));
    assert_eq!(old.permits_beyond(&new, KIND, &Pattern("out/*.md".into())), None);
    let deep = policy(KIND, &["****"], &["*/*", "*"]);
    let beyond = deep.permits_beyond(&policy(KIND, &[], &[]), KIND, &Pattern("****".into()));
    assert_eq!(beyond.as_deref(), Some("a/a/a"));
    let outside = policy(KIND, &["../*"], &["../x", "../ab", "../example", "../0", ".."]);
    let beyond = outside.permits_beyond(&policy(KIND, &[], &[]), KIND, &Pattern("../*".into()));
    assert_eq!(beyond.as_deref(), Some("../c"));
    let clock = policy(EffectKind::Clock, &["**"], &[]);
    assert_eq!(
        clock.permits_beyond(&Policy::default(), EffectKind::Clock, &Pattern::any()).as_deref(),
        Some("")
    );
    assert_eq!(clock.permits_beyond(&clock, EffectKind::Clock, &Pattern::any()), None);
}

#[test]
fn what_an_organisation_asks_for_is_added() {
    let organisation = Policy {
        deny: vec![grant(KIND, "private/**")],
        budget: Budget { usd: Some(1.0), tokens: Some(10), wall: None, turns: Some(3) },
        approvals: vec![Approval { effect: effect("out/**"), when_untrusted: false }],
        sequences: vec![Sequence::AtMost(2, effect("**"))],
        flows: vec![FlowRule { label: Labels::PERSONAL, to: effect("**"), vendor: None }],
        sandbox: Some(Sandbox::Strict),
        denies_inferred: true,
        ..Policy::default()
    };
    let own = Policy {
        allow: vec![grant(KIND, "**")],
        budget: Budget { usd: Some(5.0), tokens: None, wall: Some(7), turns: Some(2) },
        personal: true,
        sandbox: Some(Sandbox::Degraded),
        prompt_untrusted: Some(PromptUntrusted::Allow),
        ..Policy::default()
    };
    let both = bound(&own, &organisation);
    assert_eq!(both.budget, Budget { usd: Some(1.0), tokens: Some(10), wall: Some(7), turns: Some(2) });
    assert_eq!((both.deny.len(), both.approvals.len(), both.sequences.len(), both.flows.len()), (1, 1, 1, 1));
    assert_eq!(both.sandbox, Some(Sandbox::Strict));
    assert!(both.denies_inferred && both.personal && both.ceilings.is_empty());
    assert_eq!(both.prompt_untrusted, Some(PromptUntrusted::Allow));
    let degraded = Policy { sandbox: Some(Sandbox::Degraded), ..Policy::default() };
    assert_eq!(bound(&Policy::default(), &degraded).sandbox, Some(Sandbox::Degraded));
    assert_eq!(bound(&Policy::default(), &Policy::default()).sandbox, None);
    assert!(!bound(&own, &Policy::default()).denies_inferred);
}

#[test]
fn words_that_open_need_both() {
    let own = Policy { personal: true, prompt_untrusted: Some(PromptUntrusted::Allow), ..Policy::default() };
    let approve = Policy { prompt_untrusted: Some(PromptUntrusted::Approve), ..Policy::default() };
    assert_eq!(bound(&own, &approve).prompt_untrusted, Some(PromptUntrusted::Approve));
    assert_eq!(bound(&Policy::default(), &approve).prompt_untrusted, None);
    let closed = Policy { allow: vec![grant(KIND, "**")], ..Policy::default() };
    assert!(!bound(&own, &closed).personal);
    assert!(bound(&own, &Policy { personal: true, ..closed }).personal);
    assert!(bound(&own, &Policy::default()).personal);
    let denies = Policy { denies_personal: true, ..Policy::default() };
    assert!(!bound(&own, &denies).personal && bound(&own, &denies).denies_personal);
    assert!(!bound(&own, &Policy::default()).denies_personal);
}

#[test]
fn a_condition_of_a_ceiling_is_never_sure() {
    let mut conditional = grant(KIND, "**");
    conditional.predicate = Some(Expr::constant(Value::Bool(true)));
    let organisation = Policy { allow: vec![conditional], ..Policy::default() };
    let both = bound(&policy(KIND, &["out/**"], &[]), &organisation);
    assert_eq!(both.ceilings[0].name, "company");
    assert_eq!(both.decide(KIND, &Pattern::literal("out/x")), Verdict::Unproven);
    assert_eq!(both.decide(KIND, &Pattern::literal("in/x")), Verdict::Refused);
}

#[test]
fn verdicts_of_two_policies() {
    use Verdict::{Allowed, Refused, Unproven};
    for (a, b, both) in [
        (Allowed, Allowed, Allowed),
        (Allowed, Unproven, Unproven),
        (Unproven, Unproven, Unproven),
        (Refused, Unproven, Refused),
        (Refused, Allowed, Refused),
        (Refused, Refused, Refused),
    ] {
        assert_eq!((a.and(b), b.and(a)), (both, both));
    }
}
