//! `toml.*`.

use crate::step::{StepCall, StepError};
use crate::steps::convert;
use ::toml::Value as Toml;
use rustchain_plan::{ErrorKind, Value};
use serde_json::Value as Json;

/// `toml.parse`; dates and times become texts.
pub fn parse(call: &StepCall<'_>) -> Result<Value, StepError> {
    let table: ::toml::Table = ::toml::from_str(call.text("text")?).map_err(|e| {
        StepError::new(ErrorKind::ParseError, format!("no TOML: {}", convert::excerpt(&e.to_string(), 300)))
    })?;
    convert::decode(call.context, to_json(Toml::Table(table)), convert::type_arg(call, call.result))
}

/// `toml.render`.
pub fn render(call: &StepCall<'_>) -> Result<Value, StepError> {
    let json = convert::encode(call.context, call.arg("value"));
    let Toml::Table(table) = from_json(json, "$")? else {
        return Err(StepError::invalid("a TOML text is an object; this value is none"));
    };
    let text = ::toml::to_string(&table).map_err(|e| StepError::invalid(format!("no TOML form: {e}")))?;
    Ok(Value::string(text))
}

fn to_json(value: Toml) -> Json {
    match value {
        Toml::String(text) => Json::from(text),
        Toml::Integer(n) => Json::from(n),
        Toml::Float(x) => Json::from(x),
        Toml::Boolean(b) => Json::from(b),
        Toml::Datetime(time) => Json::from(time.to_string()),
        Toml::Array(items) => items.into_iter().map(to_json).collect(),
        Toml::Table(table) => Json::Object(table.into_iter().map(|(k, v)| (k, to_json(v))).collect()),
    }
}

fn from_json(value: Json, path: &str) -> Result<Toml, StepError> {
    Ok(match value {
        Json::Null => return Err(StepError::invalid(format!("TOML has no null, which stands at {path}"))),
        Json::Bool(b) => Toml::Boolean(b),
        Json::Number(n) => match (n.as_i64(), n.as_f64()) {
            (Some(n), _) => Toml::Integer(n),
            (None, Some(x)) => Toml::Float(x),
            (None, None) => return Err(StepError::invalid(format!("the number at {path} has no TOML form"))),
        },
        Json::String(text) => Toml::String(text),
        Json::Array(items) => {
            let items = items.into_iter().enumerate();
            Toml::Array(items.map(|(i, v)| from_json(v, &format!("{path}[{i}]"))).collect::<Result<_, _>>()?)
        }
        Json::Object(map) => {
            let members = map.into_iter().map(|(k, v)| {
                let path = format!("{path}.{k}");
                Ok((k, from_json(v, &path)?))
            });
            Toml::Table(members.collect::<Result<_, StepError>>()?)
        }
    })
}
