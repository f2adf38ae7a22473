//! A mission file as it was meant: every accepted spelling brought to one form.

use super::node::Node;
use rustchain_grammar::Span;

/// A value and where it was written.
#[derive(Clone, Debug)]
pub(crate) struct At<T> {
    pub value: T,
    pub span: Span,
}

/// A whole file.
#[derive(Clone, Debug, Default)]
pub(crate) struct Source {
    pub missions: Vec<Mission>,
    /// Name of the `missions:` stack, where the file is one.
    pub stack: Option<String>,
}

/// One mission.
#[derive(Clone, Debug, Default)]
pub(crate) struct Mission {
    pub id: Option<At<String>>,
    pub name: Option<At<String>>,
    pub description: Option<At<String>>,
    pub version: Option<At<String>>,
    pub steps: Vec<Step>,
    pub config: Config,
    pub variables: Vec<Variable>,
    pub outputs: Vec<(At<String>, Node)>,
    pub depends_on: Vec<At<String>>,
    /// Keys that are kept without a meaning.
    pub meta: Vec<(String, Node)>,
}

/// `config:` of a mission.
#[derive(Clone, Debug, Default)]
pub(crate) struct Config {
    pub max_parallel: Option<At<i64>>,
    pub timeout: Option<At<f64>>,
    pub fail_fast: Option<At<bool>>,
    pub retry: Retry,
}

/// How often to try again, and after how long.
#[derive(Clone, Debug, Default)]
pub(crate) struct Retry {
    pub count: Option<At<i64>>,
    pub delay_ms: Option<i64>,
    pub exponential: bool,
}

/// A parameter or variable of a mission.
#[derive(Clone, Debug)]
pub(crate) struct Variable {
    pub name: At<String>,
    /// A type of the mission language, where one is stated.
    pub ty: Option<&'static str>,
    pub doc: Option<String>,
    pub default: Option<Node>,
    pub min: Option<Node>,
    pub max: Option<Node>,
    pub one_of: Vec<Node>,
}

/// One step.
#[derive(Clone, Debug)]
pub(crate) struct Step {
    pub id: At<String>,
    pub name: Option<At<String>>,
    pub description: Option<At<String>>,
    /// In snake case, aliases resolved.
    pub kind: At<String>,
    /// A map.
    pub params: Node,
    pub depends_on: Vec<At<String>>,
    pub timeout: Option<At<f64>>,
    pub continue_on_error: Option<At<bool>>,
    pub retry: Retry,
    pub condition: Option<Node>,
    /// Names for parts of the result: (name, part).
    pub outputs: Vec<(At<String>, String)>,
    pub meta: Vec<(String, Node)>,
    pub span: Span,
}
