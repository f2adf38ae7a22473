//! What an agent has used of its budget.

use crate::llm::message::ChatReply;
use rustchain_plan::policy::Budget;

/// Turns, tokens and dollars so far.
#[derive(Clone, Copy, Debug, Default)]
pub struct Spent {
    turns: i64,
    tokens: i64,
    usd: f64,
}

impl Spent {
    /// One more answer.
    pub fn add(&mut self, reply: &ChatReply) {
        self.turns += 1;
        self.tokens = self.tokens.saturating_add(reply.usage.prompt).saturating_add(reply.usage.completion);
        self.usd += reply.usd.unwrap_or(0.0);
    }

    /// The bound that is reached, in words; `None`: there is room for another turn.
    pub fn reached(&self, budget: &Budget) -> Option<String> {
        if let Some(turns) = budget.turns.filter(|turns| self.turns >= *turns) {
            return Some(format!("{turns} turns"));
        }
        if let Some(tokens) = budget.tokens.filter(|tokens| self.tokens >= *tokens) {
            return Some(format!("{tokens} tokens"));
        }
        budget.usd.filter(|usd| self.usd >= *usd).map(|usd| format!("{usd} USD"))
    }
}
