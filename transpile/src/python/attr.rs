//! Attributes and items.

use super::host::Host;
use super::machine::{Eval, Machine};
use super::value::{Args, Object, SymbolKind, Value};
use rustchain_grammar::Span;
use std::rc::Rc;

impl<H: Host> Machine<'_, H> {
    /// `base.name`.
    pub(super) fn attr(&mut self, base: &Value, name: &str, span: Span) -> Eval<Value> {
        if let Some(value) = self.attr_opt(base, name, span)? {
            return Ok(value);
        }
        match base {
            Value::Obj(_) => {
                let class = match self.object_of(base) {
                    Some(Object::Instance(class, _)) => Some(class.clone()),
                    Some(Object::Class(_)) => Some(base.clone()),
                    Some(Object::Module(id)) if self.guards == 0 => {
                        let path = format!("{}.{name}", self.module_ref(*id).name);
                        return Ok(Value::External(path.into()));
                    }
                    Some(Object::Module(_)) => {
                        return Err(self.raise(
                            "AttributeError",
                            format!("the module has no `{name}`"),
                            span,
                        ));
                    }
                    _ => None,
                };
                if let Some(class) = class
                    && self.lineage(&class).1.is_empty()
                    && !name.starts_with("__")
                {
                    return Err(self.raise("AttributeError", format!("no attribute `{name}`"), span));
                }
            }
            Value::None => {
                return Err(self.raise("AttributeError", format!("None has no attribute `{name}`"), span));
            }
            _ => {}
        }
        Ok(self.symbol(SymbolKind::Attr(base.clone(), name.into()), None, span))
    }

    /// `base.name`, where it is there.
    pub(super) fn attr_opt(&mut self, base: &Value, name: &str, span: Span) -> Eval<Option<Value>> {
        if let Some(value) = self.kept(base, name) {
            return Ok(Some(value));
        }
        if let Some(value) = H::attr(self, base, name)? {
            return Ok(Some(value));
        }
        if let Value::Symbol(symbol) = base {
            let assumed = match symbol.assumed.clone() {
                Some(a) if !a.is_symbol() && !matches!(a, Value::None) => Some(a),
                _ => None,
            };
            if let Some(assumed) = assumed {
                if matches!(assumed, Value::Obj(_)) {
                    return self.attr_opt(&assumed, name, span);
                }
                return Ok(Some(self.alloc(Object::Method(base.clone(), name.into()))));
            }
            return Ok(Some(self.symbol(SymbolKind::Attr(base.clone(), name.into()), None, span)));
        }
        match base {
            Value::External(path) => Ok(Some(self.external_attr(path, name, span))),
            Value::Obj(_) => self.object_attr(base, name, span),
            Value::DateTime(_) | Value::Delta(_) => Ok(Some(match self.time_attr(base, name) {
                Some(value) => value,
                None => self.alloc(Object::Method(base.clone(), name.into())),
            })),
            Value::Str(_) | Value::Bytes(_) | Value::Int(_) | Value::Float(_) | Value::Native(_) => {
                Ok(Some(self.alloc(Object::Method(base.clone(), name.into()))))
            }
            _ => Ok(None),
        }
    }

    fn external_attr(&mut self, path: &Rc<str>, name: &str, span: Span) -> Value {
        if let Some(value) = self.stdlib_attr(path, name, span) {
            return value;
        }
        Value::External(format!("{path}.{name}").into())
    }

    fn object_attr(&mut self, base: &Value, name: &str, span: Span) -> Eval<Option<Value>> {
        match self.object_of(base) {
            Some(Object::Instance(class, attrs)) => {
                if let Some(value) = attrs.get_str(name) {
                    return Ok(Some(value.clone()));
                }
                let class = class.clone();
                if name == "__class__" {
                    return Ok(Some(class));
                }
                if name == "__dict__" {
                    let pairs: Vec<(Rc<str>, Value)> = match self.object_of(base) {
                        Some(Object::Instance(_, attrs)) => attrs
                            .iter()
                            .filter_map(|(k, v)| k.as_str().map(|k| (Rc::from(k), v.clone())))
                            .collect(),
                        _ => Vec::new(),
                    };
                    return Ok(Some(self.dict_of(pairs)));
                }
                match self.class_attr(&class, name) {
                    Some(member) => self.bind_member(base, &class, member, span).map(Some),
                    None if matches!(class, Value::External(_)) => {
                        Ok(Some(self.alloc(Object::Method(base.clone(), name.into()))))
                    }
                    None => match self.lineage(&class).1.first() {
                        Some(_) => Ok(Some(self.alloc(Object::Method(base.clone(), name.into())))),
                        None => Ok(None),
                    },
                }
            }
            Some(Object::Class(definition)) => {
                let definition = definition.clone();
                if definition.is_enum {
                    if let Some(member) = self.enum_member(base, name) {
                        return Ok(Some(member));
                    }
                    if name == "__members__" {
                        let members = self.enum_members(base)?;
                        let pairs: Vec<(Rc<str>, Value)> = members
                            .into_iter()
                            .filter_map(|m| match self.plain_attr(&m, "name") {
                                Some(Value::Str(n)) => Some((n, m)),
                                _ => None,
                            })
                            .collect();
                        return Ok(Some(self.dict_of(pairs)));
                    }
                }
                match name {
                    "__name__" | "__qualname__" => return Ok(Some(Value::Str(definition.name.clone()))),
                    _ => {}
                }
                match self.class_attr(base, name) {
                    Some(member) => Ok(Some(match self.object_of(&member) {
                        Some(Object::Wrapped("staticmethod", f)) => f.clone(),
                        Some(Object::Wrapped("classmethod", f)) => {
                            let f = f.clone();
                            self.alloc(Object::Bound(base.clone(), f))
                        }
                        _ => member,
                    })),
                    None => Ok(None),
                }
            }
            Some(Object::Module(id)) => {
                let id = *id;
                let scope = self.module_ref(id).scope;
                if let Some(value) = self.scope_ref(scope).vars.get(name) {
                    return Ok(Some(value.clone()));
                }
                self.submodule(id, name, span)
            }
            Some(Object::Function(f)) => Ok(match name {
                "__name__" | "__qualname__" => Some(Value::Str(f.name.clone())),
                "__doc__" => Some(f.doc.clone().map_or(Value::None, Value::Str)),
                _ => Some(self.unknown(format!("the attribute `{name}` of a function"), span)),
            }),
            Some(Object::Super(owner, instance)) => {
                let (owner, instance) = (owner.clone(), instance.clone());
                self.super_attr(&owner, &instance, name, span)
            }
            Some(Object::Path(_)) => Ok(Some(match self.path_attr(base, name) {
                Some(value) => value,
                None => self.alloc(Object::Method(base.clone(), name.into())),
            })),
            Some(Object::Partial(f, _)) if name == "func" => Ok(Some(f.clone())),
            Some(Object::Wrapped("unknown decorator", f)) => {
                let f = f.clone();
                self.attr_opt(&f, name, span)
            }
            Some(_) => Ok(Some(self.alloc(Object::Method(base.clone(), name.into())))),
            None => Ok(None),
        }
    }

    fn bind_member(&mut self, base: &Value, class: &Value, member: Value, span: Span) -> Eval<Value> {
        match self.object_of(&member) {
            Some(Object::Function(_)) => Ok(self.alloc(Object::Bound(base.clone(), member))),
            Some(Object::Wrapped("property", f)) => {
                let f = f.clone();
                let site = self.site(span);
                self.call(&f, Args::of(vec![base.clone()]), site)
            }
            Some(Object::Wrapped("staticmethod", f)) => Ok(f.clone()),
            Some(Object::Wrapped("classmethod", f)) => {
                let f = f.clone();
                Ok(self.alloc(Object::Bound(class.clone(), f)))
            }
            _ => Ok(member),
        }
    }

    fn super_attr(&mut self, owner: &Value, instance: &Value, name: &str, span: Span) -> Eval<Option<Value>> {
        let class = match self.object_of(instance) {
            Some(Object::Instance(class, _)) => class.clone(),
            _ => instance.clone(),
        };
        let (own, foreign) = self.lineage(&class);
        let after = own.iter().position(|(c, _)| self.same(c, owner)).map_or(0, |i| i + 1);
        for (_, definition) in own.get(after..).unwrap_or_default() {
            if let Some(member) = self.scope_ref(definition.scope).vars.get(name).cloned() {
                return self.bind_member(instance, &class, member, span).map(Some);
            }
        }
        let _ = foreign;
        if name == "__new__" {
            return Ok(Some(Value::External("builtins.object.__new__".into())));
        }
        let receiver = self.alloc(Object::Super(owner.clone(), instance.clone()));
        Ok(Some(self.alloc(Object::Method(receiver, name.into()))))
    }

    pub(super) fn set_attr(&mut self, base: &Value, name: &str, value: Value) -> Eval<()> {
        if H::set_attr(self, base, name, &value)? {
            return Ok(());
        }
        match self.object_of(base) {
            Some(Object::Instance(class, _)) => {
                let class = class.clone();
                let Some(setter) = self.class_attr(&class, &super::methods::setter_slot(name)) else {
                    self.set_plain_attr(base, name, value);
                    return Ok(());
                };
                let site = self.site(Span::default());
                self.call(&setter, Args::of(vec![base.clone(), value]), site)?;
            }
            Some(Object::Class(class)) => {
                let scope = class.scope;
                self.bind_in(scope, name, value);
            }
            Some(Object::Module(id)) => {
                let scope = self.module_ref(*id).scope;
                self.bind_in(scope, name, value);
            }
            _ => {
                self.keep(base, name, &value);
            }
        }
        Ok(())
    }

    /// `base[key]`.
    pub(super) fn item(&mut self, base: &Value, key: &Value, span: Span) -> Eval<Value> {
        if let Some(value) = H::item(self, base, key)? {
            return Ok(value);
        }
        if let Some(value) = key.as_str().and_then(|key| self.kept(base, key)) {
            return Ok(value);
        }
        if let Value::External(path) = base {
            return match &**path {
                "os.environ" => self.environ_item(key, span),
                "builtins.globals()" => match key {
                    Value::Str(name) => Ok(self.name_in_module(name, span)),
                    _ => Ok(self.unknown("`globals()` with an unknown name", span)),
                },
                // `list[str]` is used as the class, and keeps what its elements are.
                "builtins.list" | "builtins.dict" | "builtins.set" | "builtins.tuple" => {
                    let assumed = Some(base.clone());
                    Ok(self.symbol(SymbolKind::Item(base.clone(), key.clone()), assumed, span))
                }
                // A subscript of any other class is the class.
                _ => Ok(base.clone()),
            };
        }
        if base.is_symbol() || key.is_symbol() {
            let assumed = match (base.assumed(), key.assumed()) {
                (Some(b), Some(k)) if !b.is_symbol() && !k.is_symbol() => self.item(&b, &k, span).ok(),
                _ => None,
            };
            let assumed = assumed.and_then(|v| v.assumed());
            return Ok(self.symbol(SymbolKind::Item(base.clone(), key.clone()), assumed, span));
        }
        if let Some(Object::Slice(a, b, c)) = self.object_of(key) {
            let (a, b, c) = (a.clone(), b.clone(), c.clone());
            return self.slice(base, &a, &b, &c, span);
        }
        match (base, key) {
            (Value::Str(text), Value::Int(i)) => {
                let chars: Vec<char> = text.chars().collect();
                match super::assign::position(*i, chars.len()).and_then(|at| chars.get(at)) {
                    Some(c) => Ok(Value::str(c.to_string())),
                    None => Err(self.raise("IndexError", "string index out of range", span)),
                }
            }
            (Value::Obj(_), _) => self.object_item(base, key, span),
            (Value::None, _) => Err(self.raise("TypeError", "None has no items", span)),
            _ => Ok(self.symbol(SymbolKind::Item(base.clone(), key.clone()), None, span)),
        }
    }

    fn object_item(&mut self, base: &Value, key: &Value, span: Span) -> Eval<Value> {
        let unsure = self.is_dirty(base);
        let found = match (self.object_of(base), key) {
            (Some(Object::List(items)), Value::Int(i)) => {
                Some(super::assign::position(*i, items.len()).and_then(|at| items.get(at)).cloned())
            }
            (Some(Object::Tuple(items)), Value::Int(i)) => {
                Some(super::assign::position(*i, items.len()).and_then(|at| items.get(at)).cloned())
            }
            (Some(Object::Dict(dict, factory)), _) => {
                let hash = self.key(key);
                let found = hash.as_ref().and_then(|h| dict.get(h)).cloned();
                let (open, factory) = (dict.open || hash.is_none(), factory.clone());
                return match (found, factory) {
                    (Some(value), _) => Ok(value),
                    (None, Some(factory)) => {
                        let site = self.site(span);
                        let value = self.call(&factory, Args::default(), site)?;
                        self.set_item(base, key, value.clone(), span)?;
                        Ok(value)
                    }
                    (None, None) if open || unsure => {
                        Ok(self.symbol(SymbolKind::Item(base.clone(), key.clone()), None, span))
                    }
                    (None, None) => {
                        let shown = self.text(key).unwrap_or_default();
                        Err(self.raise("KeyError", shown, span))
                    }
                };
            }
            (Some(Object::Class(class)), Value::Str(name)) if class.is_enum => {
                let name = name.clone();
                return match self.enum_member(base, &name) {
                    Some(member) => Ok(member),
                    None => Err(self.raise("KeyError", name.to_string(), span)),
                };
            }
            (Some(Object::Class(_)), _) => return Ok(base.clone()),
            (Some(Object::Instance(class, _)), _) => {
                let class = class.clone();
                if matches!(&class, Value::External(path) if &**path == "re.Match") {
                    let site = self.site(span);
                    let found = self.pattern_method(base, "group", &Args::of(vec![key.clone()]), site)?;
                    return Ok(found.unwrap_or_else(|| self.unknown("a group of a match", span)));
                }
                if let (Some(items), Value::Int(i)) = (self.named_tuple_items(base), key) {
                    return match super::assign::position(*i, items.len()).and_then(|at| items.get(at)) {
                        Some(item) => Ok(item.clone()),
                        None => Err(self.raise("IndexError", "index out of range", span)),
                    };
                }
                if let Some(method) = self.class_attr(&class, "__getitem__") {
                    let site = self.site(span);
                    return self.call(&method, Args::of(vec![base.clone(), key.clone()]), site);
                }
                None
            }
            _ => None,
        };
        match found {
            Some(Some(value)) if !unsure => Ok(value),
            Some(None) if !unsure => Err(self.raise("IndexError", "index out of range", span)),
            _ => Ok(self.symbol(SymbolKind::Item(base.clone(), key.clone()), None, span)),
        }
    }

    fn slice(&mut self, base: &Value, a: &Value, b: &Value, c: &Value, span: Span) -> Eval<Value> {
        let bound = |v: &Value| match v {
            Value::None => Some(None),
            Value::Int(i) => Some(Some(*i)),
            _ => None,
        };
        let unknown = |m: &Self| m.unknown("a slice of an unknown value", span);
        let (Some(a), Some(b), Some(c)) = (bound(a), bound(b), bound(c)) else { return Ok(unknown(self)) };
        let step = c.unwrap_or(1);
        if step == 0 {
            return Err(self.raise("ValueError", "slice step cannot be zero", span));
        }
        let pick = |items: Vec<Value>| -> Vec<Value> {
            slice_positions(items.len(), a, b, step)
                .into_iter()
                .filter_map(|i| items.get(i).cloned())
                .collect()
        };
        if let Value::Str(text) = base {
            let chars: Vec<char> = text.chars().collect();
            self.charge(chars.len() * 4, span)?;
            let out: String =
                slice_positions(chars.len(), a, b, step).into_iter().filter_map(|i| chars.get(i)).collect();
            return Ok(Value::str(out));
        }
        let Some(items) = self.as_items(base) else { return Ok(unknown(self)) };
        self.charge(items.len() * 24, span)?;
        let is_tuple = matches!(self.object_of(base), Some(Object::Tuple(_)));
        let out = pick(items);
        let dirty = self.is_dirty(base);
        let value = if is_tuple { self.tuple(out) } else { self.list(out) };
        if let (true, Value::Obj(id)) = (dirty, &value) {
            self.dirty.insert(*id);
        }
        Ok(value)
    }

    fn name_in_module(&self, name: &str, span: Span) -> Value {
        let scope = self.module_ref(self.module).scope;
        match self.scope_ref(scope).vars.get(name) {
            Some(value) => value.clone(),
            None => self.unknown(format!("the global `{name}`"), span),
        }
    }
}

fn slice_positions(len: usize, a: Option<i64>, b: Option<i64>, step: i64) -> Vec<usize> {
    let n = i64::try_from(len).unwrap_or(i64::MAX);
    let clamp = |v: i64, low: i64, high: i64| if v < 0 { v.saturating_add(n).max(low) } else { v.min(high) };
    let mut out = Vec::new();
    if step > 0 {
        let (mut i, end) = (clamp(a.unwrap_or(0), 0, n), clamp(b.unwrap_or(n), 0, n));
        while i < end {
            out.push(i as usize);
            i = i.saturating_add(step);
        }
    } else {
        let mut i = a.map_or(n - 1, |a| clamp(a, -1, n - 1));
        let end = b.map_or(-1, |b| clamp(b, -1, n - 1));
        while i > end {
            out.push(i as usize);
            i = i.saturating_add(step);
        }
    }
    out
}
