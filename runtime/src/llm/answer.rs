//! What is asked for so that an answer can be read as a type, and the reading.

use super::arguments::as_arguments;
use super::message::{ChatReply, Form, Message};
use crate::context::RunContext;
use crate::step::StepError;
use crate::steps::convert::{self, excerpt};
use rustchain_plan::types::Schema;
use rustchain_plan::{ErrorKind, Type, Value};
use serde_json::{Map, Value as Json, json};

/// The tool by which an answer is given.
pub const ANSWER: &str = "answer";

/// The member that holds an answer that is no object.
const VALUE: &str = "value";

/// How an answer of a type is asked for: `output` of `ask`.
pub fn form(context: &RunContext, ty: &Type, output: &str) -> Form {
    let name = match ty.non_null() {
        Type::Named(name) => super::message::wire_name(name),
        _ => ANSWER.to_owned(),
    };
    let text = matches!(ty, Type::String | Type::Unit) || is_message(ty);
    match output {
        "text" => Form::Text,
        "json_schema" => Form::Schema { name, schema: schema(context, ty), strict: false },
        "strict" if !wrapped(context, ty) => {
            let schema = rustchain_plan::strict_json_schema(ty, &context.plan.schemas);
            Form::Schema { name, schema, strict: true }
        }
        "tool" => tool(context, ty, name),
        "json_mode" => Form::Json,
        _ if text => Form::Text,
        _ if matches!(ty.non_null(), Type::Json) => Form::Json,
        _ => Form::Schema { name, schema: schema(context, ty), strict: false },
    }
}

/// The tool by which an answer of a type is given: a record is a tool of its own name and text.
fn tool(context: &RunContext, ty: &Type, name: String) -> Form {
    let mut schema = as_arguments(schema(context, ty));
    let own = match (&mut schema, wrapped(context, ty)) {
        (Json::Object(map), false) => map.remove("description"),
        _ => None,
    };
    let description = match own {
        Some(Json::String(text)) => text,
        _ if name == ANSWER => "Gives the answer.".to_owned(),
        _ => String::new(),
    };
    Form::Tool { name, description, schema }
}

/// Is it the record `Message` of the library?
pub fn is_message(ty: &Type) -> bool {
    matches!(ty, Type::Named(name) if name == "Message")
}

/// An order to answer with JSON, for vendors that know JSON mode only.
pub fn json_order(context: &RunContext, ty: &Type) -> Message {
    let schema = schema(context, ty);
    Message::new(
        "system",
        format!("Answer with one JSON object of this JSON Schema and nothing else:\n{schema}"),
    )
}

/// The schema of a type, with an object at its root.
fn schema(context: &RunContext, ty: &Type) -> Json {
    let schema = rustchain_plan::json_schema(ty, &context.plan.schemas);
    if !wrapped(context, ty) {
        return schema;
    }
    let mut schema = schema;
    let defs = schema.as_object_mut().and_then(|map| map.remove("$defs"));
    let mut out = json!({
        "type": "object", "properties": { VALUE: schema }, "required": [VALUE], "additionalProperties": false,
    });
    if let (Some(defs), Json::Object(map)) = (defs, &mut out) {
        map.insert("$defs".to_owned(), defs);
    }
    out
}

/// Vendors want an object at the root: other types stand in one.
fn wrapped(context: &RunContext, ty: &Type) -> bool {
    match ty {
        Type::Record(_) | Type::Map(_) | Type::Json => false,
        Type::Named(name) => !matches!(context.plan.schemas.get(name), Some(Schema::Record(_))),
        _ => true,
    }
}

