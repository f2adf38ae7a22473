//! Chains and missions called as steps: regions of their own.

use super::region::Statements;
use crate::names::{DeclRef, placement};
use crate::types::{Cx, LoweredChain};
use rustchain_grammar::ast::{self, Arg, ChainDecl, Clause, ItemKind, StmtKind};
use rustchain_plan::expr::{Expr, ExprKind};
use rustchain_plan::plan::{Body, RegionParam};
use rustchain_plan::{Policy, Region, Type};
use smol_str::SmolStr;
use std::rc::Rc;

impl Cx<'_> {
    /// A call of a chain or a mission.
    pub fn chain_step(&mut self, decl: DeclRef, callee: &ast::Expr, args: &[Arg], key: &str) -> (Body, Type) {
        let declared = self.program.callable(decl);
        let exprs = self.declared_arguments(decl, callee, args);
        let args = declared.params.iter().map(|p| p.name.clone()).zip(exprs).collect();
        let name = self.program.plan_name(decl);
        self.use_type(&declared.result);
        let region = match self.deep {
            true => self.embed_chain(decl, key),
            false => Region::default(),
        };
        (Body::Chain { name, args, region }, declared.result.clone())
    }

    fn embed_chain(&mut self, decl: DeclRef, key: &str) -> Region {
        let lowered = self.lowered_chain(decl);
        for (path, places) in &lowered.nodes {
            self.spans.nodes.insert(format!("{key}/{path}"), places.clone());
        }
        let meta =
            lowered.meta.iter().map(|(path, name, v)| (format!("{key}/{path}"), name.clone(), v.clone()));
        let meta: Vec<_> = meta.collect();
        self.meta.extend(meta);
        lowered.region.clone()
    }

    /// The body of a chain or mission, lowered once.
    pub fn lowered_chain(&mut self, decl: DeclRef) -> Rc<LoweredChain> {
        if let Some(known) = self.chains.get(&decl) {
            return known.clone();
        }
        if self.open.contains(&decl) {
            // Recursion is reported at the declaration.
            self.tainted = true;
            let nothing =
                LoweredChain { region: Region::default(), nodes: Default::default(), meta: Vec::new() };
            return Rc::new(nothing);
        }
        self.open.push(decl);
        let told = self.diagnostics.len();
        let nodes = std::mem::take(&mut self.spans.nodes);
        let ports = std::mem::take(&mut self.spans.ports);
        let meta = std::mem::take(&mut self.meta);
        let path = std::mem::take(&mut self.path);
        let program = self.program;
        let region = self.within_module(decl.module, |cx| match &program.item(decl).kind {
            ItemKind::Chain(chain) => cx.chain_region(decl, chain),
            ItemKind::Mission(mission) => cx.mission_region(decl, &mission.body),
            _ => Region::default(),
        });
        let lowered = LoweredChain {
            region,
            nodes: std::mem::replace(&mut self.spans.nodes, nodes),
            meta: std::mem::replace(&mut self.meta, meta),
        };
        self.spans.ports = ports;
        self.path = path;
        self.open.pop();
        if self.diagnostics.len() > told {
            // The declaration itself reports these.
            self.diagnostics.truncate(told);
            self.tainted = true;
        }
        let lowered = Rc::new(lowered);
        self.chains.insert(decl, lowered.clone());
        lowered
    }

    /// The region of a chain.
    pub fn chain_region(&mut self, decl: DeclRef, chain: &ChainDecl) -> Region {
        let declared = self.program.callable(decl);
        let mut params = Vec::with_capacity(declared.params.len());
        for (field, info) in chain.params.iter().zip(&declared.params) {
            let constraint = field.constraint.as_ref().map(|c| self.constraint(&info.name, &info.ty, c));
            params.push(RegionParam {
                name: info.name.clone(),
                ty: info.ty.clone(),
                constraint,
                labels: info.labels,
                trusted: info.trusted,
            });
            self.use_type(&info.ty);
        }
        self.frames.push(Cx::region_frame(params.iter().map(|p| (&p.name, &p.ty))));
        for (field, param) in chain.params.iter().zip(&params) {
            self.param_place(&field.name, &param.ty);
        }
        placement::check(self.file(), &chain.body, placement::Place::Chain, &mut self.diagnostics);
        let Statements { lets, nodes } = self.statements(&chain.body, &[]);
        let result = chain.value.as_ref().map(|value| self.chain_value(value, &declared.result));
        self.frames.pop();
        let (value_nodes, result) = match result {
            Some((node, expr)) => (node, Some(expr)),
            None => (None, None),
        };
        let mut nodes = nodes;
        nodes.extend(value_nodes);
        Region { params, lets, nodes, result, policy: None }
    }

    /// `return e`: an expression, or a step that becomes the node `_`.
    fn chain_value(&mut self, value: &ast::Expr, result: &Type) -> (Option<rustchain_plan::Node>, Expr) {
        if !self.is_step_like(value) {
            return (None, self.check(value, result));
        }
        let (node, ty) = self.unnamed_node(value, Some(result));
        let expr = self.at(value.span, ExprKind::Step { up: 0, id: "_".into() });
        let typed = crate::types::Typed { expr, ty };
        (Some(node), self.coerce(typed, result, value))
    }

    /// A mission called as a step: inputs are parameters, the outputs a record.
    pub fn mission_region(&mut self, decl: DeclRef, body: &[ast::Stmt]) -> Region {
        let declared = self.program.callable(decl);
        let mut params = Vec::with_capacity(declared.params.len());
        let inputs = body.iter().filter_map(|s| match &s.kind {
            StmtKind::Input(i) | StmtKind::Secret(i) => Some(i),
            _ => None,
        });
        for (input, info) in inputs.zip(&declared.params) {
            let constraint = input.constraint.as_ref().map(|c| self.constraint(&info.name, &info.ty, c));
            params.push(RegionParam {
                name: info.name.clone(),
                ty: info.ty.clone(),
                constraint,
                labels: info.labels,
                trusted: info.trusted,
            });
            self.use_type(&info.ty);
        }
        self.frames.push(Cx::region_frame(params.iter().map(|p| (&p.name, &p.ty))));
        let defaults: Vec<&Clause> = mission_defaults(body);
        let Statements { lets, nodes } = self.statements(body, &defaults);
        let mut fields: Vec<(SmolStr, Expr)> = Vec::new();
        for stmt in body {
            let StmtKind::Output(output) = &stmt.kind else { continue };
            let Type::Record(types) = &declared.result else { continue };
            let ty = types.get(&output.name.text).cloned().unwrap_or(Type::Error);
            fields.push((output.name.text.clone(), self.check(&output.value, &ty)));
        }
        self.frames.pop();
        let record = ExprKind::Record { name: None, base: None, fields };
        let span = self.program.item(decl).span;
        let result = Some(self.at(span, record));
        Region { params, lets, nodes, result, policy: self.own_policy(body).map(Box::new) }
    }

    /// The policy that a mission called as a step states; `None` where it has none or `inferred`, which its own
    /// check tells.
    fn own_policy(&mut self, body: &[ast::Stmt]) -> Option<Policy> {
        body.iter().find_map(|stmt| match &stmt.kind {
            StmtKind::PolicyName(path) => self.named_policy(path).map(|(policy, _)| policy),
            StmtKind::PolicyBlock(block) => Some(self.policy(block, stmt.span).0),
            _ => None,
        })
    }
}

/// The clauses of all `defaults` blocks.
pub(crate) fn mission_defaults(body: &[ast::Stmt]) -> Vec<&Clause> {
    let blocks = body.iter().filter_map(|s| match &s.kind {
        StmtKind::Defaults(clauses) => Some(clauses),
        _ => None,
    });
    blocks.flatten().collect()
}
