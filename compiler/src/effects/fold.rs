//! The values an expression can have, where the mission's text alone says so.

use super::scope::{Bound, Scope};
use rustchain_plan::eval::{Limits, Meter};
use rustchain_plan::expr::{BinaryOp, ExprKind, Part};
use rustchain_plan::types::{Schema, Schemas};
use rustchain_plan::{Expr, Value};
use smol_str::SmolStr;
use std::rc::Rc;

/// More alternatives than this are not followed.
const MOST: usize = 24;
/// Deeper expressions are not followed.
const DEEPEST: u32 = 64;
/// So many expressions are looked at for one answer.
const FUEL: u32 = 4_000;
/// Bounds of one call of a pure function.
const LIMITS: Limits = Limits { steps: 100_000, bytes: 1 << 20, depth: 64 };

/// Variables bound inside an expression, innermost last, with their possible values.
pub type Locals = Vec<(SmolStr, Option<Vec<Value>>)>;

/// Every value an expression can have, without repetition; `None` where that is not known or too many.
pub fn values<'p>(expr: &'p Expr, scope: &Rc<Scope<'p>>) -> Option<Vec<Value>> {
    Folder { depth: 0, fuel: FUEL }.values(expr, scope, &mut Vec::new())
}

/// The one value an expression has.
pub fn constant<'p>(expr: &'p Expr, scope: &Rc<Scope<'p>>) -> Option<Value> {
    match values(expr, scope)?.as_slice() {
        [only] => Some(only.clone()),
        _ => None,
    }
}

struct Folder {
    depth: u32,
    fuel: u32,
}

