//! What stands around the cursor, read from the text itself, so that it works while the text is broken.

use std::collections::BTreeSet;

/// An open call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// `http.get`.
    pub callee: String,
    /// The argument the cursor is in, by name.
    pub argument: Option<String>,
    /// Every argument that is named already.
    pub given: BTreeSet<String>,
}

/// The kind of block the cursor stands in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Block {
    /// Outside of everything.
    Top,
    /// The body of a mission, chain, loop or group.
    Body,
    /// `policy { … }`.
    Policy,
    /// `with { … }` or `defaults { … }`.
    Clauses,
    /// `agent … { … }`.
    Agent,
    /// `test … { … }`.
    Test,
    /// `record … { … }`: the field types.
    Record,
    /// A record value, with its type's name.
    Value(String),
    /// An argument list.
    Arguments(Call),
    /// A budget, an enum, a retry's options: nothing is offered.
    Other,
}

struct Open {
    bracket: char,
    /// Where the bracket stands.
    at: usize,
    /// Names before `:` directly inside.
    given: BTreeSet<String>,
    /// The name before the last `:`, until a comma or the end of the line.
    current: Option<String>,
}

/// The brackets that are open at a byte, outermost first; strings and comments are stepped over. The flag says
/// that the cursor is in plain text of a string or a comment.
fn open_at(text: &str, offset: usize) -> (Vec<Open>, bool) {
    let text = text.get(..offset).unwrap_or(text);
    let bytes = text.as_bytes();
    let mut open: Vec<Open> = Vec::new();
    // Quotes whose template holds are open: the quote's length and the depth of brackets inside its hole.
    let mut holes: Vec<(usize, usize)> = Vec::new();
    let mut word = 0..0;
    let mut i = 0;
    let mut inside = None;
    while i < bytes.len() {
        if let Some(quote) = inside {
            let rest = &text[i..];
            if rest.starts_with("${") {
                holes.push((quote, open.len()));
                inside = None;
                i += 2;
            } else if bytes[i] == b'\\' && quote == 1 {
                i += 2;
            } else if (quote == 3 && rest.starts_with("\"\"\"")) || (quote == 1 && bytes[i] == b'"') {
                inside = None;
                i += quote;
            } else if quote == 1 && bytes[i] == b'\n' {
                inside = None;
            } else {
                i += 1;
                while !text.is_char_boundary(i) {
                    i += 1;
                }
            }
            continue;
        }
        match bytes[i] {
            b'"' => {
                let quote = if text[i..].starts_with("\"\"\"") { 3 } else { 1 };
                inside = Some(quote);
                i += quote;
                continue;
            }
            b'/' if bytes.get(i + 1) == Some(&b'/') => {
                let Some(end) = text[i..].find('\n') else { return (open, true) };
                i += end;
                continue;
            }
            c @ (b'{' | b'(' | b'[') => {
                open.push(Open { bracket: c as char, at: i, given: BTreeSet::new(), current: None });
            }
            b'}' if holes.last().is_some_and(|(_, depth)| *depth == open.len()) => {
                inside = holes.pop().map(|(quote, _)| quote);
            }
            b'}' | b')' | b']' => {
                open.pop();
            }
            b':' => {
                if let Some(around) = open.last_mut() {
                    let name = text.get(word.clone()).unwrap_or_default().to_owned();
                    around.given.insert(name.clone());
                    around.current = Some(name);
                }
            }
            b',' => {
                if let Some(around) = open.last_mut() {
                    around.current = None;
                }
            }
            c if c.is_ascii_alphanumeric() || c == b'_' => {
                if word.end == i {
                    word.end = i + 1;
                } else {
                    word = i..i + 1;
                }
            }
            _ => {}
        }
        i += 1;
        while !text.is_char_boundary(i) {
            i += 1;
        }
    }
    (open, inside.is_some())
}

/// Is the cursor in the plain text of a string, or in a comment?
pub fn is_text(text: &str, offset: u32) -> bool {
    open_at(text, offset as usize).1
}

/// The innermost call that is open at a byte.
pub fn call_at(text: &str, offset: u32) -> Option<Call> {
    let (open, _) = open_at(text, offset as usize);
    open.iter().rev().take_while(|o| o.bracket != '{' || is_record(text, o.at)).find_map(|o| call_of(text, o))
}

fn is_record(text: &str, at: usize) -> bool {
    let before = text.get(..at).unwrap_or_default().trim_end();
    before.ends_with([':', ',', '(', '[', '=', '>'])
        || head_word(before).starts_with(|c: char| c.is_ascii_uppercase())
}

