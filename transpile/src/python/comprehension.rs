//! Comprehensions and generator expressions.

use super::dict::Dict;
use super::host::Host;
use super::machine::{Eval, Machine};
use super::syntax::{ast, span_of};
use super::value::{Object, SymbolKind, Value};
use rustchain_grammar::Span;
use std::rc::Rc;

/// What has been collected so far.
struct Collected {
    items: Vec<(Value, Value)>,
    known: bool,
}

impl<H: Host> Machine<'_, H> {
    /// `form`: l(ist), s(et), g(enerator), d(ict).
    pub(super) fn eval_comprehension(
        &mut self,
        elt: &ast::Expr,
        key: Option<&ast::Expr>,
        generators: &[ast::Comprehension],
        form: char,
        span: Span,
    ) -> Eval<Value> {
        let outer = self.scope;
        self.scope = self.new_scope(outer, false);
        let mut out = Collected { items: Vec::new(), known: true };
        let result = self.collect(elt, key, generators, &mut out, span);
        self.scope = outer;
        result?;
        let value = match form {
            'd' => {
                let mut dict = Dict::new();
                for (k, v) in out.items {
                    match self.key(&k) {
                        Some(hash) => dict.insert(hash, k, v),
                        None => dict.open = true,
                    }
                }
                dict.open |= !out.known;
                self.alloc(Object::Dict(dict, None))
            }
            's' => self.set_of(out.items.into_iter().map(|(_, v)| v).collect(), span)?,
            'g' => self.alloc(Object::Iterator(out.items.into_iter().map(|(_, v)| v).collect(), 0)),
            _ => self.list(out.items.into_iter().map(|(_, v)| v).collect()),
        };
        if out.known {
            return Ok(value);
        }
        if let Value::Obj(id) = value {
            self.dirty.insert(id);
        }
        if form == 'd' {
            return Ok(value);
        }
        Ok(self.symbol(SymbolKind::Op("for", vec![value]), None, span))
    }

    fn collect(
        &mut self,
        elt: &ast::Expr,
        key: Option<&ast::Expr>,
        generators: &[ast::Comprehension],
        out: &mut Collected,
        span: Span,
    ) -> Eval<()> {
        let Some((first, rest)) = generators.split_first() else {
            let k = key.map_or(Ok(Value::None), |k| self.eval(k))?;
            let v = self.eval(elt)?;
            self.charge(48, span)?;
            out.items.push((k, v));
            return Ok(());
        };
        let iterable = self.eval(&first.iter)?;
        let at = span_of(&first.iter);
        let dirty = self.is_dirty(&iterable) || iterable.is_symbol();
        let items = self.iterate(&iterable, at)?;
        if dirty || items.is_none() {
            out.known = false;
            let reason: Rc<str> = format!("loops over {}", self.describe(&iterable)).into();
            let items = match items {
                Some(items) => items,
                None => vec![self.element_of(&iterable, at)],
            };
            return self.in_doubt(reason, |m| m.collect_items(items, first, rest, elt, key, out, span));
        }
        self.collect_items(items.unwrap_or_default(), first, rest, elt, key, out, span)
    }

    #[allow(clippy::too_many_arguments)]
    fn collect_items(
        &mut self,
        items: Vec<Value>,
        first: &ast::Comprehension,
        rest: &[ast::Comprehension],
        elt: &ast::Expr,
        key: Option<&ast::Expr>,
        out: &mut Collected,
        span: Span,
    ) -> Eval<()> {
        for item in items {
            self.step(span)?;
            self.assign(&first.target, item)?;
            let mut doubt: Option<Rc<str>> = None;
            let mut keep = true;
            for test in &first.ifs {
                let value = self.eval(test)?;
                match if value.is_symbol() { None } else { self.truth(&value) } {
                    Some(true) => {}
                    Some(false) => {
                        keep = false;
                        break;
                    }
                    None => doubt = Some(format!("depends on {}", self.describe(&value)).into()),
                }
            }
            if !keep {
                continue;
            }
            match doubt {
                None => self.deeper(span, |m| m.collect(elt, key, rest, out, span))?,
                Some(reason) => {
                    out.known = false;
                    self.in_doubt(reason, |m| m.deeper(span, |m| m.collect(elt, key, rest, out, span)))?;
                }
            }
        }
        Ok(())
    }

    /// One element of an unknown iterable.
    pub(super) fn element_of(&self, iterable: &Value, span: Span) -> Value {
        self.symbol(SymbolKind::Element(iterable.clone()), None, span)
    }

    /// The elements of a value; `None` where they are not known.
    ///
    /// # Errors
    /// Iteration raises or asks for too much.
    pub fn iterate(&mut self, value: &Value, span: Span) -> Eval<Option<Vec<Value>>> {
        if let Some(items) = H::iterate(self, value)? {
            return Ok(Some(items));
        }
        match value {
            Value::Str(text) => {
                let items: Vec<Value> = text.chars().map(|c| Value::str(c.to_string())).collect();
                self.charge(items.len() * 40, span)?;
                Ok(Some(items))
            }
            Value::Symbol(symbol) => match symbol.assumed.clone() {
                Some(assumed) if !assumed.is_symbol() => self.iterate(&assumed, span),
                _ => Ok(None),
            },
            Value::Obj(id) => self.iterate_object(*id, value, span),
            Value::None | Value::Int(_) | Value::Float(_) | Value::Bool(_) => {
                Err(self.raise("TypeError", "the value cannot be iterated over", span))
            }
            _ => Ok(None),
        }
    }

    fn iterate_object(
        &mut self,
        id: super::value::ObjId,
        value: &Value,
        span: Span,
    ) -> Eval<Option<Vec<Value>>> {
        if let Some(items) = self.named_tuple_items(value) {
            return Ok(Some(items));
        }
        let items = match self.object_mut_quiet(id) {
            Some(Object::List(items)) => items.clone(),
            Some(Object::Tuple(items)) => items.to_vec(),
            Some(Object::Dict(dict, _)) if !dict.open => dict.iter().map(|(k, _)| k.clone()).collect(),
            Some(Object::Set(set)) if !set.open => set.iter().map(|(k, _)| k.clone()).collect(),
            Some(Object::Iterator(items, at)) => {
                let rest = items.get(*at..).unwrap_or_default().to_vec();
                *at = items.len();
                rest
            }
            Some(Object::Class(class)) if class.is_enum => return self.enum_members(value).map(Some),
            Some(Object::Instance(Value::Obj(_), _)) => {
                let Some(method) = self.attr_opt(value, "__iter__", span)? else { return Ok(None) };
                let site = self.site(span);
                let inner = self.call(&method, super::value::Args::default(), site)?;
                if self.same(&inner, value) {
                    return Ok(None);
                }
                return self.deeper(span, |m| m.iterate(&inner, span));
            }
            _ => return Ok(None),
        };
        self.charge(items.len() * 24, span)?;
        Ok(Some(items))
    }

    pub(super) fn object_mut_quiet(&mut self, id: super::value::ObjId) -> Option<&mut Object> {
        self.heap.get_mut(id.0 as usize)
    }
}
