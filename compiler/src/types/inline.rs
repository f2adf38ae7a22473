//! Pure chains: which are pure, and their calls inside expressions.

use super::call::Slot;
use super::program::Program;
use super::scope::Frame;
use super::{Cx, Typed};
use crate::names::{DeclRef, order, refs::Refs, walk};
use rustchain_grammar::Span;
use rustchain_grammar::ast::{self, Arg, ChainDecl, ExprKind as E, ItemKind, StmtKind};
use rustchain_plan::expr::{Expr, ExprKind};
use rustchain_plan::plan::InputSpec;
use rustchain_plan::{Type, Value};
use smol_str::SmolStr;

impl Program {
    /// Can a chain be called inside expressions? It has steps and lets that are expressions, and calls
    /// nothing but what is pure.
    pub fn is_pure(&self, decl: DeclRef) -> bool {
        if let Some(known) = self.purity.borrow().get(&decl) {
            return *known;
        }
        // A chain that calls itself is no expression.
        self.purity.borrow_mut().insert(decl, false);
        let ItemKind::Chain(chain) = &self.item(decl).kind else { return false };
        let cx = Cx::anonymous(self, decl.module);
        let pure = is_expression_like(chain) && {
            let mut all = chain.body.iter().all(|stmt| {
                let mut pure = true;
                walk::statement(stmt, &mut |e| pure = pure && !has_step(&cx, e));
                pure
            });
            if let Some(value) = &chain.value {
                all = all && !has_step(&cx, value);
            }
            all
        };
        self.purity.borrow_mut().insert(decl, pure);
        pure
    }
}

fn is_expression_like(chain: &ChainDecl) -> bool {
    chain.body.iter().all(|stmt| match &stmt.kind {
        StmtKind::Let(_) | StmtKind::Return(_) => true,
        StmtKind::Step(step) => step.clauses.is_empty(),
        _ => false,
    })
}

/// Is there something inside that only a step can do?
fn has_step(cx: &Cx<'_>, expr: &ast::Expr) -> bool {
    walk::any(expr, &mut |e| match &e.kind {
        E::For { .. } | E::Loop { .. } | E::Poll { .. } => true,
        E::Call { callee, .. } => match cx.target(callee) {
            super::call::Target::Declared(decl) => !cx.program.is_pure(decl),
            _ => cx.is_step_call(callee),
        },
        _ => false,
    })
}

