//! Typed expressions: total, pure, evaluated by `eval` in the compiler (folding) and the runtime alike.

use crate::types::Type;
use crate::value::Value;
use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

/// The identity of an expression inside one compilation; the compiler's span table is keyed by it.
/// Not part of a written plan (0 there).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ExprId(pub u32);

/// An expression.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Expr {
    /// Key of its span.
    #[serde(skip)]
    pub id: ExprId,
    /// Which.
    pub kind: ExprKind,
}

impl Expr {
    /// A constant without a span.
    pub fn constant(value: Value) -> Expr {
        Expr { id: ExprId(0), kind: ExprKind::Const(value) }
    }

    /// Visits the expressions directly inside, in the order of evaluation.
    pub fn for_each_child<'a>(&'a self, visit: &mut dyn FnMut(&'a Expr)) {
        match &self.kind {
            ExprKind::Const(_)
            | ExprKind::Param { .. }
            | ExprKind::Step { .. }
            | ExprKind::Let { .. }
            | ExprKind::Local(_)
            | ExprKind::Run(_)
            | ExprKind::Ran { .. } => {}
            ExprKind::Field { base, .. } => visit(base),
            ExprKind::Index { base, index } => [base, index].into_iter().for_each(|e| visit(e)),
            ExprKind::Not(inner) | ExprKind::Neg(inner) => visit(inner),
            ExprKind::Binary { left, right, .. } => [left, right].into_iter().for_each(|e| visit(e)),
            ExprKind::If { cond, then, otherwise } => {
                [cond, then, otherwise].into_iter().for_each(|e| visit(e));
            }
            ExprKind::Match { subject, arms } => {
                visit(subject);
                arms.iter().for_each(|arm| visit(&arm.value));
            }
            ExprKind::List(items) | ExprKind::Call { args: items, .. } => items.iter().for_each(visit),
            ExprKind::Map(entries) => entries.iter().for_each(|(_, e)| visit(e)),
            ExprKind::Record { base, fields, .. } => {
                base.iter().for_each(|e| visit(e));
                fields.iter().for_each(|(_, e)| visit(e));
            }
            ExprKind::Template { parts, .. } => parts.iter().for_each(|part| {
                if let Part::Hole(hole) = part {
                    visit(hole);
                }
            }),
            ExprKind::Comprehension { body, clauses } => {
                clauses.iter().for_each(|(CompClause::For(_, e) | CompClause::If(e))| visit(e));
                visit(body);
            }
            ExprKind::Bind { value, body, .. } => [value, body].into_iter().for_each(|e| visit(e)),
            ExprKind::Convert { value, .. } | ExprKind::Lower { value, .. } => visit(value),
            ExprKind::Outcome(Outcome::File(path)) => visit(path),
            ExprKind::Outcome(_) => {}
        }
    }
}

/// The forms of expressions. `up` counts regions outwards: 0 is the region the expression stands in
/// (the expressions of a node's clauses stand in the region that holds the node).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ExprKind {
    /// A constant.
    Const(Value),
    /// A parameter of a region: a mission input or secret, a chain parameter, a `for` variable, a loop state.
    Param {
        /// Regions outwards.
        #[serde(default, skip_serializing_if = "is_zero")]
        up: u32,
        /// The name.
        name: SmolStr,
    },
    /// The value of a node.
    Step {
        /// Regions outwards.
        #[serde(default, skip_serializing_if = "is_zero")]
        up: u32,
        /// The node's id in its region.
        id: SmolStr,
    },
    /// A `let` of a region, evaluated where it is read.
    Let {
        /// Regions outwards.
        #[serde(default, skip_serializing_if = "is_zero")]
        up: u32,
        /// The name.
        name: SmolStr,
    },
    /// A variable bound inside this expression (comprehension, constraint) or a parameter of an
    /// inlined pure chain.
    Local(SmolStr),
    /// `run.started` and the like.
    Run(RunField),
    /// `ran(step)`: succeeded, or failed and recovered by `use`.
    Ran {
        /// Regions outwards.
        #[serde(default, skip_serializing_if = "is_zero")]
        up: u32,
        /// The node's id in its region.
        id: SmolStr,
    },
    /// `base.name`; `base?.name` where optional. On json: member or null... kind index when missing.
    Field {
        /// The base.
        base: Box<Expr>,
        /// The field's name (its wire name on json).
        name: SmolStr,
        /// `?.`.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        optional: bool,
    },
    /// `base[index]`; negative counts from the end.
    Index {
        /// A list, map, string or json.
        base: Box<Expr>,
        /// An int, or a string for maps and json.
        index: Box<Expr>,
    },
    /// `!a`.
    Not(Box<Expr>),
    /// `-a`.
    Neg(Box<Expr>),
    /// `a && b` and the like; `and`, `or`, `coalesce` do not evaluate the right side without need.
    Binary {
        /// The operator.
        op: BinaryOp,
        /// Left.
        left: Box<Expr>,
        /// Right.
        right: Box<Expr>,
    },
    /// `if c then a else b`.
    If {
        /// The condition.
        cond: Box<Expr>,
        /// When true.
        then: Box<Expr>,
        /// When false.
        otherwise: Box<Expr>,
    },
    /// `match e { … }`.
    Match {
        /// What is looked at.
        subject: Box<Expr>,
        /// First match wins.
        arms: Vec<MatchArm>,
    },
    /// `[a, b]`.
    List(Vec<Expr>),
    /// `{ a: b }` of type map.
    Map(Vec<(SmolStr, Expr)>),
    /// A record.
    Record {
        /// The name of its schema; `None`: anonymous.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        name: Option<SmolStr>,
        /// `..b`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        base: Option<Box<Expr>>,
        /// In order; defaults are filled in by the compiler.
        fields: Vec<(SmolStr, Expr)>,
    },
    /// A template; the result's form.
    Template {
        /// string, url, path or json.
        form: TemplateForm,
        /// In order.
        parts: Vec<Part>,
    },
    /// `[e for x in xs if c]`.
    Comprehension {
        /// The element; variables are `Local`.
        body: Box<Expr>,
        /// In order.
        clauses: Vec<CompClause>,
    },
    /// A pure function of the standard library, by name; arguments in the order of its signature,
    /// defaults filled in.
    Call {
        /// `join`, `json.parse`.
        function: SmolStr,
        /// The arguments.
        args: Vec<Expr>,
    },
    /// `let x = e in body`: a pure chain that was inlined.
    Bind {
        /// The name, a `Local` in the body.
        name: SmolStr,
        /// Its value.
        value: Box<Expr>,
        /// Where it holds.
        body: Box<Expr>,
    },
    /// Converts to a type: checked decoding of json (wire names), int to float, T to json, string to path.
    Convert {
        /// How.
        how: Conversion,
        /// To what.
        to: Type,
        /// From what.
        value: Box<Expr>,
    },
    /// `trust(x, reason: "…")` or `reveal(x, reason: "…")`: the value itself; lowers labels.
    Lower {
        /// Which labels go.
        labels: crate::label::Labels,
        /// Why.
        reason: SmolStr,
        /// The value.
        value: Box<Expr>,
    },
    /// A view into the run's outcome; tests only.
    Outcome(Outcome),
}

