//! The one evaluator of expressions: the compiler folds with it, the runtime runs it. Total: every
//! evaluation ends with a value or an [`EvalError`], in bounded steps, memory and stack.

mod access;
mod call;
mod compare;
mod convert;
mod env;
mod error;
mod hash;
mod json;
mod list;
mod machine;
mod map;
mod math;
mod meter;
mod operators;
mod path;
mod render;
mod template;
mod text;
mod time;
mod url;

pub use call::{FUNCTIONS, call};
pub use compare::equal_values;
pub use env::{Closed, Env};
pub use error::{EvalError, Missing};
pub(crate) use hash::hex as hash_hex;
pub use meter::{Limits, MAX_DEPTH, Meter};
pub use render::render;

use crate::expr::Expr;
use crate::value::Value;

/// The value of an expression in its surroundings.
pub fn eval(expr: &Expr, env: &dyn Env, limits: &Limits) -> Result<Value, EvalError> {
    eval_within(expr, env, &mut Meter::new(limits), limits.depth.min(MAX_DEPTH))
}

/// The same inside the bounds of another evaluation.
pub(crate) fn eval_within(
    expr: &Expr,
    env: &dyn Env,
    meter: &mut Meter,
    depth: u32,
) -> Result<Value, EvalError> {
    machine::Machine::new(env, meter, depth).run(expr)
}
