//! From the flat tree to a document.

use super::doc::Doc;
use super::gaps::Gap;
use crate::flat::{Children, Flat, Node};
use crate::kind::SyntaxKind as K;
use crate::span::Span;

/// The document of a file.
pub(super) fn file(text: &str, flat: &Flat) -> Doc {
    let mut builder = Builder { text, is_flat: false, keeps_lines: false };
    let docs = Node::root(flat).map(|root| builder.file(root)).unwrap_or_default();
    Doc::Group { docs, is_broken: true }
}

pub(super) struct Builder<'a> {
    pub text: &'a str,
    /// No line may end here: in holes and in the type arguments of a call.
    pub is_flat: bool,
    /// Lines end only where the author ended them: in the replies of mocks, which read as one line.
    pub keeps_lines: bool,
}

impl<'a> Builder<'a> {
    pub fn slice(&self, span: Span) -> &'a str {
        self.text.get(span.range()).unwrap_or("")
    }

    fn file(&mut self, root: Node<'_>) -> Vec<Doc> {
        let mut docs = Vec::new();
        let mut previous: Option<Node<'_>> = None;
        let mut children = root.children();
        while let Some(node) = children.next() {
            // Docs stand apart where what they document does.
            let documented = if node.kind() == K::DOCS { children.peek().unwrap_or(node) } else { node };
            let from = previous.map_or(0, |p| p.span().end);
            let gap = Gap::of(self.text, from, node.span().start);
            let needs_blank = previous.is_some_and(|p| p.kind() != K::DOCS && needs_blank(p, documented));
            self.gap_lines(&gap, previous.is_some(), needs_blank, &mut docs);
            docs.extend(self.node(node, K::FILE));
            previous = Some(node);
        }
        let from = previous.map_or(0, |p| p.span().end);
        let gap = Gap::of(self.text, from, self.text.len() as u32);
        self.gap_lines(&gap, previous.is_some(), false, &mut docs);
        docs
    }

    /// Comments between two members that stand on lines of their own, and the line end before the second.
    pub fn gap_lines(&self, gap: &Gap, has_previous: bool, needs_blank: bool, docs: &mut Vec<Doc>) {
        let mut is_first_line = true;
        for comment in &gap.comments {
            if !comment.is_own_line && has_previous && is_first_line {
                docs.push(Doc::Trailing(comment.span));
                continue;
            }
            docs.push(Doc::Hard);
            if has_previous && (comment.after_blank || (needs_blank && is_first_line))
                || (!is_first_line && comment.after_blank)
            {
                docs.push(Doc::Blank);
            }
            docs.push(Doc::Token(comment.span));
            is_first_line = false;
        }
        docs.push(Doc::Hard);
        let has_lines_before = has_previous || !is_first_line;
        if has_lines_before && (gap.ends_in_blank || (needs_blank && is_first_line)) {
            docs.push(Doc::Blank);
        }
    }

    pub fn node(&mut self, node: Node<'_>, parent: K) -> Vec<Doc> {
        match node.kind() {
            K::STRING | K::RAW_TEXT => vec![self.plain_string(node.span())],
            K::TEMPLATE => self.template(node),
            K::DOCS | K::FILE_DOCS => self.docs(node),
            K::EXPR => self.expr(node),
            K::IF_EXPR => self.if_expr(node),
            K::MISSING => Vec::new(),
            kind if kind.is_token() => vec![Doc::Token(node.span())],
            K::TYPE_ARGS if parent == K::EXPR => {
                let was_flat = std::mem::replace(&mut self.is_flat, true);
                let docs = self.sequence(node, parent);
                self.is_flat = was_flat;
                docs
            }
            K::MOCK => {
                let kept_lines = std::mem::replace(&mut self.keeps_lines, true);
                let docs = self.sequence(node, parent);
                self.keeps_lines = kept_lines;
                docs
            }
            _ => self.sequence(node, parent),
        }
    }

    /// A group as the place wants it.
    pub fn settled(&self, group: Doc) -> Doc {
        match group {
            Doc::Group { docs, is_broken } if self.is_flat || (self.keeps_lines && !is_broken) => {
                flattened(docs)
            }
            group => group,
        }
    }

    fn docs(&mut self, node: Node<'_>) -> Vec<Doc> {
        let mut docs = Vec::new();
        for line in node.children() {
            if !docs.is_empty() {
                docs.push(Doc::Hard);
            }
            let len = self.slice(line.span()).trim_end().len() as u32;
            docs.push(Doc::Token(Span::new(line.span().start, line.span().start + len)));
        }
        docs
    }

    /// The children of a node one after another; brackets with what is in them become groups.
    fn sequence(&mut self, node: Node<'_>, parent: K) -> Vec<Doc> {
        let mut docs = Vec::new();
        let mut children = node.children();
        let mut previous: Option<Node<'_>> = None;
        let mut deeper_from = None;
        while let Some(child) = children.next() {
            if let Some(previous) = previous {
                let start = docs.len();
                let has_comment = self.between(node.kind(), previous, child, &mut docs);
                deeper_from = deeper_from.or(has_comment.then_some(start));
            }
            if is_opener(child.kind()) {
                let (members, closer) = until_closer(&mut children);
                docs.push(self.bracket(node.kind(), parent, child, &members, closer));
                previous = closer.or(Some(child));
                continue;
            }
            if child.kind() == K::EXPR && previous.is_some_and(|p| p.kind() == K::EQ) {
                docs.push(self.value(node.kind(), child));
            } else {
                docs.extend(self.node(child, node.kind()));
            }
            previous = Some(child);
        }
        // What follows a comment within a line is set deeper.
        if let Some(start) = deeper_from {
            let deeper = docs.split_off(start);
            docs.push(Doc::Indent(deeper));
        }
        docs
    }

    /// What separates two children: comments, or a blank, or nothing. True for comments.
    pub fn between(&mut self, parent: K, left: Node<'_>, right: Node<'_>, docs: &mut Vec<Doc>) -> bool {
        let gap = Gap::of(self.text, left.span().end, right.span().start);
        if !gap.comments.is_empty() {
            for comment in &gap.comments {
                if comment.is_own_line {
                    docs.push(Doc::Hard);
                    docs.push(Doc::Token(comment.span));
                } else {
                    docs.push(Doc::Trailing(comment.span));
                }
            }
            docs.push(Doc::Hard);
            return left.kind() != K::DOCS;
        }
        if left.kind() == K::DOCS {
            docs.push(Doc::Hard);
            return false;
        }
        let breaks_itself = left.kind() == K::EQ && right.kind() == K::EXPR && moves_down(parent, right);
        if !breaks_itself && !is_tight(parent, left.kind(), right.kind()) {
            docs.push(Doc::Fixed(" "));
        }
        false
    }

    /// The value after `=`: an `if` over several lines and the source of a tool may stand on the next line.
    fn value(&mut self, parent: K, expr: Node<'_>) -> Doc {
        if !moves_down(parent, expr) {
            return Doc::Group { docs: self.node(expr, parent), is_broken: false };
        }
        let is_broken = only_child(expr).is_some_and(|c| c.kind() == K::IF_EXPR && self.is_if_broken(c));
        let inner = match only_child(expr).filter(|c| c.kind() == K::IF_EXPR) {
            Some(if_expr) => self.if_parts(if_expr),
            None => self.node(expr, parent),
        };
        let mut docs = vec![Doc::Line(" ")];
        docs.extend(inner);
        self.settled(Doc::group(vec![Doc::Indent(docs)], is_broken))
    }

    fn if_expr(&mut self, node: Node<'_>) -> Vec<Doc> {
        let parts = self.if_parts(node);
        vec![self.settled(Doc::loose_group(vec![Doc::Indent(parts)], self.is_if_broken(node)))]
    }

    /// Did the author put an `else` on a new line?
    fn is_if_broken(&self, node: Node<'_>) -> bool {
        let mut before = node.span().start;
        for child in node.children() {
            let gap = self.slice(Span::new(before, child.span().start));
            if child.kind() == K::KEYWORD && self.slice(child.span()) == "else" && gap.contains('\n') {
                return true;
            }
            before = child.span().end;
        }
        false
    }

    /// `if c then a`, and each `else` where a line may begin.
    fn if_parts(&mut self, node: Node<'_>) -> Vec<Doc> {
        let mut docs = Vec::new();
        let mut previous: Option<Node<'_>> = None;
        for child in node.children() {
            if let Some(previous) = previous {
                let is_else = child.kind() == K::KEYWORD && self.slice(child.span()) == "else";
                let gap = Gap::of(self.text, previous.span().end, child.span().start);
                if is_else && gap.comments.is_empty() {
                    docs.push(Doc::Line(" "));
                } else {
                    self.between(K::IF_EXPR, previous, child, &mut docs);
                }
            }
            docs.extend(self.node(child, K::IF_EXPR));
            previous = Some(child);
        }
        docs
    }

    /// Operators: where the line is too long, it breaks before those that bind least.
    fn expr(&mut self, node: Node<'_>) -> Vec<Doc> {
        let loosest = node.children().filter(|c| c.kind() == K::INFIX_OPERATOR).map(|c| self.power(c)).min();
        let mut first = Vec::new();
        let mut rest = Vec::new();
        let mut previous: Option<Node<'_>> = None;
        for child in node.children() {
            let is_loosest = child.kind() == K::INFIX_OPERATOR && Some(self.power(child)) == loosest;
            let out = if rest.is_empty() && !is_loosest { &mut first } else { &mut rest };
            if let Some(previous) = previous {
                let gap = Gap::of(self.text, previous.span().end, child.span().start);
                if is_loosest && gap.comments.is_empty() {
                    out.push(Doc::Line(" "));
                } else {
                    self.between(K::EXPR, previous, child, out);
                }
            }
            out.extend(self.node(child, K::EXPR));
            previous = Some(child);
        }
        if rest.is_empty() {
            return first;
        }
        first.push(Doc::Indent(rest));
        vec![self.settled(Doc::loose_group(first, false))]
    }

    fn power(&self, operator: Node<'_>) -> u8 {
        crate::lower::expr::operator(self.slice(operator.span())).1
    }
}

