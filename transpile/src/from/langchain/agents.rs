//! Agents: one turn of them, and the loops that run them.

use super::data::data;
use super::graph::{self, Agent, Graph, GraphEdge, GraphNode, NodeKind, StateField};
use super::model::{Bind, Chain, Data, Effect, Executor, Lambda, Node, OpKind, Part, Prompt};
use super::names::{Name, last};
use super::state::{M, make, node, op_of};
use crate::python::{Args, Eval, Site, Value};

/// A call of a function or class of this family.
pub(super) fn call(m: &mut M<'_>, name: &Name<'_>, args: &Args, site: Site) -> Eval<Option<Value>> {
    Ok(Some(match (name.name, name.method) {
        ("create_react_agent", "") if name.package.starts_with("langgraph") => react_graph(m, args, site),
        ("create_agent", "") => agent_graph(m, args, site),
        ("create_tool_calling_agent", "") => turn(m, args, Turn::tools("ToolsAgentOutputParser"), site),
        ("create_openai_tools_agent", "") => turn(m, args, Turn::tools("OpenAIToolsAgentOutputParser"), site),
        ("create_openai_functions_agent", "") => {
            turn(m, args, Turn::tools("OpenAIFunctionsAgentOutputParser"), site)
        }
        ("create_react_agent", "") => turn(m, args, Turn::text("ReActSingleInputOutputParser"), site),
        ("create_structured_chat_agent" | "create_json_chat_agent", "") => {
            turn(m, args, Turn::text("JSONAgentOutputParser"), site)
        }
        ("create_xml_agent", "") => turn(m, args, Turn::text("XMLAgentOutputParser"), site),
        ("create_self_ask_with_search_agent", "") => turn(m, args, Turn::text("SelfAskOutputParser"), site),
        ("AgentExecutor", "" | "from_agent_and_tools") => executor(m, args, site),
        ("initialize_agent", "") => initialize(m, args, site),
        (
            "create_sql_agent"
            | "create_pandas_dataframe_agent"
            | "create_csv_agent"
            | "create_spark_dataframe_agent"
            | "create_python_agent"
            | "create_json_agent"
            | "create_openapi_agent"
            | "create_vectorstore_agent"
            | "create_vectorstore_router_agent"
            | "create_xorbits_agent"
            | "create_conversational_retrieval_agent",
            "",
        ) => ready_made(m, name.name, args, site),
        (agent, "create_prompt") if agent.ends_with("Agent") => {
            let what = format!("the prompt of `{agent}` is LangChain's own and not in the file");
            m.host.lose(Effect::Setting, what, site);
            let prompt =
                super::library::named("BasePromptTemplate", format!("agents.{agent}.create_prompt"), &[]);
            make(m, OpKind::Prompt(prompt), site)
        }
        (agent, "from_llm_and_tools") if agent.ends_with("Agent") => classic(m, agent, args, site),
        _ => return Ok(None),
    }))
}

/// How one turn of an agent is made.
struct Turn {
    parser: &'static str,
    /// Tools are passed to the model; otherwise they are written into the prompt.
    native: bool,
}

impl Turn {
    fn tools(parser: &'static str) -> Self {
        Turn { parser, native: true }
    }

    fn text(parser: &'static str) -> Self {
        Turn { parser, native: false }
    }
}

/// `assign(scratchpad) | prompt | model with tools | parser`.
fn turn(m: &mut M<'_>, args: &Args, how: Turn, site: Site) -> Value {
    let model = args.get(0, "llm").cloned().map(|v| super::runnables::coerce(m, &v, site));
    let tools = args.get(1, "tools").cloned().map(|v| super::tools::list(m, &v, site)).unwrap_or_default();
    let prompt = args.get(2, "prompt").cloned().map(|v| super::runnables::coerce(m, &v, site));
    let (Some(model), Some(prompt)) = (model, prompt) else {
        m.host.lose(Effect::Structure, "the agent has no model or no prompt that is known", site);
        return make(m, OpKind::Unknown("an agent without a model or prompt".into()), site);
    };
    turn_of(m, model, tools, prompt, how, args, site)
}

