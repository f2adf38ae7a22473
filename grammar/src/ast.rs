//! The typed syntax: plain owned data with spans. Nothing here knows names, types or files.
//!
//! What was not understood is an explicit `Error` variant, so that later passes stay silent about it
//! (one cause, one diagnostic).

use crate::span::Span;
use smol_str::SmolStr;

/// An identifier; `text` is without backquotes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Name {
    /// The name.
    pub text: SmolStr,
    /// Where, backquotes included.
    pub span: Span,
}

/// A dotted name: `http.get`, `redact.scrub`, `section_1.task_1`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Path {
    /// At least one.
    pub segments: Vec<Name>,
    /// All of it.
    pub span: Span,
}

impl Path {
    /// The segments joined by dots.
    pub fn text(&self) -> SmolStr {
        if let [only] = self.segments.as_slice() {
            return only.text.clone();
        }
        self.segments.iter().map(|n| n.text.as_str()).collect::<Vec<_>>().join(".").into()
    }
}

/// The text of `///` or `//!` lines, without the marks, joined by newlines. Empty when there are none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Docs {
    /// The text.
    pub text: String,
    /// All lines.
    pub span: Span,
}

/// A whole file.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct File {
    /// `//!` lines.
    pub docs: Docs,
    /// `edition 2026`.
    pub edition: Option<(i64, Span)>,
    /// Imports, in order.
    pub imports: Vec<Import>,
    /// Everything else, in order.
    pub items: Vec<Item>,
    /// Place to insert a first item or import at (after docs and edition).
    pub head_end: u32,
}

/// `import "./redact.mission" as redact`.
#[derive(Clone, Debug, PartialEq)]
pub struct Import {
    /// The path as written.
    pub path: SmolStr,
    /// The string literal.
    pub path_span: Span,
    /// `as name`; without it the file stem.
    pub alias: Option<Name>,
    /// All of it.
    pub span: Span,
}

/// A top-level declaration.
#[derive(Clone, Debug, PartialEq)]
pub struct Item {
    /// `///` lines.
    pub docs: Docs,
    /// Which.
    pub kind: ItemKind,
    /// All of it, without the docs.
    pub span: Span,
}

/// The kinds of top-level declarations.
#[derive(Clone, Debug, PartialEq)]
pub enum ItemKind {
    /// `let x = e`.
    Let(Let),
    /// `enum E { a, b = "wire" }`.
    Enum(EnumDecl),
    /// `record R { … }`.
    Record(RecordDecl),
    /// `type T = …`.
    TypeAlias(TypeAlias),
    /// `provider p = openai("…")`.
    Provider(ProviderDecl),
    /// `policy p { … }`.
    Policy(PolicyDecl),
    /// `agent a(…) -> R { … }`.
    Agent(AgentDecl),
    /// `chain c(…) -> R { … }` or `= e`.
    Chain(ChainDecl),
    /// `tool t(…) -> R = python("…") { … }`, `tool t = mcp(…)`.
    Tool(ToolDecl),
    /// `memory m = vector(…)`.
    Memory(MemoryDecl),
    /// `mission m { … }`.
    Mission(MissionDecl),
    /// `test "…" for m { … }`.
    Test(TestDecl),
    /// `fn http.get<T>(…) -> T { … }`: only the standard library declares these.
    Fn(FnDecl),
    /// Not understood; already reported.
    Error,
}

/// `let x: T = e`.
#[derive(Clone, Debug, PartialEq)]
pub struct Let {
    /// The name.
    pub name: Name,
    /// Its stated type.
    pub ty: Option<TypeExpr>,
    /// Its value.
    pub value: Expr,
}

/// An enum declaration; its members are ordered.
#[derive(Clone, Debug, PartialEq)]
pub struct EnumDecl {
    /// The name.
    pub name: Name,
    /// The members, lowest first.
    pub members: Vec<EnumMember>,
}

/// `end = "__end__"`.
#[derive(Clone, Debug, PartialEq)]
pub struct EnumMember {
    /// `///` lines.
    pub docs: Docs,
    /// The name.
    pub name: Name,
    /// The wire name, where it differs.
    pub wire: Option<(SmolStr, Span)>,
}

/// A record declaration.
#[derive(Clone, Debug, PartialEq)]
pub struct RecordDecl {
    /// The name.
    pub name: Name,
    /// `<T>`: only records of the standard library have type parameters.
    pub type_params: Vec<Name>,
    /// The fields, in order.
    pub fields: Vec<FieldDecl>,
}

