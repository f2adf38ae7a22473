//! Semantic tokens: what the tree and the names say that a pattern of letters cannot.

use super::Snapshot;
use rustchain_compiler::index::Symbol;
use rustchain_grammar::Span;
use std::collections::BTreeMap;
use std::path::Path;

/// The kinds of tokens, in the order of the legend.
pub const KINDS: [&str; 9] =
    ["namespace", "type", "enumMember", "property", "parameter", "variable", "function", "method", "keyword"];

/// The modifiers, in the order of the legend.
pub const MODIFIERS: [&str; 3] = ["declaration", "readonly", "defaultLibrary"];

/// A token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Token {
    /// Where, on one line.
    pub span: Span,
    /// Index into [`KINDS`].
    pub kind: u32,
    /// Bits of [`MODIFIERS`].
    pub modifiers: u32,
}

/// The tokens of a range, in order, never overlapping.
pub fn tokens(snapshot: &Snapshot, path: &Path, range: Span) -> Vec<Token> {
    let Some(file) = snapshot.analysed(path) else { return Vec::new() };
    if file.is_foreign() {
        return Vec::new();
    }
    let text = file.text();
    let mut found: BTreeMap<u32, Token> = BTreeMap::new();
    for name in file.names() {
        let span = name.place.span;
        if span.start > range.end
            || span.end < range.start
            || text.get(span.range()).is_none_or(|t| t.contains('\n'))
        {
            continue;
        }
        let kind = match name.symbol {
            Symbol::Type => "type",
            Symbol::Member => "enumMember",
            Symbol::Field => "property",
            Symbol::Parameter => "parameter",
            Symbol::Step
            | Symbol::Let
            | Symbol::Variable
            | Symbol::Output
            | Symbol::Provider
            | Symbol::Memory => "variable",
            Symbol::Chain | Symbol::Agent | Symbol::Tool | Symbol::Mission => "function",
            Symbol::Library => "method",
            Symbol::Form => "keyword",
            Symbol::Group | Symbol::Policy => "namespace",
        };
        let declares = u32::from(name.declaration == Some(name.place));
        let fixed = u32::from(matches!(name.symbol, Symbol::Let | Symbol::Parameter | Symbol::Member)) << 1;
        let library = u32::from(matches!(name.symbol, Symbol::Library | Symbol::Form)) << 2;
        let kind = KINDS.iter().position(|k| *k == kind).unwrap_or_default() as u32;
        found.insert(span.start, Token { span, kind, modifiers: declares | fixed | library });
    }
    let mut end = 0;
    found
        .into_values()
        .filter(|token| {
            let apart = token.span.start >= end;
            if apart {
                end = token.span.end;
            }
            apart
        })
        .collect()
}
