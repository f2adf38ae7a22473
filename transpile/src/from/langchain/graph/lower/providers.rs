//! Models and tools that functions of a graph use.

use super::print::quoted;
use crate::from::langchain::lower::{Body, Shared, provider, tools};
use crate::from::langchain::model::{Data, Node, OpKind};

/// What the missions of a file share, as functions of a graph need it.
pub struct Providers<'p, 'f> {
    /// Declarations and names of the file.
    pub shared: &'p mut Shared<'f>,
}

impl Providers<'_, '_> {
    /// A name that no declaration has.
    pub fn fresh(&mut self, name: &str) -> String {
        self.shared.names.fresh(name)
    }

    /// The name of a model's provider; it is declared once.
    ///
    /// # Errors
    /// A vendor that missions do not speak to.
    pub fn name_of(&mut self, op: &Node) -> Result<String, String> {
        let found = provider::of(&mut Body::new(self.shared), op);
        found.ok_or_else(|| "its model is none that the runtime has".to_owned())
    }

    /// The name of a tool; it is declared once.
    ///
    /// # Errors
    /// A tool that cannot be carried over.
    pub fn tool(&mut self, op: &Node) -> Result<String, String> {
        let found = tools::list(&mut Body::new(self.shared), std::slice::from_ref(op), &op.origin);
        found.into_iter().next().ok_or_else(|| "it has a tool that is not carried over".to_owned())
    }

    /// Arguments that were bound to a model.
    ///
    /// # Errors
    /// One without a counterpart.
    pub fn bound_args(&self, op: &Node) -> Result<Vec<String>, String> {
        let OpKind::Bind(bind) = &op.kind else { return Ok(Vec::new()) };
        let mut out = Vec::new();
        for (name, value) in &bind.kwargs {
            match (name.as_str(), value) {
                ("tools", _) | (_, Data::Null) => {}
                ("parallel_tool_calls", Data::Bool(yes)) => out.push(format!("parallel_tool_calls: {yes}")),
                ("tool_choice", Data::Str(choice)) => {
                    let choice = if choice == "any" { "required" } else { choice };
                    out.push(format!("tool_choice: {}", quoted(choice)));
                }
                ("stop", Data::List(_)) => out.push(format!("stop: {}", data(value)?)),
                _ => return Err(format!("the bound argument `{name}` has no counterpart")),
            }
        }
        Ok(out)
    }

    /// What the library's client does by itself, as clauses.
    pub fn clauses(&self, op: &Node) -> String {
        provider::client_retry(op).map_or(String::new(), |clause| format!(" with {{\n    {clause}\n  }}"))
    }
}

/// A plain value as text.
///
/// # Errors
/// A value that is not plain.
pub fn data(value: &Data) -> Result<String, String> {
    provider::argument(value).ok_or_else(|| "a setting whose value is not known".to_owned())
}
