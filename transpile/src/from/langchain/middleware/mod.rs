//! Middleware of `create_agent`: the nodes that its hooks become, and where the agent goes from each.

mod carried;

use super::data::texts;
use super::graph::{self, GraphEdge, GraphNode, NodeKind};
use super::model::{Data, Effect, Node, OpKind, Tool};
use super::names::last;
use super::state::{M, ThingClass, kind, node, origin, thing, thing_of};
use super::{agents, tools};
use crate::python::{Args, Eval, Native, Object, Site, Value};
use serde_json::json;

/// Decorators that make middleware of one function.
const DECORATORS: &[&str] = &[
    "before_agent",
    "before_model",
    "after_model",
    "after_agent",
    "dynamic_prompt",
    "wrap_model_call",
    "wrap_tool_call",
];

/// Where a hook is called; in the order of the members of [`Middleware::hooks`].
const HOOKS: [&str; 4] = ["before_agent", "before_model", "after_model", "after_agent"];
const BEFORE_AGENT: usize = 0;
const BEFORE_MODEL: usize = 1;
const AFTER_MODEL: usize = 2;
const AFTER_AGENT: usize = 3;

/// One piece of middleware.
#[derive(Debug, Default)]
struct Middleware {
    name: String,
    /// Whether it has the hook, and where the hook may send the agent: `end`, `tools`, `model`.
    hooks: [Option<Vec<String>>; 4],
    /// It stands around the call of the model, and may have it asked again.
    wraps_model: bool,
    /// It stands around calls of tools.
    wraps_tool: bool,
    tools: Vec<Node>,
}

/// A decorator, with its function or before it has one.
pub(super) fn call(m: &mut M<'_>, path: &str, args: &Args, site: Site) -> Option<Value> {
    let name = last(path);
    if !path.starts_with("langchain.agents") || !(DECORATORS.contains(&name) || name == "hook_config") {
        return None;
    }
    Some(thing(m, ThingClass::Middleware, name, "langchain", args, site))
}

/// A decorator that waits gets its function. The function that `@hook_config` is put on stays itself.
pub(super) fn apply(m: &mut M<'_>, callee: Native, args: &Args, site: Site) -> Eval<Option<Value>> {
    if callee.kind != kind::THING {
        return Ok(None);
    }
    let Some(waiting) = m.host.things.get(callee.id as usize).cloned() else { return Ok(None) };
    let (ThingClass::Middleware, Some(function)) = (waiting.class, args.pos.first()) else { return Ok(None) };
    if waiting.name == "hook_config" {
        if let Value::Obj(id) = function {
            let jumps = jumps(m, &waiting.args);
            m.host.jumps.insert(*id, jumps);
        }
        return Ok(Some(function.clone()));
    }
    let mut given = waiting.args;
    given.pos.insert(0, function.clone());
    Ok(Some(thing(m, ThingClass::Middleware, &waiting.name, "langchain", &given, site)))
}

fn jumps(m: &M<'_>, args: &Args) -> Vec<String> {
    texts(m, args.named("can_jump_to")).unwrap_or_default()
}

/// What the argument `middleware` of an agent is, and what the runtime does of it; what is not known is told.
fn read_all(m: &mut M<'_>, args: &Args, site: Site) -> (Vec<Middleware>, graph::Middleware) {
    let (mut all, mut added) = (Vec::new(), graph::Middleware::default());
    let Some(value) = args.named("middleware").filter(|v| !matches!(v, Value::None)).cloned() else {
        return (all, added);
    };
    let known = value.assumed().unwrap_or_else(|| value.clone());
    let Some(items) = m.as_items(&known).filter(|_| !m.is_dirty(&known)) else {
        let reason = m.describe(&value);
        let message = format!("the list of middleware is not known: {reason}; it may add nodes and tools");
        m.host.lose(Effect::Structure, message, site);
        return (all, added);
    };
    for item in &items {
        match read(m, item, site) {
            Some(read) => {
                match thing_of(m, item).cloned() {
                    Some(thing) if thing.class != ThingClass::Middleware => {
                        carried::add(m, &thing, &mut added);
                    }
                    _ => {
                        let name = &read.name;
                        let message = format!("the middleware `{name}` of the file is not carried over");
                        added.dropped.push((message, origin(m, site)));
                    }
                }
                all.push(read);
            }
            None => {
                let what = match thing_of(m, item) {
                    Some(thing) => format!("`{}`", thing.name),
                    None => m.describe(item),
                };
                let message = format!(
                    "middleware of the agent is not known: {what}; it may add nodes and tools that are not told"
                );
                m.host.lose(Effect::Structure, message, site);
            }
        }
    }
    (all, added)
}

