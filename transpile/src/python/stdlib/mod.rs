//! The parts of Python's standard library that DAG and chain files use while they are loaded.

mod data;
mod functional;
mod paths;
mod when;

pub(super) use paths::join_path;

use super::host::Host;
use super::machine::{Eval, Machine};
use super::value::{Args, Object, Site, SymbolKind, Value};
use rustchain_grammar::Span;
use std::rc::Rc;

impl<H: Host> Machine<'_, H> {
    /// A call of a function of the standard library; `None` where it is not modelled.
    pub(super) fn call_stdlib(&mut self, path: &str, args: &Args, site: Site) -> Eval<Option<Value>> {
        if let Some(value) = self.call_when(path, args, site)? {
            return Ok(Some(value));
        }
        if let Some(value) = self.call_paths(path, args, site)? {
            return Ok(Some(value));
        }
        if let Some(value) = self.call_functional(path, args, site)? {
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
                Some(text) => match serde_json::from_str::<serde_json::Value>(text) {
                    Ok(json) => Some(self.from_json(&json, span)?),
                    Err(e) => {
                        return Err(self.raise("ValueError", format!("invalid JSON: {e}"), span));
                    }
                },
                None => None,
            },
            "json.dumps" => match first.as_ref().and_then(|v| self.to_json(v, 0)) {
                Some(json) => {
                    let text = match args.named("indent") {
                        Some(Value::Int(_)) => serde_json::to_string_pretty(&json).ok(),
                        _ => Some(python_json(&json)),
                    };
                    text.map(Value::str)
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
            "textwrap.dedent" | "inspect.cleandoc" => {
                first.as_ref().and_then(Value::as_str).map(|t| Value::str(dedent(t)))
            }
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
            "re.sub" => self.simple_sub(args),
            "re.compile" => None,
            _ => None,
        })
    }

    /// `re.sub` of a pattern that is plain text or one character class of what is not a word character.
    fn simple_sub(&self, args: &Args) -> Option<Value> {
        let [pattern, to, text] = args.pos.as_slice() else { return None };
        let (pattern, to, text) = (pattern.as_str()?, to.as_str()?, text.as_str()?);
        if to.contains('\\') {
            return None;
        }
        if pattern.chars().all(|c| c.is_alphanumeric() || matches!(c, '-' | '_' | ' ' | '/' | ':'))
            && !pattern.is_empty()
        {
            return Some(Value::str(text.replace(pattern, to)));
        }
        let drop: &dyn Fn(char) -> bool = match pattern.trim_end_matches('+') {
            r"\s" => &char::is_whitespace,
            r"\W" | "[^a-zA-Z0-9_]" | "[^A-Za-z0-9_]" => &|c: char| !(c.is_ascii_alphanumeric() || c == '_'),
            "[^a-zA-Z0-9]" | "[^A-Za-z0-9]" => &|c: char| !c.is_ascii_alphanumeric(),
            _ => return None,
        };
        let collapse = pattern.ends_with('+');
        let mut out = String::new();
        let mut inside = false;
        for c in text.chars() {
            if drop(c) {
                if !(collapse && inside) {
                    out.push_str(to);
                }
                inside = true;
            } else {
                out.push(c);
                inside = false;
            }
        }
        Some(Value::str(out))
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
            bases: Vec::new(),
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
            return match serde_json::from_str::<serde_json::Value>(&text) {
                Ok(json) => self.from_json(&json, site.span).map(Some),
                Err(e) => Err(self.raise("ValueError", format!("invalid JSON: {e}"), site.span)),
            };
        }
        match data::yaml_to_json(&text) {
            Some(json) => self.from_json(&json, site.span).map(Some),
            None => Ok(None),
        }
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

/// JSON with Python's separators.
fn python_json(json: &serde_json::Value) -> String {
    match json {
        serde_json::Value::Array(items) => {
            format!("[{}]", items.iter().map(python_json).collect::<Vec<_>>().join(", "))
        }
        serde_json::Value::Object(map) => {
            let parts: Vec<String> = map
                .iter()
                .map(|(k, v)| format!("{}: {}", serde_json::Value::String(k.clone()), python_json(v)))
                .collect();
            format!("{{{}}}", parts.join(", "))
        }
        other => other.to_string(),
    }
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
