//! Code actions: every fix of the checks, and changes of the text that keep its meaning.

use super::analysed::{Analysed, body_of, stmt_name};
use super::{Change, Location, Snapshot};
use rustchain_compiler::index::Symbol;
use rustchain_compiler::render::locate::resolve;
use rustchain_grammar::ast::{Stmt, StmtKind};
use rustchain_grammar::{Applicability, Diagnostic, FileId, Severity, Span};
use std::collections::BTreeSet;
use std::path::Path;

/// What an action is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ActionKind {
    /// Mends a finding.
    Fix,
    /// Mends every finding that can be mended safely.
    FixAll,
    /// Takes something out into a declaration of its own.
    Extract,
    /// Another way to write the same, or something added.
    Rewrite,
}

/// A change on offer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Action {
    /// What it does.
    pub title: String,
    /// What for.
    pub kind: ActionKind,
    /// The finding it mends: index into the diagnostics of [`super::diagnostics::of`].
    pub mends: Option<usize>,
    /// Certainly what was meant.
    pub preferred: bool,
    /// The change.
    pub changes: Vec<Change>,
    /// A new file: its path and text.
    pub creates: Option<(std::path::PathBuf, String)>,
}

/// The actions for a range of a file.
pub fn actions(snapshot: &Snapshot, path: &Path, range: Span) -> Vec<Action> {
    let Some(file) = snapshot.analysed(path) else { return Vec::new() };
    let found = super::diagnostics::of(&file);
    let mut actions = Vec::new();
    for (index, diagnostic) in found.iter().enumerate() {
        let at = diagnostic.primary.span;
        if at.start > range.end || at.end < range.start {
            continue;
        }
        for fix in &diagnostic.fixes {
            actions.push(Action {
                title: fix.title.clone(),
                kind: ActionKind::Fix,
                mends: Some(index),
                preferred: fix.applicability == Applicability::Safe,
                changes: changes(&file, &fix.edits),
                creates: None,
            });
        }
        actions.extend(suppress(&file, diagnostic, index));
    }
    actions.extend(fix_all(&file, &found));
    if file.is_foreign() {
        actions.extend(convert(&file));
        return actions;
    }
    actions.extend(add_clause(&file, range));
    actions.extend(extract_chain(&file, range));
    actions
}

fn changes(file: &Analysed, edits: &[rustchain_grammar::Edit]) -> Vec<Change> {
    let path = |id: FileId| file.analysis.sources.file(id).path.clone().into();
    edits
        .iter()
        .map(|e| Change { location: Location { path: path(e.file), span: e.span }, text: e.text.clone() })
        .collect()
}

/// `// allow(RC0503): reason` above the line, for findings that are no errors.
fn suppress(file: &Analysed, diagnostic: &Diagnostic, index: usize) -> Option<Action> {
    if diagnostic.severity == Severity::Error || diagnostic.primary.file != FileId(0) || file.is_foreign() {
        return None;
    }
    let text = file.text();
    let start = text.get(..diagnostic.primary.span.start as usize)?.rfind('\n').map_or(0, |i| i + 1);
    let indent: String = text.get(start..)?.chars().take_while(|c| *c == ' ').collect();
    let line = format!("{indent}// allow({}): reason\n", diagnostic.code);
    let at = Span::new(start as u32, start as u32);
    Some(Action {
        title: format!("allow {} here, with a reason", diagnostic.code),
        kind: ActionKind::Fix,
        mends: Some(index),
        preferred: false,
        changes: vec![Change { location: Location { path: file.path.clone(), span: at }, text: line }],
        creates: None,
    })
}

