//! The fields of a graph's state.

use super::model::{Join, StateField};
use crate::from::langchain::data::data;
use crate::from::langchain::model::Effect;
use crate::from::langchain::names::last;
use crate::from::langchain::schema::{class_body, class_text};
use crate::from::langchain::state::M;
use crate::python::syntax::{ast, span_of};
use crate::python::value::Class;
use crate::python::{Object, Site, Value};
use std::rc::Rc;

/// Fields of a `TypedDict`, model or dataclass, those of its bases first.
pub(super) fn fields(m: &mut M<'_>, schema: &Value, site: Site) -> Vec<(String, StateField)> {
    let (mut out, mut joins) = (Vec::new(), Vec::new());
    let is_known = collect(m, schema, &mut out, &mut joins);
    for (name, class, expr) in joins {
        let value = m.eval_at(class.site.module, class.scope, &expr).ok();
        let join = value.and_then(|value| join(m, &value));
        if let Some((_, field)) = out.iter_mut().find(|(known, _)| *known == name) {
            field.join = join;
        }
    }
    if !is_known {
        let reason = m.describe(schema);
        m.host.lose(Effect::Setting, format!("the state of the graph is not known: {reason}"), site);
    }
    out
}

/// What a reducer of the file does.
fn join(m: &mut M<'_>, value: &Value) -> Option<Join> {
    let function = super::targets::function_of(m, value)?;
    let given = function.parameters()?;
    let names = given.posonlyargs.iter().chain(&given.args).map(|p| p.parameter.name.id.to_string());
    let parameters: [String; 2] = names.collect::<Vec<_>>().try_into().ok()?;
    let block = super::translate::routine(m, &function, parameters.iter().map(String::as_str));
    Some(Join { parameters, block })
}

fn collect(
    m: &M<'_>,
    schema: &Value,
    out: &mut Vec<(String, StateField)>,
    joins: &mut Vec<(String, Rc<Class>, ast::Expr)>,
) -> bool {
    let class = match (schema, m.object_of(schema)) {
        (Value::External(path), _) => return external(path, out),
        (_, Some(Object::Class(class))) => class.clone(),
        _ => return false,
    };
    let mut known = true;
    for base in &class.bases {
        known &= matches!(base, Value::External(path) if is_plain_base(path)) || collect(m, base, out, joins);
    }
    let Some(body) = class_body(m, &class) else { return false };
    let text = class_text(m, &class);
    for stmt in &body.body {
        let ast::Stmt::AnnAssign(field) = stmt else { continue };
        let ast::Expr::Name(name) = &*field.target else { continue };
        let mut shown = field_of(&text, &field.annotation);
        let given = field.value.as_ref().and_then(|_| m.class_attr_of(&class, name.id.as_str()));
        if let Some(expr) = reducer_of(&field.annotation) {
            joins.push((name.id.to_string(), class.clone(), expr.clone()));
        }
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
        join: None,
        default: None,
    };
    match last(path) {
        "MessagesState" | "AgentState" | "AgentStatePydantic" | "SwarmState" | "CopilotKitState" => {
            out.push(("messages".to_owned(), messages()));
            if last(path) == "SwarmState" {
                out.push((
                    "active_agent".to_owned(),
                    StateField { ty: "str".to_owned(), reducer: None, join: None, default: None },
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
                return StateField { ty: shown(annotation), reducer: None, join: None, default: None };
            };
            let ty = parts.elts.first().map(&shown).unwrap_or_default();
            let reducer = parts.elts.iter().skip(1).find_map(reducer);
            StateField { ty, reducer, join: None, default: None }
        }
        ast::Expr::Subscript(sub) if matches!(name_of(&sub.value), Some("NotRequired" | "Required")) => {
            field_of(text, &sub.slice)
        }
        other => StateField { ty: shown(other), reducer: None, join: None, default: None },
    }
}

/// The reducer of `Annotated[T, reducer]`.
fn reducer_of(annotation: &ast::Expr) -> Option<&ast::Expr> {
    let ast::Expr::Subscript(sub) = annotation else { return None };
    match (name_of(&sub.value)?, &*sub.slice) {
        ("Annotated", ast::Expr::Tuple(parts)) => parts.elts.iter().skip(1).find(|e| reducer(e).is_some()),
        ("NotRequired" | "Required", inner) => reducer_of(inner),
        _ => None,
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
