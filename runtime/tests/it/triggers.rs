//! Every trigger rule over every pair of upstream ends.

use crate::plans::{NodeExt, ends, fails, finishing, noop, run, skips};
use rustchain_plan::plan::{Node, OnErrorAction, Trigger};
use rustchain_runtime::Outcome;
use std::fmt::Write;

type Make = fn(&str) -> Vec<Node>;

const STATES: &[(&str, Make)] = &[
    ("succeeded", |id| vec![noop(id)]),
    ("failed", |id| vec![fails(id)]),
    ("skipped", |id| vec![skips(id)]),
    ("blocked", |id| vec![fails(&format!("{id}_cause")), noop(id).after(&[&format!("{id}_cause")])]),
    ("handled", |id| vec![fails(id).on_error(&[], OnErrorAction::Continue)]),
];

fn end_of_probe(rule: Option<Trigger>, first: Make, second: Make) -> Outcome {
    let mut nodes = first("a");
    nodes.extend(second("b"));
    nodes.push(Node { trigger: rule, ..noop("probe").after(&["a", "b"]) });
    let report = run(finishing(nodes));
    let probe = report.steps.iter().find(|step| step.path == "probe").expect("the probe ended");
    probe.outcome
}

#[test]
fn every_rule_over_every_pair_of_ends() {
    let rules = std::iter::once(("(none)", None))
        .chain(Trigger::NAMED.iter().map(|(name, rule)| (*name, Some(*rule))));
    let mut table = String::new();
    for (name, rule) in rules {
        writeln!(table, "{name}").expect("a string");
        for (i, (first, make_first)) in STATES.iter().enumerate() {
            for (second, make_second) in &STATES[i..] {
                let outcome = end_of_probe(rule, *make_first, *make_second);
                writeln!(table, "  {first:9} {second:9} {outcome}").expect("a string");
            }
        }
    }
    insta::assert_snapshot!(table);
}

#[test]
fn a_step_with_a_rule_and_no_upstream_runs() {
    for (name, rule) in Trigger::NAMED {
        let report = run(finishing(vec![Node { trigger: Some(*rule), ..noop("probe") }]));
        assert_eq!(ends(&report), "probe succeeded", "{name}");
    }
}

#[test]
fn one_failed_does_not_wait_for_the_rest() {
    let slow = crate::plans::sleeps("slow", 300);
    let probe = Node { trigger: Some(Trigger::OneFailed), ..noop("probe").after(&["bad", "slow"]) };
    let report = run(finishing(vec![slow, fails("bad"), probe]));
    assert_eq!(ends(&report), "bad failed, probe succeeded, slow succeeded");
}
