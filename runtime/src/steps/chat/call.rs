//! `chat.call`.

use crate::llm::message::{Message, ToolCall, wire_name};
use crate::step::{StepCall, StepError};
use crate::steps::ask::message;
use crate::steps::convert;
use rustchain_plan::plan::ToolRef;
use rustchain_plan::{ErrorKind, Value};
use serde_json::json;

/// One tool message for each call, in order; a failure is its text. What the policy refuses fails the step.
pub async fn call(call: StepCall<'_>) -> Result<Value, StepError> {
    let asked = message(&call, call.arg("message"))?;
    let tools = call.tool_refs("tools");
    let mut answers = Vec::with_capacity(asked.tool_calls.len());
    for wanted in &asked.tool_calls {
        let content = match invoke(&call, tools, wanted, call.path).await {
            Err(error) if matches!(error.kind, ErrorKind::Refused | ErrorKind::Budget) => return Err(error),
            Err(error) => format!("error: {error}"),
            Ok(text) => text,
        };
        let answer = Message { tool_call_id: Some(wanted.id.clone()), ..Message::new("tool", content) };
        answers.push(serde_json::to_value(answer).map_err(|e| StepError::invalid(e.to_string()))?);
    }
    convert::decode(call.context, answers.into(), call.result)
}

/// Calls a tool that a model asked for; gives its result as text, and tells the log.
///
/// # Errors
/// The tool's; kind `invalid` for a tool that was not offered.
pub async fn invoke(
    call: &StepCall<'_>,
    tools: &[ToolRef],
    wanted: &ToolCall,
    path: &str,
) -> Result<String, StepError> {
    let tool = tools.iter().find(|t| t.callee == wanted.name || wire_name(&t.callee) == wanted.name);
    let result = match tool {
        Some(tool) => call.tools.invoke(tool, wanted.arguments.clone(), path).await,
        None => Err(StepError::invalid(format!("no tool `{}` was offered", wanted.name))),
    };
    let text = result.map(|value| match value.as_text() {
        Some(text) => text.to_owned(),
        None => convert::encode(call.context, &value).to_string(),
    });
    let outcome = match &text {
        Ok(text) => json!({ "result": text }),
        Err(error) => json!({ "error": error.to_string() }),
    };
    call.log("tool_call", json!({ "tool": wanted.name, "arguments": wanted.arguments, "outcome": outcome }));
    text
}
