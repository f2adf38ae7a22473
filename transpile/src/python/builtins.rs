//! Built-in functions.

use super::dict::Dict;
use super::host::Host;
use super::machine::{Eval, Machine};
use super::value::{Args, Object, Site, SymbolKind, Value};
use std::rc::Rc;

const NAMES: &[&str] = &[
    "abs",
    "all",
    "any",
    "bin",
    "bool",
    "bytearray",
    "bytes",
    "complex",
    "callable",
    "chr",
    "classmethod",
    "delattr",
    "dict",
    "dir",
    "divmod",
    "enumerate",
    "eval",
    "exec",
    "filter",
    "float",
    "format",
    "frozenset",
    "getattr",
    "globals",
    "hasattr",
    "hash",
    "hex",
    "id",
    "input",
    "int",
    "isinstance",
    "issubclass",
    "iter",
    "len",
    "list",
    "locals",
    "map",
    "max",
    "min",
    "next",
    "object",
    "oct",
    "open",
    "ord",
    "pow",
    "print",
    "property",
    "range",
    "repr",
    "reversed",
    "round",
    "set",
    "setattr",
    "slice",
    "sorted",
    "staticmethod",
    "str",
    "sum",
    "super",
    "tuple",
    "type",
    "vars",
    "zip",
    "__import__",
    "NotImplemented",
    "exit",
    "quit",
];

/// True for a name that Python itself defines.
pub(super) fn is_builtin(name: &str) -> bool {
    NAMES.contains(&name)
        || ((name.ends_with("Error") || name.ends_with("Exception") || name.ends_with("Warning"))
            && name.starts_with(|c: char| c.is_ascii_uppercase()))
        || matches!(name, "StopIteration" | "KeyboardInterrupt" | "SystemExit" | "GeneratorExit")
}

