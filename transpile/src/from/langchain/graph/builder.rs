//! `StateGraph` and `MessageGraph` while the file runs.

use super::targets::{self, Ends};
use super::{kind, name_of};
use crate::from::langchain::data;
use crate::from::langchain::model::Effect;
use crate::from::langchain::state::M;
use crate::python::{Args, Eval, Native, Object, Site, Value};

/// LangGraph's names of the two ends of a graph.
pub(super) const START: &str = "__start__";
pub(super) const END: &str = "__end__";

/// A target that only the run decides.
pub(super) const ANY: &str = "*";

/// A graph that is being built.
#[derive(Debug)]
pub(in crate::from::langchain) struct Builder {
    /// The schema of the state.
    pub state: Option<Value>,
    pub nodes: Vec<NodeDef>,
    pub edges: Vec<EdgeDef>,
    pub branches: Vec<BranchDef>,
    pub site: Site,
}

/// `add_node`.
#[derive(Clone, Debug)]
pub(in crate::from::langchain) struct NodeDef {
    pub id: String,
    pub action: Action,
    pub defer: bool,
    pub retry: Option<Value>,
    /// Where a `Command` of the node may go, as LangGraph knows it.
    pub ends: Ends,
    pub site: Site,
}

/// What a node runs.
#[derive(Clone, Debug)]
pub(in crate::from::langchain) enum Action {
    /// What the file gave.
    Value(Value),
    /// A function of the library, by name.
    Library(&'static str),
}

/// `add_edge`: several sources are a join.
#[derive(Clone, Debug)]
pub(in crate::from::langchain) struct EdgeDef {
    pub sources: Vec<String>,
    pub target: String,
    pub is_join: bool,
}

/// `add_conditional_edges`.
#[derive(Clone, Debug)]
pub(in crate::from::langchain) struct BranchDef {
    pub source: String,
    /// The function that decides; `None`: one of the library.
    pub path: Option<Value>,
    /// Its name.
    pub via: String,
    /// Label and target; `None`: only the run decides.
    pub ends: Option<Vec<(String, String)>>,
    /// True where `ends` may lack targets.
    pub open: bool,
}

impl Builder {
    pub(super) fn new(site: Site) -> Builder {
        Builder { state: None, nodes: Vec::new(), edges: Vec::new(), branches: Vec::new(), site }
    }

    pub(super) fn edge(&mut self, source: &str, target: &str) {
        let sources = vec![source.to_owned()];
        self.edges.push(EdgeDef { sources, target: target.to_owned(), is_join: false });
    }

    pub(super) fn node(&mut self, id: &str, action: Action, site: Site) {
        let id = id.to_owned();
        self.nodes.push(NodeDef { id, action, defer: false, retry: None, ends: Ends::default(), site });
    }

