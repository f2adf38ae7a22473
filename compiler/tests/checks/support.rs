//! What the tests share.

use rustchain_compiler::checks::{ShellDefect, ShellLint};
use rustchain_compiler::{Analysis, MemoryVfs, Options, analyse_text};
use rustchain_grammar::{Diagnostic, Fix};
use std::fmt::Write;
use std::path::Path;

/// Analyses one text with every rule.
pub fn check(text: &str) -> Analysis {
    let mut vfs = MemoryVfs::new();
    vfs.insert("redact.mission", include_str!("../fixtures/whole/redact.mission"));
    analyse_text(&vfs, Path::new("m.mission"), text, Options { shell: Some(&Unquoted), ..Options::default() })
}

/// Stands for a shell linter: it knows one defect.
struct Unquoted;

impl ShellLint for Unquoted {
    fn lint(&self, script: &str) -> Vec<ShellDefect> {
        let bare = script.lines().position(|l| l.starts_with("cd $"));
        let message = "Double quote to prevent globbing and word splitting.".to_owned();
        let defect = |line| ShellDefect { code: "SC2086".to_owned(), message, line: line + 1, grave: true };
        bare.map(defect).into_iter().collect()
    }
}

/// The codes found, sorted, once each.
pub fn codes(analysis: &Analysis) -> Vec<&'static str> {
    let mut codes: Vec<&str> = analysis.diagnostics.iter().map(|d| d.code).collect();
    codes.sort_unstable();
    codes.dedup();
    codes
}

/// A diagnostic as a person compares it.
pub fn shown(analysis: &Analysis, d: &Diagnostic) -> String {
    let mut out = String::new();
    let text = |label: &rustchain_grammar::Label| {
        let file = &analysis.sources.file(label.file).text;
        let line = file[..label.span.start as usize].matches('\n').count() + 1;
        let words = file.get(label.span.range()).unwrap_or_default().replace('\n', "⏎");
        format!("{line}: {words}")
    };
    let _ = writeln!(out, "{:?} {}: {}", d.severity, d.code, d.message);
    let _ = writeln!(out, "  at {} ({})", text(&d.primary), d.primary.message);
    for label in &d.secondary {
        let _ = writeln!(out, "  also {} ({})", text(label), label.message);
    }
    for note in &d.notes {
        let _ = writeln!(out, "  note: {note}");
    }
    if let Some(help) = &d.help {
        let _ = writeln!(out, "  help: {help}");
    }
    for fix in &d.fixes {
        let edits: Vec<String> = fix.edits.iter().map(|e| format!("{:?}", e.text)).collect();
        let _ = writeln!(out, "  fix ({:?}): {}: {}", fix.applicability, fix.title, edits.join(", "));
    }
    out
}

/// A text with the edits of a fix made.
pub fn applied(text: &str, fix: &Fix) -> String {
    let mut edits = fix.edits.clone();
    edits.sort_by_key(|e| std::cmp::Reverse(e.span.start));
    let mut out = text.to_owned();
    for edit in edits {
        out.replace_range(edit.span.range(), &edit.text);
    }
    out
}
