//! `ask`, `embed`.

use crate::llm;
use crate::llm::message::{ChatRequest, Form, Message};
use crate::step::{StepCall, StepError};
use crate::steps::convert;
use rustchain_plan::{Type, Value};
use serde_json::Value as Json;

/// `ask`: the reply decoded against T.
pub async fn ask(call: StepCall<'_>) -> Result<Value, StepError> {
    let ty = convert::type_arg(&call, call.result);
    let form = llm::answer::form(call.context, ty, call.text("output")?);
    let request = request(&call, ty, form.clone())?;
    let reply = llm::chat(&call, provider(&call)?, request).await?;
    llm::answer::read(call.context, &reply, ty, &form)
}

/// `embed`: the vector of a text.
pub async fn embed(call: StepCall<'_>) -> Result<Value, StepError> {
    let text = call.text("text")?.to_owned();
    let vectors = llm::embed(&call, provider(&call)?, vec![text]).await?;
    Ok(Value::list(vectors.into_iter().flatten().map(Value::Float).collect()))
}

fn provider<'a>(call: &StepCall<'a>) -> Result<&'a str, StepError> {
    call.provider("model").ok_or_else(|| StepError::invalid(format!("`{}` has no model", call.callee)))
}

/// System, messages, prompt, in this order; what is null is left out.
fn request(call: &StepCall<'_>, ty: &Type, form: Form) -> Result<ChatRequest, StepError> {
    let mut messages = Vec::new();
    messages.extend(call.opt_text("system")?.map(|text| Message::new("system", text)));
    if form == Form::Json && *ty != Type::Json {
        messages.push(llm::answer::json_order(call.context, ty));
    }
    messages.extend(history(call, "messages")?);
    messages.extend(call.opt_text("prompt")?.map(|text| Message::new("user", text)));
    if messages.is_empty() {
        return Err(StepError::invalid("`ask` needs a prompt or messages"));
    }
    let parallel = match call.arg("parallel_tool_calls") {
        Value::Bool(yes) => Some(*yes),
        _ => None,
    };
    let options = match convert::encode(call.context, call.arg("options")) {
        Json::Object(options) => options,
        Json::Null => serde_json::Map::new(),
        _ => return Err(StepError::invalid("`options` of `ask` is no object")),
    };
    Ok(ChatRequest {
        messages,
        tools: llm::tools::specs(call.context, call.tool_refs("tools")),
        tool_choice: call.opt_text("tool_choice")?.map(str::to_owned),
        form,
        temperature: call.opt_float("temperature")?,
        max_tokens: call.opt_int("max_tokens")?,
        stop: call.texts("stop")?.into_iter().map(str::to_owned).collect(),
        seed: call.opt_int("seed")?,
        parallel_tool_calls: parallel,
        stream: call.bool("stream")?,
        options,
        ..ChatRequest::default()
    })
}

/// A list of `Message`s.
///
/// # Errors
/// Kind `invalid`.
pub fn history(call: &StepCall<'_>, param: &str) -> Result<Vec<Message>, StepError> {
    let messages = call.list(param)?.iter().map(|value| message(call, value));
    messages.collect()
}

/// A value of the record `Message`.
///
/// # Errors
/// Kind `invalid`.
pub fn message(call: &StepCall<'_>, value: &Value) -> Result<Message, StepError> {
    serde_json::from_value(convert::encode(call.context, value))
        .map_err(|e| StepError::invalid(format!("this is no message: {e}")))
}