    /// A branch of the library with known targets.
    pub(super) fn branch(&mut self, source: &str, via: &'static str, targets: &[&str]) {
        let ends = targets.iter().map(|t| ((*t).to_owned(), (*t).to_owned())).collect();
        self.branches.push(BranchDef {
            source: source.to_owned(),
            path: None,
            via: via.to_owned(),
            ends: Some(ends),
            open: false,
        });
    }
}

/// `StateGraph(State, input_schema=…)`.
pub(super) fn create(m: &mut M<'_>, args: &Args, site: Site) -> Value {
    let mut builder = Builder::new(site);
    builder.state = args.get(0, "state_schema").or_else(|| args.named("schema")).cloned();
    push(m, builder)
}

pub(super) fn push(m: &mut M<'_>, builder: Builder) -> Value {
    m.host.graph.builders.push(builder);
    Value::Native(Native { kind: kind::BUILDER, id: m.host.graph.builders.len() as u32 - 1 })
}

/// A method of a builder; it gives the builder itself.
pub(super) fn method(m: &mut M<'_>, id: u32, name: &str, args: &Args, site: Site) -> Eval<Option<Value>> {
    if let (Some(doubt), true) = (m.doubt(), changes(name)) {
        m.host.lose(Effect::Structure, format!("the graph changes here, which {doubt}"), site);
    }
    match name {
        "add_node" => add_node(m, id, args, site)?,
        "add_edge" => add_edge(m, id, args.get(0, "start_key"), args.get(1, "end_key"), site),
        "add_conditional_edges" => {
            let source = args.get(0, "source").cloned();
            let path = args.get(1, "path").or_else(|| args.named("condition")).cloned();
            let map = args.get(2, "path_map").or_else(|| args.named("conditional_edge_mapping")).cloned();
            add_branch(m, id, source, path, map, site)?;
            if let Some(then) = args.get(3, "then").filter(|v| !matches!(v, Value::None)).cloned() {
                add_then(m, id, &then, site);
            }
        }
        "set_entry_point" => {
            add_edge(m, id, Some(&Value::str(START)), args.get(0, "key"), site);
        }
        "set_finish_point" => {
            add_edge(m, id, args.get(0, "key"), Some(&Value::str(END)), site);
        }
        "set_conditional_entry_point" => {
            let (path, map) = (args.get(0, "path").cloned(), args.get(1, "path_map").cloned());
            add_branch(m, id, Some(Value::str(START)), path, map, site)?;
        }
        "add_sequence" => add_sequence(m, id, args, site)?,
        "compile" => return super::compile::compile(m, id, args, site).map(Some),
        "validate" | "set_node_defaults" => {}
        _ => return Ok(None),
    }
    Ok(Some(Value::Native(Native { kind: kind::BUILDER, id })))
}

fn changes(name: &str) -> bool {
    name.starts_with("add_") || name.starts_with("set_")
}

fn of<'a>(m: &'a mut M<'_>, id: u32) -> Option<&'a mut Builder> {
    m.host.graph.builders.get_mut(id as usize)
}

/// Bytes that one node or edge of a graph takes until the end, in all that is made of it.
const PART_BYTES: usize = 4_096;

fn add_node(m: &mut M<'_>, id: u32, args: &Args, site: Site) -> Eval<()> {
    let first = args.get(0, "node").cloned();
    let second = args.get(1, "action").cloned().filter(|v| !matches!(v, Value::None));
    let (name, action) = match (first, second) {
        (Some(first), None) => (name_of(m, &first), first),
        (Some(first), Some(action)) => (node_id(m, &first), action),
        (None, Some(action)) => (name_of(m, &action), action),
        (None, None) => (None, m.unknown("a node that is not given", site.span)),
    };
    let Some(name) = name else {
        m.host.lose(Effect::Structure, "a node whose name is not known", site);
        return Ok(());
    };
    m.charge(PART_BYTES + 4 * name.len(), site.span)?;
    let mut ends = targets::of_command(m, &action)?;
    if let Some(given) = args.named("destinations").filter(|v| !matches!(v, Value::None)) {
        ends = Ends { known: destinations(m, &given.clone()), is_command: true };
    }
    if args.named("cache_policy").is_some_and(|v| !matches!(v, Value::None)) {
        let message = format!("the cache policy of the node `{name}`: every visit runs it");
        m.host.lose(Effect::Setting, message, site);
    }
    let node = NodeDef {
        id: name,
        action: Action::Value(action),
        defer: matches!(args.named("defer"), Some(Value::Bool(true))),
        retry: args.named("retry_policy").or_else(|| args.named("retry")).cloned(),
        ends,
        site,
    };
    if let Some(builder) = of(m, id) {
        match builder.nodes.iter().position(|n| n.id == node.id) {
            Some(at) => {
                let message = format!("a second node `{}`", node.id);
                builder.nodes.splice(at..=at, [node]);
                m.host.lose(Effect::Structure, message, site);
            }
            None => builder.nodes.push(node),
        }
    }
    Ok(())
}

/// Keys of a dict, or members of a list.
fn destinations(m: &M<'_>, value: &Value) -> Option<Vec<String>> {
    let names: Vec<Value> = match data::pairs(m, value) {
        Some(pairs) => pairs.into_iter().map(|(k, _)| Value::Str(k)).collect(),
        None => m.as_items(value)?,
    };
    names.iter().map(|v| node_id(m, v)).collect()
}

/// The id of a node: text, a member of an enum of text, or text by default.
pub(super) fn node_id(m: &M<'_>, value: &Value) -> Option<String> {
    match value {
        Value::Str(text) => Some(text.to_string()),
        Value::External(path) => {
            let (module, name) = path.rsplit_once('.')?;
            super::constant(module, name)?.as_str().map(str::to_owned)
        }
        Value::Symbol(symbol) => node_id(m, symbol.assumed.as_ref()?),
        Value::Obj(_) => match m.plain_attr(value, "value") {
            Some(inner) if !matches!(inner, Value::Obj(_)) => node_id(m, &inner),
            _ => None,
        },
        _ => None,
    }
}

fn add_edge(m: &mut M<'_>, id: u32, source: Option<&Value>, target: Option<&Value>, site: Site) {
    m.owe(PART_BYTES);
    let (Some(source), Some(target)) = (source, target) else {
        m.host.lose(Effect::Structure, "an edge without a source or target", site);
        return;
    };
    let many =
        m.as_items(source).map(|items| items.iter().map(|v| node_id(m, v)).collect::<Option<Vec<_>>>());
    let is_join = many.is_some();
    let sources = many.unwrap_or_else(|| node_id(m, source).map(|one| vec![one]));
    let (Some(sources), Some(target)) = (sources, node_id(m, target)) else {
        m.host.lose(Effect::Structure, "an edge whose source or target is not known", site);
        return;
    };
    if let Some(builder) = of(m, id) {
        builder.edges.push(EdgeDef { sources, target, is_join });
    }
}

fn add_branch(
    m: &mut M<'_>,
    id: u32,
    source: Option<Value>,
    path: Option<Value>,
    map: Option<Value>,
    site: Site,
) -> Eval<()> {
    let (Some(source), Some(path)) = (source, path) else {
        m.host.lose(Effect::Structure, "a conditional edge without a source or condition", site);
        return Ok(());
    };
    let Some(source) = node_id(m, &source) else {
        m.host.lose(Effect::Structure, "a conditional edge whose source is not known", site);
        return Ok(());
    };
    let via = name_of(m, &path).unwrap_or_else(|| "condition".to_owned());
    let map = map.filter(|v| !matches!(v, Value::None));
    let (ends, open) = match &map {
        Some(map) => match path_map(m, map) {
            Some((ends, open)) => (Some(ends), open),
            None => {
                m.host.lose(Effect::Structure, "a conditional edge whose map is not known", site);
                (None, true)
            }
        },
        None => (
            targets::of_path(m, &path)?.map(|names| names.iter().map(|n| (n.clone(), n.clone())).collect()),
            false,
        ),
    };
    if open && ends.is_some() {
        m.host.lose(Effect::Structure, "a conditional edge whose map is partly not known", site);
    }
    if let Some(builder) = of(m, id) {
        builder.branches.push(BranchDef { source, path: Some(path), via, ends, open });
    }
    Ok(())
}

/// Labels and targets of a dict or list, and whether some are not known.
fn path_map(m: &M<'_>, map: &Value) -> Option<(Vec<(String, String)>, bool)> {
    let map = &map.assumed()?;
    let mut open = m.is_dirty(map);
    let mut ends = Vec::new();
    if let Some(dict) = m.as_dict(map) {
        open |= dict.open;
        for (key, value) in dict.iter() {
            match (node_id(m, key).or_else(|| m.text(key)), node_id(m, value)) {
                (Some(label), Some(target)) => ends.push((label, target)),
                _ => open = true,
            }
        }
        return Some((ends, open));
    }
    for item in m.as_items(map)? {
        match node_id(m, &item) {
            Some(target) => ends.push((target.clone(), target)),
            None => open = true,
        }
    }
    Some((ends, open))
}

/// `then=`: the node that follows every target of the last branch.
fn add_then(m: &mut M<'_>, id: u32, then: &Value, site: Site) {
    let Some(then) = node_id(m, then) else {
        m.host.lose(Effect::Structure, "`then` of a conditional edge is not known", site);
        return;
    };
    let Some(builder) = of(m, id) else { return };
    let Some(branch) = builder.branches.last() else { return };
    let targets: Vec<String> =
        branch.ends.iter().flatten().map(|(_, t)| t.clone()).filter(|t| t != END).collect();
    for target in targets {
        builder.edge(&target, &then);
    }
}

fn add_sequence(m: &mut M<'_>, id: u32, args: &Args, site: Site) -> Eval<()> {
    let items = args.get(0, "nodes").and_then(|v| m.as_items(v));
    let Some(items) = items else {
        m.host.lose(Effect::Structure, "a sequence whose nodes are not known", site);
        return Ok(());
    };
    let mut before: Option<String> = None;
    for item in items {
        let pair = match m.object_of(&item) {
            Some(Object::Tuple(pair)) if pair.len() == 2 => Some((pair[0].clone(), pair[1].clone())),
            _ => None,
        };
        let (name, given) = match pair {
            Some((name, action)) => (node_id(m, &name), vec![name, action]),
            None => (name_of(m, &item), vec![item]),
        };
        add_node(m, id, &Args::of(given), site)?;
        let (Some(name), Some(builder)) = (name, of(m, id)) else { continue };
        if let Some(before) = before.replace(name.clone()) {
            builder.edge(&before, &name);
        }
    }
    Ok(())
}
