//! JSON with `schema_version`; every shape is stable within a version.

use super::locate::{Lines, Position};
use super::{confidence_name, severity_name};
use crate::checks::rule_of;
use rustchain_grammar::{Applicability, Diagnostic, FileId, Fix, Label, Span};
use serde_json::{Value, json};

/// Version of the shapes in this file.
const SCHEMA_VERSION: u32 = 1;

pub(super) fn render(diagnostics: &[Diagnostic], lines: &Lines) -> String {
    let all: Vec<Value> = diagnostics.iter().map(|d| diagnostic(d, lines)).collect();
    let whole = json!({ "schema_version": SCHEMA_VERSION, "diagnostics": all });
    format!("{whole:#}\n")
}

pub(super) fn render_lines(diagnostics: &[Diagnostic], lines: &Lines) -> String {
    let mut out = String::new();
    for d in diagnostics {
        let mut one = diagnostic(d, lines);
        one["schema_version"] = json!(SCHEMA_VERSION);
        out.push_str(&one.to_string());
        out.push('\n');
    }
    out
}

fn diagnostic(d: &Diagnostic, lines: &Lines) -> Value {
    json!({
        "code": d.code,
        "severity": severity_name(d.severity),
        "confidence": confidence_name(d.code),
        "rule": rule_of(d.code).map(|r| r.name),
        "message": d.message,
        "location": label(&d.primary, lines),
        "related": d.secondary.iter().map(|l| label(l, lines)).collect::<Vec<_>>(),
        "notes": d.notes,
        "help": d.help,
        "fixes": d.fixes.iter().map(|f| fix(f, lines)).collect::<Vec<_>>(),
    })
}

fn label(label: &Label, lines: &Lines) -> Value {
    let mut value = place(label.file, label.span, lines);
    value["text"] = json!(lines.text(label.file).get(label.span.range()));
    value["message"] = json!(label.message);
    value
}

fn place(file: FileId, span: Span, lines: &Lines) -> Value {
    let (start, end) = lines.range(file, span);
    let position = |p: Position, byte: u32| json!({ "line": p.line, "column": p.column, "byte": byte });
    json!({
        "file": lines.path(file),
        "start": position(start, span.start),
        "end": position(end, span.end),
    })
}

fn fix(fix: &Fix, lines: &Lines) -> Value {
    let edits = fix.edits.iter().map(|e| {
        let mut edit = place(e.file, e.span, lines);
        edit["text"] = json!(e.text);
        edit
    });
    let applicability = match fix.applicability {
        Applicability::Safe => "safe",
        Applicability::Suggest => "suggest",
    };
    json!({ "title": fix.title, "applicability": applicability, "edits": edits.collect::<Vec<_>>() })
}
