//! A function of a Python file, with what it closes over, as source text.

use super::free_names::{self, FreeNames};
use crate::python::syntax::{self, ast, span_of};
use crate::python::value::{Code, Function, ScopeId};
use crate::python::{Host, Machine, Object, Site, SymbolKind, Value};
use rustchain_grammar::Span;
use std::collections::BTreeSet;
use std::rc::Rc;

/// A place in a Python file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Origin {
    /// The file.
    pub file: String,
    /// Bytes.
    pub span: Span,
    /// 1-based.
    pub line: usize,
}

/// A function that a task runs.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Callable {
    /// Its name.
    pub name: String,
    /// `def …` without decorators and outer indent; a lambda as a `def`.
    pub source: String,
    /// Parameters.
    pub params: Vec<Param>,
    /// The annotation of the result.
    pub returns: Option<String>,
    /// The docstring.
    pub doc: Option<String>,
    /// Imports, constants, functions and classes it uses, as source text in order.
    pub uses: Vec<Dependency>,
    /// Names it uses that cannot be carried over.
    pub missing: Vec<String>,
    /// True where it is written in a file that was read; otherwise only its path is known.
    pub is_known: bool,
    /// The dotted path of a function of a library.
    pub path: Option<String>,
    /// Where it stands.
    pub origin: Origin,
}

/// Something a function needs around it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dependency {
    /// The name.
    pub name: String,
    /// Source text that defines it.
    pub text: String,
    /// True for an import line.
    pub is_import: bool,
}

/// A parameter of a function.
#[derive(Clone, Debug, PartialEq)]
pub struct Param {
    /// The name.
    pub name: String,
    /// The annotation as written.
    pub annotation: Option<String>,
    /// The default as written.
    pub default: Option<String>,
    /// `*args` or `**kwargs`.
    pub is_variadic: bool,
}

/// Deepest chain of functions that use functions.
const MAX_DEPTH: u32 = 8;

/// Where a place is, for people.
pub(in crate::from) fn origin<H: Host>(m: &Machine<'_, H>, site: Site) -> Origin {
    Origin { file: m.path_of(site.module).to_owned(), span: site.span, line: m.line_of(site) }
}

/// The function behind a value.
pub(in crate::from) fn describe<H: Host>(m: &Machine<'_, H>, value: &Value) -> Callable {
    match (value, m.object_of(value)) {
        (_, Some(Object::Function(function))) => of_function(m, &function.clone()),
        (_, Some(Object::Wrapped(_, inner) | Object::Bound(_, inner))) => {
            let mut callable = describe(m, inner);
            if matches!(m.object_of(value), Some(Object::Bound(..))) {
                callable.missing.push("self".into());
            }
            callable
        }
        (_, Some(Object::Partial(inner, args))) => {
            let mut callable = describe(m, inner);
            if !args.pos.is_empty() || !args.kw.is_empty() {
                callable.missing.push("arguments of functools.partial".into());
            }
            callable
        }
        (Value::External(path), _) => {
            Callable { name: last(path).to_owned(), path: Some(path.to_string()), ..Callable::default() }
        }
        (Value::Native(_), _) => match H::function_behind(m, value) {
            Some(function) => describe(m, &function),
            None => Callable::default(),
        },
        _ => Callable { name: "unknown".into(), ..Callable::default() },
    }
}

fn of_function<H: Host>(m: &Machine<'_, H>, function: &Rc<Function>) -> Callable {
    let mut uses = Vec::new();
    let mut missing = Vec::new();
    let mut seen = BTreeSet::from([function.name.to_string()]);
    close_over(m, function, &mut uses, &mut missing, &mut seen, 0);
    Callable {
        name: safe_name(&function.name, function.site.span),
        source: source_of(m, function),
        params: params(m, function),
        returns: returns(m, function),
        doc: function.doc.as_ref().map(|d| d.to_string()),
        uses,
        missing,
        is_known: true,
        path: None,
        origin: origin(m, function.site),
    }
}

fn safe_name(name: &str, span: Span) -> String {
    if name == "<lambda>" { format!("lambda_{}", span.start) } else { name.to_owned() }
}

/// Text of a node with its file's own indent taken away.
fn text_at<H: Host>(m: &Machine<'_, H>, site: Site) -> String {
    let text = m.source_of(site);
    let whole = m.files().find(|(id, ..)| *id == site.module).map_or("", |(_, _, text)| text);
    let head = whole.get(..site.span.start as usize).unwrap_or("");
    let line = head.rsplit('\n').next().unwrap_or("");
    let indent = if line.trim().is_empty() { line } else { "" };
    strip_indent(text, indent)
}