impl Cx<'_> {
    /// A call of a pure chain inside an expression: its body with its parameters bound.
    pub fn inline_chain(&mut self, decl: DeclRef, callee: &ast::Expr, args: &[Arg], span: Span) -> Typed {
        let program = self.program;
        let ItemKind::Chain(chain) = &program.item(decl).kind else { return Typed::error() };
        let signature = program.callable(decl);
        let name = program.plan_name(decl);
        let before = self.diagnostics.len();
        let exprs = self.declared_arguments(decl, callee, args);
        let result = signature.result.clone();
        if self.diagnostics.len() > before || self.open.contains(&decl) {
            self.tainted |= self.open.contains(&decl);
            return Typed { ty: result, ..Typed::error() };
        }
        self.open.push(decl);
        let told = self.diagnostics.len();
        let body = self.within_module(decl.module, |cx| {
            let params = signature.params.iter();
            let locals = params.map(|p| Cx::chain_local(&name, &p.name, p.ty.clone())).collect();
            cx.frames.push(Frame::Locals(locals));
            cx.chain_expression(chain, &name, &result)
        });
        self.open.pop();
        if self.diagnostics.len() > told {
            // The chain itself reports these.
            self.diagnostics.truncate(told);
            self.tainted = true;
            return Typed { ty: result, ..Typed::error() };
        }
        let mut expr = body;
        for (param, value) in signature.params.iter().zip(exprs).rev() {
            let name = format!("{name}.{}", param.name).into();
            expr = self.at(span, ExprKind::Bind { name, value: Box::new(value), body: Box::new(expr) });
        }
        self.fold(Typed { expr, ty: result })
    }

    /// The arguments of a declared callable in the order of its parameters, defaults filled in.
    pub fn declared_arguments(&mut self, decl: DeclRef, callee: &ast::Expr, args: &[Arg]) -> Vec<Expr> {
        let signature = self.program.callable(decl);
        if signature.params.iter().any(|p| p.ty == Type::Error) || signature.result == Type::Error {
            self.tainted = true;
        }
        let slots: Vec<Slot> = signature
            .params
            .iter()
            .map(|p| Slot { name: p.name.clone(), ty: p.ty.clone(), required: !p.optional })
            .collect();
        let name = self.text(callee.span).to_owned();
        let given = self.match_arguments(&name, callee.span, &slots, args, false);
        let mut exprs = Vec::with_capacity(slots.len());
        for (param, arg) in signature.params.iter().zip(given) {
            exprs.push(match arg {
                Some(arg) => self.check(arg, &param.ty),
                None => self.default_argument(decl, param, callee.span),
            });
        }
        exprs
    }

    /// The default of a parameter. An input that is read from the environment becomes an input of the
    /// calling mission.
    fn default_argument(&mut self, decl: DeclRef, param: &super::declared::Parameter, span: Span) -> Expr {
        let default = param.default.clone();
        let Some(env) = param.env.as_ref().filter(|_| self.deep) else {
            return self.at(span, ExprKind::Const(default.unwrap_or(Value::Null)));
        };
        if self.open.len() > 1 {
            let message = format!("`{}` is read from the environment: a chain must be given it", param.name);
            let d =
                self.error("RC0203", span, message).help("make it a parameter of the chain and pass it on");
            self.report(d);
            return Expr::constant(Value::Null);
        }
        let name: SmolStr = format!("{}.{}", self.program.plan_name(decl), param.name).into();
        if !self.hoisted.iter().any(|i| i.name == name) {
            self.hoisted.push(InputSpec {
                name: name.clone(),
                doc: param.doc.clone(),
                ty: param.ty.clone(),
                labels: param.labels,
                constraint: None,
                env: Some(env.clone()),
                default: default.map(Expr::constant),
            });
        }
        let regions = self.frames.iter().filter(|f| matches!(f, Frame::Region(_))).count();
        let up = regions.saturating_sub(1) as u32;
        self.at(span, ExprKind::Param { up, name })
    }

    /// The value of a pure chain: its lets and steps bound one after the other.
    fn chain_expression(&mut self, chain: &ChainDecl, prefix: &str, result: &Type) -> Expr {
        let mut parts: Vec<(&ast::Name, &ast::Expr, Option<&ast::TypeExpr>)> = Vec::new();
        for stmt in &chain.body {
            match &stmt.kind {
                StmtKind::Let(l) => parts.push((&l.name, &l.value, l.ty.as_ref())),
                StmtKind::Step(s) => parts.push((&s.name, &s.value, s.ty.as_ref())),
                _ => {}
            }
        }
        let depends: Vec<Vec<usize>> = parts
            .iter()
            .map(|(_, value, _)| {
                let reads = Refs::of_expr(value, &|path| self.is_callable_path(path));
                let heads = reads.iter().filter_map(|r| r.path.split('.').next());
                heads.filter_map(|h| parts.iter().position(|(n, _, _)| n.text == h)).collect()
            })
            .collect();
        let (order, _) = order::order(&depends);
        let mut bound: Vec<(SmolStr, Expr)> = Vec::new();
        for index in order {
            let (name, value, ty) = parts[index];
            let typed = match ty {
                Some(ty) => {
                    let want = self.resolve_type(ty);
                    Typed { expr: self.check(value, &want), ty: want }
                }
                None => self.elab(value, None),
            };
            let local = Cx::chain_local(prefix, &name.text, typed.ty);
            bound.push((local.plan.clone(), typed.expr));
            self.frames.push(Frame::Locals(vec![local]));
        }
        let mut expr = match &chain.value {
            Some(value) => self.check(value, result),
            None => Expr::constant(Value::Null),
        };
        for (name, value) in bound.into_iter().rev() {
            expr = Expr {
                id: expr.id,
                kind: ExprKind::Bind { name, value: Box::new(value), body: Box::new(expr) },
            };
        }
        expr
    }
}
