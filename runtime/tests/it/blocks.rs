//! Chains, `match`, `for`, `loop`, polls.

use crate::plans::*;
use rustchain_plan::expr::BinaryOp;
use rustchain_plan::plan::{Arm, Body, Node, OnErrorAction, Plan, Region};
use rustchain_plan::{ErrorKind, Expr, Type, Value};
use rustchain_runtime::{RunOutcome, RunReport};
use std::collections::BTreeMap;

fn with_output(nodes: Vec<Node>, of: &str) -> RunReport {
    let outputs = vec![output("out", Type::Json.optional(), step(0, of))];
    run(Plan { outputs, ..plan(nodes) })
}

fn out(nodes: Vec<Node>, of: &str) -> serde_json::Value {
    let report = with_output(nodes, of);
    assert_eq!(report.outcome, RunOutcome::Succeeded, "{:?}", report.errors);
    report.outputs["out"].clone()
}

fn each(id: &str, lists: &[(&str, &[i64])], region: Region) -> Node {
    let bindings = lists.iter().map(|(name, list)| ((*name).into(), ints(list))).collect();
    node(id, Body::For { bindings, max: None, limit: None, region })
}

fn double(up: u32, name: &str) -> Expr {
    binary(var(up, name), BinaryOp::Mul, int(2))
}

#[test]
fn a_chain_has_its_own_scope_and_paths() {
    let region = region_of(&["n"], vec![value("twice", double(0, "n"))], step(0, "twice"));
    let chain = Body::Chain { name: "c".into(), args: BTreeMap::from([("n".into(), int(4))]), region };
    let report = with_output(vec![node("a", chain)], "a");
    assert_eq!(report.outputs["out"], 8);
    assert_eq!(ends(&report), "a/twice succeeded, a succeeded");
}

#[test]
fn a_failure_inside_a_chain_is_the_chains() {
    let region = region_of(&[], vec![fails("x"), noop("y").after(&["x"])], int(1));
    let chain = Body::Chain { name: "c".into(), args: BTreeMap::new(), region };
    let handled = node("a", chain.clone()).on_error(&[ErrorKind::Failed], OnErrorAction::Use(int(5)));
    let report = with_output(vec![handled], "a");
    assert_eq!(ends(&report), "a/x failed, a/y blocked, a succeeded");
    assert_eq!(report.outputs["out"], 5);
    assert_eq!(run(plan(vec![node("a", chain)])).outcome, RunOutcome::Failed);
}

#[test]
fn for_gives_results_in_input_order() {
    let pause = Node { needs: Vec::new(), ..bash("p", "sleep 0.0$((RANDOM % 9))") };
    let body = region_of(&["n"], vec![pause], double(0, "n"));
    assert_eq!(out(vec![each("a", &[("n", &[3, 1, 2])], body)], "a"), serde_json::json!([6, 2, 4]));
}

#[test]
fn for_over_two_lists_is_their_cross_product() {
    let sum = binary(binary(var(0, "x"), BinaryOp::Mul, int(10)), BinaryOp::Add, var(0, "y"));
    let body = region_of(&["x", "y"], Vec::new(), sum);
    let node = each("a", &[("x", &[1, 2]), ("y", &[3, 4])], body);
    assert_eq!(out(vec![node], "a"), serde_json::json!([13, 14, 23, 24]));
}

#[test]
fn for_over_nothing_is_empty() {
    let body = region_of(&["n"], Vec::new(), var(0, "n"));
    assert_eq!(out(vec![each("a", &[("n", &[])], body)], "a"), serde_json::json!([]));
}

/// Fails where n is 2.
fn picky() -> Region {
    let quotient = binary(int(12), BinaryOp::Div, binary(var(0, "n"), BinaryOp::Sub, int(2)));
    region_of(&["n"], vec![value("q", quotient)], step(0, "q"))
}

#[test]
fn on_error_acts_on_each_element() {
    let all: &[(&str, &[i64])] = &[("n", &[1, 2, 3])];
    let with = |action| out(vec![each("a", all, picky()).on_error(&[ErrorKind::Arithmetic], action)], "a");
    assert_eq!(with(OnErrorAction::Skip), serde_json::json!([-12, 12]));
    assert_eq!(with(OnErrorAction::Continue), serde_json::json!([-12, null, 12]));
    assert_eq!(with(OnErrorAction::Use(int(0))), serde_json::json!([-12, 0, 12]));
    let report = run(plan(vec![each("a", all, picky())]));
    assert_eq!(report.outcome, RunOutcome::Failed);
    assert_eq!(report.errors[0].failure.kind, ErrorKind::Arithmetic);
}

