//! Which findings are told, and which fail a check.

use rustchain_grammar::{Diagnostic, Severity};
use std::collections::BTreeSet;

/// `--only`, `--except` and `--deny`.
#[derive(Clone, Debug)]
pub struct Selection {
    /// Only these codes; empty: all.
    pub only: BTreeSet<String>,
    /// Not these codes; compile errors stay.
    pub except: BTreeSet<String>,
    /// Findings of this severity and above fail the check.
    pub deny: Severity,
}

impl Default for Selection {
    fn default() -> Self {
        Selection { only: BTreeSet::new(), except: BTreeSet::new(), deny: Severity::High }
    }
}

impl Selection {
    /// What is told.
    pub fn apply(&self, found: Vec<Diagnostic>) -> Vec<Diagnostic> {
        let told = |d: &Diagnostic| {
            d.severity == Severity::Error
                || ((self.only.is_empty() || self.only.contains(d.code)) && !self.except.contains(d.code))
        };
        found.into_iter().filter(told).collect()
    }
}

/// Does a check with these findings fail? Errors always do, findings at or above `deny`.
pub fn fails(found: &[Diagnostic], deny: Severity) -> bool {
    found.iter().any(|d| d.severity == Severity::Error || d.severity >= deny)
}
