//! Strings: their text is kept, the indent of `"""` follows the code.

use super::build::Builder;
use super::doc::Doc;
use crate::flat::Node;
use crate::kind::SyntaxKind as K;
use crate::lower::literal::Layout;
use crate::span::Span;

impl Builder<'_> {
    /// A string with holes or escapes.
    pub fn template(&mut self, node: Node<'_>) -> Vec<Doc> {
        let holes: Vec<Node<'_>> = node.children().filter(|c| c.kind() == K::HOLE).collect();
        let last_text = holes.last().map_or(node.span().start + 3, |hole| hole.span().end);
        let strip = self.indent_of(node.span(), last_text);
        let mut docs = Vec::new();
        let mut at = node.span().start;
        for hole in holes {
            docs.push(string_text(Span::new(at, hole.span().start), strip, false));
            self.hole(hole, &mut docs);
            at = hole.span().end;
        }
        docs.push(string_text(Span::new(at, node.span().end), strip, true));
        docs
    }

    /// A string without holes and escapes, or the text of a raw string.
    pub fn plain_string(&self, span: Span) -> Doc {
        string_text(span, self.indent_of(span, span.start + 3), true)
    }

    fn hole(&mut self, hole: Node<'_>, docs: &mut Vec<Doc>) {
        if self.slice(hole.span()).contains('\n') {
            docs.push(string_text(hole.span(), None, true));
            return;
        }
        let was_flat = std::mem::replace(&mut self.is_flat, true);
        for child in hole.children() {
            docs.extend(self.node(child, K::HOLE));
        }
        self.is_flat = was_flat;
    }

    /// Where the indent before the closing `"""` stands; `None` where the string has no indent to move.
    fn indent_of(&self, span: Span, last_text: u32) -> Option<Span> {
        let text = self.slice(span);
        if !text.starts_with("\"\"\"") || !text.contains('\n') {
            return None;
        }
        let body = Span::new(span.start + 3, span.end.saturating_sub(3));
        Layout::indent_of(self.text, body, last_text)
    }
}

fn string_text(span: Span, strip: Option<Span>, is_last: bool) -> Doc {
    Doc::StringText { span, strip, is_last }
}
