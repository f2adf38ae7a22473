//! Diagnostics as text: one file an output format. Nothing here decides anything.

mod github;
mod gitlab;
mod human;
mod json;
mod junit;
pub mod locate;
mod sarif;

use crate::checks::rule_of;
use rustchain_grammar::{Diagnostic, Severity, SourceMap};

/// An output format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Source excerpts, for people.
    Human,
    /// One line a diagnostic: `file:line:column: error[RC0301]: message`.
    Short,
    /// One JSON object with all diagnostics.
    Json,
    /// One JSON object a line.
    Jsonl,
    /// SARIF 2.1.0.
    Sarif,
    /// GitHub workflow commands.
    Github,
    /// GitLab code quality.
    Gitlab,
    /// JUnit XML.
    Junit,
}

impl Format {
    /// Every format by its name on the command line.
    pub const NAMED: &'static [(&'static str, Format)] = &[
        ("human", Format::Human),
        ("short", Format::Short),
        ("json", Format::Json),
        ("jsonl", Format::Jsonl),
        ("sarif", Format::Sarif),
        ("github", Format::Github),
        ("gitlab", Format::Gitlab),
        ("junit", Format::Junit),
    ];
}

/// All diagnostics in one format; `files` is every file that was checked, also clean ones (JUnit counts
/// them). Places in generated text are shown where the user wrote them.
pub fn render(format: Format, diagnostics: &[Diagnostic], sources: &SourceMap, color: bool) -> String {
    let resolved: Vec<Diagnostic> = diagnostics.iter().map(|d| locate::resolve(d, sources)).collect();
    let lines = locate::Lines::new(sources);
    match format {
        Format::Human => human::render(&resolved, &lines, false, color),
        Format::Short => human::render(&resolved, &lines, true, color),
        Format::Json => json::render(&resolved, &lines),
        Format::Jsonl => json::render_lines(&resolved, &lines),
        Format::Sarif => sarif::render(&resolved, &lines),
        Format::Github => github::render(&resolved, &lines),
        Format::Gitlab => gitlab::render(&resolved, &lines),
        Format::Junit => junit::render(&resolved, &lines),
    }
}

/// The word of how sure the rule of a code is; compile errors are sure.
fn confidence_name(code: &str) -> &'static str {
    rule_of(code).map_or("high", |rule| rule.confidence.name())
}

/// The word of a severity in every format.
pub fn severity_name(severity: Severity) -> &'static str {
    match severity {
        Severity::Note => "note",
        Severity::Low => "low",
        Severity::Medium => "medium",
        Severity::High => "high",
        Severity::Error => "error",
    }
}