#[test]
fn for_keeps_to_its_max_and_its_limit() {
    let script = "mkdir run.$$; ls -d run.* | wc -l >> seen; sleep 0.1; rmdir run.$$";
    let body = region_of(&["n"], vec![bash("p", script)], var(0, "n"));
    let mut node = each("a", &[("n", &[1, 2, 3, 4, 5, 6])], body);
    let Body::For { max, limit, .. } = &mut node.body else { unreachable!() };
    *max = Some(int(2));
    *limit = Some(int(6));
    let root = tempfile::tempdir().unwrap();
    assert_eq!(run_in(plan(vec![node.clone()]), root.path()).outcome, RunOutcome::Succeeded);
    let seen = std::fs::read_to_string(root.path().join("seen")).unwrap();
    assert!(seen.lines().all(|n| n.trim().parse::<u32>().unwrap() <= 2), "{seen}");
    let Body::For { limit, .. } = &mut node.body else { unreachable!() };
    *limit = Some(int(5));
    assert_eq!(run_in(plan(vec![node]), root.path()).errors[0].failure.kind, ErrorKind::Exhausted);
}

fn arms() -> Body {
    let arm = |patterns: &[i64], id: &str| Arm {
        patterns: patterns.iter().map(|n| Value::Int(*n)).collect(),
        region: region_of(&[], vec![value(id, double(1, "n"))], step(0, id)),
    };
    Body::Match { subject: var(0, "n"), arms: vec![arm(&[1, 2], "low"), arm(&[], "rest")] }
}

#[test]
fn match_runs_one_arm_and_logs_the_others() {
    let body = region_of(&["n"], vec![node("m", arms())], step(0, "m"));
    let root = tempfile::tempdir().unwrap();
    let report = run_in(plan(vec![each("a", &[("n", &[2, 5])], body)]), root.path());
    assert_eq!(
        ends(&report),
        "a[0]/m/1|2/low succeeded, a[0]/m succeeded, a[1]/m/_/rest succeeded, a[1]/m succeeded, a succeeded"
    );
    let run = std::fs::read_dir(root.path().join(".rustchain/runs")).unwrap().next().unwrap().unwrap();
    let log = rustchain_runtime::log::read_log(&run.path()).unwrap();
    let skipped: Vec<String> = log
        .iter()
        .filter(|record| record.event == rustchain_runtime::log::EventKind::ArmSkipped)
        .map(|record| format!("{}: {}", record.path.as_ref().unwrap(), record.name.as_ref().unwrap()))
        .collect();
    assert_eq!(skipped, ["a[0]/m: _", "a[1]/m: 1|2"]);
}

fn counting(until: i64, max: i64) -> Node {
    let next = binary(var(0, "s"), BinaryOp::Add, int(1));
    let region = region_of(&["s"], vec![value("next", next)], step(0, "next"));
    let until = binary(var(0, "s"), BinaryOp::Ge, int(until));
    node("a", Body::Loop { var: "s".into(), init: int(0), until, max: int(max), region })
}

#[test]
fn loop_goes_on_until_its_state_says_so() {
    let report = with_output(vec![counting(3, 10)], "a");
    assert_eq!(report.outputs["out"], 3);
    assert_eq!(ends(&report), "a#1/next succeeded, a#2/next succeeded, a#3/next succeeded, a succeeded");
}

#[test]
fn a_loop_at_its_bound_is_exhausted() {
    let report = run(plan(vec![counting(30, 4)]));
    assert_eq!(report.errors[0].failure.kind, ErrorKind::Exhausted);
    let recovered = counting(30, 4).on_error(&[ErrorKind::Exhausted], OnErrorAction::Use(int(-1)));
    assert_eq!(out(vec![recovered], "a"), -1);
}

fn poll(script: &str, max: Option<i64>, duration_ms: Option<i64>) -> Node {
    let code = Expr {
        id: rustchain_plan::ExprId(0),
        kind: rustchain_plan::ExprKind::Field {
            base: Box::new(step(0, "look")),
            name: "exit_code".into(),
            optional: false,
        },
    };
    let mut look = bash("look", script);
    let Body::Call(call) = &mut look.body else { unreachable!() };
    call.args.insert("check".into(), constant(Value::Bool(false)));
    let region = region_of(&[], vec![look], code);
    let millis = |n: i64| constant(Value::Duration(n * 1_000_000));
    node(
        "a",
        Body::Poll {
            until: binary(var(0, "it"), BinaryOp::Eq, int(0)),
            every: Some(millis(20)),
            duration: duration_ms.map(millis),
            max: max.map(int),
            region,
        },
    )
}

#[test]
fn a_poll_looks_until_it_sees() {
    let report = with_output(vec![poll("echo x >> n; test $(wc -l < n) -ge 3", None, None)], "a");
    assert_eq!(report.outputs["out"], 0, "{:?}", report.errors);
    assert_eq!(report.steps.iter().filter(|s| s.path.ends_with("/look")).count(), 3);
}

#[test]
fn a_poll_at_its_bound_is_exhausted() {
    for node in [poll("false", Some(2), None), poll("false", None, Some(60))] {
        assert_eq!(run(plan(vec![node])).errors[0].failure.kind, ErrorKind::Exhausted);
    }
}
