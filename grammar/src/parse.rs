//! The entries: a file or one expression, in one call.

use crate::ast;
use crate::diagnostic::Diagnostic;
use crate::flat::{self, Flat, Refusal};
use crate::lexer;
use crate::lower;
use crate::parser::Rule;
use crate::recover;
use crate::span::{FileId, Span};
use crate::tree::{self, SyntaxNode};

/// Brackets nest at most this deep.
pub(crate) const MAX_BRACKETS: usize = 128;

/// What [`parse`] gives.
#[derive(Clone, Debug)]
pub struct Parse {
    /// The typed syntax; broken parts are `Error` variants.
    pub ast: ast::File,
    /// What is wrong, in the order of the text.
    pub diagnostics: Vec<Diagnostic>,
    text: String,
    flat: Option<Flat>,
}

impl Parse {
    /// The lossless tree; `to_string()` is the source. It is built anew by each call.
    pub fn tree(&self) -> SyntaxNode {
        tree::build(&self.text, self.flat.as_ref())
    }

    /// True where nothing is wrong.
    pub fn is_ok(&self) -> bool {
        self.diagnostics.is_empty()
    }

    pub(crate) fn flat(&self) -> Option<&Flat> {
        self.flat.as_ref()
    }
}

/// Parses a file. Never fails; time is linear in the length of the text.
pub fn parse(text: &str, file: FileId) -> Parse {
    let refused = |diagnostic| Parse {
        ast: ast::File::default(),
        diagnostics: vec![diagnostic],
        text: text.to_owned(),
        flat: None,
    };
    if let Some(at) = lexer::too_deep(text, MAX_BRACKETS) {
        return refused(recover::too_deep(file, Span::new(at, at + 1)));
    }
    match flat::parse(Rule::file, text) {
        Ok(flat) => {
            let (ast, mut diagnostics) = lower::file(text, &flat, file);
            diagnostics.sort_by_key(|d| (d.primary.span.start, d.primary.span.end));
            Parse { ast, diagnostics, text: text.to_owned(), flat: Some(flat) }
        }
        Err(Refusal::TooDeep(at)) => {
            let at = at.unwrap_or(0);
            refused(recover::too_deep(file, Span::new(at, at)))
        }
        // The rule matches every text; this is what would be said if it did not.
        Err(Refusal::Mismatch(at, expected)) => refused(recover::explain_expr(text, file, at, &expected)),
    }
}

/// Parses a text that is one expression. Never fails: a broken text gives `ExprKind::Error` and diagnostics.
pub fn parse_expr(text: &str, file: FileId) -> (ast::Expr, Vec<Diagnostic>) {
    let all = Span::new(0, text.len() as u32);
    if let Some(at) = lexer::too_deep(text, MAX_BRACKETS) {
        return (lower::error_expr(all), vec![recover::too_deep(file, Span::new(at, at + 1))]);
    }
    match flat::parse(Rule::only_expr, text) {
        Ok(flat) => lower::only_expr(text, &flat, file),
        Err(Refusal::TooDeep(at)) => {
            let at = at.unwrap_or(0);
            (lower::error_expr(all), vec![recover::too_deep(file, Span::new(at, at))])
        }
        Err(Refusal::Mismatch(at, expected)) => {
            (lower::error_expr(all), vec![recover::explain_expr(text, file, at, &expected)])
        }
    }
}
