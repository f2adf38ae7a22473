//! Agents: the model and its tools in a bounded loop.

use super::value::{Code, Value};
use super::{Body, Shared, provider, tools};
use crate::from::langchain::graph::{Agent, CallLimit, Graph};
use crate::from::langchain::model::{Data, Effect, Executor, Node, Op, OpKind, Origin};
use crate::from::lower::Fate;
use crate::from::lower::text::string;
use std::sync::Arc;

/// Turns of the model within 25 steps, the default limit of LangGraph's older versions; newer ones allow 10,007.
const DEFAULT_TURNS: i64 = 13;

/// A graph that `create_react_agent` or `create_agent` builds; `None` for any other.
pub(super) fn of_graph(body: &mut Body<'_, '_>, graph: &Graph, op: &Node) -> Option<Value> {
    let agent = graph.agent.as_ref()?;
    Some(match prepared(body, graph, op)? {
        Ok((model, system)) => {
            let start = body.input("messages", "list<Message>");
            looped(body, &model, system, &agent.tools, &start, op)
        }
        Err(reason) => tools::lost(body, reason, &op.origin),
    })
}

/// Such a graph as a node of another: the steps that go on from some messages, and the messages then.
///
/// # Errors
/// What keeps it from being carried over.
pub(in crate::from::langchain) fn of_node(
    shared: &mut Shared<'_>,
    graph: &Graph,
    op: &Node,
    messages: &str,
) -> Result<(String, String), String> {
    const UNKNOWN: &str = "it runs an agent whose model is none that the runtime has";
    let agent = graph.agent.as_ref().ok_or("it runs a graph that is not known")?;
    let mut body = Body::new(shared);
    let (model, system) = prepared(&mut body, graph, op).ok_or(UNKNOWN)??;
    match looped(&mut body, &model, system, &agent.tools, messages, op) {
        Value::Code(code) => {
            Ok((body.steps.iter().map(|step| super::step_text(step, 2)).collect(), code.code))
        }
        _ => Err("it runs an agent that is no conversation".to_owned()),
    }
}

/// The model and the system prompt of an agent; `None` where the model is not known, or why it cannot be carried over.
fn prepared(
    body: &mut Body<'_, '_>,
    graph: &Graph,
    op: &Node,
) -> Option<Result<(Asked, Option<String>), &'static str>> {
    let agent = graph.agent.as_ref()?;
    let model = agent_model(body, agent, &op.origin)?;
    let system = match &agent.prompt {
        Data::Null => None,
        prompt => match prompt.as_str() {
            Some(text) => Some(string(text)),
            None => {
                body.shared.note(
                    Fate::Lost,
                    Effect::Setting,
                    "the prompt of the agent is no text",
                    &op.origin,
                );
                None
            }
        },
    };
    if !matches!(agent.response_format, Data::Null) {
        body.shared.note(
            Fate::Lost,
            Effect::Setting,
            "the structured response of the agent is left out",
            &op.origin,
        );
    }
    // Before the tools and after the model is the same place, where the model asked for tools.
    let asks_model = |node: &String| matches!(node.as_str(), "agent" | "model");
    let gates = graph.interrupt_before.iter().map(|node| node == "tools");
    let gates: Vec<bool> = gates.chain(graph.interrupt_after.iter().map(asks_model)).collect();
    if gates.contains(&false) {
        return Some(Err("the agent is interrupted at other places than before its tools"));
    }
    if let Some(saver) = &graph.checkpointer {
        let message = format!("`{saver}` keeps no conversation here: the log of the run keeps each step");
        body.shared.note(Fate::Approximated, Effect::Setting, message, &op.origin);
    }
    let mut gate = (!gates.is_empty()).then_some(Gate::All);
    let added = &agent.middleware;
    for (message, origin) in &added.dropped {
        body.shared.note(Fate::Lost, Effect::Structure, message, origin);
    }
    if !added.approved.is_empty() {
        if gate.is_some() {
            return Some(Err(
                "the agent is interrupted before its tools, and its middleware asks a person too",
            ));
        }
        let message = "a person approves or rejects the tools of a turn together, and cannot change a call or answer for a tool";
        let origin = added.origin.as_ref().unwrap_or(&op.origin);
        body.shared.note(Fate::Approximated, Effect::Body, message, origin);
        let subject = added.subject.clone().unwrap_or_else(|| "Tool execution requires approval".to_owned());
        gate = Some(Gate::Tools { names: added.approved.clone(), subject });
    }
    let limit = added.calls.map(|CallLimit { calls, ends }| Limit {
        calls,
        words: ends.then(|| format!("Model call limits exceeded: run limit ({calls}/{calls})")),
    });
    Some(Ok((Asked { gate, limit, ..model }, system)))
}

/// The model of an agent, and what its client does by itself.
struct Asked {
    /// The provider's name.
    model: String,
    streams: bool,
    retry: Option<String>,
    /// The tools that a person is asked about before they run.
    gate: Option<Gate>,
    /// A bound of the file itself.
    limit: Option<Limit>,
}