/// `from_email as "from": personal string where c = d`; also a parameter of a callable.
#[derive(Clone, Debug, PartialEq)]
pub struct FieldDecl {
    /// `///` lines.
    pub docs: Docs,
    /// The name.
    pub name: Name,
    /// The wire name, where it differs.
    pub wire: Option<(SmolStr, Span)>,
    /// The type with its label adjectives.
    pub ty: TypeExpr,
    /// `where c`: the field's own name stands for its value.
    pub constraint: Option<Expr>,
    /// `= d`.
    pub default: Option<Expr>,
    /// All of it.
    pub span: Span,
}

/// `type T = …`.
#[derive(Clone, Debug, PartialEq)]
pub struct TypeAlias {
    /// The name.
    pub name: Name,
    /// The type.
    pub ty: TypeExpr,
}

/// `provider p = openai("gpt-4o-mini", temperature: 0.0)` or `= first_of([…])`.
#[derive(Clone, Debug, PartialEq)]
pub struct ProviderDecl {
    /// The name.
    pub name: Name,
    /// A call.
    pub value: Expr,
}

/// `memory m = vector(path: …, embed: …)`.
#[derive(Clone, Debug, PartialEq)]
pub struct MemoryDecl {
    /// The name.
    pub name: Name,
    /// A call.
    pub value: Expr,
}

/// `policy p { … }`.
#[derive(Clone, Debug, PartialEq)]
pub struct PolicyDecl {
    /// The name.
    pub name: Name,
    /// Its lines.
    pub body: PolicyBody,
}

/// The lines of a policy block.
#[derive(Clone, Debug, PartialEq)]
pub struct PolicyBody {
    /// In order.
    pub lines: Vec<PolicyLine>,
    /// Braces included.
    pub span: Span,
}

/// One line of a policy.
#[derive(Clone, Debug, PartialEq)]
pub struct PolicyLine {
    /// Which.
    pub kind: PolicyLineKind,
    /// All of it.
    pub span: Span,
}

/// The forms of policy lines.
#[derive(Clone, Debug, PartialEq)]
pub enum PolicyLineKind {
    /// `allow net.read "…" where c`, `allow llm [fast, careful]`.
    Allow(EffectPattern),
    /// `deny exec`.
    Deny(EffectPattern),
    /// `budget { usd: 2.00, tokens: 200_000, wall: 10m }`.
    Budget(Vec<NamedArg>),
    /// `require approval for net.write "…" when untrusted`.
    RequireApproval {
        /// For which effects.
        effect: EffectPattern,
        /// `when untrusted`.
        when_untrusted: bool,
    },
    /// `never A after B`.
    NeverAfter(EffectPattern, EffectPattern),
    /// `A only after B`.
    OnlyAfter(EffectPattern, EffectPattern),
    /// `at most N A`.
    AtMost(i64, EffectPattern),
    /// `never flow personal to llm vendor openai`, `never flow secret to net.write "…"`.
    NeverFlow {
        /// The label.
        label: Name,
        /// The effect it must not reach.
        to: EffectPattern,
        /// `vendor NAME`.
        vendor: Option<Name>,
    },
    /// `sandbox strict | degraded`.
    Sandbox(Name),
    /// `prompt untrusted approve | allow`: what happens to untrusted text in a prompt with effects.
    PromptUntrusted(Name),
    /// Not understood; already reported.
    Error,
}

/// An effect with what it is about: `net.read "https://…/**"`, `llm [fast]`, `exec`.
#[derive(Clone, Debug, PartialEq)]
pub struct EffectPattern {
    /// `net.read`.
    pub effect: Path,
    /// Patterns, names or a list of either; empty means everything.
    pub args: Vec<Expr>,
    /// `where body.amount <= 100.0`.
    pub predicate: Option<Expr>,
    /// All of it.
    pub span: Span,
}

