//! Tools that hand over to another agent: `create_handoff_tool(agent_name="…")`.

use crate::from::langchain::data;
use crate::from::langchain::model::{Data, OpKind, Tool};
use crate::from::langchain::state::{self, M, op_of};
use crate::python::{Args, Site, Value};
use serde_json::json;
use std::sync::Arc;

/// What the names of such tools begin with.
pub(super) const PREFIX: &str = "transfer_to_";

/// A tool that hands over.
pub(super) fn create(m: &mut M<'_>, args: &Args, site: Site) -> Value {
    let target = args.get(0, "agent_name").map_or(Data::Null, |v| data::data(m, v));
    let name = match args.named("name") {
        None | Some(Value::None) => match target.as_str() {
            Some(agent) => Data::Str(name_for(agent, PREFIX)),
            None => Data::Unknown("the agent that the tool hands over to is not known".into()),
        },
        Some(name) => data::data(m, name),
    };
    let description = match args.named("description") {
        None | Some(Value::None) => Data::Unknown("the description that `create_handoff_tool` gives".into()),
        Some(text) => data::data(m, text),
    };
    made(m, name, description, target.as_str().unwrap_or_default(), site)
}

/// The tool that a supervisor gets for an agent.
pub(super) fn tool_for(m: &mut M<'_>, agent: &str, prefix: &str, site: Site) -> Value {
    let description = Data::Unknown("the description that `create_handoff_tool` gives".into());
    made(m, Data::Str(name_for(agent, prefix)), description, agent, site)
}

fn made(m: &mut M<'_>, name: Data, description: Data, target: &str, site: Site) -> Value {
    let tool = Tool {
        name,
        description,
        args_schema: json!({ "type": "object", "properties": {} }),
        class: "StructuredTool".to_owned(),
        code: None,
        return_direct: false,
    };
    let value = state::make(m, OpKind::Tool(tool), site);
    if let Some(op) = op_of(m, &value) {
        m.host.graph.handoffs.push((op, target.to_owned()));
    }
    value
}

/// The name of an agent in lower case and without blanks, as names of tools are.
fn name_for(agent: &str, prefix: &str) -> String {
    let words: Vec<&str> = agent.split_whitespace().collect();
    format!("{prefix}{}", words.join("_").to_lowercase())
}

/// Is it a tool that hands over?
pub(super) fn is_handoff(m: &M<'_>, value: &Value) -> bool {
    op_of(m, value).is_some_and(|op| m.host.graph.handoffs.iter().any(|(tool, _)| Arc::ptr_eq(tool, &op)))
}

/// The agents that the tools of an agent hand over to.
pub(super) fn of_agent(m: &M<'_>, agent: &Value) -> Vec<String> {
    let Some(op) = op_of(m, agent) else { return Vec::new() };
    let OpKind::Graph(graph) = &op.kind else { return Vec::new() };
    let tools = graph.agent.iter().flat_map(|agent| &agent.tools);
    let target = |tool| m.host.graph.handoffs.iter().find(|(known, _)| Arc::ptr_eq(known, tool));
    tools.filter_map(target).map(|(_, agent)| agent.clone()).collect()
}
