//! From a builder to the compiled graph.

use super::body::Block;
use super::builder::{ANY, Action, BranchDef, Builder, END, EdgeDef, NodeDef, START};
use super::carried::{Carried, Schema};
use super::model::{Graph, GraphEdge, GraphNode, NodeKind};
use super::wiring::{Branch, Edge, Function, Wiring};
use super::{Compiled, kind, translate};
use crate::from::langchain::model::{Data, Effect, Lambda, Node, OpKind};
use crate::from::langchain::state::{M, node, op_of, thing_of};
use crate::from::langchain::{data, memory};
use crate::python::{Args, Eval, Native, Site, Value};

/// `builder.compile(…)`.
pub(super) fn compile(m: &mut M<'_>, id: u32, args: &Args, site: Site) -> Eval<Value> {
    let name = args
        .named("name")
        .and_then(|v| m.text(v))
        .filter(|_| !matches!(args.named("name"), Some(Value::None)));
    let graph = Graph {
        class: "CompiledStateGraph".to_owned(),
        name: name.unwrap_or_else(|| "LangGraph".to_owned()),
        ..Graph::default()
    };
    Ok(finish(m, id, graph, args, site))
}

fn finish(m: &mut M<'_>, id: u32, mut graph: Graph, args: &Args, site: Site) -> Value {
    let Some(builder) = m.host.graph.builders.get(id as usize) else { return Value::None };
    let (defs, state_schema) = (builder.nodes.clone(), builder.state.clone());
    let (edge_defs, branch_defs) = (builder.edges.clone(), builder.branches.clone());
    graph.edges = edges(builder);
    graph.nodes.push(end(START, NodeKind::Start));
    for def in &defs {
        let shown = graph_node(m, def);
        graph.nodes.push(shown);
    }
    graph.nodes.push(end(END, NodeKind::End));
    check(m, &graph, site);
    graph.state = state_schema.as_ref().map(|s| super::schema::fields(m, s, site)).unwrap_or_default();
    graph.interrupt_before = interrupts(m, args.named("interrupt_before"), &defs);
    graph.interrupt_after = interrupts(m, args.named("interrupt_after"), &defs);
    graph.checkpointer = memory::class_of(m, args.named("checkpointer"));
    let fields: Vec<String> = graph.state.iter().map(|(name, _)| name.clone()).collect();
    let is_joined = |f: &super::model::StateField| {
        f.join.is_some() || f.reducer.as_deref().is_some_and(|r| r != "_add_messages")
    };
    let joined: Vec<String> =
        graph.state.iter().filter(|(_, f)| is_joined(f)).map(|(name, _)| name.clone()).collect();
    let schema = Schema { class: state_schema.as_ref(), fields: &fields, joined: &joined };
    graph.wiring = Some(wiring(m, &defs, edge_defs, branch_defs, schema));
    let op = node(m, OpKind::Graph(graph), site);
    let function = super::enclosing_function(m, site);
    m.host.graph.compiled.push(Compiled { op, builder: Some(id), function });
    Value::Native(Native { kind: kind::COMPILED, id: m.host.graph.compiled.len() as u32 - 1 })
}

/// What a function does, or the function itself as Python; and the function as Python where it was translated.
fn block(
    m: &mut M<'_>,
    value: &Value,
    owner: String,
    schema: Schema<'_>,
) -> (Result<Block, String>, Option<Carried>) {
    match translate::block(m, value) {
        Ok(mut block) => {
            translate::give_again(&mut block, schema.joined);
            (Ok(block), Carried::of(m, value, owner, schema, String::new()).ok())
        }
        Err(reason) => (Carried::of(m, value, owner, schema, reason).map(Carried::block), None),
    }
}

/// How the graph runs.
fn wiring(
    m: &mut M<'_>,
    nodes: &[NodeDef],
    edges: Vec<EdgeDef>,
    branches: Vec<BranchDef>,
    schema: Schema<'_>,
) -> Wiring {
    let mut out = Wiring::default();
    for edge in edges {
        out.edges.push(Edge { sources: edge.sources, target: edge.target, is_join: edge.is_join });
    }
    for branch in branches {
        let (route, python) = match &branch.path {
            Some(Value::External(path)) if path.ends_with("tools_condition") => {
                (Ok(translate::tools_condition()), None)
            }
            Some(path) => block(m, path, format!("the branch after `{}`", branch.source), schema),
            None => (Err("a function of the library decides".to_owned()), None),
        };
        let ends = branch.ends.filter(|_| !branch.open);
        out.branches.push(Branch { source: branch.source, route, python, ends });
    }
    for node in nodes {
        if node.defer {
            out.deferred.push(node.id.clone());
        }
        let Action::Value(value) = &node.action else { continue };
        if let Some(op) = op_of(m, value) {
            let mut function = runnable(m, node, &op);
            if let Some(Function { block: Ok(block), .. }) = &mut function {
                translate::give_again(block, schema.joined);
            }
            out.functions.extend(function);
            continue;
        }
        let (block, python) = block(m, value, format!("the node `{}`", node.id), schema);
        out.functions.push(Function {
            node: node.id.clone(),
            block,
            python,
            code: data::code(m, value),
            ends: node.ends.known.clone(),
            is_command: node.ends.is_command,
        });
    }
    out
}

