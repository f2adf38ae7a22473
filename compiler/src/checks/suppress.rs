//! `// allow(RC0401): reason` on the line above: the finding is taken off, and told where it takes nothing off.

use rustchain_grammar::{Applicability, Diagnostic, Severity, SourceMap, Span};

/// A suppression comment.
struct Suppression {
    codes: Vec<String>,
    /// Has a reason.
    reason: bool,
    /// The comment.
    span: Span,
    /// The next line that is no comment.
    covers: Span,
    used: bool,
}

/// Takes off what suppression comments name; errors stay. Adds RC0810 for each comment without a reason
/// and for each that takes nothing off.
pub fn suppress(mut found: Vec<Diagnostic>, sources: &SourceMap) -> Vec<Diagnostic> {
    let mut added = Vec::new();
    for (id, file) in sources.iter() {
        if !file.text.contains("allow(RC") {
            continue;
        }
        let mut all = suppressions(&file.text);
        found.retain(|d| {
            let here = d.primary.file == id && d.severity != Severity::Error;
            let hit = all.iter_mut().find(|s| {
                s.reason && s.codes.iter().any(|c| c == d.code) && s.covers.contains(d.primary.span.start)
            });
            match hit.filter(|_| here) {
                Some(suppression) => {
                    suppression.used = true;
                    false
                }
                None => true,
            }
        });
        for s in all.iter().filter(|s| !s.used) {
            let what = s.codes.join(", ");
            let message = match s.reason {
                true => format!("`allow({what})` suppresses nothing"),
                false => format!("`allow({what})` has no reason"),
            };
            let mut diagnostic = Diagnostic::new("RC0810", Severity::Low, id, s.span, message);
            diagnostic = match s.reason {
                true => diagnostic.fix("remove the comment", Applicability::Safe, s.span, ""),
                false => diagnostic.help("write it after a colon: `// allow(RC0401): why it is safe here`"),
            };
            added.push(diagnostic);
        }
    }
    found.extend(added);
    found
}

fn suppressions(text: &str) -> Vec<Suppression> {
    let mut out: Vec<Suppression> = Vec::new();
    let mut waiting = 0;
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let start = at;
        at += line.len();
        let trimmed = line.trim();
        let span = |from: usize, len: usize| Span::new(from as u32, (from + len) as u32);
        if trimmed.starts_with("//") {
            let indent = line.len() - line.trim_start().len();
            if let Some((codes, reason)) = parse(trimmed) {
                let span = span(start + indent, trimmed.len());
                out.push(Suppression { codes, reason, span, covers: span, used: false });
                waiting += 1;
            }
            continue;
        }
        if trimmed.is_empty() {
            continue;
        }
        let covers = span(start, line.trim_end().len());
        let first = out.len() - waiting;
        out.iter_mut().skip(first).for_each(|s| s.covers = covers);
        waiting = 0;
    }
    out
}

/// The codes of `// allow(RC0401, RC0402): reason`, and whether there is a reason.
fn parse(comment: &str) -> Option<(Vec<String>, bool)> {
    let rest = comment.trim_start_matches('/').trim_start().strip_prefix("allow(")?;
    let (codes, after) = rest.split_once(')')?;
    let codes: Vec<String> = codes.split(',').map(|c| c.trim().to_owned()).collect();
    let valid =
        |c: &String| c.len() == 6 && c.starts_with("RC") && c.chars().skip(2).all(|c| c.is_ascii_digit());
    if !codes.iter().all(valid) {
        return None;
    }
    let reason = after.trim().strip_prefix(':').is_some_and(|r| !r.trim().is_empty());
    Some((codes, reason))
}
