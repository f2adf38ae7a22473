//! Methods of strings, lists, dicts, sets, tuples.

use super::dict::Dict;
use super::host::Host;
use super::machine::{Eval, Machine};
use super::value::{Args, ObjId, Object, Site, Value};
use std::rc::Rc;

impl<H: Host> Machine<'_, H> {
    /// A method of a built-in value; `None` where it is not modelled.
    pub(super) fn builtin_method(
        &mut self,
        receiver: &Value,
        name: &str,
        args: &Args,
        site: Site,
    ) -> Eval<Option<Value>> {
        match receiver {
            Value::Str(text) => {
                let text = text.clone();
                self.str_method(&text, name, args, site)
            }
            Value::DateTime(_) | Value::Delta(_) => Ok(self.time_method(receiver, name, args, site)),
            Value::Bytes(bytes) if name == "decode" => Ok(std::str::from_utf8(bytes).ok().map(Value::str)),
            Value::Obj(id) => self.object_method(*id, receiver, name, args, site),
            _ => Ok(None),
        }
    }

    fn object_method(
        &mut self,
        id: ObjId,
        receiver: &Value,
        name: &str,
        args: &Args,
        site: Site,
    ) -> Eval<Option<Value>> {
        match self.object(id) {
            Some(Object::List(_)) => self.list_method(id, name, args, site),
            Some(Object::Tuple(items)) => {
                let items = items.clone();
                self.sequence_query(&items, name, args, site)
            }
            Some(Object::Dict(..)) => self.dict_method(id, receiver, name, args, site),
            Some(Object::Set(_)) => self.set_method(id, name, args, site),
            Some(Object::Path(_)) => self.path_method(receiver, name, args, site),
            Some(Object::Method(_, kind)) if &**kind == "<file>" => self.file_method(receiver, name, site),
            Some(Object::Super(owner, instance)) => {
                let (owner, instance) = (owner.clone(), instance.clone());
                self.super_method(&owner, &instance, name, args, site)
            }
            Some(Object::Instance(Value::External(path), _)) if path.starts_with("re.") => {
                self.pattern_method(receiver, name, args, site)
            }
            Some(Object::Instance(Value::External(path), _)) if &**path == "string.Template" => {
                self.template_method(receiver, args, site)
            }
            Some(Object::Instance(Value::Obj(_), _)) => Ok(match name {
                "_asdict" | "dict" | "model_dump" => {
                    self.fields_of(receiver).map(|fields| self.dict_of(fields))
                }
                "_replace" => self.replaced(receiver, args),
                "copy" | "model_copy" => self.replaced(receiver, &Args::default()),
                _ => None,
            }),
            Some(Object::Wrapped("property", _)) if matches!(name, "setter" | "getter" | "deleter") => {
                if let ("setter", Some(function)) = (name, args.pos.first())
                    && let Some(Object::Function(f)) = self.object_of(function)
                {
                    let slot = setter_slot(&f.name);
                    self.bind_in(self.scope, &slot, function.clone());
                }
                Ok(Some(receiver.clone()))
            }
            Some(Object::Iterator(items, at)) if name == "__next__" => Ok(items.get(*at).cloned()),
            _ => Ok(None),
        }
    }

    /// A method of an external base reached through `super()`.
    fn super_method(
        &mut self,
        owner: &Value,
        instance: &Value,
        name: &str,
        args: &Args,
        site: Site,
    ) -> Eval<Option<Value>> {
        let class = self.class_of(instance).unwrap_or_else(|| owner.clone());
        if name == "__init__" {
            if let (Some(base), Value::Obj(id)) = (self.external_base(&class), instance) {
                H::init_base(self, *id, &base, args, site)?;
                if let Some(message) = args.pos.first() {
                    self.set_plain_attr(instance, "__message__", message.clone());
                }
            }
            return Ok(Some(Value::None));
        }
        if let Some(value) = H::call_method(self, instance, name, args, site)? {
            return Ok(Some(value));
        }
        Ok(Some(match name {
            "__init_subclass__" | "__post_init__" | "__setattr__" => Value::None,
            _ => self.unknown(format!("the result of `super().{name}`"), site.span),
        }))
    }

    fn str_method(&mut self, text: &Rc<str>, name: &str, args: &Args, site: Site) -> Eval<Option<Value>> {
        if name == "format" {
            return self.brace_format(text, args, site.span).map(Some);
        }
        if name == "join" {
            return self.str_join(text, args, site).map(Some);
        }
        if name == "format_map" {
            let mut spread = Args::default();
            if let Some(dict) = args.pos.first().and_then(|d| self.as_dict(d)) {
                spread.kw =
                    dict.iter().filter_map(|(k, v)| k.as_str().map(|k| (Rc::from(k), v.clone()))).collect();
            }
            return self.brace_format(text, &spread, site.span).map(Some);
        }
        if args.pos.iter().any(Value::is_symbol) {
            return Ok(None);
        }
        self.charge(text.len(), site.span)?;
        let arg = |i: usize| args.pos.get(i).and_then(Value::as_str);
        let int = |i: usize| match args.pos.get(i) {
            Some(Value::Int(n)) => Some(*n),
            _ => None,
        };
        let any_of = |i: usize, m: &Self, test: &dyn Fn(&str) -> bool| -> Option<bool> {
            let value = args.pos.get(i)?;
            match value {
                Value::Str(s) => Some(test(s)),
                _ => Some(m.as_items(value)?.iter().filter_map(Value::as_str).any(test)),
            }
        };
        let found = |at: Option<usize>| match at {
            Some(at) => text.get(..at).map_or(-1, |head| head.chars().count() as i64),
            None => -1,
        };
        let value = match name {
            "upper" => Value::str(text.to_uppercase()),
            "lower" | "casefold" => Value::str(text.to_lowercase()),
            "title" => Value::str(title(text)),
            "capitalize" => {
                let mut chars = text.chars();
                let head: String = chars.next().map(|c| c.to_uppercase().collect()).unwrap_or_default();
                Value::str(format!("{head}{}", chars.as_str().to_lowercase()))
            }
            "strip" => Value::str(strip(text, arg(0), true, true)),
            "lstrip" => Value::str(strip(text, arg(0), true, false)),
            "rstrip" => Value::str(strip(text, arg(0), false, true)),
            "startswith" => return Ok(any_of(0, self, &|p| text.starts_with(p)).map(Value::Bool)),
            "endswith" => return Ok(any_of(0, self, &|p| text.ends_with(p)).map(Value::Bool)),
            "replace" => match (arg(0), arg(1)) {
                (Some(from), Some(to)) => {
                    self.charge(text.len().saturating_mul(to.len() + 1), site.span)?;
                    Value::str(match int(2) {
                        Some(n) => text.replacen(from, to, usize::try_from(n).unwrap_or(usize::MAX)),
                        None => text.replace(from, to),
                    })
                }
                _ => return Ok(None),
            },
            "removeprefix" => Value::str(arg(0).and_then(|p| text.strip_prefix(p)).unwrap_or(text)),
            "removesuffix" => Value::str(arg(0).and_then(|p| text.strip_suffix(p)).unwrap_or(text)),
            "split" | "rsplit" => return self.str_split(text, name, args, site).map(Some),
            "splitlines" => {
                let parts: Vec<Value> = text.lines().map(Value::str).collect();
                self.charge(parts.len() * 40, site.span)?;
                self.list(parts)
            }
            "partition" | "rpartition" => {
                let Some(separator) = arg(0).filter(|s| !s.is_empty()) else { return Ok(None) };
                let cut = if name == "partition" {
                    text.split_once(separator)
                } else {
                    text.rsplit_once(separator)
                };
                let parts = match cut {
                    Some((a, b)) => [a, separator, b],
                    None if name == "partition" => [&**text, "", ""],
                    None => ["", "", &**text],
                };
                self.tuple(parts.iter().map(|p| Value::str(*p)).collect())
            }
            "find" => Value::Int(found(text.find(arg(0).unwrap_or("")))),
            "rfind" => Value::Int(found(text.rfind(arg(0).unwrap_or("")))),
            "index" => match text.find(arg(0).unwrap_or("")) {
                Some(at) => Value::Int(found(Some(at))),
                None => return Err(self.raise("ValueError", "substring not found", site.span)),
            },
            "count" => match arg(0).filter(|s| !s.is_empty()) {
                Some(part) => Value::Int(text.matches(part).count() as i64),
                None => return Ok(None),
            },
            "isdigit" | "isnumeric" | "isdecimal" => {
                Value::Bool(!text.is_empty() && text.chars().all(|c| c.is_ascii_digit()))
            }
            "isalpha" => Value::Bool(!text.is_empty() && text.chars().all(char::is_alphabetic)),
            "isalnum" => Value::Bool(!text.is_empty() && text.chars().all(char::is_alphanumeric)),
            "isupper" => {
                Value::Bool(text.chars().any(char::is_uppercase) && !text.chars().any(char::is_lowercase))
            }
            "islower" => {
                Value::Bool(text.chars().any(char::is_lowercase) && !text.chars().any(char::is_uppercase))
            }
            "isspace" => Value::Bool(!text.is_empty() && text.chars().all(char::is_whitespace)),
            "swapcase" => Value::str(
                text.chars()
                    .map(|c| {
                        if c.is_lowercase() {
                            c.to_uppercase().to_string()
                        } else {
                            c.to_lowercase().to_string()
                        }
                    })
                    .collect::<String>(),
            ),
            "isidentifier" => Value::Bool(
                text.chars().next().is_some_and(|c| c.is_alphabetic() || c == '_')
                    && text.chars().all(|c| c.is_alphanumeric() || c == '_'),
            ),
            "encode" => Value::Bytes(text.as_bytes().into()),
            "zfill" | "ljust" | "rjust" | "center" => {
                let width = int(0).and_then(|w| usize::try_from(w).ok()).filter(|w| *w < 10_000).unwrap_or(0);
                let fill = arg(1).unwrap_or(if name == "zfill" { "0" } else { " " });
                let missing = width.saturating_sub(text.chars().count());
                Value::str(match name {
                    "ljust" => format!("{text}{}", fill.repeat(missing)),
                    "center" => {
                        format!("{}{text}{}", fill.repeat(missing / 2), fill.repeat(missing - missing / 2))
                    }
                    _ => format!("{}{text}", fill.repeat(missing)),
                })
            }
            _ => return Ok(None),
        };
        Ok(Some(value))
    }

    fn str_join(&mut self, separator: &Rc<str>, args: &Args, site: Site) -> Eval<Value> {
        let Some(source) = args.pos.first() else { return Ok(self.unknown("join of nothing", site.span)) };
        let dirty = source.is_symbol() || self.is_dirty(source);
        let Some(items) = self.iterate(source, site.span)? else {
            return Ok(self.unknown(format!("text joined from {}", self.describe(source)), site.span));
        };
        let mut parts = Vec::with_capacity(items.len() * 2);
        for (i, item) in items.into_iter().enumerate() {
            if i > 0 {
                parts.push(Value::Str(separator.clone()));
            }
            parts.push(item);
        }
        if dirty {
            return Ok(self.unknown("text joined from a list that is not known", site.span));
        }
        self.concat(parts, site.span)
    }

    fn str_split(&mut self, text: &str, name: &str, args: &Args, site: Site) -> Eval<Value> {
        let separator = args.get(0, "sep").and_then(Value::as_str);
        let limit = match args.get(1, "maxsplit") {
            Some(Value::Int(n)) if *n >= 0 => usize::try_from(*n).unwrap_or(usize::MAX - 1),
            _ => usize::MAX - 1,
        };
        let parts: Vec<Value> = match separator {
            Some("") => return Err(self.raise("ValueError", "empty separator", site.span)),
            Some(separator) if name == "rsplit" => {
                let mut parts: Vec<Value> = text.rsplitn(limit + 1, separator).map(Value::str).collect();
                parts.reverse();
                parts
            }
            Some(separator) => text.splitn(limit + 1, separator).map(Value::str).collect(),
            None => text.split_whitespace().map(Value::str).collect(),
        };
        self.charge(parts.len() * 40, site.span)?;
        Ok(self.list(parts))
    }

    fn sequence_query(
        &mut self,
        items: &[Value],
        name: &str,
        args: &Args,
        site: Site,
    ) -> Eval<Option<Value>> {
        let Some(wanted) = args.pos.first() else { return Ok(None) };
        let equal: Option<Vec<bool>> = items.iter().map(|i| self.equal(i, wanted)).collect();
        let Some(equal) = equal else { return Ok(None) };
        Ok(match name {
            "index" => match equal.iter().position(|e| *e) {
                Some(at) => Some(Value::Int(at as i64)),
                None => return Err(self.raise("ValueError", "the value is not in the list", site.span)),
            },
            "count" => Some(Value::Int(equal.iter().filter(|e| **e).count() as i64)),
            _ => None,
        })
    }

    fn list_method(&mut self, id: ObjId, name: &str, args: &Args, site: Site) -> Eval<Option<Value>> {
        let first = args.pos.first().cloned();
        match (name, first) {
            ("append", Some(value)) => {
                self.charge(24, site.span)?;
                self.with_list(id, |items| items.push(value));
            }
            ("extend", Some(value)) => {
                let dirty = value.is_symbol() || self.is_dirty(&value);
                match self.iterate(&value, site.span)? {
                    Some(more) => self.with_list(id, |items| items.extend(more)),
                    None => {
                        let element = self.element_of(&value, site.span);
                        self.with_list(id, |items| items.push(element));
                        self.dirty.insert(id);
                    }
                }
                if dirty {
                    self.dirty.insert(id);
                }
            }
            ("insert", Some(Value::Int(at))) => {
                let value = args.pos.get(1).cloned().unwrap_or(Value::None);
                self.with_list(id, |items| {
                    let len = items.len() as i64;
                    let at = if at < 0 { (at + len).max(0) } else { at.min(len) };
                    items.insert(at as usize, value);
                });
            }
            ("pop", index) => {
                let at = match index {
                    Some(Value::Int(i)) => i,
                    None => -1,
                    _ => return Ok(None),
                };
                let mut popped = None;
                self.with_list(id, |items| {
                    popped = super::assign::position(at, items.len()).map(|at| items.remove(at));
                });
                return match popped {
                    Some(value) => Ok(Some(value)),
                    None => Err(self.raise("IndexError", "pop from empty list", site.span)),
                };
            }
            ("remove", Some(value)) => {
                let items = self.as_items(&Value::Obj(id)).unwrap_or_default();
                match items.iter().position(|i| self.equal(i, &value) == Some(true)) {
                    Some(at) => self.with_list(id, |items| {
                        items.remove(at);
                    }),
                    None => return Err(self.raise("ValueError", "the value is not in the list", site.span)),
                }
            }
            ("reverse", None) => self.with_list(id, |items| items.reverse()),
            ("clear", None) => self.with_list(id, Vec::clear),
            ("copy", None) => {
                let items = self.as_items(&Value::Obj(id)).unwrap_or_default();
                self.charge(items.len() * 24, site.span)?;
                return Ok(Some(self.list(items)));
            }
            ("sort", _) => {
                let items = self.as_items(&Value::Obj(id)).unwrap_or_default();
                match self.sorted(items, args, site)? {
                    Some(sorted) => self.with_list(id, |items| *items = sorted),
                    None => {
                        self.dirty.insert(id);
                    }
                }
            }
            ("index" | "count", Some(_)) => {
                let items = self.as_items(&Value::Obj(id)).unwrap_or_default();
                return self.sequence_query(&items, name, args, site);
            }
            _ => return Ok(None),
        }
        Ok(Some(Value::None))
    }

    fn with_list(&mut self, id: ObjId, change: impl FnOnce(&mut Vec<Value>)) {
        if let Some(Object::List(items)) = self.object_mut(id) {
            change(items);
        }
    }

    /// `sorted(items, key=…, reverse=…)`; `None` where the order is not known.
    pub(super) fn sorted(&mut self, items: Vec<Value>, args: &Args, site: Site) -> Eval<Option<Vec<Value>>> {
        let key = args.named("key").filter(|k| !matches!(k, Value::None)).cloned();
        let reverse = args.named("reverse").is_some_and(|r| self.truth(r) == Some(true));
        let mut keyed = Vec::with_capacity(items.len());
        for item in items {
            let by = match &key {
                Some(key) => self.call(key, Args::of(vec![item.clone()]), site)?,
                None => item.clone(),
            };
            keyed.push((by, item));
        }
        let mut unknown = false;
        keyed.sort_by(|a, b| {
            let order = self.order(&a.0, &b.0);
            unknown |= order.is_none();
            let order = order.unwrap_or(std::cmp::Ordering::Equal);
            if reverse { order.reverse() } else { order }
        });
        Ok((!unknown).then(|| keyed.into_iter().map(|(_, v)| v).collect()))
    }

    fn dict_method(
        &mut self,
        id: ObjId,
        receiver: &Value,
        name: &str,
        args: &Args,
        site: Site,
    ) -> Eval<Option<Value>> {
        let Some(Object::Dict(dict, _)) = self.object(id) else { return Ok(None) };
        let open = dict.open || self.dirty.contains(&id);
        let size = dict.len();
        match name {
            "keys" | "values" | "items" => {
                let pairs: Vec<(Value, Value)> = dict.iter().map(|(k, v)| (k.clone(), v.clone())).collect();
                self.charge(size * 96, site.span)?;
                let items: Vec<Value> = pairs
                    .into_iter()
                    .map(|(k, v)| match name {
                        "keys" => k,
                        "values" => v,
                        _ => self.tuple(vec![k, v]),
                    })
                    .collect();
                let list = self.list(items);
                if let (true, Value::Obj(list)) = (open, &list) {
                    self.dirty.insert(*list);
                }
                Ok(Some(list))
            }
            "get" | "pop" | "setdefault" => self.dict_lookup(id, receiver, name, args, site),
            "update" => {
                let mut merged = match self.object(id) {
                    Some(Object::Dict(dict, _)) => dict.clone(),
                    _ => Dict::new(),
                };
                if let Some(other) = args.pos.first() {
                    self.merge_into(&mut merged, other);
                }
                for (key, value) in &args.kw {
                    merged.insert_str(key, value.clone());
                }
                merged.open |= args.unknown_kw.is_some();
                self.charge(merged.len() * 96, site.span)?;
                if let Some(Object::Dict(dict, _)) = self.object_mut(id) {
                    *dict = merged;
                }
                Ok(Some(Value::None))
            }
            "copy" => {
                let copy = dict.clone();
                self.charge(size * 96, site.span)?;
                Ok(Some(self.alloc(Object::Dict(copy, None))))
            }
            "popitem" if !open && size > 0 => {
                let last = dict.entries().last().map(|(hash, k, v)| (hash.clone(), k.clone(), v.clone()));
                let Some((hash, key, value)) = last else { return Ok(None) };
                if let Some(Object::Dict(dict, _)) = self.object_mut(id) {
                    dict.remove(&hash);
                }
                Ok(Some(self.tuple(vec![key, value])))
            }
            "clear" => {
                if let Some(Object::Dict(dict, _)) = self.object_mut(id) {
                    dict.clear();
                }
                Ok(Some(Value::None))
            }
            _ => Ok(None),
        }
    }

    fn dict_lookup(
        &mut self,
        id: ObjId,
        receiver: &Value,
        name: &str,
        args: &Args,
        site: Site,
    ) -> Eval<Option<Value>> {
        let Some(key) = args.pos.first() else { return Ok(None) };
        let hash = self.key(key);
        let default = args.pos.get(1).cloned();
        let Some(Object::Dict(dict, _)) = self.object(id) else { return Ok(None) };
        let found = hash.as_ref().and_then(|h| dict.get(h)).cloned();
        let sure = !dict.open && hash.is_some() && !self.dirty.contains(&id);
        if name == "pop"
            && let (Some(hash), Some(Object::Dict(dict, _))) = (&hash, self.object_mut(id))
        {
            dict.remove(hash);
        }
        if let (Some(value), true) = (&found, sure || hash.is_some()) {
            return Ok(Some(value.clone()));
        }
        if !sure {
            let kind = super::value::SymbolKind::Item(receiver.clone(), key.clone());
            let assumed = if key.is_symbol() { None } else { default };
            return Ok(Some(self.symbol(kind, assumed, site.span)));
        }
        if name == "setdefault" {
            let value = default.clone().unwrap_or(Value::None);
            self.set_item(receiver, key, value, site.span)?;
        }
        if name == "pop" && default.is_none() {
            let shown = self.text(key).unwrap_or_default();
            return Err(self.raise("KeyError", shown, site.span));
        }
        Ok(Some(default.unwrap_or(Value::None)))
    }

    fn set_method(&mut self, id: ObjId, name: &str, args: &Args, site: Site) -> Eval<Option<Value>> {
        let first = args.pos.first().cloned();
        match (name, first) {
            ("add", Some(value)) => {
                let key = self.key(&value);
                self.charge(96, site.span)?;
                if let Some(Object::Set(set)) = self.object_mut(id) {
                    match key {
                        Some(key) => set.insert(key, value, Value::None),
                        None => set.open = true,
                    }
                }
                Ok(Some(Value::None))
            }
            ("discard" | "remove", Some(value)) => {
                let key = self.key(&value);
                if let (Some(key), Some(Object::Set(set))) = (key, self.object_mut(id)) {
                    set.remove(&key);
                }
                Ok(Some(Value::None))
            }
            ("union" | "intersection" | "difference" | "update", Some(other)) => {
                let Some(items) = self.iterate(&other, site.span)? else { return Ok(None) };
                let other = self.set_of(items, site.span)?;
                use super::syntax::ast::Operator as O;
                let op = match name {
                    "intersection" => O::BitAnd,
                    "difference" => O::Sub,
                    _ => O::BitOr,
                };
                let result = self.binary(op, &Value::Obj(id), &other, site.span)?;
                if name != "update" {
                    return Ok(Some(result));
                }
                let merged = match self.object_of(&result) {
                    Some(Object::Set(set)) => set.clone(),
                    _ => return Ok(None),
                };
                if let Some(Object::Set(set)) = self.object_mut(id) {
                    *set = merged;
                }
                Ok(Some(Value::None))
            }
            _ => Ok(None),
        }
    }
}

/// The name under which a class keeps what sets a property.
pub(super) fn setter_slot(property: &str) -> String {
    format!("<set {property}>")
}

fn strip<'t>(text: &'t str, set: Option<&str>, left: bool, right: bool) -> &'t str {
    let drop = |c: char| set.map_or(c.is_whitespace(), |s| s.contains(c));
    let text = if left { text.trim_start_matches(drop) } else { text };
    if right { text.trim_end_matches(drop) } else { text }
}

fn title(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut inside = false;
    for c in text.chars() {
        if inside {
            out.extend(c.to_lowercase());
        } else {
            out.extend(c.to_uppercase());
        }
        inside = c.is_alphabetic();
    }
    out
}
