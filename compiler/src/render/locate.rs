//! Places of diagnostics in the user's own files, as lines and columns.

use rustchain_grammar::{Diagnostic, Edit, FileId, Fix, Label, SourceMap, Span};

/// A position for people: from 1; columns count characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position {
    /// The line.
    pub line: usize,
    /// The column.
    pub column: usize,
}

/// The files of a source map with the starts of their lines.
pub struct Lines<'a> {
    /// The files.
    pub sources: &'a SourceMap,
    starts: Vec<Vec<u32>>,
}

impl<'a> Lines<'a> {
    /// Reads each text once.
    pub fn new(sources: &'a SourceMap) -> Self {
        let starts = sources.iter().map(|(_, file)| line_starts(&file.text)).collect();
        Lines { sources, starts }
    }

    /// The path of a file.
    pub fn path(&self, file: FileId) -> &'a str {
        &self.sources.file(file).path
    }

    /// The text of a file.
    pub fn text(&self, file: FileId) -> &'a str {
        &self.sources.file(file).text
    }

    /// Index of the line (from 0) that holds a byte.
    pub fn line_index(&self, file: FileId, byte: u32) -> usize {
        let Some(starts) = self.starts.get(file.0 as usize) else { return 0 };
        starts.partition_point(|&start| start <= byte).saturating_sub(1)
    }

    /// The bytes of a line, its end included; nothing beyond the last.
    pub fn line_range(&self, file: FileId, line: usize) -> Option<std::ops::Range<usize>> {
        let starts = self.starts.get(file.0 as usize)?;
        let start = *starts.get(line)? as usize;
        let end = starts.get(line + 1).map_or(self.text(file).len(), |&s| s as usize);
        Some(start..end)
    }

    /// The position of a byte.
    pub fn position(&self, file: FileId, byte: u32) -> Position {
        let line = self.line_index(file, byte);
        let start = self.line_range(file, line).map_or(0, |r| r.start);
        let text = self.text(file);
        let end = (byte as usize).clamp(start, text.len());
        let column = text.get(start..end).map_or(1, |t| t.chars().count() + 1);
        Position { line: line + 1, column }
    }

    /// The positions of both ends of a span.
    pub fn range(&self, file: FileId, span: Span) -> (Position, Position) {
        (self.position(file, span.start), self.position(file, span.end))
    }
}

fn line_starts(text: &str) -> Vec<u32> {
    let ends = text.bytes().enumerate().filter(|(_, b)| *b == b'\n').map(|(i, _)| i as u32 + 1);
    std::iter::once(0).chain(ends).collect()
}

/// The diagnostic with every place moved to where the user wrote it. A fix stays only where each of its
/// edits is verbatim there; otherwise its title becomes part of the help.
pub fn resolve(diagnostic: &Diagnostic, sources: &SourceMap) -> Diagnostic {
    let mut resolved = diagnostic.clone();
    let place = |label: &mut Label| {
        (label.file, label.span) = sources.resolve(label.file, label.span);
    };
    place(&mut resolved.primary);
    resolved.secondary.iter_mut().for_each(place);
    resolved.fixes = Vec::new();
    for fix in &diagnostic.fixes {
        match resolve_fix(fix, sources) {
            Some(fix) => resolved.fixes.push(fix),
            None => add_help(&mut resolved, &fix.title),
        }
    }
    resolved
}

fn resolve_fix(fix: &Fix, sources: &SourceMap) -> Option<Fix> {
    let edits = fix.edits.iter().map(|edit| resolve_edit(edit, sources)).collect::<Option<Vec<_>>>()?;
    Some(Fix { edits, ..fix.clone() })
}

fn resolve_edit(edit: &Edit, sources: &SourceMap) -> Option<Edit> {
    let source = sources.file(edit.file);
    if source.origin.is_empty() {
        return Some(edit.clone());
    }
    let (file, span) = sources.written(edit.file, edit.span)?;
    let here = source.text.get(edit.span.range())?;
    let there = sources.file(file).text.get(span.range())?;
    let verbatim = file != edit.file && here == there && !here.is_empty();
    verbatim.then(|| Edit { file, span, text: edit.text.clone() })
}

fn add_help(diagnostic: &mut Diagnostic, title: &str) {
    match &mut diagnostic.help {
        Some(help) if help.contains(title) => {}
        Some(help) => *help = format!("{help}; {title}"),
        None => diagnostic.help = Some(title.to_owned()),
    }
}
