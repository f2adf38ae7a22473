//! Targets: names, attributes, items, unpacking; `del`.

use super::host::Host;
use super::machine::{Eval, Machine};
use super::syntax::{ast, span_of};
use super::value::{Args, Object, SymbolKind, Value};
use rustchain_grammar::Span;

impl<H: Host> Machine<'_, H> {
    pub(super) fn assign(&mut self, target: &ast::Expr, value: Value) -> Eval<()> {
        let span = span_of(target);
        match target {
            ast::Expr::Name(name) => self.bind(&name.id, value),
            ast::Expr::Attribute(a) => {
                let base = self.eval(&a.value)?;
                self.set_attr(&base, &a.attr.id, value)?;
            }
            ast::Expr::Subscript(s) => {
                let base = self.eval(&s.value)?;
                let key = self.eval(&s.slice)?;
                self.set_item(&base, &key, value, span)?;
            }
            ast::Expr::Tuple(t) => self.unpack(&t.elts, value, span)?,
            ast::Expr::List(l) => self.unpack(&l.elts, value, span)?,
            ast::Expr::Starred(s) => self.assign(&s.value, value)?,
            _ => {}
        }
        Ok(())
    }

    fn unpack(&mut self, targets: &[ast::Expr], value: Value, span: Span) -> Eval<()> {
        let items = match self.iterate(&value, span)? {
            Some(items) => items,
            None => {
                for (i, target) in targets.iter().enumerate() {
                    let item = match target {
                        ast::Expr::Starred(_) => self.unknown("the rest of an unknown value", span),
                        _ => self.symbol(SymbolKind::Item(value.clone(), Value::Int(i as i64)), None, span),
                    };
                    self.assign(target, item)?;
                }
                return Ok(());
            }
        };
        let star = targets.iter().position(|t| matches!(t, ast::Expr::Starred(_)));
        let needed = targets.len() - usize::from(star.is_some());
        if items.len() < needed || (star.is_none() && items.len() > needed) {
            let message = format!("{} values for {} names", items.len(), targets.len());
            return Err(self.raise("ValueError", message, span));
        }
        let extra = items.len() - needed;
        let mut items = items.into_iter();
        for (i, target) in targets.iter().enumerate() {
            if Some(i) == star {
                let rest: Vec<Value> = items.by_ref().take(extra).collect();
                let rest = self.list(rest);
                self.assign(target, rest)?;
            } else if let Some(item) = items.next() {
                self.assign(target, item)?;
            }
        }
        Ok(())
    }

    /// `base[key] = value`.
    pub(super) fn set_item(&mut self, base: &Value, key: &Value, value: Value, span: Span) -> Eval<()> {
        self.charge(96, span)?;
        if matches!(base, Value::External(path) if &**path == "builtins.globals()") {
            let scope = self.module_ref(self.module).scope;
            match key {
                Value::Str(name) => self.bind_in(scope, name, value),
                _ => {
                    H::set_attr(self, base, "?", &value)?;
                }
            }
            return Ok(());
        }
        let Value::Obj(id) = base else {
            if let Some(name) = key.as_str() {
                self.keep(base, name, &value);
            }
            return Ok(());
        };
        let hash = self.key(key);
        let index = match key {
            Value::Int(i) => Some(*i),
            _ => None,
        };
        if matches!(self.object(*id), Some(Object::Instance(Value::Obj(_), _))) {
            if let Some(method) = self.attr_opt(base, "__setitem__", span)? {
                let site = self.site(span);
                self.call(&method, Args::of(vec![key.clone(), value]), site)?;
            }
            return Ok(());
        }
        let mut unknown = false;
        let mut out_of_range = false;
        match self.object_mut(*id) {
            Some(Object::Dict(dict, _)) => match hash {
                Some(hash) => dict.insert(hash, key.clone(), value),
                None => dict.open = true,
            },
            Some(Object::List(items)) => match index.and_then(|i| position(i, items.len())) {
                Some(at) => {
                    if let Some(slot) = items.get_mut(at) {
                        *slot = value;
                    }
                }
                None if index.is_some() => out_of_range = true,
                None => unknown = true,
            },
            _ => {}
        }
        if unknown {
            self.dirty.insert(*id);
        }
        if out_of_range {
            return Err(self.raise("IndexError", "list assignment index out of range", span));
        }
        Ok(())
    }

    pub(super) fn delete(&mut self, target: &ast::Expr) -> Eval<()> {
        match target {
            ast::Expr::Name(name) => {
                let scope = self.scope;
                self.scope_mut(scope).vars.remove(name.id.as_str());
            }
            ast::Expr::Subscript(s) => {
                let base = self.eval(&s.value)?;
                let key = self.eval(&s.slice)?;
                let hash = self.key(&key);
                let Value::Obj(id) = base else { return Ok(()) };
                match (self.object_mut(id), hash, key) {
                    (Some(Object::Dict(dict, _)), Some(hash), _) => {
                        dict.remove(&hash);
                    }
                    (Some(Object::List(items)), _, Value::Int(i)) => {
                        if let Some(at) = position(i, items.len()) {
                            items.remove(at);
                        }
                    }
                    _ => {}
                }
            }
            ast::Expr::Attribute(a) => {
                let base = self.eval(&a.value)?;
                if let Value::Obj(id) = base
                    && let Some(Object::Instance(_, attrs)) = self.object_mut(id)
                {
                    attrs.remove(&super::dict::Key::Str(a.attr.id.as_str().into()));
                }
            }
            ast::Expr::Tuple(t) => {
                for item in &t.elts {
                    self.delete(item)?;
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// The present value of the target of `x += …`.
    pub(super) fn eval_target(&mut self, target: &ast::Expr) -> Eval<Value> {
        self.eval(target)
    }
}

/// A Python index as a position.
pub(super) fn position(index: i64, len: usize) -> Option<usize> {
    let len_i = i64::try_from(len).ok()?;
    let at = if index < 0 { index.checked_add(len_i)? } else { index };
    (0..len_i).contains(&at).then_some(at as usize)
}
