//! GitLab code quality: a JSON array with a fingerprint for each finding.

use super::locate::Lines;
use rustchain_grammar::{Diagnostic, Severity};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

pub(super) fn render(diagnostics: &[Diagnostic], lines: &Lines) -> String {
    let mut seen: BTreeMap<String, u32> = BTreeMap::new();
    let all: Vec<Value> = diagnostics
        .iter()
        .map(|d| {
            let base = base(d, lines);
            let nth = seen.entry(base.clone()).or_default();
            *nth += 1;
            issue(d, &format!("{base}\u{0}{nth}"), lines)
        })
        .collect();
    format!("{:#}\n", Value::Array(all))
}

/// What stays the same when lines move: the code, the file, the text of the place.
fn base(d: &Diagnostic, lines: &Lines) -> String {
    let text = lines.text(d.primary.file).get(d.primary.span.range()).unwrap_or_default();
    format!("{}\u{0}{}\u{0}{text}", d.code, lines.path(d.primary.file))
}

fn issue(d: &Diagnostic, identity: &str, lines: &Lines) -> Value {
    let severity = match d.severity {
        Severity::Error => "blocker",
        Severity::High => "critical",
        Severity::Medium => "major",
        Severity::Low => "minor",
        Severity::Note => "info",
    };
    let (start, end) = lines.range(d.primary.file, d.primary.span);
    let path = lines.path(d.primary.file);
    let fingerprint: String =
        Sha256::digest(identity.as_bytes()).iter().map(|b| format!("{b:02x}")).collect();
    json!({
        "description": d.message,
        "check_name": d.code,
        "fingerprint": fingerprint,
        "severity": severity,
        "location": {
            "path": path.strip_prefix("./").unwrap_or(path),
            "lines": { "begin": start.line, "end": end.line },
        },
    })
}
