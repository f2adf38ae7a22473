//! The inputs and secrets of a run: given, from the environment, or by default; all problems at once.

use crate::codec;
use crate::redact::Redactor;
use rustchain_plan::eval::{self, Closed, Env, Limits};
use rustchain_plan::plan::{InputSpec, Plan};
use rustchain_plan::types::Schemas;
use rustchain_plan::{Labels, Type, Value};
use smol_str::SmolStr;
use std::collections::BTreeMap;

/// An input as it is given.
#[derive(Clone, Debug, PartialEq)]
pub enum Input {
    /// JSON, by wire names.
    Json(serde_json::Value),
    /// Text of a command line: texts, times and enum members as they are, the rest as JSON.
    Text(String),
}

/// The values of a run's inputs, in the plan's order.
pub(crate) type Params = Vec<(SmolStr, Value)>;

/// Resolves all inputs.
pub(crate) fn resolve(
    plan: &Plan,
    given: &BTreeMap<String, Input>,
    env: &dyn Fn(&str) -> Option<String>,
    redactor: &Redactor,
) -> Result<Params, Vec<String>> {
    let mut problems: Vec<String> = given
        .keys()
        .filter(|name| !plan.inputs.iter().any(|spec| spec.name == name.as_str()))
        .map(|name| format!("the mission has no input `{name}`"))
        .collect();
    let mut params = Vec::with_capacity(plan.inputs.len());
    for spec in &plan.inputs {
        match value(plan, spec, given.get(spec.name.as_str()), env, &params) {
            Ok(value) => {
                if spec.labels.contains(Labels::SECRET) {
                    hide(&spec.name, &value, redactor);
                }
                params.push((spec.name.clone(), value));
            }
            Err(problem) => problems.push(problem),
        }
    }
    if problems.is_empty() { Ok(params) } else { Err(problems) }
}

/// As [`resolve`], but an input that is not given is left out: for one step, which may not read it.
pub(crate) fn resolve_given(
    plan: &Plan,
    given: &BTreeMap<String, Input>,
    env: &dyn Fn(&str) -> Option<String>,
    redactor: &Redactor,
) -> Result<Params, Vec<String>> {
    let mut problems = Vec::new();
    let mut params = Params::new();
    for spec in &plan.inputs {
        let input = given.get(spec.name.as_str());
        match value(plan, spec, input, env, &params) {
            Ok(value) => {
                if spec.labels.contains(Labels::SECRET) {
                    hide(&spec.name, &value, redactor);
                }
                params.push((spec.name.clone(), value));
            }
            Err(problem) if input.is_some() => problems.push(problem),
            Err(_) => {}
        }
    }
    if problems.is_empty() { Ok(params) } else { Err(problems) }
}

/// Checks values that are already typed (a test's `given`), and fills in defaults.
pub(crate) fn complete(plan: &Plan, given: Params) -> Result<Params, Vec<String>> {
    let mut problems: Vec<String> = given
        .iter()
        .filter(|(name, _)| !plan.inputs.iter().any(|spec| spec.name == *name))
        .map(|(name, _)| format!("the mission has no input `{name}`"))
        .collect();
    let mut params: Params = Vec::with_capacity(plan.inputs.len());
    for spec in &plan.inputs {
        let given = given.iter().rev().find(|(name, _)| *name == spec.name).map(|(_, value)| value.clone());
        let found = match given {
            Some(value) => keeps(plan, spec, &value).map(|()| value),
            None => default(plan, spec, &params),
        };
        match found {
            Ok(value) => params.push((spec.name.clone(), value)),
            Err(problem) => problems.push(problem),
        }
    }
    if problems.is_empty() { Ok(params) } else { Err(problems) }
}

/// The inputs as the log has them.
pub(crate) fn logged(plan: &Plan, params: &Params) -> serde_json::Value {
    let shown = params.iter().map(|(name, value)| {
        let secret =
            plan.inputs.iter().any(|spec| spec.name == *name && spec.labels.contains(Labels::SECRET));
        let json = match secret {
            true => format!("[secret:{name}]").into(),
            false => codec::encode(value, &plan.schemas),
        };
        (name.to_string(), json)
    });
    serde_json::Value::Object(shown.collect())
}

