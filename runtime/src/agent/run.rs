//! The loop of an agent.

use super::spent::Spent;
use crate::llm;
use crate::llm::answer::{self, ANSWER};
use crate::llm::message::{ChatRequest, Form, Message, ToolSpec};
use crate::step::{StepCall, StepError};
use crate::steps::chat::invoke;
use rustchain_plan::eval::{Closed, Limits, eval};
use rustchain_plan::plan::{Agent, OnErrorAction};
use rustchain_plan::{ErrorKind, Expr, Type, Value};
use smol_str::SmolStr;
use std::time::Duration;

/// Turns of an agent whose budget names none.
const TURNS: i64 = 25;

/// Runs the agent `call.callee`. A failed tool call is told to the model; every call is in the log.
pub async fn call(call: StepCall<'_>) -> Result<Value, StepError> {
    let Some(agent) = call.context.plan.agents.get(call.callee) else {
        return Err(StepError::invalid(format!("the plan has no agent `{}`", call.callee)));
    };
    let locals = locals(&call);
    let wall = agent.budget.wall.and_then(|ns| u64::try_from(ns).ok()).map(Duration::from_nanos);
    let turns = turns(&call, agent, &locals);
    let outcome = match wall {
        Some(wall) => match tokio::time::timeout(wall, turns).await {
            Ok(outcome) => outcome,
            Err(_) => Err(exhausted(&call, &format!("{} s", wall.as_secs_f64()))),
        },
        None => turns.await,
    };
    match outcome {
        Err(error) if error.kind == ErrorKind::Exhausted => match &agent.on_exhausted {
            Some(OnErrorAction::Use(expr)) => value(&call, expr, &locals),
            Some(OnErrorAction::Continue | OnErrorAction::Skip) => Ok(Value::Null),
            Some(OnErrorAction::Fail) | None => Err(error),
        },
        other => other,
    }
}

async fn turns(call: &StepCall<'_>, agent: &Agent, locals: &[(SmolStr, Value)]) -> Result<Value, StepError> {
    let mut messages = Vec::new();
    if let Some(system) = &agent.system {
        messages.push(Message::new("system", text(call, system, locals)?));
    }
    messages.push(Message::new("user", text(call, &agent.prompt, locals)?));
    let answering = Answering::of(call, agent);
    let mut tools = llm::tools::specs(call.context, &agent.tools);
    tools.extend(answering.tool.clone());
    let mut budget = agent.budget.clone();
    budget.turns = budget.turns.or(Some(TURNS));
    let mut spent = Spent::default();
    loop {
        if let Some(bound) = spent.reached(&budget) {
            return Err(exhausted(call, &bound));
        }
        let request = ChatRequest {
            messages: messages.clone(),
            tools: tools.clone(),
            form: answering.form.clone(),
            ..ChatRequest::default()
        };
        let reply = llm::chat(call, &agent.model, request).await?;
        spent.add(&reply);
        if reply.tool_calls.iter().any(|wanted| wanted.name == ANSWER) || reply.tool_calls.is_empty() {
            match answering.read(call, &reply, &agent.result) {
                Ok(value) => return Ok(value),
                Err(error) if answering.tool.is_none() => return Err(error),
                Err(error) => messages.extend(again(&reply, &error)),
            }
            continue;
        }
        messages.push(Message {
            tool_calls: reply.tool_calls.clone(),
            ..Message::new("assistant", &reply.content)
        });
        for wanted in &reply.tool_calls {
            let content = match invoke(call, &agent.tools, wanted, call.path).await {
                Err(error) if error.kind == ErrorKind::Budget => return Err(error),
                Err(error) => format!("error: {error}"),
                Ok(text) => text,
            };
            messages.push(Message { tool_call_id: Some(wanted.id.clone()), ..Message::new("tool", content) });
        }
    }
}

/// How the final answer is given.
struct Answering {
    form: Form,
    /// A typed answer beside tools is given by a tool of its own: every vendor knows that.
    tool: Option<ToolSpec>,
}

impl Answering {
    fn of(call: &StepCall<'_>, agent: &Agent) -> Answering {
        let form = answer::form(call.context, &agent.result, "auto");
        if agent.tools.is_empty() || form == Form::Text {
            return Answering { form, tool: None };
        }
        let Form::Tool { schema, .. } = answer::form(call.context, &agent.result, "tool") else {
            return Answering { form, tool: None };
        };
        let description = "Gives the final answer. Call it once, when you know it.".to_owned();
        let tool = ToolSpec { name: ANSWER.to_owned(), description, parameters: schema };
        Answering { form: Form::Text, tool: Some(tool) }
    }

    fn read(
        &self,
        call: &StepCall<'_>,
        reply: &llm::message::ChatReply,
        ty: &Type,
    ) -> Result<Value, StepError> {
        let form = match &self.tool {
            Some(tool) => Form::Tool {
                name: ANSWER.to_owned(),
                description: tool.description.clone(),
                schema: tool.parameters.clone(),
            },
            None => self.form.clone(),
        };
        answer::read(call.context, reply, ty, &form)
    }
}

/// The model is told why its answer cannot be read.
fn again(reply: &llm::message::ChatReply, error: &StepError) -> Vec<Message> {
    let mut messages =
        vec![Message { tool_calls: reply.tool_calls.clone(), ..Message::new("assistant", &reply.content) }];
    let why = format!("error: {}. Call the tool `{ANSWER}` with the whole answer.", error.message);
    if reply.tool_calls.is_empty() {
        messages.push(Message::new("user", why));
        return messages;
    }
    let answers = reply
        .tool_calls
        .iter()
        .map(|wanted| Message { tool_call_id: Some(wanted.id.clone()), ..Message::new("tool", why.clone()) });
    messages.extend(answers);
    messages
}

fn exhausted(call: &StepCall<'_>, bound: &str) -> StepError {
    StepError::new(ErrorKind::Exhausted, format!("agent `{}` gave no answer within {bound}", call.callee))
}

/// The parameters, as variables of the agent's expressions.
fn locals(call: &StepCall<'_>) -> Vec<(SmolStr, Value)> {
    call.signature.params.iter().zip(&call.args).map(|(p, v)| (p.name.clone(), v.clone())).collect()
}

fn value(call: &StepCall<'_>, expr: &Expr, locals: &[(SmolStr, Value)]) -> Result<Value, StepError> {
    let env = Closed { schemas: &call.context.plan.schemas, locals };
    eval(expr, &env, &Limits::default()).map_err(StepError::from)
}

fn text(call: &StepCall<'_>, expr: &Expr, locals: &[(SmolStr, Value)]) -> Result<String, StepError> {
    let value = value(call, expr, locals)?;
    match value.as_text() {
        Some(text) => Ok(text.to_owned()),
        None => Err(StepError::invalid(format!("a prompt of agent `{}` is no text", call.callee))),
    }
}