/// `agent a(question: string) -> Finding { … }`.
#[derive(Clone, Debug, PartialEq)]
pub struct AgentDecl {
    /// The name.
    pub name: Name,
    /// Parameters.
    pub params: Vec<FieldDecl>,
    /// Result.
    pub result: TypeExpr,
    /// `model careful`.
    pub model: Option<Expr>,
    /// `system e`.
    pub system: Option<Expr>,
    /// `prompt e`.
    pub prompt: Option<Expr>,
    /// `tools [http.get("…"), json.select]`: paths and calls.
    pub tools: Vec<Expr>,
    /// `budget { turns: 8, … }`.
    pub budget: Option<(Vec<NamedArg>, Span)>,
    /// `on exhausted: use e`, and other `on` lines.
    pub on_exhausted: Option<ErrorAction>,
    /// Place of the closing brace, to insert before.
    pub close: Span,
}

/// `chain c(…) -> R { … }` or `chain c(…) -> R = e`.
#[derive(Clone, Debug, PartialEq)]
pub struct ChainDecl {
    /// The name.
    pub name: Name,
    /// Parameters.
    pub params: Vec<FieldDecl>,
    /// Result.
    pub result: TypeExpr,
    /// The steps; empty for the `= e` form.
    pub body: Vec<Stmt>,
    /// `return e`, or the expression after `=`. `None` where it is missing.
    pub value: Option<Expr>,
    /// True for the `= e` form.
    pub is_expression: bool,
}

/// `tool f(x: T) -> R = python("tasks/x.py:f") { requires […], effect … }`.
#[derive(Clone, Debug, PartialEq)]
pub struct ToolDecl {
    /// The name.
    pub name: Name,
    /// Parameters; `None` for `tool gh = mcp(…)`.
    pub params: Option<Vec<FieldDecl>>,
    /// Result; `None` for `tool gh = mcp(…)`.
    pub result: Option<TypeExpr>,
    /// A call of `python`, `mcp`, `wasm`.
    pub source: Expr,
    /// `requires ["pandas"]`.
    pub requires: Vec<Expr>,
    /// `effect net.read "…"` lines.
    pub effects: Vec<EffectPattern>,
}

/// `fn http.get<T = json>(…) -> untrusted T { effect net.read(url), replay safe, raises […] }`.
#[derive(Clone, Debug, PartialEq)]
pub struct FnDecl {
    /// Dotted.
    pub name: Path,
    /// `<T = json>`.
    pub type_params: Vec<(Name, Option<TypeExpr>)>,
    /// Parameters.
    pub params: Vec<FnParam>,
    /// Result with its label adjectives.
    pub result: TypeExpr,
    /// `pure`: no effects, positional arguments, folded where constant.
    pub is_pure: bool,
    /// The lines of its block.
    pub lines: Vec<FnLine>,
}

/// A parameter of a `fn`.
#[derive(Clone, Debug, PartialEq)]
pub struct FnParam {
    /// Name, type, default.
    pub field: FieldDecl,
    /// `sink path`: what the argument is used as.
    pub sink: Option<Name>,
}

/// A line in the block of a `fn`.
#[derive(Clone, Debug, PartialEq)]
pub enum FnLine {
    /// `effect net.read(url)`: effect path and the parameter (or literal) it is about.
    Effect {
        /// `match method { "GET" | "HEAD" => …, _ => … }` gives one line an arm: the parameter and the
        /// literals it must be one of; an empty list is `_`.
        case: Option<FnCase>,
        /// `net.read`.
        effect: Path,
        /// A parameter name or a string literal.
        arg: Option<Expr>,
    },
    /// `replay safe | key | never`.
    Replay {
        /// As for `Effect`.
        case: Option<FnCase>,
        /// The kind.
        kind: Name,
    },
    /// `raises [timeout, http_5xx]`.
    Raises(Vec<Name>),
}

/// An arm of a `match` on a constant argument in a signature.
#[derive(Clone, Debug, PartialEq)]
pub struct FnCase {
    /// The parameter.
    pub param: Name,
    /// The literals; empty for `_`.
    pub values: Vec<SmolStr>,
}

/// `mission m { … }`.
#[derive(Clone, Debug, PartialEq)]
pub struct MissionDecl {
    /// The name.
    pub name: Name,
    /// Everything in it, in order.
    pub body: Vec<Stmt>,
    /// Place of the closing brace, to insert before.
    pub close: Span,
}

/// A statement of a mission, chain, group or block.
#[derive(Clone, Debug, PartialEq)]
pub struct Stmt {
    /// `///` lines.
    pub docs: Docs,
    /// Which.
    pub kind: StmtKind,
    /// All of it, without the docs.
    pub span: Span,
}

