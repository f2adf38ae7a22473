//! The formatter, for a document, a range, and what has just been typed.

use super::actions::smallest;
use super::{Change, Location, Snapshot};
use rustchain_grammar::Span;
use std::path::Path;

/// The change that gives a file its one form; `None` where it has it.
///
/// # Errors
/// Where the text has syntax errors, or is in another format.
pub fn document(snapshot: &Snapshot, path: &Path) -> Result<Option<Change>, String> {
    let (old, new) = texts(snapshot, path)?;
    Ok(smallest(path, &old, &new))
}

/// The changes that touch the lines of a range.
///
/// # Errors
/// As [`document`].
pub fn range(snapshot: &Snapshot, path: &Path, range: Span) -> Result<Vec<Change>, String> {
    let (old, new) = texts(snapshot, path)?;
    let lines = whole_lines(&old, range);
    let near = |c: &Change| {
        c.location.span.start < lines.end.max(lines.start + 1) && lines.start <= c.location.span.end
    };
    let inside = |c: &Change| lines.start <= c.location.span.start && c.location.span.end <= lines.end;
    let changes: Vec<Change> = changes(path, &old, &new);
    Ok(changes.into_iter().filter(|c| near(c) && inside(c)).collect())
}

/// The changes to the statement that ends at a byte.
///
/// # Errors
/// As [`document`].
pub fn typed(snapshot: &Snapshot, path: &Path, offset: u32) -> Result<Vec<Change>, String> {
    let text = snapshot.text(path).ok_or("there is no such file")?;
    let before = text.get(..offset as usize).unwrap_or_default();
    // After a line break the cursor's own line is the user's.
    let end =
        if before.trim_end_matches(' ').ends_with('\n') { before.trim_end().len() as u32 } else { offset };
    let start = match before.get(..end as usize).and_then(|b| b.strip_suffix('}')) {
        Some(inner) => opening(inner),
        None => end,
    };
    range(snapshot, path, Span::new(start, end))
}

/// The brace that a closing one after `inner` belongs to.
fn opening(inner: &str) -> u32 {
    let mut depth = 0;
    for (at, c) in inner.char_indices().rev() {
        match c {
            '}' => depth += 1,
            '{' if depth == 0 => return at as u32,
            '{' => depth -= 1,
            _ => {}
        }
    }
    0
}

fn texts(snapshot: &Snapshot, path: &Path) -> Result<(String, String), String> {
    if path.extension().is_none_or(|e| e != "mission") {
        return Err("only mission text has one form; a YAML mission can be converted".to_owned());
    }
    let old = snapshot.text(path).ok_or("there is no such file")?;
    match rustchain_grammar::format(&old) {
        Ok(formatted) => Ok((old.to_string(), formatted.text)),
        Err(errors) => {
            let first = errors.first().map(|d| d.message.clone()).unwrap_or_default();
            Err(format!("the file has syntax errors: {first}"))
        }
    }
}

fn whole_lines(text: &str, range: Span) -> Span {
    let start = text.get(..range.start as usize).and_then(|t| t.rfind('\n')).map_or(0, |i| i + 1);
    let end = text.get(range.end as usize..).and_then(|t| t.find('\n'));
    let end = end.map_or(text.len(), |i| range.end as usize + i + 1);
    Span::new(start as u32, end as u32)
}

/// The changed runs of lines, each on its own: a longest common subsequence of lines.
fn changes(path: &Path, old: &str, new: &str) -> Vec<Change> {
    let Some(one) = smallest(path, old, new) else { return Vec::new() };
    let before = old.get(one.location.span.range()).unwrap_or_default();
    let olds: Vec<&str> = before.split_inclusive('\n').collect();
    let news: Vec<&str> = one.text.split_inclusive('\n').collect();
    if olds.len() * news.len() > 4_000_000 {
        return vec![one];
    }
    let width = news.len() + 1;
    let mut common = vec![0_u32; (olds.len() + 1) * width];
    for i in (0..olds.len()).rev() {
        for j in (0..news.len()).rev() {
            common[i * width + j] = if olds[i] == news[j] {
                common[(i + 1) * width + j + 1] + 1
            } else {
                common[(i + 1) * width + j].max(common[i * width + j + 1])
            };
        }
    }
    let (mut i, mut j) = (0, 0);
    let mut at = one.location.span.start;
    let mut out: Vec<Change> = Vec::new();
    let mut open: Option<(u32, String)> = None;
    while i < olds.len() || j < news.len() {
        if i < olds.len() && j < news.len() && olds[i] == news[j] {
            if let Some((start, text)) = open.take() {
                let location = Location { path: path.to_owned(), span: Span::new(start, at) };
                out.push(Change { location, text });
            }
            at += olds[i].len() as u32;
            i += 1;
            j += 1;
            continue;
        }
        let run = open.get_or_insert_with(|| (at, String::new()));
        let take_new =
            i == olds.len() || (j < news.len() && common[i * width + j + 1] >= common[(i + 1) * width + j]);
        if take_new {
            run.1.push_str(news[j]);
            j += 1;
        } else {
            at += olds[i].len() as u32;
            i += 1;
        }
    }
    if let Some((start, text)) = open {
        out.push(Change { location: Location { path: path.to_owned(), span: Span::new(start, at) }, text });
    }
    out
}
