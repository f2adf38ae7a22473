//! Tests of missions, compiled. Not part of a plan.

use crate::error_kind::ErrorKind;
use crate::expr::Expr;
use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

/// `test "…" for m { … }`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Test {
    /// What it shows.
    pub title: String,
    /// The mission's name.
    pub mission: SmolStr,
    /// Line (from 1) in its file.
    pub line: u32,
    /// `given`: constant expressions.
    pub given: Vec<(SmolStr, Expr)>,
    /// `mock`, in order.
    pub mocks: Vec<Mock>,
    /// `expect`, in order.
    pub expects: Vec<Expect>,
}

/// `mock f in p -> v`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Mock {
    /// The callee's name, or `approval`.
    pub target: SmolStr,
    /// Consecutive segments of an id path.
    pub within: Vec<SmolStr>,
    /// What it gives.
    pub reply: Reply,
    /// Line (from 1).
    pub line: u32,
}

/// What a mock gives.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reply {
    /// A value, typed as the call's result before lifts.
    Value(Expr),
    /// A failure.
    Error(ErrorKind),
    /// One an evaluation; more evaluations than entries is an error.
    Each(Vec<Reply>),
    /// An approval, granted or refused.
    Approval(bool),
}

/// `expect e`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Expect {
    /// A bool.
    pub condition: Expr,
    /// As written.
    pub text: String,
    /// Line (from 1).
    pub line: u32,
}
