//! JUnit XML: a test suite a file, a failed test case a diagnostic, a passed one for a clean file.

use super::human::word;
use super::locate::Lines;
use rustchain_grammar::{Diagnostic, FileId};
use std::fmt::Write;

pub(super) fn render(diagnostics: &[Diagnostic], lines: &Lines) -> String {
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let files: Vec<FileId> = lines.sources.iter().map(|(id, _)| id).collect();
    let failures = diagnostics.len();
    let clean = files.iter().filter(|id| !diagnostics.iter().any(|d| d.primary.file == **id)).count();
    let tests = failures + clean;
    // Writing to a String cannot fail.
    let _ = writeln!(out, "<testsuites name=\"rustchain\" tests=\"{tests}\" failures=\"{failures}\">");
    for id in files {
        let of_file: Vec<&Diagnostic> = diagnostics.iter().filter(|d| d.primary.file == id).collect();
        suite(&mut out, id, &of_file, lines);
    }
    out.push_str("</testsuites>\n");
    out
}

fn suite(out: &mut String, file: FileId, diagnostics: &[&Diagnostic], lines: &Lines) {
    let path = escape(lines.path(file));
    let (tests, failures) = (diagnostics.len().max(1), diagnostics.len());
    let _ = writeln!(
        out,
        "  <testsuite name=\"{path}\" tests=\"{tests}\" failures=\"{failures}\" errors=\"0\" skipped=\"0\" time=\"0\">"
    );
    if diagnostics.is_empty() {
        let _ = writeln!(out, "    <testcase name=\"check\" classname=\"{path}\" time=\"0\"/>");
    }
    for d in diagnostics {
        let position = lines.position(file, d.primary.span.start);
        let message = escape(&d.message);
        let place = format!("{path}:{}:{}", position.line, position.column);
        let mut text = format!("{place}: {}[{}]: {message}", word(d.severity), d.code);
        for line in d.notes.iter().chain(&d.help) {
            text.push('\n');
            text.push_str(&escape(line));
        }
        let _ = writeln!(
            out,
            "    <testcase name=\"{} at {}:{}\" classname=\"{path}\" time=\"0\">\n      <failure type=\"{}\" message=\"{message}\">{text}</failure>\n    </testcase>",
            d.code, position.line, position.column, d.code
        );
    }
    out.push_str("  </testsuite>\n");
}

fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\n' | '\t' => out.push(c),
            c if (c as u32) < 0x20 || c == '\u{fffe}' || c == '\u{ffff}' => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
}
