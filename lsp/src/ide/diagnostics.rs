//! What the checks find, in the user's own text.

use super::{Analysed, Snapshot};
use rustchain_grammar::{Diagnostic, FileId};
use std::path::Path;

/// The findings of a file itself (not of what it imports), in order of place.
pub fn of(file: &Analysed) -> Vec<Diagnostic> {
    let all = file.analysis.diagnostics.iter().map(|d| super::actions::resolved(file, d));
    all.filter(|d| d.primary.file == FileId(0)).collect()
}

/// The findings of a path.
pub fn diagnostics(snapshot: &Snapshot, path: &Path) -> Vec<Diagnostic> {
    snapshot.analysed(path).map(|file| of(&file)).unwrap_or_default()
}
