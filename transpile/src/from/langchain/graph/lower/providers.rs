//! Models and tools that functions of a graph use.

use super::texts::quoted;
use super::types::{Record, Ty};
use crate::from::langchain::lower::runnable::output_mode;
use crate::from::langchain::lower::{Body, Shared, provider, records, tools};
use crate::from::langchain::model::{Data, Node, OpKind, Origin, Schema};
use crate::from::langchain::schema::{name_of, properties};
use crate::from::lower::names::{identifier, type_name};
use serde_json::Value as Json;

/// What the missions of a file share, as functions of a graph need it.
pub struct Providers<'p, 'f> {
    /// Declarations and names of the file.
    pub shared: &'p mut Shared<'f>,
}

impl Providers<'_, '_> {
    /// A name that no declaration has.
    pub fn fresh(&mut self, name: &str) -> String {
        self.shared.names.fresh(name)
    }

    /// The name of a model's provider; it is declared once.
    ///
    /// # Errors
    /// A vendor that missions do not speak to.
    pub fn name_of(&mut self, op: &Node) -> Result<String, String> {
        let found = provider::of(&mut Body::new(self.shared), op);
        found.ok_or_else(|| "its model is none that the runtime has".to_owned())
    }

    /// The name of a tool; it is declared once.
    ///
    /// # Errors
    /// A tool that cannot be carried over.
    pub fn tool(&mut self, op: &Node) -> Result<String, String> {
        let found = tools::list(&mut Body::new(self.shared), std::slice::from_ref(op), &op.origin);
        found.into_iter().next().ok_or_else(|| "it has a tool that is not carried over".to_owned())
    }

    /// The type of what a tool gives.
    pub fn tool_result(&self, op: &Node) -> Ty {
        let OpKind::Tool(tool) = &op.kind else { return Ty::Json };
        let function = tool.code.as_ref().and_then(|code| tools::callable(self.shared, code));
        match function.and_then(|f| f.returns).as_deref() {
            Some("int") => Ty::Int,
            Some("float") => Ty::Float,
            Some("bool") => Ty::Bool,
            Some("str") => Ty::String,
            _ => Ty::Json,
        }
    }

    /// Arguments that were bound to a model.
    ///
    /// # Errors
    /// One without a counterpart.
    pub fn bound_args(&self, op: &Node) -> Result<Vec<String>, String> {
        let OpKind::Bind(bind) = &op.kind else { return Ok(Vec::new()) };
        let mut out = Vec::new();
        for (name, value) in &bind.kwargs {
            match (name.as_str(), value) {
                // How a structured answer is asked for: `output` says it.
                ("response_format" | "tool_choice" | "format", _) if bind.schema.is_some() => {}
                ("tools", _) | (_, Data::Null) => {}
                ("parallel_tool_calls", Data::Bool(yes)) => out.push(format!("parallel_tool_calls: {yes}")),
                ("tool_choice", Data::Str(choice)) => {
                    let choice = if choice == "any" { "required" } else { choice };
                    out.push(format!("tool_choice: {}", quoted(choice)));
                }
                ("stop", Data::List(_)) => out.push(format!("stop: {}", data(value)?)),
                _ => return Err(format!("the bound argument `{name}` has no counterpart")),
            }
        }
        Ok(out)
    }

    /// The type of a structured answer, and how the model is asked for it; `None`: none is asked for.
    ///
    /// # Errors
    /// A form of answer that is not checked by the model's server.
    pub fn structured(&mut self, op: &Node) -> Result<Option<(Ty, &'static str)>, String> {
        let OpKind::Bind(bind) = &op.kind else { return Ok(None) };
        let Some(schema) = &bind.schema else { return Ok(None) };
        let mode = output_mode(bind, schema);
        if mode == "json_mode" {
            return Err("it asks for JSON without a schema".to_owned());
        }
        Ok(Some((self.record(schema, &op.origin), mode)))
    }

    /// The record of a schema; it is declared once.
    pub fn record(&mut self, schema: &Schema, origin: &Origin) -> Ty {
        let mut body = Body::new(self.shared);
        let name = records::of(&mut body, schema, origin);
        record(&mut body, (&name, &schema.name), &schema.json, origin, 0)
    }

    /// What the library's client does by itself, as clauses.
    pub fn clauses(&self, op: &Node) -> String {
        provider::client_retry(op).map_or(String::new(), |clause| format!(" with {{\n    {clause}\n  }}"))
    }
}

/// The record `name`, which stands for a schema of another name.
fn record(
    body: &mut Body<'_, '_>,
    (name, schema): (&str, &str),
    json: &Json,
    origin: &Origin,
    depth: u32,
) -> Ty {
    if name == "json" {
        return Ty::Json;
    }
    let mut fields = Vec::new();
    for (field, own) in properties(json) {
        let text = records::field_type(body, (schema, json), (field, own), origin, depth);
        let inner = format!("{schema}{}", type_name(field));
        let ty = typed(body, (&text, &inner), own, origin, depth);
        fields.push((field.clone(), identifier(field), ty));
    }
    Ty::Record(Record { name: name.to_owned(), fields })
}

/// The type that is written `text`, of a schema that is called `name` where it has no name of its own.
fn typed(
    body: &mut Body<'_, '_>,
    (text, name): (&str, &str),
    json: &Json,
    origin: &Origin,
    depth: u32,
) -> Ty {
    if let Some(inner) = text.strip_suffix('?') {
        return typed(body, (inner, name), json, origin, depth).optional();
    }
    let present = |json: &Json| json.get("type").is_none_or(|ty| ty != "null");
    let one = json.get("anyOf").and_then(Json::as_array).and_then(|any| any.iter().find(|j| present(j)));
    let json = one.unwrap_or(json);
    let inside = |open: &str| text.strip_prefix(open).and_then(|rest| rest.strip_suffix('>'));
    match text {
        "string" => Ty::String,
        "int" => Ty::Int,
        "float" => Ty::Float,
        "bool" => Ty::Bool,
        "json" | "timestamp" => Ty::Json,
        _ => match (inside("list<"), inside("map<string, "), json.get("items")) {
            (Some(item), _, items) => {
                let item = typed(body, (item, name), items.unwrap_or(&Json::Null), origin, depth + 1);
                Ty::List(Box::new(item))
            }
            (_, Some(_), _) => Ty::Map(Box::new(Ty::Json)),
            _ if json.get("properties").is_some() => {
                record(body, (text, name_of(json).unwrap_or(name)), json, origin, depth + 1)
            }
            _ => Ty::Enum(text.to_owned()),
        },
    }
}

/// A plain value as text.
///
/// # Errors
/// A value that is not plain.
pub fn data(value: &Data) -> Result<String, String> {
    provider::argument(value).ok_or_else(|| "a setting whose value is not known".to_owned())
}
