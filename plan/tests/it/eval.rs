//! The evaluator: forms of expressions, failures, bounds.

use crate::build::*;
use rustchain_plan::eval::{Closed, Limits, Missing, eval};
use rustchain_plan::expr::{BinaryOp, CompClause, Conversion, Expr, ExprId, ExprKind, MatchArm};
use rustchain_plan::types::{Schemas, Type};
use rustchain_plan::{Env, ErrorKind, EvalError, Value};
use serde_json::json;
use std::collections::BTreeMap;

fn b(op: BinaryOp, left: Value, right: Value) -> Result<Value, EvalError> {
    run(&binary(op, value(left), value(right)))
}

fn kind(result: Result<Value, EvalError>) -> ErrorKind {
    result.expect_err("a failure").kind
}

#[test]
fn arithmetic() {
    use BinaryOp::*;
    use Value::{Duration, Float, Int, Timestamp};
    assert_eq!(b(Add, Int(1), Int(2)), Ok(Int(3)));
    assert_eq!(b(Add, Int(1), Float(0.5)), Ok(Float(1.5)));
    assert_eq!(b(Div, Int(-7), Int(2)), Ok(Int(-3)));
    assert_eq!(b(Rem, Int(-7), Int(2)), Ok(Int(-1)));
    assert_eq!(b(Mul, Duration(2), Int(3)), Ok(Duration(6)));
    assert_eq!(b(Mul, Float(0.5), Duration(4)), Ok(Duration(2)));
    assert_eq!(b(Sub, Timestamp(5), Timestamp(2)), Ok(Duration(3)));
    assert_eq!(b(Add, Timestamp(5), Duration(2)), Ok(Timestamp(7)));
    assert_eq!(b(Add, Value::string("a"), Value::string("b")), Ok(Value::string("ab")));
    assert_eq!(b(Add, ints(&[1]), ints(&[2])), Ok(ints(&[1, 2])));
    for (op, left, right) in [
        (Add, Int(i64::MAX), Int(1)),
        (Sub, Int(i64::MIN), Int(1)),
        (Mul, Int(i64::MAX), Int(2)),
        (Div, Int(1), Int(0)),
        (Div, Int(i64::MIN), Int(-1)),
        (Rem, Int(1), Int(0)),
        (Div, Float(1.0), Float(0.0)),
        (Mul, Float(1e300), Float(1e300)),
        (Mul, Duration(i64::MAX), Float(2.0)),
        (Add, Timestamp(i64::MAX), Duration(1)),
    ] {
        assert_eq!(kind(b(op, left, right)), ErrorKind::Arithmetic);
    }
    assert_eq!(b(Rem, Int(i64::MIN), Int(-1)), Ok(Int(0)));
    assert_eq!(kind(run(&expr(ExprKind::Neg(Box::new(int(i64::MIN)))))), ErrorKind::Arithmetic);
}

#[test]
fn comparison_and_equality() {
    use BinaryOp::*;
    let yes = Ok(Value::Bool(true));
    assert_eq!(b(Lt, severity("low"), severity("critical")), yes);
    assert_eq!(b(Ge, severity("medium"), severity("medium")), yes);
    assert_eq!(b(Lt, Value::Int(i64::MAX), Value::Float(9.3e18)), yes);
    assert_eq!(b(Eq, Value::Int(1), Value::Float(1.0)), yes);
    assert_eq!(b(Ne, Value::Int((1 << 53) + 1), Value::Float((1_i64 << 53) as f64)), yes);
    assert_eq!(b(Eq, Value::Null, Value::json(json!(null))), yes);
    assert_eq!(b(Eq, Value::json(json!({"a": [1, 2.0]})), Value::json(json!({"a": [1.0, 2]}))), yes);
    assert_eq!(b(Eq, Value::json(json!("x")), Value::string("x")), yes);
    assert_eq!(b(Ne, Value::Null, Value::Int(0)), yes);
    assert_eq!(b(In, Value::Int(2), ints(&[1, 2])), yes);
    assert_eq!(b(In, Value::string("b"), Value::string("abc")), yes);
    assert_eq!(b(In, Value::string("k"), Value::json(json!({"k": 1}))), yes);
    assert_eq!(kind(b(Lt, Value::Null, Value::Int(1))), ErrorKind::Invalid);
}

