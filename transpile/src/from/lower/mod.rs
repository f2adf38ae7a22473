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

/// A mission's text with its origins.
pub(in crate::from) struct Written {
    pub text: String,
    pub origins: Vec<OriginRange>,
}

/// One formatted file: where it is from, declarations, missions.
pub(in crate::from) fn assemble(
    path: String,
    from: &str,
    items: &[String],
    missions: Vec<Written>,
) -> OutputFile {
    let mut text = format!("//! From the {from}.\nedition 2026\n");
    for item in items {
        text.push('\n');
        text.push_str(item);
        text.push('\n');
    }
    let mut origins = Vec::new();
    for mission in missions {
        text.push('\n');
        let start = text.len() as u32;
        text.push_str(&mission.text);
        origins.extend(mission.origins.into_iter().map(|o| OriginRange { here: o.here.shift(start), ..o }));
    }
    // What does not parse is a defect of the lowering; it is shown as it is rather than hidden.
    let Ok(formatted) = rustchain_grammar::format(&text) else { return OutputFile { path, text, origins } };
    for origin in &mut origins {
        origin.here = formatted.ranges.output_of(origin.here).unwrap_or(origin.here);
    }
    OutputFile { path, text: formatted.text, origins }
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
