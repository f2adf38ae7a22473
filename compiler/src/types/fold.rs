//! Constants: folding what is known, and what a constant condition says.

use super::program::Program;
use super::{Cx, Typed};
use rustchain_plan::eval::{self, Closed, EvalError, Limits};
use rustchain_plan::expr::{CompClause, Expr, ExprKind, Part};
use rustchain_plan::{Type, Value};
use smol_str::SmolStr;

/// Folding gives up after this; what it cannot fold is evaluated when the mission runs.
const LIMITS: Limits = Limits { steps: 200_000, bytes: 4 << 20, depth: 128 };

/// The value of an expression; `None` where it is not constant.
pub(crate) fn value(program: &Program, expr: &Expr) -> Option<Result<Value, EvalError>> {
    if let ExprKind::Const(value) = &expr.kind {
        return Some(Ok(value.clone()));
    }
    let env = Closed::new(&program.schemas);
    match eval::eval(expr, &env, &LIMITS) {
        Ok(value) => Some(Ok(value)),
        Err(error) if error.missing.is_some() => None,
        Err(error) => Some(Err(error)),
    }
}

/// Does a condition over one variable hold? `None` where that is not known.
pub(crate) fn holds(program: &Program, condition: &Expr, name: &SmolStr, value: &Value) -> Option<bool> {
    let locals = [(name.clone(), value.clone())];
    let env = Closed { schemas: &program.schemas, locals: &locals };
    match eval::eval(condition, &env, &LIMITS) {
        Ok(Value::Bool(b)) => Some(b),
        _ => None,
    }
}

/// The moment a text names, RFC 3339 or a date.
pub(crate) fn timestamp(text: &str) -> Option<Value> {
    let parse = Expr::constant(Value::string(text));
    let call = Expr {
        id: parse.id,
        kind: ExprKind::Call {
            function: "time.parse".into(),
            args: vec![parse, Expr::constant(Value::Null)],
        },
    };
    let schemas = rustchain_plan::types::Schemas::new();
    match eval::eval(&call, &Closed::new(&schemas), &LIMITS) {
        Ok(value @ Value::Timestamp(_)) => Some(value),
        _ => None,
    }
}

impl Cx<'_> {
    /// The expression's value in its place, where all its parts are constants. An expression that fails
    /// on constants stays as it is: it fails in the step that reads it.
    pub fn fold(&mut self, typed: Typed) -> Typed {
        if typed.ty == Type::Error || !is_foldable(&typed.expr) {
            return typed;
        }
        match value(self.program, &typed.expr) {
            Some(Ok(value)) => {
                Typed { expr: Expr { id: typed.expr.id, kind: ExprKind::Const(value) }, ty: typed.ty }
            }
            _ => typed,
        }
    }
}

fn constant(expr: &Expr) -> bool {
    matches!(expr.kind, ExprKind::Const(_))
}

/// Are all direct parts constants? (Parts were folded before.)
fn is_foldable(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Field { base, .. } => constant(base),
        ExprKind::Index { base, index } => constant(base) && constant(index),
        ExprKind::Not(e) | ExprKind::Neg(e) => constant(e),
        ExprKind::Binary { left, right, .. } => constant(left) && constant(right),
        ExprKind::If { cond, then, otherwise } => constant(cond) && constant(then) && constant(otherwise),
        ExprKind::Match { subject, arms } => constant(subject) && arms.iter().all(|a| constant(&a.value)),
        ExprKind::List(items) => items.iter().all(constant),
        ExprKind::Map(entries) => entries.iter().all(|(_, e)| constant(e)),
        ExprKind::Record { base, fields, .. } => {
            base.as_deref().is_none_or(constant) && fields.iter().all(|(_, e)| constant(e))
        }
        ExprKind::Template { parts, .. } => parts.iter().all(|p| match p {
            Part::Text(_) => true,
            Part::Hole(e) => constant(e),
        }),
        ExprKind::Call { args, .. } => args.iter().all(constant),
        ExprKind::Convert { value, to, .. } => constant(value) && !needs_schema(to),
        ExprKind::Comprehension { clauses, .. } => match clauses.first() {
            Some(CompClause::For(_, list)) => constant(list),
            _ => false,
        },
        ExprKind::Bind { value, .. } => constant(value),
        _ => false,
    }
}

/// Decoding into a nominal type needs the plan's schemas.
fn needs_schema(ty: &Type) -> bool {
    match ty {
        Type::Named(_) => true,
        Type::List(t) | Type::Map(t) | Type::Optional(t) => needs_schema(t),
        Type::Record(fields) => fields.values().any(needs_schema),
        _ => false,
    }
}