/// The kinds of statements. Which are allowed where is checked by the compiler's names pass.
#[derive(Clone, Debug, PartialEq)]
pub enum StmtKind {
    /// `let x = e`.
    Let(Let),
    /// `step x: T = e with { … }`.
    Step(Step),
    /// `group g { … }`.
    Group(Group),
    /// `input x: T where c from env("X") = d`.
    Input(Input),
    /// `secret x: T from env("X")`.
    Secret(Input),
    /// `output x: T = e`.
    Output(Let),
    /// `policy support`.
    PolicyName(Path),
    /// `policy inferred`.
    PolicyInferred,
    /// `policy { … }`.
    PolicyBlock(PolicyBody),
    /// `defaults { … }`.
    Defaults(Vec<Clause>),
    /// `id "…"`.
    Id(SmolStr, Span),
    /// `within d`.
    Within(Expr),
    /// `schedule …`.
    Schedule(Schedule),
    /// `meta airflow { … }`.
    Meta(Name, Vec<NamedArg>),
    /// `on failure: stop | finish`.
    OnFailure(Name),
    /// `outcome leaves`.
    Outcome(Name),
    /// `return e` (chains).
    Return(Expr),
    /// The last expression of a block: its value.
    Value(Expr),
    /// Not understood; already reported.
    Error,
}

/// `step x: T = e with { … }`.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// The name.
    pub name: Name,
    /// Its stated type.
    pub ty: Option<TypeExpr>,
    /// A call, a pure expression, `match`, `if`, `for` or `loop`.
    pub value: Expr,
    /// `with { … }`.
    pub clauses: Vec<Clause>,
    /// The `with { … }` block, braces included.
    pub with_span: Option<Span>,
}

/// `group g { … }`.
#[derive(Clone, Debug, PartialEq)]
pub struct Group {
    /// The name.
    pub name: Name,
    /// Steps, lets and groups.
    pub body: Vec<Stmt>,
}

/// `input x: personal int where x > 0 from env("X") = 1`.
#[derive(Clone, Debug, PartialEq)]
pub struct Input {
    /// The name.
    pub name: Name,
    /// The type with its label adjectives.
    pub ty: TypeExpr,
    /// `where c`.
    pub constraint: Option<Expr>,
    /// `from env("X")`: a call.
    pub from: Option<Expr>,
    /// `= d`.
    pub default: Option<Expr>,
}

/// `schedule none | once | every d | "cron" tz "zone" | on e`.
#[derive(Clone, Debug, PartialEq)]
pub enum Schedule {
    /// Only by hand.
    None,
    /// One run.
    Once,
    /// Every so often.
    Every(Expr),
    /// A cron line and a time zone.
    Cron {
        /// Five fields, or a preset such as `@daily`.
        line: SmolStr,
        /// Where `line` stands.
        span: Span,
        /// `tz "Europe/Rome"`.
        tz: Option<(SmolStr, Span)>,
    },
    /// `on asset("uri") && cron("…", tz: "…")`.
    On(Expr),
}

/// A clause of `with { … }` or `defaults { … }`.
#[derive(Clone, Debug, PartialEq)]
pub struct Clause {
    /// Which.
    pub kind: ClauseKind,
    /// All of it.
    pub span: Span,
}

/// The kinds of clauses.
#[derive(Clone, Debug, PartialEq)]
pub enum ClauseKind {
    /// `after [a, g.b]`.
    After(Vec<Path>),
    /// `when e`.
    When(Expr),
    /// `on error [kinds]: fail | continue | skip | use e`.
    OnError {
        /// Empty: any.
        kinds: Vec<ErrorKindRef>,
        /// What then.
        action: ErrorAction,
    },
    /// `retry N on [kinds] { backoff: …, cap: … }`.
    Retry {
        /// Further attempts.
        count: Expr,
        /// Empty: any retriable.
        kinds: Vec<ErrorKindRef>,
        /// `backoff`, `cap`.
        options: Vec<NamedArg>,
    },
    /// `timeout d`.
    Timeout(Expr),
    /// `within d`.
    Within(Expr),
    /// `trigger all_success`.
    Trigger(Name),
    /// `teardown s`.
    Teardown(Path),
    /// `cache`, `cache true`, `cache 1h`.
    Cache(Option<Expr>),
    /// `id "…"`.
    Id(SmolStr, Span),
    /// `meta airflow { … }`.
    Meta(Name, Vec<NamedArg>),
    /// `updates [asset("uri")]`.
    Updates(Vec<Expr>),
    /// Not understood; already reported.
    Error,
}

