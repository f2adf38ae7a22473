//! Requests and replies of models, the same for every vendor.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};

/// A message, as the record `Message`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Message {
    /// `system`, `user`, `assistant`, `tool`.
    pub role: String,
    /// Its text.
    #[serde(default)]
    pub content: String,
    /// What the model wants called.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tool_calls: Vec<ToolCall>,
    /// Which call a tool's message answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tool_call_id: Option<String>,
}

impl Message {
    /// A message of a role with a text.
    pub fn new(role: &str, content: impl Into<String>) -> Message {
        Message { role: role.to_owned(), content: content.into(), ..Message::default() }
    }
}

/// A call that a model asks for.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ToolCall {
    /// What the answer refers to.
    pub id: String,
    /// The callable's name in the mission.
    pub name: String,
    /// An object, by parameters.
    pub arguments: Json,
}

/// A callable as a model sees it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ToolSpec {
    /// Its name in the mission.
    pub name: String,
    /// What it does.
    pub description: String,
    /// JSON Schema of its arguments.
    pub parameters: Json,
}

/// The form that the answer must have.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "as")]
pub enum Form {
    /// Any text.
    #[default]
    Text,
    /// Any JSON object.
    Json,
    /// An object of this schema.
    Schema {
        /// The type's name.
        name: String,
        /// The schema; an object at its root.
        schema: Json,
        /// The model is held to it exactly, whatever its form is.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        strict: bool,
    },
    /// A call of a tool of this name with an object of this schema.
    Tool {
        /// The tool's name.
        name: String,
        /// What the model is told of it.
        description: String,
        /// The schema; an object at its root.
        schema: Json,
    },
}

/// A question to a model. What is absent is not sent.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ChatRequest {
    /// `openai`, …
    pub vendor: String,
    /// The model's name.
    pub model: String,
    /// In order.
    pub messages: Vec<Message>,
    /// Callables offered.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tools: Vec<ToolSpec>,
    /// `auto`, `none`, `required`, or a callable's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tool_choice: Option<String>,
    /// The form of the answer.
    #[serde(default)]
    pub form: Form,
    /// Sampling temperature.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub temperature: Option<f64>,
    /// Bound of the answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_tokens: Option<i64>,
    /// Texts that end the answer.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub stop: Vec<String>,
    /// Seed of the sampling.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seed: Option<i64>,
    /// May several calls be asked for at once?
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parallel_tool_calls: Option<bool>,
    /// Sent as a stream.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub stream: bool,
    /// Further members, as the vendor names them.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub options: Map<String, Json>,
}

/// A question for vectors.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EmbedRequest {
    /// `openai`, …
    pub vendor: String,
    /// The model's name.
    pub model: String,
    /// The texts.
    pub input: Vec<String>,
}

/// Tokens sent and got.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Tokens {
    /// Tokens sent.
    pub prompt: i64,
    /// Tokens got.
    pub completion: i64,
}

/// A model's answer.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ChatReply {
    /// Its text.
    #[serde(default)]
    pub content: String,
    /// What it wants called.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tool_calls: Vec<ToolCall>,
    /// Why it does not answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refusal: Option<String>,
    /// Was it cut at the bound?
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub cut: bool,
    /// What it used.
    #[serde(default)]
    pub usage: Tokens,
    /// What it cost, where the vendor says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub usd: Option<f64>,
}

/// Vectors, one a text.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct EmbedReply {
    /// In the order of the texts.
    pub vectors: Vec<Vec<f64>>,
    /// What it used.
    #[serde(default)]
    pub usage: Tokens,
}

/// A name that vendors accept: letters, digits, `_`, `-`.
pub fn wire_name(name: &str) -> String {
    let good = |c: char| if c.is_ascii_alphanumeric() || matches!(c, '_' | '-') { c } else { '_' };
    name.chars().map(good).take(64).collect()
}

/// The mission's name of a callable that a model calls by its wire name.
pub fn own_name(tools: &[ToolSpec], wire: &str) -> String {
    let tool = tools.iter().find(|tool| tool.name == wire || wire_name(&tool.name) == wire);
    tool.map_or_else(|| wire.to_owned(), |tool| tool.name.clone())
}