fn fix_all(file: &Analysed, found: &[Diagnostic]) -> Option<Action> {
    let mut taken: Vec<Change> = Vec::new();
    for diagnostic in found {
        let Some(fix) = diagnostic.fixes.iter().find(|f| f.applicability == Applicability::Safe) else {
            continue;
        };
        let new = changes(file, &fix.edits);
        let clash = |c: &Change| {
            taken.iter().any(|t| {
                let (a, b) = (t.location.span, c.location.span);
                t.location.path == c.location.path
                    && ((a.start < b.end && b.start < a.end) || a.start == b.start)
            })
        };
        if !new.iter().any(clash) {
            taken.extend(new);
        }
    }
    (!taken.is_empty()).then(|| Action {
        title: "apply every safe fix of this file".to_owned(),
        kind: ActionKind::FixAll,
        mends: None,
        preferred: false,
        changes: taken,
        creates: None,
    })
}

/// The mission that a YAML mission was translated to, as a file beside it.
fn convert(file: &Analysed) -> Option<Action> {
    let text = rustchain_grammar::format(file.mission_text()).ok()?.text;
    if text.trim().is_empty() {
        return None;
    }
    let target = file.path.with_extension("").with_extension("mission");
    Some(Action {
        title: format!("write it as `{}`", target.file_name()?.to_string_lossy()),
        kind: ActionKind::Rewrite,
        mends: None,
        preferred: false,
        changes: Vec::new(),
        creates: Some((target, text)),
    })
}

/// The step whose name or call the cursor is on.
fn step_at(file: &Analysed, range: Span) -> Option<&Stmt> {
    let item = file.item_at(range.start)?;
    body_of(item).iter().find(|s| matches!(s.kind, StmtKind::Step(_)) && s.span.contains(range.start))
}

/// `with { … }` clauses that the step has not.
fn add_clause(file: &Analysed, range: Span) -> Vec<Action> {
    const CLAUSES: [(&str, &str); 3] = [
        ("retry", "retry 3 on [timeout, http_5xx] { backoff: exponential(500ms), cap: 20s }"),
        ("timeout", "timeout 30s"),
        ("on error", "on error: continue"),
    ];
    let Some(stmt) = step_at(file, range) else { return Vec::new() };
    let StmtKind::Step(step) = &stmt.kind else { return Vec::new() };
    let text = file.text();
    let Some(written) = text.get(stmt.span.range()) else { return Vec::new() };
    let mut actions = Vec::new();
    for (name, clause) in CLAUSES {
        let has = |c: &rustchain_grammar::ast::Clause| {
            text.get(c.span.range()).is_some_and(|t| t.starts_with(name))
        };
        if step.clauses.iter().any(has) {
            continue;
        }
        let whole = match step.with_span {
            Some(with) => {
                let Some(body) = text.get(with.range()) else { continue };
                let Some(close) = body.rfind('}') else { continue };
                let before = &text[stmt.span.start as usize..with.start as usize + close];
                let after = &text[with.start as usize + close..stmt.span.end as usize];
                format!("{}\n{clause}\n{after}", before.trim_end())
            }
            None => format!("{written} with {{ {clause} }}"),
        };
        if let Some(change) = rewritten(file, stmt.span, &whole) {
            actions.push(Action {
                title: format!("add `{name}` to `{}`", step.name.text),
                kind: ActionKind::Rewrite,
                mends: None,
                preferred: false,
                changes: vec![change],
                creates: None,
            });
        }
    }
    actions
}

/// The file with a range replaced, formatted, as the smallest change.
fn rewritten(file: &Analysed, span: Span, new: &str) -> Option<Change> {
    let mut text = file.text().to_owned();
    text.replace_range(span.range(), new);
    let formatted = rustchain_grammar::format(&text).ok()?.text;
    smallest(&file.path, file.text(), &formatted)
}

/// The smallest change, in whole lines, that makes one text of another.
pub fn smallest(path: &Path, old: &str, new: &str) -> Option<Change> {
    if old == new {
        return None;
    }
    let olds: Vec<&str> = old.split_inclusive('\n').collect();
    let news: Vec<&str> = new.split_inclusive('\n').collect();
    let head = olds.iter().zip(&news).take_while(|(a, b)| a == b).count();
    let most = olds.len().min(news.len()) - head;
    let tail = olds.iter().rev().zip(news.iter().rev()).take(most).take_while(|(a, b)| a == b).count();
    let length = |lines: &[&str]| lines.iter().map(|l| l.len()).sum::<usize>() as u32;
    let start = length(olds.get(..head)?);
    let end = start + length(olds.get(head..olds.len() - tail)?);
    let text = news.get(head..news.len() - tail)?.concat();
    Some(Change { location: Location { path: path.to_owned(), span: Span::new(start, end) }, text })
}

