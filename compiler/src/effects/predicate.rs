//! Conditions of grants (`allow … where body.amount <= 100.0`), decided before the run from constants, enums,
//! intervals and `where`; what stays open is a guard.

use super::fold;
use super::interval::{Interval, interval};
use super::scope::{Scope, field_type};
use super::shape::{Piece, shapes};
use rustchain_plan::effect::PatternSyntax;
use rustchain_plan::eval::{Closed, Limits, eval};
use rustchain_plan::expr::{BinaryOp, ExprKind};
use rustchain_plan::plan::{Call, Plan};
use rustchain_plan::policy::{Ceiling, Grant};
use rustchain_plan::types::Schema;
use rustchain_plan::{Expr, Policy, Signature, Type, Value};
use smol_str::SmolStr;
use std::borrow::Cow;
use std::collections::BTreeSet;
use std::rc::Rc;

/// Bounds of one evaluation.
const LIMITS: Limits = Limits { steps: 100_000, bytes: 1 << 20, depth: 64 };
/// More combinations of values than this are not tried.
const MOST: usize = 64;

/// What is known of a condition at a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Truth {
    /// It holds for every value.
    Holds,
    /// It holds for no value; with the values that break it, in words.
    Fails(String),
    /// It depends on the run.
    Open,
}

/// A policy with the conditions of its grants decided at a call: those that hold are taken off, grants whose
/// condition fails are taken out.
pub fn decided<'a, 'p>(
    policy: &'a Policy,
    call: &'p Call,
    scope: &Rc<Scope<'p>>,
) -> (Cow<'a, Policy>, Vec<(usize, Truth)>) {
    let ceilings = policy.ceilings.iter().flat_map(|c| &c.allow);
    if policy.allow.iter().chain(&policy.deny).chain(ceilings).all(|g| g.predicate.is_none()) {
        return (Cow::Borrowed(policy), Vec::new());
    }
    let signature = scope.plan.signatures.get(&call.callee);
    let kinds: BTreeSet<_> = call.effects.iter().map(|e| e.kind).collect();
    let truth = |grant: &Grant, fails: bool| match &grant.predicate {
        Some(_) if !kinds.contains(&grant.effect.kind) => Truth::Open,
        Some(predicate) => Reader { call, signature, scope, fails }.truth(predicate),
        None => Truth::Holds,
    };
    let kept = |grants: &[Grant], fails: bool| -> Vec<Grant> {
        let one = |grant: &Grant| match truth(grant, fails) {
            Truth::Holds => Some(Grant { predicate: None, ..grant.clone() }),
            Truth::Fails(_) => None,
            Truth::Open => Some(grant.clone()),
        };
        grants.iter().filter_map(one).collect()
    };
    let own: Vec<(usize, Truth)> = policy
        .allow
        .iter()
        .enumerate()
        .filter(|(_, g)| g.predicate.is_some())
        .map(|(i, g)| (i, truth(g, true)))
        .collect();
    let ceilings = policy.ceilings.iter();
    let policy = Policy {
        allow: kept(&policy.allow, true),
        deny: kept(&policy.deny, false),
        ceilings: ceilings.map(|c| Ceiling { name: c.name.clone(), allow: kept(&c.allow, true) }).collect(),
        ..policy.clone()
    };
    (Cow::Owned(policy), own)
}

/// A condition at a call.
struct Reader<'s, 'p> {
    call: &'p Call,
    signature: Option<&'p Signature>,
    scope: &'s Rc<Scope<'p>>,
    /// What cannot be evaluated counts as false (of `allow`), else as true (of `deny`).
    fails: bool,
}

