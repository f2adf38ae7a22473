//! The range of a number, as far as the mission's text states it: literals, arithmetic and `where`.

use super::fold;
use super::scope::{Bound, Scope};
use rustchain_plan::expr::{BinaryOp, ExprKind};
use rustchain_plan::plan::Plan;
use rustchain_plan::types::{Schema, Type};
use rustchain_plan::{Body, Expr, Value};
use smol_str::SmolStr;
use std::rc::Rc;

/// Deeper expressions are not followed.
const DEEPEST: u32 = 64;
/// Beyond this a whole number has no exact `f64`.
const EXACT: i64 = 1 << 53;

/// Numbers from `low` to `high`, both included; `None`: no bound.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Interval {
    /// The least.
    pub low: Option<f64>,
    /// The greatest.
    pub high: Option<f64>,
}

impl Interval {
    /// Every number.
    pub fn any() -> Interval {
        Interval::default()
    }

    /// Has it both bounds?
    pub fn is_bounded(&self) -> bool {
        self.low.is_some() && self.high.is_some()
    }

    /// One number; `None` for what is none, or has no exact form.
    #[allow(clippy::cast_precision_loss, reason = "bounded by EXACT")]
    pub fn of(value: &Value) -> Option<Interval> {
        let number = match value {
            Value::Int(n) | Value::Duration(n) if n.abs() <= EXACT => *n as f64,
            Value::Float(x) if x.is_finite() => *x,
            Value::Json(json) => json.as_f64().filter(|x| x.abs() <= EXACT as f64)?,
            _ => return None,
        };
        Some(Interval { low: Some(number), high: Some(number) })
    }

    /// Is every number here at most every number there? `None`: it depends.
    pub fn at_most(&self, other: &Interval) -> Option<bool> {
        match (self.low, self.high, other.low, other.high) {
            (_, Some(high), Some(low), _) if high <= low => Some(true),
            (Some(low), _, _, Some(high)) if low > high => Some(false),
            _ => None,
        }
    }

    /// As [`Interval::at_most`], strictly less; only what is surely so.
    pub fn below(&self, other: &Interval) -> Option<bool> {
        self.high.zip(other.low).is_some_and(|(high, low)| high < low).then_some(true)
    }

    /// Have they no number in common?
    pub fn apart(&self, other: &Interval) -> bool {
        self.below(other) == Some(true) || other.below(self) == Some(true)
    }

    fn union(self, other: Interval) -> Interval {
        let both = |a: Option<f64>, b: Option<f64>, pick: fn(f64, f64) -> f64| Some(pick(a?, b?));
        Interval { low: both(self.low, other.low, f64::min), high: both(self.high, other.high, f64::max) }
    }

    fn intersection(self, other: Interval) -> Interval {
        let either = |a: Option<f64>, b: Option<f64>, pick: fn(f64, f64) -> f64| match (a, b) {
            (Some(a), Some(b)) => Some(pick(a, b)),
            (a, b) => a.or(b),
        };
        Interval { low: either(self.low, other.low, f64::max), high: either(self.high, other.high, f64::min) }
    }

    fn negated(self) -> Interval {
        Interval { low: self.high.map(|x| -x), high: self.low.map(|x| -x) }
    }

    fn plus(self, other: Interval) -> Interval {
        let sum = |a: Option<f64>, b: Option<f64>| Some(a? + b?).filter(|x| x.is_finite());
        Interval { low: sum(self.low, other.low), high: sum(self.high, other.high) }
    }

    fn times(self, other: Interval) -> Interval {
        let (Some(a), Some(b), Some(c), Some(d)) = (self.low, self.high, other.low, other.high) else {
            return Interval::any();
        };
        let ends = [a * c, a * d, b * c, b * d];
        if ends.iter().any(|x| !x.is_finite()) {
            return Interval::any();
        }
        Interval { low: ends.into_iter().reduce(f64::min), high: ends.into_iter().reduce(f64::max) }
    }
}

impl std::fmt::Display for Interval {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match (self.low, self.high) {
            (Some(low), Some(high)) if low == high => write!(f, "is {low}"),
            (Some(low), Some(high)) => write!(f, "is from {low} to {high}"),
            (Some(low), None) => write!(f, "is at least {low}"),
            (None, Some(high)) => write!(f, "is at most {high}"),
            (None, None) => write!(f, "is any number"),
        }
    }
}

/// The range of an expression.
pub fn interval<'p>(expr: &'p Expr, scope: &Rc<Scope<'p>>) -> Interval {
    Reader { depth: 0 }.range(expr, scope)
}

/// The range of a field of a record, by its `where`.
pub fn of_field(plan: &Plan, record: &Type, name: &str) -> Interval {
    let Type::Named(key) = record.non_null() else { return Interval::any() };
    let Some(Schema::Record(record)) = plan.schemas.get(key) else { return Interval::any() };
    let field = record.fields.iter().find(|f| f.name == name);
    field.and_then(|f| f.constraint.as_ref().map(|c| stated(c, &f.name))).unwrap_or_default()
}

struct Reader {
    depth: u32,
}

