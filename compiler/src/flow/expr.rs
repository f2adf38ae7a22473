//! Labels through expressions.

use super::Lowered;
use super::mark::{Capacity, Mark, Trace};
use super::tree::Tree;
use super::walk::Walker;
use rustchain_plan::expr::{BinaryOp, CompClause, Conversion, ExprKind, Part};
use rustchain_plan::types::Schema;
use rustchain_plan::{Expr, Labels, Type};
use smol_str::SmolStr;

impl<'p> Walker<'p> {
    /// The marks of an expression that stands in the region `at`.
    pub fn expr(&mut self, expr: &'p Expr, at: usize) -> Tree {
        match &expr.kind {
            ExprKind::Const(_) | ExprKind::Run(_) | ExprKind::Ran { .. } | ExprKind::Outcome(_) => {
                Tree::clean()
            }
            ExprKind::Param { up, name } => self.param(at, *up, name),
            ExprKind::Step { up, id } => {
                let frame = self.outwards(at, *up).and_then(|i| self.frames.get(i));
                frame.and_then(|f| f.nodes.get(id)).cloned().unwrap_or_default()
            }
            ExprKind::Let { up, name } => self.let_value(at, *up, name),
            ExprKind::Local(name) => {
                let found = self.locals.iter().rev().find(|(n, _)| n == name);
                found.map(|(_, t)| t.clone()).unwrap_or_default()
            }
            ExprKind::Field { base, name, .. } => {
                let base = self.expr(base, at);
                self.unvalidated(&base, expr);
                base.field(name)
            }
            ExprKind::Index { base, index } => {
                let base = self.expr(base, at);
                let index = self.expr(index, at).all();
                self.unvalidated(&base, expr);
                base.element().joined_with(&index.choosing())
            }
            ExprKind::Not(value) | ExprKind::Neg(value) => Tree::Leaf(self.expr(value, at).all()),
            ExprKind::Binary { op, left, right } => self.binary(*op, left, right, at),
            ExprKind::If { cond, then, otherwise } => {
                let chosen = self.expr(cond, at).all().choosing();
                let then = self.expr(then, at);
                then.join(&self.expr(otherwise, at)).joined_with(&chosen)
            }
            ExprKind::Match { subject, arms } => {
                let chosen = self.expr(subject, at).all().choosing();
                let mut tree: Option<Tree> = None;
                for arm in arms {
                    let value = self.expr(&arm.value, at);
                    tree = Some(tree.map_or_else(|| value.clone(), |t| t.join(&value)));
                }
                tree.unwrap_or_default().joined_with(&chosen)
            }
            ExprKind::List(items) => {
                let mut element: Option<Tree> = None;
                for item in items {
                    let tree = self.expr(item, at);
                    element = Some(element.map_or_else(|| tree.clone(), |e| e.join(&tree)));
                }
                Tree::List(Box::new(element.unwrap_or_default()), Mark::default())
            }
            ExprKind::Map(entries) => {
                let mut values = Tree::clean();
                for (_, value) in entries {
                    values = values.join(&self.expr(value, at));
                }
                Tree::Map(Mark::default(), Box::new(values))
            }
            ExprKind::Record { name, base, fields } => {
                self.record(name.as_ref(), base.as_deref(), fields, expr, at)
            }
            ExprKind::Template { parts, .. } => {
                let mut mark = Mark::default();
                for part in parts {
                    if let Part::Hole(hole) = part {
                        mark = mark.join(&self.expr(hole, at).all());
                    }
                }
                Tree::Leaf(mark)
            }
            ExprKind::Comprehension { body, clauses } => self.comprehension(body, clauses, at),
            ExprKind::Call { function, args } => {
                let args: Vec<Tree> = args.iter().map(|a| self.expr(a, at)).collect();
                pure_call(function, &args)
            }
            ExprKind::Bind { name, value, body } => {
                let bound = self.expr(value, at);
                self.locals.push((name.clone(), bound));
                let tree = self.expr(body, at);
                self.locals.pop();
                tree
            }
            ExprKind::Convert { how, to, value } => {
                let tree = self.expr(value, at);
                self.converted(*how, to, tree, expr)
            }
            ExprKind::Lower { labels, reason, value } => {
                let tree = self.expr(value, at);
                let place = self.spans.place(expr.id);
                if reason.trim().is_empty() {
                    self.lowered_without_reason(place);
                }
                self.lowered.insert(Lowered { place, labels: *labels, reason: reason.clone() });
                tree.map(&|mark| mark.without(*labels))
            }
        }
    }

    fn param(&mut self, at: usize, up: u32, name: &str) -> Tree {
        let frame = self.outwards(at, up).and_then(|i| self.frames.get(i));
        frame.and_then(|f| f.params.get(name)).cloned().unwrap_or_default()
    }

    fn let_value(&mut self, at: usize, up: u32, name: &SmolStr) -> Tree {
        let Some(home) = self.outwards(at, up) else { return Tree::clean() };
        let Some(frame) = self.frames.get(home) else { return Tree::clean() };
        if let Some(tree) = frame.lets.get(name) {
            return tree.clone();
        }
        let Some(value) = frame.scope.region.and_then(|r| r.lets.get(name)) else { return Tree::clean() };
        let locals = std::mem::take(&mut self.locals);
        let tree = self.expr(value, home);
        self.locals = locals;
        let tree = tree.via(self.spans.place(value.id), &format!("`{name}` carries it"));
        if let Some(frame) = self.frames.get_mut(home) {
            frame.lets.insert(name.clone(), tree.clone());
        }
        tree
    }