fn turn_of(
    m: &mut M<'_>,
    model: Node,
    tools: Vec<Node>,
    prompt: Node,
    how: Turn,
    args: &Args,
    site: Site,
) -> Value {
    let scratchpad = node(m, OpKind::Lambda(Lambda::Named("<lambda>".into())), site);
    let assign = node(m, OpKind::Assign(vec![("agent_scratchpad".into(), scratchpad)]), site);
    let (prompt, bound) = match how.native {
        true => {
            let bind = Bind { bound: model, kwargs: Vec::new(), config: Vec::new(), tools, schema: None };
            (prompt, bind)
        }
        false => {
            let prompt = with_tool_texts(m, prompt, &tools, site);
            let stop = ("stop".to_owned(), Data::List(vec![Data::Str("\nObservation".into())]));
            (
                prompt,
                Bind {
                    bound: model,
                    kwargs: vec![stop],
                    config: Vec::new(),
                    tools: Vec::new(),
                    schema: None,
                },
            )
        }
    };
    let bound = node(m, OpKind::Bind(bound), site);
    let parser = match how.parser {
        "ReActSingleInputOutputParser" if args.named("output_parser").is_some() => {
            let given = args.named("output_parser").cloned().unwrap_or(Value::None);
            super::runnables::coerce(m, &given, site)
        }
        class => node(m, super::parsers::implied(class, None), site),
    };
    super::runnables::seq(m, vec![assign, prompt, bound, parser], site)
}

/// The prompt with the variables `tools` and `tool_names` filled in.
fn with_tool_texts(m: &M<'_>, prompt: Node, tools: &[Node], site: Site) -> Node {
    let OpKind::Prompt(old) = &prompt.kind else { return prompt };
    let mut changed: Prompt = old.clone();
    let names: Vec<&str> = tools
        .iter()
        .filter_map(|t| match &t.kind {
            OpKind::Tool(tool) => tool.name.as_str(),
            _ => None,
        })
        .collect();
    let known = names.len() == tools.len();
    for variable in ["tools", "tool_names"] {
        if changed.input_variables.iter().any(|v| v == variable) {
            let value = match (variable, known) {
                ("tool_names", true) => Data::Str(names.join(", ")),
                _ => Data::Unknown("the descriptions of the tools".into()),
            };
            changed.partial.push((variable.into(), value));
        }
    }
    changed.input_variables.retain(|v| v != "tools" && v != "tool_names");
    node(m, OpKind::Prompt(changed), site)
}

fn executor(m: &mut M<'_>, args: &Args, site: Site) -> Value {
    let agent = args.named("agent").cloned().map(|v| super::runnables::coerce(m, &v, site));
    let Some(agent) = agent else {
        m.host.lose(Effect::Structure, "the agent of the executor is not known", site);
        return make(m, OpKind::Unknown("an executor without an agent".into()), site);
    };
    let tools = args.named("tools").cloned().map(|v| super::tools::list(m, &v, site)).unwrap_or_default();
    let class = agent_class(&agent);
    let executor = loop_of(m, class, agent, tools, args);
    make(m, OpKind::Executor(executor), site)
}

fn loop_of(m: &M<'_>, agent_class: String, agent: Node, tools: Vec<Node>, args: &Args) -> Executor {
    Executor {
        agent_class,
        agent,
        tools,
        max_iterations: args.named("max_iterations").map_or(Data::Int(15), |v| data(m, v)),
        handle_parsing_errors: args.named("handle_parsing_errors").map_or(Data::Bool(false), |v| data(m, v)),
        memory: super::memory::class_of(m, args.named("memory")),
    }
}

