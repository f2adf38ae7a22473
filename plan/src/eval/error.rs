//! Why an evaluation gave no value.

use crate::error_kind::ErrorKind;
use crate::expr::{ExprId, RunField};
use smol_str::SmolStr;

/// A failed evaluation.
#[derive(Clone, Debug, PartialEq)]
pub struct EvalError {
    /// The kind that `on error` and `retry` see.
    pub kind: ErrorKind,
    /// One sentence, lower-case start, names in backquotes.
    pub message: String,
    /// The innermost expression that failed; 0 where it has no id.
    pub at: ExprId,
    /// Set where the only cause is that a value is not there (yet): not constant for the compiler,
    /// no result for the runtime.
    pub missing: Option<Missing>,
}

/// What an environment did not have. `up` counts from the region that the evaluation began in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Missing {
    /// A parameter of a region.
    Param(u32, SmolStr),
    /// The value of a step.
    Step(u32, SmolStr),
    /// A `let`.
    Let(u32, SmolStr),
    /// A variable.
    Local(SmolStr),
    /// A field of the run's context.
    Run(RunField),
    /// A fact of a finished run.
    Outcome,
}

impl EvalError {
    /// An error of a kind.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> EvalError {
        EvalError { kind, message: message.into(), at: ExprId(0), missing: None }
    }

    /// The step whose value is absent.
    pub fn missing_step(&self) -> Option<&str> {
        match &self.missing {
            Some(Missing::Step(_, id)) => Some(id),
            _ => None,
        }
    }

    pub(crate) fn absent(missing: Missing) -> EvalError {
        let message = match &missing {
            Missing::Param(_, n) | Missing::Local(n) => format!("`{n}` has no value"),
            Missing::Step(_, n) => format!("step `{n}` has no value"),
            Missing::Let(_, n) => format!("there is no `let {n}`"),
            Missing::Run(_) => "the context of the run is not known".to_owned(),
            Missing::Outcome => "the outcome of the run is not known".to_owned(),
        };
        EvalError { kind: ErrorKind::Invalid, message, at: ExprId(0), missing: Some(missing) }
    }

    pub(crate) fn invalid(message: impl Into<String>) -> EvalError {
        EvalError::new(ErrorKind::Invalid, message)
    }

    pub(crate) fn arithmetic(message: impl Into<String>) -> EvalError {
        EvalError::new(ErrorKind::Arithmetic, message)
    }

    pub(crate) fn index(message: impl Into<String>) -> EvalError {
        EvalError::new(ErrorKind::Index, message)
    }

    pub(crate) fn parse(message: impl Into<String>) -> EvalError {
        EvalError::new(ErrorKind::ParseError, message)
    }
}

impl std::fmt::Display for EvalError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.kind, self.message)
    }
}

impl std::error::Error for EvalError {}
