//! Questions to people.

use futures_util::future::BoxFuture;

/// A question that a step has.
#[derive(Clone, Debug, PartialEq)]
pub struct Question {
    /// The path of the step.
    pub path: String,
    /// In one line.
    pub subject: String,
    /// More about it.
    pub body: String,
    /// Who may answer; empty: anybody.
    pub by: Vec<String>,
    /// The JSON Schema of the answer.
    pub schema: serde_json::Value,
}

/// Whoever can ask people: a terminal, a web page.
pub trait People: Send + Sync {
    /// The answer as JSON; `None`: they said no, or nobody was there.
    fn ask(&self, question: Question) -> BoxFuture<'_, Option<serde_json::Value>>;
}
