//! Model providers, and recorded answers.

pub(crate) mod answer;
mod anthropic;
mod arguments;
mod cassette;
mod exchange;
pub(crate) mod message;
mod ollama;
mod openai;
mod options;
mod provider;
mod stream;
mod strict;
pub(crate) mod tools;

pub(crate) use exchange::{chat, embed};
pub use options::{LlmMode, LlmOptions};
