//! The tree holds every byte.

use crate::files::{fixtures, large};
use rustchain_grammar::{FileId, SyntaxKind, parse};

#[test]
fn every_fixture_is_without_fault_and_round_trips() {
    for (name, text) in fixtures("fixtures") {
        let parsed = parse(&text, FileId(0));
        assert_eq!(parsed.diagnostics, [], "{name}");
        assert_eq!(parsed.tree().to_string(), text, "{name}");
    }
}

#[test]
fn broken_files_round_trip() {
    for (name, text) in fixtures("broken") {
        assert_eq!(parse(&text, FileId(0)).tree().to_string(), text, "{name}");
    }
}

#[test]
fn a_large_file_round_trips() {
    let text = large(200_000);
    let parsed = parse(&text, FileId(0));
    assert!(parsed.tree().to_string() == text);
    assert!(parsed.diagnostics.is_empty());
}

#[test]
fn every_kind_of_a_valid_tree_is_reached() {
    let mut seen: Vec<SyntaxKind> = Vec::new();
    for (_, text) in fixtures("fixtures") {
        let tree = parse(&text, FileId(0)).tree();
        for element in tree.descendants_with_tokens() {
            if !seen.contains(&element.kind()) {
                seen.push(element.kind());
            }
        }
    }
    let faults = [SyntaxKind::ERROR, SyntaxKind::MISSING, SyntaxKind::UNKNOWN];
    let missed: Vec<&SyntaxKind> =
        SyntaxKind::all().iter().filter(|kind| !seen.contains(kind) && !faults.contains(kind)).collect();
    assert!(missed.is_empty(), "no fixture has {missed:?}");
}

#[test]
fn the_tree_of_a_small_file() {
    let text = "/// Doc.\nstep\nmission m { // c\n  step a = f(x: 1, \"a ${b}\") with { timeout 1s }\n}\n";
    insta::assert_snapshot!(format!("{:#?}", parse(text, FileId(0)).tree()));
}
