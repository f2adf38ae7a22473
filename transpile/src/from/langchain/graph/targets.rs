//! Where a function may go, as its annotation says: `Literal["a", "b"]`, `Command[Literal["a"]]`.

use super::builder::node_id;
use crate::from::langchain::state::M;
use crate::python::syntax::{self, ast};
use crate::python::value::{Code, Function, Object};
use crate::python::{Eval, SymbolKind, Value};
use std::rc::Rc;

/// Where the `Command` of a node may go.
#[derive(Clone, Debug, Default)]
pub(in crate::from::langchain) struct Ends {
    /// As LangGraph knows it from the annotation or `destinations`.
    pub known: Option<Vec<String>>,
    /// The node gives a `Command`.
    pub is_command: bool,
}

/// The targets of a condition, from the annotation of its result.
pub(super) fn of_path(m: &mut M<'_>, path: &Value) -> Eval<Option<Vec<String>>> {
    if let Value::External(path) = path
        && path.ends_with("tools_condition")
    {
        return Ok(Some(vec!["tools".to_owned(), super::builder::END.to_owned()]));
    }
    // Of an instance with `__call__` LangGraph does not read the annotation here.
    if matches!(m.object_of(path), Some(Object::Instance(..))) {
        return Ok(None);
    }
    let Some(function) = function_of(m, path) else { return Ok(None) };
    let Some(returns) = returns(m, &function)? else { return Ok(None) };
    Ok(literal(m, &returns))
}

/// The targets of a node's `Command`.
pub(super) fn of_command(m: &mut M<'_>, action: &Value) -> Eval<Ends> {
    let Some(function) = function_of(m, action) else { return Ok(Ends::default()) };
    let is_command = gives_command(m, &function);
    let Some(returns) = returns(m, &function)? else { return Ok(Ends { known: None, is_command }) };
    let known = command_of(m, &returns);
    Ok(Ends { is_command: is_command || known.is_some(), known })
}

/// The function that runs behind a value: a function, a method, an instance with `__call__`.
pub(super) fn function_of(m: &M<'_>, value: &Value) -> Option<Rc<Function>> {
    match m.object_of(value)? {
        Object::Function(function) => Some(function.clone()),
        Object::Wrapped(_, inner) | Object::Bound(_, inner) => function_of(m, inner),
        Object::Instance(class, _) => {
            let call = m.class_attr(class, "__call__")?;
            function_of(m, &call)
        }
        _ => None,
    }
}

/// The annotation of a function's result, evaluated where the function stands.
fn returns(m: &mut M<'_>, function: &Rc<Function>) -> Eval<Option<Value>> {
    let Code::Def(def) = &function.code else { return Ok(None) };
    let Some(returns) = def.returns.as_deref() else { return Ok(None) };
    annotation(m, function, returns)
}

/// An annotation; one in quotes is read as code.
pub(super) fn annotation(m: &mut M<'_>, function: &Rc<Function>, expr: &ast::Expr) -> Eval<Option<Value>> {
    if let ast::Expr::StringLiteral(text) = expr {
        let Ok((tree, problems)) = syntax::parse(text.value.to_str()) else { return Ok(None) };
        return match tree.body.first() {
            Some(ast::Stmt::Expr(inner)) if problems.is_empty() => {
                m.eval_at(function.site.module, function.scope, &inner.value).map(Some)
            }
            _ => Ok(None),
        };
    }
    m.eval_at(function.site.module, function.scope, expr).map(Some)
}

/// `Literal[…]` and the like keep their argument: LangGraph reads it.
pub(in crate::from::langchain) fn item(m: &M<'_>, base: &Value, key: &Value) -> Option<Value> {
    let Value::External(path) = base else { return None };
    let kept = matches!(path.rsplit('.').next()?, "Literal" | "Command" | "Union" | "Optional");
    kept.then(|| m.symbol(SymbolKind::Item(base.clone(), key.clone()), None, Default::default()))
}

/// `generic[argument]`, of a generic that ends with this name.
fn subscript(value: &Value, generic: &str) -> Option<Value> {
    let Value::Symbol(symbol) = value else { return None };
    let SymbolKind::Item(Value::External(path), argument) = &symbol.kind else { return None };
    (path.rsplit('.').next() == Some(generic)).then(|| argument.clone())
}

/// The class of `Optional[Class]` or `Class | None`.
pub(super) fn optional(m: &M<'_>, value: &Value) -> Option<Value> {
    let is_none = |value: &Value| match value {
        Value::None => true,
        Value::External(path) => path.ends_with("NoneType"),
        _ => false,
    };
    if let Some(inner) = subscript(value, "Optional") {
        return Some(inner);
    }
    let parts = match subscript(value, "Union") {
        Some(inner) => m.as_items(&inner)?,
        None => match value {
            Value::Symbol(symbol) => match &symbol.kind {
                SymbolKind::Op("|", parts) => parts.to_vec(),
                _ => return None,
            },
            _ => return None,
        },
    };
    match parts.as_slice() {
        [one, none] | [none, one] if is_none(none) => Some(one.clone()),
        _ => None,
    }
}

/// The texts of `Literal["a", "b"]`.
pub(super) fn literal(m: &M<'_>, value: &Value) -> Option<Vec<String>> {
    let argument = subscript(value, "Literal")?;
    let items = m.as_items(&argument).unwrap_or_else(|| vec![argument]);
    let mut names = Vec::new();
    for item in items {
        match literal(m, &item) {
            Some(inner) => names.extend(inner),
            None => names.push(node_id(m, &item)?),
        }
    }
    Some(names)
}

/// The texts of `Command[Literal["a"]]`, alone or in a union.
fn command_of(m: &M<'_>, value: &Value) -> Option<Vec<String>> {
    if let Some(argument) = subscript(value, "Command") {
        return literal(m, &argument);
    }
    if let Some(argument) = subscript(value, "Union").or_else(|| subscript(value, "Optional")) {
        let items = m.as_items(&argument).unwrap_or_else(|| vec![argument]);
        return items.iter().find_map(|item| command_of(m, item));
    }
    let Value::Symbol(symbol) = value else { return None };
    let SymbolKind::Op("|", parts) = &symbol.kind else { return None };
    parts.iter().find_map(|part| command_of(m, part))
}

/// Does the body make a `Command` that goes somewhere?
fn gives_command(m: &M<'_>, function: &Rc<Function>) -> bool {
    let text = m.source_of(function.site);
    text.contains("Command(") && text.contains("goto")
}
