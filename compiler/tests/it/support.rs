//! What the tests share.

use rustchain_compiler::{Analysis, MemoryVfs, Options, analyse_text};
use rustchain_grammar::Severity;
use std::fmt::Write;
use std::path::Path;

/// Analyses one text.
pub fn analyse(text: &str) -> Analysis {
    analyse_text(&MemoryVfs::new(), Path::new("m.mission"), text, Options::default())
}

/// Diagnostics as a person compares them: code, place, message, and what follows.
pub fn shown(analysis: &Analysis) -> String {
    let mut out = String::new();
    for d in &analysis.diagnostics {
        let file = analysis.sources.file(d.primary.file);
        let start = d.primary.span.start as usize;
        let line = file.text[..start].matches('\n').count() + 1;
        let column = start - file.text[..start].rfind('\n').map_or(0, |i| i + 1) + 1;
        let word = match d.severity {
            Severity::Error => "error",
            _ => "finding",
        };
        let text = file.text.get(d.primary.span.range()).unwrap_or_default().replace('\n', "⏎");
        let _ = writeln!(out, "{word} {} {}:{line}:{column} {}", d.code, file.path, d.message);
        let _ = writeln!(out, "    at {text}");
        if !d.primary.message.is_empty() {
            let _ = writeln!(out, "    label: {}", d.primary.message);
        }
        for other in &d.secondary {
            let text = analysis.sources.file(other.file).text.get(other.span.range()).unwrap_or_default();
            let _ = writeln!(out, "    also: {} ({})", text.replace('\n', "⏎"), other.message);
        }
        for note in &d.notes {
            let _ = writeln!(out, "    note: {note}");
        }
        if let Some(help) = &d.help {
            let _ = writeln!(out, "    help: {help}");
        }
        for fix in &d.fixes {
            let edits: Vec<String> = fix.edits.iter().map(|e| format!("{:?}", e.text)).collect();
            let _ = writeln!(out, "    fix ({:?}): {}: {}", fix.applicability, fix.title, edits.join(", "));
        }
    }
    out
}

/// A fixture's path.
pub fn at(name: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(name)
}