/// The class that the executor wraps a turn in.
fn agent_class(agent: &Node) -> String {
    match &agent.kind {
        OpKind::Chain(chain) => chain.class.clone(),
        OpKind::Seq(steps) => match steps.last().map(|s| &s.kind) {
            Some(OpKind::Parser(p)) if p.class.contains("ToolsAgent") => "RunnableMultiActionAgent".into(),
            _ => "RunnableAgent".into(),
        },
        _ => "RunnableAgent".into(),
    }
}

/// `initialize_agent(tools, llm, agent=…)`.
fn initialize(m: &mut M<'_>, args: &Args, site: Site) -> Value {
    let tools = args.get(0, "tools").cloned().map(|v| super::tools::list(m, &v, site)).unwrap_or_default();
    let model = args.get(1, "llm").cloned().map(|v| super::runnables::coerce(m, &v, site));
    let kind = args.get(2, "agent").map(|v| match v {
        Value::External(path) => last(path).to_lowercase().replace('_', "-"),
        other => m.text(other).unwrap_or_default(),
    });
    let class = match kind.as_deref() {
        None | Some("zero-shot-react-description") => "ZeroShotAgent",
        Some("chat-zero-shot-react-description") => "ChatAgent",
        Some("conversational-react-description") => "ConversationalAgent",
        Some("chat-conversational-react-description") => "ConversationalChatAgent",
        Some("structured-chat-zero-shot-react-description") => "StructuredChatAgent",
        Some("openai-functions") => "OpenAIFunctionsAgent",
        Some("openai-multi-functions") => "OpenAIMultiFunctionsAgent",
        Some("react-docstore") => "ReActDocstoreAgent",
        Some("self-ask-with-search") => "SelfAskWithSearchAgent",
        Some(other) => {
            m.host.lose(Effect::Structure, format!("`{other}` is no kind of agent that is known"), site);
            "Agent"
        }
    };
    let Some(model) = model else {
        return make(m, OpKind::Unknown("an agent without a model".into()), site);
    };
    let agent = classic_chain(m, class, model, &tools, site);
    let executor = loop_of(m, class.to_owned(), agent, tools, args);
    make(m, OpKind::Executor(executor), site)
}

/// `create_sql_agent(llm, …)` and the like: an agent with its loop whose prompt and tools the library brings.
fn ready_made(m: &mut M<'_>, function: &str, args: &Args, site: Site) -> Value {
    let Some(model) = args.get(0, "llm").cloned().map(|v| super::runnables::coerce(m, &v, site)) else {
        return make(m, OpKind::Unknown("an agent without a model".into()), site);
    };
    let native = args.named("agent_type").is_some_and(|v| {
        let kind = match v {
            Value::External(path) => last(path).to_lowercase().replace('_', "-"),
            other => m.text(other).unwrap_or_default(),
        };
        kind.starts_with("openai") || kind.starts_with("tool")
    });
    let what = format!("the prompt and the tools of `{function}` are LangChain's own and not in the file");
    m.host.lose(Effect::Setting, what, site);
    let tools =
        args.named("extra_tools").cloned().map(|v| super::tools::list(m, &v, site)).unwrap_or_default();
    let prompt = match args.named("prompt").cloned() {
        Some(given) => super::runnables::coerce(m, &given, site),
        None => {
            let prompt = super::library::named("BasePromptTemplate", format!("agents.{function}"), &[]);
            node(m, OpKind::Prompt(prompt), site)
        }
    };
    let how = match native {
        true => Turn::tools("ToolsAgentOutputParser"),
        false => Turn::text("ReActSingleInputOutputParser"),
    };
    let agent = turn_of(m, model, tools.clone(), prompt, how, args, site);
    let agent = super::runnables::coerce(m, &agent, site);
    let executor = loop_of(m, agent_class(&agent), agent, tools, args);
    make(m, OpKind::Executor(executor), site)
}

