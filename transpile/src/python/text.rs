//! `str` and `repr` of known values.

use super::host::Host;
use super::machine::{Eval, Machine};
use super::time::delta_text;
use super::value::{Args, Object, Site, Value};

impl<H: Host> Machine<'_, H> {
    /// `str(value)`; `None` where it is not known. A symbol is never text here.
    pub fn text(&self, value: &Value) -> Option<String> {
        match value {
            Value::Str(s) => Some(s.to_string()),
            Value::DateTime(t) => Some(t.iso().replacen('T', " ", 1)),
            Value::Delta(d) => Some(delta_text(*d)),
            Value::Native(_) => H::text(self, value),
            Value::Obj(_) => {
                if let Some(text) = H::text(self, value) {
                    return Some(text);
                }
                match self.object_of(value)? {
                    Object::Path(p) => Some(p.to_string()),
                    Object::Instance(class, attrs) => {
                        let path = self.external_base(class);
                        let definition = match self.object_of(class) {
                            Some(Object::Class(c)) => Some(c.clone()),
                            _ => None,
                        };
                        if let Some(definition) = definition.filter(|d| d.is_enum) {
                            let name = self.text(attrs.get_str("name")?)?;
                            if path.as_deref() == Some("enum.StrEnum") {
                                return self.text(attrs.get_str("value")?);
                            }
                            return Some(format!("{}.{name}", definition.name));
                        }
                        match attrs.get_str("__message__") {
                            Some(message) if path.as_deref() == Some("builtins.KeyError") => {
                                self.repr(message, 0)
                            }
                            Some(message) => self.text(message),
                            None => self.repr(value, 0),
                        }
                    }
                    _ => self.repr(value, 0),
                }
            }
            Value::External(_) => None,
            other => self.repr(other, 0),
        }
    }

    /// The text that a value is where a text is wanted: a member of an enum of texts is its value, whatever `str` of
    /// it gives.
    pub fn string(&self, value: &Value) -> Option<String> {
        self.text(&self.plain(value))
    }

    /// The method by which an instance of an own class shows itself.
    pub(super) fn own_text(&self, value: &Value) -> Option<Value> {
        let Some(Object::Instance(class, _)) = self.object_of(value) else { return None };
        matches!(self.object_of(class), Some(Object::Class(c)) if !c.is_enum).then_some(())?;
        self.class_attr(class, "__str__").or_else(|| self.class_attr(class, "__repr__"))
    }

    /// `str(value)` or `repr(value)` of an instance that has its own way; other values as they are.
    pub(super) fn shown(&mut self, value: &Value, is_repr: bool, site: Site) -> Eval<Value> {
        let method = match (is_repr, self.class_of(value)) {
            (true, Some(class)) => self.class_attr(&class, "__repr__"),
            _ => self.own_text(value),
        };
        match method {
            Some(method) => self.call(&method, Args::of(vec![value.clone()]), site),
            None => Ok(value.clone()),
        }
    }

    /// `repr(value)`; `None` where it is not known.
    pub fn repr(&self, value: &Value, depth: u32) -> Option<String> {
        if depth > 30 {
            return None;
        }
        let all = |items: &[Value]| -> Option<Vec<String>> {
            items.iter().map(|v| self.repr(v, depth + 1)).collect()
        };
        Some(match value {
            Value::None => "None".into(),
            Value::Ellipsis => "Ellipsis".into(),
            Value::Bool(b) => if *b { "True" } else { "False" }.into(),
            Value::Int(i) => i.to_string(),
            Value::Float(f) => float_text(*f),
            Value::Str(s) => quote(s),
            Value::Bytes(b) => format!("b{}", quote_bytes(b)),
            Value::Delta(_)
            | Value::DateTime(_)
            | Value::External(_)
            | Value::Symbol(_)
            | Value::Native(_) => return None,
            Value::Obj(_) => {
                if self.is_dirty(value) {
                    return None;
                }
                match self.object_of(value)? {
                    Object::List(items) => format!("[{}]", all(items)?.join(", ")),
                    Object::Tuple(items) if items.len() == 1 => format!("({},)", all(items)?.concat()),
                    Object::Tuple(items) => format!("({})", all(items)?.join(", ")),
                    Object::Dict(dict, _) if !dict.open => {
                        let mut parts = Vec::new();
                        for (k, v) in dict.iter() {
                            parts.push(format!("{}: {}", self.repr(k, depth + 1)?, self.repr(v, depth + 1)?));
                        }
                        format!("{{{}}}", parts.join(", "))
                    }
                    Object::Path(p) => format!("PosixPath({})", quote(p)),
                    Object::Set(set) if !set.open && set.len() == 1 => {
                        format!("{{{}}}", self.repr(&set.iter().next()?.0.clone(), depth + 1)?)
                    }
                    Object::Instance(class, _) if self.class_attr(class, "__repr__").is_none() => {
                        let fields = self.fields_of(value)?;
                        let parts = fields
                            .iter()
                            .map(|(n, v)| Some(format!("{n}={}", self.repr(v, depth + 1)?)))
                            .collect::<Option<Vec<String>>>()?;
                        format!("{}({})", self.class_name(class), parts.join(", "))
                    }
                    _ => return None,
                }
            }
        })
    }
}

/// A bytes literal without its prefix.
fn quote_bytes(bytes: &[u8]) -> String {
    let text: String = bytes.iter().map(|b| char::from(*b)).collect();
    let mut out = String::with_capacity(text.len());
    for c in quote(&text).chars() {
        match c {
            c if c.is_ascii() => out.push(c),
            c => out.push_str(&format!("\\x{:02x}", c as u32)),
        }
    }
    out
}

/// A float as Python prints it.
pub(super) fn float_text(f: f64) -> String {
    if f.is_nan() {
        return "nan".into();
    }
    if f.is_infinite() {
        return if f > 0.0 { "inf" } else { "-inf" }.into();
    }
    let magnitude = f.abs();
    if magnitude != 0.0 && !(1e-4..1e16).contains(&magnitude) {
        let text = format!("{f:e}");
        let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
        let exponent: i32 = exponent.parse().unwrap_or(0);
        let sign = if exponent < 0 { '-' } else { '+' };
        return format!("{mantissa}e{sign}{:02}", exponent.abs());
    }
    format!("{f:?}")
}

/// A string literal as Python's `repr` writes it.
pub fn quote(text: &str) -> String {
    let mark = if text.contains('\'') && !text.contains('"') { '"' } else { '\'' };
    let mut out = String::with_capacity(text.len() + 2);
    out.push(mark);
    for c in text.chars() {
        match c {
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if c == mark => {
                out.push('\\');
                out.push(c);
            }
            c if (c as u32) < 0x20 || c as u32 == 0x7f => out.push_str(&format!("\\x{:02x}", c as u32)),
            c => out.push(c),
        }
    }
    out.push(mark);
    out
}
