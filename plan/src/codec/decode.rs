//! JSON to values, checked.

use super::{base64, duration, timestamp};
use crate::error_kind::ErrorKind;
use crate::eval::{self, Closed, EvalError, Limits, MAX_DEPTH, Meter};
use crate::pattern;
use crate::types::{EnumSchema, FieldSchema, RecordSchema, Schema, Schemas, Type};
use crate::value::Value;
use serde_json::Value as Json;
use smol_str::SmolStr;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::Arc;

/// Why JSON is no value of a type.
#[derive(Clone, Debug, PartialEq)]
pub struct DecodeError {
    /// Where: `$.items[3].severity`.
    pub path: String,
    /// What is wrong there: one sentence, lower-case start.
    pub message: String,
    /// `parse_error`, `constraint`, or what a constraint failed with.
    pub kind: ErrorKind,
}

impl std::fmt::Display for DecodeError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "at {}: {}", self.path, self.message)
    }
}

impl std::error::Error for DecodeError {}

impl From<DecodeError> for EvalError {
    fn from(error: DecodeError) -> EvalError {
        EvalError::new(error.kind, error.to_string())
    }
}

/// The value of a type that JSON spells: records by wire names, missing fields by their defaults (null
/// for `T?`), unknown fields ignored, constraints checked.
pub fn decode(json: &Json, ty: &Type, schemas: &Schemas) -> Result<Value, DecodeError> {
    let mut meter = Meter::new(&Limits::default());
    Decoder { schemas, meter: &mut meter, depth: MAX_DEPTH }.decode(json, ty)
}

/// The value of a type that a text spells, as on a command line or in an environment variable: texts,
/// urls, paths, times and enum members as they are, everything else as JSON.
pub fn decode_text(text: &str, ty: &Type, schemas: &Schemas) -> Result<Value, DecodeError> {
    let as_text = match ty.non_null() {
        Type::String | Type::Bytes | Type::Timestamp | Type::Duration | Type::Url | Type::Path => true,
        Type::Named(name) => matches!(schemas.get(name), Some(Schema::Enum(_))),
        _ => false,
    };
    if as_text {
        return decode(&Json::from(text), ty, schemas);
    }
    match serde_json::from_str(text) {
        Ok(json) => decode(&json, ty, schemas),
        Err(error) => {
            let message = format!("expected {ty}: {error}");
            Err(DecodeError { path: "$".to_owned(), message, kind: ErrorKind::ParseError })
        }
    }
}

/// A text read as a timestamp, duration, url, path or string; `None` where it is none.
pub(crate) fn decode_scalar_text(text: &str, ty: &Type) -> Option<Value> {
    match ty {
        Type::String => Some(Value::string(text)),
        Type::Bytes => base64::decode(text).map(|b| Value::Bytes(b.into())),
        Type::Timestamp => timestamp::parse_timestamp(text).map(Value::Timestamp),
        Type::Duration => duration::parse_duration(text).map(Value::Duration),
        Type::Url => pattern::normalise_url(text).map(|u| Value::Url(u.into())),
        Type::Path if !text.contains('\0') => Some(Value::Path(text.into())),
        _ => None,
    }
}

/// A step of a path, kept only on the way of an error.
enum Step<'a> {
    Member(&'a str),
    Element(usize),
}

struct Failure<'a> {
    /// From the inside out.
    steps: Vec<Step<'a>>,
    message: String,
    kind: ErrorKind,
}

impl<'a> Failure<'a> {
    fn parse(message: impl Into<String>) -> Box<Failure<'a>> {
        Box::new(Failure { steps: Vec::new(), message: message.into(), kind: ErrorKind::ParseError })
    }

    fn within(mut self: Box<Self>, step: Step<'a>) -> Box<Self> {
        self.steps.push(step);
        self
    }

    fn finish(self) -> DecodeError {
        let mut path = String::from("$");
        for step in self.steps.iter().rev() {
            // Writing to a string does not fail.
            let _ = match step {
                Step::Element(i) => write!(path, "[{i}]"),
                Step::Member(name) if is_plain(name) => write!(path, ".{name}"),
                Step::Member(name) => write!(path, "[{name:?}]"),
            };
        }
        DecodeError { path, message: self.message, kind: self.kind }
    }
}