#[test]
fn the_right_side_is_evaluated_only_where_needed() {
    let fails = || binary(BinaryOp::Div, int(1), int(0));
    let no = || value(Value::Bool(false));
    assert_eq!(run(&binary(BinaryOp::And, no(), fails())), Ok(Value::Bool(false)));
    assert_eq!(run(&binary(BinaryOp::Coalesce, int(1), fails())), Ok(Value::Int(1)));
    assert_eq!(run(&binary(BinaryOp::Coalesce, value(Value::Null), int(2))), Ok(Value::Int(2)));
    let chosen = ExprKind::If { cond: Box::new(no()), then: Box::new(fails()), otherwise: Box::new(int(3)) };
    assert_eq!(run(&expr(chosen)), Ok(Value::Int(3)));
}

#[test]
fn parts_of_values() {
    let index = |base: Value, at: Value| {
        run(&expr(ExprKind::Index { base: Box::new(value(base)), index: Box::new(value(at)) }))
    };
    assert_eq!(index(ints(&[1, 2, 3]), Value::Int(-1)), Ok(Value::Int(3)));
    assert_eq!(index(Value::string("aöz"), Value::Int(1)), Ok(Value::string("ö")));
    assert_eq!(index(Value::json(json!([null, {"a": 1}])), Value::Int(0)), Ok(Value::Null));
    for (base, at) in [
        (ints(&[]), Value::Int(0)),
        (ints(&[1]), Value::Int(-2)),
        (ints(&[1]), Value::Int(i64::MIN)),
        (Value::json(json!({})), Value::string("k")),
        (Value::Null, Value::Int(0)),
    ] {
        assert_eq!(kind(index(base, at)), ErrorKind::Index);
    }
    let member = |base: Value, optional: bool| {
        run(&expr(ExprKind::Field { base: Box::new(value(base)), name: "a".into(), optional }))
    };
    assert_eq!(member(Value::json(json!({"a": {"b": 1}})), false), Ok(Value::json(json!({"b": 1}))));
    assert_eq!(member(Value::Null, true), Ok(Value::Null));
    assert_eq!(member(Value::json(json!({})), true), Ok(Value::Null));
    assert_eq!(kind(member(Value::json(json!({})), false)), ErrorKind::Index);
    assert_eq!(kind(member(Value::Int(1), false)), ErrorKind::Invalid);
}

#[test]
fn comprehension_with_two_lists_and_a_condition() {
    let sum = binary(BinaryOp::Add, local("x"), local("y"));
    let clauses = vec![
        CompClause::For("x".into(), value(ints(&[1, 2, 3]))),
        CompClause::If(binary(BinaryOp::Ne, local("x"), int(2))),
        CompClause::For("y".into(), value(ints(&[10, 20]))),
    ];
    let all = expr(ExprKind::Comprehension { body: Box::new(sum), clauses });
    assert_eq!(run(&all), Ok(ints(&[11, 21, 13, 23])));
}

#[test]
fn match_takes_the_first_arm_that_fits() {
    let arm = |patterns: Vec<Value>, n| MatchArm { patterns, value: int(n) };
    let arms = vec![arm(vec![severity("low"), severity("medium")], 1), arm(vec![], 2)];
    let matched = |member: &str, arms: Vec<MatchArm>| {
        run(&expr(ExprKind::Match { subject: Box::new(value(severity(member))), arms }))
    };
    assert_eq!(matched("medium", arms.clone()), Ok(Value::Int(1)));
    assert_eq!(matched("high", arms), Ok(Value::Int(2)));
    assert_eq!(kind(matched("high", vec![])), ErrorKind::Invalid);
}

#[test]
fn records_update_and_check_their_constraints() {
    let made = |confidence: f64| {
        run(&expr(ExprKind::Record {
            name: Some("Verdict".into()),
            base: Some(Box::new(value(record("Verdict", &[("summary", Value::string("old"))])))),
            fields: vec![("confidence".into(), value(Value::Float(confidence)))],
        }))
    };
    let expected = record("Verdict", &[("summary", Value::string("old")), ("confidence", Value::Float(0.5))]);
    assert_eq!(made(0.5), Ok(expected));
    let error = made(1.5).expect_err("a failure");
    assert_eq!(error.to_string(), "constraint: the constraint of `confidence` does not hold");
}

/// Two regions: outside a parameter, a step and a `let` that reads them; inside a step.
struct Regions {
    schemas: Schemas,
    outer_let: Expr,
}

impl Env for Regions {
    fn schemas(&self) -> &Schemas {
        &self.schemas
    }

