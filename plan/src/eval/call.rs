//! The pure functions of the standard library, by name; their signatures stand in `stdlib/pure.mission`.

use super::error::EvalError;
use super::meter::Meter;
use super::{compare, hash, json, list, map, math, path, text, time, url};
use crate::types::Schemas;
use crate::value::Value;
use smol_str::SmolStr;
use std::collections::BTreeMap;
use std::sync::Arc;

type Eval = Result<Value, EvalError>;
type Function = fn(&mut Args<'_>) -> Eval;

/// Every function with the number of its parameters, sorted by name.
const TABLE: &[(&str, usize, Function)] = &[
    ("abs", 1, math::abs),
    ("after", 2, text::after),
    ("all", 1, list::all),
    ("any", 1, list::any),
    ("base64.decode", 1, hash::base64_decode),
    ("base64.encode", 1, hash::base64_encode),
    ("before", 2, text::before),
    ("ceil", 1, math::ceil),
    ("chunks", 2, list::chunks),
    ("clamp", 3, math::clamp),
    ("confine", 2, path::confine),
    ("count", 2, list::count),
    ("decimals", 2, math::decimals),
    ("drop", 2, list::drop),
    ("ends_with", 2, text::ends_with),
    ("first", 1, list::first),
    ("flatten", 1, list::flatten),
    ("floor", 1, math::floor),
    ("format", 2, time::format),
    ("get", 2, list::get),
    ("hash.sha256", 1, hash::sha256),
    ("indent", 2, text::indent),
    ("index_of", 2, list::index_of),
    ("join", 2, text::join),
    ("json.merge", 2, json::merge),
    ("json.of", 1, json::of),
    ("json.parse", 1, json::parse),
    ("json.pretty", 1, json::pretty),
    ("json.render", 1, json::render),
    ("json.select", 2, json::select),
    ("keys", 1, map::keys),
    ("last", 1, list::last),
    ("len", 1, list::len),
    ("lines", 1, text::lines),
    ("lookup", 2, map::lookup),
    ("lower", 1, text::lower),
    ("max", 1, list::max),
    ("merge", 2, map::merge),
    ("min", 1, list::min),
    ("pad_end", 3, text::pad_end),
    ("pad_start", 3, text::pad_start),
    ("path.extension", 1, path::extension),
    ("path.join", 2, path::join),
    ("path.name", 1, path::name),
    ("path.parent", 1, path::parent),
    ("path.stem", 1, path::stem),
    ("pow", 2, math::pow),
    ("range", 2, list::range),
    ("repeat", 2, text::repeat),
    ("replace", 3, text::replace),
    ("reverse", 1, list::reverse),
    ("round", 1, math::round),
    ("seconds", 1, time::seconds),
    ("sort", 1, list::sort),
    ("split", 2, text::split),
    ("sqrt", 1, math::sqrt),
    ("starts_with", 2, text::starts_with),
    ("substring", 3, text::substring),
    ("sum", 1, list::sum),
    ("take", 2, list::take),
    ("time.floor", 2, time::floor),
    ("time.from_unix", 1, time::from_unix),
    ("time.parse", 2, time::parse),
    ("time.unix", 1, time::unix),
    ("to_float", 1, math::to_float),
    ("to_int", 1, math::to_int),
    ("trim", 1, text::trim),
    ("truncate", 3, text::truncate),
    ("unique", 1, list::unique),
    ("upper", 1, text::upper),
    ("url.encode", 1, url::encode),
    ("url.host", 1, url::host),
    ("url.join", 2, url::join),
    ("values", 1, map::values),
    ("weekday", 1, time::weekday),
    ("words", 1, text::words),
];

/// The names of all functions with the number of their parameters, sorted.
pub const FUNCTIONS: [(&str, usize); TABLE.len()] = {
    let mut names = [("", 0); TABLE.len()];
    let mut i = 0;
    while i < TABLE.len() {
        names[i] = (TABLE[i].0, TABLE[i].1);
        i += 1;
    }
    names
};

/// The result of a pure function; arguments in the order of its signature, defaults filled in.
pub fn call(function: &str, args: &[Value], schemas: &Schemas, meter: &mut Meter) -> Eval {
    let found = TABLE.binary_search_by(|(name, ..)| (*name).cmp(function)).ok().and_then(|i| TABLE.get(i));
    let Some((name, count, body)) = found else {
        return Err(EvalError::invalid(format!("there is no function `{function}`")));
    };
    if args.len() != *count {
        let message = format!("`{name}` takes {count} arguments, not {}", args.len());
        return Err(EvalError::invalid(message));
    }
    body(&mut Args { name, values: args, schemas, meter })
}

/// The arguments of a call.
pub(super) struct Args<'a> {
    name: &'a str,
    values: &'a [Value],
    pub(super) schemas: &'a Schemas,
    pub(super) meter: &'a mut Meter,
}