/// Takes an indent off every line outside of triple-quoted strings.
fn strip_indent(text: &str, indent: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut open: Option<&str> = None;
    for (i, line) in text.split('\n').enumerate() {
        if i > 0 {
            out.push('\n');
        }
        let shown = if open.is_none() { line.strip_prefix(indent).unwrap_or(line) } else { line };
        out.push_str(shown);
        let mut rest = line;
        loop {
            let next = match open {
                Some(mark) => rest.find(mark).map(|at| (at, mark)),
                None => {
                    let (a, b) = (rest.find("\"\"\""), rest.find("'''"));
                    match (a, b) {
                        (Some(a), Some(b)) if b < a => Some((b, "'''")),
                        (Some(a), _) => Some((a, "\"\"\"")),
                        (None, Some(b)) => Some((b, "'''")),
                        (None, None) => None,
                    }
                }
            };
            let Some((at, mark)) = next else { break };
            open = if open.is_some() { None } else { Some(mark) };
            rest = rest.get(at + 3..).unwrap_or("");
        }
    }
    out
}

fn source_of<H: Host>(m: &Machine<'_, H>, function: &Rc<Function>) -> String {
    match &function.code {
        Code::Def(def) => {
            let start = def.decorator_list.last().map_or(function.site.span.start, |d| span_of(d).end);
            let whole = m.source_of(Site {
                module: function.site.module,
                span: Span::new(start, function.site.span.end),
            });
            let skip = whole.len() - whole.trim_start().len();
            let span = Span::new(start + skip as u32, function.site.span.end);
            text_at(m, Site { module: function.site.module, span })
        }
        Code::Lambda(lambda) => {
            let text = |span: Span| m.source_of(Site { module: function.site.module, span }).to_owned();
            let params = lambda.parameters.as_ref().map(|p| text(span_of(&**p))).unwrap_or_default();
            let body = text(span_of(&*lambda.body));
            format!(
                "def {}({params}):\n    return {}",
                safe_name(&function.name, function.site.span),
                body.replace('\n', " ")
            )
        }
    }
}

fn params<H: Host>(m: &Machine<'_, H>, function: &Rc<Function>) -> Vec<Param> {
    let Some(parameters) = function.parameters() else { return Vec::new() };
    let text =
        |expr: &ast::Expr| m.source_of(Site { module: function.site.module, span: span_of(expr) }).to_owned();
    let mut out: Vec<Param> = parameters
        .posonlyargs
        .iter()
        .chain(&parameters.args)
        .chain(&parameters.kwonlyargs)
        .map(|p| Param {
            name: p.parameter.name.id.to_string(),
            annotation: p.parameter.annotation.as_deref().map(text),
            default: p.default.as_deref().map(text),
            is_variadic: false,
        })
        .collect();
    for p in parameters.vararg.iter().chain(&parameters.kwarg) {
        out.push(Param { name: p.name.id.to_string(), annotation: None, default: None, is_variadic: true });
    }
    out
}

fn returns<H: Host>(m: &Machine<'_, H>, function: &Rc<Function>) -> Option<String> {
    let Code::Def(def) = &function.code else { return None };
    let expr = def.returns.as_deref()?;
    Some(m.source_of(Site { module: function.site.module, span: span_of(expr) }).to_owned())
}

fn close_over<H: Host>(
    m: &Machine<'_, H>,
    function: &Rc<Function>,
    uses: &mut Vec<Dependency>,
    missing: &mut Vec<String>,
    seen: &mut BTreeSet<String>,
    depth: u32,
) {
    let names = match &function.code {
        Code::Def(def) => free_names::of_def(def),
        Code::Lambda(lambda) => free_names::of_lambda(lambda),
    };
    add_names(m, names, function.scope, uses, missing, seen, depth);
}

