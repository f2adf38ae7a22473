//! Tests of missions: mocks, facts, failures.

use crate::plans::*;
use rustchain_plan::expr::{BinaryOp, Outcome};
use rustchain_plan::plan::{OnErrorAction, Plan};
use rustchain_plan::test::{Expect, Mock, Reply, Test};
use rustchain_plan::{ErrorKind, Expr, ExprKind, KindPattern, Value};
use rustchain_runtime::{RunOptions, TestReport, run_test};
use std::sync::Arc;

fn test(mocks: Vec<Mock>, expects: Vec<Expr>) -> Test {
    let expect = |(line, condition)| Expect { condition, text: "what stands here".to_owned(), line };
    Test {
        title: "t".into(),
        mission: "m".into(),
        line: 1,
        given: Vec::new(),
        mocks,
        expects: (10..).zip(expects).map(expect).collect(),
    }
}

fn mock(target: &str, within: &[&str], reply: Reply, line: u32) -> Mock {
    Mock { target: target.into(), within: within.iter().map(|name| (*name).into()).collect(), reply, line }
}

fn process(status: i64) -> Reply {
    let fields =
        [("stdout", Value::string("")), ("stderr", Value::string("")), ("exit_code", Value::Int(status))];
    let fields = fields.into_iter().map(|(name, value)| (name.into(), value)).collect();
    Reply::Value(constant(Value::Record(Some("Process".into()), Arc::new(fields))))
}

fn fact(fact: Outcome) -> Expr {
    expr(ExprKind::Outcome(fact))
}

fn equal(left: Expr, right: Expr) -> Expr {
    binary(left, BinaryOp::Eq, right)
}

fn run_it(plan: Plan, test: &Test) -> TestReport {
    let root = tempfile::tempdir().unwrap();
    run_test(&Arc::new(plan), test, RunOptions::new(root.path())).unwrap()
}

#[test]
fn the_most_specific_mock_wins_then_the_last() {
    let mocks = vec![
        mock("exec.bash", &["b"], process(1), 2),
        mock("exec.bash", &[], process(9), 3),
        mock("exec.bash", &[], process(2), 4),
    ];
    let code = |id: &str| {
        let base = Box::new(fact(Outcome::Step(id.into())));
        expr(ExprKind::Field { base, name: "exit_code".into(), optional: false })
    };
    let nodes = vec![bash("a", "exit 7"), bash("b", "exit 7")];
    let report = run_it(plan(nodes), &test(mocks, vec![equal(code("a"), int(2)), equal(code("b"), int(1))]));
    let shown: Vec<_> =
        report.failures.iter().map(|failure| (failure.line, failure.message.as_str())).collect();
    assert_eq!(shown, [(3, "`mock exec.bash` was not used")]);
}

#[test]
fn each_gives_one_reply_an_attempt() {
    let each = Reply::Each(vec![Reply::Error(ErrorKind::Timeout), process(0)]);
    let facts = vec![
        equal(fact(Outcome::Runs("a".into())), int(2)),
        fact(Outcome::Ran("a".into())),
        expr(ExprKind::Not(Box::new(fact(Outcome::Failed("a".into(), None))))),
    ];
    let report =
        run_it(plan(vec![bash("a", "x").retry(3)]), &test(vec![mock("exec.bash", &[], each, 2)], facts));
    assert!(report.passed(), "{:?}", report.failures);
}

#[test]
fn a_failure_shows_both_sides_of_the_comparison_that_does_not_hold() {
    let both = binary(
        equal(fact(Outcome::Runs("a".into())), int(1)),
        BinaryOp::And,
        equal(fact(Outcome::Step("b".into())), int(5)),
    );
    let report = run_it(plan(vec![noop("a"), value("b", int(4))]), &test(Vec::new(), vec![both]));
    assert_eq!(report.failures.len(), 1);
    insta::assert_snapshot!(report.failures[0].message);
}

