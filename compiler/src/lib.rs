//! Sources to names, types, effects, checks and plans.
//!
//! The passes, in order: `source` (files and imports through a `Vfs`), `names`, `types`, `lower` (typed
//! syntax to `Plan` + `Spans`), then on the plan: `effects` (rows, policy, guards), `flow` (labels and
//! sinks), `checks` (one file a rule).

pub mod checks;
mod command;
pub mod cost;
pub mod effects;
pub mod explain;
pub mod flow;
mod incremental;
pub mod index;
mod lower;
pub mod names;
pub mod render;
pub mod safety;
pub mod shims;
pub mod source;
pub mod spans;
mod types;

pub use source::{DiskVfs, Generated, MemoryVfs, Translate, Vfs};

use rustchain_grammar::{Diagnostic, FileId, Severity, SourceMap};
use rustchain_plan::Plan;
use rustchain_plan::test::Test;
use std::io;
use std::path::{Path, PathBuf};

/// A mission that has a plan.
#[derive(Clone, Debug)]
pub struct CompiledMission {
    /// What runs.
    pub plan: Plan,
    /// Its tests.
    pub tests: Vec<Test>,
    /// Where the parts of the plan stand.
    pub spans: spans::Spans,
    /// The file that declares it.
    pub file: FileId,
    /// No error concerns it: it may run. (What the policy refuses leaves a plan, to be looked at.)
    pub sound: bool,
}

/// A declared policy of the entry file.
#[derive(Clone, Debug)]
pub struct NamedPolicy {
    /// Its name.
    pub name: smol_str::SmolStr,
    /// Its lines.
    pub policy: rustchain_plan::Policy,
    /// Where they stand.
    pub places: spans::PolicyPlaces,
}

/// What an analysis gives.
#[derive(Clone, Debug, Default)]
pub struct Analysis {
    /// The texts.
    pub sources: SourceMap,
    /// The entry file's missions that have a plan, in source order.
    pub missions: Vec<CompiledMission>,
    /// The entry file's declared policies, in source order.
    pub policies: Vec<NamedPolicy>,
    /// What was found, sorted by place.
    pub diagnostics: Vec<Diagnostic>,
    /// What each name stands for; empty where it was not asked for.
    pub index: index::Index,
    /// The syntax of the entry.
    pub syntax: rustchain_grammar::ast::File,
    /// The entry's mission text: the file itself, or what it was translated to.
    pub entry: FileId,
    memo: Option<Box<incremental::Memo>>,
}

impl Analysis {
    /// Is there an error?
    pub fn has_errors(&self) -> bool {
        self.diagnostics.iter().any(|d| d.severity == Severity::Error)
    }

    /// The mission of a name.
    pub fn mission(&self, name: &str) -> Option<&CompiledMission> {
        self.missions.iter().find(|m| m.plan.mission == name)
    }
}

/// How an analysis is made.
#[derive(Clone, Copy, Default)]
pub struct Options<'a> {
    /// The project root: paths in plans are relative to it.
    pub root: Option<&'a Path>,
    /// Turns foreign formats into mission text.
    pub translate: Option<&'a dyn Translate>,
    /// Fill [`Analysis::index`], and keep what [`Analysis::edited`] needs.
    pub index: bool,
    /// What stands for holes.
    pub shims: Option<&'a shims::Shims>,
    /// Reads the scripts of missions (RC0808).
    pub shell: Option<&'a dyn checks::ShellLint>,
    /// Files of organisation policies, which no mission can widen.
    pub policies: &'a [PathBuf],
}

/// Analyses a file and what it imports.
///
/// # Errors
/// Where the entry cannot be read.
pub fn analyse(vfs: &dyn Vfs, entry: &Path, options: Options<'_>) -> io::Result<Analysis> {
    let loaded = source::load(vfs, entry, options)?;
    Ok(run(vfs, loaded, entry, options))
}

/// As [`analyse`], with the entry's text given; imports are read through `vfs`.
pub fn analyse_text(vfs: &dyn Vfs, entry: &Path, text: &str, options: Options<'_>) -> Analysis {
    let loaded = source::load_text(vfs, entry, text.to_owned(), options);
    run(vfs, loaded, entry, options)
}