impl<'p> Reader<'_, 'p> {
    fn truth(&self, predicate: &Expr) -> Truth {
        let by_values = self.by_values(predicate);
        match (by_values, self.kleene(predicate)) {
            (Some(Truth::Holds), _) | (None, Some(true)) => Truth::Holds,
            (Some(Truth::Open), _) | (None, None) => Truth::Open,
            (Some(Truth::Fails(values)), _) => {
                let ranges = self.ranges(predicate);
                Truth::Fails(if ranges.is_empty() { values } else { ranges })
            }
            (None, Some(false)) => Truth::Fails(self.ranges(predicate)),
        }
    }

    /// By every combination of the values that its arguments can have, where those are known.
    fn by_values(&self, predicate: &Expr) -> Option<Truth> {
        let mut names = BTreeSet::new();
        locals(predicate, &mut names);
        let mut rows: Vec<Vec<(SmolStr, Value)>> = vec![Vec::new()];
        for name in names {
            let values = self.values(&name)?;
            if rows.len() * values.len() > MOST {
                return None;
            }
            let with = |row: &Vec<(SmolStr, Value)>, value: &Value| {
                let mut row = row.clone();
                row.push((name.clone(), value.clone()));
                row
            };
            rows = rows.iter().flat_map(|r| values.iter().map(|v| with(r, v)).collect::<Vec<_>>()).collect();
        }
        let schemas = &self.scope.plan.schemas;
        let holds =
            |row: &Vec<(SmolStr, Value)>| match eval(predicate, &Closed { schemas, locals: row }, &LIMITS) {
                Ok(value) => value == Value::Bool(true),
                Err(_) => !self.fails,
            };
        let broken = rows.iter().find(|row| !holds(row));
        Some(match (broken, rows.iter().any(holds)) {
            (None, _) => Truth::Holds,
            (Some(row), false) => {
                Truth::Fails(row.iter().map(|(n, v)| self.shown(n, v)).collect::<Vec<_>>().join(", "))
            }
            (Some(_), true) => Truth::Open,
        })
    }

    fn shown(&self, name: &str, value: &Value) -> String {
        let json = rustchain_plan::encode(value, &self.scope.plan.schemas);
        let mut text = json.to_string();
        if text.chars().count() > 80 {
            text = text.chars().take(77).chain("...".chars()).collect();
        }
        format!("`{name}` is `{text}`")
    }

    fn values(&self, name: &str) -> Option<Vec<Value>> {
        let param = self.signature.and_then(|s| s.param(name));
        match self.call.args.get(name) {
            Some(arg) => {
                let values = fold::values(arg, self.scope)?;
                if param.is_none_or(|p| *p.ty.non_null() != Type::Json) {
                    return Some(values);
                }
                let schemas = &self.scope.plan.schemas;
                Some(values.iter().map(|v| Value::json(rustchain_plan::encode(v, schemas))).collect())
            }
            // What is no parameter of the callee is not known here.
            None => Some(vec![param?.default.clone().unwrap_or(Value::Null)]),
        }
    }

    /// Three-valued: `None` is not known.
    fn kleene(&self, condition: &Expr) -> Option<bool> {
        match &condition.kind {
            ExprKind::Const(Value::Bool(b)) => Some(*b),
            ExprKind::Not(inner) => self.kleene(inner).map(|b| !b),
            ExprKind::Convert { value, .. } => self.kleene(value),
            ExprKind::Binary { op: BinaryOp::And, left, right } => {
                match (self.kleene(left), self.kleene(right)) {
                    (Some(false), _) | (_, Some(false)) => Some(false),
                    (Some(true), Some(true)) => Some(true),
                    _ => None,
                }
            }
            ExprKind::Binary { op: BinaryOp::Or, left, right } => {
                match (self.kleene(left), self.kleene(right)) {
                    (Some(true), _) | (_, Some(true)) => Some(true),
                    (Some(false), Some(false)) => Some(false),
                    _ => None,
                }
            }
            ExprKind::Binary { op, left, right } => match self.by_values(condition) {
                Some(Truth::Holds) => Some(true),
                Some(Truth::Fails(_)) => Some(false),
                _ => compared(*op, &self.range(left)?, &self.range(right)?),
            },
            ExprKind::Call { function, args } => match (function.as_str(), args.as_slice()) {
                ("starts_with", [text, start]) => self.starts_with(text, start),
                _ => self.alone(condition),
            },
            _ => self.alone(condition),
        }
    }

    fn alone(&self, condition: &Expr) -> Option<bool> {
        match self.by_values(condition)? {
            Truth::Holds => Some(true),
            Truth::Fails(_) => Some(false),
            Truth::Open => None,
        }
    }

    fn starts_with(&self, text: &Expr, start: &Expr) -> Option<bool> {
        let ExprKind::Const(start) = &start.kind else { return None };
        let start = start.as_text()?;
        let (arg, rest) = self.argument(text)?;
        if !rest.is_empty() {
            return None;
        }
        let verdict = |shape: &super::shape::Shape| {
            let known = shape.prefix();
            if known.starts_with(start) {
                return Some(true);
            }
            let whole = matches!(shape.pieces.as_slice(), [Piece::Text(_)] | []);
            (whole || !start.starts_with(known)).then_some(false)
        };
        let all: Vec<Option<bool>> =
            shapes(arg, self.scope, PatternSyntax::Name).iter().map(verdict).collect();
        let first = *all.first()?;
        all.iter().all(|v| *v == first).then_some(first).flatten()
    }

    /// The range of a part of the condition.
    fn range(&self, expr: &Expr) -> Option<Interval> {
        match &expr.kind {
            ExprKind::Const(value) => Interval::of(value),
            ExprKind::Convert { value, .. } => self.range(value),
            ExprKind::Call { function, args } => match (function.as_str(), args.as_slice()) {
                ("len", [list]) => {
                    let (arg, rest) = self.argument(list)?;
                    let most =
                        rest.is_empty().then(|| crate::cost::bounds::length(arg, self.scope)).flatten();
                    Some(Interval { low: Some(0.0), high: most.map(|n| n as f64) })
                }
                _ => None,
            },
            _ => {
                let (arg, rest) = self.argument(expr)?;
                match rest.is_empty() {
                    true => Some(interval(arg, self.scope)),
                    // A field of a value that is not written out: its type's `where` bounds it.
                    false => Some(declared(self.scope.plan, super::shape::type_of(arg, self.scope)?, &rest)),
                }
            }
        }
    }

    /// The expression behind `body.amount`, followed into what is written out at the call; with the fields
    /// that could not be followed.
    fn argument(&self, expr: &Expr) -> Option<(&'p Expr, Vec<SmolStr>)> {
        match &expr.kind {
            ExprKind::Local(name) => Some((self.call.args.get(name)?, Vec::new())),
            ExprKind::Field { base, name, .. } => {
                let (at, mut rest) = self.argument(base)?;
                if !rest.is_empty() {
                    rest.push(name.clone());
                    return Some((at, rest));
                }
                let found = part(self.scope.plan, at, name);
                Some(found.map_or_else(|| (at, vec![name.clone()]), |e| (e, Vec::new())))
            }
            ExprKind::Convert { value, .. } => self.argument(value),
            _ => None,
        }
    }

    /// What the arguments can be, in words.
    fn ranges(&self, predicate: &Expr) -> String {
        let mut out: Vec<String> = Vec::new();
        self.read_ranges(predicate, &mut out);
        out.dedup();
        out.join(", ")
    }

    fn read_ranges(&self, expr: &Expr, out: &mut Vec<String>) {
        if let Some(name) = dotted(expr) {
            if let Some(range) = self.range(expr).filter(|r| *r != Interval::any()) {
                out.push(format!("`{name}` {range}"));
            }
            return;
        }
        expr.for_each_child(&mut |child| self.read_ranges(child, out));
    }
}

