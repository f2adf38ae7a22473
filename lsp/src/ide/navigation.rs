//! Definition, references, highlights, rename.

use super::analysed::Analysed;
use super::hover::declared_at;
use super::{Change, Location, Snapshot};
use rustchain_compiler::index::{Symbol, Use};
use rustchain_compiler::spans::Place;
use rustchain_grammar::Span;
use std::path::Path;

/// Where the name at a byte is declared; for the path of an import, the file.
pub fn definition(snapshot: &Snapshot, path: &Path, offset: u32) -> Option<Location> {
    let file = snapshot.analysed(path)?;
    if let Some(name) = file.name_at(offset)
        && let Some(location) = declared_at(&file, name)
    {
        return Some(location);
    }
    let at = file.to_mission(offset)?;
    let import = file.analysis.syntax.imports.iter().find(|i| i.path_span.contains(at))?;
    let target = rustchain_compiler::source::normalise(&path.parent()?.join(import.path.as_str()));
    target.is_file().then_some(Location { path: target, span: Span::new(0, 0) })
}

/// Where the type of the name at a byte is declared.
pub fn type_definition(snapshot: &Snapshot, path: &Path, offset: u32) -> Option<Location> {
    let file = snapshot.analysed(path)?;
    let name = file.name_at(offset)?;
    let ty = name.ty.as_ref()?.to_string();
    let word = |text: &str| text.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '.');
    let names: Vec<&str> = ty.split(|c: char| !word(&c.to_string())).filter(|n| !n.is_empty()).collect();
    let declared = |u: &&Use| u.symbol == Symbol::Type && names.contains(&u.name.as_str());
    declared_at(&file, file.analysis.index.uses.iter().find(declared)?)
}

/// Every place that names what the name at a byte names, in every mission of the project.
pub fn references(snapshot: &Snapshot, path: &Path, offset: u32, declaration: bool) -> Vec<Location> {
    let Some(file) = snapshot.analysed(path) else { return Vec::new() };
    let Some(target) = file.name_at(offset).and_then(|name| declared_at(&file, name)) else {
        return Vec::new();
    };
    let mut found = all_of(snapshot, &file, &target);
    if !declaration {
        found.retain(|l| *l != target);
    }
    found
}

/// The names in this file that mean the same as the one at a byte.
pub fn highlights(snapshot: &Snapshot, path: &Path, offset: u32) -> Vec<Span> {
    let Some(file) = snapshot.analysed(path) else { return Vec::new() };
    let Some(declaration) = file.name_at(offset).and_then(|n| n.declaration) else { return Vec::new() };
    let here = file.names().filter(|u| u.declaration == Some(declaration));
    let mut spans: Vec<Span> = here.filter_map(|u| file.span(u.place.span)).collect();
    spans.sort_by_key(|s| (s.start, s.end));
    spans.dedup();
    spans
}

fn all_of(snapshot: &Snapshot, file: &Analysed, target: &Location) -> Vec<Location> {
    let mut found = Vec::new();
    let mut collect = |file: &Analysed| {
        for name in &file.analysis.index.uses {
            // A translated file has its places elsewhere.
            let may_be = |d: &Place| d.span == target.span || file.is_foreign();
            if name.declaration.filter(may_be).is_some_and(|d| file.location(d) == *target) {
                found.push(file.location(name.place));
            }
        }
    };
    collect(file);
    for path in snapshot.missions() {
        if path == file.path || !may_name(snapshot, &path, target) {
            continue;
        }
        if let Some(other) = snapshot.analysed(&path) {
            collect(&other);
        }
    }
    found.sort();
    found.dedup();
    found
}

/// A file without imports can name nothing of another one.
fn may_name(snapshot: &Snapshot, path: &Path, target: &Location) -> bool {
    *path == target.path || snapshot.text(path).is_some_and(|text| text.contains("import"))
}

