//! Texts of the YAML as string literals of the mission language, line for line where they stand.

use super::doc::Doc;
use rustchain_grammar::Span;

/// A part of a template.
#[derive(Clone, Debug)]
pub(crate) enum Part {
    /// Literal text.
    Text(String),
    /// `${…}`: the expression.
    Hole(Doc),
}

/// Finds pieces of a decoded scalar in its source, from left to right.
pub(crate) struct Locator<'a> {
    source: &'a str,
    cursor: usize,
    end: usize,
    misses: usize,
}

impl<'a> Locator<'a> {
    pub fn new(source: &'a str, span: Span) -> Self {
        Self { source, cursor: span.start as usize, end: span.end as usize, misses: 0 }
    }

    /// Where the next occurrence of a piece stands, verbatim.
    pub fn find(&mut self, piece: &str) -> Option<Span> {
        if piece.trim().is_empty() || self.misses > 8 {
            return None;
        }
        let found = self.source.get(self.cursor..self.end).and_then(|rest| rest.find(piece));
        let Some(found) = found else {
            self.misses += 1;
            return None;
        };
        let start = self.cursor + found;
        self.cursor = start + piece.len();
        Some(Span::new(start as u32, self.cursor as u32))
    }
}

/// A template literal; `span` is the scalar it was in the YAML.
pub(crate) fn template(parts: &[Part], source: &str, span: Span) -> Doc {
    let mut locator = Locator::new(source, span);
    let lines = split_lines(parts);
    if lines.len() > 1 && lines.iter().all(|line| block_line(line)) {
        let lines = lines.iter().map(|line| pieces(line, &mut locator, true)).collect();
        return Doc::from(span, Doc::Lines { tag: "\"\"\"", lines });
    }
    let mut out = vec![Doc::text("\"")];
    for (index, line) in lines.iter().enumerate() {
        if index > 0 {
            out.push(Doc::text("\\n"));
        }
        out.extend(pieces(line, &mut locator, false));
    }
    out.push(Doc::text("\""));
    Doc::from(span, Doc::Cat(out))
}

/// A plain text literal.
pub(crate) fn string(text: &str, source: &str, span: Span) -> Doc {
    template(&[Part::Text(text.into())], source, span)
}

/// A text that comes from no place of its own.
pub(crate) fn bare_string(text: &str) -> Doc {
    Doc::text(format!("\"{}\"", escape(text, false)))
}

/// `bash"""…"""`; a text that no raw string can hold becomes an ordinary literal.
pub(crate) fn raw(tag: &'static str, text: &str, source: &str, span: Span) -> Doc {
    let holds = !text.contains("\"\"\"") && !text.contains('\r') && text.split('\n').all(plain_line);
    if !holds {
        return string(text, source, span);
    }
    let text = text.strip_suffix('\n').unwrap_or(text);
    let mut locator = Locator::new(source, span);
    let mut piece = |line: &str| match locator.find(line) {
        Some(at) => Doc::from(at, Doc::text(line)),
        None => Doc::text(line),
    };
    if !text.contains('\n') && !text.ends_with('"') && !text.starts_with('"') {
        let inner = piece(text);
        return Doc::from(span, Doc::Cat(vec![Doc::text(tag), inner, Doc::text("\"\"\"")]));
    }
    let lines =
        text.split('\n').map(|line| if line.is_empty() { Vec::new() } else { vec![piece(line)] }).collect();
    Doc::from(span, Doc::Lines { tag, lines })
}

/// A line that keeps its text inside of a block string whose indent is stripped.
fn plain_line(line: &str) -> bool {
    let blank = !line.is_empty() && line.trim().is_empty();
    !blank && line.chars().all(|c| c == '\t' || !c.is_control()) && !line.starts_with('\t')
}

fn split_lines(parts: &[Part]) -> Vec<Vec<Part>> {
    let mut lines: Vec<Vec<Part>> = Vec::new();
    let mut line = Vec::new();
    for part in parts {
        let Part::Text(text) = part else {
            line.push(part.clone());
            continue;
        };
        for (index, piece) in text.split('\n').enumerate() {
            if index > 0 {
                lines.push(std::mem::take(&mut line));
            }
            if !piece.is_empty() {
                line.push(Part::Text(piece.into()));
            }
        }
    }
    lines.push(line);
    lines
}

fn block_line(line: &[Part]) -> bool {
    match line {
        [Part::Text(text)] => plain_line(text),
        [Part::Text(first), ..] if first.starts_with('\t') => false,
        _ => line.iter().all(|part| match part {
            Part::Text(text) => text.chars().all(|c| c == '\t' || !c.is_control()),
            Part::Hole(_) => true,
        }),
    }
}

fn pieces(line: &[Part], locator: &mut Locator<'_>, block: bool) -> Vec<Doc> {
    let mut out = Vec::new();
    for part in line {
        match part {
            Part::Hole(doc) => out.push(Doc::Cat(vec![Doc::text("${"), doc.clone(), Doc::text("}")])),
            Part::Text(text) => {
                let escaped = Doc::text(escape(text, block));
                out.push(match locator.find(text) {
                    Some(at) => Doc::from(at, escaped),
                    None => escaped,
                });
            }
        }
    }
    out
}

/// Text inside of quotes; in a block string single quotes marks stay as they are.
pub(crate) fn escape(text: &str, block: bool) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\\' => out.push_str("\\\\"),
            '"' if block && chars.peek() != Some(&'"') && !out.ends_with('"') => out.push('"'),
            '"' => out.push_str("\\\""),
            '$' if chars.peek() == Some(&'{') => out.push_str("\\$"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' if block => out.push('\t'),
            '\t' => out.push_str("\\t"),
            c if c.is_control() => out.push_str(&format!("\\u{{{:x}}}", c as u32)),
            c => out.push(c),
        }
    }
    out
}

/// A key of a record literal: a name, or in backquotes, or in double quotes.
pub(crate) fn key(name: &str) -> String {
    if is_identifier(name) {
        return name.into();
    }
    let backquoted = !name.is_empty() && !name.contains(['`', '\n', '\r']);
    if backquoted { format!("`{name}`") } else { format!("\"{}\"", escape(name, false)) }
}

/// Can it be written as a key: in backquotes, or in quotes without an escape?
pub(crate) fn can_be_key(name: &str) -> bool {
    let backquoted = !name.is_empty() && !name.contains(['`', '\n', '\r']);
    backquoted || escape(name, false) == name
}

/// Can it be written without backquotes?
pub(crate) fn is_identifier(name: &str) -> bool {
    let mut chars = name.chars();
    let first = chars.next().is_some_and(|c| c.is_ascii_alphabetic() || c == '_');
    first && chars.all(|c| c.is_ascii_alphanumeric() || c == '_')
}
