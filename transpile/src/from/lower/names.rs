//! Names: foreign ids become identifiers by one rule.

use std::collections::BTreeSet;

/// Words that are no names in the mission language.
const KEYWORDS: &[&str] = &[
    "if", "then", "else", "match", "for", "loop", "in", "let", "step", "with", "true", "false", "null",
    "input", "output", "secret", "policy", "mission", "chain", "tool", "agent", "record", "enum", "type",
    "import", "edition", "group", "defaults", "schedule", "meta", "on", "outcome", "id", "within", "return",
    "test", "memory", "provider", "run", "hole",
];

/// Every other character becomes `_`, a digit in front gets `s_`, a keyword gets `_`.
pub(in crate::from) fn identifier(text: &str) -> String {
    let mut out: String =
        text.chars().map(|c| if c.is_ascii_alphanumeric() || c == '_' { c } else { '_' }).collect();
    if out.is_empty() || out.starts_with(|c: char| c.is_ascii_digit()) {
        out.insert_str(0, "s_");
    }
    if KEYWORDS.contains(&out.as_str()) {
        out.push('_');
    }
    out
}

/// Names of one scope.
#[derive(Clone, Debug, Default)]
pub(in crate::from) struct Names {
    used: BTreeSet<String>,
}

impl Names {
    /// An identifier that the scope does not have yet: `_2` on collision.
    pub(in crate::from) fn fresh(&mut self, text: &str) -> String {
        let base = identifier(text);
        let mut name = base.clone();
        let mut n = 2;
        while !self.used.insert(name.clone()) {
            name = format!("{base}_{n}");
            n += 1;
        }
        name
    }
}

/// `my_task.name` as `MyTaskName`, for types.
pub(in crate::from) fn type_name(text: &str) -> String {
    let mut out = String::new();
    let mut upper = true;
    for c in text.chars() {
        if !c.is_ascii_alphanumeric() {
            upper = true;
        } else if upper {
            out.extend(c.to_uppercase());
            upper = false;
        } else {
            out.push(c);
        }
    }
    if !out.starts_with(|c: char| c.is_ascii_alphabetic()) {
        out.insert(0, 'T');
    }
    out
}
