//! Order, failure, teardown, outcomes.

use crate::plans::*;
use rustchain_plan::expr::BinaryOp;
use rustchain_plan::plan::{Node, OnErrorAction, Plan, Trigger};
use rustchain_plan::{ErrorKind, Type, Value};
use rustchain_runtime::{RunError, RunOptions, RunOutcome};
use std::sync::Arc;

#[test]
fn steps_run_in_source_order_where_nothing_else_orders_them() {
    let nodes = vec![noop("c").after(&["a"]), noop("a"), noop("b")];
    assert_eq!(ends(&run(plan(nodes))), "a succeeded, c succeeded, b succeeded");
}

#[test]
fn values_flow_to_steps_and_outputs() {
    let sum = binary(step(0, "one"), BinaryOp::Add, int(2));
    let nodes = vec![value("sum", sum).reading(&["one"]), value("one", int(1))];
    let outputs = vec![output("sum", Type::Int, step(0, "sum"))];
    let report = run(Plan { outputs, ..plan(nodes) });
    assert_eq!(report.outcome, RunOutcome::Succeeded);
    assert_eq!(report.outputs["sum"], 3);
}

#[test]
fn stop_cancels_what_has_not_started_and_blocks_what_needed_the_failed() {
    let nodes =
        vec![fails("bad"), noop("needs").after(&["bad"]), noop("free"), noop("last").after(&["free"])];
    let report = run(plan(nodes.clone()));
    assert_eq!(ends(&report), "bad failed, needs blocked, free cancelled, last cancelled");
    assert_eq!(report.outcome, RunOutcome::Failed);
    let report = run(finishing(nodes));
    assert_eq!(ends(&report), "bad failed, needs blocked, free succeeded, last succeeded");
    assert_eq!(report.outcome, RunOutcome::Failed);
}

#[test]
fn keep_going_is_finish() {
    let root = tempfile::tempdir().unwrap();
    let mut options = RunOptions::new(root.path());
    options.keep_going = true;
    let report = rustchain_runtime::run(&Arc::new(plan(vec![fails("bad"), noop("free")])), options).unwrap();
    assert_eq!(ends(&report), "bad failed, free succeeded");
}

#[test]
fn the_four_actions_of_on_error() {
    let with = |action| plan(vec![fails("a").on_error(&[], action), noop("b").after(&["a"])]);
    assert_eq!(ends(&run(with(OnErrorAction::Fail))), "a failed, b blocked");
    assert_eq!(ends(&run(with(OnErrorAction::Continue))), "a failed (handled), b succeeded");
    assert_eq!(ends(&run(with(OnErrorAction::Skip))), "a skipped, b succeeded");
    assert_eq!(ends(&run(with(OnErrorAction::Use(int(7))))), "a succeeded, b succeeded");
    for action in [OnErrorAction::Continue, OnErrorAction::Skip, OnErrorAction::Use(int(7))] {
        assert_eq!(run(with(action)).outcome, RunOutcome::Succeeded);
    }
}

#[test]
fn the_first_action_whose_kinds_match_wins() {
    let node = fails("a")
        .on_error(&[ErrorKind::Timeout], OnErrorAction::Fail)
        .on_error(&[ErrorKind::Failed], OnErrorAction::Skip)
        .on_error(&[], OnErrorAction::Continue);
    assert_eq!(ends(&run(plan(vec![node]))), "a skipped");
}

#[test]
fn a_skip_does_not_propagate_by_itself() {
    let nodes = vec![skips("a"), noop("b").after(&["a"]), value("c", step(0, "a")).reading_optional(&["a"])];
    assert_eq!(ends(&run(plan(nodes))), "a skipped, b succeeded, c succeeded");
}

#[test]
fn a_value_that_is_needed_and_not_there_blocks() {
    let nodes = vec![skips("a"), value("b", step(0, "a")).reading(&["a"])];
    let report = run(plan(nodes));
    assert_eq!(ends(&report), "a skipped, b blocked");
    assert_eq!(report.outcome, RunOutcome::Failed);
}

#[test]
fn outputs_without_a_value_are_null_where_they_may_be() {
    let outputs = vec![output("a", Type::Int.optional(), step(0, "a"))];
    let report = run(Plan { outputs, ..plan(vec![skips("a")]) });
    assert_eq!(report.outcome, RunOutcome::Succeeded);
    assert_eq!(report.outputs["a"], serde_json::Value::Null);
    let outputs = vec![output("a", Type::Int, step(0, "a"))];
    let report = run(Plan { outputs, ..plan(vec![skips("a")]) });
    assert_eq!(report.outcome, RunOutcome::Failed);
    assert!(report.errors[0].failure.message.contains("output `a`"));
}

