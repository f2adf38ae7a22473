//! For people: source excerpts, or one line a diagnostic.

use super::locate::Lines;
use codespan_reporting::diagnostic as codespan;
use codespan_reporting::files::{Error, Files};
use codespan_reporting::term::termcolor::Ansi;
use codespan_reporting::term::{self, Config, DisplayStyle, Styles, StylesWriter};
use rustchain_grammar::{Diagnostic, FileId, Severity};

pub(super) fn render(diagnostics: &[Diagnostic], lines: &Lines, short: bool, color: bool) -> String {
    let display_style = if short { DisplayStyle::Short } else { DisplayStyle::Rich };
    let config = Config { display_style, ..Config::default() };
    let styles = Styles::default();
    let mut out = Vec::new();
    for diagnostic in diagnostics {
        let report = convert(diagnostic, short);
        let written = if color {
            let mut writer = StylesWriter::new(Ansi::new(&mut out), &styles);
            term::emit_to_write_style(&mut writer, &config, lines, &report)
        } else {
            term::emit_to_io_write(&mut out, &config, lines, &report)
        };
        if written.is_err() {
            let line =
                format!("{}[{}]: {}\n", word(diagnostic.severity), diagnostic.code, diagnostic.message);
            out.extend_from_slice(line.as_bytes());
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

/// The word before the code, as compilers use it.
pub(super) fn word(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::High | Severity::Medium => "warning",
        Severity::Low | Severity::Note => "note",
    }
}

fn convert(diagnostic: &Diagnostic, short: bool) -> codespan::Diagnostic<FileId> {
    let severity = match diagnostic.severity {
        Severity::Error => codespan::Severity::Error,
        Severity::High | Severity::Medium => codespan::Severity::Warning,
        Severity::Low | Severity::Note => codespan::Severity::Note,
    };
    let primary = &diagnostic.primary;
    let mut labels =
        vec![codespan::Label::primary(primary.file, primary.span.range()).with_message(&primary.message)];
    let mut notes = Vec::new();
    if !short {
        labels.extend(diagnostic.secondary.iter().map(|label| {
            codespan::Label::secondary(label.file, label.span.range()).with_message(&label.message)
        }));
        notes.extend(diagnostic.notes.iter().cloned());
        notes.extend(diagnostic.help.iter().map(|help| format!("help: {help}")));
        let titles = diagnostic.fixes.iter().filter(|f| diagnostic.help.as_ref() != Some(&f.title));
        notes.extend(titles.map(|fix| format!("fix: {}", fix.title)));
    }
    codespan::Diagnostic::new(severity)
        .with_code(diagnostic.code)
        .with_message(&diagnostic.message)
        .with_labels(labels)
        .with_notes(notes)
}

impl<'a> Files<'a> for Lines<'_> {
    type FileId = FileId;
    type Name = &'a str;
    type Source = &'a str;

    fn name(&'a self, id: FileId) -> Result<&'a str, Error> {
        Ok(self.path(id))
    }

    fn source(&'a self, id: FileId) -> Result<&'a str, Error> {
        Ok(self.text(id))
    }

    fn line_index(&'a self, id: FileId, byte_index: usize) -> Result<usize, Error> {
        Ok(Lines::line_index(self, id, byte_index as u32))
    }

    fn line_range(&'a self, id: FileId, line_index: usize) -> Result<std::ops::Range<usize>, Error> {
        let max = Lines::line_index(self, id, u32::MAX);
        Lines::line_range(self, id, line_index).ok_or(Error::LineTooLarge { given: line_index, max })
    }
}
