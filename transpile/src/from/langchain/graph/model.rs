//! What a compiled graph is.

use super::body::Block;
use super::functional::Routine;
use super::wiring::Wiring;
use crate::from::langchain::model::{Data, Node, Origin};
use serde_json::{Map, Value, json};

/// A compiled graph.
#[derive(Clone, Debug, Default)]
pub struct Graph {
    /// `CompiledStateGraph` or `Pregel`.
    pub class: String,
    /// Its name.
    pub name: String,
    /// `create_react_agent`, `create_agent` …: the function that built it.
    pub prebuilt: Option<String>,
    /// What that function was given.
    pub agent: Option<Agent>,
    /// `__start__` first, `__end__` last.
    pub nodes: Vec<GraphNode>,
    /// In LangGraph's order.
    pub edges: Vec<GraphEdge>,
    /// The fields of the state.
    pub state: Vec<(String, StateField)>,
    /// Nodes.
    pub interrupt_before: Vec<String>,
    /// Nodes.
    pub interrupt_after: Vec<String>,
    /// Its class.
    pub checkpointer: Option<String>,
    /// How it runs, where the file builds it from nodes and edges.
    pub wiring: Option<Wiring>,
    /// What it runs, where it is an entrypoint of the functional interface.
    pub entry: Option<Box<Routine>>,
}

/// What a function that builds an agent was given.
#[derive(Clone, Debug)]
pub struct Agent {
    /// The model, where it is an object.
    pub model: Option<Node>,
    /// The model, where it is text such as `openai:gpt-4o` or not known.
    pub model_text: Data,
    /// The system prompt: text, or what else was given.
    pub prompt: Data,
    /// `response_format`.
    pub response_format: Data,
    /// Its name.
    pub name: Data,
    /// The tools.
    pub tools: Vec<Node>,
    /// What its middleware adds.
    pub middleware: Middleware,
}

/// What the middleware of an agent adds, as far as it is carried over.
#[derive(Clone, Debug, Default)]
pub struct Middleware {
    /// Models that are asked where the one before fails: objects, or text such as `openai:gpt-4o`.
    pub fallbacks: Vec<Data>,
    /// Most calls of the model in one run.
    pub calls: Option<CallLimit>,
    /// The tools that a person approves.
    pub approved: Vec<String>,
    /// What the person is asked, where the file says.
    pub subject: Option<String>,
    /// Where the person may do more than approve and reject.
    pub origin: Option<Origin>,
    /// What is not carried over, and where it stands.
    pub dropped: Vec<(String, Origin)>,
}

/// A bound of the calls of a model.
#[derive(Clone, Copy, Debug)]
pub struct CallLimit {
    /// The calls.
    pub calls: i64,
    /// The run ends with a message of its own; else it fails.
    pub ends: bool,
}

/// A node.
#[derive(Clone, Debug)]
pub struct GraphNode {
    /// Its name.
    pub id: String,
    /// What runs it.
    pub kind: NodeKind,
    /// The class that holds it: `RunnableCallable`, `ToolNode`, `CompiledStateGraph` …
    pub class: Option<String>,
    /// What it runs.
    pub what: Option<Node>,
    /// `defer=True`.
    pub defer: bool,
    /// The arguments of its retry policies.
    pub retry: Vec<Vec<(String, Data)>>,
}

/// What runs a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NodeKind {
    /// `__start__`.
    Start,
    /// `__end__`.
    End,
    /// A function.
    Function,
    /// Tools.
    ToolNode,
    /// A graph.
    Subgraph,
    /// Another runnable.
    Runnable,
    /// A task of the functional API, which has no kind.
    Task,
}

impl NodeKind {
    fn name(self) -> Option<&'static str> {
        Some(match self {
            NodeKind::Start => "start",
            NodeKind::End => "end",
            NodeKind::Function => "function",
            NodeKind::ToolNode => "toolnode",
            NodeKind::Subgraph => "subgraph",
            NodeKind::Runnable => "runnable",
            NodeKind::Task => return None,
        })
    }
}

