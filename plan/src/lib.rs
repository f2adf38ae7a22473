//! The contract between compiler and runtime: values, types, effects, labels, policy, signatures,
//! typed expressions with their one evaluator, and the Plan. Pure data and total functions: no I/O,
//! no clock, no network.

pub mod canonical;
pub mod codec;
pub mod effect;
pub mod error_kind;
pub mod eval;
pub mod expr;
pub mod label;
mod pattern;
pub mod plan;
mod plan_file;
mod plan_hash;
mod plan_validate;
pub mod policy;
pub mod price;
pub mod signature;
pub mod test;
pub mod types;
pub mod value;
mod wire;

pub use codec::{DecodeError, decode, decode_text, encode, json_schema, strict_json_schema};
pub use effect::{Effect, EffectKind, Pattern};
pub use error_kind::{ErrorKind, KindPattern};
pub use eval::{Env, EvalError, Limits, eval};
pub use expr::{Expr, ExprId, ExprKind};
pub use label::Labels;
pub use plan::{Body, Node, Plan, Region};
pub use plan_file::PlanError;
pub use policy::{Policy, Verdict};
pub use signature::Signature;
pub use types::{Schema, Type};
pub use value::Value;

/// The version of the Plan format; a reader refuses any other.
pub const PLAN_VERSION: u32 = 1;
