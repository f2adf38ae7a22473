//! Functions as Python tools.

use super::records;
use super::value::{self, Code, Value};
use super::{Body, Shared};
use crate::from::callable::Callable;
use crate::from::langchain::model::{self, Data, Effect, Node, OpKind, Origin, Tool};
use crate::from::langchain::schema::properties;
use crate::from::lower::text::{docs, string};
use crate::from::lower::{Fate, names};
use serde_json::Value as Json;

/// The function of a file behind a place.
pub(in crate::from::langchain) fn callable(shared: &Shared<'_>, code: &model::Code) -> Option<Callable> {
    let wanted = &code.origin;
    shared
        .file
        .functions
        .iter()
        .find(|f| f.origin.file == wanted.file && f.origin.span.start == wanted.span.start)
        .cloned()
}

/// A function of one argument that a chain calls.
pub(super) fn call_function(
    body: &mut Body<'_, '_>,
    code: &model::Code,
    input: &Value,
    origin: &Origin,
) -> Value {
    let Some(function) = callable(body.shared, code) else {
        return lost(body, &format!("the function `{}` is not known", code.name), origin);
    };
    if let Some(value) = super::condition::translate(body, &function, input, origin) {
        return value;
    }
    let argument = match (input, super::condition::keys_read(&function)) {
        (Value::Inputs | Value::Dict(_, Some(_)), Some(keys)) if !keys.is_empty() => {
            let read = keys.iter().map(|k| (k.clone(), value::key(body, input, k, "json", origin))).collect();
            let dict = value::code(body, &Value::Dict(read, None), origin);
            Code::new(dict.code, "json")
        }
        (Value::Inputs, _) => {
            let name = body.input("input", "json");
            Code::new(name, "json")
        }
        (other, _) => {
            let code = value::code(body, other, origin);
            let ty = if code.ty.starts_with('{') { "json".into() } else { code.ty };
            Code::new(code.code, ty)
        }
    };
    let result = match function.returns.as_deref() {
        Some("str") => "string",
        Some("int") => "int",
        Some("float") => "float",
        Some("bool") => "bool",
        _ => "json",
    };
    missing(body, &function, origin);
    let Some(parameter) = function.params.first() else {
        return lost(body, &format!("the function `{}` takes no argument", function.name), origin);
    };
    let id = names::identifier(&parameter.name);
    let wire = if id == parameter.name { String::new() } else { format!(" as {}", string(&parameter.name)) };
    let place = body.shared.python.add(&function);
    let signature = format!("({id}{wire}: {}) -> {result} = python({})", argument.ty, string(&place));
    let tool = body.shared.declare(format!("tool {}{signature}", function.name), &function.name, |name| {
        format!("tool {name}{signature}")
    });
    let step = body.step(&function.name, format!("{tool}({id}: {})", argument.code), origin);
    Value::Code(Code::new(step, result))
}

/// A hole for a value, with the loss that says why.
pub(super) fn lost(body: &mut Body<'_, '_>, message: &str, origin: &Origin) -> Value {
    body.shared.note(Fate::Lost, Effect::Structure, message, origin);
    let code = value::hole("json", message);
    let step = body.step("hole_", code.code, origin);
    Value::Code(Code::new(step, "json"))
}

fn missing(body: &mut Body<'_, '_>, function: &Callable, origin: &Origin) {
    for name in &function.missing {
        let message =
            format!("the function `{}` uses `{name}`, which could not be carried over", function.name);
        body.shared.note(Fate::Lost, Effect::Body, message, origin);
    }
}

/// The names of tools that a model is given.
pub(in crate::from::langchain) fn list(
    body: &mut Body<'_, '_>,
    tools: &[Node],
    origin: &Origin,
) -> Vec<String> {
    tools.iter().filter_map(|op| one(body, op, origin)).collect()
}

fn one(body: &mut Body<'_, '_>, op: &Node, origin: &Origin) -> Option<String> {
    let OpKind::Tool(tool) = &op.kind else {
        body.shared.note(Fate::Lost, Effect::Structure, "a tool is not known", origin);
        return None;
    };
    let Some(name) = tool.name.as_str() else {
        body.shared.note(Fate::Lost, Effect::Setting, "the name of a tool is not known", &op.origin);
        return None;
    };
    let function = tool.code.as_ref().and_then(|code| callable(body.shared, code));
    let place = match &function {
        Some(function) => {
            missing(body, function, &op.origin);
            format!("python({})", string(&body.shared.python.add(function)))
        }
        None => {
            let message = format!("what the tool `{name}` does is not in the file");
            body.shared.note(Fate::Lost, Effect::Body, message, &op.origin);
            return None;
        }
    };
    let params = parameters(body, tool, name, &op.origin);
    let result = match function.as_ref().and_then(|f| f.returns.as_deref()) {
        Some("int") => "int",
        Some("float") => "float",
        Some("bool") => "bool",
        Some("str") => "string",
        _ => "json",
    };
    let doc = match &tool.description {
        Data::Str(text) if !text.is_empty() => docs(text, 0),
        _ => String::new(),
    };
    let id = names::identifier(name);
    if id != name {
        let message = format!("the tool `{name}` is called `{id}`");
        body.shared.note(Fate::Approximated, Effect::Setting, message, &op.origin);
    }
    let signature = format!("({params}) -> {result} = {place}");
    Some(
        body.shared
            .declare(format!("tool {name}{signature}"), &id, |name| format!("{doc}tool {name}{signature}")),
    )
}

fn parameters(body: &mut Body<'_, '_>, tool: &Tool, name: &str, origin: &Origin) -> String {
    let mut out = Vec::new();
    for (field, schema) in properties(&tool.args_schema) {
        let inner = format!("{}{}", names::type_name(name), names::type_name(field));
        let ty = records::type_of(body, &inner, schema, origin, 0);
        let id = names::identifier(field);
        let wire = if id == *field { String::new() } else { format!(" as {}", string(field)) };
        let bounds = records::constraint(schema, &id);
        let default = schema.get("default").and_then(|default| records::default_code(default, &ty));
        let default = default.map(|d| format!(" = {d}")).unwrap_or_default();
        let doc = schema.get("description").and_then(Json::as_str).map(|text| format!("\n{}", docs(text, 2)));
        out.push(format!("{}{id}{wire}: {ty}{bounds}{default}", doc.unwrap_or_default()));
    }
    out.join(", ")
}
