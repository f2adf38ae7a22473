//! What an import says: diagnostics in the YAML, and tolerated spellings gathered to one each.

use rustchain_grammar::{Applicability, Diagnostic, Edit, FileId, Fix, Severity, Span};
use std::collections::BTreeMap;

/// The codes of this importer.
pub(crate) mod code {
    pub const LOSSY: &str = "RC0701";
    pub const SYNTAX: &str = "RC0720";
    pub const SHAPE: &str = "RC0721";
    pub const UNKNOWN_KEY: &str = "RC0722";
    pub const SPELLING: &str = "RC0723";
    pub const DUPLICATE: &str = "RC0724";
    pub const UNKNOWN_DEPENDENCY: &str = "RC0725";
    pub const CYCLE: &str = "RC0726";
    pub const UNKNOWN_STEP_TYPE: &str = "RC0727";
    pub const UNKNOWN_REFERENCE: &str = "RC0728";
    pub const PARAMETER: &str = "RC0729";
}

/// How faithful an import is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Missions in the file, the stack itself not counted.
    pub missions: usize,
    /// Steps read.
    pub steps: usize,
    /// Steps that became a `hole`: `run` refuses them without a shim.
    pub holes: usize,
    /// Keys and parameters that could not be carried.
    pub losses: usize,
    /// References that were resolved.
    pub references: usize,
}

/// Gathers what is to be said.
pub(crate) struct Sink {
    pub file: FileId,
    pub diagnostics: Vec<Diagnostic>,
    pub report: Report,
    spellings: BTreeMap<String, Spelling>,
}

/// One tolerated spelling and all its places.
struct Spelling {
    places: Vec<Span>,
    fix: String,
    edits: Vec<Edit>,
}

impl Sink {
    pub fn new(file: FileId) -> Self {
        Self { file, diagnostics: Vec::new(), report: Report::default(), spellings: BTreeMap::new() }
    }

    pub fn push(&mut self, diagnostic: Diagnostic) {
        self.diagnostics.push(diagnostic);
    }

    pub fn error(&mut self, code: &'static str, span: Span, message: impl Into<String>) {
        self.push(Diagnostic::error(code, self.file, span, message));
    }

    /// A diagnostic to be completed and pushed by the caller.
    pub fn new_at(
        &self,
        code: &'static str,
        severity: Severity,
        span: Span,
        message: impl Into<String>,
    ) -> Diagnostic {
        Diagnostic::new(code, severity, self.file, span, message)
    }

    /// Something that the mission language has no exact form for.
    pub fn lossy(&mut self, severity: Severity, span: Span, message: impl Into<String>, help: &str) {
        self.report.losses += 1;
        let diagnostic = self.new_at(code::LOSSY, severity, span, message);
        self.push(if help.is_empty() { diagnostic } else { diagnostic.help(help) });
    }

    /// A spelling that is understood but not the documented one; all places of one message are told once.
    pub fn spelling(&mut self, message: &str, fix: &str, place: Span, edit: Option<(Span, String)>) {
        let file = self.file;
        let entry = self.spellings.entry(message.into()).or_insert_with(|| Spelling {
            places: Vec::new(),
            fix: fix.into(),
            edits: Vec::new(),
        });
        entry.places.push(place);
        entry.edits.extend(edit.map(|(span, text)| Edit { file, span, text }));
    }

    /// All diagnostics, by place.
    pub fn finish(mut self) -> (Vec<Diagnostic>, Report) {
        for (message, spelling) in std::mem::take(&mut self.spellings) {
            self.diagnostics.push(spelling_diagnostic(self.file, message, spelling));
        }
        self.diagnostics.sort_by_key(|d| (d.primary.span.start, d.primary.span.end, d.code));
        (self.diagnostics, self.report)
    }
}

fn spelling_diagnostic(file: FileId, message: String, spelling: Spelling) -> Diagnostic {
    let first = spelling.places.first().copied().unwrap_or_default();
    let more = spelling.places.len().saturating_sub(1);
    let message = match more {
        0 => message,
        1 => format!("{message} (and 1 more place)"),
        _ => format!("{message} (and {more} more places)"),
    };
    let mut diagnostic = Diagnostic::new(code::SPELLING, Severity::Note, file, first, message);
    if !spelling.edits.is_empty() {
        diagnostic.fixes.push(Fix {
            title: spelling.fix,
            applicability: Applicability::Safe,
            edits: spelling.edits,
        });
    }
    diagnostic
}

/// The candidate closest to a name, where it is close enough to be meant.
pub(crate) fn closest<'c>(name: &str, candidates: impl IntoIterator<Item = &'c str>) -> Option<&'c str> {
    let limit = match name.chars().count() {
        0..=2 => 0,
        3..=5 => 1,
        6..=9 => 2,
        _ => 3,
    };
    let lower = name.to_lowercase();
    let mut best: Option<(usize, &str)> = None;
    for candidate in candidates {
        let distance = distance(&lower, &candidate.to_lowercase(), limit);
        if distance <= limit && best.is_none_or(|(least, _)| distance < least) {
            best = Some((distance, candidate));
        }
    }
    best.map(|(_, candidate)| candidate)
}

/// Edits (insert, delete, replace, swap of neighbours) between two texts; more than `limit` counts as `limit + 1`.
fn distance(a: &str, b: &str, limit: usize) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    if a.len().abs_diff(b.len()) > limit {
        return limit + 1;
    }
    let mut before: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for (i, &x) in a.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, &y) in b.iter().enumerate() {
            let cost = |row: &[usize], at: usize| row.get(at).copied().unwrap_or(usize::MAX / 2);
            let mut least = cost(&last, j) + usize::from(x != y);
            least = least.min(cost(&last, j + 1) + 1).min(cost(&row, j) + 1);
            let swapped = i > 0 && j > 0 && a.get(i - 1) == Some(&y) && b.get(j - 1) == Some(&x);
            if swapped {
                least = least.min(cost(&before, j - 1) + 1);
            }
            row.push(least);
        }
        before = std::mem::replace(&mut last, row);
    }
    last.last().copied().unwrap_or(0)
}