fn is_plain(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '-')
}

type Decoded<'a> = Result<Value, Box<Failure<'a>>>;

/// One decoding, inside the bounds of an evaluation.
pub(crate) struct Decoder<'s, 'm> {
    pub(crate) schemas: &'s Schemas,
    pub(crate) meter: &'m mut Meter,
    pub(crate) depth: u32,
}

impl<'s> Decoder<'s, '_> {
    pub(crate) fn decode(&mut self, json: &Json, ty: &Type) -> Result<Value, DecodeError> {
        self.value(json, ty).map_err(|failure| failure.finish())
    }

    fn value<'a>(&mut self, json: &'a Json, ty: &Type) -> Decoded<'a>
    where
        's: 'a,
    {
        self.meter.steps(1).map_err(from_eval)?;
        self.depth = self.depth.checked_sub(1).ok_or_else(|| Failure::parse("nested too deeply"))?;
        let value = match ty {
            Type::List(element) => self.list(json, element),
            Type::Map(element) => self.map(json, element),
            Type::Optional(_) if json.is_null() => Ok(Value::Null),
            Type::Optional(inner) => self.value(json, inner),
            Type::Named(name) => self.named(json, name),
            Type::Record(fields) => self.anonymous(json, fields),
            _ => scalar(json, ty),
        };
        self.depth += 1;
        value
    }

    fn list<'a>(&mut self, json: &'a Json, element: &Type) -> Decoded<'a>
    where
        's: 'a,
    {
        let Json::Array(items) = json else {
            return Err(expected("an array", json));
        };
        let mut out = Vec::with_capacity(items.len());
        for (i, item) in items.iter().enumerate() {
            out.push(self.value(item, element).map_err(|e| e.within(Step::Element(i)))?);
        }
        Ok(Value::list(out))
    }

    fn map<'a>(&mut self, json: &'a Json, element: &Type) -> Decoded<'a>
    where
        's: 'a,
    {
        let Json::Object(entries) = json else {
            return Err(expected("an object", json));
        };
        let mut out = BTreeMap::new();
        for (key, item) in entries {
            let value = self.value(item, element).map_err(|e| e.within(Step::Member(key)))?;
            out.insert(SmolStr::from(key), value);
        }
        Ok(Value::Map(Arc::new(out)))
    }

    fn anonymous<'a>(&mut self, json: &'a Json, fields: &BTreeMap<SmolStr, Type>) -> Decoded<'a>
    where
        's: 'a,
    {
        let Json::Object(entries) = json else {
            return Err(expected("an object", json));
        };
        let mut out = BTreeMap::new();
        for (name, ty) in fields {
            let value = match entries.get_key_value(name.as_str()) {
                Some((key, item)) => self.value(item, ty).map_err(|e| e.within(Step::Member(key)))?,
                None if is_optional(ty) => Value::Null,
                None => return Err(Failure::parse(format!("`{name}` is missing"))),
            };
            out.insert(name.clone(), value);
        }
        Ok(Value::Record(None, Arc::new(out)))
    }

    fn named<'a>(&mut self, json: &'a Json, name: &SmolStr) -> Decoded<'a>
    where
        's: 'a,
    {
        let schemas: &'s Schemas = self.schemas;
        match schemas.get(name) {
            Some(Schema::Record(schema)) => self.record(json, name, schema),
            Some(Schema::Enum(schema)) => member(json, name, schema),
            None => Err(Failure::parse(format!("the type `{name}` is not known"))),
        }
    }

    fn record<'a>(&mut self, json: &'a Json, name: &SmolStr, schema: &'s RecordSchema) -> Decoded<'a>
    where
        's: 'a,
    {
        let Json::Object(entries) = json else {
            return Err(expected(&format!("an object for `{name}`"), json));
        };
        let mut out = BTreeMap::new();
        for field in &schema.fields {
            let value = self.field(entries.get(field.wire.as_str()), field)?;
            out.insert(field.name.clone(), value);
        }
        Ok(Value::Record(Some(name.clone()), Arc::new(out)))
    }

    fn field<'a>(&mut self, json: Option<&'a Json>, field: &'s FieldSchema) -> Decoded<'a>
    where
        's: 'a,
    {
        let within = |e: Box<Failure<'a>>| e.within(Step::Member(field.wire.as_str()));
        let Some(json) = json else {
            return match &field.default {
                Some(default) => Ok(default.clone()),
                None if is_optional(&field.ty) => Ok(Value::Null),
                None => Err(Failure::parse(format!("`{}` is missing", field.wire))),
            };
        };
        let value = self.value(json, &field.ty).map_err(within)?;
        self.constrain(field, &value).map_err(within)?;
        Ok(value)
    }

    fn constrain<'a>(&mut self, field: &'s FieldSchema, value: &Value) -> Result<(), Box<Failure<'a>>> {
        let Some(constraint) = &field.constraint else {
            return Ok(());
        };
        if value.is_null() {
            return Ok(());
        }
        let locals = [(field.name.clone(), value.clone())];
        let env = Closed { schemas: self.schemas, locals: &locals };
        match eval::eval_within(constraint, &env, self.meter, self.depth).map_err(from_eval)? {
            Value::Bool(true) => Ok(()),
            _ => {
                let mut failure = Failure::parse(format!("the constraint of `{}` does not hold", field.name));
                failure.kind = ErrorKind::Constraint;
                Err(failure)
            }
        }
    }
}

