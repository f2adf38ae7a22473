//! Statements of a region: which there are, in which order they are typed, what they become.

use crate::index::Symbol;
use crate::names::{order, refs::Refs};
use crate::types::Cx;
use crate::types::scope::{Entry, Frame, RegionFrame, nearest};
use rustchain_grammar::Span;
use rustchain_grammar::ast::{Clause, Expr as Ast, Let, Name, Step, Stmt, StmtKind};
use rustchain_plan::expr::Expr;
use rustchain_plan::plan::{Node, RegionParam};
use rustchain_plan::{Region, Type};
use smol_str::SmolStr;
use std::collections::{BTreeMap, HashMap};

/// A let or a step with its full name.
struct Item<'e> {
    full: SmolStr,
    group: SmolStr,
    name: &'e Name,
    kind: Kind<'e>,
    stmt: &'e Stmt,
}

enum Kind<'e> {
    Let(&'e Let),
    Step(&'e Step),
}

/// What the statements of a region became.
pub(crate) struct Statements {
    /// Lets by full name.
    pub lets: BTreeMap<SmolStr, Expr>,
    /// Nodes in source order.
    pub nodes: Vec<Node>,
}

impl Cx<'_> {
    /// The innermost region frame. Only called while a region is being lowered.
    pub fn region(&mut self) -> Option<&mut RegionFrame> {
        self.frames.iter_mut().rev().find_map(|f| match f {
            Frame::Region(region) => Some(region),
            _ => None,
        })
    }

    /// A frame with parameters.
    pub fn region_frame<'a>(params: impl IntoIterator<Item = (&'a SmolStr, &'a Type)>) -> Frame {
        let mut frame = RegionFrame::default();
        for (name, ty) in params {
            frame.names.insert(name.clone(), Entry::Param { plan: name.clone(), ty: ty.clone() });
        }
        Frame::Region(frame)
    }

    /// Lowers lets, steps and groups into the innermost region.
    pub fn statements(&mut self, body: &[Stmt], defaults: &[&Clause]) -> Statements {
        let mut items = Vec::new();
        let mut groups = HashMap::new();
        let mut spans: HashMap<SmolStr, Span> = HashMap::new();
        self.flatten(body, "", &mut items, &mut groups, &mut spans);
        if self.indexing() {
            let file = self.file();
            let places: Vec<_> =
                spans.iter().map(|(n, s)| (n.clone(), crate::spans::Place { file, span: *s })).collect();
            if let Some(region) = self.region() {
                region.places.extend(places);
            }
        }
        let index: HashMap<SmolStr, usize> =
            items.iter().enumerate().rev().map(|(i, item)| (item.full.clone(), i)).collect();
        if let Some(region) = self.region() {
            region.names.extend(groups.keys().map(|g: &SmolStr| (g.clone(), Entry::Group)));
            region.names.extend(index.keys().map(|n| (n.clone(), Entry::Broken)));
        }
        let callable = |path: &str| self.is_callable_path(path);
        let depends: Vec<Vec<usize>> =
            items.iter().map(|item| dependencies(item, &items, &index, &groups, &callable)).collect();
        let (order, cycles) = order::order(&depends);
        for cycle in &cycles {
            self.report_cycle(cycle, &items);
        }
        let mut lets = BTreeMap::new();
        let mut nodes: Vec<Option<Node>> = items.iter().map(|_| None).collect();
        for i in order {
            let item = &items[i];
            if index.get(&item.full) != Some(&i) {
                continue;
            }
            if let Some(region) = self.region() {
                region.group = item.group.clone();
                region.needs.clear();
            }
            match item.kind {
                Kind::Let(l) => {
                    let expr = self.region_let(item, l);
                    lets.insert(item.full.clone(), expr);
                }
                Kind::Step(step) => {
                    let lowered = self.step(step, item.stmt, &item.full, defaults, &nodes, &index);
                    let own = self.place(item.name.span);
                    self.note(item.name.span, Symbol::Step, &item.full, Some(&lowered.node.ty), Some(own));
                    let entry = Entry::Step { ty: lowered.node.ty.clone(), succeeded: lowered.succeeded };
                    let broken = cycles.iter().any(|c| c.contains(&i));
                    if let (Some(region), false) = (self.region(), broken) {
                        region.names.insert(item.full.clone(), entry);
                    }
                    nodes[i] = Some(lowered.node);
                }
            }
        }
        if let Some(region) = self.region() {
            region.group = SmolStr::default();
            region.needs.clear();
        }
        Statements { lets, nodes: nodes.into_iter().flatten().collect() }
    }

    fn flatten<'e>(
        &mut self,
        body: &'e [Stmt],
        group: &str,
        items: &mut Vec<Item<'e>>,
        groups: &mut HashMap<SmolStr, Span>,
        spans: &mut HashMap<SmolStr, Span>,
    ) {
        for stmt in body {
            let (name, kind) = match &stmt.kind {
                StmtKind::Let(l) => (&l.name, Some(Kind::Let(l))),
                StmtKind::Step(s) => (&s.name, Some(Kind::Step(s))),
                StmtKind::Group(g) => (&g.name, None),
                _ => continue,
            };
            let full: SmolStr = format!("{group}{}", name.text).into();
            let taken = spans.get(&full).copied().or_else(|| self.param_span(&full));
            if let Some(first) = taken {
                let diagnostic = crate::names::duplicate(self.file(), name, "name", first);
                self.report(diagnostic);
            } else {
                spans.insert(full.clone(), name.span);
            }
            match kind {
                Some(kind) => items.push(Item { full, group: group.into(), name, kind, stmt }),
                None => {
                    if let StmtKind::Group(g) = &stmt.kind {
                        groups.insert(full.clone(), name.span);
                        crate::names::placement::check(
                            self.file(),
                            &g.body,
                            crate::names::placement::Place::Group,
                            &mut self.diagnostics,
                        );
                        self.flatten(&g.body, &format!("{full}."), items, groups, spans);
                    }
                }
            }
        }
    }

    /// The place of a parameter of the innermost region with this name.
    fn param_span(&mut self, name: &str) -> Option<Span> {
        let known = self.region()?.names.contains_key(name);
        known.then(|| self.spans.ports.get(name).map_or(Span::default(), |p| p.span))
    }

    fn region_let(&mut self, item: &Item<'_>, l: &Let) -> Expr {
        let want = l.ty.as_ref().map(|t| self.resolve_type(t));
        let (expr, ty) = match want {
            Some(want) => (self.check(&l.value, &want), want),
            None => {
                let typed = self.elab(&l.value, None);
                (typed.expr, typed.ty)
            }
        };
        self.use_type(&ty);
        let own = self.place(item.name.span);
        self.note(item.name.span, Symbol::Let, &item.full, Some(&ty), Some(own));
        if let Some(region) = self.region() {
            let needs = std::mem::take(&mut region.needs).into_iter().collect();
            region.names.insert(item.full.clone(), Entry::Let { ty, needs });
        }
        expr
    }

    fn report_cycle(&mut self, cycle: &[usize], items: &[Item<'_>]) {
        let Some(first) = cycle.iter().copied().min() else { return };
        let names: Vec<&str> = cycle.iter().map(|i| items[*i].full.as_str()).collect();
        let item = &items[first];
        let message = match cycle {
            [_, _] => format!("`{}` needs itself", item.full),
            _ => format!("`{}` needs itself, by way of {}", item.full, others(cycle, first, items)),
        };
        let mut diagnostic = self
            .error("RC0108", item.name.span, message)
            .note(format!("The steps wait for each other: {}.", names.join(" → ")))
            .help("a cycle is written as `loop s from … until … { … }`");
        for i in cycle.iter().filter(|i| **i != first) {
            diagnostic = diagnostic.also(self.file(), items[*i].name.span, format!("`{}`", items[*i].full));
        }
        self.report(diagnostic);
    }

    /// Lowers a body of statements whose last expression is its value, or a single expression.
    pub fn block(
        &mut self,
        body: &[Stmt],
        params: Vec<RegionParam>,
        names: &[&Name],
        want: Option<&Type>,
    ) -> (Region, Type) {
        let frame = Cx::region_frame(params.iter().map(|p| (&p.name, &p.ty)));
        self.frames.push(frame);
        for (name, param) in names.iter().zip(&params) {
            self.param_place(name, &param.ty);
        }
        let facts = self.facts.len();
        let place = crate::names::placement::Place::Block;
        crate::names::placement::check(self.file(), body, place, &mut self.diagnostics);
        let Statements { lets, mut nodes } = self.statements(body, &[]);
        let value = body.last().and_then(|s| match &s.kind {
            StmtKind::Value(e) => Some(e),
            _ => None,
        });
        let (result, ty) = match value {
            Some(e) => {
                let (expr, ty) = self.block_value(e, &mut nodes, want);
                (Some(expr), ty)
            }
            None => (None, Type::Unit),
        };
        self.facts.truncate(facts);
        self.frames.pop();
        (Region { params, lets, nodes, result, policy: None }, ty)
    }

    /// A single expression as a region.
    pub fn value_region(&mut self, e: &Ast, want: Option<&Type>) -> (Region, Type) {
        self.frames.push(Cx::region_frame([]));
        let mut nodes = Vec::new();
        let (expr, ty) = self.block_value(e, &mut nodes, want);
        self.frames.pop();
        (Region { nodes, result: Some(expr), ..Region::default() }, ty)
    }

    /// The value of a block: an expression, or the unnamed node `_`.
    fn block_value(&mut self, e: &Ast, nodes: &mut Vec<Node>, want: Option<&Type>) -> (Expr, Type) {
        if !self.is_step_like(e) {
            let typed = self.elab(e, want);
            return (typed.expr, typed.ty);
        }
        let (node, ty) = self.unnamed_node(e, want);
        nodes.push(node);
        let kind = rustchain_plan::ExprKind::Step { up: 0, id: "_".into() };
        (self.at(e.span, kind), ty)
    }
}