impl<'a> Args<'a> {
    pub(super) fn value(&self, at: usize) -> Result<&'a Value, EvalError> {
        self.values.get(at).ok_or_else(|| EvalError::invalid(format!("`{}` lacks an argument", self.name)))
    }

    fn wrong(&self, at: usize, wanted: &str) -> EvalError {
        let found = self.values.get(at).map_or("nothing", Value::form);
        EvalError::invalid(format!("argument {} of `{}` must be {wanted}, not {found}", at + 1, self.name))
    }

    /// A string, url, path, or a json string; the work of reading it is counted.
    pub(super) fn text(&mut self, at: usize) -> Result<&'a str, EvalError> {
        let text = match self.value(at)? {
            Value::Json(json) => json.as_str(),
            other => other.as_text(),
        };
        let text = text.ok_or_else(|| self.wrong(at, "a text"))?;
        self.meter.look(text.len())?;
        Ok(text)
    }

    pub(super) fn int(&self, at: usize) -> Result<i64, EvalError> {
        match self.value(at)? {
            Value::Int(n) => Ok(*n),
            _ => Err(self.wrong(at, "an int")),
        }
    }

    /// An int that counts something: not negative.
    pub(super) fn count(&self, at: usize) -> Result<usize, EvalError> {
        let number = self.int(at)?;
        usize::try_from(number).map_err(|_| {
            EvalError::arithmetic(format!(
                "argument {} of `{}` must not be negative: {number}",
                at + 1,
                self.name
            ))
        })
    }

    /// A float, or an int as one.
    pub(super) fn float(&self, at: usize) -> Result<f64, EvalError> {
        match self.value(at)? {
            Value::Float(n) => Ok(*n),
            Value::Int(n) => Ok(*n as f64),
            _ => Err(self.wrong(at, "a number")),
        }
    }

    pub(super) fn timestamp(&self, at: usize) -> Result<i64, EvalError> {
        match self.value(at)? {
            Value::Timestamp(n) => Ok(*n),
            _ => Err(self.wrong(at, "a timestamp")),
        }
    }

    pub(super) fn duration(&self, at: usize) -> Result<i64, EvalError> {
        match self.value(at)? {
            Value::Duration(n) => Ok(*n),
            _ => Err(self.wrong(at, "a duration")),
        }
    }

    /// A list; the work of walking it is counted.
    pub(super) fn list(&mut self, at: usize) -> Result<&'a [Value], EvalError> {
        match self.value(at)? {
            Value::List(items) => {
                self.meter.steps(items.len())?;
                Ok(items)
            }
            _ => Err(self.wrong(at, "a list")),
        }
    }

    /// A map; the work of walking it is counted.
    pub(super) fn map(&mut self, at: usize) -> Result<&'a Arc<BTreeMap<SmolStr, Value>>, EvalError> {
        match self.value(at)? {
            Value::Map(entries) | Value::Record(_, entries) => {
                self.meter.steps(entries.len())?;
                Ok(entries)
            }
            _ => Err(self.wrong(at, "a map")),
        }
    }

    /// Any value as json, within the bounds of values.
    pub(super) fn json(&mut self, at: usize) -> Result<serde_json::Value, EvalError> {
        let value = self.value(at)?;
        compare::check_size(value, self.meter)?;
        Ok(crate::codec::encode(value, self.schemas))
    }
}
