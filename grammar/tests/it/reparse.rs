//! Parsing again what an edit touched gives what parsing the whole gives.

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use rustchain_grammar::{Diagnostic, FileId, ast, parse, reparse};
use std::path::Path;

/// Replaces some bytes from a place, both as parts of the whole, by a text.
#[derive(Clone, Debug)]
struct Edit {
    at: f64,
    length: usize,
    text: String,
}

fn edit() -> impl Strategy<Value = Edit> {
    let words = prop::sample::select(vec![
        "{",
        "}",
        "(",
        ")",
        "[",
        "\"",
        "\"\"\"",
        "${",
        ",",
        "\n",
        "\n\n",
        "//",
        "///",
        "/// doc\n",
        "//! doc\n",
        "let",
        "let x = 1\n",
        "mission ",
        "\nmission m {\n",
        "step s = ",
        "\nstep s = f(",
        "record R {",
        "+ 1",
        "-",
        "as a",
        "import \"./x.mission\"",
        "edition 2026",
        "test \"t\" for m {",
        "policy p {",
        "\u{1F600}",
        "`",
        " ",
        "in ",
        "if ",
        ".",
        "chain c() -> string = \"x\"\n",
    ]);
    let text =
        prop_oneof![3 => words.prop_map(str::to_owned), 1 => Just(String::new()), 1 => "[a-z .(){}\n]{0,12}"];
    let length = prop_oneof![4 => Just(0_usize), 2 => 1..4_usize, 1 => 0..60_usize];
    (0.0..1.0_f64, length, text).prop_map(|(at, length, text)| Edit { at, length, text })
}

fn boundary(text: &str, at: usize) -> usize {
    let at = at.min(text.len());
    (0..=at).rev().find(|i| text.is_char_boundary(*i)).unwrap_or_default()
}

fn applied(text: &str, edit: &Edit) -> String {
    let from = boundary(text, (edit.at * text.len() as f64) as usize);
    let to = boundary(text, from + edit.length).max(from);
    format!("{}{}{}", &text[..from], edit.text, &text[to..])
}

fn sorted(mut diagnostics: Vec<Diagnostic>) -> Vec<String> {
    diagnostics.sort_by_key(|d| (d.primary.span.start, d.primary.span.end));
    diagnostics.iter().map(|d| format!("{d:?}")).collect()
}

/// Texts to begin with: each fixture, and all of them in one.
fn texts() -> Vec<String> {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    let mut texts = Vec::new();
    for folder in ["fixtures", "broken"] {
        let entries = std::fs::read_dir(tests.join(folder)).expect("a folder");
        let mut paths: Vec<_> = entries.map(|e| e.expect("an entry").path()).collect();
        paths.sort();
        texts.extend(paths.iter().map(|p| std::fs::read_to_string(p).expect("UTF-8")));
    }
    texts.retain(|t| t.len() < 20_000);
    texts.push(texts.join("\n"));
    texts
}

/// How many edits needed no parse of the whole.
fn follow(start: &str, edits: &[Edit]) -> usize {
    let id = FileId(0);
    let mut text = start.to_owned();
    let parsed = parse(&text, id);
    let (mut file, mut diagnostics): (ast::File, Vec<Diagnostic>) = (parsed.ast, parsed.diagnostics);
    let mut in_part = 0;
    for edit in edits {
        let new = applied(&text, edit);
        let fresh = parse(&new, id);
        if reparse(&mut file, &mut diagnostics, id, &text, &new).is_some() {
            in_part += 1;
            assert_eq!(file, fresh.ast, "{edit:?} in:\n{text}");
            assert_eq!(
                sorted(diagnostics.clone()),
                sorted(fresh.diagnostics.clone()),
                "{edit:?} in:\n{text}"
            );
        }
        (file, diagnostics) = (fresh.ast, fresh.diagnostics);
        text = new;
    }
    in_part
}

#[test]
fn a_part_parsed_again_is_as_if_all_were() {
    let count = std::env::var("RUSTCHAIN_EDIT_SEQUENCES").ok().and_then(|n| n.parse().ok()).unwrap_or(200);
    let texts = texts();
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let (mut all, mut in_part) = (0, 0);
    for _ in 0..count {
        let strategy = (0..texts.len(), prop::collection::vec(edit(), 1..6));
        let (which, edits) = strategy.new_tree(&mut runner).expect("a sequence").current();
        all += edits.len();
        in_part += follow(&texts[which], &edits);
    }
    assert!(in_part * 3 > all, "only {in_part} of {all} edits were parsed in part");
}

#[test]
fn a_letter_in_a_large_file_touches_one_declaration() {
    let mission = |i: usize| format!("mission m{i} {{\n  step a = f(x: {i})\n  output o: int = 1\n}}\n\n");
    let old: String = std::iter::once("edition 2026\n\n".to_owned()).chain((0..50).map(mission)).collect();
    let new = old.replacen("x: 25", "x: 256", 1);
    let parsed = parse(&old, FileId(0));
    let (mut file, mut diagnostics) = (parsed.ast, parsed.diagnostics);
    let done = reparse(&mut file, &mut diagnostics, FileId(0), &old, &new).expect("a part");
    assert_eq!((done.old, done.new, done.by), (25..26, 1, 1));
    assert_eq!(file, parse(&new, FileId(0)).ast);
}