/// A bound of the calls of the model.
struct Limit {
    calls: i64,
    /// The last message of a run that it ends, in the library's words; without, the run fails.
    words: Option<String>,
}

/// The tools that a person is asked about.
enum Gate {
    /// All: a no ends the run.
    All,
    /// Some: a no is told to the model.
    Tools { names: Vec<String>, subject: String },
}

impl Asked {
    fn of(body: &mut Body<'_, '_>, op: &Node) -> Option<Asked> {
        let model = provider::of(body, op)?;
        Some(Asked {
            model,
            streams: provider::streams(op),
            retry: provider::client_retry(op),
            gate: None,
            limit: None,
        })
    }
}

fn agent_model(body: &mut Body<'_, '_>, agent: &Agent, origin: &Origin) -> Option<Asked> {
    let first = match &agent.model {
        Some(model) => model.clone(),
        None => named_model(agent.model_text.as_str()?, origin)?,
    };
    if agent.middleware.fallbacks.is_empty() {
        return Asked::of(body, &first);
    }
    let mut fallbacks = Vec::new();
    for fallback in &agent.middleware.fallbacks {
        fallbacks.push(match fallback {
            Data::Op(model) => model.clone(),
            other => named_model(other.as_str()?, origin)?,
        });
    }
    let kind =
        OpKind::Fallbacks { primary: first, fallbacks, exception_key: Data::Null, exceptions: Vec::new() };
    Asked::of(body, &Arc::new(Op { kind, origin: origin.clone() }))
}

/// The model of a text such as `openai:gpt-4o`.
fn named_model(text: &str, origin: &Origin) -> Option<Node> {
    let (found, name) = crate::from::langchain::providers::split(text, None)?;
    let mut params = Vec::new();
    if found.class == "ChatAnthropic" {
        params.push((
            "max_tokens".to_owned(),
            Data::Int(crate::from::langchain::providers::anthropic_max_tokens(name)),
        ));
    }
    let model = crate::from::langchain::model::Model {
        class: found.class.into(),
        package: found.package.into(),
        llm_type: Some(found.llm_type),
        model: Data::Str(name.into()),
        params,
        base_url: None,
    };
    Some(Arc::new(Op { kind: OpKind::Model(model), origin: origin.clone() }))
}

/// An executor with a turn that calls tools natively; others are holes.
pub(super) fn of_executor(body: &mut Body<'_, '_>, executor: &Executor, op: &Node) -> Value {
    let native = match &executor.agent.kind {
        OpKind::Seq(steps) => match steps.as_slice() {
            [_, prompt, bound, parser] => match (&prompt.kind, &bound.kind, &parser.kind) {
                (OpKind::Prompt(prompt_op), OpKind::Bind(bind), OpKind::Parser(p))
                    if p.class.contains("ToolsAgent") =>
                {
                    Some((prompt_op.clone(), bind.clone(), prompt.origin.clone()))
                }
                _ => None,
            },
            _ => None,
        },
        _ => None,
    };
    let Some((prompt, bind, origin)) = native else {
        let message = format!(
            "an agent of the class `{}` talks to its tools in text, which is not carried over",
            executor.agent_class
        );
        return tools::lost(body, &message, &op.origin);
    };
    let Some(asked) = Asked::of(body, &bind.bound) else {
        return tools::lost(body, "the model of the agent is none that the runtime has", &op.origin);
    };
    if let Some(memory) = &executor.memory {
        let message = format!("the memory `{memory}` of the agent is left out");
        body.shared.note(Fate::Lost, Effect::Setting, message, &op.origin);
    }
    let prompt_node = crate::from::langchain::model::Op { kind: OpKind::Passthrough, origin };
    let Value::Prompt(sent) = super::prompt::lower(body, &prompt, &prompt_node, &Value::Inputs) else {
        return tools::lost(body, "the prompt of the agent is not known", &op.origin);
    };
    let turns = match executor.max_iterations {
        Data::Int(n) if n > 0 => n,
        _ => {
            let message = "the loop of the agent is bounded by 15 turns";
            body.shared.note(Fate::Approximated, Effect::Setting, message, &op.origin);
            15
        }
    };
    let limit = Limit { calls: turns, words: Some("Agent stopped due to max iterations.".to_owned()) };
    // An executor asks for its model's answers in pieces.
    let model = Asked { streams: true, limit: Some(limit), ..asked };
    let mut start: Vec<String> = sent.messages.into_iter().collect();
    if let Some(prompt) = sent.prompt {
        start.push(format!("[Message {{ role: Role.user, content: {prompt} }}]"));
    }
    let start = if start.is_empty() { "[]".to_owned() } else { start.join(" + ") };
    let value = looped(body, &model, sent.system, &executor.tools, &start, op);
    match value {
        Value::Code(code) => Value::Code(Code::new(format!("{}[-1].content", code.code), "string")),
        other => other,
    }
}