    fn param(&self, up: u32, name: &str) -> Option<Value> {
        (up == 1 && name == "n").then_some(Value::Int(40))
    }

    fn step(&self, up: u32, id: &str) -> Option<Value> {
        (up == 0 && id == "inner").then_some(Value::Int(1))
    }

    fn let_expr(&self, up: u32, name: &str) -> Option<&Expr> {
        (up == 1 && name == "sum").then_some(&self.outer_let)
    }
}

#[test]
fn a_let_is_evaluated_in_its_own_region() {
    let n = expr(ExprKind::Param { up: 0, name: "n".into() });
    let env = Regions { schemas: Schemas::new(), outer_let: binary(BinaryOp::Add, n, int(1)) };
    let sum = expr(ExprKind::Let { up: 1, name: "sum".into() });
    let inner = expr(ExprKind::Step { up: 0, id: "inner".into() });
    let total = binary(BinaryOp::Add, sum, inner);
    assert_eq!(eval(&total, &env, &Limits::default()), Ok(Value::Int(42)));
}

#[test]
fn an_absent_step_is_named_with_its_place() {
    let env = Regions { schemas: Schemas::new(), outer_let: int(0) };
    let step = Expr { id: ExprId(7), kind: ExprKind::Step { up: 2, id: "fetch".into() } };
    let error = eval(&binary(BinaryOp::Add, int(1), step), &env, &Limits::default()).expect_err("absent");
    assert_eq!(error.at, ExprId(7));
    assert_eq!(error.missing, Some(Missing::Step(2, "fetch".into())));
    assert_eq!(error.missing_step(), Some("fetch"));
    assert_eq!(error.message, "step `fetch` has no value");
}

/// A `let` that reads itself.
struct Circle(Schemas, Expr);

impl Env for Circle {
    fn schemas(&self) -> &Schemas {
        &self.0
    }

    fn let_expr(&self, _: u32, _: &str) -> Option<&Expr> {
        Some(&self.1)
    }
}

#[test]
fn what_would_not_end_is_exhausted() {
    let read = || expr(ExprKind::Let { up: 0, name: "x".into() });
    let circle = Circle(Schemas::new(), binary(BinaryOp::Add, read(), read()));
    let error = eval(&read(), &circle, &Limits::default()).expect_err("a circle");
    assert_eq!(error.kind, ErrorKind::Exhausted);

    let huge = call("repeat", vec![text("x"), int(i64::MAX)]);
    assert_eq!(kind(run(&huge)), ErrorKind::Exhausted);
    let long = call("range", vec![int(i64::MIN), int(i64::MAX)]);
    assert_eq!(kind(run(&long)), ErrorKind::Exhausted);

    let thousand = || call("range", vec![int(0), int(1000)]);
    let clauses = ["a", "b", "c", "d"].map(|n| CompClause::For(n.into(), thousand())).to_vec();
    let many = expr(ExprKind::Comprehension { body: Box::new(int(0)), clauses });
    assert_eq!(kind(run(&many)), ErrorKind::Exhausted);
}

#[test]
fn copies_of_json_are_counted() {
    let items = Value::json(json!({"big": vec![0; 100_000]}));
    let copy = expr(ExprKind::Field { base: Box::new(value(items)), name: "big".into(), optional: false });
    let clauses = vec![CompClause::For("x".into(), call("range", vec![int(0), int(100_000)]))];
    let many = expr(ExprKind::Comprehension { body: Box::new(copy), clauses });
    assert_eq!(kind(run(&many)), ErrorKind::Exhausted);
}

#[test]
fn chains_of_parts() {
    let mut data = json!({"leaf": 7});
    for _ in 0..100 {
        data = json!({"a": [data]});
    }
    let mut chain = value(Value::json(data));
    for _ in 0..100 {
        let base = expr(ExprKind::Field { base: Box::new(chain), name: "a".into(), optional: false });
        chain = expr(ExprKind::Index { base: Box::new(base), index: Box::new(int(-1)) });
    }
    let leaf = expr(ExprKind::Field { base: Box::new(chain.clone()), name: "leaf".into(), optional: false });
    assert_eq!(run(&leaf), Ok(Value::json(json!(7))));
    let absent = expr(ExprKind::Field { base: Box::new(chain), name: "x".into(), optional: true });
    assert_eq!(run(&absent), Ok(Value::Null));
}