impl Reader {
    fn range<'p>(&mut self, expr: &'p Expr, scope: &Rc<Scope<'p>>) -> Interval {
        if self.depth >= DEEPEST {
            return Interval::any();
        }
        if let Some(values) = fold::values(expr, scope) {
            let all: Option<Vec<Interval>> = values.iter().map(Interval::of).collect();
            return all.and_then(|all| all.into_iter().reduce(Interval::union)).unwrap_or_default();
        }
        self.depth += 1;
        let found = self.unknown(expr, scope);
        self.depth -= 1;
        found
    }

    fn unknown<'p>(&mut self, expr: &'p Expr, scope: &Rc<Scope<'p>>) -> Interval {
        match &expr.kind {
            ExprKind::Convert { value, .. } | ExprKind::Lower { value, .. } => self.range(value, scope),
            ExprKind::Neg(value) => self.range(value, scope).negated(),
            ExprKind::If { then, otherwise, .. } => {
                self.range(then, scope).union(self.range(otherwise, scope))
            }
            ExprKind::Match { arms, .. } => {
                let all = arms.iter().map(|a| self.range(&a.value, scope));
                all.reduce(Interval::union).unwrap_or_default()
            }
            ExprKind::Binary { op, left, right } => {
                let (left, right) = (self.range(left, scope), self.range(right, scope));
                match op {
                    BinaryOp::Add => left.plus(right),
                    BinaryOp::Sub => left.plus(right.negated()),
                    BinaryOp::Mul => left.times(right),
                    BinaryOp::Coalesce => left.union(right),
                    _ => Interval::any(),
                }
            }
            ExprKind::Call { function, args } => self.call(function, args, scope),
            ExprKind::Param { up, name } => self.param(scope.up(*up), name),
            ExprKind::Let { up, name } => {
                let home = scope.up(*up);
                let value = home.as_ref().and_then(|h| h.region?.lets.get(name));
                value.zip(home.as_ref()).map(|(value, home)| self.range(value, home)).unwrap_or_default()
            }
            ExprKind::Step { up, id } => {
                let Some(home) = scope.up(*up) else { return Interval::any() };
                match home.node(id).map(|n| &n.body) {
                    Some(Body::Value(value)) => self.range(value, &home),
                    _ => Interval::any(),
                }
            }
            ExprKind::Field { base, name, .. } => {
                let record = super::shape::type_of(base, scope);
                record.map_or_else(Interval::any, |ty| of_field(scope.plan, &ty, name))
            }
            _ => Interval::any(),
        }
    }

    fn call<'p>(&mut self, function: &str, args: &'p [Expr], scope: &Rc<Scope<'p>>) -> Interval {
        let not_negative = Interval { low: Some(0.0), high: None };
        match (function, args) {
            ("clamp", [value, low, high]) => {
                let (low, high) = (self.range(low, scope), self.range(high, scope));
                let value = self.range(value, scope);
                // `clamp` gives something from its least bound to its greatest.
                value.intersection(Interval { low: low.low, high: high.high })
            }
            ("len" | "count", [list]) => {
                let most = crate::cost::bounds::length(list, scope);
                Interval { low: Some(0.0), high: most.map(|n| n as f64) }
            }
            ("to_float", [value]) => self.range(value, scope),
            ("abs", _) => not_negative,
            _ => Interval::any(),
        }
    }

    fn param(&mut self, home: Option<Rc<Scope<'_>>>, name: &SmolStr) -> Interval {
        let Some(home) = home else { return Interval::any() };
        let given = match home.params.get(name) {
            Some(Bound::Input(input)) => {
                input.constraint.as_ref().map(|c| stated(c, name)).unwrap_or_default()
            }
            Some(Bound::Argument(arg, scope)) => self.range(arg, scope),
            _ => Interval::any(),
        };
        let param = home.region.and_then(|r| r.params.iter().find(|p| p.name == *name));
        let declared = param.and_then(|p| p.constraint.as_ref()).map(|c| stated(c, name));
        declared.map_or(given, |declared| given.intersection(declared))
    }
}

/// The range that a `where` states about the value of a name.
pub fn stated(condition: &Expr, name: &str) -> Interval {
    let ExprKind::Binary { op, left, right } = &condition.kind else { return Interval::any() };
    match op {
        BinaryOp::And => return stated(left, name).intersection(stated(right, name)),
        BinaryOp::Or => return stated(left, name).union(stated(right, name)),
        _ => {}
    }
    let is_name = |e: &Expr| is_local(e, name);
    let (bound, flipped) = match (is_name(left), is_name(right)) {
        (true, false) => (constant(right), false),
        (false, true) => (constant(left), true),
        _ => return Interval::any(),
    };
    let Some(bound) = bound else { return Interval::any() };
    let to = |high: Option<f64>| Interval { low: None, high };
    let from = |low: Option<f64>| Interval { low, high: None };
    match (op, flipped) {
        (BinaryOp::Le, false) | (BinaryOp::Ge, true) => to(bound.high),
        (BinaryOp::Lt, false) | (BinaryOp::Gt, true) => to(bound.high.map(f64::next_down)),
        (BinaryOp::Ge, false) | (BinaryOp::Le, true) => from(bound.low),
        (BinaryOp::Gt, false) | (BinaryOp::Lt, true) => from(bound.low.map(f64::next_up)),
        (BinaryOp::Eq, _) => bound,
        _ => Interval::any(),
    }
}

fn is_local(expr: &Expr, name: &str) -> bool {
    match &expr.kind {
        ExprKind::Local(n) => n == name,
        ExprKind::Convert { value, .. } => is_local(value, name),
        _ => false,
    }
}

fn constant(expr: &Expr) -> Option<Interval> {
    match &expr.kind {
        ExprKind::Const(value) => Interval::of(value),
        ExprKind::Neg(value) => constant(value).map(Interval::negated),
        ExprKind::Convert { value, .. } => constant(value),
        _ => None,
    }
}