/// Reads an answer as a type.
///
/// # Errors
/// Kinds `parse_error` and `constraint`, with an excerpt of the answer.
pub fn read(context: &RunContext, reply: &ChatReply, ty: &Type, form: &Form) -> Result<Value, StepError> {
    if is_message(ty) {
        return message_value(context, reply, ty);
    }
    match (form, ty) {
        (Form::Tool { name, .. }, _) => {
            let call = reply.tool_calls.iter().find(|call| call.name == *name);
            match call {
                Some(call) => decode(context, call.arguments.clone(), ty, &call.arguments.to_string(), reply),
                None => from_text(context, reply, ty),
            }
        }
        (_, _) if !reply.tool_calls.is_empty() => {
            let names: Vec<&str> = reply.tool_calls.iter().map(|call| call.name.as_str()).collect();
            let message = format!(
                "the model wants {} called instead of answering; `ask<Message>` gives its calls",
                names.join(", ")
            );
            Err(StepError::new(ErrorKind::ParseError, message))
        }
        (_, Type::Unit) => Ok(Value::Null),
        (_, Type::String) if matches!(form, Form::Text) => Ok(Value::string(&reply.content)),
        (Form::Text, _) => {
            let text = reply.content.trim();
            let decoded = rustchain_plan::decode_text(text, ty, &context.plan.schemas);
            decoded
                .or_else(|error| {
                    let json = extract(text).ok_or(error.clone())?;
                    rustchain_plan::decode(&json, ty, &context.plan.schemas).map_err(|_| error)
                })
                .map_err(|e| failed(e.kind, &e.to_string(), text, reply))
        }
        _ => from_text(context, reply, ty),
    }
}

fn from_text(context: &RunContext, reply: &ChatReply, ty: &Type) -> Result<Value, StepError> {
    match extract(&reply.content) {
        Some(json) => decode(context, json, ty, &reply.content, reply),
        None => Err(failed(ErrorKind::ParseError, "there is no JSON in it", &reply.content, reply)),
    }
}

fn decode(
    context: &RunContext,
    json: Json,
    ty: &Type,
    text: &str,
    reply: &ChatReply,
) -> Result<Value, StepError> {
    let json = match json {
        Json::Object(mut map) if wrapped(context, ty) && map.len() == 1 && map.contains_key(VALUE) => {
            map.remove(VALUE).unwrap_or_default()
        }
        other => other,
    };
    convert::decode(context, json, ty).map_err(|e| failed(e.kind, &e.message, text, reply))
}

fn failed(kind: ErrorKind, why: &str, text: &str, reply: &ChatReply) -> StepError {
    let cut = if reply.cut { " (it was cut at max_tokens)" } else { "" };
    let message = format!("the model's answer cannot be read{cut}: {why}: {}", excerpt(text, 200));
    StepError::new(kind, message).with_detail(json!({ "reply": text }))
}

/// The JSON value in a text: all of it, inside a code fence, or the first object or list that stands in it.
fn extract(text: &str) -> Option<Json> {
    let text = text.trim();
    if let Ok(json) = serde_json::from_str(text) {
        return Some(json);
    }
    let fenced = text.split("```").nth(1).map(|block| block.split_once('\n').map_or(block, |(_, body)| body));
    if let Some(json) = fenced.and_then(|block| serde_json::from_str(block.trim()).ok()) {
        return Some(json);
    }
    text.char_indices().filter(|(_, c)| matches!(c, '{' | '[')).find_map(|(at, _)| {
        let mut values = serde_json::Deserializer::from_str(text.get(at..)?).into_iter::<Json>();
        values.next()?.ok()
    })
}

/// A reply as the record `Message`.
pub fn message_value(context: &RunContext, reply: &ChatReply, ty: &Type) -> Result<Value, StepError> {
    let mut message = Map::new();
    message.insert("role".to_owned(), Json::from("assistant"));
    message.insert("content".to_owned(), Json::from(reply.content.as_str()));
    message.insert("tool_calls".to_owned(), json!(reply.tool_calls));
    convert::decode(context, Json::Object(message), ty)
}

#[cfg(test)]
mod tests {
    use super::extract;
    use serde_json::json;

    #[test]
    fn json_is_found_in_talk() {
        let object = Some(json!({ "a": [1] }));
        assert_eq!(extract("{\"a\": [1]}"), object);
        assert_eq!(extract("Sure!\n```json\n{\"a\": [1]}\n```\nDone."), object);
        assert_eq!(extract("The answer is {\"a\": [1]}, I think {maybe}."), object);
        assert_eq!(extract("a [b] {\"a\": [1]}"), object);
        assert_eq!(extract("nothing here"), None);
    }
}
