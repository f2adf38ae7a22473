//! LangGraph: builders, compiled graphs, tool nodes, the functional interface.

mod body;
mod builder;
mod calls;
mod carried;
mod compile;
mod expressions;
mod functional;
mod handoffs;
mod lower;
mod model;
mod multi;
mod prompt;
mod rounds;
mod runnable;
mod schema;
mod shared;
mod targets;
mod translate;
mod uncalled;
mod wiring;

pub use functional::Routine;
pub(in crate::from::langchain) use functional::tasks;
pub(in crate::from::langchain) use lower::{Tasks, approximations, mission};
pub use model::{Agent, CallLimit, Graph, GraphEdge, GraphNode, Middleware, NodeKind, StateField};
pub(in crate::from::langchain) use targets::item;
pub(in crate::from::langchain) use uncalled::call_builders;

use super::model::{Inner, Node, OpKind};
use super::names::{self, last};
use super::state::{self, M, op_of};
use crate::python::value::{ObjId, Object};
use crate::python::{Args, Eval, Native, Site, Value};
use builder::Builder;
use std::collections::{HashMap, HashSet};

/// Tables of LangGraph's objects.
mod kind {
    /// `StateGraph(…)`.
    pub const BUILDER: u16 = super::state::kind::GRAPH;
    /// What `compile()` gives.
    pub const COMPILED: u16 = BUILDER + 1;
    /// A function decorated with `@task`.
    pub const TASK: u16 = BUILDER + 2;
    /// `@task(…)` or `@entrypoint(…)` that waits for its function.
    pub const DECORATOR: u16 = BUILDER + 3;
}

/// The tables of LangGraph's objects.
#[derive(Debug, Default)]
pub(super) struct GraphState {
    builders: Vec<Builder>,
    compiled: Vec<Compiled>,
    tasks: Vec<functional::Task>,
    decorators: Vec<functional::Decorator>,
    /// Tools that hand over, each with the agent that it hands over to.
    handoffs: Vec<(Node, String)>,
    /// Functions whose `__name__` was set.
    renamed: HashMap<ObjId, String>,
    /// The names of the files' values that their functions change, of those of the first so many objects.
    changed: (usize, HashSet<String>),
}

/// A compiled graph.
#[derive(Debug)]
struct Compiled {
    op: Node,
    builder: Option<u32>,
    /// The function it was made in.
    function: Option<String>,
}

/// A call of something of the libraries, before the rest of the host sees it.
pub(super) fn call(m: &mut M<'_>, path: &str, args: &Args, site: Site) -> Eval<Option<Value>> {
    let Some(name) = names::parse(path).filter(|name| name.package.starts_with("langgraph")) else {
        return Ok(None);
    };
    Ok(match (name.name, name.method) {
        ("StateGraph" | "MessageGraph" | "Graph", "") => Some(builder::create(m, args, site)),
        ("ToolNode", "") => {
            let given = args.get(0, "tools").cloned();
            let tools = given.map(|v| super::tools::list(m, &v, site)).unwrap_or_default();
            Some(state::make(m, OpKind::ToolNode(tools), site))
        }
        ("entrypoint" | "task", "") => Some(functional::decorate(m, name.name, args, site)),
        ("create_supervisor", "") => Some(multi::supervisor(m, args, site)),
        ("create_handoff_tool", "") => Some(handoffs::create(m, args, site)),
        ("create_swarm", "") => Some(multi::swarm(m, args, site)),
        ("add_active_agent_router", "") => multi::router(m, args, site),
        _ => None,
    })
}

/// `langgraph.graph.START`, `langgraph.constants.END`.
pub(super) fn constant(path: &str, name: &str) -> Option<Value> {
    if !path.starts_with("langgraph") {
        return None;
    }
    match name {
        "START" => Some(Value::str(builder::START)),
        "END" => Some(Value::str(builder::END)),
        _ => None,
    }
}

/// A call of one of LangGraph's objects.
pub(super) fn call_native(m: &mut M<'_>, callee: Native, args: &Args, site: Site) -> Eval<Option<Value>> {
    match callee.kind {
        kind::DECORATOR => functional::apply(m, callee.id, args, site),
        kind::TASK => Ok(Some(m.unknown("what a task gives", site.span))),
        _ => Ok(None),
    }
}

/// A call of a method of one of LangGraph's objects.
pub(super) fn method(
    m: &mut M<'_>,
    receiver: Native,
    name: &str,
    args: &Args,
    site: Site,
) -> Eval<Option<Value>> {
    match (receiver.kind, name) {
        (kind::BUILDER, _) => builder::method(m, receiver.id, name, args, site),
        (kind::COMPILED, "with_config" | "copy" | "with_types") => Ok(Some(Value::Native(receiver))),
        _ => Ok(None),
    }
}

