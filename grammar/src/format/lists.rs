//! Brackets and their members.

use super::build::{Builder, only_child};
use super::doc::Doc;
use super::gaps::Gap;
use crate::flat::Node;
use crate::kind::SyntaxKind as K;

/// How the members of a bracket are laid out.
#[derive(Clone, Copy)]
struct Style {
    /// A comma after each member where it is broken.
    has_commas: bool,
    /// Members may have empty lines between them.
    keeps_blanks: bool,
    /// Stays broken where the author broke it.
    keeps_break: bool,
    /// Never on one line.
    is_always_broken: bool,
}

impl Style {
    fn of(kind: K, parent: K, members: &[Node<'_>]) -> Style {
        let lines =
            Style { has_commas: false, keeps_blanks: true, keeps_break: true, is_always_broken: false };
        let values = Style { has_commas: true, keeps_blanks: false, ..lines };
        let single = Style { has_commas: false, keeps_blanks: false, keeps_break: false, ..lines };
        match kind {
            K::TEST_DECL | K::AGENT_DECL => Style { is_always_broken: true, ..lines },
            K::BLOCK => {
                let is_body = matches!(parent, K::MISSION_DECL | K::CHAIN_DECL | K::GROUP);
                Style { is_always_broken: is_body || members.len() > 1, ..lines }
            }
            K::ENUM_DECL | K::RECORD_DECL | K::POLICY_BODY | K::TOOL_BODY | K::FN_BODY | K::CLAUSE_BLOCK => {
                lines
            }
            K::PAREN | K::INDEX | K::KIND_ARG | K::FN_VALUE | K::REPLY_ERROR => single,
            K::TYPE_ARGS | K::TYPE_PARAMS => Style { has_commas: true, ..single },
            K::TYPE_RECORD => values,
            _ => values,
        }
    }
}

impl Builder<'_> {
    /// A bracket, its members and its closer as a group.
    pub fn bracket(
        &mut self,
        kind: K,
        parent: K,
        opener: Node<'_>,
        members: &[Node<'_>],
        closer: Option<Node<'_>>,
    ) -> Doc {
        let members: Vec<Node<'_>> = members.iter().copied().filter(|m| m.kind() != K::COMMA).collect();
        let style = Style::of(kind, parent, &members);
        let end = closer.map_or(opener.span().end, |c| c.span().start);
        let first_gap =
            Gap::of(self.text, opener.span().end, members.first().map_or(end, |m| m.span().start));
        if members.is_empty() && first_gap.comments.is_empty() {
            return sequence([Some(opener), closer]);
        }
        if let Some(doc) = self.hugged(&members, opener, closer, &first_gap) {
            return doc;
        }
        let blank = if opener.kind() == K::L_BRACE { " " } else { "" };
        let inner = if members.iter().any(|m| m.kind() == K::COMP_FOR) {
            self.comprehension(&members, end)
        } else {
            self.members(style, &members, opener.span().end, end, blank)
        };
        let is_broken = style.is_always_broken || (style.keeps_break && first_gap.has_line_end);
        let mut docs = vec![Doc::Token(opener.span()), Doc::Indent(inner), Doc::Line(blank)];
        docs.extend(closer.map(|c| Doc::Token(c.span())));
        self.settled(Doc::group(docs, is_broken))
    }

    /// A call of one list or record: `first_of([…])` breaks only inside.
    fn hugged(
        &mut self,
        members: &[Node<'_>],
        opener: Node<'_>,
        closer: Option<Node<'_>>,
        gap: &Gap,
    ) -> Option<Doc> {
        let [only] = members else { return None };
        if only.kind() != K::ARG || gap.has_line_end {
            return None;
        }
        let value = only_child(*only).filter(|c| c.kind() == K::EXPR)?;
        let is_list =
            only_child(value).is_some_and(|c| matches!(c.kind(), K::LIST | K::RECORD_BODY | K::MATCH_EXPR));
        let after = Gap::of(self.text, only.span().end, closer?.span().start);
        if !is_list || !after.comments.is_empty() {
            return None;
        }
        let mut docs = vec![Doc::Token(opener.span())];
        docs.extend(self.node(*only, K::ARGS));
        docs.extend(closer.map(|c| Doc::Token(c.span())));
        Some(Doc::Group { docs, is_broken: false })
    }

    fn members(
        &mut self,
        style: Style,
        members: &[Node<'_>],
        start: u32,
        end: u32,
        blank: &'static str,
    ) -> Vec<Doc> {
        let mut docs = Vec::new();
        let mut from = start;
        let mut after_docs = false;
        for (index, member) in members.iter().enumerate() {
            let gap = Gap::of(self.text, from, member.span().start);
            let is_first = index == 0;
            if !is_first && !after_docs {
                docs.push(Doc::IfBroken(if style.has_commas { "," } else { "" }, ","));
            }
            let keeps_blank = style.keeps_blanks && !is_first && !after_docs;
            self.member_gap(&gap, keeps_blank, style.keeps_blanks, &mut docs);
            docs.push(if is_first { Doc::Line(blank) } else { Doc::Line(" ") });
            if gap.ends_in_blank
                && style.keeps_blanks
                && (!is_first || !gap.comments.is_empty())
                && !after_docs
            {
                docs.push(Doc::Blank);
            }
            docs.extend(self.node(*member, K::BLOCK));
            after_docs = member.kind() == K::DOCS;
            from = member.span().end;
        }
        if style.has_commas && !members.is_empty() {
            docs.push(Doc::IfBroken(",", ""));
        }
        let gap = Gap::of(self.text, from, end);
        self.member_gap(&gap, style.keeps_blanks && !members.is_empty(), style.keeps_blanks, &mut docs);
        docs
    }

    /// Comments before a member.
    fn member_gap(&self, gap: &Gap, keeps_first_blank: bool, keeps_blanks: bool, docs: &mut Vec<Doc>) {
        let mut is_first_line = true;
        for comment in &gap.comments {
            if !comment.is_own_line && is_first_line {
                docs.push(Doc::Trailing(comment.span));
                continue;
            }
            docs.push(Doc::Hard);
            if comment.after_blank && if is_first_line { keeps_first_blank } else { keeps_blanks } {
                docs.push(Doc::Blank);
            }
            docs.push(Doc::Token(comment.span));
            is_first_line = false;
        }
    }

    /// `e for x in xs` on the first line, each further clause on its own.
    fn comprehension(&mut self, members: &[Node<'_>], end: u32) -> Vec<Doc> {
        let mut docs = vec![Doc::Line("")];
        let mut from = members.first().map_or(end, |m| m.span().start);
        for (index, member) in members.iter().enumerate() {
            let gap = Gap::of(self.text, from, member.span().start);
            self.member_gap(&gap, false, false, &mut docs);
            let stays = index == 1 && gap.comments.is_empty();
            match index {
                0 => {}
                _ if stays => docs.push(Doc::Fixed(" ")),
                _ => docs.push(Doc::Line(" ")),
            }
            docs.extend(self.node(*member, K::LIST));
            from = member.span().end;
        }
        self.member_gap(&Gap::of(self.text, from, end), false, false, &mut docs);
        docs
    }
}

fn sequence(parts: [Option<Node<'_>>; 2]) -> Doc {
    let docs = parts.into_iter().flatten().map(|part| Doc::Token(part.span())).collect();
    Doc::Group { docs, is_broken: false }
}
