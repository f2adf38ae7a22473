//! Parses again what an edit has touched: the statements of a body, or else the declarations, from the one before it up
//! to the next that certainly begins where it did.
//!
//! A file is a list of declarations, and what stands at the beginning of one depends on nothing before it. So where
//! the new text has a beginning at the place of an old one, everything from there on is what it was.

mod body;

use crate::ast::{self, Item, ItemKind, Stmt};
use crate::diagnostic::Diagnostic;
use crate::flat::{self, Node};
use crate::kind::SyntaxKind as K;
use crate::lexer;
use crate::lower;
use crate::parse::MAX_BRACKETS;
use crate::parser::Rule;
use crate::shift::{Shift, moved};
use crate::span::{FileId, Span};
use std::ops::Range;

/// What [`reparse`] did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reparse {
    /// The declarations that are gone, by their old index.
    pub old: Range<usize>,
    /// How many stand there now.
    pub new: usize,
    /// The old text that was parsed again: theirs, or that of some statements of one.
    pub span: Span,
    /// How far everything behind it has moved.
    pub by: i64,
}

impl Reparse {
    /// A place outside of what was parsed again, where it stands now.
    pub fn moved(&self, span: Span) -> Span {
        let at = |offset: u32| moved(offset, self.by);
        if span.start >= self.span.end {
            return Span::new(at(span.start), at(span.end));
        }
        Span::new(span.start, if span.end > self.span.end { at(span.end).max(span.start) } else { span.end })
    }

    /// Was a place parsed again?
    pub fn touches(&self, span: Span) -> bool {
        self.span.start <= span.start && span.start < self.span.end
    }
}

/// How often a later declaration is tried where one does not begin at its old place.
const TRIES: usize = 4;

/// Makes the syntax and the diagnostics of `new` of those of `old`: the same that [`crate::parse`] gives, but for the
/// order of diagnostics. `None`, and nothing is changed, where the whole must be parsed.
pub fn reparse(
    file: &mut ast::File,
    diagnostics: &mut Vec<Diagnostic>,
    id: FileId,
    old: &str,
    new: &str,
) -> Option<Reparse> {
    let edit = Difference::of(old, new);
    let reader = Reader { file, diagnostics, id, old, new, edit };
    let found = reader.statements().or_else(|| reader.read())?;
    let done = found.done;
    for item in file.items.get_mut(done.old.end..).unwrap_or_default() {
        item.shift(done.by);
    }
    match found.parts {
        Parts::Items(items) => drop(file.items.splice(done.old.clone(), items)),
        Parts::Statements(old, stmts) => {
            let item = file.items.get_mut(done.old.start)?;
            item.span = done.moved(item.span);
            let body = match &mut item.kind {
                ItemKind::Mission(mission) => {
                    mission.close = done.moved(mission.close);
                    &mut mission.body
                }
                ItemKind::Chain(chain) => {
                    chain.value.shift(done.by);
                    &mut chain.body
                }
                _ => return None,
            };
            body.get_mut(old.end..).unwrap_or_default().iter_mut().for_each(|stmt| stmt.shift(done.by));
            body.splice(old, stmts);
        }
    }
    diagnostics.retain(|d| d.primary.file != id || !done.touches(d.primary.span));
    diagnostics.iter_mut().for_each(|d| d.follow(id, &done));
    diagnostics.extend(found.diagnostics);
    Some(done)
}

impl Diagnostic {
    /// Moves its places in a file along.
    pub fn follow(&mut self, file: FileId, done: &Reparse) {
        let labels = std::iter::once(&mut self.primary).chain(&mut self.secondary);
        for label in labels.filter(|l| l.file == file) {
            label.span = done.moved(label.span);
        }
        for edit in self.fixes.iter_mut().flat_map(|f| &mut f.edits).filter(|e| e.file == file) {
            edit.span = done.moved(edit.span);
        }
    }
}

/// The bytes in which two texts differ.
#[derive(Clone, Copy)]
struct Difference {
    start: u32,
    old_end: u32,
    by: i64,
}

impl Difference {
    fn of(old: &str, new: &str) -> Difference {
        let (a, b) = (old.as_bytes(), new.as_bytes());
        let start = a.iter().zip(b).take_while(|(x, y)| x == y).count();
        let most = a.len().min(b.len()) - start;
        let tail = a.iter().rev().zip(b.iter().rev()).take(most).take_while(|(x, y)| x == y).count();
        Difference {
            start: start as u32,
            old_end: (a.len() - tail) as u32,
            by: b.len() as i64 - a.len() as i64,
        }
    }
}

/// What was read again.
struct Found {
    done: Reparse,
    parts: Parts,
    diagnostics: Vec<Diagnostic>,
}

/// What stands there now.
enum Parts {
    /// Declarations.
    Items(Vec<Item>),
    /// Statements of one declaration, by their old index.
    Statements(Range<usize>, Vec<Stmt>),
}

struct Reader<'a> {
    file: &'a ast::File,
    diagnostics: &'a [Diagnostic],
    id: FileId,
    old: &'a str,
    new: &'a str,
    edit: Difference,
}

