//! `with { … }` and `defaults { … }`.

use super::node::{keyword, used_value};
use crate::types::Cx;
use rustchain_grammar::Span;
use rustchain_grammar::ast::{self, Clause, ClauseKind, ErrorAction, ErrorKindRef, NamedArg, Path, Step};
use rustchain_plan::plan::{Backoff, Cache, OnError, OnErrorAction, Retry};
use rustchain_plan::{Type, Value};
use smol_str::SmolStr;

/// The clauses of a step with the defaults of those keywords that it does not have.
#[derive(Default)]
pub(crate) struct Merged<'e> {
    pub after: Vec<&'e Path>,
    pub when: Option<&'e ast::Expr>,
    pub on_error: Vec<(&'e [ErrorKindRef], &'e ErrorAction)>,
    pub retry: Option<&'e Clause>,
    pub own_retry: bool,
    pub timeout: Option<&'e ast::Expr>,
    pub own_timeout: bool,
    pub within: Option<&'e ast::Expr>,
    pub trigger: Option<(&'e ast::Name, Span)>,
    pub teardown: Option<&'e Path>,
    pub against_teardown: Vec<(&'static str, Span)>,
    pub cache: Option<Option<&'e ast::Expr>>,
    pub id: Option<&'e SmolStr>,
    pub meta: Vec<(&'e ast::Name, &'e [NamedArg])>,
    pub updates: Option<&'e [ast::Expr]>,
}

impl Cx<'_> {
    /// Clauses of a step over the defaults; reports keywords given twice. Fills the places of the node.
    pub fn merge_clauses<'e>(&mut self, step: &'e Step, defaults: &[&'e Clause], key: &str) -> Merged<'e> {
        let mut merged = Merged::default();
        let mut seen: Vec<(&'static str, Span)> = Vec::new();
        for clause in &step.clauses {
            let word = keyword(&clause.kind);
            let repeatable = matches!(word, "on error" | "meta" | "");
            if let (Some((_, first)), false) = (seen.iter().find(|(w, _)| *w == word), repeatable) {
                let d = self.error("RC0120", clause.span, format!("`{word}` is given twice")).also(
                    self.file(),
                    *first,
                    "first given here",
                );
                self.report(d);
                continue;
            }
            seen.push((word, clause.span));
            let place = self.place(clause.span);
            if let Some(places) = self.spans.nodes.get_mut(key) {
                places.clauses.entry(word).or_insert(place);
            }
            merged.add(clause, true);
        }
        let teardown = merged.teardown.is_some();
        for clause in defaults {
            let word = keyword(&clause.kind);
            let given = seen.iter().any(|(w, _)| *w == word);
            if given || (teardown && word == "trigger") {
                continue;
            }
            let place = self.place(clause.span);
            if let Some(places) = self.spans.nodes.get_mut(key) {
                places.clauses.entry(word).or_insert(place);
            }
            merged.add(clause, false);
        }
        if teardown {
            let against = |(w, _): &(&str, Span)| matches!(*w, "after" | "trigger");
            merged.against_teardown = seen.into_iter().filter(against).collect();
        }
        merged
    }

    /// `on error` lines; `use e` must be of the value's type.
    pub fn on_errors(&mut self, merged: &Merged<'_>, value: &Type) -> Vec<OnError> {
        let mut lowered = Vec::with_capacity(merged.on_error.len());
        for (kinds, action) in &merged.on_error {
            let kinds = self.error_kinds(kinds);
            let used = used_value(action).map(|e| self.check(e, value));
            let action = error_action(action, used);
            lowered.push(OnError { kinds, action });
        }
        lowered
    }

    /// `retry N on [kinds] { backoff, cap }`; `None` for no further attempt.
    pub fn retry(&mut self, clause: &Clause, ignored: bool) -> Option<Retry> {
        let ClauseKind::Retry { count, kinds, options } = &clause.kind else { return None };
        let count_expr = self.check(count, &Type::Int);
        let kinds = self.error_kinds(kinds);
        let mut backoff = None;
        let mut cap = None;
        for option in options {
            match option.name.text.as_str() {
                "backoff" => backoff = self.backoff(&option.value),
                "cap" => cap = Some(self.check(&option.value, &Type::Duration)),
                other => {
                    let d =
                        self.error("RC0204", option.name.span, format!("`retry` has no option `{other}`"));
                    let d = crate::names::did_you_mean(d, option.name.span, other, ["backoff", "cap"]);
                    self.report(d);
                }
            }
        }
        if let rustchain_plan::ExprKind::Const(Value::Int(n)) = count_expr.kind {
            if n < 0 {
                let d = self.error("RC0217", count.span, "the number of further attempts is negative");
                self.report(d);
            }
            if n <= 0 {
                return None;
            }
        }
        (!ignored).then_some(Retry { count: count_expr, kinds, backoff, cap })
    }

    fn backoff(&mut self, e: &ast::Expr) -> Option<Backoff> {
        const FORMS: [&str; 3] = ["constant", "linear", "exponential"];
        if let ast::ExprKind::Call { callee, args, .. } = &e.kind
            && let (ast::ExprKind::Name(name), [arg]) = (&callee.kind, args.as_slice())
        {
            if FORMS.contains(&name.text.as_str()) {
                let pause = self.check(&arg.value, &Type::Duration);
                return Some(match name.text.as_str() {
                    "constant" => Backoff::Constant(pause),
                    "linear" => Backoff::Linear(pause),
                    _ => Backoff::Exponential(pause),
                });
            }
            let d = self.error("RC0102", name.span, format!("there is no backoff `{}`", name.text));
            let d = crate::names::did_you_mean(d, name.span, &name.text, FORMS);
            self.report(d);
            return None;
        }
        let d = self
            .error("RC0201", e.span, "a backoff is `constant(d)`, `linear(d)` or `exponential(d)`")
            .help("for example `exponential(1s)`");
        self.report(d);
        None
    }

    /// `cache`, `cache 1h`.
    pub fn cache(&mut self, ttl: Option<&ast::Expr>) -> Cache {
        Cache { ttl: ttl.map(|e| self.check(e, &Type::Duration)) }
    }

    /// `updates [asset("uri")]`.
    pub fn updates(&mut self, list: &[ast::Expr]) -> Vec<SmolStr> {
        list.iter().filter_map(|e| self.asset(e)).collect()
    }

    /// `asset("uri")`.
    pub fn asset(&mut self, e: &ast::Expr) -> Option<SmolStr> {
        if let ast::ExprKind::Call { callee, args, .. } = &e.kind {
            let named = matches!(&callee.kind, ast::ExprKind::Name(n) if n.text == "asset");
            if let ([arg], true) = (args.as_slice(), named) {
                return match self.check_constant(&arg.value, &Type::String, "the uri of an asset")? {
                    Value::String(uri) => Some(uri.as_ref().into()),
                    _ => None,
                };
            }
        }
        let d = self.error("RC0201", e.span, "expected an asset").help("write `asset(\"uri\")`");
        self.report(d);
        None
    }
}

impl<'e> Merged<'e> {
    fn add(&mut self, clause: &'e Clause, own: bool) {
        match &clause.kind {
            ClauseKind::After(paths) => self.after.extend(paths),
            ClauseKind::When(e) => self.when = Some(e),
            ClauseKind::OnError { kinds, action } => self.on_error.push((kinds, action)),
            ClauseKind::Retry { .. } => {
                self.retry = Some(clause);
                self.own_retry = own;
            }
            ClauseKind::Timeout(e) => {
                self.timeout = Some(e);
                self.own_timeout = own;
            }
            ClauseKind::Within(e) => self.within = Some(e),
            ClauseKind::Trigger(name) => self.trigger = Some((name, clause.span)),
            ClauseKind::Teardown(path) => self.teardown = Some(path),
            ClauseKind::Cache(ttl) => self.cache = cached(ttl.as_ref()),
            ClauseKind::Id(id, _) => self.id = Some(id),
            ClauseKind::Meta(name, args) => self.meta.push((name, args)),
            ClauseKind::Updates(list) => self.updates = Some(list),
            ClauseKind::Error => {}
        }
    }
}

/// `cache`, `cache true`, `cache false`, `cache 1h`.
fn cached(ttl: Option<&ast::Expr>) -> Option<Option<&ast::Expr>> {
    match ttl.map(|e| &e.kind) {
        Some(ast::ExprKind::Bool(false)) => None,
        Some(ast::ExprKind::Bool(true)) | None => Some(None),
        Some(_) => Some(ttl),
    }
}

/// An action with its value, where it has one.
pub(crate) fn error_action(action: &ErrorAction, used: Option<rustchain_plan::Expr>) -> OnErrorAction {
    match (action, used) {
        (ErrorAction::Continue, _) => OnErrorAction::Continue,
        (ErrorAction::Skip, _) => OnErrorAction::Skip,
        (ErrorAction::Use(_), Some(e)) => OnErrorAction::Use(e),
        (ErrorAction::Fail | ErrorAction::Use(_), _) => OnErrorAction::Fail,
    }
}

impl Cx<'_> {
    /// `defaults { … }`: keywords that make sense for every step, each once.
    pub fn check_defaults(&mut self, clauses: &[Clause]) {
        const ALLOWED: [&str; 6] = ["timeout", "within", "retry", "on error", "trigger", "cache"];
        let mut seen: Vec<(&'static str, Span)> = Vec::new();
        for clause in clauses {
            let word = keyword(&clause.kind);
            if word.is_empty() {
                continue;
            }
            if !ALLOWED.contains(&word) {
                let d = self
                    .error("RC0120", clause.span, format!("`{word}` cannot be a default"))
                    .help("it belongs to one step: `step x = … with { … }`");
                self.report(d);
            }
            if let (Some((_, first)), true) = (seen.iter().find(|(w, _)| *w == word), word != "on error") {
                let d = self.error("RC0120", clause.span, format!("`{word}` is given twice")).also(
                    self.file(),
                    *first,
                    "first given here",
                );
                self.report(d);
            }
            seen.push((word, clause.span));
        }
    }
}