fn read(m: &mut M<'_>, value: &Value, site: Site) -> Option<Middleware> {
    if let Some(found) = thing_of(m, value).cloned() {
        return match found.class {
            ThingClass::Middleware => decorated(m, &found.name, &found.args, site),
            _ => library(m, &found.name, &found.args, site),
        };
    }
    let class = m.class_of(value).filter(|class| matches!(class, Value::Obj(_)))?;
    let base = m.external_base(&class)?;
    let base = last(&base).split('[').next().unwrap_or_default().to_owned();
    let mut out = match base.as_str() {
        "AgentMiddleware" => Middleware::default(),
        other => library(m, other, &Args::default(), site)?,
    };
    out.name = match m.class_attr(&class, "name") {
        Some(Value::Str(name)) => name.to_string(),
        _ => m.class_name(&class),
    };
    for (at, hook) in HOOKS.iter().enumerate() {
        if let Some(method) = method(m, &class, hook) {
            out.hooks[at] = Some(match method {
                Value::Obj(id) => m.host.jumps.get(&id).cloned().unwrap_or_default(),
                _ => Vec::new(),
            });
        }
    }
    out.wraps_model |= method(m, &class, "wrap_model_call").is_some();
    out.wraps_tool |= method(m, &class, "wrap_tool_call").is_some();
    if let Some(own) = m.plain_attr(value, "tools").or_else(|| m.class_attr(&class, "tools"))
        && m.as_items(&own).is_none_or(|items| !items.is_empty())
    {
        out.tools.extend(tools::list(m, &own, site));
    }
    Some(out)
}

/// The method of that name, or its form that is awaited.
fn method(m: &M<'_>, class: &Value, name: &str) -> Option<Value> {
    m.class_attr(class, name).or_else(|| m.class_attr(class, &format!("a{name}")))
}

/// `@before_model` and the like.
fn decorated(m: &mut M<'_>, decorator: &str, args: &Args, site: Site) -> Option<Middleware> {
    let function = args.pos.first()?;
    let name = match (args.named("name"), m.object_of(function)) {
        (Some(Value::Str(name)), _) => name.to_string(),
        (_, Some(Object::Function(function))) => function.name.to_string(),
        _ => return None,
    };
    let mut out = Middleware { name, ..Middleware::default() };
    if let Some(at) = HOOKS.iter().position(|hook| *hook == decorator) {
        out.hooks[at] = Some(jumps(m, args));
    }
    out.wraps_model = matches!(decorator, "dynamic_prompt" | "wrap_model_call");
    out.wraps_tool = decorator == "wrap_tool_call";
    if let Some(own) = args.named("tools").cloned() {
        out.tools = tools::list(m, &own, site);
    }
    Some(out)
}

