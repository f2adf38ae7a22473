//! Model providers, and recorded answers.

mod options;

pub use options::{LlmMode, LlmOptions};