/// Adds what the names of a piece of code stand for in the scope around it.
fn add_names<H: Host>(
    m: &Machine<'_, H>,
    names: FreeNames,
    scope: ScopeId,
    uses: &mut Vec<Dependency>,
    missing: &mut Vec<String>,
    seen: &mut BTreeSet<String>,
    depth: u32,
) {
    let FreeNames { mut needed, annotated } = names;
    // The file says `from __future__ import annotations`: what only they name is for the reader.
    needed.extend(annotated.into_iter().filter(|name| {
        let path = m.name_seen_by(scope, name);
        matches!(&path, Some(Value::External(path)) if ANNOTATING.iter().any(|root| is_inside(path, root)))
    }));
    for name in needed {
        if seen.contains(&name) {
            continue;
        }
        let Some(value) = m.name_seen_by(scope, &name) else { continue };
        seen.insert(name.clone());
        add_use(m, &name, &value, uses, missing, seen, depth);
    }
}

/// Modules of Python itself that annotations name.
const ANNOTATING: &[&str] = &["collections", "datetime", "decimal", "enum", "pathlib", "typing", "uuid"];

fn is_inside(path: &str, module: &str) -> bool {
    path.strip_prefix(module).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

fn add_use<H: Host>(
    m: &Machine<'_, H>,
    name: &str,
    value: &Value,
    uses: &mut Vec<Dependency>,
    missing: &mut Vec<String>,
    seen: &mut BTreeSet<String>,
    depth: u32,
) {
    if depth > MAX_DEPTH || name.starts_with("__") {
        missing.push(name.to_owned());
        return;
    }
    let import = |text: String| Dependency { name: name.to_owned(), text, is_import: true };
    let code = |text: String| Dependency { name: name.to_owned(), text, is_import: false };
    match (value, m.object_of(value)) {
        (Value::External(path), _) => match external_import(name, path) {
            Some(text) => uses.push(import(text)),
            None => missing.push(name.to_owned()),
        },
        (_, Some(Object::Function(inner))) => {
            let inner = inner.clone();
            close_over(m, &inner, uses, missing, seen, depth + 1);
            let text = source_of(m, &inner);
            let alias = if *inner.name != *name {
                format!("\n\n\n{name} = {}", safe_name(&inner.name, inner.site.span))
            } else {
                String::new()
            };
            uses.push(code(format!("{text}{alias}")));
        }
        (_, Some(Object::Class(class))) => {
            let text = text_at(m, class.site);
            if let Ok((module, _)) = syntax::parse(&text) {
                let names = free_names::of_body(&module.body);
                add_names(m, names, class.scope, uses, missing, seen, depth + 1);
            }
            uses.push(code(text));
        }
        (_, Some(Object::Module(id))) => {
            let path = m.path_of(*id).to_owned();
            missing.push(format!("{name} (the module {path})"));
        }
        (Value::Native(_), _) => match H::function_behind(m, value) {
            Some(function) => add_use(m, name, &function, uses, missing, seen, depth + 1),
            None => missing.push(name.to_owned()),
        },
        (Value::DateTime(_) | Value::Delta(_), _) => missing.push(name.to_owned()),
        (Value::Symbol(symbol), _) => match &symbol.kind {
            SymbolKind::Env(variable) => {
                let default =
                    symbol.assumed.as_ref().and_then(|v| m.repr(v, 0)).unwrap_or_else(|| "None".into());
                if seen.insert("os".into()) {
                    uses.push(Dependency { name: "os".into(), text: "import os".into(), is_import: true });
                }
                uses.push(code(format!("{name} = os.environ.get({:?}, {default})", &**variable)));
            }
            SymbolKind::Call(path, args) if &**path == "builtins.range" => {
                let _ = args;
                missing.push(name.to_owned());
            }
            _ => missing.push(name.to_owned()),
        },
        _ => match m.repr(value, 0) {
            Some(text) => uses.push(code(format!("{name} = {text}"))),
            None => missing.push(name.to_owned()),
        },
    }
}

/// The import line that gives `path` the name `name`.
fn external_import(name: &str, path: &str) -> Option<String> {
    if path == "logging.Logger()" {
        return Some(format!("import logging\n\n{name} = logging.getLogger(__name__)"));
    }
    if path.contains(['(', ':']) {
        return None;
    }
    if path.starts_with("builtins.") {
        return Some(format!("{name} = {}", last(path)));
    }
    Some(match path.rsplit_once('.') {
        None if path == name => format!("import {path}"),
        None => format!("import {path} as {name}"),
        Some((module, short)) if short == name => format!("from {module} import {short}"),
        Some((module, short)) => format!("from {module} import {short} as {name}"),
    })
}

fn last(path: &str) -> &str {
    path.rsplit('.').next().unwrap_or(path)
}
