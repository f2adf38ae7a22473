//! The schema of a class of the file: a model, typed dict, dataclass or enum.

use super::{FieldInfo, Lookup, MAX_DEPTH, NAME, ORDER, apply, field_of_value, of_annotation, property};
use crate::from::langchain::names::{is_family, last};
use crate::from::langchain::state::M;
use crate::python::Value;
use crate::python::syntax::{self, ast};
use crate::python::value::Class;
use serde_json::{Map, Value as Json, json};
use std::rc::Rc;

/// The definition of a class of a file, parsed again from its text.
pub(in crate::from::langchain) fn class_body(m: &M<'_>, class: &Class) -> Option<ast::StmtClassDef> {
    let (tree, _) = syntax::parse(&class_text(m, class)).ok()?;
    tree.body.into_iter().find_map(|s| match s {
        ast::Stmt::ClassDef(def) => Some(def),
        _ => None,
    })
}

/// The text of a class without the indent of its place.
pub(in crate::from::langchain) fn class_text(m: &M<'_>, class: &Class) -> String {
    unindented(m.source_of(class.site), m.column_of(class.site))
}

/// Text whose lines after the first lose `columns` of indent.
fn unindented(text: &str, columns: usize) -> String {
    let cut = |line: &str| -> usize {
        line.bytes().take(columns).take_while(|b| matches!(b, b' ' | b'\t')).count()
    };
    let lines: Vec<&str> = text
        .split('\n')
        .enumerate()
        .map(|(i, line)| if i == 0 { line } else { line.get(cut(line)..).unwrap_or(line) })
        .collect();
    lines.join("\n")
}

/// The schema of a class: a model, typed dict, dataclass or enum.
pub(in crate::from::langchain) fn of_class(
    m: &M<'_>,
    value: &Value,
    class: &Rc<Class>,
    depth: u32,
) -> Option<Json> {
    if class.is_enum {
        return enum_schema(m, class);
    }
    if depth > MAX_DEPTH {
        return Some(json!({ "type": "object" }));
    }
    let mut properties = Map::new();
    let mut order: Vec<String> = Vec::new();
    let mut required: Vec<String> = Vec::new();
    for owner in m.own_classes(value).into_iter().rev() {
        let def = class_body(m, &owner)?;
        let total = !is_partial(&def);
        let at = Lookup { scope: owner.scope };
        for stmt in &def.body {
            let ast::Stmt::AnnAssign(field) = stmt else { continue };
            let ast::Expr::Name(name) = &*field.target else { continue };
            let name = name.id.as_str();
            if name.starts_with('_') || name == "model_config" || is_class_var(&field.annotation) {
                continue;
            }
            let mut schema = of_annotation(m, at, &field.annotation, depth + 1)?;
            if schema.injected {
                continue;
            }
            if field.value.is_some() {
                let value = m.class_attr_of(&owner, name);
                let info = match &value {
                    Some(value) => field_of_value(m, value).unwrap_or_else(|| FieldInfo {
                        default: m.to_json(value, 0).or_else(|| enum_value(m, value)),
                        has_default: true,
                        ..FieldInfo::default()
                    }),
                    None => FieldInfo { has_default: true, ..FieldInfo::default() },
                };
                apply(&mut schema, info);
            }
            let needed = total && !schema.field.has_default && !is_not_required(&field.annotation);
            properties.remove(name);
            required.retain(|r| r != name);
            if !order.iter().any(|o| o == name) {
                order.push(name.to_owned());
            }
            if needed {
                required.push(name.to_owned());
            }
            properties.insert(name.to_owned(), property(schema));
        }
    }
    let mut out = json!({ "type": "object", "properties": properties, ORDER: order, NAME: &*class.name });
    if let Some(doc) = class_doc(m, class)
        && depth > 1
    {
        out["description"] = doc.into();
    }
    if !required.is_empty() {
        out["required"] = required.into();
    }
    Some(out)
}

fn is_class_var(annotation: &ast::Expr) -> bool {
    let head = match annotation {
        ast::Expr::Subscript(s) => &*s.value,
        other => other,
    };
    matches!(head, ast::Expr::Name(n) if n.id.as_str() == "ClassVar")
        || matches!(head, ast::Expr::Attribute(a) if a.attr.as_str() == "ClassVar")
}

fn is_not_required(annotation: &ast::Expr) -> bool {
    match annotation {
        ast::Expr::Subscript(s) => match &*s.value {
            ast::Expr::Name(n) => n.id.as_str() == "NotRequired",
            ast::Expr::Attribute(a) => a.attr.as_str() == "NotRequired",
            _ => false,
        },
        _ => false,
    }
}

/// `class X(TypedDict, total=False)`.
fn is_partial(def: &ast::StmtClassDef) -> bool {
    def.arguments.iter().flat_map(|a| a.keywords.iter()).any(|k| {
        k.arg.as_ref().is_some_and(|n| n.as_str() == "total")
            && matches!(&k.value, ast::Expr::BooleanLiteral(b) if !b.value)
    })
}

fn enum_value(m: &M<'_>, value: &Value) -> Option<Json> {
    m.to_json(&m.plain_attr(value, "value")?, 0)
}

fn enum_schema(m: &M<'_>, class: &Rc<Class>) -> Option<Json> {
    let def = class_body(m, class)?;
    let mut values = Vec::new();
    for stmt in &def.body {
        let ast::Stmt::Assign(assign) = stmt else { continue };
        let Some(ast::Expr::Name(name)) = assign.targets.first() else { continue };
        let value = m.class_attr_of(class, name.id.as_str())?;
        let plain = m.plain_attr(&value, "value").unwrap_or(value);
        values.push(m.to_json(&plain, 0)?);
    }
    let ty = match values.first()? {
        Json::String(_) => "string",
        Json::Number(_) => "integer",
        _ => return Some(json!({ "enum": values })),
    };
    Some(match values.len() {
        1 => json!({ "const": values[0], "type": ty, NAME: &*class.name }),
        _ => json!({ "enum": values, "type": ty, NAME: &*class.name }),
    })
}

/// The docstring of a class, cleaned.
pub(in crate::from::langchain) fn class_doc(m: &M<'_>, class: &Rc<Class>) -> Option<String> {
    let def = class_body(m, class)?;
    let ast::Stmt::Expr(first) = def.body.first()? else { return None };
    let ast::Expr::StringLiteral(text) = &*first.value else { return None };
    Some(crate::python::clean_doc(text.value.to_str()))
}

/// Is a class of a file one of Pydantic's, by its bases?
pub(in crate::from::langchain) fn is_model_base(path: &str) -> bool {
    matches!(last(path), "BaseModel" | "TypedDict" | "SQLModel" | "RootModel")
        || (is_family(path.split('.').next().unwrap_or("")) && last(path) == "BaseModel")
}
