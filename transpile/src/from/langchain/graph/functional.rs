//! `@entrypoint` and `@task`.

use super::model::{Graph, GraphNode, NodeKind};
use super::{Compiled, kind, name_of};
use crate::from::langchain::memory;
use crate::from::langchain::model::OpKind;
use crate::from::langchain::state::{M, node};
use crate::python::{Args, Eval, Native, Site, Value};

/// A decorator that waits for its function.
#[derive(Clone, Debug)]
pub(super) struct Decorator {
    is_entry: bool,
    args: Args,
}

/// `@task`, `@task(…)`, `@entrypoint(…)`.
pub(super) fn decorate(m: &mut M<'_>, name: &str, args: &Args, site: Site) -> Eval<Option<Value>> {
    let decorator = Decorator { is_entry: name == "entrypoint", args: args.clone() };
    if !decorator.is_entry
        && let Some(function) = args.pos.first()
    {
        return Ok(Some(task(m, function.clone())));
    }
    let _ = site;
    m.host.graph.decorators.push(decorator);
    let id = m.host.graph.decorators.len() as u32 - 1;
    Ok(Some(Value::Native(Native { kind: kind::DECORATOR, id })))
}

/// The decorator gets its function.
pub(super) fn apply(m: &mut M<'_>, id: u32, args: &Args, site: Site) -> Eval<Option<Value>> {
    let Some(decorator) = m.host.graph.decorators.get(id as usize).cloned() else { return Ok(None) };
    let Some(function) = args.pos.first().cloned() else { return Ok(None) };
    Ok(Some(match decorator.is_entry {
        true => entry(m, &function, &decorator.args, site),
        false => task(m, function),
    }))
}

fn task(m: &mut M<'_>, function: Value) -> Value {
    m.host.graph.tasks.push(function);
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
    let graph = Graph {
        class: "Pregel".to_owned(),
        name,
        nodes: vec![own],
        checkpointer: memory::class_of(m, args.named("checkpointer")),
        ..Graph::default()
    };
    let op = node(m, OpKind::Graph(graph), site);
    let inside = super::enclosing_function(m, site);
    m.host.graph.compiled.push(Compiled { op, builder: None, function: inside });
    Value::Native(Native { kind: kind::COMPILED, id: m.host.graph.compiled.len() as u32 - 1 })
}
