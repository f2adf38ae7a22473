//! Statements and clauses.

use super::Lower;
use super::list::Context;
use crate::ast::*;
use crate::flat::{Children, Node};
use crate::kind::SyntaxKind as K;

impl<'a> Lower<'a> {
    pub fn block(&mut self, node: Node<'a>) -> Vec<Stmt> {
        let mut stmts = Vec::new();
        self.list(node, Context::Stmt, |lower, docs, node| {
            let kind = lower.stmt(node);
            stmts.push(Stmt { docs, kind, span: node.span() });
        });
        stmts
    }

    fn next_block(&mut self, children: &mut Children<'a>) -> Vec<Stmt> {
        children.seek(K::BLOCK).map(|block| self.block(block)).unwrap_or_default()
    }

    fn stmt(&mut self, node: Node<'a>) -> StmtKind {
        let mut c = node.children();
        match node.kind() {
            K::STEP => StmtKind::Step(self.step(node)),
            K::LET_DECL => StmtKind::Let(self.let_decl(node)),
            K::OUTPUT => StmtKind::Output(self.let_decl(node)),
            K::INPUT => StmtKind::Input(self.input(node)),
            K::SECRET => StmtKind::Secret(self.input(node)),
            K::GROUP => {
                let name = self.next_name(&mut c);
                StmtKind::Group(Group { name, body: self.next_block(&mut c) })
            }
            K::POLICY_STMT => self.policy_stmt(node),
            K::DEFAULTS => StmtKind::Defaults(self.next_clauses(&mut c)),
            K::ID_LINE => {
                let (text, span) = self.next_text(&mut c);
                StmtKind::Id(text, span)
            }
            K::WITHIN => StmtKind::Within(self.next_expr(&mut c)),
            K::SCHEDULE => StmtKind::Schedule(self.schedule(node)),
            K::META => {
                let name = self.next_name(&mut c);
                StmtKind::Meta(name, self.next_entries(&mut c))
            }
            K::ON_FAILURE => StmtKind::OnFailure(self.next_name(&mut c)),
            K::OUTCOME => StmtKind::Outcome(self.next_name(&mut c)),
            K::RETURN_STMT => StmtKind::Return(self.next_expr(&mut c)),
            K::VALUE_STMT => StmtKind::Value(self.next_expr(&mut c)),
            _ => StmtKind::Error,
        }
    }

    fn step(&mut self, node: Node<'a>) -> Step {
        let mut c = node.children();
        let name = self.next_name(&mut c);
        let ty = self.stated_type(&mut c);
        let value = self.next_expr(&mut c);
        let Some(with) = c.eat(K::WITH_BLOCK) else {
            return Step { name, ty, value, clauses: Vec::new(), with_span: None };
        };
        let mut parts = with.children();
        let Some(block) = parts.seek(K::CLAUSE_BLOCK) else {
            return Step { name, ty, value, clauses: Vec::new(), with_span: None };
        };
        Step { name, ty, value, clauses: self.clauses(block), with_span: Some(block.span()) }
    }

    fn input(&mut self, node: Node<'a>) -> Input {
        let mut c = node.children();
        let name = self.next_name(&mut c);
        let ty = self.next_type(&mut c);
        let constraint = self.expr_after_word(&mut c, "where");
        let from = self.expr_after_word(&mut c, "from");
        let default = self.expr_after(&mut c, K::EQ);
        Input { name, ty, constraint, from, default }
    }

    fn policy_stmt(&mut self, node: Node<'a>) -> StmtKind {
        let mut c = node.children();
        c.next();
        match c.next() {
            Some(body) if body.kind() == K::POLICY_BODY => StmtKind::PolicyBlock(self.policy_body(body)),
            Some(path) if path.kind() == K::PATH => StmtKind::PolicyName(self.path(path)),
            Some(_) => StmtKind::PolicyInferred,
            None => StmtKind::Error,
        }
    }

    fn schedule(&mut self, node: Node<'a>) -> Schedule {
        let mut c = node.children();
        c.next();
        let Some(form) = c.next() else { return Schedule::None };
        let mut parts = form.children();
        match form.kind() {
            K::SCHEDULE_EVERY => Schedule::Every(self.next_expr(&mut parts)),
            K::SCHEDULE_ON => Schedule::On(self.next_expr(&mut parts)),
            K::SCHEDULE_CRON => {
                let (line, span) = self.next_text(&mut parts);
                let tz = self.eat_word(&mut parts, "tz").map(|_| self.next_text(&mut parts));
                Schedule::Cron { line, span, tz }
            }
            _ if self.slice(form.span()) == "once" => Schedule::Once,
            _ => Schedule::None,
        }
    }

