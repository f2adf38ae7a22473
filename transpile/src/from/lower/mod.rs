//! What the importers share when they write missions.

pub(in crate::from) mod names;
pub(in crate::from) mod python_file;
pub(in crate::from) mod text;

use rustchain_grammar::Span;

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
