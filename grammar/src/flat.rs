//! The tree as one vector in preorder: what pest matched, without trivia, cheap to build and to walk.

use crate::kind::{self, SyntaxKind};
use crate::parser::{MissionParser, Rule};
use crate::span::Span;
use pest::{Parser, Token};

/// A node or token.
#[derive(Clone, Copy, Debug)]
pub(crate) struct FlatNode {
    /// What it is.
    pub kind: SyntaxKind,
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
    /// How many entries it takes, itself included.
    pub size: u32,
}

/// A parsed text.
#[derive(Clone, Debug, Default)]
pub(crate) struct Flat {
    /// In preorder; the first is the root.
    pub nodes: Vec<FlatNode>,
}

/// Deeper trees are refused: what walks a tree recursively must not run out of stack.
const MAX_TREE_DEPTH: usize = 1_000;

/// Why there is no tree.
#[derive(Debug)]
pub(crate) enum Refusal {
    /// Nested too deep; where, if known.
    TooDeep(Option<u32>),
    /// Does not match; the furthest position and what was expected there.
    Mismatch(u32, Vec<Rule>),
}

/// Matches a whole text with a rule.
pub(crate) fn parse(rule: Rule, text: &str) -> Result<Flat, Refusal> {
    let pairs = match MissionParser::parse(rule, text) {
        Ok(pairs) => pairs,
        Err(error) => return Err(refusal(error)),
    };
    convert(pairs.tokens(), text.len())
}

fn refusal(error: pest::error::Error<Rule>) -> Refusal {
    use pest::error::{ErrorVariant, InputLocation};
    let at = match error.location {
        InputLocation::Pos(at) | InputLocation::Span((at, _)) => at as u32,
    };
    match error.variant {
        ErrorVariant::ParsingError { positives, .. } => Refusal::Mismatch(at, positives),
        ErrorVariant::CustomError { .. } => Refusal::TooDeep(None),
    }
}

fn convert<'i>(tokens: impl Iterator<Item = Token<'i, Rule>>, len: usize) -> Result<Flat, Refusal> {
    let mut builder =
        Builder { nodes: Vec::with_capacity(len / 4 + 16), open: Vec::with_capacity(64), last_end: 0 };
    for token in tokens {
        match token {
            Token::Start { rule, pos } => {
                let Some(kind) = kept(rule) else { continue };
                let start = pos.pos() as u32;
                if builder.open.len() > MAX_TREE_DEPTH {
                    return Err(Refusal::TooDeep(Some(start)));
                }
                builder.open.push(builder.nodes.len() as u32);
                builder.nodes.push(FlatNode { kind, start, end: start, size: 1 });
            }
            Token::End { rule, pos } if kept(rule).is_some() => builder.close(pos.pos() as u32),
            Token::End { .. } => {}
        }
    }
    Ok(Flat { nodes: builder.nodes })
}

/// Comments are found again in the gaps between tokens.
fn kept(rule: Rule) -> Option<SyntaxKind> {
    kind::of(rule).filter(|kind| *kind != SyntaxKind::COMMENT)
}

struct Builder {
    nodes: Vec<FlatNode>,
    /// The nodes that have not ended.
    open: Vec<u32>,
    /// Where the last token ended.
    last_end: u32,
}

impl Builder {
    /// Ends the innermost open node. pest's spans of nodes may begin or end with blanks; a node here spans its
    /// children, and what is missing stands right behind the last token.
    fn close(&mut self, end: u32) {
        let Some(index) = self.open.pop().map(|i| i as usize) else { return };
        let size = (self.nodes.len() - index) as u32;
        let first_start = self.nodes.get(index + 1).map(|child| child.start);
        let Some(node) = self.nodes.get_mut(index) else { return };
        node.size = size;
        if node.kind.is_token() && end == node.start {
            self.nodes.truncate(index);
            return;
        }
        let is_exact = node.kind.is_token() || matches!(node.kind, SyntaxKind::TEMPLATE | SyntaxKind::ERROR);
        if is_exact {
            node.end = end;
            self.last_end = end;
            return;
        }
        node.start = first_start.unwrap_or(self.last_end);
        node.end = self.last_end;
    }
}

/// A place in a [`Flat`] tree.
#[derive(Clone, Copy)]
pub(crate) struct Node<'a> {
    nodes: &'a [FlatNode],
}

impl<'a> Node<'a> {
    /// The root.
    pub fn root(flat: &'a Flat) -> Option<Self> {
        (!flat.nodes.is_empty()).then_some(Node { nodes: &flat.nodes })
    }

    /// What it is.
    pub fn kind(self) -> SyntaxKind {
        self.entry().kind
    }

    /// Where it is.
    pub fn span(self) -> Span {
        Span::new(self.entry().start, self.entry().end)
    }

    /// Its children.
    pub fn children(self) -> Children<'a> {
        Children { rest: self.nodes.get(1..).unwrap_or(&[]) }
    }

    fn entry(self) -> FlatNode {
        // A `Node` is only made of a non-empty slice.
        self.nodes.first().copied().unwrap_or(FlatNode {
            kind: SyntaxKind::UNKNOWN,
            start: 0,
            end: 0,
            size: 1,
        })
    }
}

/// The children of a node that were not taken yet.
#[derive(Clone, Copy)]
pub(crate) struct Children<'a> {
    rest: &'a [FlatNode],
}

impl<'a> Children<'a> {
    /// The next child, left in place.
    pub fn peek(&self) -> Option<Node<'a>> {
        let first = self.rest.first()?;
        Some(Node { nodes: self.rest.get(..first.size as usize)? })
    }

    /// The kind of the next child.
    pub fn peek_kind(&self) -> Option<SyntaxKind> {
        Some(self.rest.first()?.kind)
    }

    /// The next child if it is of this kind.
    pub fn eat(&mut self, kind: SyntaxKind) -> Option<Node<'a>> {
        if self.peek_kind()? == kind { self.next() } else { None }
    }

    /// As [`Children::seek`], but leaves everything in place where `stop` comes first.
    pub fn seek_before(&mut self, kind: SyntaxKind, stop: SyntaxKind) -> Option<Node<'a>> {
        let mut ahead = *self;
        let first = Iterator::find(&mut ahead, |node| node.kind() == kind || node.kind() == stop)?;
        if first.kind() == stop { None } else { self.seek(kind) }
    }

    /// Takes children up to the first of this kind, and that one.
    pub fn seek(&mut self, kind: SyntaxKind) -> Option<Node<'a>> {
        Iterator::find(self, |node| node.kind() == kind)
    }
}

impl<'a> Iterator for Children<'a> {
    type Item = Node<'a>;

    fn next(&mut self) -> Option<Node<'a>> {
        let node = self.peek()?;
        self.rest = self.rest.get(node.nodes.len()..).unwrap_or(&[]);
        Some(node)
    }
}
