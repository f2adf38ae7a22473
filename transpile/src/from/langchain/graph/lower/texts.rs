//! Pieces of mission text: literals, keys, operands.

/// A text literal.
pub fn quoted(text: &str) -> String {
    format!("\"{}\"", escaped(text))
}

pub(super) fn escaped(text: &str) -> String {
    let mut out = String::new();
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\r' => out.push_str("\\r"),
            '$' if chars.peek() == Some(&'{') => out.push_str("\\$"),
            c if c.is_control() => out.push_str(&format!("\\u{{{:x}}}", c as u32)),
            c => out.push(c),
        }
    }
    out
}

/// A name as a key of a record or object.
pub fn key(name: &str) -> String {
    let plain = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    let other = |c: char| matches!(c, '`' | '\n' | '\r');
    match name {
        _ if plain => name.to_owned(),
        "" => "`_`".to_owned(),
        _ => format!("`{}`", name.replace(other, "_")),
    }
}

/// An operand: what holds an operator stands in parentheses.
pub fn wrapped(text: &str) -> String {
    let is_plain = !text.contains(' ')
        || (text.starts_with('"')
            && text.ends_with('"')
            && !text.get(1..text.len() - 1).unwrap_or("").contains('"'))
        || is_closed(text);
    if is_plain { text.to_owned() } else { format!("({text})") }
}

/// One pair of brackets around all of it, a call, or a literal of a record.
fn is_closed(text: &str) -> bool {
    let Some(open) = text.find(['(', '[', '{']) else { return false };
    let head = text.get(..open).unwrap_or_default();
    if head.trim_end().contains(' ')
        || head.starts_with('"')
        || head.starts_with('!')
        || head.starts_with('-')
    {
        return false;
    }
    let mut depth = 0i32;
    let mut in_text = false;
    let mut escape = false;
    for (at, c) in text.char_indices() {
        match c {
            _ if escape => escape = false,
            '\\' => escape = true,
            '"' => in_text = !in_text,
            '(' | '[' | '{' if !in_text => depth += 1,
            ')' | ']' | '}' if !in_text => {
                depth -= 1;
                if depth == 0 && at + 1 < text.len() {
                    return false;
                }
            }
            _ => {}
        }
    }
    depth == 0
}

/// What a text literal holds.
pub(super) fn inside(literal: &str) -> &str {
    literal.get(1..literal.len().saturating_sub(1)).unwrap_or_default()
}

/// A value as a part of a text.
pub(super) fn in_hole(text: &str) -> String {
    format!("${{{}}}", unwrapped(hole(text).unwrap_or(text)))
}

/// The expression of a text that is one hole.
fn hole(text: &str) -> Option<&str> {
    text.strip_prefix("\"${")?.strip_suffix("}\"").filter(|inner| !inner.contains(['"', '{', '}']))
}

/// A text without the parentheses around all of it.
pub(super) fn unwrapped(text: &str) -> &str {
    match text.strip_prefix('(').and_then(|t| t.strip_suffix(')')) {
        Some(inner) if is_closed(text) => inner,
        _ => text,
    }
}
