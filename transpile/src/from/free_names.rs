//! Names that a piece of Python code takes from around it.

use crate::python::syntax::ast;
use ruff_python_ast::visitor::{self, Visitor};
use std::collections::BTreeSet;

/// Names that are read and not bound in the same piece of code.
#[derive(Debug, Default)]
pub(in crate::from) struct FreeNames {
    /// Names whose values are needed.
    pub needed: BTreeSet<String>,
    /// Names in annotations.
    pub annotated: BTreeSet<String>,
}

/// The free names of a `def`, from its parameters inwards.
pub(in crate::from) fn of_def(def: &ast::StmtFunctionDef) -> FreeNames {
    let mut around = Scope::default();
    around.function(Some(&def.parameters), def.returns.as_deref(), |inside| inside.visit_body(&def.body));
    around.free()
}

/// The free names of a lambda.
pub(in crate::from) fn of_lambda(lambda: &ast::ExprLambda) -> FreeNames {
    let mut around = Scope::default();
    around.function(lambda.parameters.as_deref(), None, |inside| inside.visit_expr(&lambda.body));
    around.free()
}

/// The free names of statements.
pub(in crate::from) fn of_body(body: &[ast::Stmt]) -> FreeNames {
    let mut scope = Scope::default();
    scope.visit_body(body);
    scope.free()
}

#[derive(Default)]
struct Scope {
    read: BTreeSet<String>,
    /// Parameters, and names that are assigned, imported or defined.
    bound: BTreeSet<String>,
    /// Named by `global`.
    global: BTreeSet<String>,
    /// Free names of the scopes inside, which do not see what a class binds.
    inner: BTreeSet<String>,
    annotated: BTreeSet<String>,
}

impl Scope {
    fn free(self) -> FreeNames {
        let Scope { read, bound, global, inner, annotated } = self;
        let mut needed: BTreeSet<String> =
            read.union(&inner).filter(|n| !bound.contains(*n)).cloned().collect();
        needed.extend(global);
        FreeNames { needed, annotated }
    }

    /// A scope inside that sees the names of this one.
    fn nested(&mut self, inside: Scope) {
        let free = inside.free();
        self.inner.extend(free.needed);
        self.annotated.extend(free.annotated);
    }

    fn function(
        &mut self,
        parameters: Option<&ast::Parameters>,
        returns: Option<&ast::Expr>,
        body: impl FnOnce(&mut Scope),
    ) {
        let mut inside = Scope::default();
        if let Some(parameters) = parameters {
            visitor::walk_parameters(self, parameters);
            inside.bound.extend(parameters.iter().map(|p| p.name().id.to_string()));
        }
        returns.into_iter().for_each(|returns| self.visit_annotation(returns));
        body(&mut inside);
        self.nested(inside);
    }

    fn class(&mut self, class: &ast::StmtClassDef) {
        self.bound.insert(class.name.id.to_string());
        class.arguments.iter().for_each(|arguments| visitor::walk_arguments(self, arguments));
        let mut inside = Scope::default();
        inside.visit_body(&class.body);
        self.inner.append(&mut inside.inner);
        // Annotations of a class may be read: dataclasses and models do.
        inside.read.append(&mut inside.annotated);
        self.nested(inside);
    }
}

impl<'a> Visitor<'a> for Scope {
    fn visit_annotation(&mut self, expr: &'a ast::Expr) {
        let mut names = Scope::default();
        names.visit_expr(expr);
        self.annotated.append(&mut names.read);
    }

    fn visit_alias(&mut self, alias: &'a ast::Alias) {
        let name = alias.asname.as_ref().unwrap_or(&alias.name).id.as_str();
        self.bound.insert(name.split('.').next().unwrap_or(name).to_owned());
    }

    fn visit_except_handler(&mut self, handler: &'a ast::ExceptHandler) {
        let ast::ExceptHandler::ExceptHandler(named) = handler;
        self.bound.extend(named.name.as_ref().map(|name| name.id.to_string()));
        visitor::walk_except_handler(self, handler);
    }

    fn visit_pattern(&mut self, pattern: &'a ast::Pattern) {
        let name = match pattern {
            ast::Pattern::MatchAs(named) => named.name.as_ref(),
            ast::Pattern::MatchStar(named) => named.name.as_ref(),
            ast::Pattern::MatchMapping(named) => named.rest.as_ref(),
            _ => None,
        };
        self.bound.extend(name.map(|name| name.id.to_string()));
        visitor::walk_pattern(self, pattern);
    }

    fn visit_stmt(&mut self, stmt: &'a ast::Stmt) {
        match stmt {
            ast::Stmt::FunctionDef(def) => {
                self.bound.insert(def.name.id.to_string());
                def.decorator_list.iter().for_each(|decorator| self.visit_decorator(decorator));
                self.function(Some(&def.parameters), def.returns.as_deref(), |inside| {
                    inside.visit_body(&def.body);
                });
            }
            ast::Stmt::ClassDef(class) => {
                class.decorator_list.iter().for_each(|decorator| self.visit_decorator(decorator));
                self.class(class);
            }
            ast::Stmt::Global(names) => {
                self.global.extend(names.names.iter().map(|name| name.id.to_string()));
            }
            _ => visitor::walk_stmt(self, stmt),
        }
    }

    fn visit_expr(&mut self, expr: &'a ast::Expr) {
        match expr {
            ast::Expr::Name(name) => {
                let names = match name.ctx {
                    ast::ExprContext::Load => &mut self.read,
                    _ => &mut self.bound,
                };
                names.insert(name.id.to_string());
            }
            ast::Expr::Lambda(lambda) => {
                self.function(lambda.parameters.as_deref(), None, |inside| inside.visit_expr(&lambda.body));
            }
            ast::Expr::ListComp(_)
            | ast::Expr::SetComp(_)
            | ast::Expr::DictComp(_)
            | ast::Expr::Generator(_) => {
                let mut inside = Scope::default();
                visitor::walk_expr(&mut inside, expr);
                self.nested(inside);
            }
            _ => visitor::walk_expr(self, expr),
        }
    }
}
