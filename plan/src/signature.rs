//! Signatures: everything the compiler and the runtime know of a callable.

use crate::effect::EffectKind;
use crate::error_kind::KindPattern;
use crate::label::Labels;
use crate::types::Type;
use crate::value::Value;
use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

/// A callable: a step kind, a pure function, a tool, an agent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Signature {
    /// Dotted name.
    pub name: SmolStr,
    /// `///` text.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub doc: String,
    /// Type parameters with their defaults, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub type_params: Vec<(SmolStr, Option<Type>)>,
    /// Parameters in order.
    pub params: Vec<Param>,
    /// Result.
    pub result: Type,
    /// Labels joined into every leaf of the result.
    #[serde(default, skip_serializing_if = "Labels::is_empty_ref")]
    pub result_labels: Labels,
    /// No effect at all: positional arguments, evaluated by `eval`, folded where constant.
    #[serde(default)]
    pub pure: bool,
    /// Effects with their cases.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub effects: Vec<EffectSpec>,
    /// May it be tried again? First case that matches; none: `Never` where there are effects beyond
    /// reads, else `Safe`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub replay: Vec<ReplaySpec>,
    /// The kinds it fails with.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub raises: Vec<KindPattern>,
}

/// A parameter.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Param {
    /// The name.
    pub name: SmolStr,
    /// `///` text.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub doc: String,
    /// Its type.
    #[serde(rename = "type")]
    pub ty: Type,
    /// Labels the argument gets.
    #[serde(default, skip_serializing_if = "Labels::is_empty_ref")]
    pub labels: Labels,
    /// `trusted T`: an untrusted argument is refused.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub trusted: bool,
    /// What it is used as.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sink: Option<Sink>,
    /// Its default; `None`: required. `null` is `Some(Value::Null)`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default: Option<Value>,
}

/// What an argument is used as; decides which labels are refused there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sink {
    /// A program's name.
    Program,
    /// Text that a shell reads.
    Shell,
    /// An argument vector.
    Argv,
    /// SQL text.
    Query,
    /// A path of a file.
    Path,
    /// A URL: its host refuses untrusted, its query refuses secrets.
    Host,
    /// A prompt.
    Prompt,
    /// A system prompt.
    System,
    /// A log line.
    Log,
    /// Source of a program.
    Source,
    /// Headers, bodies and others that go out to a party inside the policy: refuses nothing by itself.
    Body,
    /// Text embedded or remembered: refuses secrets.
    Memory,
}

impl Sink {
    /// Every sink by its name in signatures.
    pub const NAMED: &'static [(&'static str, Sink)] = &[
        ("program", Sink::Program),
        ("shell", Sink::Shell),
        ("argv", Sink::Argv),
        ("query", Sink::Query),
        ("path", Sink::Path),
        ("host", Sink::Host),
        ("prompt", Sink::Prompt),
        ("system", Sink::System),
        ("log", Sink::Log),
        ("source", Sink::Source),
        ("body", Sink::Body),
        ("memory", Sink::Memory),
    ];
}

/// Holds where a constant argument has one of some values.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Case {
    /// The parameter.
    pub param: SmolStr,
    /// Its values; empty: where no earlier case of the same parameter holds.
    pub values: Vec<SmolStr>,
}

/// One effect of a signature.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EffectSpec {
    /// Only then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub case: Option<Case>,
    /// The kind.
    pub kind: EffectKind,
    /// What it is about.
    pub arg: EffectArg,
}

/// What an effect of a signature is about.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EffectArg {
    /// The value of a parameter.
    Param(SmolStr),
    /// A fixed pattern.
    Fixed(SmolStr),
    /// Nothing (`clock`), or anything.
    None,
}

/// May a call be made again after a failure whose outcome is not known?
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Replay {
    /// Yes.
    Safe,
    /// Only with an idempotency key (argument `idempotency_key` given).
    Key,
    /// No.
    Never,
}

/// A replay kind with its case.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ReplaySpec {
    /// Only then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub case: Option<Case>,
    /// The kind.
    pub replay: Replay,
}

impl Signature {
    /// The parameter of a name.
    pub fn param(&self, name: &str) -> Option<&Param> {
        self.params.iter().find(|p| p.name == name)
    }
}