/// `ZeroShotAgent.from_llm_and_tools(llm, tools)`.
fn classic(m: &mut M<'_>, class: &str, args: &Args, site: Site) -> Value {
    let model = args.get(0, "llm").cloned().map(|v| super::runnables::coerce(m, &v, site));
    let tools = args.get(1, "tools").cloned().map(|v| super::tools::list(m, &v, site)).unwrap_or_default();
    match model {
        Some(model) => {
            let chain = classic_chain(m, class, model, &tools, site);
            super::state::push(m, chain)
        }
        None => make(m, OpKind::Unknown("an agent without a model".into()), site),
    }
}

/// An agent whose prompt the library writes.
fn classic_chain(m: &mut M<'_>, class: &str, model: Node, tools: &[Node], site: Site) -> Node {
    m.host.lose(
        Effect::Setting,
        format!("the prompt of `{class}` is LangChain's own and not in the file"),
        site,
    );
    let chain = Chain {
        class: class.into(),
        input_keys: vec!["input".into()],
        output_keys: vec!["output".into()],
        memory: None,
        parts: vec![("llm".into(), Part::One(model)), ("tools".into(), Part::Many(tools.to_vec()))],
        settings: Vec::new(),
    };
    node(m, OpKind::Chain(chain), site)
}

// --- graphs that libraries build ---------------------------------------------------------------

pub(super) fn plain_node(id: &str, kind: NodeKind, class: Option<&str>, what: Option<Node>) -> GraphNode {
    GraphNode { id: id.into(), kind, class: class.map(str::to_owned), what, defer: false, retry: Vec::new() }
}

pub(super) fn edge(source: &str, target: &str, via: Option<&str>) -> GraphEdge {
    GraphEdge {
        source: source.into(),
        target: target.into(),
        conditional: via.is_some(),
        label: via.map(|_| target.to_owned()),
        via: via.map(str::to_owned),
    }
}

/// What both functions are given, under their own names.
fn given_agent(m: &mut M<'_>, args: &Args, prompt: &str, site: Site) -> Agent {
    let model = args.get(0, "model").cloned();
    let op = model.as_ref().and_then(|v| op_of(m, v));
    let model_text = match (&model, &op) {
        (Some(value), None) => data(m, value),
        _ => Data::Null,
    };
    let op = op.or_else(|| match &model_text {
        Data::Function(code) => Some(node(m, OpKind::Lambda(Lambda::Function(code.clone())), site)),
        _ => None,
    });
    if let (None, Data::Unknown(reason)) = (&op, &model_text) {
        let message = format!("the model of the agent is not known: {reason}");
        m.host.lose(Effect::Setting, message, site);
    }
    let tools = match args.get(1, "tools").cloned() {
        None | Some(Value::None) => Vec::new(),
        Some(value) => match op_of(m, &value) {
            Some(op) => match &op.kind {
                OpKind::ToolNode(tools) => tools.clone(),
                _ => vec![op],
            },
            None => super::tools::list(m, &value, site),
        },
    };
    let get = |m: &M<'_>, name: &str| args.named(name).map_or(Data::Null, |v| data(m, v));
    let text = args.named(prompt).or(args.named("state_modifier")).or(args.named("messages_modifier"));
    let prompt = match text.cloned() {
        None => Data::Null,
        Some(value) => match super::state::thing_of(m, &value).cloned() {
            Some(message) => message.args.get(0, "content").map_or(Data::Null, |v| data(m, v)),
            None => data(m, &value),
        },
    };
    Agent {
        model: op,
        model_text,
        prompt,
        response_format: get(m, "response_format"),
        name: get(m, "name"),
        tools,
        middleware: graph::Middleware::default(),
    }
}

