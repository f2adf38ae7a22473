//! `@entrypoint` and `@task`.

use super::body::Block;
use super::compile::policies;
use super::model::{Graph, GraphNode, NodeKind};
use super::targets::{annotation, function_of, optional};
use super::{Compiled, kind, name_of, translate};
use crate::from::langchain::data;
use crate::from::langchain::memory;
use crate::from::langchain::model::{Code, Data, OpKind, Schema};
use crate::from::langchain::state::{M, node};
use crate::from::langchain::structured::schema_of;
use crate::python::syntax::{ast, span_of};
use crate::python::value::Function;
use crate::python::{Args, Eval, Native, Object, Site, Value};
use std::rc::Rc;

/// A function of the functional interface.
#[derive(Clone, Debug)]
pub struct Routine {
    /// Its name.
    pub name: String,
    /// What it is given.
    pub parameters: Vec<(String, Annotation)>,
    /// What it gives.
    pub returns: Annotation,
    /// What it does, or why that is not told.
    pub block: Result<Block, String>,
    /// Where it stands.
    pub code: Option<Code>,
    /// The arguments of its retry policies.
    pub retry: Vec<Vec<(String, Data)>>,
}

/// An annotation as written, empty where there is none, and the schema of a class of the file.
#[derive(Clone, Debug, Default)]
pub struct Annotation {
    /// The text.
    pub text: String,
    /// The schema.
    pub schema: Option<Schema>,
    /// It is `Optional[…]`.
    pub is_optional: bool,
}

/// A function decorated with `@task`, and what the decorator was given.
#[derive(Clone, Debug)]
pub(super) struct Task {
    pub function: Value,
    args: Args,
    site: Site,
}

/// A decorator that waits for its function.
#[derive(Clone, Debug)]
pub(super) struct Decorator {
    is_entry: bool,
    args: Args,
}

/// `@task`, `@task(…)`, `@entrypoint(…)`.
pub(super) fn decorate(m: &mut M<'_>, name: &str, args: &Args, site: Site) -> Value {
    let decorator = Decorator { is_entry: name == "entrypoint", args: args.clone() };
    if !decorator.is_entry
        && let Some(function) = args.pos.first()
    {
        return task(m, function.clone(), Args::default(), site);
    }
    m.host.graph.decorators.push(decorator);
    let id = m.host.graph.decorators.len() as u32 - 1;
    Value::Native(Native { kind: kind::DECORATOR, id })
}

/// The decorator gets its function.
pub(super) fn apply(m: &mut M<'_>, id: u32, args: &Args, site: Site) -> Eval<Option<Value>> {
    let Some(decorator) = m.host.graph.decorators.get(id as usize).cloned() else { return Ok(None) };
    let Some(function) = args.pos.first().cloned() else { return Ok(None) };
    Ok(Some(match decorator.is_entry {
        true => entry(m, &function, &decorator.args, site),
        false => task(m, function, decorator.args, site),
    }))
}

fn task(m: &mut M<'_>, function: Value, args: Args, site: Site) -> Value {
    m.host.graph.tasks.push(Task { function, args, site });
    Value::Native(Native { kind: kind::TASK, id: m.host.graph.tasks.len() as u32 - 1 })
}

/// An entrypoint is a graph of one node without edges.
fn entry(m: &mut M<'_>, function: &Value, args: &Args, site: Site) -> Value {
    let name = name_of(m, function).unwrap_or_else(|| "entrypoint".to_owned());
    let own = GraphNode {
        id: name.clone(),
        kind: NodeKind::Task,
        class: None,
        what: None,
        defer: false,
        retry: Vec::new(),
    };
    let entry = routine(m, function, args, true, site);
    let graph = Graph {
        class: "Pregel".to_owned(),
        name,
        nodes: vec![own],
        checkpointer: memory::class_of(m, args.named("checkpointer")),
        entry: entry.map(Box::new),
        ..Graph::default()
    };
    let op = node(m, OpKind::Graph(graph), site);
    let inside = super::enclosing_function(m, site);
    m.host.graph.compiled.push(Compiled { op, builder: None, function: inside });
    Value::Native(Native { kind: kind::COMPILED, id: m.host.graph.compiled.len() as u32 - 1 })
}

/// What the tasks of a file do, by number; `None`: a task whose function is not in the file.
pub(in crate::from::langchain) fn tasks(m: &mut M<'_>) -> Vec<Option<Routine>> {
    let tasks = m.host.graph.tasks.clone();
    tasks.iter().map(|task| routine(m, &task.function, &task.args, false, task.site)).collect()
}

/// What a function does. An entrypoint is given its first parameter only.
fn routine(m: &mut M<'_>, value: &Value, args: &Args, is_entry: bool, site: Site) -> Option<Routine> {
    let function = function_of(m, value)?;
    let parameters = function.parameters()?.clone();
    let given = parameters.posonlyargs.iter().chain(&parameters.args).chain(&parameters.kwonlyargs);
    let given: Vec<&ast::Parameter> =
        given.map(|p| &p.parameter).take(if is_entry { 1 } else { usize::MAX }).collect();
    let block = translate::routine(m, &function, given.iter().map(|p| p.name.id.as_str()));
    let mut annotated = Vec::new();
    for parameter in given {
        let own = described(m, &function, parameter.annotation.as_deref(), site);
        annotated.push((parameter.name.id.to_string(), own));
    }
    let def = match &function.code {
        crate::python::value::Code::Def(def) => Some(def.clone()),
        crate::python::value::Code::Lambda(_) => None,
    };
    let returns = described(m, &function, def.as_ref().and_then(|d| d.returns.as_deref()), site);
    let retry = args.named("retry_policy").or_else(|| args.named("retry")).cloned();
    Some(Routine {
        name: function.name.to_string(),
        parameters: annotated,
        returns,
        block,
        code: data::code(m, value),
        retry: retry.map(|policy| policies(m, &policy)).unwrap_or_default(),
    })
}

fn described(m: &mut M<'_>, function: &Rc<Function>, expr: Option<&ast::Expr>, site: Site) -> Annotation {
    let Some(expr) = expr else { return Annotation::default() };
    let text = m.files().find(|(id, ..)| *id == function.site.module).map(|(_, _, text)| text);
    let text = text.and_then(|text| text.get(span_of(expr).range())).unwrap_or_default().to_owned();
    let (class, is_optional) = match annotation(m, function, expr).ok().flatten() {
        Some(value) => match optional(m, &value) {
            Some(inner) => (Some(inner), true),
            None => (Some(value), false),
        },
        None => (None, false),
    };
    let class = class.filter(|value| matches!(m.object_of(value), Some(Object::Class(_))));
    let schema = class.and_then(|class| schema_of(m, &class, site));
    Annotation { text, schema, is_optional }
}