/// `loop` over one turn: the model, then the tools it asked for.
fn looped(
    body: &mut Body<'_, '_>,
    model: &Asked,
    system: Option<String>,
    tool_ops: &[Node],
    start: &str,
    op: &Node,
) -> Value {
    let turns = match &model.limit {
        // The file's own bound.
        Some(limit) => limit.calls,
        None => {
            let message = format!(
                "the loop ends with an error after {DEFAULT_TURNS} turns of the model, which are the 25 steps that older versions of LangGraph allow; newer ones go on: confirm the bound"
            );
            body.shared.note(Fate::Approximated, Effect::Setting, message, &op.origin);
            DEFAULT_TURNS
        }
    };
    let names = tools::list(body, tool_ops, &op.origin);
    let list = names.join(", ");
    let system_arg = system.as_ref().map(|s| format!("system: {s}, ")).unwrap_or_default();
    let Asked { model, streams, retry, gate, limit } = model;
    let stream = if *streams { ", stream: true" } else { "" };
    if names.is_empty() {
        let call = format!("ask<Message>(model: {model}, {system_arg}messages: {start}{stream})");
        let reply = body.step("agent", call, &op.origin);
        body.steps.last_mut().into_iter().for_each(|step| step.clauses.extend(retry.clone()));
        return Value::Code(Code::new(format!("{start} + [{reply}]"), "list<Message>"));
    }
    // The system prompt may read inputs, which the chain of one turn then takes too.
    let extra: Vec<(String, String)> = match &system {
        Some(code) => body
            .inputs
            .iter()
            .filter(|(n, _)| n != "messages" && code.contains(&format!("${{{n}}}")))
            .cloned()
            .collect(),
        None => Vec::new(),
    };
    let params: String = extra.iter().map(|(n, ty)| format!(", {n}: {ty}")).collect();
    let args: String = extra.iter().map(|(n, _)| format!(", {n}: {n}")).collect();
    let with = retry.as_ref().map_or(String::new(), |clause| format!(" with {{\n    {clause}\n  }}"));
    let call = format!("chat.call(message: agent, tools: [{list}])");
    let (tools, added) = match gate {
        None => (format!("  step tools = {call}\n"), "tools"),
        Some(Gate::All) => (
            format!(
                "  step approved = if len(agent.tool_calls) > 0 then human.approve(subject: \"Run the tools that the model asks for?\") else true\n  step tools = if approved then {call} else []\n"
            ),
            "tools",
        ),
        Some(Gate::Tools { names, subject }) => (gated(names, subject, &list), "rejected + tools"),
    };
    let text = format!(
        "(messages: list<Message>{params}) -> list<Message> {{\n  step agent = ask<Message>(model: {model}, {system_arg}messages: messages, tools: [{list}]{stream}){with}\n{tools}  return messages + [agent] + {added}\n}}"
    );
    let turn = body.shared.declare(format!("turn {text}"), "turn", |name| {
        format!("/// One turn: the model, then the tools it asked for.\nchain {name}{text}")
    });
    let answered = |m: &str| format!("{m}[-1].role == Role.assistant");
    let until = match limit {
        Some(Limit { calls, words: Some(_) }) => {
            let count = |m: &str| format!("len([a for a in {m} if a.role == Role.assistant])");
            format!("{} || ({} >= {} + {calls})", answered("m"), count("m"), count(start))
        }
        _ => answered("m"),
    };
    let call = format!("loop m from {start} until {until}, max {turns} {{ {turn}(messages: m{args}) }}");
    let step = body.step("talk", call, &op.origin);
    let Some(Limit { words: Some(words), .. }) = limit else {
        return Value::Code(Code::new(step, "list<Message>"));
    };
    let limit = format!("[Message {{ role: Role.assistant, content: {} }}]", string(words));
    let ended =
        body.step("ended", format!("if {} then {step} else {step} + {limit}", answered(&step)), &op.origin);
    Value::Code(Code::new(ended, "list<Message>"))
}

/// The steps of a turn whose tools a person approves: what is rejected is told to the model, the others run.
fn gated(asked: &[String], subject: &str, list: &str) -> String {
    let names: Vec<String> = asked.iter().map(|name| string(name)).collect();
    let names = names.join(", ");
    let subject = string(subject);
    let why = "A person did not allow the call `${c.id}` of `${c.name}`, so it was not run. Do not ask for it again unless you are told to.";
    [
        format!("  step approved = if len([c for c in agent.tool_calls if c.name in [{names}]]) > 0 then human.approve(subject: {subject}, body: json.render([c for c in agent.tool_calls if c.name in [{names}]])) else true\n"),
        format!("  step tools = if approved then chat.call(message: agent, tools: [{list}]) else chat.call(message: Message {{ ..agent, tool_calls: [c for c in agent.tool_calls if !(c.name in [{names}])] }}, tools: [{list}])\n"),
        format!("  let rejected = if approved then [] else [Message {{ role: Role.tool, content: \"{why}\", tool_call_id: c.id }} for c in agent.tool_calls if c.name in [{names}]]\n"),
    ]
    .concat()
}
