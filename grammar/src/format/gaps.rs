//! What stands between tokens: comments and empty lines.

use crate::kind::SyntaxKind as K;
use crate::lexer;
use crate::span::Span;

/// A comment between two tokens.
#[derive(Clone, Copy, Debug)]
pub(super) struct Comment {
    pub span: Span,
    /// Does it begin its line?
    pub is_own_line: bool,
    /// Is there an empty line before it?
    pub after_blank: bool,
}

/// A gap between two tokens; commas in it do not count.
#[derive(Clone, Debug, Default)]
pub(super) struct Gap {
    pub comments: Vec<Comment>,
    /// Is there an empty line before what follows the gap?
    pub ends_in_blank: bool,
    /// Does a line end in it?
    pub has_line_end: bool,
}

impl Gap {
    /// The gap from one place to another.
    pub fn of(text: &str, from: u32, to: u32) -> Gap {
        let slice = text.get(from as usize..to as usize).unwrap_or("");
        let mut gap = Gap { has_line_end: slice.contains('\n'), ..Gap::default() };
        if !slice.contains("//") {
            gap.ends_in_blank = slice.matches('\n').count() > 1;
            return gap;
        }
        let mut line_ends = 0;
        for (at, lexed) in lexer::tokens(slice) {
            let start = from + at;
            match lexed.kind {
                K::WHITESPACE => {
                    let blank = slice.get(at as usize..(at + lexed.len) as usize).unwrap_or("");
                    line_ends += blank.matches('\n').count();
                }
                K::COMMENT => {
                    let is_own_line = line_ends > 0 || from == 0;
                    let span = trimmed(text, Span::new(start, start + lexed.len));
                    gap.comments.push(Comment { span, is_own_line, after_blank: line_ends > 1 });
                    line_ends = 0;
                }
                _ => {}
            }
        }
        gap.ends_in_blank = line_ends > 1;
        gap
    }
}

/// A comment without blanks at its end.
fn trimmed(text: &str, span: Span) -> Span {
    let len = text.get(span.range()).unwrap_or("").trim_end().len() as u32;
    Span::new(span.start, span.start + len)
}