fn from_eval<'a>(error: EvalError) -> Box<Failure<'a>> {
    Box::new(Failure { steps: Vec::new(), message: error.message, kind: error.kind })
}

fn is_optional(ty: &Type) -> bool {
    matches!(ty, Type::Optional(_) | Type::Null | Type::Unit)
}

fn member<'a>(json: &Json, name: &SmolStr, schema: &EnumSchema) -> Decoded<'a> {
    let Json::String(text) = json else {
        return Err(expected(&format!("a member of `{name}`"), json));
    };
    if let Some(member) = schema.members.iter().find(|m| m.wire == *text) {
        return Ok(Value::Enum(name.clone(), member.name.clone()));
    }
    let members: Vec<String> = schema.members.iter().map(|m| format!("`{}`", m.wire)).collect();
    Err(Failure::parse(format!("expected one of {}, found {}", members.join(", "), shown(json))))
}

fn scalar<'a>(json: &Json, ty: &Type) -> Decoded<'a> {
    let value = match (ty, json) {
        (Type::Json, _) => Some(Value::from_json(json)),
        (Type::Unit | Type::Null, Json::Null) => Some(Value::Null),
        (Type::Bool, Json::Bool(b)) => Some(Value::Bool(*b)),
        (Type::Int, Json::Number(n)) => n.as_i64().or_else(|| whole(n.as_f64()?)).map(Value::Int),
        (Type::Float, Json::Number(n)) => n.as_f64().filter(|f| f.is_finite()).map(Value::Float),
        (_, Json::String(text)) => decode_scalar_text(text, ty),
        _ => None,
    };
    value.ok_or_else(|| expected(wanted(ty), json))
}

/// The int that a JSON number such as `3.0` is, where it is exact.
fn whole(number: f64) -> Option<i64> {
    (number.fract() == 0.0 && number.abs() <= 9_007_199_254_740_992.0).then_some(number as i64)
}

fn wanted(ty: &Type) -> &'static str {
    match ty {
        Type::Bool => "true or false",
        Type::Int => "a whole number of 64 bits",
        Type::Float => "a number",
        Type::String => "a string",
        Type::Bytes => "a string of base64",
        Type::Timestamp => "a timestamp such as 2026-01-31T09:00:00Z",
        Type::Duration => "a duration such as 90s or PT1M30S",
        Type::Url => "a url with a scheme",
        Type::Path => "a path",
        Type::Unit | Type::Null => "null",
        _ => "a value that JSON can spell",
    }
}

fn expected<'a>(what: &str, found: &Json) -> Box<Failure<'a>> {
    Failure::parse(format!("expected {what}, found {}", shown(found)))
}

/// A JSON value as messages show it: short, and containers only by name.
fn shown(json: &Json) -> String {
    match json {
        Json::Array(_) => "an array".to_owned(),
        Json::Object(_) => "an object".to_owned(),
        Json::String(text) if text.chars().count() > 40 => {
            let short: String = text.chars().take(40).collect();
            format!("{:?}", short + "…")
        }
        other => other.to_string(),
    }
}
