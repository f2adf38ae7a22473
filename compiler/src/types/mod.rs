//! Types: what each expression is, and the typed expression it becomes.
//!
//! Checking is bidirectional and elaborates at once: an expression is looked at with the type that is
//! wanted of it (or none), and gives a plan expression with its type. `Type::Error` absorbs: what touches
//! something already reported stays silent.

pub(crate) mod assign;
pub(crate) mod builtin;
pub(crate) mod call;
pub(crate) mod compound;
pub(crate) mod declared;
pub(crate) mod expr;
pub(crate) mod fold;
pub(crate) mod generic;
pub(crate) mod inline;
pub(crate) mod literal;
pub(crate) mod matching;
pub(crate) mod nominal;
pub(crate) mod operator;
pub(crate) mod outcome;
pub(crate) mod program;
pub(crate) mod scope;

use crate::lower::used::Used;
use crate::names::DeclRef;
use crate::spans::{Place, Spans};
use program::Program;
use rustchain_grammar::{Diagnostic, FileId, Span, ast};
use rustchain_plan::expr::{Expr, ExprId, ExprKind};
use rustchain_plan::{Region, Type, Value};
use scope::Frame;
use smol_str::SmolStr;
use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;

/// An expression with its type.
#[derive(Clone, Debug)]
pub(crate) struct Typed {
    /// What it became.
    pub expr: Expr,
    /// Its type.
    pub ty: Type,
}

impl Typed {
    /// Something that was reported.
    pub fn error() -> Typed {
        Typed { expr: Expr::constant(Value::Null), ty: Type::Error }
    }
}

/// A chain's body, lowered once a mission and embedded at each call.
pub(crate) struct LoweredChain {
    /// The region.
    pub region: Region,
    /// Places of its nodes, by id path from its root.
    pub nodes: BTreeMap<String, crate::spans::NodePlaces>,
    /// `meta` of its nodes, by id path from its root.
    pub meta: Vec<(String, SmolStr, serde_json::Value)>,
}

/// Everything needed to type and lower one declaration.
pub(crate) struct Cx<'p> {
    /// All declarations.
    pub program: &'p Program,
    /// The module whose names are in scope.
    pub module: usize,
    /// What was found.
    pub diagnostics: Vec<Diagnostic>,
    /// Places of expressions and nodes.
    pub spans: Spans,
    /// No expression ids: the result outlives this mission's span table.
    pub anonymous: bool,
    /// Scopes, innermost last.
    pub frames: Vec<Frame>,
    /// Names known not to be null here: frame and dotted text.
    pub facts: Vec<(usize, SmolStr)>,
    /// What the plan must embed.
    pub used: Used,
    /// Chain bodies are embedded (missions), or only their signatures are looked at (single declarations).
    pub deep: bool,
    /// Prefix of node ids: empty, or ends with `/`.
    pub path: String,
    /// Name of the step being lowered (what `loop until` reads).
    pub own: Option<SmolStr>,
    /// In the predicate of a policy line: json compares with anything.
    pub predicate: bool,
    /// `env("X")` may be called (arguments of providers).
    pub env_allowed: bool,
    /// Chains lowered for this mission.
    pub chains: HashMap<DeclRef, Rc<LoweredChain>>,
    /// Chains being lowered, for recursion.
    pub open: Vec<DeclRef>,
    /// Something used here is broken and was reported where it is declared.
    pub tainted: bool,
    /// Inputs that called missions read from the environment.
    pub hoisted: Vec<rustchain_plan::plan::InputSpec>,
    /// `meta` of steps by id path.
    pub meta: Vec<(String, SmolStr, serde_json::Value)>,
}

