//! `meta NAME { … }`: data that is kept and has no meaning here.

use super::clauses::Merged;
use crate::types::Cx;
use rustchain_grammar::ast::NamedArg;

impl Cx<'_> {
    /// The `meta` clauses of a step.
    pub fn step_meta(&mut self, key: &str, merged: &Merged<'_>) {
        for (name, args) in &merged.meta {
            let value = self.meta_value(args);
            self.meta.push((key.to_owned(), name.text.clone(), value));
        }
    }

    /// Constant members as JSON.
    pub fn meta_value(&mut self, args: &[NamedArg]) -> serde_json::Value {
        let mut object = serde_json::Map::new();
        for arg in args {
            let typed = self.elab(&arg.value, None);
            if let Some(value) = self.constant(&typed.expr, arg.value.span, "`meta`") {
                object.insert(
                    arg.name.text.to_string(),
                    rustchain_plan::codec::encode(&value, &self.program.schemas),
                );
            }
        }
        serde_json::Value::Object(object)
    }
}