/// An attribute of one of LangGraph's objects.
pub(super) fn attr(m: &mut M<'_>, base: Native, name: &str) -> Eval<Option<Value>> {
    let Some(compiled) = m.host.graph.compiled.get(base.id as usize).filter(|_| base.kind == kind::COMPILED)
    else {
        return Ok(None);
    };
    Ok(match (name, &compiled.op.kind, compiled.builder) {
        ("builder", _, Some(id)) => Some(Value::Native(Native { kind: kind::BUILDER, id })),
        ("name", OpKind::Graph(graph), _) => Some(Value::str(graph.name.as_str())),
        _ => None,
    })
}

/// `function.__name__ = "…"`: LangGraph names nodes by it.
pub(super) fn set_attr(m: &mut M<'_>, base: &Value, name: &str, value: &Value) -> bool {
    match (base, name, value) {
        (Value::Obj(id), "__name__", Value::Str(text)) => {
            m.host.graph.renamed.insert(*id, text.to_string());
            true
        }
        _ => false,
    }
}

/// A compiled graph as an object.
pub(super) fn op(m: &M<'_>, native: Native) -> Option<Node> {
    (native.kind == kind::COMPILED)
        .then(|| m.host.graph.compiled.get(native.id as usize))?
        .map(|c| c.op.clone())
}

/// Graphs that were compiled, in order; those that a global name holds are left out by the caller.
pub(super) fn inner(m: &M<'_>) -> Vec<Inner> {
    let all = m.host.graph.compiled.iter();
    all.map(|c| Inner { function: c.function.clone(), op: c.op.clone() }).collect()
}

/// Is it a graph that is being built?
pub(super) fn is_builder(value: &Value) -> bool {
    matches!(value, Value::Native(n) if n.kind == kind::BUILDER)
}

/// How much the graphs that are being built hold.
pub(super) fn size(m: &M<'_>) -> usize {
    let builders = m.host.graph.builders.iter();
    builders.map(|b| 1 + b.nodes.len() + b.edges.len() + b.branches.len()).sum()
}

/// The objects inside a graph.
pub(super) fn children(graph: &Graph, f: &mut dyn FnMut(&Node)) {
    if let Some(agent) = &graph.agent {
        agent.model.iter().for_each(&mut *f);
        agent.tools.iter().for_each(&mut *f);
    }
    graph.nodes.iter().filter_map(|n| n.what.as_ref()).for_each(f);
}

/// The name that LangGraph takes from a function, class, runnable or graph.
fn name_of(m: &M<'_>, value: &Value) -> Option<String> {
    if let Some(op) = op_of(m, value) {
        return Some(match &op.kind {
            OpKind::Graph(graph) => graph.name.clone(),
            OpKind::ToolNode(_) => "tools".to_owned(),
            OpKind::Lambda(super::model::Lambda::Function(code)) => code.name.clone(),
            OpKind::Seq(_) => "RunnableSequence".to_owned(),
            OpKind::Model(model) => model.class.clone(),
            OpKind::Chain(chain) => chain.class.clone(),
            OpKind::Tool(tool) => tool.name.as_str()?.to_owned(),
            OpKind::Prompt(prompt) => prompt.class.clone(),
            OpKind::Parser(parser) => parser.class.clone(),
            _ => return None,
        });
    }
    match value {
        Value::External(path) => Some(last(path).to_owned()),
        Value::Native(n) if n.kind == kind::TASK => {
            let inner = m.host.graph.tasks.get(n.id as usize)?.function.clone();
            name_of(m, &inner)
        }
        Value::Obj(id) if m.host.graph.renamed.contains_key(id) => m.host.graph.renamed.get(id).cloned(),
        Value::Obj(_) => match m.object_of(value)? {
            Object::Function(function) => Some(function.name.to_string()),
            Object::Wrapped(_, inner) | Object::Bound(_, inner) => name_of(m, &inner.clone()),
            Object::Partial(..) => Some("partial".to_owned()),
            Object::Class(class) => Some(class.name.to_string()),
            Object::Instance(class, _) => Some(m.class_name(class)),
            Object::Method(_, name) => Some(name.to_string()),
            _ => None,
        },
        Value::Symbol(symbol) => match &symbol.kind {
            crate::python::SymbolKind::Attr(_, name) => Some(name.to_string()),
            _ => symbol.assumed.as_ref().and_then(|v| name_of(m, v)),
        },
        _ => None,
    }
}

/// The function of the file that a place stands in: the nearest `def` above that is indented less.
fn enclosing_function(m: &M<'_>, site: Site) -> Option<String> {
    let (_, _, source) = m.files().find(|(id, ..)| *id == site.module)?;
    let head = source.get(..site.span.start as usize)?;
    let line = head.rsplit('\n').next().unwrap_or_default();
    let mut indent = line.len() - line.trim_start().len();
    for line in head.lines().rev().skip(1) {
        let text = line.trim_start();
        let own = line.len() - text.len();
        if text.is_empty() || own >= indent {
            continue;
        }
        let def = text.strip_prefix("async ").unwrap_or(text).strip_prefix("def ");
        if let Some(name) = def.and_then(|rest| rest.split('(').next()) {
            return Some(name.trim().to_owned());
        }
        indent = own;
    }
    None
}
