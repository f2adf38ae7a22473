//! What flows between runnables while they are lowered.

use super::Body;
use crate::from::langchain::model::{Effect, Origin};
use crate::from::lower::text::string;
use crate::from::lower::{Fate, names};

/// A value that a runnable gets or gives.
#[derive(Clone, Debug)]
pub(in crate::from::langchain) enum Value {
    /// The input of the whole: a dict whose keys become inputs when they are read.
    Inputs,
    /// A dict with known keys, over another value for those it does not have.
    Dict(Vec<(String, Value)>, Option<Box<Value>>),
    /// An expression.
    Code(Code),
    /// A prompt that is ready to be sent.
    Prompt(Sent),
    /// Documents that were found: an expression of type `list<Hit>`.
    Found(String),
}

/// An expression and its type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::from::langchain) struct Code {
    pub code: String,
    pub ty: String,
}

impl Code {
    pub(in crate::from::langchain) fn new(code: impl Into<String>, ty: impl Into<String>) -> Self {
        Code { code: code.into(), ty: ty.into() }
    }
}

/// The parts of a call of a model.
#[derive(Clone, Debug, Default)]
pub(in crate::from::langchain) struct Sent {
    pub system: Option<String>,
    /// An expression of type `list<Message>`.
    pub messages: Option<String>,
    pub prompt: Option<String>,
}

/// The value under a key.
pub(in crate::from::langchain) fn key(
    body: &mut Body<'_, '_>,
    value: &Value,
    key: &str,
    ty: &str,
    origin: &Origin,
) -> Value {
    match value {
        Value::Inputs => Value::Code(Code::new(body.input(key, ty), ty)),
        Value::Dict(items, base) => match (items.iter().find(|(k, _)| k == key), base) {
            (Some((_, value)), _) => value.clone(),
            (None, Some(base)) => self::key(body, &base.clone(), key, ty, origin),
            (None, None) => {
                let message = format!("`{key}` is read and nothing gives it");
                body.shared.note(Fate::Lost, Effect::Structure, message, origin);
                Value::Code(hole(ty, "a value that nothing gives"))
            }
        },
        Value::Code(code) if code.ty == "json" => {
            let name = names::identifier(key);
            let field = if name == key { format!(".{key}") } else { format!("[{}]", string(key)) };
            Value::Code(Code::new(format!("decode<{ty}>({}{field})", code.code), ty))
        }
        // A prompt of one variable takes a value that is no dict as that variable.
        other => other.clone(),
    }
}

/// A value as an expression.
pub(in crate::from::langchain) fn code(body: &mut Body<'_, '_>, value: &Value, origin: &Origin) -> Code {
    match value {
        Value::Code(code) => code.clone(),
        Value::Inputs => {
            if body.inputs.is_empty() {
                let name = body.input("input", "json");
                return Code::new(name, "json");
            }
            let fields: Vec<(String, String)> = body.inputs.clone();
            record(
                &fields
                    .iter()
                    .map(|(n, ty)| (n.clone(), Code::new(n.clone(), ty.clone())))
                    .collect::<Vec<_>>(),
            )
        }
        Value::Dict(items, base) => {
            let mut fields: Vec<(String, Code)> = Vec::new();
            if let Some(base) = base
                && let Value::Inputs = **base
            {
                for (name, ty) in body.inputs.clone() {
                    fields.push((name.clone(), Code::new(name, ty)));
                }
            } else if let Some(base) = base
                && let Value::Dict(inner, _) = &**base
            {
                for (k, v) in inner.clone() {
                    let v = code(body, &v, origin);
                    fields.push((k, v));
                }
            }
            for (k, v) in items.clone() {
                let v = code(body, &v, origin);
                fields.retain(|(name, _)| *name != k);
                fields.push((k, v));
            }
            record(&fields)
        }
        Value::Found(found) => Code::new(format!("[d.text for d in {found}]"), "list<string>"),
        Value::Prompt(sent) => match (&sent.prompt, &sent.system, &sent.messages) {
            (Some(prompt), None, None) => Code::new(prompt.clone(), "string"),
            _ => {
                body.shared.note(
                    Fate::Lost,
                    Effect::Structure,
                    "a prompt of messages is used as a value",
                    origin,
                );
                hole("string", "a prompt of messages as a value")
            }
        },
    }
}

fn record(fields: &[(String, Code)]) -> Code {
    // What no key can be written as goes by a name.
    let key = |k: &str| {
        let name = names::identifier(k);
        let backquoted = !k.is_empty() && !k.contains(['`', '\n', '\r']);
        if name == k || !backquoted { name } else { format!("`{k}`") }
    };
    let code: Vec<String> = fields.iter().map(|(k, c)| format!("{}: {}", key(k), c.code)).collect();
    let ty: Vec<String> = fields.iter().map(|(k, c)| format!("{}: {}", key(k), c.ty)).collect();
    Code::new(format!("{{ {} }}", code.join(", ")), format!("{{{}}}", ty.join(", ")))
}

/// A construct that could not be carried.
pub(in crate::from::langchain) fn hole(ty: &str, source: &str) -> Code {
    Code::new(format!("hole<{ty}>(kind: \"langchain\", source: {}, args: {{}})", string(source)), ty)
}
