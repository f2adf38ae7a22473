//! The parts of Python's standard library that DAG and chain files use while they are loaded.

mod arguments;
mod data;
mod functional;
mod listing;
mod paths;
mod patterns;
mod when;
mod words;

pub(crate) use data::yaml_documents;

pub(super) use paths::{join_path, tidy};

use super::host::Host;
use super::machine::{Eval, Machine};
use super::plain::Plain;
use super::value::{Args, Object, Site, SymbolKind, Value};
use rustchain_grammar::Span;
use std::rc::Rc;

impl<H: Host> Machine<'_, H> {
    /// A call of a function of the standard library; `None` where it is not modelled.
    pub(super) fn call_stdlib(&mut self, path: &str, args: &Args, site: Site) -> Eval<Option<Value>> {
        if let Some(value) = self.call_arguments(path) {
            return Ok(Some(value));
        }
        if let Some(value) = self.call_when(path, args, site)? {
            return Ok(Some(value));
        }
        if let Some(value) = self.call_paths(path, args, site)? {
            return Ok(Some(value));
        }
        if let Some(value) = self.call_functional(path, args, site)? {
            return Ok(Some(value));
        }
        if let Some(value) = self.call_patterns(path, args, site)? {
            return Ok(Some(value));
        }
        if let Some(value) = self.call_listing(path, args, site)? {
            return Ok(Some(value));
        }
        if let Some(value) = self.call_words(path, args, site)? {
            return Ok(Some(value));
        }
        self.call_data(path, args, site)
    }

    /// A value of a module of the standard library.
    pub(super) fn stdlib_attr(&mut self, path: &str, name: &str, span: Span) -> Option<Value> {
        Some(match (path, name) {
            ("typing", "TYPE_CHECKING") => Value::Bool(false),
            ("os", "sep") => Value::str("/"),
            ("os", "linesep") => Value::str("\n"),
            ("os", "name") => Value::str("posix"),
            ("sys", "platform") => Value::str("linux"),
            ("sys", "version_info") => self.tuple(vec![Value::Int(3), Value::Int(12), Value::Int(0)]),
            ("sys", "maxsize") => Value::Int(i64::MAX),
            ("sys", "executable") => {
                self.symbol(SymbolKind::Input("setting", "sys.executable".into()), None, span)
            }
            ("sys", "path") => self.list(Vec::new()),
            ("sys", "modules" | "argv") => self.unknown(format!("`sys.{name}`"), span),
            ("string", "ascii_lowercase") => Value::str("abcdefghijklmnopqrstuvwxyz"),
            ("string", "ascii_uppercase") => Value::str("ABCDEFGHIJKLMNOPQRSTUVWXYZ"),
            ("string", "digits") => Value::str("0123456789"),
            ("math", "pi") => Value::Float(std::f64::consts::PI),
            ("math", "inf") => Value::Float(f64::INFINITY),
            ("calendar", "month_name" | "month_abbr") => return self.calendar_names(name),
            (_, "__name__" | "__qualname__") => Value::str(path.rsplit('.').next().unwrap_or(path)),
            _ => return None,
        })
    }

    // --- the environment ----------------------------------------------------------------------

    pub(super) fn environ_item(&mut self, key: &Value, span: Span) -> Eval<Value> {
        match self.environ(key, None, span) {
            Value::None => Err(self.raise("KeyError", self.text(key).unwrap_or_default(), span)),
            value => Ok(value),
        }
    }

    fn environ(&mut self, key: &Value, default: Option<Value>, span: Span) -> Value {
        let Some(name) = key.as_str() else { return self.unknown("an environment variable", span) };
        if let Some(value) = self.options.env.get(name) {
            return Value::str(value.as_str());
        }
        if self.options.env_is_complete {
            return default.unwrap_or(Value::None);
        }
        self.symbol(SymbolKind::Env(name.into()), default, span)
    }

    fn call_data(&mut self, path: &str, args: &Args, site: Site) -> Eval<Option<Value>> {
        let span = site.span;
        let first = args.pos.first().cloned();
        Ok(match path {
            "os.environ.get" | "os.getenv" => match args.get(0, "key") {
                Some(key) => {
                    let default = args.get(1, "default").cloned().unwrap_or(Value::None);
                    Some(self.environ(&key.clone(), Some(default), span))
                }
                None => None,
            },
            "os.environ.setdefault" => match (args.pos.first(), args.pos.get(1)) {
                (Some(key), Some(default)) => Some(self.environ(&key.clone(), Some(default.clone()), span)),
                _ => None,
            },
            "os.environ.copy" | "os.environ.items" => None,
            "json.loads" => match first.as_ref().and_then(Value::as_str) {
                Some(text) => match Plain::from_json(text) {
                    Ok(json) => Some(self.from_plain(&json, span)?),
                    Err(e) => {
                        return Err(self.raise("ValueError", format!("invalid JSON: {e}"), span));
                    }
                },
                None => None,
            },
            "json.dumps" => match first.as_ref().and_then(|v| self.to_plain(v, 0)) {
                Some(json) => {
                    let sort = args.named("sort_keys").is_some_and(|s| self.truth(s) == Some(true));
                    let json = if sort { sorted_keys(json) } else { json };
                    let known = ["indent", "sort_keys", "default", "cls", "ensure_ascii"];
                    match args.named("indent") {
                        _ if args.kw.iter().any(|(n, _)| !known.contains(&&**n)) => None,
                        Some(Value::Int(n)) => {
                            Some(Value::str(json.to_json(Some(usize::try_from(*n).unwrap_or(0).min(16)))))
                        }
                        None | Some(Value::None) => Some(Value::str(json.to_json(None))),
                        _ => None,
                    }
                }
                None => None,
            },
            "json.load" | "yaml.safe_load" | "yaml.load" | "yaml.full_load" => match first {
                Some(source) => self.load_data(path, &source, site)?,
                None => None,
            },
            "copy.deepcopy" => match first {
                Some(value) => Some(self.deep_copy(&value, 0, span)?),
                None => None,
            },
            "copy.copy" => first.map(|value| self.shallow_copy(&value)),
            "inspect.cleandoc" => first.as_ref().and_then(Value::as_str).map(|t| Value::str(clean_doc(t))),
            "textwrap.dedent" => first.as_ref().and_then(Value::as_str).map(|t| Value::str(dedent(t))),
            "enum.auto" => Some(Value::External("enum.auto()".into())),
            "collections.OrderedDict" => return self.call_builtin("builtins.dict", args, site),
            "collections.defaultdict" => {
                let mut rest = args.clone();
                let factory = if rest.pos.is_empty() { None } else { Some(rest.pos.remove(0)) };
                let value = self.call_builtin("builtins.dict", &rest, site)?;
                if let (Some(Value::Obj(id)), Some(factory)) = (&value, factory)
                    && let Some(Object::Dict(_, slot)) = self.object_mut_quiet(*id)
                {
                    *slot = Some(factory);
                }
                value
            }
            "collections.Counter" => match &first {
                Some(source) if self.as_dict(source).is_none() => self.counted(&source.clone(), span)?,
                _ => return self.call_builtin("builtins.dict", args, site),
            },
            "dataclasses.replace" => match first {
                Some(value) => self.replaced(&value, args),
                None => None,
            },
            "yaml.safe_load_all" | "yaml.load_all" => match first {
                Some(source) => self.load_documents(&source, site)?,
                None => None,
            },
            "ast.literal_eval" => match first.as_ref().and_then(Value::as_str) {
                Some(text) => self.literal(text, span)?,
                None => None,
            },
            "collections.namedtuple" => self.named_tuple(args, site)?,
            "types.SimpleNamespace" => {
                let mut attrs = super::dict::Dict::new();
                for (key, value) in &args.kw {
                    attrs.insert_str(key, value.clone());
                }
                let class = Value::External("types.SimpleNamespace".into());
                Some(self.alloc(Object::Instance(class, attrs)))
            }
            "dataclasses.asdict" => match first {
                Some(value) => self.attr_opt(&value, "__dict__", span)?,
                None => None,
            },
            "dataclasses.field" => {
                Some(self.alloc(Object::Partial(Value::External("dataclasses.field".into()), args.clone())))
            }
            "importlib.import_module" => match first.as_ref().and_then(Value::as_str) {
                Some(module) => Some(self.import_value(module, site)?),
                None => {
                    H::unsure(self, "`import_module` with an unknown name", site);
                    None
                }
            },
            "logging.getLogger" | "structlog.get_logger" => Some(Value::External("logging.Logger()".into())),
            _ if path.starts_with("logging.") || path.starts_with("warnings.") => Some(Value::None),
            "sys.path.append" | "sys.path.insert" => Some(Value::None),
            "sys.exit" => return Err(self.raise("SystemExit", "the file ends the process", span)),
            "time.sleep" | "random.seed" => Some(Value::None),
            "math.ceil" | "math.floor" | "math.sqrt" => {
                first.as_ref().and_then(super::compare::number).map(|f| match path {
                    "math.ceil" if f.abs() < 9e15 => Value::Int(f.ceil() as i64),
                    "math.floor" if f.abs() < 9e15 => Value::Int(f.floor() as i64),
                    _ => Value::Float(f.sqrt()),
                })
            }
            _ => None,
        })
    }

    fn named_tuple(&mut self, args: &Args, site: Site) -> Eval<Option<Value>> {
        let Some(Value::Str(name)) = args.pos.first().cloned() else { return Ok(None) };
        let names: Vec<Rc<str>> = match args.pos.get(1) {
            Some(Value::Str(text)) => text.replace(',', " ").split_whitespace().map(Rc::from).collect(),
            Some(list) => match self.as_items(list) {
                Some(items) => items.iter().filter_map(Value::as_str).map(Rc::from).collect(),
                None => return Ok(None),
            },
            None => return Ok(None),
        };
        let scope = self.new_scope(self.scope, true);
        let class = super::value::Class {
            name,
            bases: vec![Value::External("typing.NamedTuple".into())],
            scope,
            site,
            fields: std::cell::RefCell::new(Some(names.into_iter().map(|n| (n, None)).collect())),
            is_enum: false,
        };
        Ok(Some(self.alloc(Object::Class(Rc::new(class)))))
    }

    fn shallow_copy(&mut self, value: &Value) -> Value {
        let copy = match self.object_of(value) {
            Some(Object::List(items)) => Object::List(items.clone()),
            Some(Object::Dict(dict, factory)) => Object::Dict(dict.clone(), factory.clone()),
            Some(Object::Set(set)) => Object::Set(set.clone()),
            _ => return value.clone(),
        };
        self.alloc(copy)
    }

    fn deep_copy(&mut self, value: &Value, depth: u32, span: Span) -> Eval<Value> {
        if depth > 50 {
            return Ok(self.unknown("a copy of a deep value", span));
        }
        self.step(span)?;
        let dirty = self.is_dirty(value);
        let copy = match self.object_of(value) {
            Some(Object::List(items)) => {
                let items = items.clone();
                let mut out = Vec::with_capacity(items.len());
                for item in &items {
                    out.push(self.deep_copy(item, depth + 1, span)?);
                }
                self.charge(out.len() * 24, span)?;
                self.list(out)
            }
            Some(Object::Dict(dict, factory)) => {
                let (dict, factory) = (dict.clone(), factory.clone());
                let mut out = super::dict::Dict::new();
                out.open = dict.open;
                self.charge(dict.len() * 96, span)?;
                for (hash, key, value) in dict.entries() {
                    let value = self.deep_copy(value, depth + 1, span)?;
                    out.insert(hash.clone(), key.clone(), value);
                }
                self.alloc(Object::Dict(out, factory))
            }
            _ => return Ok(value.clone()),
        };
        if let (true, Value::Obj(id)) = (dirty, &copy) {
            self.dirty.insert(*id);
        }
        Ok(copy)
    }

    fn load_data(&mut self, path: &str, source: &Value, site: Site) -> Eval<Option<Value>> {
        let text = match source {
            Value::Str(text) => text.to_string(),
            _ => match self.file_text(source, site) {
                Some(text) => text,
                None => return Ok(None),
            },
        };
        self.charge(text.len() * 4, site.span)?;
        if path == "json.load" {
            return match Plain::from_json(&text) {
                Ok(json) => self.from_plain(&json, site.span).map(Some),
                Err(e) => Err(self.raise("ValueError", format!("invalid JSON: {e}"), site.span)),
            };
        }
        match data::yaml_documents(&text).and_then(|all| all.into_iter().next()) {
            Some(json) => self.from_plain(&json, site.span).map(Some),
            None => Ok(None),
        }
    }

    fn load_documents(&mut self, source: &Value, site: Site) -> Eval<Option<Value>> {
        let text = match source {
            Value::Str(text) => text.to_string(),
            _ => match self.file_text(source, site) {
                Some(text) => text,
                None => return Ok(None),
            },
        };
        self.charge(text.len() * 4, site.span)?;
        let Some(documents) = data::yaml_documents(&text) else { return Ok(None) };
        let items = documents.iter().map(|d| self.from_plain(d, site.span)).collect::<Eval<Vec<_>>>()?;
        Ok(Some(self.list(items)))
    }

    fn counted(&mut self, source: &Value, span: Span) -> Eval<Option<Value>> {
        let Some(items) = self.iterate(source, span)? else { return Ok(None) };
        let mut counts = super::dict::Dict::new();
        for item in items {
            let Some(key) = self.key(&item) else { return Ok(None) };
            let seen = match counts.get(&key) {
                Some(Value::Int(n)) => *n,
                _ => 0,
            };
            counts.insert(key, item, Value::Int(seen + 1));
        }
        self.charge(counts.len() * 96, span)?;
        Ok(Some(self.alloc(Object::Dict(counts, None))))
    }

    /// The value of a text that is one literal.
    fn literal(&mut self, text: &str, span: Span) -> Eval<Option<Value>> {
        self.charge(text.len() * 4, span)?;
        match super::syntax::literal(text) {
            Some(literal) => self.eval(&literal).map(Some),
            None => Err(self.raise("ValueError", "not a literal", span)),
        }
    }

    /// Plain data as a Python value, members in their order.
    ///
    /// # Errors
    /// It is larger than the bounds allow.
    pub fn from_plain(&mut self, data: &Plain, span: Span) -> Eval<Value> {
        self.step(span)?;
        self.charge(48, span)?;
        Ok(match data {
            Plain::Null => Value::None,
            Plain::Bool(b) => Value::Bool(*b),
            Plain::Int(i) => Value::Int(*i),
            Plain::Float(f) => Value::Float(*f),
            Plain::Str(s) => {
                self.charge(s.len(), span)?;
                Value::str(s.as_str())
            }
            Plain::List(items) => {
                let items = items.iter().map(|v| self.from_plain(v, span)).collect::<Eval<Vec<_>>>()?;
                self.list(items)
            }
            Plain::Map(items) => {
                let mut pairs: Vec<(Rc<str>, Value)> = Vec::new();
                for (key, value) in items {
                    pairs.push((key.as_str().into(), self.from_plain(value, span)?));
                }
                self.dict_of(pairs)
            }
        })
    }

    /// A known plain value as data; `None` where a part is not known or not plain.
    pub fn to_plain(&self, value: &Value, depth: u32) -> Option<Plain> {
        if depth > 40 {
            return None;
        }
        Some(match value {
            Value::None => Plain::Null,
            Value::Bool(b) => Plain::Bool(*b),
            Value::Int(i) => Plain::Int(*i),
            Value::Float(f) if f.is_finite() => Plain::Float(*f),
            Value::Str(s) => Plain::Str(s.to_string()),
            Value::Obj(_) if self.is_dirty(value) => return None,
            Value::Obj(_) => match self.object_of(value)? {
                Object::List(_) | Object::Tuple(_) => {
                    let items = self.as_items(value)?;
                    Plain::List(items.iter().map(|v| self.to_plain(v, depth + 1)).collect::<Option<_>>()?)
                }
                Object::Dict(dict, _) if !dict.open => {
                    let mut items = Vec::new();
                    for (k, v) in dict.iter() {
                        let key = match k {
                            Value::Bool(b) => b.to_string(),
                            Value::None => "null".to_owned(),
                            other => self.text(other)?,
                        };
                        items.push((key, self.to_plain(v, depth + 1)?));
                    }
                    Plain::Map(items)
                }
                _ => return None,
            },
            _ => return None,
        })
    }

    /// A JSON value as a Python value.
    ///
    /// # Errors
    /// It is larger than the bounds allow.
    pub fn from_json(&mut self, json: &serde_json::Value, span: Span) -> Eval<Value> {
        self.step(span)?;
        self.charge(48, span)?;
        Ok(match json {
            serde_json::Value::Null => Value::None,
            serde_json::Value::Bool(b) => Value::Bool(*b),
            serde_json::Value::Number(n) => match n.as_i64() {
                Some(i) => Value::Int(i),
                None => n.as_f64().map_or_else(|| self.unknown("a large number", span), Value::Float),
            },
            serde_json::Value::String(s) => {
                self.charge(s.len(), span)?;
                Value::str(s.as_str())
            }
            serde_json::Value::Array(items) => {
                let items = items.iter().map(|v| self.from_json(v, span)).collect::<Eval<Vec<_>>>()?;
                self.list(items)
            }
            serde_json::Value::Object(map) => {
                let mut pairs: Vec<(Rc<str>, Value)> = Vec::new();
                for (key, value) in map {
                    pairs.push((key.as_str().into(), self.from_json(value, span)?));
                }
                self.dict_of(pairs)
            }
        })
    }

    /// A known plain value as JSON; `None` where a part is not known or not plain.
    pub fn to_json(&self, value: &Value, depth: u32) -> Option<serde_json::Value> {
        if depth > 40 {
            return None;
        }
        Some(match value {
            Value::None => serde_json::Value::Null,
            Value::Bool(b) => (*b).into(),
            Value::Int(i) => (*i).into(),
            Value::Float(f) => serde_json::Number::from_f64(*f)?.into(),
            Value::Str(s) => s.to_string().into(),
            Value::Obj(_) if self.is_dirty(value) => return None,
            Value::Obj(_) => match self.object_of(value)? {
                Object::List(items) => {
                    items.iter().map(|v| self.to_json(v, depth + 1)).collect::<Option<Vec<_>>>()?.into()
                }
                Object::Tuple(items) => {
                    items.iter().map(|v| self.to_json(v, depth + 1)).collect::<Option<Vec<_>>>()?.into()
                }
                Object::Dict(dict, _) if !dict.open => {
                    let mut map = serde_json::Map::new();
                    for (k, v) in dict.iter() {
                        map.insert(self.text(k)?, self.to_json(v, depth + 1)?);
                    }
                    map.into()
                }
                _ => return None,
            },
            _ => return None,
        })
    }
}

