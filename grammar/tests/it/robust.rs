//! No text makes the parser panic or lose a byte.

use crate::files::{fixtures, large};
use rustchain_grammar::{FileId, format, parse, parse_expr};

fn check(text: &str) {
    let parsed = parse(text, FileId(0));
    assert_eq!(parsed.tree().to_string(), text);
    for found in &parsed.diagnostics {
        let span = found.primary.span;
        assert!(text.get(span.range()).is_some(), "{found:?} points outside {text:?}");
        for edit in found.fixes.iter().flat_map(|fix| &fix.edits) {
            assert!(text.get(edit.span.range()).is_some(), "{found:?} edits outside {text:?}");
        }
    }
    if parsed.is_ok() {
        assert!(format(text).is_ok());
    }
}

#[test]
fn every_prefix() {
    for (_, text) in fixtures("fixtures").into_iter().chain(fixtures("broken")) {
        let step = if text.len() > 1_500 { 7 } else { 1 };
        for (at, _) in text.char_indices().step_by(step) {
            check(&text[..at]);
        }
    }
}

#[test]
fn every_deletion_of_one_character() {
    for (_, text) in fixtures("fixtures").into_iter().chain(fixtures("broken")) {
        let step = if text.len() > 1_500 { 7 } else { 1 };
        for (at, c) in text.char_indices().step_by(step) {
            check(&format!("{}{}", &text[..at], &text[at + c.len_utf8()..]));
        }
    }
}

#[test]
fn prefixes_of_a_large_file() {
    let text = large(40_000);
    for (at, _) in text.char_indices().step_by(2_003) {
        check(&text[..at]);
    }
}

#[test]
fn deep_nesting_is_an_error_and_no_crash() {
    for open in [
        "(",
        "[",
        "{",
        "f(",
        "if a then ",
        "!",
        "-",
        "a.",
        "a + ",
        "list<",
        "match a { b => ",
        "[a for b in ",
    ] {
        let text = format!("let a = {}", open.repeat(20_000));
        check(&text);
        let found = parse(&text, FileId(0)).diagnostics;
        assert!(!found.is_empty(), "{open}");
        let _ = parse_expr(&open.repeat(20_000), FileId(0));
    }
}

#[test]
fn long_chains_are_refused_by_name() {
    for text in ["a.".repeat(5_000) + "b", "a + ".repeat(5_000) + "b", "!".repeat(5_000) + "b"] {
        let (_, found) = parse_expr(&text, FileId(0));
        assert_eq!(found.iter().map(|d| d.code).collect::<Vec<_>>(), ["RC0006"]);
    }
}

#[test]
fn odd_bytes() {
    for text in [
        "\0",
        "\u{feff}",
        "\u{feff}let a = 1\n",
        "\r",
        "\u{a0}let a = 1",
        "é",
        "let é = 1",
        "/",
        "//",
        "\"\\",
        "\"${",
    ] {
        check(text);
        check(&format!("mission m {{\n{text}"));
    }
}
