//! Names: the one rule by which foreign ids become identifiers.

use std::collections::BTreeSet;

/// Words that cannot be names.
const RESERVED: &[&str] =
    &["if", "then", "else", "match", "for", "loop", "in", "let", "step", "with", "true", "false", "null"];

/// First words of the standard library's functions: `json.parse` is not a part of a step `json`.
const MODULES: &[&str] = &[
    "archive", "base64", "chat", "clock", "csv", "exec", "fs", "git", "hash", "http", "human", "json", "log",
    "memory", "net", "path", "random", "regex", "run", "schema", "sql", "system", "time", "toml", "url",
    "wait", "xml", "yaml",
];

/// An id as an identifier: every other character `_`, `s_` before a digit, `_` after a keyword.
pub(crate) fn identifier(id: &str) -> String {
    let mut out: String = id.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
    if out.is_empty() || out.starts_with(|c: char| c.is_ascii_digit()) {
        out.insert_str(0, "s_");
    }
    if RESERVED.contains(&out.as_str()) {
        out.push('_');
    }
    out
}

/// A title as an identifier in lower case, single underscores.
pub(crate) fn title(text: &str) -> String {
    let lower: String =
        text.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '_' }).collect();
    let words: Vec<&str> = lower.split('_').filter(|w| !w.is_empty()).collect();
    identifier(&words.join("_"))
}

/// The names of one scope.
#[derive(Clone, Debug, Default)]
pub(crate) struct Names {
    taken: BTreeSet<String>,
}

impl Names {
    /// A scope of steps and inputs: the standard library's modules are taken.
    pub fn of_values() -> Names {
        Names { taken: MODULES.iter().map(|name| (*name).to_string()).collect() }
    }

    /// The name itself, or with `_2`, `_3` where it is taken.
    pub fn claim(&mut self, name: &str) -> String {
        let mut out = name.to_string();
        let mut count = 2;
        while !self.taken.insert(out.clone()) {
            out = format!("{name}_{count}");
            count += 1;
        }
        out
    }

    pub fn reserve(&mut self, name: &str) {
        self.taken.insert(name.into());
    }

    pub fn has(&self, name: &str) -> bool {
        self.taken.contains(name)
    }
}
