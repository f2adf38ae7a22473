//! The one canonical style. Comments are kept; a bracket that the author broke over lines stays broken, any other is
//! broken where the line would be wider than [`WIDTH`].

mod build;
mod doc;
mod gaps;
mod lists;
mod printer;
mod ranges;
mod strings;

use crate::diagnostic::Diagnostic;
use crate::parse::parse;
use crate::span::FileId;
pub use ranges::RangeMap;

/// Lines are at most this wide, in characters, where they can be broken.
pub const WIDTH: usize = 120;
/// A level of indent, in blanks.
const INDENT: usize = 2;

/// A formatted text and where its tokens came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Formatted {
    /// The text; ends in a line end unless it is empty.
    pub text: String,
    /// From places of `text` to places of the input, token by token.
    pub ranges: RangeMap,
}

/// Formats a file. A file with syntax errors is refused with what is wrong.
pub fn format(text: &str) -> Result<Formatted, Vec<Diagnostic>> {
    let parsed = parse(text, FileId(0));
    if !parsed.diagnostics.is_empty() {
        return Err(parsed.diagnostics);
    }
    let Some(flat) = parsed.flat() else {
        return Ok(Formatted { text: text.to_owned(), ranges: RangeMap::default() });
    };
    let doc = build::file(text, flat);
    Ok(printer::print(text, &doc))
}
