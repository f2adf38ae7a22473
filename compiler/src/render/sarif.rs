//! SARIF 2.1.0 with rules, code flows and fixes.

use super::locate::Lines;
use super::{confidence_name, severity_name};
use crate::checks::rule_of;
use rustchain_grammar::{Diagnostic, FileId, Fix, Label, Severity, Span};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

pub(super) fn render(diagnostics: &[Diagnostic], lines: &Lines) -> String {
    let mut rules: BTreeMap<&str, &Diagnostic> = BTreeMap::new();
    for d in diagnostics {
        rules.entry(d.code).or_insert(d);
    }
    let codes: Vec<&str> = rules.keys().copied().collect();
    let rule_list: Vec<Value> = rules.iter().map(|(code, d)| rule(code, d)).collect();
    let results: Vec<Value> = diagnostics.iter().map(|d| result(d, &codes, lines)).collect();
    let sarif = json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "rustchain",
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "informationUri": env!("CARGO_PKG_REPOSITORY"),
                "rules": rule_list,
            }},
            "columnKind": "unicodeCodePoints",
            "originalUriBaseIds": { "ROOT": { "description": { "text": "The folder the command ran in." } } },
            "results": results,
        }],
    });
    format!("{sarif:#}\n")
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error | Severity::High => "error",
        Severity::Medium => "warning",
        Severity::Low | Severity::Note => "note",
    }
}

fn rule(code: &str, first: &Diagnostic) -> Value {
    let page = crate::explain::explain(code);
    let title = page.map_or(first.message.as_str(), |p| p.title());
    let name = rule_of(code).map_or(title, |r| r.name);
    let text = page.map_or(first.message.as_str(), |p| p.text());
    json!({
        "id": code,
        "name": pascal_case(name),
        "shortDescription": { "text": sentence(title) },
        "fullDescription": { "text": sentence(title) },
        "help": { "text": text, "markdown": text },
        "helpUri": format!("{}/blob/main/docs/rules.md#{}", env!("CARGO_PKG_REPOSITORY"), code.to_lowercase()),
        "defaultConfiguration": { "level": level(first.severity) },
        "properties": {
            "severity": severity_name(rule_of(code).map_or(first.severity, |r| r.severity)),
            "confidence": confidence_name(code),
            "tags": tags(code),
        },
    })
}

/// What a viewer groups rules by: the family of the code.
fn tags(code: &str) -> Vec<&'static str> {
    match code.get(..4) {
        Some("RC03" | "RC04" | "RC10") => vec!["security"],
        Some("RC05") => vec!["reliability"],
        Some("RC06") => vec!["security", "cost"],
        Some("RC07") => vec!["import"],
        Some("RC08") => vec!["correctness"],
        _ => vec!["compiler"],
    }
}

fn pascal_case(title: &str) -> String {
    let words = title.split(|c: char| !c.is_ascii_alphanumeric()).filter(|w| !w.is_empty());
    words.flat_map(|w| w.chars().take(1).map(|c| c.to_ascii_uppercase()).chain(w.chars().skip(1))).collect()
}

fn sentence(text: &str) -> String {
    let mut chars = text.trim_end_matches('.').chars();
    let first = chars.next().map(|c| c.to_uppercase().to_string()).unwrap_or_default();
    format!("{first}{}.", chars.as_str())
}

fn result(d: &Diagnostic, codes: &[&str], lines: &Lines) -> Value {
    let mut message = sentence(&d.message);
    if let Some(help) = &d.help {
        message = format!("{message} {}", sentence(help));
    }
    let mut result = json!({
        "ruleId": d.code,
        "ruleIndex": codes.binary_search(&d.code).unwrap_or(0),
        "level": level(d.severity),
        "message": { "text": message },
        "locations": [location(&d.primary, lines)],
        "properties": { "severity": severity_name(d.severity), "confidence": confidence_name(d.code) },
    });
    if !d.secondary.is_empty() {
        let steps = d.secondary.iter().chain(std::iter::once(&d.primary));
        let locations: Vec<Value> = steps.map(|l| json!({ "location": location(l, lines) })).collect();
        result["codeFlows"] = json!([{ "threadFlows": [{ "locations": locations }] }]);
    }
    if !d.fixes.is_empty() {
        result["fixes"] = d.fixes.iter().map(|f| fix(f, lines)).collect();
    }
    result
}

fn location(label: &Label, lines: &Lines) -> Value {
    let mut region = region(label.file, label.span, lines);
    region["snippet"] = json!({ "text": lines.text(label.file).get(label.span.range()).unwrap_or_default() });
    let mut location = json!({ "physicalLocation": {
        "artifactLocation": artifact(label.file, lines),
        "region": region,
        "contextRegion": context_region(label.file, label.span, lines),
    }});
    if !label.message.is_empty() {
        location["message"] = json!({ "text": sentence(&label.message) });
    }
    location
}

fn artifact(file: FileId, lines: &Lines) -> Value {
    let path = lines.path(file).replace('\\', "/");
    let path = path.strip_prefix("./").unwrap_or(&path);
    let mut artifact = Map::new();
    artifact.insert("uri".into(), json!(encode_path(path)));
    if !path.starts_with('/') {
        artifact.insert("uriBaseId".into(), json!("ROOT"));
    }
    Value::Object(artifact)
}

fn encode_path(path: &str) -> String {
    let mut out = String::new();
    for byte in path.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => {
                out.push(byte as char)
            }
            other => out.push_str(&format!("%{other:02X}")),
        }
    }
    out
}

fn region(file: FileId, span: Span, lines: &Lines) -> Value {
    let (start, end) = lines.range(file, span);
    json!({
        "startLine": start.line, "startColumn": start.column,
        "endLine": end.line, "endColumn": end.column,
    })
}

/// The lines of a span with one before and one after.
fn context_region(file: FileId, span: Span, lines: &Lines) -> Value {
    let (first, last) = (lines.line_index(file, span.start), lines.line_index(file, span.end));
    let (first, mut last) = (first.saturating_sub(1), last + 1);
    while last > first && lines.line_range(file, last).is_none_or(|r| r.is_empty()) {
        last -= 1;
    }
    let start = lines.line_range(file, first).map_or(0, |r| r.start);
    let end = lines.line_range(file, last).map_or(lines.text(file).len(), |r| r.end);
    let text = lines.text(file).get(start..end).unwrap_or_default().trim_end_matches(['\r', '\n']);
    json!({ "startLine": first + 1, "endLine": last + 1, "snippet": { "text": text } })
}

fn fix(fix: &Fix, lines: &Lines) -> Value {
    let mut files: BTreeMap<FileId, Vec<Value>> = BTreeMap::new();
    for edit in &fix.edits {
        files.entry(edit.file).or_default().push(json!({
            "deletedRegion": region(edit.file, edit.span, lines),
            "insertedContent": { "text": edit.text },
        }));
    }
    let changes: Vec<Value> = files
        .into_iter()
        .map(|(file, list)| json!({ "artifactLocation": artifact(file, lines), "replacements": list }))
        .collect();
    json!({ "description": { "text": sentence(&fix.title) }, "artifactChanges": changes })
}
