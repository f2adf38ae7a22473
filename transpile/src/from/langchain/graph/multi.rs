//! Graphs of several agents: `create_supervisor`, `create_swarm`.

use super::builder::{ANY, Action, Builder, END, NodeDef, START, push};
use super::targets::Ends;
use super::{kind, name_of};
use crate::from::langchain::data::texts;
use crate::from::langchain::model::Effect;
use crate::from::langchain::state::M;
use crate::python::{Args, Native, Site, Value};

/// A supervisor that hands over to agents, each of which comes back to it.
pub(super) fn supervisor(m: &mut M<'_>, args: &Args, site: Site) -> Value {
    let agents = agents(m, args, site);
    let name =
        args.named("supervisor_name").and_then(|v| m.text(v)).unwrap_or_else(|| "supervisor".to_owned());
    let mut builder = Builder::new(site);
    builder.state = Some(args.named("state_schema").cloned().unwrap_or_else(messages));
    let mut targets: Vec<String> = agents.iter().map(|(name, _)| name.clone()).collect();
    targets.push(END.to_owned());
    let ends = Ends { known: Some(targets), is_command: true };
    builder.nodes.push(NodeDef {
        id: name.clone(),
        action: Action::Library("create_react_agent"),
        defer: false,
        retry: None,
        ends,
        site,
    });
    builder.edge(START, &name);
    // Without tools of its own that hand over, it gets one for each agent.
    let mut own = args.named("tools").and_then(|v| m.as_items(v)).unwrap_or_default();
    if !own.iter().any(|tool| super::handoffs::is_handoff(m, tool)) {
        let prefix = args.named("handoff_tool_prefix").and_then(|v| m.text(v));
        let prefix = prefix.unwrap_or_else(|| super::handoffs::PREFIX.to_owned());
        for (agent, _) in &agents {
            let tool = super::handoffs::tool_for(m, agent, &prefix, site);
            own.push(tool);
        }
    }
    // The supervisor itself is an agent with these tools.
    if m.host.uncalled {
        let mut given = args.clone();
        given.pos.clear();
        let tools = m.list(own);
        given.set("tools", tools);
        given.set("name", Value::str(name.as_str()));
        crate::from::langchain::agents::react_graph(m, &given, site);
    }
    for (agent, value) in agents {
        builder.node(&agent, Action::Value(value), site);
        builder.edge(&agent, &name);
    }
    push(m, builder)
}

/// Agents that hand over to each other by tools: the first to act is the active one.
pub(super) fn swarm(m: &mut M<'_>, args: &Args, site: Site) -> Value {
    let agents = agents(m, args, site);
    let mut builder = Builder::new(site);
    builder.state = Some(
        args.named("state_schema")
            .cloned()
            .unwrap_or_else(|| Value::External("langgraph_swarm.SwarmState".into())),
    );
    let names: Vec<&str> = agents.iter().map(|(name, _)| name.as_str()).collect();
    builder.branch(START, "route_to_active_agent", &names);
    for (agent, value) in &agents {
        let mut known = super::handoffs::of_agent(m, value);
        known.retain(|target| names.contains(&target.as_str()));
        builder.nodes.push(NodeDef {
            id: agent.clone(),
            action: Action::Value(value.clone()),
            defer: false,
            retry: None,
            ends: Ends { known: Some(known), is_command: true },
            site,
        });
    }
    push(m, builder)
}

/// `add_active_agent_router(builder=…, route_to=[…], default_active_agent=…)`: the first to act is the active one.
pub(super) fn router(m: &mut M<'_>, args: &Args, site: Site) -> Option<Value> {
    let builder = args.get(0, "builder")?.clone();
    let Value::Native(Native { kind: kind::BUILDER, id }) = builder else { return None };
    let route_to = args.named("route_to").cloned();
    let targets = texts(m, route_to.as_ref());
    if targets.is_none() {
        m.host.lose(Effect::Structure, "the agents that the graph may begin with are not known", site);
    }
    if let Some(found) = m.host.graph.builders.get_mut(id as usize) {
        match &targets {
            Some(targets) => {
                let names: Vec<&str> = targets.iter().map(String::as_str).collect();
                found.branch(START, "route_to_active_agent", &names);
            }
            None => found.branch(START, "route_to_active_agent", &[ANY]),
        }
    }
    Some(builder)
}

fn messages() -> Value {
    Value::External("langgraph.graph.MessagesState".into())
}

fn agents(m: &mut M<'_>, args: &Args, site: Site) -> Vec<(String, Value)> {
    let items = args.get(0, "agents").and_then(|v| m.as_items(v));
    if items.is_none() {
        m.host.lose(Effect::Structure, "the list of agents is not known", site);
    }
    let mut out = Vec::new();
    for item in items.unwrap_or_default() {
        match name_of(m, &item) {
            Some(name) => out.push((name, item)),
            None => m.host.lose(Effect::Structure, "an agent whose name is not known", site),
        }
    }
    out
}
