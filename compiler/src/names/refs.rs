//! Which outer names a piece of syntax reads, shadowing respected.

use rustchain_grammar::Span;
use rustchain_grammar::ast::{
    ClauseKind, CompClause, ErrorAction, Expr, ExprKind, NamedArg, Step, Stmt, StmtKind, TemplatePart,
};
use smol_str::SmolStr;

/// A read: the dotted text as far as it is plain names (`g.x.field`), and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Read {
    /// `x`, `g.x`, `x.field.more`.
    pub path: SmolStr,
    /// Where.
    pub span: Span,
}

/// Collects reads.
pub struct Refs<'a> {
    reads: Vec<Read>,
    bound: Vec<SmolStr>,
    own: Option<SmolStr>,
    /// Is a dotted name before `(` a callable? (Else it is a method of a value.)
    callable: &'a dyn Fn(&str) -> bool,
}

impl<'a> Refs<'a> {
    fn new(callable: &'a dyn Fn(&str) -> bool) -> Refs<'a> {
        Refs { reads: Vec::new(), bound: Vec::new(), own: None, callable }
    }

    /// The reads of an expression, in order, with repetitions.
    pub fn of_expr(expr: &Expr, callable: &'a dyn Fn(&str) -> bool) -> Vec<Read> {
        let mut refs = Refs::new(callable);
        refs.expr(expr);
        refs.reads
    }

    /// The reads of a step: its value, its clauses, what it names in `after` and `teardown`.
    pub fn of_step(step: &Step, callable: &'a dyn Fn(&str) -> bool) -> Vec<Read> {
        let mut refs = Refs::new(callable);
        refs.step(step);
        refs.reads
    }

    fn step(&mut self, step: &Step) {
        let outer = self.own.replace(step.name.text.clone());
        self.expr(&step.value);
        self.own = outer;
        for clause in &step.clauses {
            self.clause(&clause.kind);
        }
    }

    fn clause(&mut self, clause: &ClauseKind) {
        match clause {
            ClauseKind::After(paths) => {
                for path in paths {
                    self.read(path.text(), path.span);
                }
            }
            ClauseKind::Teardown(path) => self.read(path.text(), path.span),
            ClauseKind::When(e) | ClauseKind::Timeout(e) | ClauseKind::Within(e) => self.expr(e),
            ClauseKind::OnError { action: ErrorAction::Use(e), .. } => self.expr(e),
            ClauseKind::Retry { count, options, .. } => {
                self.expr(count);
                self.named(options);
            }
            ClauseKind::Cache(Some(e)) => self.expr(e),
            _ => {}
        }
    }

    fn read(&mut self, path: SmolStr, span: Span) {
        let head = path.split('.').next().unwrap_or_default();
        if !self.bound.iter().any(|b| b == head) {
            self.reads.push(Read { path, span });
        }
    }

    fn named(&mut self, args: &[NamedArg]) {
        for arg in args {
            self.expr(&arg.value);
        }
    }

    fn expr(&mut self, expr: &Expr) {
        match &expr.kind {
            ExprKind::Null
            | ExprKind::Bool(_)
            | ExprKind::Int(_)
            | ExprKind::Float(_)
            | ExprKind::Raw(..)
            | ExprKind::Timestamp(_)
            | ExprKind::Duration(_)
            | ExprKind::Error => {}
            ExprKind::Template(parts) => {
                for part in parts {
                    if let TemplatePart::Hole(e, _) = part {
                        self.expr(e);
                    }
                }
            }
            ExprKind::Name(name) => self.read(name.text.clone(), expr.span),
            ExprKind::Field { base, .. } => match dotted(expr) {
                Some(path) => self.read(path, expr.span),
                None => self.expr(base),
            },
            ExprKind::Index { base, index } => {
                self.expr(base);
                self.expr(index);
            }
            ExprKind::Call { callee, args, .. } => {
                // A name before `(` is a callable; only the base of a method is a value.
                if let ExprKind::Field { base, .. } = &callee.kind
                    && !dotted(callee).is_some_and(|path| (self.callable)(&path))
                {
                    self.expr(base);
                }
                for arg in args {
                    self.expr(&arg.value);
                }
            }
            ExprKind::Record { base, fields, .. } => {
                if let Some(base) = base {
                    self.expr(base);
                }
                self.named(fields);
            }
            ExprKind::List(items) => items.iter().for_each(|e| self.expr(e)),
            ExprKind::Comprehension { body, clauses } => self.comprehension(body, clauses),
            ExprKind::Unary(_, e) | ExprKind::Paren(e) => self.expr(e),
            ExprKind::Binary { left, right, .. } => {
                self.expr(left);
                self.expr(right);
            }
            ExprKind::If { cond, then, otherwise } => {
                self.expr(cond);
                self.expr(then);
                self.expr(otherwise);
            }
            ExprKind::Match { subject, arms } => {
                self.expr(subject);
                arms.iter().for_each(|arm| self.expr(&arm.value));
            }
            ExprKind::For { bindings, max, limit, body } => {
                let depth = self.bound.len();
                for (_, list) in bindings {
                    self.expr(list);
                }
                max.iter().chain(limit).for_each(|e| self.expr(e));
                self.bound.extend(bindings.iter().map(|(n, _)| n.text.clone()));
                self.block(body);
                self.bound.truncate(depth);
            }
            ExprKind::Loop { var, init, until, max, body } => {
                self.expr(init);
                max.iter().for_each(|e| self.expr(e));
                let depth = self.bound.len();
                self.bound.push(var.text.clone());
                self.expr(until);
                self.block(body);
                self.bound.truncate(depth);
            }
            ExprKind::Poll { until, every, duration, max, body } => {
                every.iter().chain(duration).chain(max).for_each(|e| self.expr(e));
                let depth = self.bound.len();
                self.bound.extend(self.own.clone());
                self.expr(until);
                self.bound.truncate(depth);
                self.block(body);
            }
        }
    }

    fn comprehension(&mut self, body: &Expr, clauses: &[CompClause]) {
        let depth = self.bound.len();
        for clause in clauses {
            match clause {
                CompClause::For(name, list) => {
                    self.expr(list);
                    self.bound.push(name.text.clone());
                }
                CompClause::If(e) => self.expr(e),
            }
        }
        self.expr(body);
        self.bound.truncate(depth);
    }

    fn block(&mut self, body: &[Stmt]) {
        let depth = self.bound.len();
        for stmt in body {
            match &stmt.kind {
                StmtKind::Let(l) => self.bound.push(l.name.text.clone()),
                StmtKind::Step(s) => self.bound.push(s.name.text.clone()),
                StmtKind::Group(g) => self.bound.push(g.name.text.clone()),
                _ => {}
            }
        }
        body.iter().for_each(|stmt| self.stmt(stmt));
        self.bound.truncate(depth);
    }

    fn stmt(&mut self, stmt: &Stmt) {
        match &stmt.kind {
            StmtKind::Let(l) => self.expr(&l.value),
            StmtKind::Step(s) => self.step(s),
            StmtKind::Group(g) => self.block(&g.body),
            StmtKind::Value(e) | StmtKind::Return(e) => self.expr(e),
            _ => {}
        }
    }
}

/// `a.b.c` where the expression is plain field access on a name.
pub fn dotted(expr: &Expr) -> Option<SmolStr> {
    match &expr.kind {
        ExprKind::Name(name) => Some(name.text.clone()),
        ExprKind::Field { base, name, optional: false } => {
            let base = dotted(base)?;
            Some(format!("{base}.{}", name.text).into())
        }
        _ => None,
    }
}