#[test]
fn shared_parts_cannot_blow_up() {
    let mut doubled = int(1);
    for _ in 0..60 {
        doubled = expr(ExprKind::Bind {
            name: "x".into(),
            value: Box::new(doubled),
            body: Box::new(list(vec![local("x"), local("x")])),
        });
    }
    assert_eq!(kind(run(&doubled)), ErrorKind::Exhausted);
    let equal = expr(ExprKind::Bind {
        name: "y".into(),
        value: Box::new(doubled.clone()),
        body: Box::new(call("json.render", vec![local("y")])),
    });
    assert_eq!(kind(run(&equal)), ErrorKind::Exhausted);
}

#[test]
fn deep_nesting_is_refused_and_long_chains_are_not() {
    let mut deep = int(1);
    for _ in 0..10_000 {
        deep = expr(ExprKind::Neg(Box::new(deep)));
    }
    assert_eq!(kind(run(&deep)), ErrorKind::Exhausted);
    // Dropping a tree of this depth needs a stack as well.
    let mut open = vec![deep];
    while let Some(Expr { kind: ExprKind::Neg(inner), .. }) = open.pop() {
        open.push(*inner);
    }

    let chain = (0..2_000).fold(int(0), |sum, n| binary(BinaryOp::Add, sum, int(n)));
    assert_eq!(run(&chain), Ok(Value::Int(1_999_000)));
}

#[test]
fn a_schema_that_decodes_itself_ends() {
    let mut schemas = BTreeMap::new();
    let again = convert(Conversion::Decode, Type::Named("R".into()), value(Value::json(json!({"x": 1}))));
    let field = rustchain_plan::types::FieldSchema {
        constraint: Some(binary(BinaryOp::Ne, again, value(Value::Null))),
        ..field("x", Type::Int)
    };
    let schema = rustchain_plan::types::RecordSchema { doc: String::new(), fields: vec![field] };
    schemas.insert("R".into(), rustchain_plan::Schema::Record(schema));
    let json = json!({"x": 1});
    let error = rustchain_plan::decode(&json, &Type::Named("R".into()), &schemas).expect_err("a circle");
    assert!(error.message.contains("nested too deeply"), "{error}");
}

#[test]
fn conversions() {
    let widen = |ty: Type, v: Value| run(&convert(Conversion::Widen, ty, value(v)));
    let parse = |ty: Type, v: &str| run(&convert(Conversion::Parse, ty, text(v)));
    assert_eq!(
        widen(Type::Float.list(), ints(&[1, 2])),
        Ok(Value::list(vec![Value::Float(1.0), Value::Float(2.0)]))
    );
    assert_eq!(widen(Type::Float.optional(), Value::Null), Ok(Value::Null));
    assert_eq!(widen(Type::Path, Value::string("a/b")), Ok(Value::Path("a/b".into())));
    assert_eq!(widen(Type::Json, severity("critical")), Ok(Value::json(json!("CRIT"))));
    assert_eq!(parse(Type::Timestamp, "1970-01-01T00:00:01Z"), Ok(Value::Timestamp(1_000_000_000)));
    assert_eq!(parse(Type::Url, "HTTPS://Example.com:443"), Ok(Value::Url("https://example.com/".into())));
    assert_eq!(kind(parse(Type::Timestamp, "yesterday")), ErrorKind::ParseError);
    assert_eq!(kind(parse(Type::Url, "no url")), ErrorKind::ParseError);
    let anonymous =
        Value::Record(None, std::sync::Arc::new(BTreeMap::from([("name".into(), Value::string("r"))])));
    assert_eq!(
        widen(Type::Named("Tree".into()), anonymous),
        Ok(record("Tree", &[("name", Value::string("r")), ("children", ints(&[]))]))
    );
    let decoded = run(&convert(
        Conversion::Decode,
        Type::Named("Severity".into()).list(),
        value(Value::json(json!(["CRIT", "urgent"]))),
    ));
    let error = decoded.expect_err("an unknown member");
    assert_eq!(
        error.to_string(),
        r#"parse_error: at $[1]: expected one of `low`, `medium`, `high`, `CRIT`, found "urgent""#
    );
}

#[test]
fn evaluation_of_a_local_costs_no_copy() {
    let big = Value::list(vec![Value::Int(0); 1_000_000]);
    let schemas = Schemas::new();
    let locals = [("xs".into(), big.clone())];
    let env = Closed { schemas: &schemas, locals: &locals };
    let limits = Limits { steps: 10, bytes: 0, ..Limits::default() };
    assert_eq!(eval(&local("xs"), &env, &limits), Ok(big));
}
