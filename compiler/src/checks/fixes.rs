//! Edits for findings of passes that see no source text.

use rustchain_grammar::{Applicability, Diagnostic, SourceMap, Span};

/// Adds the edit that mends a finding, where there is a certain form for it.
pub(super) fn add(diagnostic: &mut Diagnostic, sources: &SourceMap) {
    if !diagnostic.fixes.is_empty() {
        return;
    }
    let file = sources.iter().find(|(id, _)| *id == diagnostic.primary.file);
    let Some((_, file)) = file else { return };
    let span = diagnostic.primary.span;
    let edit = match diagnostic.code {
        "RC0405" => confined(&file.text, span),
        "RC0403" => file
            .text
            .get(span.range())
            .map(|word| {
                (
                    "put `\"--\"` before it".to_owned(),
                    Span::new(span.start, span.start),
                    "\"--\", ".to_owned(),
                    word,
                )
            })
            .filter(|_| in_list(&file.text, span))
            .map(|(title, span, text, _)| (title, span, text)),
        _ => None,
    };
    if let Some((title, span, text)) = edit {
        let fixed = diagnostic.clone().fix(title, Applicability::Suggest, span, text);
        diagnostic.fixes = fixed.fixes;
    }
}

/// Does an expression stand directly in a list that is written out?
fn in_list(text: &str, span: Span) -> bool {
    let before = text.get(..span.start as usize).unwrap_or_default().trim_end();
    before.ends_with(',') || before.ends_with('[')
}

/// `"folder/${name}"` as `confine(name, "folder")`; the span is the template or its only labelled hole.
fn confined(text: &str, span: Span) -> Option<(String, Span, String)> {
    let template = template_around(text, span)?;
    let whole = text.get(template.range())?;
    let inner = whole.strip_prefix('"')?.strip_suffix('"')?;
    let hole = inner.find("${")?;
    let folder = inner.get(..hole)?.rfind('/').map(|end| &inner[..end])?;
    let name = inner.get(folder.len() + 1..)?;
    if folder.is_empty() || folder.contains('\\') {
        return None;
    }
    let only = name.strip_prefix("${").and_then(|rest| rest.strip_suffix('}'));
    let plain = only.filter(|e| !e.contains(['{', '}', '"']));
    let new = match plain {
        Some(expression) => format!("confine({expression}, \"{folder}\")"),
        None => format!("confine(\"{name}\", \"{folder}\")"),
    };
    Some((format!("keep it under the folder: `{new}`"), template, new))
}

/// The string literal that a span is, or stands in on the same line.
fn template_around(text: &str, span: Span) -> Option<Span> {
    let own = text.get(span.range())?;
    if own.starts_with('"') {
        return (!own.starts_with("\"\"\"") && own.len() >= 2).then_some(span);
    }
    let line = text.get(..span.start as usize)?.rfind('\n').map_or(0, |i| i + 1);
    let open = line + text.get(line..span.start as usize)?.rfind('"')?;
    let close = span.end as usize + text.get(span.end as usize..)?.split('\n').next()?.find('"')?;
    // Quotes before the opening one must be pairs.
    let before = text.get(line..open)?.matches('"').count();
    (before % 2 == 0).then(|| Span::new(open as u32, close as u32 + 1))
}