impl Folder {
    fn values<'p>(
        &mut self,
        expr: &'p Expr,
        scope: &Rc<Scope<'p>>,
        locals: &mut Locals,
    ) -> Option<Vec<Value>> {
        if self.depth >= DEEPEST || self.fuel == 0 {
            return None;
        }
        self.fuel -= 1;
        self.depth += 1;
        let result = self.cases(expr, scope, locals).map(distinct).filter(|v| v.len() <= MOST);
        self.depth -= 1;
        result
    }

    fn cases<'p>(
        &mut self,
        expr: &'p Expr,
        scope: &Rc<Scope<'p>>,
        locals: &mut Locals,
    ) -> Option<Vec<Value>> {
        match &expr.kind {
            ExprKind::Const(value) => Some(vec![value.clone()]),
            ExprKind::Param { up, name } => self.param(&scope.up(*up)?, name),
            ExprKind::Let { up, name } => {
                let home = scope.up(*up)?;
                let value = home.region?.lets.get(name)?;
                self.values(value, &home, &mut Vec::new())
            }
            ExprKind::Step { up, id } => self.step(&scope.up(*up)?, id),
            ExprKind::Local(name) => locals.iter().rev().find(|(n, _)| n == name)?.1.clone(),
            ExprKind::Lower { value, .. } => self.values(value, scope, locals),
            ExprKind::Bind { name, value, body } => {
                let bound = self.values(value, scope, locals);
                locals.push((name.clone(), bound));
                let result = self.values(body, scope, locals);
                locals.pop();
                result
            }
            ExprKind::Field { base, name, .. } => {
                let bases = self.values(base, scope, locals)?;
                bases.iter().map(|b| field(b, name)).collect()
            }
            ExprKind::If { cond, then, otherwise } => match self.values(cond, scope, locals).as_deref() {
                Some([Value::Bool(true)]) => self.values(then, scope, locals),
                Some([Value::Bool(false)]) => self.values(otherwise, scope, locals),
                _ => {
                    let mut all = self.values(then, scope, locals)?;
                    all.extend(self.values(otherwise, scope, locals)?);
                    Some(all)
                }
            },
            ExprKind::Match { subject, arms } => {
                if let Some([only]) = self.values(subject, scope, locals).as_deref() {
                    let arm = arms.iter().find(|a| a.patterns.is_empty() || a.patterns.contains(only))?;
                    return self.values(&arm.value, scope, locals);
                }
                let mut all = Vec::new();
                for arm in arms {
                    all.extend(self.values(&arm.value, scope, locals)?);
                }
                Some(all)
            }
            ExprKind::List(items) => {
                let mut lists: Vec<Vec<Value>> = vec![Vec::new()];
                for item in items {
                    lists = product(lists, &self.values(item, scope, locals)?)?;
                }
                Some(lists.into_iter().map(Value::list).collect())
            }
            ExprKind::Template { parts, .. } => {
                let mut texts = vec![String::new()];
                for part in parts {
                    let pieces = match part {
                        Part::Text(text) => vec![text.to_string()],
                        Part::Hole(hole) => {
                            let values = self.values(hole, scope, locals)?;
                            let texts = values.iter().map(|v| render(v, &scope.plan.schemas));
                            texts.collect::<Option<Vec<_>>>()?
                        }
                    };
                    texts =
                        texts.iter().flat_map(|t| pieces.iter().map(move |p| format!("{t}{p}"))).collect();
                    if texts.len() > MOST {
                        return None;
                    }
                }
                Some(texts.into_iter().map(Value::string).collect())
            }
            ExprKind::Binary { op, left, right } => {
                let left = self.values(left, scope, locals)?;
                let right = self.values(right, scope, locals)?;
                let pairs = left.iter().flat_map(|l| right.iter().map(move |r| (l, r)));
                pairs.map(|(l, r)| binary(*op, l, r)).collect()
            }
            ExprKind::Not(value) => {
                let not = |v: &Value| match v {
                    Value::Bool(b) => Some(Value::Bool(!b)),
                    _ => None,
                };
                self.values(value, scope, locals)?.iter().map(not).collect()
            }
            ExprKind::Call { function, args } => {
                let mut rows: Vec<Vec<Value>> = vec![Vec::new()];
                for arg in args {
                    rows = product(rows, &self.values(arg, scope, locals)?)?;
                }
                let schemas = &scope.plan.schemas;
                let call = |row: &Vec<Value>| {
                    rustchain_plan::eval::call(function, row, schemas, &mut Meter::new(&LIMITS)).ok()
                };
                rows.iter().map(call).collect()
            }
            ExprKind::Map(entries) => {
                let mut rows: Vec<Vec<Value>> = vec![Vec::new()];
                for (_, value) in entries {
                    rows = product(rows, &self.values(value, scope, locals)?)?;
                }
                let keys = || entries.iter().map(|(key, _)| key.clone());
                let build = |row: Vec<Value>| Value::Map(std::sync::Arc::new(keys().zip(row).collect()));
                Some(rows.into_iter().map(build).collect())
            }
            ExprKind::Record { name, base: None, fields } => {
                self.record(name.as_ref(), fields, scope, locals)
            }
            ExprKind::Convert { value, to, .. } => {
                let inner = self.values(value, scope, locals)?;
                let keeps = |v: &Value| v.as_text().is_some() || *to == rustchain_plan::Type::Json;
                inner.iter().all(keeps).then_some(inner)
            }
            _ => None,
        }
    }

    fn param<'p>(&mut self, home: &Rc<Scope<'p>>, name: &str) -> Option<Vec<Value>> {
        match home.params.get(name)? {
            Bound::Argument(expr, scope) => self.values(expr, scope, &mut Vec::new()),
            Bound::Element(list, scope) => self.elements(list, scope),
            Bound::Input(input) => members(&input.ty, &home.plan.schemas),
            Bound::Unknown => None,
        }
    }

    fn elements<'p>(&mut self, list: &'p Expr, scope: &Rc<Scope<'p>>) -> Option<Vec<Value>> {
        if let ExprKind::List(items) = &list.kind {
            let mut all = Vec::new();
            for item in items {
                all.extend(self.values(item, scope, &mut Vec::new())?);
            }
            return Some(all);
        }
        let mut all = Vec::new();
        for value in self.values(list, scope, &mut Vec::new())? {
            let Value::List(items) = value else { return None };
            all.extend(items.iter().cloned());
        }
        Some(all)
    }

    fn step<'p>(&mut self, home: &Rc<Scope<'p>>, id: &str) -> Option<Vec<Value>> {
        let node = home.node(id)?;
        match &node.body {
            rustchain_plan::Body::Value(expr) if node.when.is_none() && node.on_error.is_empty() => {
                self.values(expr, home, &mut Vec::new())
            }
            _ => members(&node.ty, &home.plan.schemas),
        }
    }

    fn record<'p>(
        &mut self,
        name: Option<&SmolStr>,
        fields: &'p [(SmolStr, Expr)],
        scope: &Rc<Scope<'p>>,
        locals: &mut Locals,
    ) -> Option<Vec<Value>> {
        let mut rows: Vec<Vec<Value>> = vec![Vec::new()];
        for (_, value) in fields {
            rows = product(rows, &self.values(value, scope, locals)?)?;
        }
        let build = |row: Vec<Value>| {
            let members = fields.iter().map(|(n, _)| n.clone()).zip(row).collect();
            Value::Record(name.cloned(), std::sync::Arc::new(members))
        };
        Some(rows.into_iter().map(build).collect())
    }
}

