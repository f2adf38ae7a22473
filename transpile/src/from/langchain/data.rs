//! Values of the evaluator as plain data.

use super::model::{Code, Data, Effect};
use super::state::{M, op_of, origin};
use crate::python::{Args, Object, Site, SymbolKind, Value};
use std::rc::Rc;

/// Deepest value that is carried over.
const MAX_DEPTH: u32 = 24;

/// A value as plain data.
pub(super) fn data(m: &M<'_>, value: &Value) -> Data {
    nested(m, value, 0)
}

fn nested(m: &M<'_>, value: &Value, depth: u32) -> Data {
    if depth > MAX_DEPTH {
        return Data::Unknown("a value that is nested too deeply".into());
    }
    if let Some(op) = op_of(m, value) {
        return Data::Op(op);
    }
    match value {
        Value::None | Value::Ellipsis => Data::Null,
        Value::Bool(b) => Data::Bool(*b),
        Value::Int(i) => Data::Int(*i),
        Value::Float(f) => Data::Float(*f),
        Value::Str(s) => Data::Str(s.to_string()),
        Value::External(path) => Data::Type(super::names::last(path).to_owned()),
        Value::Symbol(symbol) => match &symbol.kind {
            SymbolKind::Env(name) => {
                let default = symbol.assumed.as_ref().filter(|v| !matches!(v, Value::None));
                Data::Env(name.to_string(), default.map(|v| Box::new(nested(m, v, depth + 1))))
            }
            _ => match &symbol.assumed {
                Some(assumed) if !assumed.is_symbol() => nested(m, assumed, depth + 1),
                _ => Data::Unknown(m.describe(value)),
            },
        },
        Value::Obj(_) => composite(m, value, depth),
        _ => match m.text(value) {
            Some(text) => Data::Str(text),
            None => Data::Unknown("a value of a library".into()),
        },
    }
}

fn composite(m: &M<'_>, value: &Value, depth: u32) -> Data {
    if m.is_dirty(value) {
        return Data::Unknown("a value that is changed under a condition".into());
    }
    match m.object_of(value) {
        Some(Object::List(_) | Object::Tuple(_) | Object::Set(_)) => {
            let items = m.as_items(value).unwrap_or_default();
            Data::List(items.iter().map(|v| nested(m, v, depth + 1)).collect())
        }
        Some(Object::Dict(dict, _)) => Data::Dict(
            dict.iter().map(|(k, v)| (m.text(k).unwrap_or_default(), nested(m, v, depth + 1))).collect(),
        ),
        Some(Object::Class(class)) => Data::Type(class.name.to_string()),
        Some(Object::Path(path)) => Data::Str(path.to_string()),
        _ => match code(m, value) {
            Some(code) => Data::Function(code),
            None => Data::Unknown(m.describe(value)),
        },
    }
}

/// The function of a file behind a value.
pub(super) fn code(m: &M<'_>, value: &Value) -> Option<Code> {
    match m.object_of(value)? {
        Object::Function(f) => Some(Code { name: f.name.to_string(), origin: origin(m, f.site) }),
        Object::Wrapped(_, inner) | Object::Bound(_, inner) | Object::Partial(inner, _) => code(m, inner),
        _ => None,
    }
}

/// The text of an argument; a loss where it is there but not known.
pub(super) fn text(m: &mut M<'_>, value: &Value, what: &str, site: Site) -> Option<String> {
    let known = value.assumed().filter(|v| !v.is_symbol()).and_then(|v| match &v {
        Value::Str(s) => Some(s.to_string()),
        Value::None => None,
        other => m.string(other),
    });
    if known.is_none() && !matches!(value, Value::None) {
        let reason = m.describe(value);
        m.host.lose(Effect::Setting, format!("{what} is not known: {reason}"), site);
    }
    known
}

/// An argument as a list of text.
pub(super) fn texts(m: &M<'_>, value: Option<&Value>) -> Option<Vec<String>> {
    let items = m.as_items(&value?.assumed()?)?;
    items.iter().map(|v| v.as_str().map(str::to_owned)).collect()
}

/// A dict argument as pairs.
pub(super) fn pairs(m: &M<'_>, value: &Value) -> Option<Vec<(Rc<str>, Value)>> {
    let dict = m.as_dict(value)?;
    dict.iter().map(|(k, v)| k.as_str().map(|k| (Rc::from(k), v.clone()))).collect()
}

/// Keyword arguments as data.
pub(super) fn kwargs(m: &M<'_>, args: &Args) -> Vec<(String, Data)> {
    args.kw.iter().map(|(k, v)| (k.to_string(), data(m, v))).collect()
}
