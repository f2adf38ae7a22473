//! What an editor asks, answered as plain data. Spans are bytes in the user's own text.

pub mod actions;
pub mod analysed;
pub mod calls;
pub mod completion;
pub mod context;
pub mod diagnostics;
pub mod folding;
pub mod format;
pub mod graph;
pub mod hints;
pub mod hover;
pub mod lens;
pub mod line_index;
pub mod links;
pub mod navigation;
pub mod render;
pub mod signature;
pub mod snapshot;
pub mod symbols;
pub mod tokens;
pub mod yaml;

pub use analysed::Analysed;
pub use line_index::{Encoding, LineIndex};
pub use snapshot::{Document, Snapshot};

use rustchain_grammar::Span;
use std::path::PathBuf;

/// A place in a file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Location {
    /// The file.
    pub path: PathBuf,
    /// The range.
    pub span: Span,
}

/// New text for a place.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Change {
    /// Where; empty to insert.
    pub location: Location,
    /// The new text.
    pub text: String,
}