/// The hooks of LangChain's own middleware (langchain 1.4).
fn library(m: &mut M<'_>, class: &str, args: &Args, site: Site) -> Option<Middleware> {
    let mut out = Middleware { name: class.to_owned(), ..Middleware::default() };
    let end = || Some(vec!["end".to_owned()]);
    match class {
        "SummarizationMiddleware" => out.hooks[BEFORE_MODEL] = Some(Vec::new()),
        "HumanInTheLoopMiddleware" => {
            out.hooks[AFTER_MODEL] = Some(Vec::new());
            out.wraps_tool = true;
        }
        "PIIMiddleware" => {
            out.name = format!("{class}[{}]", args.get(0, "pii_type").and_then(Value::as_str)?);
            out.hooks[BEFORE_MODEL] = end();
            out.hooks[AFTER_MODEL] = Some(Vec::new());
        }
        "ToolCallLimitMiddleware" => {
            match args.named("tool_name") {
                None | Some(Value::None) => {}
                Some(tool) => out.name = format!("{class}[{}]", tool.as_str()?),
            }
            out.hooks[AFTER_MODEL] = end();
        }
        "ModelCallLimitMiddleware" => {
            out.hooks[BEFORE_MODEL] = end();
            out.hooks[AFTER_MODEL] = Some(Vec::new());
        }
        "TodoListMiddleware" => {
            out.hooks[AFTER_MODEL] = Some(Vec::new());
            out.wraps_model = true;
            out.tools.push(write_todos(m, site));
        }
        "ModelFallbackMiddleware"
        | "ModelRetryMiddleware"
        | "LLMToolSelectorMiddleware"
        | "ContextEditingMiddleware"
        | "AnthropicPromptCachingMiddleware" => out.wraps_model = true,
        "ToolRetryMiddleware" | "LLMToolEmulator" => out.wraps_tool = true,
        _ => return None,
    }
    Some(out)
}

fn write_todos(m: &M<'_>, site: Site) -> Node {
    let todo = json!({
        "type": "object",
        "properties": {
            "content": { "type": "string" },
            "status": { "type": "string", "enum": ["pending", "in_progress", "completed"] },
        },
        "required": ["content", "status"],
    });
    let tool = Tool {
        name: Data::Str("write_todos".into()),
        description: Data::Unknown("the description that `TodoListMiddleware` has".into()),
        args_schema: json!({
            "type": "object",
            "properties": { "todos": { "type": "array", "items": todo } },
            "required": ["todos"],
        }),
        class: "StructuredTool".into(),
        code: None,
        return_direct: false,
    };
    node(m, OpKind::Tool(tool), site)
}

/// How the answer of an agent gets its form.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    Free,
    /// The service keeps to a schema.
    Provider,
    /// Tools stand for the schema, or may.
    Tools,
}

fn form(m: &M<'_>, args: &Args) -> Form {
    match args.named("response_format") {
        None | Some(Value::None) => Form::Free,
        Some(value) => match thing_of(m, value) {
            Some(thing) if thing.name == "ProviderStrategy" => Form::Provider,
            _ => Form::Tools,
        },
    }
}

/// The nodes and edges of an agent.
pub(super) struct Shape {
    pub tools: Vec<Node>,
    /// What the runtime does of the middleware.
    pub added: graph::Middleware,
    pub nodes: Vec<GraphNode>,
    pub edges: Vec<GraphEdge>,
}