/// `timeout`, `exit(99)`.
#[derive(Clone, Debug, PartialEq)]
pub struct ErrorKindRef {
    /// The kind's name.
    pub name: Name,
    /// `exit(n)`.
    pub arg: Option<Expr>,
}

/// What follows `on error …:`.
#[derive(Clone, Debug, PartialEq)]
pub enum ErrorAction {
    /// The step fails.
    Fail,
    /// Failed but handled, null.
    Continue,
    /// The element is dropped, else null.
    Skip,
    /// Recovered with this value.
    Use(Expr),
}

/// `name: e`, in calls, records, budgets, meta.
#[derive(Clone, Debug, PartialEq)]
pub struct NamedArg {
    /// The name.
    pub name: Name,
    /// The value.
    pub value: Expr,
}

/// `test "…" for m { … }`.
#[derive(Clone, Debug, PartialEq)]
pub struct TestDecl {
    /// What it shows.
    pub title: (SmolStr, Span),
    /// Which mission.
    pub mission: Path,
    /// Its lines.
    pub lines: Vec<TestLine>,
}

/// A line of a test.
#[derive(Clone, Debug, PartialEq)]
pub struct TestLine {
    /// Which.
    pub kind: TestLineKind,
    /// All of it.
    pub span: Span,
}

/// The kinds of test lines.
#[derive(Clone, Debug, PartialEq)]
pub enum TestLineKind {
    /// `given x = e`.
    Given(Name, Expr),
    /// `mock f in p -> v`.
    Mock {
        /// A callable's name, or `approval`.
        target: Path,
        /// `in verdicts`.
        within: Option<Path>,
        /// What it gives.
        reply: MockReply,
    },
    /// `expect e`.
    Expect(Expr),
    /// Not understood; already reported.
    Error,
}

/// What a mock gives.
#[derive(Clone, Debug, PartialEq)]
pub enum MockReply {
    /// A value.
    Value(Expr),
    /// `error(kind)`.
    Error(ErrorKindRef),
    /// `each [a, error(b)]`: one an evaluation.
    Each(Vec<MockReply>),
    /// `granted` or `refused` (approvals).
    Approval(bool),
}

/// A type with label adjectives: `personal list<string>?`.
#[derive(Clone, Debug, PartialEq)]
pub struct TypeExpr {
    /// `untrusted`, `secret`, `personal`, `trusted`.
    pub labels: Vec<Name>,
    /// The type.
    pub kind: TypeExprKind,
    /// All of it.
    pub span: Span,
}

/// The forms of types.
#[derive(Clone, Debug, PartialEq)]
pub enum TypeExprKind {
    /// `string`, `Ticket`, `redact.Rule`, `list<T>`, `map<string, T>`.
    Named(Path, Vec<TypeExpr>),
    /// `T?`.
    Optional(Box<TypeExpr>),
    /// `{ a: T }`.
    Record(Vec<FieldDecl>),
    /// Not understood; already reported.
    Error,
}

/// An expression.
#[derive(Clone, Debug, PartialEq)]
pub struct Expr {
    /// Which.
    pub kind: ExprKind,
    /// All of it.
    pub span: Span,
}

