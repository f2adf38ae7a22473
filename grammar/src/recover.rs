//! Messages for what was not understood: the bad span is parsed again strictly, and where that stops is the place.

mod words;

use crate::diagnostic::{Applicability, Diagnostic};
use crate::flat::{self, Refusal};
use crate::kind::SyntaxKind as K;
use crate::lexer;
use crate::lower::list::Context;
use crate::parser::Rule;
use crate::span::{FileId, Span};

/// Says what is wrong with a span that is no member of a list. `left` is the member before it, where nothing
/// separates the two.
pub(crate) fn explain(
    text: &str,
    file: FileId,
    context: Context,
    left: Option<Span>,
    bad: Span,
) -> Diagnostic {
    if let Some(found) = unterminated(text, file, bad) {
        return found;
    }
    let start =
        left.filter(|left| on_one_line(text, left.end, bad.start)).map_or(bad.start, |left| left.start);
    let slice = text.get(start as usize..bad.end as usize).unwrap_or("");
    let bad_text = text.get(bad.range()).unwrap_or("");
    if bad_text.starts_with("///") || (start < bad.start && bad_text.starts_with(['(', '['])) {
        return no_member(text, file, context, bad);
    }
    match flat::parse(context.rule(), slice) {
        Err(Refusal::Mismatch(at, expected)) => {
            let at = start + at;
            if at <= bad.start && start == bad.start {
                return no_member(text, file, context, bad);
            }
            mismatch(text, file, context, at.max(bad.start.min(start + slice.len() as u32)), bad, &expected)
        }
        Err(Refusal::TooDeep(_)) => too_deep(file, Span::new(bad.start, bad.start)),
        Ok(_) => no_member(text, file, context, bad),
    }
}

/// Says what is wrong with a text that is no expression.
pub(crate) fn explain_expr(text: &str, file: FileId, at: u32, expected: &[Rule]) -> Diagnostic {
    let all = Span::new(0, text.len() as u32);
    if let Some(found) = unterminated(text, file, all) {
        return found;
    }
    mismatch(text, file, Context::Element, at, all, expected)
}

/// Brackets that nest too deep.
pub(crate) fn too_deep(file: FileId, at: Span) -> Diagnostic {
    Diagnostic::error("RC0006", file, at, "this nests too deep to be read")
        .help("give the inner parts names with `let`, `step` or `chain`")
}

/// The next member begins where a separator should be.
pub(crate) fn not_separated(text: &str, file: FileId, context: Context, next: Span) -> Diagnostic {
    let found = found_at(text, next.start, next.end);
    if matches!(found.text, "(" | "[") {
        return apart_from_name(file, found);
    }
    let separator = match context {
        Context::Item => "a new line",
        _ if context.ends_at_line() => "a new line or `,`",
        _ => "`,`",
    };
    Diagnostic::error("RC0001", file, found.span, format!("expected {separator}, found {}", found.words))
}

/// `f (x)`.
fn apart_from_name(file: FileId, found: Found<'_>) -> Diagnostic {
    let message = format!("expected a new line or `,`, found {}", found.words);
    let help = format!("`{}` that belongs to what is before it stands there without a blank", found.text);
    Diagnostic::error("RC0001", file, found.span, message).help(help)
}

/// The value before a place where a line should end is a misspelt word of the language.
pub(crate) fn misspelt(text: &str, file: FileId, context: Context, word: Span) -> Option<Diagnostic> {
    let name = text.get(word.range())?;
    let meant = words::similar(name, words::heads(context))?;
    let message = format!("expected {}, found `{name}`", context.noun());
    Some(Diagnostic::error("RC0001", file, word, message).help(format!("did you mean `{meant}`?")).fix(
        format!("write `{meant}`"),
        Applicability::Suggest,
        word,
        meant,
    ))
}

/// A bracket that is never closed.
pub(crate) fn missing_closer(text: &str, file: FileId, at: Span, opened: Span) -> Diagnostic {
    let opener = text.get(opened.range()).unwrap_or("");
    let closer = match opener {
        "(" => ")",
        "[" => "]",
        _ => "}",
    };
    let culprit = if closer == "}" { misplaced_opener(text, opened, at.start) } else { opened };
    Diagnostic::error("RC0002", file, Span::new(at.start, at.start), format!("missing `{closer}`"))
        .label(format!("expected `{closer}` here"))
        .also(file, culprit, format!("this `{opener}` is never closed"))
        .fix(format!("add `{closer}`"), Applicability::Suggest, Span::new(at.start, at.start), closer)
}

/// Two closers that are missing at one place are told at once, the inner one first.
pub(crate) fn join_missing(inner: &mut Diagnostic, outer: Diagnostic) {
    inner.secondary.extend(outer.secondary);
    let added: String =
        outer.fixes.iter().flat_map(|fix| &fix.edits).map(|edit| edit.text.as_str()).collect();
    let Some(fix) = inner.fixes.first_mut() else { return };
    let Some(edit) = fix.edits.first_mut() else { return };
    edit.text.push_str(&added);
    fix.title = format!("add `{}`", edit.text);
    inner.message = format!("missing `{}`", edit.text);
    inner.primary.message = format!("expected `{}` here", edit.text);
}

