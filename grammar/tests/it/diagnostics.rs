//! What is said about broken files. The files of `tests/broken` say themselves what is wrong with them.

use crate::files::fixtures;
use rustchain_grammar::{Diagnostic, FileId, Span, parse};

/// The line of a place with the place underlined.
fn place(text: &str, span: Span) -> String {
    let start = span.start as usize;
    let line_start = text[..start].rfind('\n').map_or(0, |at| at + 1);
    let line_end = text[start..].find('\n').map_or(text.len(), |at| start + at);
    let number = text[..start].matches('\n').count() + 1;
    let lead = text[line_start..start].chars().count();
    let width = text[start..(span.end as usize).min(line_end).max(start)].chars().count().max(1);
    format!("{number:>3} | {}\n    | {}{}", &text[line_start..line_end], " ".repeat(lead), "^".repeat(width))
}

fn show(text: &str, found: &Diagnostic) -> String {
    let mut lines = vec![format!("{}: {}", found.code, found.message), place(text, found.primary.span)];
    if !found.primary.message.is_empty() {
        lines.push(format!("    = {}", found.primary.message));
    }
    for label in &found.secondary {
        lines.push(format!("  {}", label.message));
        lines.push(place(text, label.span));
    }
    lines.extend(found.help.iter().map(|help| format!("  help: {help}")));
    lines.extend(found.fixes.iter().map(|fix| format!("  fix: {}", fix.title)));
    lines.join("\n")
}

#[test]
fn broken_files() {
    let shown: Vec<String> = fixtures("broken")
        .iter()
        .map(|(name, text)| {
            let found = parse(text, FileId(0)).diagnostics;
            assert!(!found.is_empty(), "{name} is not broken");
            let found: Vec<String> = found.iter().map(|d| show(text, d)).collect();
            format!("## {name}\n{}", found.join("\n"))
        })
        .collect();
    insta::assert_snapshot!(shown.join("\n\n"));
}

#[test]
fn one_cause_has_one_message() {
    for (name, text) in fixtures("broken") {
        let Some(count) = name.rsplit_once("__").and_then(|(_, n)| n.parse::<usize>().ok()) else { continue };
        assert_eq!(parse(&text, FileId(0)).diagnostics.len(), count, "{name}");
    }
    let single = fixtures("broken").into_iter().filter(|(name, _)| !name.contains("__"));
    for (name, text) in single {
        assert_eq!(parse(&text, FileId(0)).diagnostics.len(), 1, "{name}");
    }
}
