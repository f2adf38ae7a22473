//! LangGraph: builders, compiled graphs, tool nodes.

mod model;

pub use model::{Agent, Graph, GraphEdge, GraphNode, NodeKind, StateField};

use super::model::{Inner, Node};
use super::state::M;
use crate::python::{Args, Eval, Native, Site, Value};

/// The tables of LangGraph's objects.
#[derive(Debug, Default)]
pub(super) struct GraphState {}

/// A call of something of the libraries, before the rest of the host sees it.
pub(super) fn call(_m: &mut M<'_>, _path: &str, _args: &Args, _site: Site) -> Eval<Option<Value>> {
    Ok(None)
}

/// A call of one of LangGraph's objects.
pub(super) fn call_native(_m: &mut M<'_>, _callee: Native, _args: &Args, _site: Site) -> Eval<Option<Value>> {
    Ok(None)
}

/// A call of a method of one of LangGraph's objects.
pub(super) fn method(
    _m: &mut M<'_>,
    _receiver: Native,
    _name: &str,
    _args: &Args,
    _site: Site,
) -> Eval<Option<Value>> {
    Ok(None)
}

/// An attribute of one of LangGraph's objects.
pub(super) fn attr(_m: &mut M<'_>, _base: Native, _name: &str) -> Eval<Option<Value>> {
    Ok(None)
}

/// A compiled graph as an object.
pub(super) fn op(_m: &M<'_>, _native: Native) -> Option<Node> {
    None
}

/// Graphs that were compiled, in order; those that a global name holds are left out by the caller.
pub(super) fn inner(m: &M<'_>) -> Vec<Inner> {
    let GraphState {} = &m.host.graph;
    Vec::new()
}

/// The objects inside a graph.
pub(super) fn children(graph: &Graph, f: &mut dyn FnMut(&Node)) {
    if let Some(agent) = &graph.agent {
        agent.model.iter().for_each(&mut *f);
        agent.tools.iter().for_each(&mut *f);
    }
    graph.nodes.iter().filter_map(|n| n.what.as_ref()).for_each(f);
}