fn call_of(text: &str, open: &Open) -> Option<Call> {
    if open.bracket != '(' {
        return None;
    }
    let callee = callee_before(text.get(..open.at)?)?;
    Some(Call { callee, argument: open.current.clone(), given: open.given.clone() })
}

/// The dotted name at the end of a text, type arguments left out.
fn callee_before(before: &str) -> Option<String> {
    let mut before = before;
    if before.ends_with('>') {
        let mut depth = 0;
        let start = before.char_indices().rev().find(|&(_, c)| {
            match c {
                '>' => depth += 1,
                '<' => depth -= 1,
                _ => {}
            }
            depth == 0
        });
        before = &before[..start?.0];
    }
    let start = before
        .rfind(|c: char| !(c.is_alphanumeric() || c == '_' || c == '.'))
        .map_or(0, |i| i + last_len(before, i));
    let name = &before[start..];
    let starts = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    (starts && !matches!(name, "in" | "if" | "match" | "zip" | "then" | "else")).then(|| name.to_owned())
}

fn last_len(text: &str, at: usize) -> usize {
    text[at..].chars().next().map_or(1, char::len_utf8)
}

fn head_word(before: &str) -> &str {
    let start =
        before.rfind(|c: char| !(c.is_alphanumeric() || c == '_')).map_or(0, |i| i + last_len(before, i));
    &before[start..]
}

/// The innermost block or argument list around a byte.
pub fn block_at(text: &str, offset: u32) -> Block {
    let (open, _) = open_at(text, offset as usize);
    let Some(inner) = open.last() else { return Block::Top };
    match inner.bracket {
        '(' => call_of(text, inner).map_or(Block::Other, Block::Arguments),
        '[' => Block::Other,
        _ => brace(text, &open),
    }
}

fn brace(text: &str, open: &[Open]) -> Block {
    let Some(inner) = open.last() else { return Block::Top };
    let head = text.get(..inner.at).unwrap_or_default();
    let head = head.trim_end();
    let word = head_word(head);
    match word {
        "with" | "defaults" => return Block::Clauses,
        "policy" => return Block::Policy,
        "budget" | "meta" => return Block::Other,
        _ => {}
    }
    let line = head.rsplit(['\n', '{', '}', ';']).next().unwrap_or_default().trim_start();
    match line.split_whitespace().next().unwrap_or_default() {
        "mission" | "chain" | "group" => return Block::Body,
        "policy" => return Block::Policy,
        "agent" => return Block::Agent,
        "test" => return Block::Test,
        "record" => return Block::Record,
        "enum" | "retry" | "tool" => return Block::Other,
        _ => {}
    }
    // Heads over several lines: `chain f(\n…) -> T {`.
    let statement = head.rfind("\nchain ").max(head.rfind("\nagent ")).max(head.rfind("\nmission "));
    if open.len() == 1
        && let Some(at) = statement
    {
        return if head[at..].starts_with("\nagent ") { Block::Agent } else { Block::Body };
    }
    if line.contains(" for ")
        || line.contains("loop ")
        || line.starts_with("for ")
        || line.starts_with("loop ")
    {
        return Block::Body;
    }
    if word.starts_with(|c: char| c.is_ascii_uppercase()) {
        return Block::Value(word.to_owned());
    }
    Block::Other
}

/// The letters before a byte that belong to the word being typed, and where they begin.
pub fn word_before(text: &str, offset: u32) -> (&str, u32) {
    let before = text.get(..offset as usize).unwrap_or_default();
    let word = head_word(before);
    (word, offset - word.len() as u32)
}

/// The dotted name before a `.` that ends at a byte: `g.x` in `g.x.|`, `xs[]` in `xs[0].|`.
pub fn base_before(text: &str, dot: u32) -> Option<String> {
    let mut before = text.get(..dot as usize)?;
    let mut name = String::new();
    loop {
        before = before.strip_suffix('?').unwrap_or(before);
        if before.ends_with(']') {
            let mut depth = 0;
            let open = before.char_indices().rev().find(|&(_, c)| {
                match c {
                    ']' => depth += 1,
                    '[' => depth -= 1,
                    _ => {}
                }
                depth == 0
            });
            before = &before[..open?.0];
            name.insert_str(0, "[]");
            continue;
        }
        let start =
            before.rfind(|c: char| !(c.is_alphanumeric() || c == '_')).map_or(0, |i| i + last_len(before, i));
        name.insert_str(0, &before[start..]);
        match before[..start].strip_suffix('.') {
            Some(rest) if start < before.len() => {
                before = rest;
                name.insert(0, '.');
            }
            _ => break,
        }
    }
    (!name.is_empty() && !name.starts_with(['.', '['])).then_some(name)
}
