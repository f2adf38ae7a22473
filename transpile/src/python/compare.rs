//! Truth, equality, order, membership.

use super::dict::Key;
use super::host::Host;
use super::machine::{Eval, Machine};
use super::syntax::{ast, span_of};
use super::value::{Args, Object, SymbolKind, Value};
use rustchain_grammar::Span;
use std::cmp::Ordering;

impl<H: Host> Machine<'_, H> {
    /// `bool(value)`; `None` where it is not known. A symbol counts by what is assumed of it.
    pub fn truth(&self, value: &Value) -> Option<bool> {
        match value {
            Value::None => Some(false),
            Value::Bool(b) => Some(*b),
            Value::Int(i) => Some(*i != 0),
            Value::Float(f) => Some(*f != 0.0),
            Value::Str(s) => Some(!s.is_empty()),
            Value::Bytes(b) => Some(!b.is_empty()),
            Value::Delta(d) => Some(*d != 0),
            Value::Symbol(s) => s.assumed.as_ref().filter(|a| !a.is_symbol()).and_then(|a| self.truth(a)),
            Value::External(path) => match &**path {
                "typing.TYPE_CHECKING" => Some(false),
                _ => Some(true),
            },
            Value::Ellipsis | Value::DateTime(_) | Value::Native(_) => Some(true),
            Value::Obj(_) => {
                let size = match self.object_of(value)? {
                    Object::List(items) => items.len(),
                    Object::Tuple(items) => items.len(),
                    Object::Dict(dict, _) if dict.open && dict.is_empty() => return None,
                    Object::Dict(dict, _) => dict.len(),
                    Object::Set(set) if set.open && set.is_empty() => return None,
                    Object::Set(set) => set.len(),
                    Object::Instance(class, _) => {
                        let custom =
                            ["__bool__", "__len__"].iter().any(|n| self.class_attr(class, n).is_some());
                        return if custom { None } else { Some(true) };
                    }
                    _ => 1,
                };
                if self.is_dirty(value) && size == 0 { None } else { Some(size != 0) }
            }
        }
    }

    /// `a == b`; `None` where it is not known.
    pub fn equal(&self, a: &Value, b: &Value) -> Option<bool> {
        self.equal_at(a, b, 0)
    }

    fn equal_at(&self, a: &Value, b: &Value, depth: u32) -> Option<bool> {
        if depth > 40 {
            return None;
        }
        let (a, b) = (self.plain(a), self.plain(b));
        if self.has_own_equality(&a) || self.has_own_equality(&b) {
            return None;
        }
        match (&a, &b) {
            (Value::Symbol(x), Value::Symbol(y)) if std::rc::Rc::ptr_eq(x, y) => Some(true),
            (Value::Symbol(_), _) | (_, Value::Symbol(_)) => None,
            (Value::None, Value::None) | (Value::Ellipsis, Value::Ellipsis) => Some(true),
            (Value::Str(x), Value::Str(y)) => Some(x == y),
            (Value::Bytes(x), Value::Bytes(y)) => Some(x == y),
            (Value::Delta(x), Value::Delta(y)) => Some(x == y),
            (Value::DateTime(x), Value::DateTime(y)) => Some(x == y),
            (Value::External(x), Value::External(y)) => Some(x == y),
            (Value::Native(x), Value::Native(y)) => Some(x == y),
            (Value::Obj(x), Value::Obj(y)) if x == y => Some(true),
            (Value::Obj(_), Value::Obj(_)) => {
                if let (Some(Object::Dict(x, _)), Some(Object::Dict(y, _))) =
                    (self.object_of(&a), self.object_of(&b))
                {
                    if x.open || y.open {
                        return None;
                    }
                    if x.len() != y.len() {
                        return Some(false);
                    }
                    let mut sure = Some(true);
                    for (key, _, value) in x.entries() {
                        match y.get(key).map(|other| self.equal_at(value, other, depth + 1)) {
                            None | Some(Some(false)) => return Some(false),
                            Some(None) => sure = None,
                            Some(Some(true)) => {}
                        }
                    }
                    return sure;
                }
                if let (Some(Object::Path(x)), Some(Object::Path(y))) =
                    (self.object_of(&a), self.object_of(&b))
                {
                    return Some(x == y);
                }
                let records = self.named_tuple_items(&a).is_none() || self.named_tuple_items(&b).is_none();
                if let (true, Some(x), Some(y)) = (records, self.fields_of(&a), self.fields_of(&b)) {
                    let same_class = match (self.class_of(&a), self.class_of(&b)) {
                        (Some(x), Some(y)) => self.same(&x, &y),
                        _ => false,
                    };
                    if !same_class {
                        return Some(false);
                    }
                    let answers: Vec<Option<bool>> =
                        x.iter().zip(&y).map(|((_, x), (_, y))| self.equal_at(x, y, depth + 1)).collect();
                    return match answers.contains(&Some(false)) {
                        true => Some(false),
                        false if answers.contains(&None) => None,
                        false => Some(true),
                    };
                }
                let items = |v: &Value| self.as_items(v).or_else(|| self.named_tuple_items(v));
                match (items(&a), items(&b)) {
                    (Some(x), Some(y)) if x.len() == y.len() => {
                        let mut sure = Some(true);
                        for (x, y) in x.iter().zip(&y) {
                            match self.equal_at(x, y, depth + 1) {
                                Some(false) => return Some(false),
                                None => sure = None,
                                Some(true) => {}
                            }
                        }
                        sure
                    }
                    (Some(_), Some(_)) => Some(false),
                    _ => Some(false),
                }
            }
            _ => match (number(&a), number(&b)) {
                (Some(x), Some(y)) => Some(x == y),
                _ => Some(false),
            },
        }
    }

    /// An instance whose class says itself what is equal to it.
    fn has_own_equality(&self, value: &Value) -> bool {
        matches!(self.object_of(value), Some(Object::Instance(class, _)) if self.class_attr(class, "__eq__").is_some())
    }

    /// The value of a string or int enum member.
    pub(super) fn plain(&self, value: &Value) -> Value {
        match self.object_of(value) {
            Some(Object::Instance(class, attrs)) => match self.object_of(class) {
                Some(Object::Class(c)) if c.is_enum => {
                    let text_like = self.lineage(class).1.iter().any(|f| {
                        matches!(f, Value::External(p) if matches!(&**p, "builtins.str" | "builtins.int" | "enum.StrEnum" | "enum.IntEnum"))
                    });
                    match (text_like, attrs.get_str("value")) {
                        (true, Some(inner)) => inner.clone(),
                        _ => value.clone(),
                    }
                }
                _ => value.clone(),
            },
            _ => value.clone(),
        }
    }

    /// The order of two values; `None` where it is not known.
    pub(super) fn order(&self, a: &Value, b: &Value) -> Option<Ordering> {
        let (a, b) = (self.plain(a), self.plain(b));
        match (&a, &b) {
            (Value::Str(x), Value::Str(y)) => Some(x.cmp(y)),
            (Value::Delta(x), Value::Delta(y)) => Some(x.cmp(y)),
            (Value::DateTime(x), Value::DateTime(y)) => Some(x.wall.cmp(&y.wall)),
            (Value::Obj(_), Value::Obj(_)) => {
                if let (Some(Object::Path(x)), Some(Object::Path(y))) =
                    (self.object_of(&a), self.object_of(&b))
                {
                    return Some(x.split('/').cmp(y.split('/')));
                }
                let (x, y) = (self.as_items(&a)?, self.as_items(&b)?);
                for (x, y) in x.iter().zip(&y) {
                    match self.order(x, y)? {
                        Ordering::Equal => {}
                        other => return Some(other),
                    }
                }
                Some(x.len().cmp(&y.len()))
            }
            _ => number(&a)?.partial_cmp(&number(&b)?),
        }
    }

    pub(super) fn eval_compare(&mut self, c: &ast::ExprCompare) -> Eval<Value> {
        let span = span_of(c);
        let mut left = self.eval(&c.left)?;
        let mut result = Value::Bool(true);
        for (op, right) in c.ops.iter().zip(&c.comparators) {
            let right = self.eval(right)?;
            result = self.compare(*op, &left, &right, span)?;
            if !result.is_symbol() && self.truth(&result) == Some(false) {
                return Ok(result);
            }
            left = right;
        }
        Ok(result)
    }

    fn compare(&mut self, op: ast::CmpOp, left: &Value, right: &Value, span: Span) -> Eval<Value> {
        let identity = matches!(op, ast::CmpOp::Is | ast::CmpOp::IsNot);
        let known = if left.is_symbol() || right.is_symbol() {
            None
        } else {
            self.compare_known(op, left, right, span)?
        };
        if let Some(known) = known {
            return Ok(Value::Bool(known));
        }
        if let (false, Some(Object::Instance(Value::Obj(_), _))) = (identity, self.object_of(left)) {
            let name = match op {
                ast::CmpOp::Eq => "__eq__",
                ast::CmpOp::Lt => "__lt__",
                ast::CmpOp::Gt => "__gt__",
                _ => "",
            };
            if let Some(class) = self.class_of(left)
                && let Some(method) = self.class_attr(&class, name)
            {
                let site = self.site(span);
                return self.call(&method, Args::of(vec![left.clone(), right.clone()]), site);
            }
        }
        let assumed = match (left.assumed(), right.assumed()) {
            (Some(l), Some(r)) if !l.is_symbol() && !r.is_symbol() => {
                self.compare_known(op, &l, &r, span).ok().flatten().map(Value::Bool)
            }
            _ => self.after_named_day(op, left, right).map(Value::Bool),
        };
        Ok(self.symbol(SymbolKind::Op(op.as_str(), vec![left.clone(), right.clone()]), assumed, span))
    }

    /// A file is read after the days that it names: `date.today() > date(2024, 6, 12)`.
    fn after_named_day(&self, op: ast::CmpOp, left: &Value, right: &Value) -> Option<bool> {
        const NOW: &[&str] =
            &["datetime.datetime.now", "datetime.datetime.today", "datetime.datetime.utcnow"];
        /// 2026-01-01, in microseconds.
        const RECENT: i64 = 1_767_225_600_000_000;
        let is_now = |v: &Value| {
            let path = self.callee_path(v);
            v.is_symbol()
                && (NOW.iter().any(|n| path.starts_with(n)) || path.starts_with("datetime.date.today"))
        };
        let is_past = |v: &Value| matches!(v, Value::DateTime(day) if day.wall < RECENT);
        let later = match () {
            () if is_now(left) && is_past(right) => true,
            () if is_past(left) && is_now(right) => false,
            () => return None,
        };
        match op {
            ast::CmpOp::Gt | ast::CmpOp::GtE => Some(later),
            ast::CmpOp::Lt | ast::CmpOp::LtE => Some(!later),
            _ => None,
        }
    }

    fn compare_known(
        &mut self,
        op: ast::CmpOp,
        left: &Value,
        right: &Value,
        span: Span,
    ) -> Eval<Option<bool>> {
        let order = |m: &Self, test: fn(Ordering) -> bool| m.order(left, right).map(test);
        Ok(match op {
            ast::CmpOp::Eq => self.equal(left, right),
            ast::CmpOp::NotEq => self.equal(left, right).map(|e| !e),
            ast::CmpOp::Is => self.identical(left, right),
            ast::CmpOp::IsNot => self.identical(left, right).map(|e| !e),
            ast::CmpOp::Lt => order(self, Ordering::is_lt),
            ast::CmpOp::LtE => order(self, Ordering::is_le),
            ast::CmpOp::Gt => order(self, Ordering::is_gt),
            ast::CmpOp::GtE => order(self, Ordering::is_ge),
            ast::CmpOp::In => self.contains(right, left, span)?,
            ast::CmpOp::NotIn => self.contains(right, left, span)?.map(|c| !c),
        })
    }

    fn identical(&self, a: &Value, b: &Value) -> Option<bool> {
        match (a, b) {
            (Value::Obj(x), Value::Obj(y)) => Some(x == y),
            (
                Value::Int(_) | Value::Str(_) | Value::Float(_),
                Value::Int(_) | Value::Str(_) | Value::Float(_),
            ) => self.equal(a, b),
            (Value::Bool(x), Value::Bool(y)) => Some(x == y),
            _ if std::mem::discriminant(a) != std::mem::discriminant(b) => Some(false),
            _ => self.equal(a, b),
        }
    }

    /// `item in container`.
    pub(super) fn contains(&mut self, container: &Value, item: &Value, span: Span) -> Eval<Option<bool>> {
        if let (Value::Str(text), Value::Str(part)) = (container, item) {
            return Ok(Some(text.contains(&**part)));
        }
        if let Value::External(path) = container {
            return Ok(match (&**path, item) {
                ("os.environ", Value::Str(name)) => {
                    if self.options.env.contains_key(&**name) || self.kept(container, name).is_some() {
                        Some(true)
                    } else if self.options.env_is_complete {
                        Some(false)
                    } else {
                        None
                    }
                }
                ("builtins.globals()", Value::Str(name)) => {
                    let scope = self.module_ref(self.module).scope;
                    Some(self.scope_ref(scope).vars.contains_key(name))
                }
                (_, Value::Str(name)) => self.is_kept(container, name),
                _ => None,
            });
        }
        let key = self.key(item);
        let dirty = self.is_dirty(container);
        let found = match (self.object_of(container), key) {
            (Some(Object::Dict(dict, _) | Object::Set(dict)), Some(key)) => match dict.get(&key) {
                Some(_) => Some(true),
                None if dict.open => None,
                None => Some(false),
            },
            (Some(Object::Instance(class, _)), _) => {
                let class = class.clone();
                match self.class_attr(&class, "__contains__") {
                    Some(method) => {
                        let site = self.site(span);
                        let value =
                            self.call(&method, Args::of(vec![container.clone(), item.clone()]), site)?;
                        if value.is_symbol() { None } else { self.truth(&value) }
                    }
                    None => None,
                }
            }
            _ => match self.iterate(container, span)? {
                None => None,
                Some(items) => {
                    let mut found = Some(false);
                    for candidate in &items {
                        match self.equal(candidate, item) {
                            Some(true) => {
                                found = Some(true);
                                break;
                            }
                            None => found = None,
                            Some(false) => {}
                        }
                    }
                    found
                }
            },
        };
        Ok(if dirty { found.filter(|f| *f) } else { found })
    }

    /// The hashable form of a value.
    pub fn key(&self, value: &Value) -> Option<Key> {
        self.key_at(value, 0)
    }

    fn key_at(&self, value: &Value, depth: u32) -> Option<Key> {
        if depth > 20 {
            return None;
        }
        Some(match value {
            Value::None => Key::None,
            Value::Bool(b) => Key::Int(i64::from(*b)),
            Value::Int(i) => Key::Int(*i),
            Value::Float(f) if f.fract() == 0.0 && f.abs() < 9e15 => Key::Int(*f as i64),
            Value::Float(f) => Key::Float(f.to_bits()),
            Value::Str(s) => Key::Str(s.clone()),
            Value::Bytes(b) => Key::Bytes(b.clone()),
            Value::Delta(d) => Key::Delta(*d),
            Value::DateTime(t) => Key::Time(t.iso()),
            Value::External(p) => Key::External(p.clone()),
            Value::Native(n) => Key::Native(n.kind, n.id),
            Value::Ellipsis | Value::Symbol(_) => return None,
            Value::Obj(id) => match self.object(*id)? {
                Object::Tuple(items) => {
                    Key::Tuple(items.iter().map(|v| self.key_at(v, depth + 1)).collect::<Option<_>>()?)
                }
                Object::List(_) | Object::Dict(..) => return None,
                Object::Path(path) => Key::Str(path.clone()),
                Object::Instance(..) if self.has_own_equality(value) => return None,
                Object::Instance(..) if let Some(fields) = self.fields_of(value) => {
                    Key::Tuple(fields.iter().map(|(_, v)| self.key_at(v, depth + 1)).collect::<Option<_>>()?)
                }
                _ => match self.plain(value) {
                    Value::Obj(id) => Key::Obj(id),
                    plain => self.key_at(&plain, depth + 1)?,
                },
            },
        })
    }
}

/// A number for comparison.
pub(super) fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Bool(b) => Some(f64::from(u8::from(*b))),
        Value::Int(i) => Some(*i as f64),
        Value::Float(f) => Some(*f),
        _ => None,
    }
}