#[test]
fn an_effect_without_a_mock_is_an_error_that_nothing_handles() {
    let node = bash("a", "touch made").on_error(&[], OnErrorAction::Continue);
    let refused = fact(Outcome::Failed("a".into(), Some(KindPattern::Is(ErrorKind::Refused))));
    let report = run_it(plan(vec![node]), &test(Vec::new(), vec![refused]));
    assert!(report.failures[0].message.contains("has effects and no `mock`"), "{:?}", report.failures);
}

#[test]
fn approvals_are_mocked_and_time_stands_still() {
    let mut pay = noop("pay");
    let rustchain_plan::Body::Call(call) = &mut pay.body else { unreachable!() };
    call.needs_approval = true;
    let nodes = vec![pay, sleeps("long", 3_600_000)];
    let granted = |granted| {
        test(
            vec![mock("approval", &["pay"], Reply::Approval(granted), 2)],
            vec![fact(Outcome::Ran("pay".into()))],
        )
    };
    let report = run_it(plan(nodes.clone()), &granted(true));
    assert!(report.passed(), "{:?}", report.failures);
    let report = run_it(finishing(nodes), &granted(false));
    assert!(report.failures[1].message.contains("refused"), "{:?}", report.failures);
    let report = run_it(plan(vec![bash("a", "x").retry(1)]), &test(vec![once()], Vec::new()));
    assert!(report.failures[0].message.contains("asks for more"), "{:?}", report.failures);
}

fn once() -> Mock {
    mock("exec.bash", &[], Reply::Each(vec![Reply::Error(ErrorKind::Timeout)]), 2)
}

#[test]
fn each_goes_through_the_elements_of_a_for_in_input_order() {
    let exit_code = |base: Expr| {
        expr(ExprKind::Field { base: Box::new(base), name: "exit_code".into(), optional: false })
    };
    let body = region_of(&["n"], vec![bash("p", "x").retry(1)], exit_code(step(0, "p")));
    let node = node(
        "a",
        rustchain_plan::Body::For {
            bindings: vec![("n".into(), ints(&[1, 2]))],
            max: None,
            limit: None,
            region: body,
        },
    );
    let each = Reply::Each(vec![Reply::Error(ErrorKind::Timeout), process(1), process(2)]);
    let given = equal(fact(Outcome::Step("a".into())), ints(&[1, 2]));
    let report = run_it(plan(vec![node]), &test(vec![mock("exec.bash", &[], each, 2)], vec![given]));
    assert!(report.passed(), "{:?}", report.failures);
}

#[test]
fn a_first_of_is_allowed_by_its_members() {
    use rustchain_plan::effect::EffectKind;
    use rustchain_plan::plan::{Handle, Provider};
    use rustchain_plan::signature::{EffectArg, EffectSpec};
    let model = |name: &str| Provider::Model {
        vendor: "replay".into(),
        model: constant(Value::string(name)),
        options: Default::default(),
    };
    let effect = EffectSpec { case: None, kind: EffectKind::Llm, arg: EffectArg::Param("model".into()) };
    let params = vec![param("model", rustchain_plan::Type::Provider, None)];
    let mut ask = node("a", call("ask", &[]));
    let rustchain_plan::Body::Call(call) = &mut ask.body else { unreachable!() };
    call.handles.insert("model".into(), Handle::Provider("safe".into()));
    let mut plan = plan(vec![ask]);
    plan.signatures
        .insert("ask".into(), signature("ask", params, rustchain_plan::Type::String, vec![effect]));
    plan.providers.insert("one".into(), model("one"));
    plan.providers.insert("two".into(), model("two"));
    plan.providers.insert("safe".into(), Provider::FirstOf(vec!["one".into(), "two".into()]));
    let hello = || vec![mock("ask", &[], Reply::Value(constant(Value::string("hello"))), 2)];
    let ran = || vec![fact(Outcome::Ran("a".into()))];
    plan.policy.allow = vec![grant(EffectKind::Llm, "one"), grant(EffectKind::Llm, "two")];
    let report = run_it(plan.clone(), &test(hello(), ran()));
    assert!(report.passed(), "{:?}", report.failures);
    plan.policy.allow.pop();
    assert!(!run_it(plan, &test(hello(), ran())).passed());
}
