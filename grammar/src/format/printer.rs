//! From a document to text.

use super::doc::Doc;
use super::ranges::RangeMap;
use super::{Formatted, INDENT, WIDTH};
use crate::span::Span;

/// Lays a document out.
pub(super) fn print(source: &str, doc: &Doc) -> Formatted {
    let mut printer = Printer {
        source,
        text: String::with_capacity(source.len() + source.len() / 8),
        ranges: RangeMap::default(),
        column: 0,
        line_indent: 0,
        pending: Pending::default(),
        stack: vec![Command { indent: 0, is_broken: true, doc }],
    };
    while let Some(command) = printer.stack.pop() {
        printer.step(command);
    }
    let end = printer.text.trim_end_matches(['\n', ' ']).len();
    printer.text.truncate(end);
    if !printer.text.is_empty() {
        printer.text.push('\n');
    }
    Formatted { text: printer.text, ranges: printer.ranges }
}

#[derive(Clone, Copy)]
struct Command<'d> {
    indent: usize,
    is_broken: bool,
    doc: &'d Doc,
}

/// Line ends that are written before the next text.
#[derive(Default)]
struct Pending {
    line: Option<usize>,
    blank: bool,
}

struct Printer<'a, 'd> {
    source: &'a str,
    text: String,
    ranges: RangeMap,
    /// In characters.
    column: usize,
    /// Of the line that is being written.
    line_indent: usize,
    pending: Pending,
    stack: Vec<Command<'d>>,
}