/// A field of a record or map that is written out; as json a record's fields have their wire names.
fn part<'p>(plan: &Plan, expr: &'p Expr, name: &str) -> Option<&'p Expr> {
    match &expr.kind {
        ExprKind::Record { name: Some(key), fields, .. } => {
            let Some(Schema::Record(record)) = plan.schemas.get(key) else { return None };
            let field = record.fields.iter().find(|f| f.wire == name)?;
            fields.iter().find(|(n, _)| *n == field.name).map(|(_, e)| e)
        }
        ExprKind::Record { fields: entries, .. } | ExprKind::Map(entries) => {
            entries.iter().find(|(n, _)| n == name).map(|(_, e)| e)
        }
        ExprKind::Convert { value, .. } | ExprKind::Lower { value, .. } => part(plan, value, name),
        _ => None,
    }
}

fn declared(plan: &Plan, ty: Type, fields: &[SmolStr]) -> Interval {
    let Some((last, before)) = fields.split_last() else { return Interval::any() };
    let owner = before.iter().try_fold(ty, |ty, name| field_type(plan, &ty, name));
    owner.map_or_else(Interval::any, |ty| super::interval::of_field(plan, &ty, last))
}

fn compared(op: BinaryOp, left: &Interval, right: &Interval) -> Option<bool> {
    match op {
        BinaryOp::Le => left.at_most(right),
        BinaryOp::Lt => right.at_most(left).map(|b| !b).or_else(|| left.below(right)),
        BinaryOp::Ge => right.at_most(left),
        BinaryOp::Gt => left.at_most(right).map(|b| !b).or_else(|| right.below(left)),
        BinaryOp::Eq => left.apart(right).then_some(false),
        BinaryOp::Ne => left.apart(right).then_some(true),
        _ => None,
    }
}

fn dotted(expr: &Expr) -> Option<String> {
    match &expr.kind {
        ExprKind::Local(name) => Some(name.to_string()),
        ExprKind::Field { base, name, .. } => Some(format!("{}.{name}", dotted(base)?)),
        ExprKind::Convert { value, .. } => dotted(value),
        _ => None,
    }
}

fn locals(expr: &Expr, out: &mut BTreeSet<SmolStr>) {
    if let ExprKind::Local(name) = &expr.kind {
        out.insert(name.clone());
    }
    expr.for_each_child(&mut |child| locals(child, out));
}
