//! An analysis that follows an edit is the analysis of the new text.

use crate::support::at;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use rustchain_compiler::{Analysis, DiskVfs, Options, analyse_text};
use std::path::{Path, PathBuf};

/// Replaces some bytes from a place, both as parts of the whole.
#[derive(Clone, Debug)]
struct Edit {
    at: f64,
    length: usize,
    by: With,
}

/// By what.
#[derive(Clone, Debug)]
enum With {
    Text(String),
    /// A word of the same text, from a place as a part of the whole; at a place where a word begins.
    Word(f64),
    /// A line of the same text.
    Line(f64),
}

fn edit() -> impl Strategy<Value = Edit> {
    let words = prop::sample::select(vec![
        "{",
        "}",
        "\"",
        "\n",
        "//",
        "/// doc\n",
        "let x = 1\n",
        "\nstep s = 1\n",
        "+ 1",
        "-",
        "policy inferred\n",
        " ",
        "untrusted ",
        "secret ",
        "personal ",
        "\u{200b}",
        "https://a.example",
        "// allow(RC0802): known\n",
        "?",
        "after [",
        "mission ",
        "chain ",
        "x",
        "_",
    ]);
    let text = prop_oneof![3 => words.prop_map(str::to_owned), 1 => Just(String::new()), 1 => "[a-z0-9 .(){}\n]{0,8}"];
    let by = prop_oneof![
        3 => text.prop_map(With::Text),
        3 => (0.0..1.0_f64).prop_map(With::Word),
        1 => (0.0..1.0_f64).prop_map(With::Line)
    ];
    let length = prop_oneof![4 => Just(0_usize), 2 => 1..4_usize, 1 => 0..80_usize];
    (0.0..1.0_f64, length, by).prop_map(|(at, length, by)| Edit { at, length, by })
}

fn boundary(text: &str, at: usize) -> usize {
    (0..=at.min(text.len())).rev().find(|i| text.is_char_boundary(*i)).unwrap_or_default()
}

fn word_at(text: &str, part: f64) -> (usize, usize) {
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let from = boundary(text, (part * text.len() as f64) as usize);
    let start = text[from..].find(is_word).map_or(from, |i| from + i);
    let end = text[start..].find(|c| !is_word(c)).map_or(text.len(), |i| start + i);
    (start, end)
}

fn applied(text: &str, edit: &Edit) -> String {
    let (mut from, mut to) = (boundary(text, (edit.at * text.len() as f64) as usize), 0);
    let new = match &edit.by {
        With::Text(new) => new.clone(),
        With::Word(place) => {
            (from, to) = word_at(text, edit.at);
            let (a, b) = word_at(text, *place);
            text[a..b].to_owned()
        }
        With::Line(place) => {
            from = text[..from].rfind('\n').map_or(0, |i| i + 1);
            let (a, _) = word_at(text, *place);
            let start = text[..a].rfind('\n').map_or(0, |i| i + 1);
            format!("{}\n", text[start..].lines().next().unwrap_or_default())
        }
    };
    let to = to.max(boundary(text, from + edit.length)).max(from);
    format!("{}{new}{}", &text[..from], &text[to..])
}

fn fresh(path: &Path, text: &str) -> Analysis {
    analyse_text(&DiskVfs, path, text, Options { index: true, ..Options::default() })
}

/// Everything that an analysis says.
fn said(analysis: &Analysis) -> Vec<String> {
    let mut out: Vec<String> = analysis.diagnostics.iter().map(|d| format!("{d:?}")).collect();
    for mission in &analysis.missions {
        out.push(format!("{:?} {:?} {}", mission.file, mission.tests, mission.sound));
        out.push(format!("{:?}", mission.plan));
        out.push(format!("{:?}", mission.spans));
    }
    out.extend(analysis.index.uses.iter().map(|u| format!("{u:?}")));
    out.push(format!("{:?}", analysis.syntax));
    out
}

fn missions(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            missions(&path, found);
        } else if path.extension().is_some_and(|e| e == "mission") {
            found.push(path);
        }
    }
}

/// Where texts begin: fixtures of every kind, each alone and several in one file.
fn texts() -> Vec<(PathBuf, String)> {
    let mut paths = Vec::new();
    missions(&at(""), &mut paths);
    paths.sort();
    let text = |p: PathBuf| (p.clone(), std::fs::read_to_string(p).expect("UTF-8"));
    let mut texts: Vec<(PathBuf, String)> = paths.into_iter().map(text).collect();
    let joined: Vec<(PathBuf, String)> = texts
        .chunks(4)
        .map(|group| {
            let text: Vec<&str> = group.iter().map(|(_, t)| t.as_str()).collect();
            (group[0].0.clone(), text.join("\n\n"))
        })
        .collect();
    texts.extend(joined);
    texts
}

#[test]
fn after_any_edits_all_is_as_in_a_fresh_analysis() {
    let count = std::env::var("RUSTCHAIN_EDIT_SEQUENCES").ok().and_then(|n| n.parse().ok()).unwrap_or(150);
    let texts = texts();
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let (mut all, mut followed) = (0, 0);
    for _ in 0..count {
        let strategy = (0..texts.len(), prop::collection::vec(edit(), 1..6));
        let (which, edits) = strategy.new_tree(&mut runner).expect("a sequence").current();
        let (path, start) = &texts[which];
        let mut text = start.clone();
        let mut kept = fresh(path, &text);
        for edit in &edits {
            text = applied(&text, edit);
            let expected = fresh(path, &text);
            all += 1;
            kept = match kept.edited(&text) {
                Some(edited) => {
                    followed += 1;
                    let (found, wanted) = (said(&edited), said(&expected));
                    for (found, wanted) in found.iter().zip(&wanted) {
                        assert_eq!(found, wanted, "after {edit:?} in {path:?}:\n{text}");
                    }
                    assert_eq!(found.len(), wanted.len(), "after {edit:?} in {path:?}:\n{text}");
                    edited
                }
                None => expected,
            };
        }
    }
    assert!(followed * 3 > all, "only {followed} of {all} edits were followed");
}
