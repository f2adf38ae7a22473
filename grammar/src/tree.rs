//! The lossless tree: every byte of the source, in order.

use crate::flat::{Flat, Node};
use crate::kind::SyntaxKind;
use crate::lexer;
use rowan::GreenNodeBuilder;

/// The language of the tree, as rowan wants it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Mission {}

impl rowan::Language for Mission {
    type Kind = SyntaxKind;

    fn kind_from_raw(raw: rowan::SyntaxKind) -> SyntaxKind {
        SyntaxKind::from_raw(raw.0)
    }

    fn kind_to_raw(kind: SyntaxKind) -> rowan::SyntaxKind {
        rowan::SyntaxKind(kind as u16)
    }
}

/// A node of the tree.
pub type SyntaxNode = rowan::SyntaxNode<Mission>;
/// A token of the tree.
pub type SyntaxToken = rowan::SyntaxToken<Mission>;
/// A node or a token of the tree.
pub type SyntaxElement = rowan::SyntaxElement<Mission>;

/// Builds the tree of a text. Without a flat tree it is one `ERROR` node of tokens.
pub(crate) fn build(text: &str, flat: Option<&Flat>) -> SyntaxNode {
    let mut tree = TreeBuilder { text, at: 0, builder: GreenNodeBuilder::new() };
    tree.builder.start_node(raw(SyntaxKind::FILE));
    match flat.and_then(Node::root) {
        Some(root) => {
            tree.children(root);
            tree.gap(text.len() as u32);
        }
        None => {
            tree.builder.start_node(raw(SyntaxKind::ERROR));
            tree.gap(text.len() as u32);
            tree.builder.finish_node();
        }
    }
    tree.builder.finish_node();
    SyntaxNode::new_root(tree.builder.finish())
}

fn raw(kind: SyntaxKind) -> rowan::SyntaxKind {
    rowan::SyntaxKind(kind as u16)
}

struct TreeBuilder<'a> {
    text: &'a str,
    /// Everything before is in the tree.
    at: u32,
    builder: GreenNodeBuilder<'static>,
}

impl<'a> TreeBuilder<'a> {
    fn children(&mut self, node: Node<'a>) {
        for child in node.children() {
            self.gap(child.span().start);
            self.element(child);
        }
    }

    fn element(&mut self, node: Node<'a>) {
        let span = node.span();
        if node.kind().is_token() {
            self.token(node.kind(), span.end);
            return;
        }
        if node.kind() == SyntaxKind::MISSING {
            return; // covers nothing
        }
        self.builder.start_node(raw(node.kind()));
        match node.kind() {
            SyntaxKind::TEMPLATE => self.template(node),
            SyntaxKind::ERROR => self.gap(span.end),
            _ => self.children(node),
        }
        self.builder.finish_node();
    }

    /// What stands between holes is text, whatever it looks like.
    fn template(&mut self, node: Node<'a>) {
        for hole in node.children().filter(|c| c.kind() == SyntaxKind::HOLE) {
            self.token(SyntaxKind::STRING_TEXT, hole.span().start);
            self.element(hole);
        }
        self.token(SyntaxKind::STRING_TEXT, node.span().end);
    }

    fn token(&mut self, kind: SyntaxKind, end: u32) {
        if end <= self.at {
            return;
        }
        if let Some(text) = self.text.get(self.at as usize..end as usize) {
            self.builder.token(raw(kind), text);
            self.at = end;
        }
    }

    /// Everything up to `end` that the parser did not keep: trivia, or text that was not understood.
    fn gap(&mut self, end: u32) {
        while self.at < end {
            let rest = self.text.get(self.at as usize..end as usize).unwrap_or("");
            let Some(lexed) = lexer::next(rest) else { return };
            self.token(lexed.kind, self.at + lexed.len.max(1));
        }
    }
}
