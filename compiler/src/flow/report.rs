//! Findings of flow: once a place, in order.

use crate::spans::Place;
use rustchain_grammar::{Diagnostic, Label, Severity};
use smol_str::SmolStr;
use std::collections::{BTreeMap, BTreeSet};

/// A finding before it is told.
pub(super) struct Finding {
    pub code: &'static str,
    pub severity: Severity,
    pub place: Place,
    pub message: String,
    /// What stands at the place.
    pub label: &'static str,
    /// The way there, source first.
    pub path: Vec<Label>,
    pub note: Option<&'static str>,
    pub help: Option<&'static str>,
}

/// Collects findings; the first at a place with a code stands.
pub(super) struct Reporter {
    inferred: bool,
    found: BTreeMap<(Place, &'static str), Diagnostic>,
    refused: BTreeSet<(String, SmolStr)>,
}

impl Reporter {
    pub fn new(inferred: bool) -> Self {
        Reporter { inferred, found: BTreeMap::new(), refused: BTreeSet::new() }
    }

    pub fn clear(&mut self) {
        self.found.clear();
        self.refused.clear();
    }

    /// The argument of a call was refused by its sink.
    pub fn refuse(&mut self, path: &str, param: &str) {
        self.refused.insert((path.to_owned(), param.into()));
    }

    /// Was one of these codes found at a place?
    pub fn has(&self, place: Place, codes: &[&'static str]) -> bool {
        codes.iter().any(|code| self.found.contains_key(&(place, *code)))
    }

    /// Under `policy inferred` errors are findings of severity high.
    pub fn add(&mut self, finding: Finding) {
        let Place { file, span } = finding.place;
        let severity = match finding.severity {
            Severity::Error if self.inferred => Severity::High,
            other => other,
        };
        let mut diagnostic =
            Diagnostic::new(finding.code, severity, file, span, finding.message).label(finding.label);
        diagnostic.secondary = finding.path;
        diagnostic.secondary.retain(|l| (l.file, l.span) != (file, span));
        diagnostic.notes.extend(finding.note.map(str::to_owned));
        diagnostic.help = finding.help.map(str::to_owned);
        self.found.entry((finding.place, finding.code)).or_insert(diagnostic);
    }

    pub fn finish(self) -> (Vec<Diagnostic>, BTreeSet<(String, SmolStr)>) {
        (self.found.into_values().collect(), self.refused)
    }
}
