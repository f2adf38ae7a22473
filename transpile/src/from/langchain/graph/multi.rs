//! Graphs of several agents: `create_supervisor`, `create_swarm`.

use super::builder::{Action, Builder, END, NodeDef, START, push};
use super::name_of;
use super::targets::Ends;
use crate::from::langchain::model::Effect;
use crate::from::langchain::state::M;
use crate::python::{Args, Site, Value};

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