fn sorted_keys(json: Plain) -> Plain {
    match json {
        Plain::List(items) => Plain::List(items.into_iter().map(sorted_keys).collect()),
        Plain::Map(items) => {
            let mut items: Vec<(String, Plain)> =
                items.into_iter().map(|(k, v)| (k, sorted_keys(v))).collect();
            items.sort_by(|a, b| a.0.cmp(&b.0));
            Plain::Map(items)
        }
        other => other,
    }
}

/// A docstring without its common indent, as `inspect.cleandoc` gives it.
pub fn clean_doc(text: &str) -> String {
    let expanded = text.replace('\t', "        ");
    let mut lines: Vec<&str> = expanded.split('\n').collect();
    let indent = |l: &str| l.len() - l.trim_start().len();
    let margin = lines.iter().skip(1).filter(|l| !l.trim().is_empty()).map(|l| indent(l)).min().unwrap_or(0);
    if let Some(first) = lines.first_mut() {
        *first = first.trim_start();
    }
    for line in lines.iter_mut().skip(1) {
        *line = line.get(margin..).unwrap_or("");
    }
    while lines.last().is_some_and(|l| l.trim().is_empty()) {
        lines.pop();
    }
    while lines.first().is_some_and(|l| l.trim().is_empty()) {
        lines.remove(0);
    }
    lines.join("\n")
}

/// Text without its common indent.
pub fn dedent(text: &str) -> String {
    let indent = |line: &str| line.len() - line.trim_start_matches([' ', '\t']).len();
    let least = text.lines().filter(|l| !l.trim().is_empty()).map(indent).min().unwrap_or(0);
    let lines: Vec<&str> = text
        .split('\n')
        .map(|l| if l.trim().is_empty() { "" } else { l.get(least..).unwrap_or(l) })
        .collect();
    lines.join("\n")
}