#[test]
fn leaves_decide_where_the_mission_says_so() {
    let tidy = Node { trigger: Some(Trigger::AllDone), ..noop("tidy").after(&["bad"]) };
    let nodes = vec![fails("bad"), tidy];
    assert_eq!(run(finishing(nodes.clone())).outcome, RunOutcome::Failed);
    let leaves = |nodes| Plan { outcome_leaves: true, ..finishing(nodes) };
    assert_eq!(run(leaves(nodes)).outcome, RunOutcome::Succeeded);
    assert_eq!(run(leaves(vec![fails("bad"), noop("x")])).outcome, RunOutcome::Failed);
}

#[test]
fn a_teardown_runs_after_everything_below_its_setup_and_whatever_failed() {
    let nodes = vec![
        noop("setup"),
        fails("work").after(&["setup"]),
        noop("more").after(&["work"]),
        noop("down").reading_optional(&["setup"]).tears_down("setup"),
    ];
    let report = run(plan(nodes));
    assert_eq!(ends(&report), "setup succeeded, work failed, more blocked, down succeeded");
}

#[test]
fn a_teardown_is_skipped_where_its_setup_did_not_succeed_and_may_fail() {
    let report = run(plan(vec![fails("setup"), noop("down").tears_down("setup")]));
    assert_eq!(ends(&report), "setup failed, down skipped");
    let report = run(plan(vec![noop("setup"), fails("down").tears_down("setup")]));
    assert_eq!(ends(&report), "setup succeeded, down failed");
    assert_eq!(report.outcome, RunOutcome::Succeeded);
    assert_eq!(report.errors.len(), 1, "the failure is reported");
}

#[test]
fn teardowns_inside_each_other_end_from_inside_out() {
    let nodes = vec![
        noop("outer"),
        noop("inner").after(&["outer"]),
        noop("work").after(&["inner"]),
        noop("inner_down").tears_down("inner"),
        noop("outer_down").tears_down("outer"),
    ];
    let order = ends(&run(plan(nodes)));
    assert!(order.starts_with("outer succeeded, inner succeeded, work succeeded"), "{order}");
    assert!(order.contains("inner_down succeeded") && order.contains("outer_down succeeded"), "{order}");
}

#[test]
fn a_cycle_and_an_unknown_need_are_refused_before_anything_runs() {
    let root = tempfile::tempdir().unwrap();
    let refused =
        |nodes| rustchain_runtime::run(&Arc::new(plan(nodes)), RunOptions::new(root.path())).unwrap_err();
    let error = refused(vec![noop("a").after(&["b"]), noop("b").after(&["a"]), noop("c").after(&["gone"])]);
    let RunError::Plan(problems) = error else { panic!("{error}") };
    assert_eq!(problems.len(), 2, "{problems:?}");
    assert!(!root.path().join(".rustchain").exists());
}

#[test]
fn a_step_that_needs_approval_stops_the_run() {
    let mut node = noop("pay").on_error(&[], OnErrorAction::Continue);
    let rustchain_plan::Body::Call(call) = &mut node.body else { unreachable!() };
    call.needs_approval = true;
    let report = run(plan(vec![node, noop("after").after(&["pay"])]));
    assert_eq!(ends(&report), "pay failed, after blocked");
    assert!(report.refused);
    assert!(report.errors[0].failure.message.contains("approval"));
}

#[test]
fn an_effect_outside_of_the_policy_is_refused_with_its_real_value() {
    let mut plan = plan(vec![bash("a", "echo hi")]);
    plan.policy.allow.clear();
    let root = tempfile::tempdir().unwrap();
    let error = rustchain_runtime::run(&Arc::new(plan.clone()), RunOptions::new(root.path())).unwrap_err();
    assert!(matches!(error, RunError::Refused(_)), "{error}");
    // Not known before: the plan does not state the effect.
    let rustchain_plan::Body::Call(call) = &mut plan.root.nodes[0].body else { unreachable!() };
    call.effects.clear();
    let report = run(plan);
    assert_eq!(ends(&report), "a failed");
    assert_eq!(report.errors[0].failure.kind, ErrorKind::Refused);
    assert!(report.refused);
}

#[test]
fn a_false_when_skips_and_a_broken_one_fails() {
    let broken = Node { when: Some(binary(int(1), BinaryOp::Div, int(0))), ..noop("a") };
    let report = run(plan(vec![broken]));
    assert_eq!(ends(&report), "a failed");
    assert_eq!(report.errors[0].failure.kind, ErrorKind::Arithmetic);
    let narrowed =
        Node { when: Some(binary(step(0, "a"), BinaryOp::Ne, constant(Value::Null))), ..noop("b") };
    assert_eq!(ends(&run(plan(vec![skips("a"), narrowed.reading_optional(&["a"])]))), "a skipped, b skipped");
}