impl<'p> Cx<'p> {
    /// A context for a declaration of a module.
    pub fn new(program: &'p Program, module: usize) -> Cx<'p> {
        Cx {
            program,
            module,
            diagnostics: Vec::new(),
            spans: Spans::new(),
            anonymous: false,
            frames: Vec::new(),
            facts: Vec::new(),
            used: Used::default(),
            deep: false,
            path: String::new(),
            own: None,
            predicate: false,
            env_allowed: false,
            chains: HashMap::new(),
            open: Vec::new(),
            tainted: false,
            hoisted: Vec::new(),
            meta: Vec::new(),
        }
    }

    /// As [`Cx::new`], for results that are kept in the program.
    pub fn anonymous(program: &'p Program, module: usize) -> Cx<'p> {
        Cx { anonymous: true, ..Cx::new(program, module) }
    }

    /// The file of the current module.
    pub fn file(&self) -> FileId {
        self.program.modules[self.module].file
    }

    /// A place in the current file.
    pub fn place(&self, span: Span) -> Place {
        Place { file: self.file(), span }
    }

    /// A fresh id for an expression at a span.
    pub fn id(&mut self, span: Span) -> ExprId {
        if self.anonymous {
            return ExprId(0);
        }
        let place = self.place(span);
        self.spans.expr(place)
    }

    /// An expression at a span.
    pub fn at(&mut self, span: Span, kind: ExprKind) -> Expr {
        Expr { id: self.id(span), kind }
    }

    /// A typed expression at a span.
    pub fn typed(&mut self, span: Span, kind: ExprKind, ty: Type) -> Typed {
        Typed { expr: self.at(span, kind), ty }
    }

    /// A typed constant at a span.
    pub fn value(&mut self, span: Span, value: Value, ty: Type) -> Typed {
        self.typed(span, ExprKind::Const(value), ty)
    }

    /// An error in the current file, to be completed and given to [`Cx::report`].
    pub fn error(&self, code: &'static str, span: Span, message: impl Into<String>) -> Diagnostic {
        Diagnostic::error(code, self.file(), span, message)
    }

    /// Keeps a diagnostic.
    pub fn report(&mut self, diagnostic: Diagnostic) {
        self.diagnostics.push(diagnostic);
    }

    /// The source text of a span of the current file.
    pub fn text(&self, span: Span) -> &'p str {
        self.program.sources.file(self.file()).text.get(span.range()).unwrap_or_default()
    }

    /// Runs `f` with the names of another module in scope and nothing of the current frames.
    pub fn within_module<R>(&mut self, module: usize, f: impl FnOnce(&mut Self) -> R) -> R {
        let module = std::mem::replace(&mut self.module, module);
        let frames = std::mem::take(&mut self.frames);
        let facts = std::mem::take(&mut self.facts);
        let own = self.own.take();
        let result = f(self);
        self.module = module;
        self.frames = frames;
        self.facts = facts;
        self.own = own;
        result
    }

    /// Types an expression that must be of a type.
    pub fn check(&mut self, expr: &ast::Expr, want: &Type) -> Expr {
        let typed = self.elab(expr, Some(want));
        self.coerce(typed, want, expr)
    }

    /// Types an expression that must be of a type, and folds it to a constant; reports where it is none.
    pub fn check_constant(&mut self, expr: &ast::Expr, want: &Type, what: &str) -> Option<Value> {
        let before = self.diagnostics.len();
        let typed = self.check(expr, want);
        if self.diagnostics[before..].iter().any(|d| d.severity == rustchain_grammar::Severity::Error) {
            return None;
        }
        self.constant(&typed, expr.span, what)
    }

    /// The value of a constant expression; reports where it is none.
    pub fn constant(&mut self, expr: &Expr, span: Span, what: &str) -> Option<Value> {
        match fold::value(self.program, expr) {
            Some(Ok(value)) => Some(value),
            Some(Err(error)) => {
                let message = format!("{what} cannot be computed: {error}");
                let diagnostic = self.error("RC0210", span, message);
                self.report(diagnostic);
                None
            }
            None => {
                let diagnostic = self
                    .error("RC0210", span, format!("{what} must be constant"))
                    .label("depends on a value known only when the mission runs")
                    .help("use literals, top-level `let`s and pure functions of them");
                self.report(diagnostic);
                None
            }
        }
    }
}