/// The name at a byte, if it may be renamed.
pub fn renameable(snapshot: &Snapshot, path: &Path, offset: u32) -> Result<(Span, String), String> {
    let file = snapshot.analysed(path).ok_or("there is no such file")?;
    let name = file.name_at(offset).ok_or("nothing here has a name")?;
    if file.is_foreign() {
        return Err("names of YAML missions are keys and references; rename them in the text".to_owned());
    }
    if name.declaration.is_none() {
        return Err(format!("`{}` belongs to the language", name.name));
    }
    let text = file.text().get(name.place.span.range()).unwrap_or_default();
    Ok((name.place.span, text.to_owned()))
}

/// The edits that rename the name at a byte everywhere; an error says why it cannot be.
pub fn rename(snapshot: &Snapshot, path: &Path, offset: u32, new: &str) -> Result<Vec<Change>, String> {
    let (_, old) = renameable(snapshot, path, offset)?;
    if RESERVED.contains(&new) {
        return Err(format!("`{new}` is a word of the language"));
    }
    if !is_name(new) {
        return Err(format!("`{new}` is no name: letters, digits and `_`, not beginning with a digit"));
    }
    let file = snapshot.analysed(path).ok_or("there is no such file")?;
    let name = file.name_at(offset).ok_or("nothing here has a name")?;
    if matches!(name.symbol, Symbol::Type) != new.starts_with(|c: char| c.is_ascii_uppercase()) {
        return Err("types begin with a capital letter, all other names with a small one".to_owned());
    }
    let target = declared_at(&file, name).ok_or("nothing declares it")?;
    let mut changes = Vec::new();
    for location in all_of(snapshot, &file, &target) {
        let text = snapshot.text(&location.path).ok_or("a file went away")?;
        let here = text.get(location.span.range()).unwrap_or_default();
        // A dotted use (`mask.mails`, `g.x`) ends with the name; a quoted one keeps no quotes.
        let Some(before) = here.strip_suffix(old.as_str()) else { continue };
        let start = location.span.start + before.len() as u32;
        let span = Span::new(start, location.span.end);
        changes.push(Change { location: Location { path: location.path, span }, text: new.to_owned() });
    }
    clash(snapshot, &changes, new)?;
    Ok(changes)
}

/// After the edits every file must say what it said before: no new error.
fn clash(snapshot: &Snapshot, changes: &[Change], new: &str) -> Result<(), String> {
    let mut after = snapshot.forked();
    let mut paths: Vec<&Path> = changes.iter().map(|c| c.location.path.as_path()).collect();
    paths.dedup();
    for path in &paths {
        let text = snapshot.text(path).ok_or("a file went away")?;
        let mut edits: Vec<&Change> = changes.iter().filter(|c| c.location.path == **path).collect();
        edits.sort_by_key(|c| std::cmp::Reverse(c.location.span.start));
        let mut text = text.to_string();
        for edit in edits {
            text.replace_range(edit.location.span.range(), &edit.text);
        }
        after.open(path.to_path_buf(), super::Document { text: text.into(), version: 0 });
    }
    for path in paths {
        let errors = |s: &Snapshot| s.analysed(path).map(|f| errors(&f)).unwrap_or_default();
        let (before, now) = (errors(snapshot), errors(&after));
        if now.len() > before.len() {
            let why = now.into_iter().find(|e| !before.contains(e)).unwrap_or_default();
            return Err(format!("with the name `{new}` the file would not compile: {why}"));
        }
    }
    Ok(())
}

fn errors(file: &Analysed) -> Vec<String> {
    let errors = file.analysis.diagnostics.iter();
    errors.filter(|d| d.severity == rustchain_grammar::Severity::Error).map(|d| d.message.clone()).collect()
}

const RESERVED: [&str; 13] =
    ["if", "in", "then", "true", "else", "with", "for", "false", "let", "loop", "match", "step", "null"];

fn is_name(text: &str) -> bool {
    let starts = text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    starts && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}
