//! GitHub workflow commands: annotations on the changed files of a pull request.

use super::locate::Lines;
use rustchain_grammar::{Diagnostic, Severity};

pub(super) fn render(diagnostics: &[Diagnostic], lines: &Lines) -> String {
    diagnostics.iter().map(|d| annotation(d, lines)).collect()
}

fn annotation(d: &Diagnostic, lines: &Lines) -> String {
    let command = match d.severity {
        Severity::Error | Severity::High => "error",
        Severity::Medium => "warning",
        Severity::Low | Severity::Note => "notice",
    };
    let (start, end) = lines.range(d.primary.file, d.primary.span);
    let mut message = format!("{} [{}]", d.message, d.code);
    for line in d.notes.iter().chain(&d.help) {
        message.push('\n');
        message.push_str(line);
    }
    let columns = if start.line == end.line {
        format!(",col={},endColumn={}", start.column, end.column)
    } else {
        String::new()
    };
    format!(
        "::{command} file={},line={},endLine={}{columns},title={}::{}\n",
        property(lines.path(d.primary.file)),
        start.line,
        end.line,
        property(d.code),
        data(&message),
    )
}

fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
