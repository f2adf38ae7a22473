//! Messages that an update gives again: LangGraph tells them by their ids, and here a message has none.

use super::print::Scope;
use crate::from::langchain::graph::body::Expr;

/// How an update of a field of messages is joined with what the field holds.
pub enum Joined {
    /// All of it is added.
    Added,
    /// It begins with what the field holds: it is what the field holds then.
    Whole,
}

impl Scope {
    /// How the messages of an update are joined with those of a field.
    ///
    /// # Errors
    /// It gives some of them again in another way than as its beginning.
    pub fn added(&self, field: &str, value: &Expr) -> Result<Joined, String> {
        if !self.gives_again(field, value) {
            return Ok(Joined::Added);
        }
        let mut first = value;
        let mut is_whole = true;
        while let Expr::Binary("+" | "+=", left, right) = first {
            is_whole &= !self.gives_again(field, right);
            first = left;
        }
        if let Expr::Call("list", args) = first
            && let [listed] = args.as_slice()
        {
            first = listed;
        }
        match first {
            Expr::Field(name) | Expr::FieldOr(name, _) if name == field && is_whole => Ok(Joined::Whole),
            _ => Err(format!(
                "it gives messages again that `{field}` holds, which LangGraph tells by their ids"
            )),
        }
    }

    /// May a value hold messages of a field?
    pub fn gives_again(&self, field: &str, value: &Expr) -> bool {
        let again = |e: &Expr| self.gives_again(field, e);
        match value {
            Expr::State => true,
            Expr::Field(name) | Expr::FieldOr(name, _) => name == field,
            Expr::Binary(_, a, b) => again(a) || again(b),
            Expr::If(_, a, b) => again(a) || again(b),
            Expr::List(items) => items.iter().any(again),
            Expr::Call("list" | "slice" | "add_messages" | "present" | "flatten", args) => {
                args.iter().any(again)
            }
            Expr::Index(base, _) => again(base),
            Expr::For { list, .. } => again(list),
            Expr::Variable(id) => self.echoes.get(id).is_some_and(|fields| fields.iter().any(|f| f == field)),
            // What a loop leaves may hold what it began with.
            Expr::Member(base, name) => match &**base {
                Expr::Answer(id) => self
                    .echoes
                    .get(&format!("{id}.{name}"))
                    .is_some_and(|fields| fields.iter().any(|f| f == field)),
                _ => false,
            },
            _ => false,
        }
    }
}
