//! obfuscated: text that looks like something else than it is.

use super::context::Context;
use super::text::commands;
use crate::command::{program_of, runs_its_input};
use rustchain_grammar::{Applicability, Diagnostic, FileId, Severity, SourceMap, Span};

/// Characters that hide what a text is.
pub(super) fn of_text(file: FileId, sources: &SourceMap) -> Vec<Diagnostic> {
    let text = &sources.file(file).text;
    let mut out = Vec::new();
    if text.is_ascii() {
        return out;
    }
    for (at, c) in text.char_indices() {
        let Some(what) = hidden(c) else { continue };
        if at == 0 && c == '\u{feff}' {
            continue;
        }
        let span = Span::new(at as u32, (at + c.len_utf8()) as u32);
        let message = format!("{what} (U+{:04X}) hides what this text is", c as u32);
        let finding = Diagnostic::new("RC0809", Severity::Medium, file, span, message);
        out.push(finding.label("not visible").fix("remove it", Applicability::Safe, span, ""));
    }
    out
}

pub(super) fn run(context: &Context<'_>) -> Vec<Diagnostic> {
    let mut out = Vec::new();
    for command in commands(context) {
        if command.pipelines.iter().any(|p| decodes_into_shell(p)) {
            let finding = context
                .finding("RC0809", Severity::Medium, command.place, "the script decodes text and runs it")
                .label("nobody can read what runs");
            out.push(finding.help("write the script out"));
        }
    }
    out
}

fn hidden(c: char) -> Option<&'static str> {
    match c {
        '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200e}' | '\u{200f}' | '\u{061c}' => {
            Some("a direction mark")
        }
        '\u{200b}' | '\u{2060}' | '\u{feff}' | '\u{00ad}' => Some("an invisible character"),
        '\u{e0000}'..='\u{e007f}' => Some("a tag character"),
        _ => None,
    }
}

fn decodes_into_shell(pipeline: &[Vec<String>]) -> bool {
    let decodes = |stage: &Vec<String>| match program_of(stage) {
        Some(("base64", args)) => args.iter().any(|a| matches!(a.as_str(), "-d" | "-D" | "--decode")),
        Some(("xxd", args)) => args.iter().any(|a| a.starts_with("-r")),
        _ => false,
    };
    let at = pipeline.iter().position(decodes);
    at.is_some_and(|i| pipeline.iter().skip(i + 1).any(|s| runs_its_input(s)))
}