/// Selected steps as a chain with what they read as parameters and the last one as its value.
fn extract_chain(file: &Analysed, range: Span) -> Option<Action> {
    if range.is_empty() {
        return None;
    }
    let item = file.item_at(range.start)?;
    let inside = |s: &&Stmt| s.span.start >= range.start && s.span.end <= range.end + 1;
    let chosen: Vec<&Stmt> = body_of(item).iter().filter(inside).collect();
    let (first, last) = (chosen.first()?, chosen.last()?);
    let plain = |s: &&Stmt| matches!(s.kind, StmtKind::Step(_) | StmtKind::Let(_));
    if !chosen.iter().all(plain) || !matches!(last.kind, StmtKind::Step(_)) {
        return None;
    }
    let whole = first.span.to(last.span);
    let result = stmt_name(last)?;
    let declared: BTreeSet<u32> = chosen.iter().filter_map(|s| Some(stmt_name(s)?.span.start)).collect();
    let mut params: Vec<(String, String)> = Vec::new();
    for name in file.names() {
        let Some(declaration) = name.declaration else { continue };
        let at = name.place.span;
        let here = declaration.file == name.place.file;
        let inside = whole.contains(at.start) && at.end <= whole.end;
        if inside && here {
            let outer = item.span.contains(declaration.span.start) && !whole.contains(declaration.span.start);
            if outer && matches!(name.symbol, Symbol::Step | Symbol::Let | Symbol::Parameter) {
                let ty = name.ty.as_ref()?.to_string();
                params.push((name.name.to_string(), ty));
            }
        } else if here
            && declared.contains(&declaration.span.start)
            && declaration.span != result.span
            && name.place != declaration
        {
            // Something else than the last value is read from outside.
            return None;
        }
    }
    params.sort();
    params.dedup();
    let ty = file.declarations().find(|u| u.place.span == result.span)?.ty.as_ref()?.to_string();
    let name = fresh(file, &format!("{}_chain", result.text));
    let text = file.text();
    let body = text.get(whole.range())?;
    let list: Vec<String> = params.iter().map(|(n, t)| format!("{n}: {t}")).collect();
    let args: Vec<String> = params.iter().map(|(n, _)| format!("{n}: {n}")).collect();
    let chain =
        format!("chain {name}({}) -> {ty} {{\n{body}\nreturn {}\n}}\n\n", list.join(", "), result.text);
    let mut new = text.to_owned();
    new.replace_range(whole.range(), &format!("step {} = {name}({})", result.text, args.join(", ")));
    let head = text.get(..item.docs.span.start.min(item.span.start) as usize).map_or(0, str::len);
    let at = if item.docs.text.is_empty() { item.span.start as usize } else { head };
    new.insert_str(at, &chain);
    let formatted = rustchain_grammar::format(&new).ok()?.text;
    Some(Action {
        title: format!("extract into chain `{name}`"),
        kind: ActionKind::Extract,
        mends: None,
        preferred: false,
        changes: vec![smallest(&file.path, text, &formatted)?],
        creates: None,
    })
}

fn fresh(file: &Analysed, name: &str) -> String {
    let taken = |n: &str| file.names().any(|u| u.name == n);
    if !taken(name) {
        return name.to_owned();
    }
    let numbered = (2..).map(|i| format!("{name}_{i}"));
    numbered.into_iter().find(|n| !taken(n)).unwrap_or_else(|| name.to_owned())
}

/// A diagnostic with its places in the user's own files.
pub(super) fn resolved(file: &Analysed, diagnostic: &Diagnostic) -> Diagnostic {
    resolve(diagnostic, &file.analysis.sources)
}
