//! What the importers share when they write missions.

pub(in crate::from) mod names;
pub(in crate::from) mod python_file;
mod report;
pub(in crate::from) mod text;

pub use report::{Entry, Report, Subject};

use rustchain_grammar::{Diagnostic, Span};

/// A range of a written file and the place it came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OriginRange {
    /// In the written file.
    pub here: Span,
    /// Path of the file that was read.
    pub file: String,
    /// In the file that was read.
    pub there: Span,
}

/// A file to write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutputFile {
    /// Relative path.
    pub path: String,
    /// The text.
    pub text: String,
    /// Where its parts came from, by range here.
    pub origins: Vec<OriginRange>,
}

/// The result of an import.
#[derive(Clone, Debug)]
pub struct Import<S> {
    /// One mission file a file that was read.
    pub missions: Vec<OutputFile>,
    /// The functions that are called as Python tools.
    pub python_files: Vec<OutputFile>,
    /// What was carried over, approximated, lost.
    pub report: Report<S>,
    /// The losses and approximations as diagnostics: `FileId(n)` is the n-th of `sources`.
    pub diagnostics: Vec<Diagnostic>,
    /// The files that were read: path and text.
    pub sources: Vec<(String, String)>,
}

impl<S> Default for Import<S> {
    fn default() -> Self {
        Import {
            missions: Vec::new(),
            python_files: Vec::new(),
            report: Report::default(),
            diagnostics: Vec::new(),
            sources: Vec::new(),
        }
    }
}

/// What became of a construct.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fate {
    /// It means the same.
    Carried,
    /// It means nearly the same.
    Approximated,
    /// It is gone, or stands as a hole.
    Lost,
}

impl Fate {
    /// The word for it.
    pub fn name(self) -> &'static str {
        match self {
            Fate::Carried => "carried",
            Fate::Approximated => "approximated",
            Fate::Lost => "lost",
        }
    }
}
