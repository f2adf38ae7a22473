//! The JSON of `get_graph().to_json()`: nodes and edges, without prompts, parameters and state.

use super::graph::{Graph, GraphEdge, GraphNode, NodeKind};
use super::model::{Data, Effect, LangChainFile, Loss, Named, Op, OpKind, Origin, Tool};
use serde_json::Value as Json;
use std::sync::Arc;

/// Reads a graph; `None` where the JSON has no nodes and edges.
pub(super) fn read(path: &str, json: &Json) -> Option<LangChainFile> {
    let origin = Origin { file: path.to_owned(), line: 1, ..Origin::default() };
    let make = |kind: OpKind| Arc::new(Op { kind, origin: origin.clone() });
    let id_of = |json: &Json| match json {
        Json::String(s) => Some(s.clone()),
        Json::Number(n) => Some(n.to_string()),
        _ => None,
    };
    let mut nodes = Vec::new();
    for node in json.get("nodes")?.as_array()? {
        let id = id_of(node.get("id")?)?;
        let class = node
            .pointer("/data/id")
            .and_then(Json::as_array)
            .and_then(|i| i.last())
            .and_then(Json::as_str)
            .map(str::to_owned);
        let tools = node.pointer("/metadata/__tools").and_then(Json::as_array);
        let kind = match (id.as_str(), tools.is_some(), node.get("type").and_then(Json::as_str)) {
            ("__start__", ..) => NodeKind::Start,
            ("__end__", ..) => NodeKind::End,
            (_, true, _) => NodeKind::ToolNode,
            _ => NodeKind::Runnable,
        };
        let what = match tools {
            Some(tools) => {
                let tools = tools.iter().filter_map(Json::as_str).map(|name| {
                    make(OpKind::Tool(Tool {
                        name: Data::Str(name.into()),
                        description: Data::Unknown(
                            "the description of a tool, which this JSON does not hold".into(),
                        ),
                        args_schema: serde_json::json!({}),
                        class: "named".into(),
                        code: None,
                        return_direct: false,
                    }))
                });
                Some(make(OpKind::ToolNode(tools.collect())))
            }
            None => node
                .pointer("/data/name")
                .or(node.get("data"))
                .and_then(Json::as_str)
                .map(|name| make(super::json_lc::named(name))),
        };
        let defer = node.pointer("/metadata/defer").and_then(Json::as_bool).unwrap_or(false);
        nodes.push(GraphNode { id, kind, class, what, defer, retry: Vec::new() });
    }
    let mut edges = Vec::new();
    for edge in json.get("edges")?.as_array()? {
        edges.push(GraphEdge {
            source: id_of(edge.get("source")?)?,
            target: id_of(edge.get("target")?)?,
            conditional: edge.get("conditional").and_then(Json::as_bool).unwrap_or(false),
            label: edge.get("data").and_then(Json::as_str).map(str::to_owned),
            via: None,
        });
    }
    let is_langgraph = nodes.iter().any(|n| n.id == "__start__");
    let message = match is_langgraph {
        true => {
            "this JSON holds names and edges only: prompts, models, functions and the state are not in it, and an \
             edge to `__end__` may be one that LangChain invents for a conditional edge without a map"
        }
        false => {
            "this JSON holds names and edges only: prompts, models and functions are not in it; branches and \
             fallbacks are single nodes and retries are left out"
        }
    };
    let graph = Graph {
        class: if is_langgraph { "CompiledStateGraph".into() } else { "Graph".into() },
        name: "LangGraph".into(),
        nodes,
        edges,
        ..Graph::default()
    };
    let op = make(OpKind::Graph(graph));
    let mut file = LangChainFile {
        objects: vec![Named { name: super::json::stem(path), aliases: Vec::new(), op }],
        losses: vec![Loss { effect: Effect::Structure, message: message.into(), origin }],
        ..LangChainFile::default()
    };
    super::finish::inventory(&mut file, std::iter::empty());
    Some(file)
}