impl Reader<'_> {
    fn read(&self) -> Option<Found> {
        let items = &self.file.items;
        let head = self.head_end();
        if begin(items.first()?) < head || lexer::too_deep(self.new, MAX_BRACKETS).is_some() {
            return None;
        }
        let first = self.first()?;
        let start = line_start(self.old, begin(&items[first]));
        if start < head {
            return None;
        }
        let mut next = items.partition_point(|i| begin(i) <= self.edit.old_end);
        for _ in 0..TRIES {
            while items
                .get(next)
                .is_some_and(|i| matches!(i.kind, ItemKind::Error) || !self.begins_line(begin(i)))
            {
                next += 1;
            }
            if let Some(found) = self.between(first, start, next) {
                return found;
            }
            if next == items.len() {
                return None;
            }
            next += 1;
        }
        None
    }

    /// Where imports, edition and the docs of the file end.
    fn head_end(&self) -> u32 {
        let file = self.file;
        let edition = file.edition.map_or(0, |(_, span)| span.end);
        let imports = file.imports.iter().map(|i| i.span.end).max().unwrap_or_default();
        file.docs.span.end.max(edition).max(imports).max(file.head_end)
    }

    /// The first declaration to be parsed again: what is before it does not read on into the edit.
    fn first(&self) -> Option<usize> {
        let items = &self.file.items;
        let mut first = items.partition_point(|i| begin(i) < self.edit.start).checked_sub(1)?;
        while first > 0 && !self.is_closed(first - 1) {
            first -= 1;
        }
        if first > 0 {
            return Some(first);
        }
        // The head of the file may read on into the first line of the first declaration.
        let begin = begin(&items[0]) as usize;
        let line = self.old.get(begin..)?.find('\n').map(|i| begin + i)?;
        (line < self.edit.start as usize).then_some(0)
    }

    /// Does a declaration end with its brace, whatever follows, and the next one begin on a new line?
    fn is_closed(&self, index: usize) -> bool {
        let Some(item) = self.file.items.get(index) else { return false };
        let in_braces = match &item.kind {
            ItemKind::Mission(_)
            | ItemKind::Test(_)
            | ItemKind::Enum(_)
            | ItemKind::Record(_)
            | ItemKind::Policy(_)
            | ItemKind::Agent(_) => true,
            ItemKind::Chain(chain) => !chain.is_expression,
            _ => false,
        };
        let Some(next) = self.file.items.get(index + 1) else { return false };
        let all = Span::new(begin(item), begin(next));
        let broken = |d: &Diagnostic| {
            d.primary.file == self.id && all.start <= d.primary.span.start && d.primary.span.start < all.end
        };
        in_braces
            && self.old.get(item.span.range()).is_some_and(|t| t.ends_with('}'))
            && self.old.get(item.span.end as usize..all.end as usize).is_some_and(|t| t.contains('\n'))
            && !self.diagnostics.iter().any(broken)
    }

    /// Is what begins at an old place outside of the edit the first thing of its line?
    fn begins_line(&self, begin: u32) -> bool {
        let at = if begin < self.edit.start { begin } else { moved(begin, self.edit.by) };
        let line = self.new.get(line_start(self.new, at) as usize..at as usize);
        line.is_some_and(|blank| blank.trim().is_empty())
    }

    /// Parses from a line up to an old declaration. The outer `None`: that one does not begin there any more. The
    /// inner one: there are imports or the like.
    fn between(&self, first: usize, start: u32, next: usize) -> Option<Option<Found>> {
        let items = &self.file.items;
        // The first line of the next one is all that what is before it can look at.
        let anchor = items.get(next).map(|item| moved(begin(item), self.edit.by));
        let end = items.get(next).map_or(self.new.len(), |item| {
            let name = moved(item.span.start, self.edit.by) as usize;
            let rest = self.new.get(name..).unwrap_or_default();
            name + rest.find('\n').map_or(rest.len(), |i| i + 1)
        });
        let slice = self.new.get(start as usize..end)?;
        let Ok(flat) = flat::parse(Rule::file, slice) else { return Some(None) };
        let children: Vec<Node<'_>> = Node::root(&flat).into_iter().flat_map(Node::children).collect();
        let anchor = anchor.map(|a| a - start);
        if let Some(anchor) = anchor {
            let at = children.iter().position(|c| c.span().start == anchor)?;
            if at.checked_sub(1).and_then(|i| children.get(i)).is_some_and(|c| c.kind() == K::DOCS) {
                return None;
            }
        }
        let is_inside = |span: Span| anchor.is_none_or(|a| span.start < a);
        let is_head = |c: &Node<'_>| matches!(c.kind(), K::FILE_DOCS | K::EDITION | K::IMPORT);
        if children.iter().any(|c| is_inside(c.span()) && is_head(c)) {
            return Some(None);
        }
        let (ast, mut diagnostics) = lower::file(slice, &flat, self.id);
        let mut items: Vec<Item> = ast.items;
        items.retain(|i| anchor.is_none_or(|a| begin(i) < a));
        items.shift(i64::from(start));
        diagnostics.retain(|d| is_inside(d.primary.span));
        diagnostics.iter_mut().for_each(|d| d.shift(start));
        let old_end = self.file.items.get(next).map_or(self.old.len() as u32, begin);
        let span = Span::new(start, if next == self.file.items.len() { u32::MAX } else { old_end });
        let done = Reparse { old: first..next, new: items.len(), span, by: self.edit.by };
        Some(Some(Found { done, parts: Parts::Items(items), diagnostics }))
    }
}

/// Where a declaration begins, docs included.
fn begin(item: &Item) -> u32 {
    if item.docs.span.is_empty() { item.span.start } else { item.docs.span.start }
}

fn line_start(text: &str, at: u32) -> u32 {
    text.get(..at as usize).and_then(|t| t.rfind('\n')).map_or(0, |i| i as u32 + 1)
}