impl<'d> Printer<'_, 'd> {
    fn step(&mut self, command: Command<'d>) {
        let Command { indent, is_broken, doc } = command;
        match doc {
            Doc::Token(span) => self.token(*span),
            Doc::Fixed(text) => self.fixed(text),
            Doc::StringText { span, strip, is_last } => self.string_text(*span, *strip, *is_last),
            Doc::Line(_) if is_broken => self.pending.line = Some(indent),
            Doc::Line(flat) => self.fixed(flat),
            Doc::Hard => self.pending.line = Some(indent),
            Doc::Blank => self.pending.blank = true,
            Doc::Trailing(span) => self.trailing(*span),
            Doc::IfBroken(broken, flat) => self.fixed(if is_broken { broken } else { flat }),
            Doc::Indent(docs) => self.push(docs, indent + INDENT, is_broken),
            Doc::Group { docs, is_broken: must } => {
                let breaks = *must || (is_broken && !self.fits(docs, indent));
                self.push(docs, indent, breaks);
            }
        }
    }

    fn push(&mut self, docs: &'d [Doc], indent: usize, is_broken: bool) {
        self.stack.extend(docs.iter().rev().map(|doc| Command { indent, is_broken, doc }));
    }

    /// Does a group fit on the line, up to the first place behind it where the line may end?
    fn fits(&self, docs: &'d [Doc], indent: usize) -> bool {
        let start = self.pending.line.unwrap_or(self.column);
        let mut left = WIDTH as isize - start as isize;
        let mut rest = self.stack.iter().rev();
        let mut ahead: Vec<Command<'d>> =
            docs.iter().rev().map(|doc| Command { indent, is_broken: false, doc }).collect();
        loop {
            if left < 0 {
                return false;
            }
            let command = match ahead.pop() {
                Some(command) => command,
                None => match rest.next() {
                    Some(command) => *command,
                    None => return true,
                },
            };
            let is_broken = command.is_broken;
            match command.doc {
                Doc::Token(span) => left -= width(self.slice(*span)),
                Doc::Fixed(text) => left -= width(text),
                Doc::StringText { span, .. } => {
                    let text = self.slice(*span);
                    let line = text.split('\n').next().unwrap_or("");
                    left -= width(line);
                    if line.len() < text.len() {
                        return left >= 0;
                    }
                }
                Doc::Line(_) if is_broken => return true,
                Doc::Line(flat) => left -= width(flat),
                Doc::Hard | Doc::Blank | Doc::Trailing(_) => return true,
                Doc::IfBroken(broken, flat) => left -= width(if is_broken { broken } else { flat }),
                Doc::Indent(docs) => {
                    ahead.extend(docs.iter().rev().map(|doc| Command { doc, ..command }));
                }
                // A group behind the measured one may still be broken.
                Doc::Group { docs, is_broken: must } => {
                    let is_broken = *must || is_broken;
                    ahead.extend(docs.iter().rev().map(|doc| Command { indent, is_broken, doc }));
                }
            }
        }
    }

    fn token(&mut self, span: Span) {
        let text = self.slice(span);
        self.start_text();
        let start = self.text.len() as u32;
        self.text.push_str(text);
        self.column += text.chars().count();
        self.ranges.push(Span::new(start, self.text.len() as u32), span);
    }

    fn fixed(&mut self, text: &str) {
        if text.is_empty() {
            return;
        }
        self.start_text();
        self.text.push_str(text);
        self.column += text.chars().count();
    }

    /// Writes the line ends that are due.
    fn start_text(&mut self) {
        let Some(indent) = self.pending.line.take() else { return };
        let is_first = self.text.is_empty();
        if !is_first {
            self.end_line();
            if self.pending.blank {
                self.text.push('\n');
            }
        }
        self.pending.blank = false;
        self.text.extend(std::iter::repeat_n(' ', indent));
        self.column = indent;
        self.line_indent = indent;
    }

    fn end_line(&mut self) {
        let end = self.text.trim_end_matches(' ').len();
        self.text.truncate(end);
        self.text.push('\n');
    }

    /// A comment behind code: two blanks apart at least, at its old column if it can be.
    fn trailing(&mut self, span: Span) {
        self.start_text();
        let line_start =
            self.source.get(..span.start as usize).and_then(|t| t.rfind('\n')).map_or(0, |at| at + 1);
        let old = self.source.get(line_start..span.start as usize).map_or(0, |t| t.chars().count());
        let code_end = self.text.len() - self.text.trim_end_matches(' ').len();
        self.text.truncate(self.text.len() - code_end);
        self.column -= code_end;
        let blanks = old.saturating_sub(self.column).max(2);
        self.text.extend(std::iter::repeat_n(' ', blanks));
        self.column += blanks;
        self.token(span);
    }

    fn string_text(&mut self, span: Span, strip: Option<Span>, is_last: bool) {
        self.start_text();
        let source = self.slice(span);
        let indent = strip.map(|strip| self.slice(strip));
        let target = self.line_indent + INDENT;
        let count = source.split('\n').count();
        let mut at = span.start;
        for (index, line) in source.split('\n').enumerate() {
            let end = at + line.len() as u32;
            let (kept, skipped) = match indent {
                Some(indent) if index > 0 => without_indent(line, indent),
                _ => (line, 0),
            };
            if index > 0 {
                self.text.push('\n');
                self.column = 0;
                let is_text = !kept.trim_end_matches('\r').is_empty() || (index + 1 == count && !is_last);
                if indent.is_some() && is_text {
                    self.text.extend(std::iter::repeat_n(' ', target));
                    self.column = target;
                }
            }
            self.string_line(kept, at + skipped as u32);
            at = end + 1;
        }
    }

    fn string_line(&mut self, line: &str, at: u32) {
        let line = line.strip_suffix('\r').unwrap_or(line);
        if line.is_empty() {
            return;
        }
        let start = self.text.len() as u32;
        self.text.push_str(line);
        self.column += line.chars().count();
        self.ranges.push(Span::new(start, self.text.len() as u32), Span::new(at, at + line.len() as u32));
    }
}

impl<'a> Printer<'a, '_> {
    fn slice(&self, span: Span) -> &'a str {
        self.source.get(span.range()).unwrap_or("")
    }
}

/// A line without as much of the indent as it has, and how many bytes that is.
fn without_indent<'t>(line: &'t str, indent: &str) -> (&'t str, usize) {
    let shared = line.bytes().zip(indent.bytes()).take_while(|(a, b)| a == b).count();
    (line.get(shared..).unwrap_or(line), shared)
}

fn width(text: &str) -> isize {
    text.chars().count() as isize
}