fn others(cycle: &[usize], first: usize, items: &[Item<'_>]) -> String {
    let mut seen = Vec::new();
    for i in cycle {
        let name = format!("`{}`", items[*i].full);
        if *i != first && !seen.contains(&name) {
            seen.push(name);
        }
    }
    seen.join(", ")
}

/// Indices of the items that an item reads or names.
fn dependencies(
    item: &Item<'_>,
    items: &[Item<'_>],
    index: &HashMap<SmolStr, usize>,
    groups: &HashMap<SmolStr, Span>,
    callable: &dyn Fn(&str) -> bool,
) -> Vec<usize> {
    let reads = match item.kind {
        Kind::Let(l) => Refs::of_expr(&l.value, callable),
        Kind::Step(s) => Refs::of_step(s, callable),
    };
    let mut found = Vec::new();
    for read in reads {
        let mut segments = read.path.split('.');
        let head = segments.next().unwrap_or_default();
        let exists = |n: &str| index.contains_key(n) || groups.contains_key(n);
        let Some(mut full) = nearest(&item.group, head, exists) else { continue };
        while groups.contains_key(&full) && !index.contains_key(&full) {
            let Some(next) = segments.next() else { break };
            full = format!("{full}.{next}").into();
        }
        match index.get(&full) {
            Some(i) => found.push(*i),
            None if groups.contains_key(&full) => {
                let prefix = format!("{full}.");
                let inside = |i: &usize| items[*i].full.starts_with(&prefix);
                found.extend((0..items.len()).filter(inside));
            }
            None => {}
        }
    }
    found.sort_unstable();
    found.dedup();
    found
}
