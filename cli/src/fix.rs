//! Applies fixes to files.

use crate::error::Error;
use rustchain_compiler::render::locate::resolve;
use rustchain_grammar::{Applicability, Diagnostic, Edit, FileId, SourceMap};
use std::collections::BTreeMap;
use std::path::Path;

/// Writes the first applicable fix of each diagnostic; a fix that touches what another one changed waits
/// for the next turn. Gives how many were applied.
///
/// # Errors
/// Where a file cannot be written.
pub fn apply(diagnostics: &[Diagnostic], sources: &SourceMap, unsafe_too: bool) -> Result<usize, Error> {
    let mut taken: BTreeMap<FileId, Vec<Edit>> = BTreeMap::new();
    let mut applied = 0;
    for diagnostic in diagnostics {
        let resolved = resolve(diagnostic, sources);
        let fits = |a: Applicability| a == Applicability::Safe || unsafe_too;
        let Some(fix) = resolved.fixes.into_iter().find(|f| fits(f.applicability)) else { continue };
        let known = fix.edits.iter().all(|e| taken.get(&e.file).is_some_and(|list| list.contains(e)));
        if known || fix.edits.iter().any(|e| overlaps(taken.get(&e.file), e)) {
            continue;
        }
        for edit in fix.edits {
            taken.entry(edit.file).or_default().push(edit);
        }
        applied += 1;
    }
    for (file, edits) in taken {
        let source = sources.file(file);
        let path = Path::new(&source.path);
        std::fs::write(path, rewrite(&source.text, edits))
            .map_err(|source| Error::Write { path: path.to_owned(), source })?;
    }
    Ok(applied)
}

fn overlaps(taken: Option<&Vec<Edit>>, edit: &Edit) -> bool {
    taken.into_iter().flatten().any(|other| {
        let (a, b) = (edit.span, other.span);
        (a.start < b.end && b.start < a.end) || (a.start == b.start)
    })
}

fn rewrite(text: &str, mut edits: Vec<Edit>) -> String {
    edits.sort_by_key(|edit| edit.span.start);
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    for edit in edits {
        out.push_str(text.get(at..edit.span.start as usize).unwrap_or_default());
        out.push_str(&edit.text);
        at = edit.span.end as usize;
    }
    out.push_str(text.get(at..).unwrap_or_default());
    out
}