/// An edge. The target `*` is one that only the run decides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GraphEdge {
    /// A node.
    pub source: String,
    /// A node or `*`.
    pub target: String,
    /// Taken on a condition.
    pub conditional: bool,
    /// The key of the path map.
    pub label: Option<String>,
    /// The function that decides, `command` or `send`.
    pub via: Option<String>,
}

/// A field of a graph's state.
#[derive(Clone, Debug)]
pub struct StateField {
    /// Its type as text.
    pub ty: String,
    /// The function that joins updates.
    pub reducer: Option<String>,
    /// What that function does, where it is one of the file.
    pub join: Option<Join>,
    /// What a model or dataclass has where nothing is given.
    pub default: Option<Data>,
}

/// A function of the file that joins what a field holds with an update.
#[derive(Clone, Debug)]
pub struct Join {
    /// Its parameters: what the field holds, the update.
    pub parameters: [String; 2],
    /// What it gives, or why that is not told.
    pub block: Result<Block, String>,
}

impl Graph {
    /// The JSON that `inspect` prints; `op` prints an object inside.
    pub(in crate::from::langchain) fn to_json(
        &self,
        op: &dyn Fn(&Node) -> Value,
        data: &dyn Fn(&Data) -> Value,
    ) -> Value {
        let mut out = Map::new();
        out.insert("op".into(), "graph".into());
        out.insert("class".into(), self.class.as_str().into());
        out.insert("name".into(), self.name.as_str().into());
        if let Some(prebuilt) = &self.prebuilt {
            out.insert("prebuilt".into(), prebuilt.as_str().into());
        }
        if let Some(agent) = &self.agent {
            let model = agent.model.as_ref().map_or_else(|| data(&agent.model_text), op);
            out.insert(
                "agent".into(),
                json!({
                    "model": model,
                    "prompt": data(&agent.prompt),
                    "response_format": data(&agent.response_format),
                    "name": data(&agent.name),
                    "tools": agent.tools.iter().map(op).collect::<Vec<_>>(),
                }),
            );
        }
        out.insert("nodes".into(), self.nodes.iter().map(|n| n.to_json(op, data)).collect());
        out.insert("edges".into(), self.edges.iter().map(GraphEdge::to_json).collect());
        if !self.state.is_empty() {
            let state: Map<String, Value> = self
                .state
                .iter()
                .map(|(name, f)| (name.clone(), json!({ "type": f.ty, "reducer": f.reducer })))
                .collect();
            out.insert("state".into(), Value::Object(state));
        }
        out.insert("interrupt_before".into(), json!(self.interrupt_before));
        out.insert("interrupt_after".into(), json!(self.interrupt_after));
        out.insert("checkpointer".into(), json!(self.checkpointer));
        Value::Object(out)
    }
}

impl GraphNode {
    fn to_json(&self, op: &dyn Fn(&Node) -> Value, data: &dyn Fn(&Data) -> Value) -> Value {
        let mut out = Map::new();
        out.insert("id".into(), self.id.as_str().into());
        if let Some(kind) = self.kind.name() {
            out.insert("kind".into(), kind.into());
        }
        if let Some(class) = &self.class {
            out.insert("type".into(), class.as_str().into());
        }
        if let Some(what) = &self.what {
            let mut what = op(what);
            if self.kind == NodeKind::Function && what.get("op").is_some_and(|o| o == "lambda") {
                what["op"] = "function".into();
            }
            out.insert("what".into(), what);
        }
        if self.defer {
            out.insert("defer".into(), true.into());
        }
        if !self.retry.is_empty() {
            let policy = |p: &Vec<(String, Data)>| -> Value {
                Value::Object(p.iter().map(|(k, v)| (k.clone(), data(v))).collect())
            };
            out.insert("retry".into(), self.retry.iter().map(policy).collect());
        }
        Value::Object(out)
    }
}

impl GraphEdge {
    fn to_json(&self) -> Value {
        let mut out =
            json!({ "source": self.source, "target": self.target, "conditional": self.conditional });
        if let Some(label) = &self.label {
            out["label"] = label.as_str().into();
        }
        if let Some(via) = &self.via {
            out["via"] = via.as_str().into();
        }
        out
    }
}
