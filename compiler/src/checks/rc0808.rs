//! shell-defect: what a shell linter says of a script.

use super::context::Context;
use crate::command::{UNKNOWN, argument_text};
use crate::spans::Place;
use rustchain_grammar::{Diagnostic, Severity, Span};
use std::collections::BTreeSet;

/// A defect of a script.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShellDefect {
    /// The linter's code, such as `SC2086`.
    pub code: String,
    /// What is wrong.
    pub message: String,
    /// The line of the script, from 1.
    pub line: usize,
    /// Worth a finding of medium severity; else low.
    pub grave: bool,
}

/// Somebody who reads shell scripts. The compiler runs no program: who calls it may.
pub trait ShellLint: Sync {
    /// The defects of a bash script.
    fn lint(&self, script: &str) -> Vec<ShellDefect>;
}

pub(super) fn run(context: &Context<'_>) -> Vec<Diagnostic> {
    let Some(shell) = context.shell else { return Vec::new() };
    let mut out = Vec::new();
    let mut seen = BTreeSet::new();
    for (site, call) in context.calls().filter(|(_, call)| call.callee == "exec.bash") {
        let Some(script) = argument_text(&site.scope, call, "script") else { continue };
        let place = context.argument(site, call, "script");
        // A script with holes is another one each time; RC0402 and RC0401 speak of it.
        if script.contains(UNKNOWN) || !seen.insert(place) {
            continue;
        }
        for defect in shell.lint(&script) {
            let severity = if defect.grave { Severity::Medium } else { Severity::Low };
            let at = line_of(context, place, &script, defect.line);
            let message = format!("{} ({})", defect.message.trim_end_matches('.'), defect.code);
            out.push(context.finding("RC0808", severity, at, message).label("shellcheck says so"));
        }
    }
    out
}

/// Where a line of the script stands in the source; the whole script where it is not found.
fn line_of(context: &Context<'_>, whole: Place, script: &str, line: usize) -> Place {
    let wanted = script.lines().nth(line.saturating_sub(1)).unwrap_or_default().trim();
    let same_before = script.lines().take(line.saturating_sub(1)).filter(|l| l.trim() == wanted).count();
    let text = context.text(whole);
    let found = text.match_indices(wanted).nth(same_before).filter(|_| !wanted.is_empty());
    let Some((at, found)) = found else { return whole };
    let start = whole.span.start + at as u32;
    Place { file: whole.file, span: Span::new(start, start + found.len() as u32) }
}
