//! Bounds of one evaluation: it ends, in bounded memory, whatever the expression.

use super::error::EvalError;
use crate::error_kind::ErrorKind;

/// The deepest nesting of an expression that is evaluated, and of a value that is made.
pub const MAX_DEPTH: u32 = 256;

/// Bounds of one evaluation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Units of work: an expression, or some 64 bytes that a function looks at.
    pub steps: u64,
    /// Bytes made on the way, added up.
    pub bytes: u64,
    /// Nesting of expressions, `let`s included; more than [`MAX_DEPTH`] counts as that.
    pub depth: u32,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits { steps: 20_000_000, bytes: 512 << 20, depth: MAX_DEPTH }
    }
}

/// What is left of the bounds.
#[derive(Clone, Debug)]
pub struct Meter {
    steps: u64,
    bytes: u64,
}

impl Meter {
    /// A full meter.
    pub fn new(limits: &Limits) -> Meter {
        Meter { steps: limits.steps, bytes: limits.bytes }
    }

    /// Takes units of work.
    pub(crate) fn steps(&mut self, count: usize) -> Result<(), EvalError> {
        match self.steps.checked_sub(count as u64) {
            Some(left) => self.steps = left,
            None => return Err(exhausted("takes too many steps")),
        }
        Ok(())
    }

    /// Takes the work of looking at so many bytes.
    pub(crate) fn look(&mut self, bytes: usize) -> Result<(), EvalError> {
        self.steps(bytes / 64)
    }

    /// Takes room for so many bytes, before they are made.
    pub(crate) fn room(&mut self, bytes: usize) -> Result<(), EvalError> {
        match self.bytes.checked_sub(bytes as u64) {
            Some(left) => self.bytes = left,
            None => return Err(exhausted("makes too much data")),
        }
        self.look(bytes)
    }

    /// Takes room for so many values, before they are made.
    pub(crate) fn room_values(&mut self, count: usize) -> Result<(), EvalError> {
        self.room(count.saturating_mul(size_of::<crate::value::Value>()))
    }
}

fn exhausted(what: &str) -> EvalError {
    EvalError::new(ErrorKind::Exhausted, format!("the expression {what}"))
}