/// Fields of the run's context.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RunField {
    /// `run.id`, string.
    Id,
    /// `run.started`, timestamp.
    Started,
    /// `run.scheduled`, timestamp.
    Scheduled,
    /// `run.interval_start`, timestamp.
    IntervalStart,
    /// `run.interval_end`, timestamp.
    IntervalEnd,
    /// `run.attempt`, int, 1 at first.
    Attempt,
    /// `run.is_latest`, bool.
    IsLatest,
}

/// Facts of a finished run, in `expect`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// `runs(step)`: how many times its call was evaluated, attempts included.
    Runs(SmolStr),
    /// `ran(step)`.
    Ran(SmolStr),
    /// `failed(step)` or `failed(step, kind)`.
    Failed(SmolStr, Option<crate::error_kind::KindPattern>),
    /// `skipped(step)`.
    Skipped(SmolStr),
    /// The value of a step by its path; null where it has none.
    Step(SmolStr),
    /// The value of an output.
    Output(SmolStr),
    /// The value of an input.
    Input(SmolStr),
    /// `file("path")`: the text of a file under the test's root.
    File(Box<Expr>),
    /// `cost`: USD.
    Cost,
}

/// Infix operators.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BinaryOp {
    /// `||`.
    Or,
    /// `&&`.
    And,
    /// `==`, structural.
    Eq,
    /// `!=`.
    Ne,
    /// `<`.
    Lt,
    /// `<=`.
    Le,
    /// `>`.
    Gt,
    /// `>=`.
    Ge,
    /// `x in xs`, `"sub" in text`, `key in map`.
    In,
    /// `??`.
    Coalesce,
    /// `+`: numbers, strings, lists, timestamp + duration, durations.
    Add,
    /// `-`.
    Sub,
    /// `*`: numbers, duration * number.
    Mul,
    /// `/`: int division truncates toward zero.
    Div,
    /// `%`: the sign of the left side.
    Rem,
}

/// An arm of `match`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MatchArm {
    /// Constants compared by equality; empty: `_`.
    pub patterns: Vec<Value>,
    /// The value.
    pub value: Expr,
}

/// A clause of a comprehension.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CompClause {
    /// `for x in xs`.
    For(SmolStr, Expr),
    /// `if c`.
    If(Expr),
}

/// A part of a template.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// Fixed text.
    Text(SmolStr),
    /// `${e}`.
    Hole(Expr),
}

/// What a template makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TemplateForm {
    /// A string.
    String,
    /// A url: holes are percent-encoded by position (a hole at the very start is a whole url prefix and
    /// stays as it is; path segment; query).
    Url,
    /// A path.
    Path,
}

/// How `Convert` works.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Conversion {
    /// Implicit and total: int to float, string literal to path/url, any to json.
    Widen,
    /// `decode<T>(json)`: checked; fails with kind parse_error or constraint.
    Decode,
    /// A text literal read as timestamp, url or path; checked.
    Parse,
}

fn is_zero(n: &u32) -> bool {
    *n == 0
}