fn value(
    plan: &Plan,
    spec: &InputSpec,
    given: Option<&Input>,
    env: &dyn Fn(&str) -> Option<String>,
    earlier: &Params,
) -> Result<Value, String> {
    let from_env = || spec.env.as_ref().and_then(|name| env(name));
    let decoded = match given {
        Some(Input::Json(json)) => codec::decode(json, &spec.ty, &plan.schemas),
        Some(Input::Text(text)) => codec::decode_text(text, &spec.ty, &plan.schemas),
        None => match from_env() {
            Some(text) => codec::decode_text(&text, &spec.ty, &plan.schemas),
            None => return default(plan, spec, earlier),
        },
    };
    let value = decoded.map_err(|error| format!("{} `{}`: {}", noun(spec), spec.name, error.message))?;
    keeps(plan, spec, &value)?;
    Ok(value)
}

fn default(plan: &Plan, spec: &InputSpec, earlier: &Params) -> Result<Value, String> {
    let Some(expr) = &spec.default else {
        if matches!(spec.ty, Type::Optional(_)) {
            return Ok(Value::Null);
        }
        return Err(match &spec.env {
            Some(env) => format!("{} `{}` is not given, and `{env}` is not set", noun(spec), spec.name),
            None => format!("{} `{}` is not given", noun(spec), spec.name),
        });
    };
    let env = Earlier { schemas: &plan.schemas, params: earlier };
    let value = eval::eval(expr, &env, &Limits::default())
        .map_err(|error| format!("the default of `{}`: {}", spec.name, error.message))?;
    keeps(plan, spec, &value)?;
    Ok(value)
}

/// What a default may read: the inputs before it.
struct Earlier<'a> {
    schemas: &'a Schemas,
    params: &'a Params,
}

impl Env for Earlier<'_> {
    fn schemas(&self) -> &Schemas {
        self.schemas
    }

    fn param(&self, _up: u32, name: &str) -> Option<Value> {
        self.params.iter().find(|(n, _)| n == name).map(|(_, v)| v.clone())
    }
}

fn keeps(plan: &Plan, spec: &InputSpec, value: &Value) -> Result<(), String> {
    let Some(constraint) = &spec.constraint else { return Ok(()) };
    if value.is_null() && matches!(spec.ty, Type::Optional(_)) {
        return Ok(());
    }
    let locals = [(spec.name.clone(), value.clone())];
    let env = Closed { schemas: &plan.schemas, locals: &locals };
    match eval::eval(constraint, &env, &Limits::default()) {
        Ok(Value::Bool(true)) => Ok(()),
        Ok(_) => Err(format!("{} `{}` does not keep to its `where`", noun(spec), spec.name)),
        Err(error) => Err(format!("{} `{}`: {}", noun(spec), spec.name, error.message)),
    }
}

fn noun(spec: &InputSpec) -> &'static str {
    if spec.labels.contains(Labels::SECRET) { "secret" } else { "input" }
}

/// Tells the redactor every text in a secret.
fn hide(name: &str, value: &Value, redactor: &Redactor) {
    match value {
        Value::List(items) => items.iter().for_each(|item| hide(name, item, redactor)),
        Value::Map(map) | Value::Record(_, map) => map.values().for_each(|item| hide(name, item, redactor)),
        Value::Json(json) => hide_json(name, json, redactor),
        Value::Int(n) => redactor.add(name, &n.to_string()),
        other => {
            if let Some(text) = other.as_text() {
                redactor.add(name, text);
            }
        }
    }
}

fn hide_json(name: &str, json: &serde_json::Value, redactor: &Redactor) {
    match json {
        serde_json::Value::String(text) => redactor.add(name, text),
        serde_json::Value::Array(items) => items.iter().for_each(|item| hide_json(name, item, redactor)),
        serde_json::Value::Object(map) => map.values().for_each(|item| hide_json(name, item, redactor)),
        _ => {}
    }
}