/// Braces are usually closed at the indent of the line that opened them: the innermost block whose closer stands
/// at another indent is the one that lacks its closer.
fn misplaced_opener(text: &str, opened: Span, end: u32) -> Span {
    let mut open: Vec<(Span, usize)> = Vec::new();
    let slice = text.get(opened.start as usize..end as usize).unwrap_or("");
    for (at, lexed) in lexer::tokens(slice) {
        let at = opened.start + at;
        match lexed.kind {
            K::L_BRACE => open.push((Span::new(at, at + 1), indent(text, at).0)),
            K::R_BRACE => {
                let (closing, is_first) = indent(text, at);
                match open.pop() {
                    Some((span, opening)) if is_first && closing < opening => return span,
                    Some(_) => {}
                    None => return opened,
                }
            }
            _ => {}
        }
    }
    opened
}

/// The indent of the line of a place, and whether the place is the first thing on it.
fn indent(text: &str, at: u32) -> (usize, bool) {
    let before = text.get(..at as usize).unwrap_or("");
    let line = before.rsplit('\n').next().unwrap_or("");
    let width = line.len() - line.trim_start().len();
    (width, width == line.len())
}

fn on_one_line(text: &str, from: u32, to: u32) -> bool {
    text.get(from as usize..to as usize).is_some_and(|gap| !gap.contains('\n'))
}

/// A string without an end is told at its start, whatever else follows from it.
fn unterminated(text: &str, file: FileId, bad: Span) -> Option<Diagnostic> {
    let slice = text.get(bad.range())?;
    let (at, lexed) =
        lexer::tokens(slice).find(|(_, lexed)| lexed.kind == K::STRING && !lexed.is_complete)?;
    let start = bad.start + at;
    let quotes = if slice.get(at as usize..)?.starts_with("\"\"\"") { "\"\"\"" } else { "\"" };
    let message = format!("this string has no closing `{quotes}`");
    let found = Diagnostic::error("RC0003", file, Span::new(start, start + lexed.len), message);
    Some(match quotes {
        "\"" => found.help("a string ends on its own line; text of several lines stands in `\"\"\"`"),
        _ => found,
    })
}

/// Not even the beginning is one of what the list has.
fn no_member(text: &str, file: FileId, context: Context, bad: Span) -> Diagnostic {
    let found = found_at(text, bad.start, bad.end);
    if matches!(found.text, "}" | ")" | "]") {
        return Diagnostic::error(
            "RC0001",
            file,
            found.span,
            format!("this `{}` closes nothing", found.text),
        );
    }
    if found.text.starts_with("///") || found.text.starts_with("//!") {
        let message = "this doc comment documents nothing";
        return Diagnostic::error("RC0001", file, found.span, message)
            .help("a plain comment begins with `//`");
    }
    if context.ends_at_line() && matches!(found.text, "(" | "[") {
        return apart_from_name(file, found);
    }
    let message = format!("expected {}, found {}", context.noun(), found.words);
    let diagnostic = Diagnostic::error("RC0001", file, found.span, message);
    match words::similar(found.text, words::heads(context)) {
        Some(word) => {
            let title = format!("did you mean `{word}`?");
            diagnostic.help(title).fix(format!("write `{word}`"), Applicability::Suggest, found.span, word)
        }
        None => diagnostic,
    }
}

fn mismatch(text: &str, file: FileId, context: Context, at: u32, bad: Span, expected: &[Rule]) -> Diagnostic {
    let found = found_at(text, at, bad.end);
    let expected = words::expected(expected).unwrap_or_else(|| context.noun().to_owned());
    let reserved = words::is_reserved(found.text) && expected.contains("a name");
    let diagnostic =
        Diagnostic::error("RC0001", file, found.span, format!("expected {expected}, found {}", found.words));
    if reserved {
        return diagnostic
            .help(format!("`{0}` is a word of the language; as a name write `` `{0}` ``", found.text));
    }
    diagnostic
}

/// What stands at a place.
struct Found<'a> {
    span: Span,
    text: &'a str,
    words: String,
}

fn found_at(text: &str, at: u32, end: u32) -> Found<'_> {
    let rest = text.get(at as usize..).unwrap_or("");
    let blank = rest.len() - rest.trim_start_matches([' ', '\t', '\r']).len();
    let at = if at < end { at + blank as u32 } else { at };
    let rest = text.get(at as usize..).unwrap_or("");
    let lexed = lexer::next(rest).filter(|l| !matches!(l.kind, K::WHITESPACE | K::COMMENT));
    let Some(lexed) = lexed else {
        let words = if rest.trim().is_empty() { "the end of the file" } else { "the end of the line" };
        let before = text.get(..at as usize).unwrap_or("").trim_end().len() as u32;
        return Found { span: Span::new(before, before), text: "", words: words.to_owned() };
    };
    let token = rest.get(..lexed.len as usize).unwrap_or("");
    let words = match lexed.kind {
        K::STRING => "a string".to_owned(),
        K::DOC | K::FILE_DOC => "a doc comment".to_owned(),
        _ => format!("`{token}`"),
    };
    Found { span: Span::new(at, at + lexed.len), text: token, words }
}
