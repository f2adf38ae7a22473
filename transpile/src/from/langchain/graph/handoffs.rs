//! Tools that hand over to another agent: `create_handoff_tool(agent_name="…")`.

use crate::from::langchain::data;
use crate::from::langchain::model::{Op, OpKind};
use crate::from::langchain::state::{self, M, op_of};
use crate::python::{Args, Site, Value};

/// The class that such a tool is shown as.
pub(super) const HANDOFF: &str = "create_handoff_tool";

/// A tool that hands over.
pub(super) fn create(m: &mut M<'_>, args: &Args, site: Site) -> Value {
    let mut given = data::kwargs(m, args);
    if let Some(name) = args.pos.first() {
        given.push(("agent_name".to_owned(), data::data(m, name)));
    }
    state::make(m, OpKind::Opaque { class: HANDOFF.to_owned(), args: given }, site)
}

/// The agents that the tools of an agent hand over to.
pub(super) fn of_agent(m: &M<'_>, agent: &Value) -> Vec<String> {
    let Some(op) = op_of(m, agent) else { return Vec::new() };
    let OpKind::Graph(graph) = &op.kind else { return Vec::new() };
    let tools = graph.agent.iter().flat_map(|agent| &agent.tools);
    tools.filter_map(|tool| target(tool)).collect()
}

fn target(tool: &Op) -> Option<String> {
    match &tool.kind {
        OpKind::Opaque { class, args } if class == HANDOFF => args
            .iter()
            .find(|(name, _)| name == "agent_name")
            .and_then(|(_, v)| v.as_str())
            .map(str::to_owned),
        _ => None,
    }
}