/// The forms of expressions.
#[derive(Clone, Debug, PartialEq)]
pub enum ExprKind {
    /// `null`.
    Null,
    /// `true`, `false`.
    Bool(bool),
    /// `200_000`; out of range is reported and becomes `Error`.
    Int(i64),
    /// `0.5`.
    Float(f64),
    /// `"a ${b}"`, `"""…"""` with its indent stripped and escapes decoded.
    Template(Vec<TemplatePart>),
    /// `bash"""…"""`: the tag and the text, indent stripped, no escapes, no holes.
    Raw(Name, SmolStr),
    /// `@2026-01-01T00:00:00Z`: the text after `@`, not yet validated.
    Timestamp(SmolStr),
    /// `1h30m`, `500ms`: nanoseconds.
    Duration(i64),
    /// `x`.
    Name(Name),
    /// `x.f` or `x?.f`.
    Field {
        /// The base.
        base: Box<Expr>,
        /// The field.
        name: Name,
        /// `?.`.
        optional: bool,
    },
    /// `xs[i]`.
    Index {
        /// The base.
        base: Box<Expr>,
        /// The index.
        index: Box<Expr>,
    },
    /// `f<T>(a, b: c)`; the callee is a name or a field access (`http.get`, `xs.get`).
    Call {
        /// The callee.
        callee: Box<Expr>,
        /// `<T>`.
        type_args: Vec<TypeExpr>,
        /// Arguments in order.
        args: Vec<Arg>,
        /// From `(` to `)`.
        args_span: Span,
    },
    /// `N { a: 1, ..b }`, or `{ a: 1 }` without a name (an anonymous record or a map, by expected type).
    Record {
        /// The record's name.
        name: Option<Path>,
        /// `..b`.
        base: Option<Box<Expr>>,
        /// Fields in order; keys may be backquoted or strings.
        fields: Vec<NamedArg>,
    },
    /// `[a, b]`.
    List(Vec<Expr>),
    /// `[e for x in xs if c]`.
    Comprehension {
        /// The element.
        body: Box<Expr>,
        /// In order; the first is a `For`.
        clauses: Vec<CompClause>,
    },
    /// `!a`, `-a`.
    Unary(UnaryOp, Box<Expr>),
    /// `a + b`.
    Binary {
        /// The operator.
        op: BinaryOp,
        /// Where it stands.
        op_span: Span,
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
    /// `match e { a | b => x, _ => y }`.
    Match {
        /// What is looked at.
        subject: Box<Expr>,
        /// In order.
        arms: Vec<MatchArm>,
    },
    /// `for x in xs, y in ys, max N, limit M { … }`.
    For {
        /// `x in xs`.
        bindings: Vec<(Name, Expr)>,
        /// `max N`.
        max: Option<Box<Expr>>,
        /// `limit M`.
        limit: Option<Box<Expr>>,
        /// The body.
        body: Vec<Stmt>,
    },
    /// `loop s from e until c, max N { … }`.
    Loop {
        /// The state's name.
        var: Name,
        /// Its first value.
        init: Box<Expr>,
        /// Sees the new state.
        until: Box<Expr>,
        /// `max N`.
        max: Option<Box<Expr>>,
        /// The body.
        body: Vec<Stmt>,
    },
    /// `loop until c, every 30s, for 1h { … }`.
    Poll {
        /// Reads the step's own name.
        until: Box<Expr>,
        /// Pause between two evaluations.
        every: Option<Box<Expr>>,
        /// Bound in time.
        duration: Option<Box<Expr>>,
        /// Bound in number.
        max: Option<Box<Expr>>,
        /// The body.
        body: Vec<Stmt>,
    },
    /// `(e)`.
    Paren(Box<Expr>),
    /// Not understood; already reported.
    Error,
}

/// A part of a template.
#[derive(Clone, Debug, PartialEq)]
pub enum TemplatePart {
    /// Text with escapes decoded and its span in the source.
    Text(SmolStr, Span),
    /// `${e}`; the span includes `${` and `}`.
    Hole(Box<Expr>, Span),
}

/// An argument of a call.
#[derive(Clone, Debug, PartialEq)]
pub struct Arg {
    /// `name:`.
    pub name: Option<Name>,
    /// The value.
    pub value: Expr,
}

/// A clause of a comprehension.
#[derive(Clone, Debug, PartialEq)]
pub enum CompClause {
    /// `for x in xs`.
    For(Name, Expr),
    /// `if c`.
    If(Expr),
}

/// An arm of `match`.
#[derive(Clone, Debug, PartialEq)]
pub struct MatchArm {
    /// Members or literals; empty for `_`.
    pub patterns: Vec<Expr>,
    /// The value.
    pub value: Expr,
    /// All of it.
    pub span: Span,
}

/// Prefix operators.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnaryOp {
    /// `!`.
    Not,
    /// `-`.
    Neg,
}

/// Infix operators, loosest first in the groups `||`, `&&`, comparisons, `??`, `+ -`, `* / %`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BinaryOp {
    /// `||`.
    Or,
    /// `&&`.
    And,
    /// `==`.
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
    /// `in`.
    In,
    /// `??`.
    Coalesce,
    /// `+`.
    Add,
    /// `-`.
    Sub,
    /// `*`.
    Mul,
    /// `/`.
    Div,
    /// `%`.
    Rem,
}
