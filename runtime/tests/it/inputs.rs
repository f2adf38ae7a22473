//! Inputs and secrets; one step by itself.

use crate::plans::*;
use rustchain_plan::expr::BinaryOp;
use rustchain_plan::plan::{Body, InputSpec, Plan};
use rustchain_plan::{ExprKind, Labels, Type, Value};
use rustchain_runtime::{Input, Outcome, RunError, RunOptions, StepInputs, StepPart, run_step};
use serde_json::json;
use std::sync::Arc;

fn input(name: &str, ty: Type) -> InputSpec {
    InputSpec {
        name: name.into(),
        doc: String::new(),
        ty,
        labels: Labels::NONE,
        constraint: None,
        env: None,
        default: None,
    }
}

fn inputs() -> Vec<InputSpec> {
    let positive = binary(expr(ExprKind::Local("n".into())), BinaryOp::Gt, int(0));
    vec![
        InputSpec { constraint: Some(positive), ..input("n", Type::Int) },
        InputSpec { default: Some(constant(Value::string("x"))), ..input("name", Type::String) },
        InputSpec { labels: Labels::SECRET, env: Some("TOKEN".into()), ..input("token", Type::String) },
    ]
}

fn options(root: &std::path::Path, given: &[(&str, Input)], token: Option<&str>) -> RunOptions {
    let token = token.map(str::to_owned);
    let mut options = RunOptions::new(root);
    options.inputs = given.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
    options.env = Arc::new(move |name| token.clone().filter(|_| name == "TOKEN"));
    options
}

#[test]
fn all_problems_come_at_once_and_before_anything() {
    let root = tempfile::tempdir().unwrap();
    let plan = Arc::new(Plan { inputs: inputs(), ..plan(vec![noop("a")]) });
    let given =
        [("n", Input::Text("-1".into())), ("nme", Input::Json(json!("y"))), ("name", Input::Json(json!(3)))];
    let error = rustchain_runtime::run(&plan, options(root.path(), &given, None)).unwrap_err();
    insta::assert_snapshot!(error);
    assert!(matches!(error, RunError::Inputs(_)));
    assert!(!root.path().join(".rustchain").exists());
}

#[test]
fn a_secret_reaches_the_step_and_nothing_else() {
    let root = tempfile::tempdir().unwrap();
    let mut node = bash("a", "echo \"got $T\"; echo \"bad $T\" >&2; exit 3");
    let Body::Call(call) = &mut node.body else { unreachable!() };
    call.args.insert("env".into(), expr(ExprKind::Map(vec![("T".into(), var(0, "token"))])));
    let plan = Plan { inputs: inputs(), ..plan(vec![node, value("t", var(0, "token"))]) };
    let plan = Arc::new(Plan { on_failure: rustchain_plan::plan::OnFailure::Finish, ..plan });
    let given = [("n", Input::Json(json!(1)))];
    let report = rustchain_runtime::run(&plan, options(root.path(), &given, Some("s3cr3t-value"))).unwrap();
    let failure = &report.errors[0].failure;
    assert!(failure.message.contains("bad [secret:token]"), "{failure:?}");
    assert!(failure.detail.as_ref().unwrap().to_string().contains("got [secret:token]"));
    let dir = root.path().join(".rustchain/runs").join(report.run_id.as_str());
    let log = std::fs::read_to_string(dir.join("log.jsonl")).unwrap();
    assert!(!log.contains("s3cr3t") && log.contains("[secret:token]"), "{log}");
}

#[test]
fn one_step_runs_by_itself_on_values_that_are_given() {
    let root = tempfile::tempdir().unwrap();
    let sum = binary(step(0, "one"), BinaryOp::Add, var(0, "n"));
    let mut one = value("one", int(1));
    one.ty = Type::Int;
    let plan = Arc::new(Plan { inputs: inputs(), ..plan(vec![one, value("sum", sum).reading(&["one"])]) });
    let given = StepInputs {
        absent: Vec::new(),
        element: Default::default(),
        inputs: [("n".to_owned(), json!(2))].into(),
        steps: [("one".to_owned(), json!(40))].into(),
    };
    let result = run_step(&plan, "sum", StepPart::Whole, given, options(root.path(), &[], None)).unwrap();
    assert_eq!((result.outcome, result.value), (Outcome::Succeeded, json!(42)));
    let result =
        run_step(&plan, "sum", StepPart::Whole, StepInputs::default(), options(root.path(), &[], None))
            .unwrap();
    assert_eq!(result.outcome, Outcome::Failed);
    assert!(
        run_step(&plan, "gone", StepPart::Whole, StepInputs::default(), options(root.path(), &[], None))
            .is_err()
    );
}