fn graph(
    m: &mut M<'_>,
    prebuilt: &str,
    agent: Agent,
    nodes: Vec<GraphNode>,
    edges: Vec<GraphEdge>,
    args: &Args,
    site: Site,
) -> Value {
    let checkpointer = args.named("checkpointer").and_then(|v| super::memory::class_of(m, Some(v)));
    let strings = |m: &M<'_>, name: &str| super::data::texts(m, args.named(name)).unwrap_or_default();
    let name = match &agent.name {
        Data::Str(name) => name.clone(),
        _ => "LangGraph".into(),
    };
    let messages = StateField {
        ty: "list[AnyMessage]".into(),
        reducer: Some("_add_messages".into()),
        join: None,
        default: None,
    };
    let graph = Graph {
        class: "CompiledStateGraph".into(),
        name,
        prebuilt: Some(prebuilt.into()),
        agent: Some(agent),
        nodes,
        edges,
        state: vec![("messages".into(), messages)],
        interrupt_before: strings(m, "interrupt_before"),
        interrupt_after: strings(m, "interrupt_after"),
        checkpointer,
        wiring: None,
        entry: None,
    };
    make(m, OpKind::Graph(graph), site)
}

/// `langgraph.prebuilt.create_react_agent`.
pub(super) fn react_graph(m: &mut M<'_>, args: &Args, site: Site) -> Value {
    let agent = given_agent(m, args, "prompt", site);
    let (before, after) = (args.named("pre_model_hook").is_some(), args.named("post_model_hook").is_some());
    let structured = !matches!(agent.response_format, Data::Null);
    let call = node(m, OpKind::Lambda(Lambda::Named("call_model".into())), site);
    let mut nodes = vec![plain_node("__start__", NodeKind::Start, None, None)];
    let entry = if before { "pre_model_hook" } else { "agent" };
    let mut edges = vec![edge("__start__", entry, None)];
    if before {
        nodes.push(plain_node("pre_model_hook", NodeKind::Function, Some("RunnableCallable"), None));
        edges.push(edge("pre_model_hook", "agent", None));
    }
    nodes.push(plain_node("agent", NodeKind::Function, Some("RunnableCallable"), Some(call)));
    if after {
        nodes.push(plain_node("post_model_hook", NodeKind::Function, Some("RunnableCallable"), None));
        edges.push(edge("agent", "post_model_hook", None));
    }
    let done = if structured { "generate_structured_response" } else { "__end__" };
    let last = if after { "post_model_hook" } else { "agent" };
    let has_tools = !agent.tools.is_empty();
    if has_tools {
        let tools = node(m, OpKind::ToolNode(agent.tools.clone()), site);
        nodes.push(plain_node("tools", NodeKind::ToolNode, Some("ToolNode"), Some(tools)));
        let via = if after { "post_model_hook_router" } else { "should_continue" };
        edges.push(edge(last, done, Some(via)));
        edges.push(edge(last, "tools", Some(via)));
        if after {
            edges.push(edge(last, entry, Some(via)));
        }
        let direct = agent.tools.iter().any(|t| matches!(&t.kind, OpKind::Tool(t) if t.return_direct));
        match direct {
            true => {
                edges.push(edge("tools", entry, Some("route_tool_responses")));
                edges.push(edge("tools", "__end__", Some("route_tool_responses")));
            }
            false => edges.push(edge("tools", entry, None)),
        }
    }
    if structured {
        nodes.push(plain_node(done, NodeKind::Function, Some("RunnableCallable"), None));
        if !has_tools {
            edges.push(edge(last, done, None));
        }
    }
    nodes.push(plain_node("__end__", NodeKind::End, None, None));
    graph(m, "create_react_agent", agent, nodes, edges, args, site)
}

/// `langchain.agents.create_agent`.
fn agent_graph(m: &mut M<'_>, args: &Args, site: Site) -> Value {
    let mut agent = given_agent(m, args, "system_prompt", site);
    let call = node(m, OpKind::Lambda(Lambda::Named("model_node".into())), site);
    let shape = super::middleware::shape(m, std::mem::take(&mut agent.tools), call, args, site);
    agent.tools = shape.tools;
    agent.middleware = shape.added;
    graph(m, "create_agent", agent, shape.nodes, shape.edges, args, site)
}