/// What a runnable does as a node; graphs and tool nodes are what they are.
fn runnable(m: &mut M<'_>, node: &NodeDef, op: &Node) -> Option<Function> {
    if matches!(op.kind, OpKind::Graph(_) | OpKind::ToolNode(_)) {
        return None;
    }
    Some(Function {
        node: node.id.clone(),
        block: translate::runnable(m, op),
        python: None,
        code: None,
        ends: node.ends.known.clone(),
        is_command: node.ends.is_command,
    })
}

fn end(id: &str, kind: NodeKind) -> GraphNode {
    GraphNode { id: id.to_owned(), kind, class: None, what: None, defer: false, retry: Vec::new() }
}

/// Edges whose ends are no nodes.
fn check(m: &mut M<'_>, graph: &Graph, site: Site) {
    let known = |id: &str| id == ANY || graph.nodes.iter().any(|n| n.id == id);
    let odd: Vec<String> = graph
        .edges
        .iter()
        .flat_map(|e| [&e.source, &e.target])
        .filter(|id| !known(id))
        .map(|id| format!("an edge names `{id}`, which is no node of the graph"))
        .collect();
    for message in odd {
        m.host.lose(Effect::Structure, message, site);
    }
}

/// Edges in LangGraph's order: by source and target.
fn edges(builder: &Builder) -> Vec<GraphEdge> {
    let mut out: Vec<GraphEdge> = Vec::new();
    let mut add = |source: &str, target: &str, conditional: bool, label: Option<&str>, via: Option<&str>| {
        let edge = GraphEdge {
            source: source.to_owned(),
            target: target.to_owned(),
            conditional,
            label: label.map(str::to_owned),
            via: via.map(str::to_owned),
        };
        if !out.contains(&edge) {
            out.push(edge);
        }
    };
    for edge in &builder.edges {
        for source in &edge.sources {
            add(source, &edge.target, false, None, None);
        }
    }
    for branch in &builder.branches {
        for (label, target) in branch.ends.iter().flatten() {
            add(&branch.source, target, true, Some(label), Some(&branch.via));
        }
        if branch.ends.is_none() || branch.open {
            add(&branch.source, ANY, true, None, Some(&branch.via));
        }
    }
    for node in &builder.nodes {
        match &node.ends.known {
            Some(targets) => targets.iter().for_each(|t| add(&node.id, t, true, None, Some("command"))),
            None if node.ends.is_command => add(&node.id, ANY, true, None, Some("command")),
            None => {}
        }
    }
    out.sort_by(|a, b| (&a.source, &a.target, a.conditional).cmp(&(&b.source, &b.target, b.conditional)));
    out
}

fn graph_node(m: &mut M<'_>, def: &NodeDef) -> GraphNode {
    let (kind, class, what) = match &def.action {
        Action::Library("ToolNode") => (NodeKind::ToolNode, "ToolNode", None),
        Action::Library(name) => {
            let what = node(m, OpKind::Lambda(Lambda::Named((*name).to_owned())), def.site);
            (NodeKind::Function, "RunnableCallable", Some(what))
        }
        Action::Value(value) => described(m, &value.clone(), def.site),
    };
    let class = match &what {
        Some(op) => class_name(op, class),
        None => class.to_owned(),
    };
    let retry = def.retry.as_ref().map(|v| policies(m, v)).unwrap_or_default();
    GraphNode { id: def.id.clone(), kind, class: Some(class), what, defer: def.defer, retry }
}

fn described(m: &mut M<'_>, value: &Value, site: Site) -> (NodeKind, &'static str, Option<Node>) {
    if let Some(op) = op_of(m, value) {
        let kind = match &op.kind {
            OpKind::Graph(_) => NodeKind::Subgraph,
            OpKind::ToolNode(_) => NodeKind::ToolNode,
            _ => NodeKind::Runnable,
        };
        return (kind, "Runnable", Some(op));
    }
    let lambda = match data::code(m, value) {
        Some(code) => Lambda::Function(code),
        None => match super::name_of(m, value) {
            Some(name) => Lambda::Named(name),
            None => Lambda::Named(m.describe(value)),
        },
    };
    (NodeKind::Function, "RunnableCallable", Some(node(m, OpKind::Lambda(lambda), site)))
}

fn class_name(op: &Node, otherwise: &str) -> String {
    match &op.kind {
        OpKind::Graph(graph) => graph.class.clone(),
        OpKind::ToolNode(_) => "ToolNode".to_owned(),
        OpKind::Seq(_) => "RunnableSequence".to_owned(),
        OpKind::Parallel(_) => "RunnableParallel".to_owned(),
        OpKind::Bind(_) => "RunnableBinding".to_owned(),
        OpKind::Model(model) => model.class.clone(),
        OpKind::Prompt(prompt) => prompt.class.clone(),
        OpKind::Chain(chain) => chain.class.clone(),
        _ => otherwise.to_owned(),
    }
}

/// `RetryPolicy(max_attempts=3)`, or several.
pub(super) fn policies(m: &M<'_>, value: &Value) -> Vec<Vec<(String, Data)>> {
    let many = m.as_items(value).unwrap_or_else(|| vec![value.clone()]);
    many.iter().filter_map(|policy| thing_of(m, policy)).map(|thing| data::kwargs(m, &thing.args)).collect()
}

fn interrupts(m: &M<'_>, value: Option<&Value>, defs: &[NodeDef]) -> Vec<String> {
    match value {
        Some(Value::Str(all)) if &**all == "*" => defs.iter().map(|n| n.id.clone()).collect(),
        Some(value) => m
            .as_items(value)
            .unwrap_or_default()
            .iter()
            .filter_map(|v| super::builder::node_id(m, v))
            .collect(),
        None => Vec::new(),
    }
}
