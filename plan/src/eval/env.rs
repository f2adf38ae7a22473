//! What an expression may look at.

use crate::expr::{Expr, Outcome, RunField};
use crate::types::Schemas;
use crate::value::Value;
use smol_str::SmolStr;

/// The surroundings of an expression. `None` means: not known here, or no value. A step that was skipped
/// and may be read as `T?` gives `Some(Value::Null)`. Every answer must stay the same during one
/// evaluation.
pub trait Env {
    /// The nominal types.
    fn schemas(&self) -> &Schemas;

    /// A parameter of the region `up` levels outwards.
    fn param(&self, up: u32, name: &str) -> Option<Value> {
        let _ = (up, name);
        None
    }

    /// The value of a node of the region `up` levels outwards.
    fn step(&self, up: u32, id: &str) -> Option<Value> {
        let _ = (up, id);
        None
    }

    /// The expression of a `let` of the region `up` levels outwards; it is evaluated in that region.
    fn let_expr(&self, up: u32, name: &str) -> Option<&Expr> {
        let _ = (up, name);
        None
    }

    /// A variable that is bound outside of the expression: the value under a constraint, the
    /// parameters of an agent, of a callee under a policy's predicate.
    fn local(&self, name: &str) -> Option<Value> {
        let _ = name;
        None
    }

    /// The run's context.
    fn run(&self, field: RunField) -> Option<Value> {
        let _ = field;
        None
    }

    /// `ran(step)`.
    fn ran(&self, up: u32, id: &str) -> Option<bool> {
        let _ = (up, id);
        None
    }

    /// A fact of a finished run; never asked for `Outcome::File`.
    fn outcome(&self, fact: &Outcome) -> Option<Value> {
        let _ = fact;
        None
    }

    /// The text of a file under a test's root; the evaluation fails with kind not_found where there is none.
    fn file(&self, path: &str) -> Option<String> {
        let _ = path;
        None
    }
}

/// An environment of constants: schemas, and perhaps variables.
#[derive(Clone, Copy, Debug)]
pub struct Closed<'a> {
    /// The nominal types.
    pub schemas: &'a Schemas,
    /// Variables.
    pub locals: &'a [(SmolStr, Value)],
}

impl<'a> Closed<'a> {
    /// Without variables.
    pub fn new(schemas: &'a Schemas) -> Closed<'a> {
        Closed { schemas, locals: &[] }
    }
}

impl Env for Closed<'_> {
    fn schemas(&self) -> &Schemas {
        self.schemas
    }

    fn local(&self, name: &str) -> Option<Value> {
        self.locals.iter().rev().find(|(n, _)| n == name).map(|(_, v)| v.clone())
    }
}