/// What `create_agent` builds of a model, tools and middleware (langchain 1.4).
pub(super) fn shape(m: &mut M<'_>, mut own: Vec<Node>, model: Node, args: &Args, site: Site) -> Shape {
    let (all, added) = read_all(m, args, site);
    let form = form(m, args);
    own.extend(all.iter().flat_map(|middleware| middleware.tools.iter().cloned()));
    let has_tools = !own.is_empty() || all.iter().any(|middleware| middleware.wraps_tool);
    let with = |hook: usize| -> Vec<(String, Vec<String>)> {
        let found = all.iter().filter_map(|a| Some((&a.name, a.hooks[hook].clone()?)));
        found.map(|(name, jumps)| (format!("{name}.{}", HOOKS[hook]), jumps)).collect()
    };
    let [before_agent, before_model, after_model, after_agent] =
        [with(BEFORE_AGENT), with(BEFORE_MODEL), with(AFTER_MODEL), with(AFTER_AGENT)];
    let first = |hooks: &[(String, Vec<String>)]| hooks.first().map(|(id, _)| id.clone());
    let entry = first(&before_model).unwrap_or_else(|| "model".into());
    let exit = after_agent.last().map_or("__end__".to_owned(), |(id, _)| id.clone());
    let decides = first(&after_model).unwrap_or_else(|| "model".into());

    let mut nodes = vec![agents::plain_node("__start__", NodeKind::Start, None, None)];
    nodes.push(agents::plain_node("model", NodeKind::Function, Some("RunnableCallable"), Some(model)));
    if has_tools {
        let tools = node(m, OpKind::ToolNode(own.clone()), site);
        nodes.push(agents::plain_node("tools", NodeKind::ToolNode, Some("ToolNode"), Some(tools)));
    }
    for (id, _) in before_agent.iter().chain(&before_model).chain(&after_model).chain(&after_agent) {
        nodes.push(agents::plain_node(id, NodeKind::Function, Some("RunnableCallable"), None));
    }
    nodes.push(agents::plain_node("__end__", NodeKind::End, None, None));

    let mut edges = Edges { list: Vec::new(), entry: &entry, exit: &exit };
    edges.add("__start__", first(&before_agent).as_deref().unwrap_or(&entry), None);
    let returns = own.iter().any(|t| matches!(&t.kind, OpKind::Tool(t) if t.return_direct));
    if has_tools {
        let wraps = all.iter().any(|middleware| middleware.wraps_model);
        edges.add("tools", &entry, Some("tools_to_model"));
        if returns || form == Form::Tools {
            edges.add("tools", &exit, Some("tools_to_model"));
        }
        edges.add(&decides, "tools", Some("model_to_tools"));
        edges.add(&decides, &exit, Some("model_to_tools"));
        if form != Form::Free || decides != "model" || wraps {
            edges.add(&decides, &entry, Some("model_to_tools"));
        }
    } else if form == Form::Tools {
        edges.add(&decides, &entry, Some("model_to_model"));
        edges.add(&decides, &exit, Some("model_to_model"));
    } else if let Some(hook) = after_model.first() {
        edges.hook(hook, &exit);
    } else {
        edges.add("model", &exit, None);
    }
    edges.chain(&before_agent, &entry);
    edges.chain(&before_model, "model");
    if let Some((last, _)) = after_model.last() {
        edges.add("model", last, None);
        let backwards: Vec<_> = after_model.iter().skip(1).rev().cloned().collect();
        edges.chain(&backwards, &decides);
    }
    let backwards: Vec<_> = after_agent.iter().rev().cloned().collect();
    edges.chain(&backwards, "__end__");
    let edges = edges.list;
    Shape { tools: own, added, nodes, edges }
}

struct Edges<'a> {
    list: Vec<GraphEdge>,
    entry: &'a str,
    exit: &'a str,
}

impl Edges<'_> {
    fn add(&mut self, source: &str, target: &str, via: Option<&str>) {
        let edge = agents::edge(source, target, via);
        if !self.list.contains(&edge) {
            self.list.push(edge);
        }
    }

    /// From each to the next, and from the last to `end`.
    fn chain(&mut self, hooks: &[(String, Vec<String>)], end: &str) {
        for (at, hook) in hooks.iter().enumerate() {
            let next = hooks.get(at + 1).map_or(end, |(id, _)| id.as_str()).to_owned();
            self.hook(hook, &next);
        }
    }

    /// From a hook to what follows, or to where it may jump.
    fn hook(&mut self, (id, jumps): &(String, Vec<String>), next: &str) {
        if jumps.is_empty() {
            return self.add(id, next, None);
        }
        let may = |place: &str| jumps.iter().any(|jump| jump == place);
        self.add(id, next, Some("jump_edge"));
        if may("end") {
            self.add(id, self.exit, Some("jump_edge"));
        }
        if may("tools") {
            self.add(id, "tools", Some("jump_edge"));
        }
        if may("model") && id != self.entry {
            self.add(id, self.entry, Some("jump_edge"));
        }
    }
}
