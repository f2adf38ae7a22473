//! The mission language: grammar, lossless tree, typed AST, formatter, spans and diagnostics.
//!
//! `parse` never fails: it gives a tree that covers every byte, an AST in which broken parts are
//! explicit `Error` nodes, and the diagnostics. pest does not leave this crate.

pub mod ast;
pub mod diagnostic;
mod flat;
mod format;
mod kind;
mod lexer;
mod lower;
mod parse;
mod parser;
mod recover;
mod reparse;
mod shift;
pub mod span;
mod tree;

pub use diagnostic::{Applicability, Diagnostic, Edit, Fix, Label, Severity};
pub use format::{Formatted, RangeMap, WIDTH, format};
pub use kind::SyntaxKind;
pub use parse::{Parse, parse, parse_expr};
pub use reparse::{Reparse, reparse};
pub use span::{FileId, SourceFile, SourceMap, Span};
pub use tree::{Mission, SyntaxElement, SyntaxNode, SyntaxToken};
