//! The evaluator, from expressions to values.

use rustchain_plan::eval::{Closed, Limits, eval};
use rustchain_plan::expr::{BinaryOp, Expr, ExprKind};
use rustchain_plan::types::Schemas;
use rustchain_plan::{EvalError, Value};

fn expr(kind: ExprKind) -> Expr {
    Expr { id: Default::default(), kind }
}

fn run(kind: ExprKind) -> Result<Value, EvalError> {
    let schemas = Schemas::new();
    eval(&expr(kind), &Closed::new(&schemas), &Limits::default())
}

#[test]
fn ints_add_and_overflow() {
    let sum = |a: i64, b: i64| {
        run(ExprKind::Binary {
            op: BinaryOp::Add,
            left: Box::new(Expr::constant(Value::Int(a))),
            right: Box::new(Expr::constant(Value::Int(b))),
        })
    };
    assert_eq!(sum(1, 2), Ok(Value::Int(3)));
    assert_eq!(sum(i64::MAX, 1).map_err(|e| e.kind), Err(rustchain_plan::ErrorKind::Arithmetic));
}