    fn next_clauses(&mut self, children: &mut Children<'a>) -> Vec<Clause> {
        children.seek(K::CLAUSE_BLOCK).map(|block| self.clauses(block)).unwrap_or_default()
    }

    fn clauses(&mut self, block: Node<'a>) -> Vec<Clause> {
        let mut clauses = Vec::new();
        self.list(block, Context::Clause, |lower, _, node| {
            let kind = lower.clause(node);
            clauses.push(Clause { kind, span: node.span() });
        });
        clauses
    }

    fn clause(&mut self, node: Node<'a>) -> ClauseKind {
        let mut c = node.children();
        match node.kind() {
            K::AFTER => ClauseKind::After(self.paths(node)),
            K::WHEN => ClauseKind::When(self.next_expr(&mut c)),
            K::ON_ERROR => {
                let kinds = c
                    .seek_before(K::KIND_LIST, K::COLON)
                    .map(|list| self.kind_list(list))
                    .unwrap_or_default();
                ClauseKind::OnError { kinds, action: self.next_action(&mut c) }
            }
            K::RETRY => self.retry(c),
            K::TIMEOUT => ClauseKind::Timeout(self.next_expr(&mut c)),
            K::WITHIN => ClauseKind::Within(self.next_expr(&mut c)),
            K::TRIGGER => ClauseKind::Trigger(self.next_name(&mut c)),
            K::TEARDOWN => ClauseKind::Teardown(self.next_path(&mut c)),
            K::CACHE => ClauseKind::Cache(self.cache_value(c)),
            K::ID_LINE => {
                let (text, span) = self.next_text(&mut c);
                ClauseKind::Id(text, span)
            }
            K::META => {
                let name = self.next_name(&mut c);
                ClauseKind::Meta(name, self.next_entries(&mut c))
            }
            K::UPDATES => ClauseKind::Updates(self.next_elements(&mut c)),
            _ => ClauseKind::Error,
        }
    }

    fn paths(&mut self, list: Node<'a>) -> Vec<Path> {
        let mut paths = Vec::new();
        self.list(list, Context::Path, |lower, _, node| {
            if node.kind() == K::PATH {
                paths.push(lower.path(node));
            }
        });
        paths
    }

    fn retry(&mut self, mut c: Children<'a>) -> ClauseKind {
        let count = self.next_expr(&mut c);
        let kinds = match self.eat_word(&mut c, "on").and_then(|_| c.eat(K::KIND_LIST)) {
            Some(list) => self.kind_list(list),
            None => Vec::new(),
        };
        let options = c.eat(K::RECORD_BODY).map(|body| self.entries(body)).unwrap_or_default();
        ClauseKind::Retry { count, kinds, options }
    }

    fn cache_value(&mut self, mut c: Children<'a>) -> Option<Expr> {
        c.next();
        let node = c.next()?;
        let kind = if node.kind() == K::NUMBER { self.number(node) } else { self.literal(node) };
        Some(Expr { kind, span: node.span() })
    }

    pub fn kind_list(&mut self, list: Node<'a>) -> Vec<ErrorKindRef> {
        let mut kinds = Vec::new();
        self.list(list, Context::ErrorKind, |lower, _, node| {
            if node.kind() == K::KIND {
                let kind = lower.error_kind(node);
                kinds.push(kind);
            }
        });
        kinds
    }

    pub fn error_kind(&mut self, node: Node<'a>) -> ErrorKindRef {
        let mut c = node.children();
        let name = self.next_name(&mut c);
        let arg = c.eat(K::KIND_ARG).map(|arg| self.next_expr(&mut arg.children()));
        ErrorKindRef { name, arg }
    }

    pub fn next_action(&mut self, children: &mut Children<'a>) -> ErrorAction {
        let Some(node) = children.seek(K::ERROR_ACTION) else { return ErrorAction::Fail };
        let mut c = node.children();
        let word = c.next().map_or("", |word| self.slice(word.span()));
        match word {
            "continue" => ErrorAction::Continue,
            "skip" => ErrorAction::Skip,
            "use" => ErrorAction::Use(self.next_expr(&mut c)),
            _ => ErrorAction::Fail,
        }
    }
}