impl<H: Host> Machine<'_, H> {
    pub(super) fn call_builtin(&mut self, path: &str, args: &Args, site: Site) -> Eval<Option<Value>> {
        let Some(name) = path.strip_prefix("builtins.") else { return Ok(None) };
        let span = site.span;
        let first = args.pos.first().cloned();
        match (name, first) {
            ("object.__new__", Some(class)) => Ok(Some(self.alloc(Object::Instance(class, Dict::new())))),
            ("globals()", _) | ("print", _) => Ok(Some(Value::None)),
            ("exit" | "quit", _) => Err(self.raise("SystemExit", "the file ends the process", span)),
            ("dict", first) => self.make_dict(first, args, site).map(Some),
            ("str", None) => Ok(Some(Value::str(""))),
            ("list", None) => Ok(Some(self.list(Vec::new()))),
            ("tuple", None) => Ok(Some(self.tuple(Vec::new()))),
            ("set" | "frozenset", None) => self.set_of(Vec::new(), span).map(Some),
            ("int", None) => Ok(Some(Value::Int(0))),
            ("bool", None) => Ok(Some(Value::Bool(false))),
            ("locals" | "vars", None) => {
                let scope = self.scope_ref(self.scope);
                let pairs: Vec<(Rc<str>, Value)> = scope
                    .order
                    .iter()
                    .filter_map(|n| scope.vars.get(n).map(|v| (n.clone(), v.clone())))
                    .collect();
                Ok(Some(self.dict_of(pairs)))
            }
            ("divmod" | "map" | "int" | "dict.fromkeys", Some(first))
                if args.pos.len() > 1 || !args.kw.is_empty() =>
            {
                self.call_with_more(name, first, args, site)
            }
            ("zip" | "max" | "min", Some(first)) => self.call_many(name, first, args, site),
            (_, Some(first)) => match name.split_once('.') {
                Some(("str" | "list" | "dict" | "set" | "tuple", method)) if !first.is_symbol() => {
                    let mut rest = args.clone();
                    rest.pos.remove(0);
                    self.builtin_method(&first, method, &rest, site)
                }
                _ => self.call_one(name, first, args, site),
            },
            (_, None) if is_exception(name) => self.make_exception(path, args).map(Some),
            ("object", None) => {
                let class = Value::External("builtins.object".into());
                Ok(Some(self.alloc(Object::Instance(class, Dict::new()))))
            }
            _ => Ok(None),
        }
    }

    fn make_exception(&mut self, path: &str, args: &Args) -> Eval<Value> {
        let mut attrs = Dict::new();
        attrs.insert_str("__message__", args.pos.first().cloned().unwrap_or(Value::str("")));
        Ok(self.alloc(Object::Instance(Value::External(path.into()), attrs)))
    }

    fn make_dict(&mut self, first: Option<Value>, args: &Args, site: Site) -> Eval<Value> {
        let mut dict = Dict::new();
        if let Some(first) = first {
            if self.as_dict(&first).is_some() {
                self.merge_into(&mut dict, &first);
            } else if let Some(pairs) = self.iterate(&first, site.span)? {
                for pair in pairs {
                    match self.iterate(&pair, site.span)?.as_deref() {
                        Some([key, value]) => match self.key(key) {
                            Some(hash) => dict.insert(hash, key.clone(), value.clone()),
                            None => dict.open = true,
                        },
                        _ => dict.open = true,
                    }
                }
            } else {
                dict.open = true;
            }
        }
        for (key, value) in &args.kw {
            dict.insert_str(key, value.clone());
        }
        dict.open |= args.unknown_kw.is_some();
        self.charge(dict.len() * 96, site.span)?;
        Ok(self.alloc(Object::Dict(dict, None)))
    }

    /// Functions whose second argument changes what they do.
    fn call_with_more(&mut self, name: &str, first: Value, args: &Args, site: Site) -> Eval<Option<Value>> {
        let span = site.span;
        match (name, &first, args.pos.get(1)) {
            ("divmod", Value::Int(_), Some(by @ Value::Int(_))) => {
                let quotient = self.binary(super::syntax::ast::Operator::FloorDiv, &first, by, span)?;
                let rest = self.binary(super::syntax::ast::Operator::Mod, &first, by, span)?;
                Ok(Some(self.tuple(vec![quotient, rest])))
            }
            ("int", Value::Str(text), _) => {
                let Some(Value::Int(base @ 2..=36)) = args.get(1, "base") else { return Ok(None) };
                let text = text.trim().replace('_', "");
                let digits = ["0x", "0b", "0o"].iter().find_map(|p| text.strip_prefix(p)).unwrap_or(&text);
                match i64::from_str_radix(digits, *base as u32) {
                    Ok(number) => Ok(Some(Value::Int(number))),
                    Err(_) => {
                        Err(self.raise("ValueError", format!("invalid literal for int(): {text:?}"), span))
                    }
                }
            }
            ("dict.fromkeys", _, value) => {
                let value = value.cloned().unwrap_or(Value::None);
                let Some(keys) = self.iterate(&first, span)? else { return Ok(None) };
                self.charge(keys.len() * 96, span)?;
                let mut dict = Dict::new();
                for key in keys {
                    match self.key(&key) {
                        Some(hash) => dict.insert(hash, key, value.clone()),
                        None => dict.open = true,
                    }
                }
                Ok(Some(self.alloc(Object::Dict(dict, None))))
            }
            ("map", function, Some(_)) => {
                let function = function.clone();
                let mut columns = Vec::new();
                for column in args.pos.iter().skip(1) {
                    if column.is_symbol() || self.is_dirty(column) {
                        return Ok(None);
                    }
                    let Some(items) = self.iterate(column, span)? else { return Ok(None) };
                    columns.push(items);
                }
                let rows = columns.iter().map(Vec::len).min().unwrap_or(0);
                let mut out = Vec::with_capacity(rows);
                for i in 0..rows {
                    let row = columns.iter().filter_map(|c| c.get(i).cloned()).collect();
                    out.push(self.call(&function, Args::of(row), site)?);
                }
                self.charge(rows * 24, span)?;
                Ok(Some(self.list(out)))
            }
            _ => Ok(None),
        }
    }

    fn call_many(&mut self, name: &str, first: Value, args: &Args, site: Site) -> Eval<Option<Value>> {
        if name == "zip" {
            let mut columns = Vec::new();
            for column in &args.pos {
                match self.iterate(column, site.span)? {
                    Some(items) => columns.push(items),
                    None => return Ok(None),
                }
            }
            let rows = columns.iter().map(Vec::len).min().unwrap_or(0);
            self.charge(rows * 96, site.span)?;
            let rows: Vec<Value> = (0..rows)
                .map(|i| {
                    let row: Vec<Value> = columns.iter().filter_map(|c| c.get(i).cloned()).collect();
                    self.tuple(row)
                })
                .collect();
            return Ok(Some(self.list(rows)));
        }
        let items = match args.pos.len() {
            1 => self.iterate(&first, site.span)?,
            _ => Some(args.pos.clone()),
        };
        let Some(items) = items else { return Ok(None) };
        if items.is_empty() {
            return match args.named("default") {
                Some(default) => Ok(Some(default.clone())),
                None => Err(self.raise("ValueError", "an empty sequence", site.span)),
            };
        }
        let key = args.named("key").cloned().map_or_else(Vec::new, |k| vec![(Rc::from("key"), k)]);
        let mut by = Args { kw: key, ..Args::default() };
        // The first of equals wins, for the largest too.
        by.set("reverse", Value::Bool(name == "max"));
        let sorted = self.sorted(items, &by, site)?;
        Ok(sorted.and_then(|s| s.first().cloned()))
    }

    fn call_one(&mut self, name: &str, first: Value, args: &Args, site: Site) -> Eval<Option<Value>> {
        let span = site.span;
        let second = args.pos.get(1).cloned();
        Ok(match name {
            "str" | "repr" if self.own_text(&first).is_some() => {
                Some(self.shown(&first, name == "repr", site)?)
            }
            "bin" | "oct" | "hex" => match first {
                Value::Int(i) => {
                    let (sign, n) = (if i < 0 { "-" } else { "" }, i.unsigned_abs());
                    Some(Value::str(match name {
                        "bin" => format!("{sign}0b{n:b}"),
                        "oct" => format!("{sign}0o{n:o}"),
                        _ => format!("{sign}0x{n:x}"),
                    }))
                }
                _ => None,
            },
            "str" => match self.text(&first) {
                Some(text) => Some(Value::str(text)),
                None if first.is_symbol() => Some(self.concat(vec![first], span)?),
                None => None,
            },
            "repr" => self.repr(&first, 0).map(Value::str),
            "int" => self.as_int(&first, span)?,
            "float" => self.as_float(&first, span)?,
            "bool" if first.is_symbol() => None,
            "bool" => self.truth(&first).map(Value::Bool),
            "len" => self.length(&first, span)?,
            "list" | "tuple" | "set" | "frozenset" | "iter" | "reversed" | "sorted" => {
                let dirty = self.is_dirty(&first) || first.is_symbol();
                let Some(mut items) = self.iterate(&first, span)? else { return Ok(None) };
                let mut sure = true;
                match name {
                    "reversed" => items.reverse(),
                    "sorted" => match self.sorted(items.clone(), args, site)? {
                        Some(sorted) => items = sorted,
                        None => sure = false,
                    },
                    _ => {}
                }
                let value = match name {
                    "tuple" => self.tuple(items),
                    "set" | "frozenset" => self.set_of(items, span)?,
                    "iter" | "reversed" => self.alloc(Object::Iterator(items, 0)),
                    _ => self.list(items),
                };
                if let (true, Value::Obj(id)) = (dirty || !sure, &value) {
                    self.dirty.insert(*id);
                }
                Some(value)
            }
            "range" => return self.range(args, site),
            "enumerate" => {
                let start = match args.get(1, "start") {
                    Some(Value::Int(n)) => *n,
                    _ => 0,
                };
                let dirty = self.is_dirty(&first) || first.is_symbol();
                let Some(items) = self.iterate(&first, span)? else { return Ok(None) };
                self.charge(items.len() * 96, span)?;
                let pairs: Vec<Value> = items
                    .into_iter()
                    .enumerate()
                    .map(|(i, v)| self.tuple(vec![Value::Int(start.saturating_add(i as i64)), v]))
                    .collect();
                let list = self.list(pairs);
                if let (true, Value::Obj(id)) = (dirty, &list) {
                    self.dirty.insert(*id);
                }
                Some(list)
            }
            "map" | "filter" => {
                let Some(items) = second else { return Ok(None) };
                let Some(items) = self.iterate(&items, span)? else { return Ok(None) };
                let mut out = Vec::new();
                for item in items {
                    let value = match &first {
                        Value::None => item.clone(),
                        function => self.call(function, Args::of(vec![item.clone()]), site)?,
                    };
                    match name {
                        "map" => out.push(value),
                        _ if value.is_symbol() => return Ok(None),
                        _ if self.truth(&value) == Some(true) => out.push(item),
                        _ => {}
                    }
                }
                Some(self.list(out))
            }
            "next" => self.next_item(&first, second, span)?,
            "sum" => {
                let Some(items) = self.iterate(&first, span)? else { return Ok(None) };
                let mut total = second.unwrap_or(Value::Int(0));
                for item in items {
                    total = self.binary(super::syntax::ast::Operator::Add, &total, &item, span)?;
                }
                Some(total)
            }
            "any" | "all" => {
                if first.is_symbol() || self.is_dirty(&first) {
                    return Ok(None);
                }
                let Some(items) = self.iterate(&first, span)? else { return Ok(None) };
                let mut result = Some(name == "all");
                for item in &items {
                    match if item.is_symbol() { None } else { self.truth(item) } {
                        Some(t) if t != (name == "all") => {
                            result = Some(t);
                            break;
                        }
                        Some(_) => {}
                        None => result = None,
                    }
                }
                result.map(Value::Bool)
            }
            "abs" => match first {
                Value::Int(i) => i.checked_abs().map(Value::Int),
                Value::Float(f) => Some(Value::Float(f.abs())),
                Value::Delta(d) => Some(Value::Delta(d.saturating_abs())),
                _ => None,
            },
            "round" => match (&first, &second) {
                (Value::Int(_), _) => Some(first),
                (Value::Float(f), None) if f.abs() < 9e15 => Some(Value::Int(round_half_even(*f) as i64)),
                (Value::Float(f), Some(Value::Int(n))) if (0..15).contains(n) => {
                    format!("{f:.*}", *n as usize).parse().ok().map(Value::Float)
                }
                _ => None,
            },
            "chr" => match first {
                Value::Int(i) => {
                    u32::try_from(i).ok().and_then(char::from_u32).map(|c| Value::str(c.to_string()))
                }
                _ => None,
            },
            "ord" => {
                first.as_str().and_then(|s| s.chars().next()).map(|c| Value::Int(i64::from(u32::from(c))))
            }
            "getattr" => return self.getattr(&first, args, site),
            "hasattr" => match (&first, second) {
                (Value::Obj(_), Some(Value::Str(name))) => {
                    let open = self.class_of(&first).is_some_and(|c| !self.lineage(&c).1.is_empty());
                    match self.attr_opt(&first, &name, span)? {
                        Some(v) if !v.is_symbol() && !open => Some(Value::Bool(true)),
                        None => Some(Value::Bool(false)),
                        _ => None,
                    }
                }
                _ => None,
            },
            "setattr" => match (second, args.pos.get(2)) {
                (Some(Value::Str(name)), Some(value)) => {
                    self.set_attr(&first, &name, value.clone())?;
                    Some(Value::None)
                }
                _ => None,
            },
            "isinstance" => second.and_then(|class| self.is_instance(&first, &class)).map(Value::Bool),
            "issubclass" => second.and_then(|class| self.is_subclass(&first, &class)).map(Value::Bool),
            "callable" => match &first {
                Value::Obj(_) => Some(Value::Bool(matches!(
                    self.object_of(&first),
                    Some(Object::Function(_) | Object::Class(_) | Object::Bound(..) | Object::Partial(..))
                ))),
                Value::None | Value::Str(_) | Value::Int(_) => Some(Value::Bool(false)),
                _ => None,
            },
            "type" => self.type_of(&first),
            "id" | "hash" | "input" | "open" if name != "open" => None,
            "open" => Some(self.alloc(Object::Method(
                Value::Str(self.text(&first).unwrap_or_default().into()),
                "<file>".into(),
            ))),
            "property" => Some(self.alloc(Object::Wrapped("property", first))),
            "staticmethod" => Some(self.alloc(Object::Wrapped("staticmethod", first))),
            "classmethod" => Some(self.alloc(Object::Wrapped("classmethod", first))),
            "vars" => self.attr_opt(&first, "__dict__", span)?,
            "format" => {
                let spec = second.and_then(|s| self.text(&s)).unwrap_or_default();
                Some(self.format_value(&first, ' ', &spec, span))
            }
            "exec" | "eval" => {
                H::unsure(self, &format!("`{name}` runs text as code"), site);
                None
            }
            "__import__" => match first.as_str() {
                Some(module) => Some(self.import_value(module, site)?),
                None => None,
            },
            _ if is_exception(name) => Some(self.make_exception(&format!("builtins.{name}"), args)?),
            _ => None,
        })
    }

    fn as_int(&mut self, value: &Value, span: rustchain_grammar::Span) -> Eval<Option<Value>> {
        Ok(match value {
            Value::Str(s) => match s.trim().replace('_', "").parse() {
                Ok(i) => Some(Value::Int(i)),
                Err(_) => {
                    return Err(self.raise("ValueError", format!("invalid literal for int(): {s:?}"), span));
                }
            },
            Value::Bool(b) => Some(Value::Int(i64::from(*b))),
            Value::Int(i) => Some(Value::Int(*i)),
            Value::Float(f) if f.abs() < 9e15 => Some(Value::Int(*f as i64)),
            Value::Symbol(s) => {
                let assumed = match s.assumed.clone() {
                    Some(a) if !a.is_symbol() => self.as_int(&a, span).ok().flatten(),
                    _ => None,
                };
                let kind = SymbolKind::Op("int", vec![value.clone()]);
                Some(self.symbol(kind, assumed, span))
            }
            _ => None,
        })
    }

    fn as_float(&mut self, value: &Value, span: rustchain_grammar::Span) -> Eval<Option<Value>> {
        Ok(match value {
            Value::Str(s) => match s.trim().replace('_', "").parse() {
                Ok(number) => Some(Value::Float(number)),
                Err(_) => {
                    let message = format!("could not convert string to float: {s:?}");
                    return Err(self.raise("ValueError", message, span));
                }
            },
            Value::Symbol(s) => {
                let assumed = match s.assumed.clone() {
                    Some(a) if !a.is_symbol() => self.as_float(&a, span).ok().flatten(),
                    _ => None,
                };
                Some(self.symbol(SymbolKind::Op("float", vec![value.clone()]), assumed, span))
            }
            other => super::compare::number(other).map(Value::Float),
        })
    }

    fn length(&mut self, value: &Value, span: rustchain_grammar::Span) -> Eval<Option<Value>> {
        if value.is_symbol() || self.is_dirty(value) {
            return Ok(None);
        }
        Ok(match value {
            Value::Str(s) => Some(Value::Int(s.chars().count() as i64)),
            Value::Bytes(b) => Some(Value::Int(b.len() as i64)),
            _ => match self.object_of(value) {
                Some(Object::Instance(Value::Obj(_), _)) => match self.attr_opt(value, "__len__", span)? {
                    Some(method) => {
                        let site = self.site(span);
                        Some(self.call(&method, Args::default(), site)?)
                    }
                    None => self.iterate(value, span)?.map(|items| Value::Int(items.len() as i64)),
                },
                Some(Object::Iterator(..)) | None if !matches!(value, Value::Native(_)) => None,
                _ => self.iterate(value, span)?.map(|items| Value::Int(items.len() as i64)),
            },
        })
    }

    fn range(&mut self, args: &Args, site: Site) -> Eval<Option<Value>> {
        let mut bounds = Vec::new();
        for arg in &args.pos {
            match arg {
                Value::Int(i) => bounds.push(*i),
                Value::Symbol(_) => {
                    let assumed: Option<Vec<Value>> = args.pos.iter().map(Value::assumed).collect();
                    let assumed = match assumed {
                        Some(known) if known.iter().all(|k| matches!(k, Value::Int(_))) => {
                            self.range(&Args::of(known), site)?
                        }
                        _ => None,
                    };
                    let kind = SymbolKind::Call("builtins.range".into(), args.clone());
                    return Ok(Some(self.symbol(kind, assumed, site.span)));
                }
                _ => return Ok(None),
            }
        }
        let (start, end, step) = match bounds.as_slice() {
            [end] => (0, *end, 1),
            [start, end] => (*start, *end, 1),
            [start, end, step] if *step != 0 => (*start, *end, *step),
            _ => return Ok(None),
        };
        let span = if step > 0 { end.saturating_sub(start) } else { start.saturating_sub(end) };
        let count = (span.max(0) as u64).div_ceil(step.unsigned_abs());
        self.charge(usize::try_from(count).unwrap_or(usize::MAX).saturating_mul(24), site.span)?;
        let items = (0..count as i64).map(|i| Value::Int(start + i * step)).collect();
        Ok(Some(self.list(items)))
    }

    fn next_item(
        &mut self,
        iterator: &Value,
        default: Option<Value>,
        span: rustchain_grammar::Span,
    ) -> Eval<Option<Value>> {
        let Value::Obj(id) = iterator else { return Ok(None) };
        let taken = match self.object_mut_quiet(*id) {
            Some(Object::Iterator(items, at)) => {
                let item = items.get(*at).cloned();
                *at += usize::from(item.is_some());
                item
            }
            _ => return Ok(None),
        };
        match (taken, default) {
            (Some(value), _) | (None, Some(value)) => Ok(Some(value)),
            (None, None) => Err(self.raise("StopIteration", "", span)),
        }
    }

    fn getattr(&mut self, base: &Value, args: &Args, site: Site) -> Eval<Option<Value>> {
        let Some(Value::Str(name)) = args.pos.get(1).cloned() else {
            return Ok(None);
        };
        let default = args.pos.get(2).cloned();
        match self.attr_opt(base, &name, site.span)? {
            Some(value) => {
                let guess = matches!(self.object_of(&value), Some(Object::Method(..)));
                match (guess, default) {
                    (true, Some(default)) if matches!(base, Value::Str(_) | Value::Int(_)) => {
                        Ok(Some(default))
                    }
                    _ => Ok(Some(value)),
                }
            }
            None => match default {
                Some(default) => Ok(Some(default)),
                None => self.attr(base, &name, site.span).map(Some),
            },
        }
    }

    fn type_of(&self, value: &Value) -> Option<Value> {
        let name = match value {
            Value::Obj(_) => match self.object_of(value)? {
                Object::Instance(class, _) => return Some(class.clone()),
                Object::List(_) => "list",
                Object::Tuple(_) => "tuple",
                Object::Dict(..) => "dict",
                Object::Set(_) => "set",
                _ => return None,
            },
            Value::Str(_) => "str",
            Value::Bool(_) => "bool",
            Value::Int(_) => "int",
            Value::Float(_) => "float",
            _ => return None,
        };
        Some(Value::External(format!("builtins.{name}").into()))
    }

    /// `isinstance(value, class)`; `None` where it is not known.
    pub(super) fn is_instance(&self, value: &Value, class: &Value) -> Option<bool> {
        if let Some(items) = self.as_items(class) {
            let answers: Vec<Option<bool>> = items.iter().map(|c| self.is_instance(value, c)).collect();
            if answers.contains(&Some(true)) {
                return Some(true);
            }
            return if answers.contains(&None) { None } else { Some(false) };
        }
        if value.is_symbol() {
            return None;
        }
        if let Some(own) = self.class_of(value) {
            if matches!(class, Value::External(p) if &**p == "builtins.tuple")
                && self.named_tuple_items(value).is_some()
            {
                return Some(true);
            }
            return self.is_subclass(&own, class);
        }
        let Value::External(path) = class else {
            return if matches!(class, Value::Obj(_)) { Some(false) } else { None };
        };
        let kind = match value {
            Value::Str(_) => "str",
            Value::Bool(_) => "bool",
            Value::Int(_) => "int",
            Value::Float(_) => "float",
            Value::None => "NoneType",
            Value::Delta(_) => "timedelta",
            Value::DateTime(_) => "datetime",
            Value::Obj(_) => match self.object_of(value)? {
                Object::List(_) => "list",
                Object::Tuple(_) => "tuple",
                Object::Dict(..) => "dict",
                Object::Set(_) => "set",
                Object::Function(_) => "function",
                Object::Path(_) => "Path",
                _ => return None,
            },
            _ => return None,
        };
        let wanted = path.rsplit('.').next().unwrap_or(path);
        let also: &[&str] = match kind {
            "bool" => &["int"],
            "list" => &["Sequence", "Iterable", "MutableSequence", "Collection"],
            "tuple" => &["Sequence", "Iterable", "Collection"],
            "dict" => &["Mapping", "MutableMapping", "Iterable", "Collection"],
            "set" => &["Set", "Iterable", "Collection"],
            "str" => &["Sequence", "Iterable"],
            "function" => &["Callable", "FunctionType"],
            "Path" => &["PurePath", "PosixPath"],
            "datetime" => &["date"],
            _ => &[],
        };
        if kind == wanted || also.contains(&wanted) || wanted == "object" {
            return Some(true);
        }
        Some(false)
    }

    fn is_subclass(&self, class: &Value, of: &Value) -> Option<bool> {
        if let Some(items) = self.as_items(of) {
            let answers: Vec<Option<bool>> = items.iter().map(|c| self.is_subclass(class, c)).collect();
            return if answers.contains(&Some(true)) {
                Some(true)
            } else if answers.contains(&None) {
                None
            } else {
                Some(false)
            };
        }
        let (own, foreign) = self.lineage(class);
        if own.iter().any(|(c, _)| self.same(c, of)) {
            return Some(true);
        }
        let wanted = match of {
            Value::External(path) => path.rsplit('.').next().unwrap_or(path).to_owned(),
            Value::Obj(_) => return Some(false),
            _ => return None,
        };
        if foreign.iter().any(|f| matches!(f, Value::External(p) if p.rsplit('.').next() == Some(&wanted))) {
            return Some(true);
        }
        // Every operator derives from the base operator.
        if matches!(wanted.as_str(), "BaseOperator" | "AbstractOperator") {
            return Some(foreign.iter().any(|f| {
                matches!(f, Value::External(p) if ["Operator", "Sensor", "Task"].iter().any(|s| p.ends_with(s)))
            }));
        }
        if foreign.is_empty() { Some(false) } else { None }
    }
}

fn is_exception(name: &str) -> bool {
    name.ends_with("Error") || name.ends_with("Exception") || name.ends_with("Warning")
}

fn round_half_even(f: f64) -> f64 {
    let rounded = f.round();
    if (f - f.trunc()).abs() == 0.5 && rounded % 2.0 != 0.0 { rounded - f.signum() } else { rounded }
}
