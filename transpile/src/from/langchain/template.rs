//! The variables of a template, as LangChain finds them.

use super::model::TemplateFormat;
use std::collections::BTreeSet;

/// The variables that a template asks for, sorted.
pub fn variables(template: &str, format: TemplateFormat) -> Vec<String> {
    let found = match format {
        TemplateFormat::FString => f_string(template),
        TemplateFormat::Mustache => mustache(template),
        TemplateFormat::Jinja2 => jinja(template),
    };
    found.into_iter().collect()
}

/// A piece of an f-string template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    /// Text as it is sent.
    Text(String),
    /// A variable; with a conversion or format that is not empty, the whole field as written.
    Variable {
        /// The name.
        name: String,
        /// `!r`, `:>10`; empty for none.
        spec: String,
    },
}

/// The pieces of an f-string template; `None` where Python would refuse it.
pub fn pieces(template: &str) -> Option<Vec<Piece>> {
    let mut out = Vec::new();
    let mut text = String::new();
    let mut chars = template.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '{' if chars.peek() == Some(&'{') => {
                chars.next();
                text.push('{');
            }
            '}' if chars.peek() == Some(&'}') => {
                chars.next();
                text.push('}');
            }
            '}' => return None,
            '{' => {
                let mut field = String::new();
                let mut depth = 1u32;
                for c in chars.by_ref() {
                    match c {
                        '{' => depth += 1,
                        '}' => depth -= 1,
                        _ => {}
                    }
                    if depth == 0 {
                        break;
                    }
                    field.push(c);
                }
                if depth != 0 {
                    return None;
                }
                if !text.is_empty() {
                    out.push(Piece::Text(std::mem::take(&mut text)));
                }
                let end = field.find(['!', ':']).unwrap_or(field.len());
                let (name, spec) = field.split_at(end);
                out.push(Piece::Variable { name: name.to_owned(), spec: spec.to_owned() });
            }
            other => text.push(other),
        }
    }
    if !text.is_empty() {
        out.push(Piece::Text(text));
    }
    Some(out)
}

fn f_string(template: &str) -> BTreeSet<String> {
    let pieces = pieces(template).unwrap_or_default();
    pieces
        .into_iter()
        .filter_map(|p| match p {
            Piece::Variable { name, .. } => Some(name),
            Piece::Text(_) => None,
        })
        .collect()
}

/// Names of `{{x}}`, `{{{x}}}`, `{{&x}}` and of sections; inside a section names belong to its items.
fn mustache(template: &str) -> BTreeSet<String> {
    let mut out = BTreeSet::new();
    let mut sections = 0u32;
    let mut rest = template;
    while let Some(start) = rest.find("{{") {
        rest = rest.get(start + 2..).unwrap_or_default();
        let Some(end) = rest.find("}}") else { break };
        let tag = rest.get(..end).unwrap_or_default().trim().trim_start_matches('{').trim();
        rest = rest.get(end + 2..).unwrap_or_default().trim_start_matches('}');
        let (sigil, name) = match tag.chars().next() {
            Some(c @ ('#' | '^' | '/' | '!' | '>' | '&')) => (c, tag.get(1..).unwrap_or_default().trim()),
            _ => (' ', tag),
        };
        match sigil {
            '!' | '>' => {}
            '/' => sections = sections.saturating_sub(1),
            '#' | '^' => {
                if sections == 0 {
                    out.insert(head(name));
                }
                sections += 1;
            }
            _ if sections == 0 && name != "." => {
                out.insert(head(name));
            }
            _ => {}
        }
    }
    out
}

fn head(name: &str) -> String {
    name.split('.').next().unwrap_or(name).to_owned()
}

/// Names that a Jinja template reads and does not set.
fn jinja(template: &str) -> BTreeSet<String> {
    let mut read: BTreeSet<String> = BTreeSet::new();
    let mut set: BTreeSet<String> = ["loop", "range", "true", "false", "none", "True", "False", "None"]
        .into_iter()
        .map(str::to_owned)
        .collect();
    let mut rest = template;
    while let Some(start) = rest.find('{') {
        rest = rest.get(start..).unwrap_or_default();
        let (open, close) = match rest.get(..2) {
            Some("{{") => ("{{", "}}"),
            Some("{%") => ("{%", "%}"),
            Some("{#") => ("{#", "#}"),
            _ => {
                rest = rest.get(1..).unwrap_or_default();
                continue;
            }
        };
        let body = rest.get(2..).unwrap_or_default();
        let Some(end) = body.find(close) else { break };
        let inside = body.get(..end).unwrap_or_default().trim_matches(['-', '+', ' ']);
        rest = body.get(end + 2..).unwrap_or_default();
        match open {
            "{{" => names_in(inside, &mut read),
            "{%" => jinja_statement(inside, &mut read, &mut set),
            _ => {}
        }
    }
    read.difference(&set).cloned().collect()
}

fn jinja_statement(inside: &str, read: &mut BTreeSet<String>, set: &mut BTreeSet<String>) {
    let (word, rest) = inside.split_once(char::is_whitespace).unwrap_or((inside, ""));
    match word {
        "for" => {
            let (targets, source) = rest.split_once(" in ").unwrap_or((rest, ""));
            set.extend(targets.split(',').map(|t| t.trim().to_owned()));
            names_in(source, read);
        }
        "set" => {
            let (target, source) = rest.split_once('=').unwrap_or((rest, ""));
            set.insert(target.trim().to_owned());
            names_in(source, read);
        }
        "if" | "elif" => names_in(rest, read),
        _ => {}
    }
}

/// Identifiers of an expression that are no attributes, filters, tests or words of the language.
fn names_in(expression: &str, out: &mut BTreeSet<String>) {
    const WORDS: &[&str] = &["and", "or", "not", "in", "is", "if", "else", "recursive"];
    let chars: Vec<char> = expression.chars().collect();
    let mut at = 0;
    let mut before = ' ';
    let mut word_before = String::new();
    while let Some(&c) = chars.get(at) {
        if c == '\'' || c == '"' {
            at += 1;
            while chars.get(at).is_some_and(|x| *x != c) {
                at += 1;
            }
            at += 1;
            before = c;
            continue;
        }
        if c.is_alphabetic() || c == '_' {
            let start = at;
            while chars.get(at).is_some_and(|x| x.is_alphanumeric() || *x == '_') {
                at += 1;
            }
            let word: String = chars.get(start..at).unwrap_or_default().iter().collect();
            let skipped =
                matches!(before, '.' | '|') || word_before == "is" || WORDS.contains(&word.as_str());
            if !skipped {
                out.insert(word.clone());
            }
            word_before = word;
            before = 'a';
            continue;
        }
        if !c.is_whitespace() {
            before = c;
            word_before.clear();
        }
        at += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::{TemplateFormat, variables};

    #[test]
    fn variables_of_the_three_formats() {
        assert_eq!(variables("a {b} {{c}} {d:>3} {b}", TemplateFormat::FString), ["b", "d"]);
        assert_eq!(
            variables("{{x}} {{#rows}}{{y}}{{/rows}} {{{z.a}}}", TemplateFormat::Mustache),
            ["rows", "x", "z"]
        );
        let jinja = "{% for r in rows if r.ok %}{{ r.name | upper }}{{ sep }}{% endfor %}{{ 'no' }}";
        assert_eq!(variables(jinja, TemplateFormat::Jinja2), ["rows", "sep"]);
        assert!(variables("{broken", TemplateFormat::FString).is_empty());
    }
}
