//! Unary and binary operators.

use super::dict::Dict;
use super::host::Host;
use super::machine::{Eval, Machine};
use super::syntax::ast;
use super::value::{Args, Object, SymbolKind, Value};
use rustchain_grammar::Span;
use std::rc::Rc;

impl<H: Host> Machine<'_, H> {
    pub(super) fn unary(&mut self, op: ast::UnaryOp, value: Value, span: Span) -> Eval<Value> {
        if let (ast::UnaryOp::Not, false) = (op, value.is_symbol()) {
            return Ok(match self.truth(&value) {
                Some(t) => Value::Bool(!t),
                None => self.symbol(SymbolKind::Op("not", vec![value]), None, span),
            });
        }
        Ok(match (op, &value) {
            (ast::UnaryOp::USub, Value::Int(i)) => i.checked_neg().map_or_else(|| self.big(span), Value::Int),
            (ast::UnaryOp::USub, Value::Float(f)) => Value::Float(-f),
            (ast::UnaryOp::USub, Value::Delta(d)) => Value::Delta(d.saturating_neg()),
            (ast::UnaryOp::UAdd, Value::Int(_) | Value::Float(_) | Value::Delta(_)) => value,
            (ast::UnaryOp::Invert, Value::Int(i)) => Value::Int(!i),
            _ => {
                let assumed = match value.assumed() {
                    Some(a) if value.is_symbol() && !a.is_symbol() => self.unary(op, a, span)?.assumed(),
                    _ => None,
                };
                self.symbol(SymbolKind::Op(op.as_str(), vec![value]), assumed, span)
            }
        })
    }

    fn big(&self, span: Span) -> Value {
        self.unknown("an integer of more than 64 bits", span)
    }

    pub(super) fn binary(
        &mut self,
        op: ast::Operator,
        left: &Value,
        right: &Value,
        span: Span,
    ) -> Eval<Value> {
        let site = self.site(span);
        if let Some(value) = H::binary(self, op.as_str(), left, right, site)? {
            return Ok(value);
        }
        if left.is_symbol() || right.is_symbol() {
            if let (ast::Operator::Add, true) = (op, self.is_text(left) || self.is_text(right)) {
                return self.concat(vec![left.clone(), right.clone()], span);
            }
            let assumed = match (left.assumed(), right.assumed()) {
                (Some(l), Some(r)) if !l.is_symbol() && !r.is_symbol() => {
                    self.binary_known(op, &l, &r, span).ok().flatten()
                }
                _ => None,
            };
            return Ok(self.symbol(
                SymbolKind::Op(op.as_str(), vec![left.clone(), right.clone()]),
                assumed,
                span,
            ));
        }
        if let Some(value) = self.binary_known(op, left, right, span)? {
            return Ok(value);
        }
        if let Some(value) = self.binary_method(op, left, right, span)? {
            return Ok(value);
        }
        Ok(self.symbol(SymbolKind::Op(op.as_str(), vec![left.clone(), right.clone()]), None, span))
    }

    /// Text, or a symbol that is certainly text.
    fn is_text(&self, value: &Value) -> bool {
        match value {
            Value::Str(_) => true,
            Value::Symbol(s) => matches!(s.kind, SymbolKind::Concat(_)),
            _ => false,
        }
    }

    fn binary_method(
        &mut self,
        op: ast::Operator,
        left: &Value,
        right: &Value,
        span: Span,
    ) -> Eval<Option<Value>> {
        let (name, reflected) = match op {
            ast::Operator::Add => ("__add__", "__radd__"),
            ast::Operator::Sub => ("__sub__", "__rsub__"),
            ast::Operator::Mult => ("__mul__", "__rmul__"),
            ast::Operator::Div => ("__truediv__", "__rtruediv__"),
            ast::Operator::RShift => ("__rshift__", "__rrshift__"),
            ast::Operator::LShift => ("__lshift__", "__rlshift__"),
            ast::Operator::BitOr => ("__or__", "__ror__"),
            ast::Operator::BitAnd => ("__and__", "__rand__"),
            _ => return Ok(None),
        };
        for (receiver, other, name) in [(left, right, name), (right, left, reflected)] {
            let Some(class) = self.class_of(receiver) else { continue };
            let Some(method) = self.class_attr(&class, name) else { continue };
            let site = self.site(span);
            return self.call(&method, Args::of(vec![receiver.clone(), other.clone()]), site).map(Some);
        }
        Ok(None)
    }

    fn binary_known(
        &mut self,
        op: ast::Operator,
        left: &Value,
        right: &Value,
        span: Span,
    ) -> Eval<Option<Value>> {
        use ast::Operator as O;
        let (left, right) = (unbool(left), unbool(right));
        Ok(match (op, &left, &right) {
            (_, Value::Int(a), Value::Int(b)) => self.int_op(op, *a, *b, span)?,
            (O::Add, Value::Str(a), Value::Str(b)) => {
                self.charge(a.len() + b.len(), span)?;
                Some(Value::str(format!("{a}{b}")))
            }
            (O::Mult, Value::Str(text), Value::Int(n)) | (O::Mult, Value::Int(n), Value::Str(text)) => {
                let n = usize::try_from(*n).unwrap_or(0);
                self.charge(text.len().saturating_mul(n), span)?;
                Some(Value::str(text.repeat(n)))
            }
            (O::Mod, Value::Str(format), _) => {
                let format = format.clone();
                Some(self.percent_format(&format, &right, span)?)
            }
            (O::Add, Value::DateTime(t), Value::Delta(d)) | (O::Add, Value::Delta(d), Value::DateTime(t)) => {
                t.plus(*d).map(|t| Value::DateTime(Rc::new(t)))
            }
            (O::Sub, Value::DateTime(t), Value::Delta(d)) => {
                d.checked_neg().and_then(|d| t.plus(d)).map(|t| Value::DateTime(Rc::new(t)))
            }
            (O::Sub, Value::DateTime(a), Value::DateTime(b)) => Some(Value::Delta(a.wall - b.wall)),
            (O::Add, Value::Delta(a), Value::Delta(b)) => a.checked_add(*b).map(Value::Delta),
            (O::Sub, Value::Delta(a), Value::Delta(b)) => a.checked_sub(*b).map(Value::Delta),
            (O::Mult, Value::Delta(d), Value::Int(n)) | (O::Mult, Value::Int(n), Value::Delta(d)) => {
                d.checked_mul(*n).map(Value::Delta)
            }
            (O::Mult, Value::Delta(d), Value::Float(n)) | (O::Mult, Value::Float(n), Value::Delta(d)) => {
                Some(Value::Delta((*d as f64 * n).round() as i64))
            }
            (O::Div, Value::Delta(d), Value::Int(n)) if *n != 0 => {
                Some(Value::Delta((*d as f64 / *n as f64).round() as i64))
            }
            (O::Div, Value::Delta(a), Value::Delta(b)) if *b != 0 => {
                Some(Value::Float(*a as f64 / *b as f64))
            }
            (_, Value::Obj(_), _) | (_, _, Value::Obj(_)) => self.object_op(op, &left, &right, span)?,
            _ => match (super::compare::number(&left), super::compare::number(&right)) {
                (Some(a), Some(b)) => self.float_op(op, a, b, span)?,
                _ => None,
            },
        })
    }

    fn int_op(&mut self, op: ast::Operator, a: i64, b: i64, span: Span) -> Eval<Option<Value>> {
        use ast::Operator as O;
        let zero = || self.raise("ZeroDivisionError", "division by zero", span);
        let value = match op {
            O::Add => a.checked_add(b),
            O::Sub => a.checked_sub(b),
            O::Mult => a.checked_mul(b),
            O::Div if b == 0 => return Err(zero()),
            O::Div => return Ok(Some(Value::Float(a as f64 / b as f64))),
            O::FloorDiv | O::Mod if b == 0 => return Err(zero()),
            O::FloorDiv => {
                a.checked_div_euclid(b).map(|q| if b < 0 && a.rem_euclid(b) != 0 { q - 1 } else { q })
            }
            O::Mod => a.checked_rem(b).map(|r| if r != 0 && (r < 0) != (b < 0) { r + b } else { r }),
            O::Pow if b < 0 => return self.float_op(op, a as f64, b as f64, span),
            O::Pow => u32::try_from(b).ok().and_then(|b| a.checked_pow(b)),
            O::LShift => u32::try_from(b).ok().filter(|b| *b < 62).and_then(|b| a.checked_mul(1i64 << b)),
            O::RShift => u32::try_from(b).ok().map(|b| a.checked_shr(b).unwrap_or(0)),
            O::BitOr => Some(a | b),
            O::BitAnd => Some(a & b),
            O::BitXor => Some(a ^ b),
            O::MatMult => None,
        };
        Ok(Some(value.map_or_else(|| self.big(span), Value::Int)))
    }

    fn float_op(&mut self, op: ast::Operator, a: f64, b: f64, span: Span) -> Eval<Option<Value>> {
        use ast::Operator as O;
        let value = match op {
            O::Add => a + b,
            O::Sub => a - b,
            O::Mult => a * b,
            O::Div | O::FloorDiv | O::Mod if b == 0.0 => {
                return Err(self.raise("ZeroDivisionError", "division by zero", span));
            }
            O::Div => a / b,
            O::FloorDiv => (a / b).floor(),
            O::Mod => a - b * (a / b).floor(),
            O::Pow => a.powf(b),
            _ => return Ok(None),
        };
        Ok(Some(Value::Float(value)))
    }

    fn object_op(
        &mut self,
        op: ast::Operator,
        left: &Value,
        right: &Value,
        span: Span,
    ) -> Eval<Option<Value>> {
        use ast::Operator as O;
        let dirty = self.is_dirty(left) || self.is_dirty(right);
        let value = match (op, self.object_of(left), self.object_of(right)) {
            (O::Add, Some(Object::List(a)), Some(Object::List(b))) => {
                let items: Vec<Value> = a.iter().chain(b).cloned().collect();
                self.charge(items.len() * 24, span)?;
                self.list(items)
            }
            (O::Add, Some(Object::Tuple(a)), Some(Object::Tuple(b))) => {
                let items: Vec<Value> = a.iter().chain(b.iter()).cloned().collect();
                self.charge(items.len() * 24, span)?;
                self.tuple(items)
            }
            (O::Mult, Some(Object::List(items)), _) => match right {
                Value::Int(n) => {
                    let (items, n) = (items.clone(), usize::try_from(*n).unwrap_or(0));
                    self.charge(items.len().saturating_mul(n).saturating_mul(24), span)?;
                    let repeated: Vec<Value> = items.iter().cycle().take(items.len() * n).cloned().collect();
                    self.list(repeated)
                }
                _ => return Ok(None),
            },
            (O::Mult, Some(Object::Tuple(items)), _) => match right {
                Value::Int(n) => {
                    let (items, n) = (items.to_vec(), usize::try_from(*n).unwrap_or(0));
                    self.charge(items.len().saturating_mul(n).saturating_mul(24), span)?;
                    let repeated: Vec<Value> = items.iter().cycle().take(items.len() * n).cloned().collect();
                    self.tuple(repeated)
                }
                _ => return Ok(None),
            },
            (O::BitOr, Some(Object::Dict(a, _)), Some(Object::Dict(..))) => {
                let mut merged = a.clone();
                self.merge_into(&mut merged, right);
                self.charge(merged.len() * 96, span)?;
                self.alloc(Object::Dict(merged, None))
            }
            (O::BitOr | O::BitAnd | O::Sub | O::BitXor, Some(Object::Set(a)), Some(Object::Set(b))) => {
                let mut out = Dict::new();
                out.open = a.open || b.open;
                for (hash, key, _) in a.entries() {
                    let shared = b.get(hash).is_some();
                    let keep = match op {
                        O::BitOr => true,
                        O::BitAnd => shared,
                        _ => !shared,
                    };
                    if keep {
                        out.insert(hash.clone(), key.clone(), Value::None);
                    }
                }
                if matches!(op, O::BitOr | O::BitXor) {
                    for (hash, key, _) in b.entries() {
                        if a.get(hash).is_none() {
                            out.insert(hash.clone(), key.clone(), Value::None);
                        }
                    }
                }
                self.charge(out.len() * 96, span)?;
                self.alloc(Object::Set(out))
            }
            (O::Div, Some(Object::Path(base)), _) => {
                let base = base.clone();
                return Ok(self.text(right).map(|part| {
                    let joined = super::stdlib::join_path(&base, &part);
                    self.alloc(Object::Path(super::stdlib::tidy(&joined).into()))
                }));
            }
            _ => return Ok(None),
        };
        if let (true, Value::Obj(id)) = (dirty, &value) {
            self.dirty.insert(*id);
        }
        Ok(Some(value))
    }
}

fn unbool(value: &Value) -> Value {
    match value {
        Value::Bool(b) => Value::Int(i64::from(*b)),
        other => other.clone(),
    }
}
