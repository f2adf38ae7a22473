//! Parses again the statements of a body that an edit has touched.
//!
//! A body is a list of statements, and what stands at the beginning of one depends on nothing before it but that it is
//! in a body. So its statements are read in a body of their own, up to an old beginning, as declarations are in a file.

use super::{Found, Parts, Reader, Reparse, TRIES, line_start};
use crate::ast::{ItemKind, Stmt, StmtKind};
use crate::diagnostic::Diagnostic;
use crate::flat::{self, Node};
use crate::kind::SyntaxKind as K;
use crate::lexer;
use crate::lower;
use crate::parse::MAX_BRACKETS;
use crate::parser::Rule;
use crate::shift::{Shift, moved};
use crate::span::Span;

/// What stands before the statements to be read alone: no longer than the shortest head of a declaration.
const HEAD: &str = "mission x{";

impl Reader<'_> {
    /// Reads the touched statements only; `None` where more must be read.
    pub(super) fn statements(&self) -> Option<Found> {
        let items = &self.file.items;
        let index = items.partition_point(|i| super::begin(i) < self.edit.start).checked_sub(1)?;
        let item = items.get(index).filter(|i| super::begin(i) >= self.head_end())?;
        let (body, close) = match &item.kind {
            ItemKind::Mission(mission) => (&mission.body, Some(mission.close)),
            ItemKind::Chain(chain) => (&chain.body, None),
            _ => return None,
        };
        // What is said about a missing brace depends on all before it.
        let is_open = |d: &Diagnostic| d.code == "RC0002" && item.span.contains(d.primary.span.start);
        if close.is_some_and(|c| c.is_empty()) || self.diagnostics.iter().any(is_open) {
            return None;
        }
        let first = self.first_statement(body)?;
        let start = line_start(self.old, begin(&body[first]));
        let mut next = body.partition_point(|s| begin(s) <= self.edit.old_end);
        for _ in 0..TRIES {
            while body.get(next).is_some_and(|s| !resets(s) || !self.begins_line(begin(s))) {
                next += 1;
            }
            let old_end = match body.get(next) {
                Some(stmt) => begin(stmt),
                None => close.filter(|c| c.start >= self.edit.old_end && self.begins_line(c.start))?.start,
            };
            if let Some((stmts, diagnostics)) = self.body_between(start, old_end) {
                let done = Reparse {
                    old: index..index + 1,
                    new: 1,
                    span: Span::new(start, old_end),
                    by: self.edit.by,
                };
                return Some(Found { done, parts: Parts::Statements(first..next, stmts), diagnostics });
            }
            if next == body.len() {
                return None;
            }
            next += 1;
        }
        None
    }

    /// The statement before the touched one, which may read on into it; or one before that, where that is no line
    /// with a beginning of its own.
    fn first_statement(&self, body: &[Stmt]) -> Option<usize> {
        let touched = body.partition_point(|s| begin(s) < self.edit.start).checked_sub(1)?;
        let mut first = touched.saturating_sub(1);
        while first > 0 && (!resets(&body[first]) || matches!(body[first - 1].kind, StmtKind::Error)) {
            first -= 1;
        }
        let is_whole = !matches!(body[first].kind, StmtKind::Error) && self.begins_line(begin(&body[first]));
        is_whole.then_some(first)
    }

    /// The statements from a line up to a beginning in the old text, where there is one in the new text too.
    fn body_between(&self, start: u32, old_end: u32) -> Option<(Vec<Stmt>, Vec<Diagnostic>)> {
        let end = moved(old_end, self.edit.by);
        // What is missing at the end of a statement may be told at the beginning of the next.
        let is_told_at = |found: &[Diagnostic], at: u32| found.iter().any(|d| d.primary.span.start == at);
        if is_told_at(self.diagnostics, old_end) || !is_balanced(self.new.get(start as usize..end as usize)?)
        {
            return None;
        }
        let rest = self.new.get(end as usize..)?;
        // The docs of a statement are not its first line.
        let line = rest.split_inclusive('\n').find(|line| !line.trim_start().starts_with("//"))?;
        let stop = line.as_ptr() as usize - self.new.as_ptr() as usize + line.len();
        let text = format!("{HEAD}{}", self.new.get(start as usize..stop)?);
        if lexer::too_deep(&text, MAX_BRACKETS).is_some() {
            return None;
        }
        let head = HEAD.len() as u32;
        let anchor = end - start + head;
        let flat = flat::parse(Rule::file, &text).ok()?;
        let mission = Node::root(&flat)?.children().next().filter(|n| n.kind() == K::MISSION_DECL)?;
        let block = mission.children().find(|n| n.kind() == K::BLOCK)?;
        let children: Vec<Node<'_>> = block.children().collect();
        let at = children.iter().position(|c| c.span().start == anchor)?;
        let (mut file, mut diagnostics) = lower::file(&text, &flat, self.id);
        if children[..at].last().is_some_and(|c| c.kind() == K::DOCS) || is_told_at(&diagnostics, anchor) {
            return None;
        }
        let ItemKind::Mission(mission) = &mut file.items.first_mut()?.kind else { return None };
        let mut stmts = std::mem::take(&mut mission.body);
        stmts.retain(|s| begin(s) < anchor);
        stmts.shift(i64::from(start) - i64::from(head));
        diagnostics.retain(|d| d.primary.span.start < anchor);
        let by = start.checked_sub(head)?;
        diagnostics.iter_mut().for_each(|d| d.shift(by));
        Some((stmts, diagnostics))
    }
}

/// Where a statement begins, docs included.
fn begin(stmt: &Stmt) -> u32 {
    if stmt.docs.span.is_empty() { stmt.span.start } else { stmt.docs.span.start }
}

/// Does a statement begin with a word that nothing before it reads on into?
fn resets(stmt: &Stmt) -> bool {
    matches!(stmt.kind, StmtKind::Step(_) | StmtKind::Let(_) | StmtKind::Output(_))
}

/// Does a text close what it opens, and nothing else?
fn is_balanced(text: &str) -> bool {
    let mut open = Vec::new();
    lexer::tokens(text).all(|(_, lexed)| match lexed.kind {
        K::STRING => lexed.is_complete,
        K::L_BRACE | K::L_PAREN | K::L_BRACKET => {
            open.push(lexed.kind);
            true
        }
        K::R_BRACE => open.pop() == Some(K::L_BRACE),
        K::R_PAREN => open.pop() == Some(K::L_PAREN),
        K::R_BRACKET => open.pop() == Some(K::L_BRACKET),
        _ => true,
    }) && open.is_empty()
}