fn run(vfs: &dyn Vfs, loaded: source::Loaded, entry: &Path, options: Options<'_>) -> Analysis {
    let root = options.root.or_else(|| entry.parent()).unwrap_or(Path::new(""));
    incremental::whole(vfs, loaded, root, options)
}

/// Types that share their name with one of the library are shown as they were declared.
fn as_declared(diagnostics: &mut [Diagnostic], program: &types::program::Program) {
    let keys = program.shadowing_keys();
    if keys.is_empty() {
        return;
    }
    let shown = |text: &mut String| {
        for key in &keys {
            if text.contains(key.as_str()) {
                *text = text.replace(key.as_str(), key.trim_start_matches("mission."));
            }
        }
    };
    for d in diagnostics {
        shown(&mut d.message);
        shown(&mut d.primary.message);
        d.secondary.iter_mut().for_each(|l| shown(&mut l.message));
        d.notes.iter_mut().chain(&mut d.help).for_each(shown);
        for fix in &mut d.fixes {
            shown(&mut fix.title);
            fix.edits.iter_mut().for_each(|e| shown(&mut e.text));
        }
    }
}

/// Takes off names and types on a line that has a syntax error: they follow from it.
fn follow_from_syntax(diagnostics: &mut Vec<Diagnostic>, sources: &SourceMap) {
    let line = |d: &Diagnostic| {
        let text = &sources.file(d.primary.file).text;
        let before = text.get(..d.primary.span.start as usize).unwrap_or_default();
        (d.primary.file, before.rfind('\n').map_or(0, |i| i + 1))
    };
    let broken: std::collections::BTreeSet<(FileId, usize)> =
        diagnostics.iter().filter(|d| d.code.starts_with("RC00")).map(line).collect();
    if broken.is_empty() {
        return;
    }
    // What a broken line would have declared is not there either.
    let words: std::collections::BTreeSet<String> = broken
        .iter()
        .flat_map(|(file, start)| {
            let text = sources.file(*file).text.get(*start..).unwrap_or_default().lines().next();
            let words = text.unwrap_or_default().split(|c: char| !(c.is_alphanumeric() || c == '_'));
            words.filter(|w| !w.is_empty()).map(str::to_owned)
        })
        .collect();
    let unknown = |d: &Diagnostic| {
        let named = sources.file(d.primary.file).text.get(d.primary.span.range()).unwrap_or_default();
        d.code == "RC0101" && words.contains(named)
    };
    let follows = |d: &Diagnostic| d.code.starts_with("RC01") || d.code.starts_with("RC02");
    diagnostics.retain(|d| !unknown(d) && (!follows(d) || !broken.contains(&line(d))));
}

/// Untrusted text that chooses a program, path or host is the cause; that no policy line covers what it
/// chooses only follows.
fn one_cause(found: &mut Vec<Diagnostic>) {
    const CHOICES: [&str; 3] = ["RC0404", "RC0405", "RC0406"];
    let chosen: Vec<spans::Place> = found.iter().filter(|d| CHOICES.contains(&d.code)).map(place).collect();
    let holds = |whole: spans::Place, part: &spans::Place| {
        whole.file == part.file && whole.span.contains(part.span.start) && whole.span.contains(part.span.end)
    };
    found.retain(|d| {
        !matches!(d.code, "RC0301" | "RC0302") || !chosen.iter().any(|choice| holds(place(d), choice))
    });
}

fn place(diagnostic: &Diagnostic) -> spans::Place {
    spans::Place { file: diagnostic.primary.file, span: diagnostic.primary.span }
}

/// By file and place, errors first where they stand at one place; what is said twice is said once.
fn sort(diagnostics: &mut Vec<Diagnostic>) {
    diagnostics.sort_by(|a, b| {
        let key = |d: &Diagnostic| (d.primary.file, d.primary.span.start, d.primary.span.end);
        key(a)
            .cmp(&key(b))
            .then(b.severity.cmp(&a.severity))
            .then((a.code, &a.message).cmp(&(b.code, &b.message)))
    });
    diagnostics.dedup();
}
