//! Folding and growing selections, from the brackets, comments and nodes of the tree.

use super::{LineIndex, Snapshot};
use rustchain_grammar::{FileId, Span, parse};
use std::path::Path;

/// What can be folded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FoldKind {
    /// Lines of comment or docs.
    Comment,
    /// The imports.
    Imports,
    /// Anything between brackets.
    Region,
}

/// A range of lines, both from 0, the last one included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fold {
    /// The line that stays.
    pub first: u32,
    /// The last line that goes.
    pub last: u32,
    /// What it is.
    pub kind: FoldKind,
}

/// What can be folded in a file of mission text.
pub fn folds(snapshot: &Snapshot, path: &Path) -> Vec<Fold> {
    let Some(text) = snapshot.text(path) else { return Vec::new() };
    let lines = LineIndex::new(&text);
    let parsed = parse(&text, FileId(0));
    let mut folds = Vec::new();
    let mut add = |first: u32, last: u32, kind| {
        if last > first {
            folds.push(Fold { first, last, kind });
        }
    };
    let imports = &parsed.ast.imports;
    if let (Some(first), Some(last)) = (imports.first(), imports.last()) {
        add(lines.line(first.span.start), lines.line(last.span.end), FoldKind::Imports);
    }
    let is_comment = |line: u32| lines.text(&text, line).trim_start().starts_with("//");
    let mut line = 0;
    while line < lines.lines() {
        let mut end = line;
        while end + 1 < lines.lines() && is_comment(line) && is_comment(end + 1) {
            end += 1;
        }
        add(line, end, FoldKind::Comment);
        line = end + 1;
    }
    let mut open = Vec::new();
    for element in parsed.tree().descendants_with_tokens() {
        let Some(token) = element.as_token() else { continue };
        let at = u32::from(token.text_range().start());
        match token.text() {
            "{" | "[" | "(" => open.push(lines.line(at)),
            "}" | "]" | ")" => {
                if let Some(first) = open.pop() {
                    add(first, lines.line(at).saturating_sub(1), FoldKind::Region);
                }
            }
            _ => {}
        }
    }
    folds.sort_by_key(|f| (f.first, f.last));
    folds.dedup_by_key(|f| f.first);
    folds
}

/// The ranges around a byte, from the word outwards to the file.
pub fn selections(snapshot: &Snapshot, path: &Path, offset: u32) -> Vec<Span> {
    let Some(text) = snapshot.text(path) else { return Vec::new() };
    let whole = Span::new(0, text.len() as u32);
    let tree = parse(&text, FileId(0)).tree();
    let at = offset.min(whole.end).into();
    let Some(token) = tree.token_at_offset(at).max_by_key(|t| rank(t.text())) else { return vec![whole] };
    let range = token.text_range();
    let mut spans = vec![Span::new(range.start().into(), range.end().into())];
    for node in token.parent_ancestors() {
        let range = node.text_range();
        let span = trimmed(&text, Span::new(range.start().into(), range.end().into()));
        if spans.last().is_some_and(|last| *last != span && span.start <= last.start && last.end <= span.end)
        {
            spans.push(span);
        }
    }
    if spans.last() != Some(&whole) {
        spans.push(whole);
    }
    spans
}

/// Of two tokens that touch at the cursor the one with letters is meant.
fn rank(text: &str) -> u8 {
    match text.chars().next() {
        Some(c) if c.is_alphanumeric() || c == '_' => 2,
        Some(c) if !c.is_whitespace() => 1,
        _ => 0,
    }
}

fn trimmed(text: &str, span: Span) -> Span {
    let Some(inner) = text.get(span.range()) else { return span };
    let start = span.start + (inner.len() - inner.trim_start().len()) as u32;
    let end = span.end - (inner.len() - inner.trim_end().len()) as u32;
    if start <= end { Span::new(start, end) } else { span }
}
