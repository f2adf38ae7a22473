//! The fields of a graph's state.

use super::model::StateField;
use crate::from::langchain::data::data;
use crate::from::langchain::model::Effect;
use crate::from::langchain::names::last;
use crate::from::langchain::schema::{class_body, class_text};
use crate::from::langchain::state::M;
use crate::python::syntax::{ast, span_of};
use crate::python::{Object, Site, Value};

/// Fields of a `TypedDict`, model or dataclass, those of its bases first.
pub(super) fn fields(m: &mut M<'_>, schema: &Value, site: Site) -> Vec<(String, StateField)> {
    let mut out = Vec::new();
    if !collect(m, schema, &mut out) {
        let reason = m.describe(schema);
        m.host.lose(Effect::Setting, format!("the state of the graph is not known: {reason}"), site);
    }
    out
}

fn collect(m: &M<'_>, schema: &Value, out: &mut Vec<(String, StateField)>) -> bool {
    let class = match (schema, m.object_of(schema)) {
        (Value::External(path), _) => return external(path, out),
        (_, Some(Object::Class(class))) => class.clone(),
        _ => return false,
    };
    let mut known = true;
    for base in &class.bases {
        known &= matches!(base, Value::External(path) if is_plain_base(path)) || collect(m, base, out);
    }
    let Some(body) = class_body(m, &class) else { return false };
    let text = class_text(m, &class);
    for stmt in &body.body {
        let ast::Stmt::AnnAssign(field) = stmt else { continue };
        let ast::Expr::Name(name) = &*field.target else { continue };
        let mut shown = field_of(&text, &field.annotation);
        let given = field.value.as_ref().and_then(|_| m.class_attr_of(&class, name.id.as_str()));
        shown.default = given.map(|value| data(m, &value));
        match out.iter_mut().find(|(known, _)| *known == name.id.as_str()) {
            Some((_, old)) => *old = shown,
            None => out.push((name.id.to_string(), shown)),
        }
    }
    known
}

fn is_plain_base(path: &str) -> bool {
    matches!(last(path), "TypedDict" | "BaseModel" | "object" | "ABC" | "Generic" | "Protocol")
}

/// Schemas of the libraries.
fn external(path: &str, out: &mut Vec<(String, StateField)>) -> bool {
    let messages = || StateField {
        ty: "list[AnyMessage]".to_owned(),
        reducer: Some("_add_messages".to_owned()),
        default: None,
    };
    match last(path) {
        "MessagesState" | "AgentState" | "AgentStatePydantic" | "SwarmState" | "CopilotKitState" => {
            out.push(("messages".to_owned(), messages()));
            if last(path) == "SwarmState" {
                out.push((
                    "active_agent".to_owned(),
                    StateField { ty: "str".to_owned(), reducer: None, default: None },
                ));
            }
            true
        }
        "dict" | "list" => true,
        _ => false,
    }
}

/// `Annotated[T, reducer]` or a plain type, in the text that the class was parsed from.
fn field_of(text: &str, annotation: &ast::Expr) -> StateField {
    let shown = |expr: &ast::Expr| printed(expr, text);
    match annotation {
        ast::Expr::Subscript(sub) if name_of(&sub.value) == Some("Annotated") => {
            let ast::Expr::Tuple(parts) = &*sub.slice else {
                return StateField { ty: shown(annotation), reducer: None, default: None };
            };
            let ty = parts.elts.first().map(&shown).unwrap_or_default();
            let reducer = parts.elts.iter().skip(1).find_map(reducer);
            StateField { ty, reducer, default: None }
        }
        ast::Expr::Subscript(sub) if matches!(name_of(&sub.value), Some("NotRequired" | "Required")) => {
            field_of(text, &sub.slice)
        }
        other => StateField { ty: shown(other), reducer: None, default: None },
    }
}

/// The name of a reducer: a function; descriptions and `Field(…)` are none.
fn reducer(expr: &ast::Expr) -> Option<String> {
    match expr {
        ast::Expr::Name(name) if name.id.as_str() == "add_messages" => Some("_add_messages".to_owned()),
        ast::Expr::Name(name) => Some(name.id.to_string()),
        ast::Expr::Attribute(attr) if attr.attr.as_str() == "add_messages" => {
            Some("_add_messages".to_owned())
        }
        ast::Expr::Attribute(attr) => Some(attr.attr.to_string()),
        ast::Expr::Lambda(_) => Some("<lambda>".to_owned()),
        _ => None,
    }
}

fn name_of(expr: &ast::Expr) -> Option<&str> {
    match expr {
        ast::Expr::Name(name) => Some(name.id.as_str()),
        ast::Expr::Attribute(attr) => Some(attr.attr.as_str()),
        _ => None,
    }
}

fn printed(expr: &ast::Expr, text: &str) -> String {
    text.get(span_of(expr).range()).unwrap_or_default().to_owned()
}