    fn binary(&mut self, op: BinaryOp, left: &'p Expr, right: &'p Expr, at: usize) -> Tree {
        let left = self.expr(left, at);
        let right = self.expr(right, at);
        match op {
            BinaryOp::Coalesce => left.join(&right),
            BinaryOp::Add if matches!((&left, &right), (Tree::List(..), _) | (_, Tree::List(..))) => {
                left.join(&right)
            }
            _ => Tree::Leaf(left.all().join(&right.all())),
        }
    }

    fn record(
        &mut self,
        name: Option<&SmolStr>,
        base: Option<&'p Expr>,
        fields: &'p [(SmolStr, Expr)],
        whole: &Expr,
        at: usize,
    ) -> Tree {
        let mut out = match base {
            Some(base) => match self.expr(base, at) {
                Tree::Record(fields) => fields,
                other => self.spread(name, &other),
            },
            None => Default::default(),
        };
        for (field, value) in fields {
            let mut tree = self.expr(value, at);
            let declared = name.map_or(Labels::NONE, |n| self.declared(n, field));
            if !declared.is_none() {
                let why = Trace::source(self.spans.place(whole.id), format!("`{field}` is declared so"));
                tree = tree.joined_with(&Mark::new(declared, Capacity::Text, &why));
            }
            out.insert(field.clone(), tree);
        }
        Tree::Record(out)
    }

    /// A leaf that stands for a record, field by field.
    fn spread(&self, name: Option<&SmolStr>, tree: &Tree) -> std::collections::BTreeMap<SmolStr, Tree> {
        let Some(Schema::Record(record)) = name.and_then(|n| self.plan.schemas.get(n)) else {
            return Default::default();
        };
        record.fields.iter().map(|f| (f.name.clone(), tree.field(&f.name))).collect()
    }

    fn declared(&self, record: &str, field: &str) -> Labels {
        match self.plan.schemas.get(record) {
            Some(Schema::Record(record)) => {
                record.fields.iter().find(|f| f.name == field).map_or(Labels::NONE, |f| f.labels)
            }
            _ => Labels::NONE,
        }
    }

    fn comprehension(&mut self, body: &'p Expr, clauses: &'p [CompClause], at: usize) -> Tree {
        let (mut length, mut chosen) = (Mark::default(), Mark::default());
        let bound = self.locals.len();
        for clause in clauses {
            match clause {
                CompClause::For(name, list) => {
                    let tree = self.expr(list, at);
                    length = length.join(&tree.length());
                    self.locals.push((name.clone(), tree.element()));
                }
                CompClause::If(cond) => {
                    let picked = self.expr(cond, at).all().choosing();
                    chosen = chosen.join(&picked);
                    length = length.join(&picked);
                }
            }
        }
        let element = self.expr(body, at).joined_with(&chosen);
        self.locals.truncate(bound);
        Tree::List(Box::new(element), length)
    }

    fn converted(&mut self, how: Conversion, to: &Type, tree: Tree, whole: &Expr) -> Tree {
        if how == Conversion::Widen {
            return tree;
        }
        let mark = tree.all();
        let why = Trace::source(self.spans.place(whole.id), "a field declares it");
        let validated = *to != Type::Json;
        let leaf = |capacity: Capacity, declared: Labels| {
            let mut leaf = mark.capped(capacity).join(&Mark::new(declared, capacity, &why));
            leaf.model &= !validated;
            leaf
        };
        Tree::of_type(to, &self.plan.schemas, &leaf)
    }

    /// RC0411: a part is taken out of a model's text that no type has checked.
    fn unvalidated(&mut self, base: &Tree, whole: &Expr) {
        if let Tree::Leaf(mark) = base
            && mark.model
        {
            self.unvalidated_model_output(mark, self.spans.place(whole.id));
        }
    }
}

fn pure_call(function: &str, args: &[Tree]) -> Tree {
    let all = || args.iter().fold(Mark::default(), |acc, t| acc.join(&t.all()));
    let first = args.first();
    let rest = || args.iter().skip(1).fold(Mark::default(), |acc, t| acc.join(&t.all()));
    let Some(value) = first else { return Tree::clean() };
    match function {
        "len" => Tree::Leaf(value.length()),
        "take" | "drop" | "reverse" | "sort" | "unique" => value.joined_with(&rest().choosing()),
        "first" | "last" | "get" | "lookup" | "min" | "max" => {
            value.element().joined_with(&rest().choosing())
        }
        "merge" | "json.merge" => args.iter().skip(1).fold(value.clone(), |acc, t| acc.join(t)),
        "values" => Tree::List(Box::new(value.element()), value.length()),
        "flatten" => match value.element() {
            Tree::List(inner, length) => Tree::List(inner, length.join(&value.length())),
            other => Tree::List(Box::new(Tree::Leaf(other.all())), other.all()),
        },
        "chunks" => Tree::List(Box::new(value.clone()), value.length()),
        "split" | "lines" | "words" | "keys" => {
            let mark = match value {
                Tree::Map(keys, _) => keys.clone(),
                _ => all(),
            };
            Tree::List(Box::new(Tree::Leaf(mark.clone())), mark.capped(Capacity::Closed))
        }
        "confine" => Tree::Leaf(all().capped(Capacity::Confined)),
        "to_int" | "to_float" | "round" | "floor" | "ceil" | "abs" | "sum" | "decimals" | "pow" | "sqrt"
        | "clamp" | "index_of" | "count" | "weekday" | "time.floor" | "time.unix" | "time.from_unix"
        | "time.parse" | "seconds" | "hash.sha256" => Tree::Leaf(all().capped(Capacity::Number)),
        "substring" | "truncate" | "repeat" | "pad_start" | "pad_end" => {
            Tree::Leaf(all().join(&rest().choosing()))
        }
        "join" => Tree::Leaf(all().spelled()),
        "json.of" => value.clone(),
        _ => Tree::Leaf(all()),
    }
}