fn product(mut rows: Vec<Vec<Value>>, more: &[Value]) -> Option<Vec<Vec<Value>>> {
    if let [only] = more {
        rows.iter_mut().for_each(|row| row.push(only.clone()));
        return Some(rows);
    }
    if rows.len() * more.len() > MOST {
        return None;
    }
    let extend = |row: &Vec<Value>, value: &Value| {
        let mut row = row.clone();
        row.push(value.clone());
        row
    };
    Some(rows.iter().flat_map(|row| more.iter().map(move |value| extend(row, value))).collect())
}

fn distinct(values: Vec<Value>) -> Vec<Value> {
    let mut out: Vec<Value> = Vec::new();
    for value in values {
        if !out.contains(&value) {
            out.push(value);
        }
    }
    out
}

/// The members of an enum type: all the values it has.
fn members(ty: &rustchain_plan::Type, schemas: &Schemas) -> Option<Vec<Value>> {
    let rustchain_plan::Type::Named(key) = ty else { return None };
    match schemas.get(key)? {
        Schema::Enum(schema) => {
            Some(schema.members.iter().map(|m| Value::Enum(key.clone(), m.name.clone())).collect())
        }
        Schema::Record(_) => None,
    }
}

fn field(base: &Value, name: &str) -> Option<Value> {
    match base {
        Value::Record(_, fields) | Value::Map(fields) => fields.get(name).cloned(),
        _ => None,
    }
}

fn binary(op: BinaryOp, left: &Value, right: &Value) -> Option<Value> {
    match op {
        BinaryOp::Eq => Some(Value::Bool(left == right)),
        BinaryOp::Ne => Some(Value::Bool(left != right)),
        BinaryOp::Coalesce => Some(if left.is_null() { right.clone() } else { left.clone() }),
        BinaryOp::Add => match (left, right) {
            (Value::List(a), Value::List(b)) => {
                Some(Value::list(a.iter().chain(b.iter()).cloned().collect()))
            }
            (Value::Int(a), Value::Int(b)) => a.checked_add(*b).map(Value::Int),
            _ => Some(Value::string(format!("{}{}", left.as_text()?, right.as_text()?))),
        },
        BinaryOp::Sub => int_op(left, right, i64::checked_sub),
        BinaryOp::Mul => int_op(left, right, i64::checked_mul),
        BinaryOp::Lt => compare(left, right, |o| o.is_lt()),
        BinaryOp::Le => compare(left, right, |o| o.is_le()),
        BinaryOp::Gt => compare(left, right, |o| o.is_gt()),
        BinaryOp::Ge => compare(left, right, |o| o.is_ge()),
        BinaryOp::And | BinaryOp::Or => match (op, left, right) {
            (BinaryOp::And, Value::Bool(a), Value::Bool(b)) => Some(Value::Bool(*a && *b)),
            (_, Value::Bool(a), Value::Bool(b)) => Some(Value::Bool(*a || *b)),
            _ => None,
        },
        BinaryOp::In | BinaryOp::Div | BinaryOp::Rem => None,
    }
}

fn int_op(left: &Value, right: &Value, op: fn(i64, i64) -> Option<i64>) -> Option<Value> {
    match (left, right) {
        (Value::Int(a), Value::Int(b)) => op(*a, *b).map(Value::Int),
        _ => None,
    }
}

fn compare(left: &Value, right: &Value, holds: fn(std::cmp::Ordering) -> bool) -> Option<Value> {
    let order = match (left, right) {
        (Value::Int(a), Value::Int(b)) => a.cmp(b),
        (Value::Float(a), Value::Float(b)) => a.partial_cmp(b)?,
        (Value::Timestamp(a), Value::Timestamp(b)) | (Value::Duration(a), Value::Duration(b)) => a.cmp(b),
        _ => return None,
    };
    Some(Value::Bool(holds(order)))
}

/// A scalar value as a hole of a template writes it; `None` for lists, maps, records, null.
pub fn render(value: &Value, schemas: &Schemas) -> Option<String> {
    match value {
        Value::Null
        | Value::List(_)
        | Value::Map(_)
        | Value::Record(..)
        | Value::Json(_)
        | Value::Bytes(_) => None,
        scalar => Some(rustchain_plan::eval::render(scalar, schemas).into_owned()),
    }
}