/// Does the value after `=` stand on the next line where it does not fit?
fn moves_down(parent: K, expr: Node<'_>) -> bool {
    parent == K::TOOL_DECL || only_child(expr).is_some_and(|c| c.kind() == K::IF_EXPR)
}

/// The child of a node that has one.
pub(super) fn only_child(node: Node<'_>) -> Option<Node<'_>> {
    let mut children = node.children();
    let only = children.next()?;
    children.peek().is_none().then_some(only)
}

fn is_opener(kind: K) -> bool {
    matches!(kind, K::L_BRACE | K::L_PAREN | K::L_BRACKET | K::L_ANGLE)
}

fn until_closer<'n>(children: &mut Children<'n>) -> (Vec<Node<'n>>, Option<Node<'n>>) {
    let mut members = Vec::new();
    for child in children.by_ref() {
        if matches!(child.kind(), K::R_BRACE | K::R_PAREN | K::R_BRACKET | K::R_ANGLE) {
            return (members, Some(child));
        }
        members.push(child);
    }
    (members, None)
}

/// Do two neighbours stand together without a blank?
fn is_tight(parent: K, left: K, right: K) -> bool {
    if matches!(left, K::DOT | K::QUESTION_DOT | K::DOT_DOT | K::PREFIX_OPERATOR | K::HOLE_OPEN) {
        return true;
    }
    let is_suffix = matches!(
        right,
        K::COMMA | K::COLON | K::QUESTION | K::DOT | K::QUESTION_DOT | K::ARGS | K::PARAMS | K::TYPE_ARGS
    );
    let is_bracket = matches!(right, K::TYPE_PARAMS | K::INDEX | K::KIND_ARG | K::RAW_TEXT);
    is_suffix || is_bracket || (right == K::L_PAREN && matches!(parent, K::FN_VALUE | K::REPLY_ERROR))
}

/// Missions, tests, agents and chains with a body stand apart, as do the edition and the imports.
fn needs_blank(left: Node<'_>, right: Node<'_>) -> bool {
    if left.kind() == K::EDITION || is_large(left) || is_large(right) {
        return true;
    }
    left.kind() == K::IMPORT && right.kind() != K::IMPORT
}

fn is_large(node: Node<'_>) -> bool {
    match node.kind() {
        K::MISSION_DECL | K::TEST_DECL | K::AGENT_DECL => true,
        K::CHAIN_DECL => node.children().any(|c| c.kind() == K::BLOCK),
        _ => false,
    }
}

/// A document that may not end a line.
fn flattened(docs: Vec<Doc>) -> Doc {
    let docs = docs
        .into_iter()
        .map(|doc| match doc {
            Doc::Line(flat) | Doc::IfBroken(_, flat) => Doc::Fixed(flat),
            Doc::Indent(docs) => flattened(docs),
            other => other,
        })
        .collect();
    Doc::Group { docs, is_broken: false }
}
