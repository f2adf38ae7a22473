//! The Python files that hold the callables.

use crate::from::callable::Callable;
use std::collections::BTreeMap;

/// Files under `tasks/`, one a DAG file as long as names do not collide.
#[derive(Debug, Default)]
pub(in crate::from) struct PythonFiles {
    stem: String,
    files: Vec<Module>,
}

#[derive(Debug, Default)]
struct Module {
    imports: Vec<String>,
    /// Name to definition.
    names: BTreeMap<String, String>,
    order: Vec<String>,
}

impl PythonFiles {
    pub(in crate::from) fn new(stem: &str) -> Self {
        PythonFiles { stem: stem.to_owned(), files: Vec::new() }
    }

    /// Adds a callable with what it uses and gives `tasks/x.py:f`.
    pub(in crate::from) fn add(&mut self, callable: &Callable) -> String {
        let mut definitions: Vec<(String, String)> =
            callable.uses.iter().filter(|u| !u.is_import).map(|u| (u.name.clone(), u.text.clone())).collect();
        definitions.push((callable.name.clone(), callable.source.clone()));
        let fits = |module: &Module| {
            definitions
                .iter()
                .all(|(name, text)| module.names.get(name).is_none_or(|present| present == text))
        };
        let at = match self.files.iter().position(fits) {
            Some(at) => at,
            None => {
                self.files.push(Module::default());
                self.files.len() - 1
            }
        };
        if let Some(module) = self.files.get_mut(at) {
            for import in callable.uses.iter().filter(|u| u.is_import) {
                if !module.imports.contains(&import.text) {
                    module.imports.push(import.text.clone());
                }
            }
            for (name, text) in definitions {
                if module.names.insert(name.clone(), text).is_none() {
                    module.order.push(name);
                }
            }
        }
        format!("{}:{}", self.path(at), callable.name)
    }

    fn path(&self, at: usize) -> String {
        let suffix = if at == 0 { String::new() } else { format!("_{}", at + 1) };
        format!("tasks/{}{suffix}.py", self.stem)
    }

    /// Paths and texts.
    pub(in crate::from) fn finish(&self, origin: &str) -> Vec<(String, String)> {
        self.files
            .iter()
            .enumerate()
            .map(|(at, module)| {
                let mut text =
                    format!("\"\"\"Callables of {origin}.\"\"\"\n\nfrom __future__ import annotations\n");
                let mut imports = module.imports.clone();
                imports.sort_by_key(|i| (i.contains('\n'), i.starts_with("from "), i.clone()));
                imports.retain(|i| !i.starts_with("from __future__"));
                if !imports.is_empty() {
                    text.push('\n');
                    text.push_str(&imports.join("\n"));
                    text.push('\n');
                }
                let is_block =
                    |code: &str| ["def ", "async ", "class ", "@"].iter().any(|head| code.starts_with(head));
                let mut after_block = false;
                for name in &module.order {
                    let Some(definition) = module.names.get(name) else { continue };
                    text.push_str(if after_block || is_block(definition) { "\n\n" } else { "\n" });
                    after_block = is_block(definition);
                    text.push_str(definition.trim_end());
                    text.push('\n');
                }
                (self.path(at), text)
            })
            .collect()
    }
}
