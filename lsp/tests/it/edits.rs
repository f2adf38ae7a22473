//! Whatever is typed: no crash, and at the end the diagnostics of a fresh check.

use crate::support::{Client, file, uri, with};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use rustchain_lsp::ide::{Encoding, LineIndex, diagnostics};
use serde_json::json;

/// Replaces some bytes from a place, both as parts of the whole, by a text.
#[derive(Clone, Debug)]
struct Edit {
    at: f64,
    length: usize,
    text: String,
}

fn edits() -> impl Strategy<Value = Vec<Edit>> {
    let text = prop_oneof![
        Just("{".to_owned()),
        Just("}".to_owned()),
        Just("\"".to_owned()),
        Just("\n  step x = y.".to_owned()),
        Just("${".to_owned()),
        Just("\u{1F600}".to_owned()),
        Just(String::new()),
        "[a-z .(){}\n]{0,12}",
    ];
    let edit = (0.0..1.0_f64, 0_usize..40, text).prop_map(|(at, length, text)| Edit { at, length, text });
    prop::collection::vec(edit, 1..8)
}

fn boundary(text: &str, mut at: usize) -> usize {
    at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

/// Types the edits into an open server and compares its last word with a fresh check.
fn replay(client: &mut Client, version: &mut i32, sequences: &[Vec<Edit>]) {
    let (path, start) = file("missions/triage/triage.mission");
    let uri = uri(&path);
    for edits in sequences {
        let mut text = start.clone();
        *version += 1;
        client.notify(
            "textDocument/didChange",
            json!({ "textDocument": { "uri": uri, "version": *version }, "contentChanges": [{ "text": text }] }),
        );
        for edit in edits {
            let index = LineIndex::new(&text);
            let from = boundary(&text, (edit.at * text.len() as f64) as usize);
            let to = boundary(&text, from + edit.length);
            let position = |at: usize| {
                let (line, character) = index.position(&text, at as u32, Encoding::Utf16);
                json!({ "line": line, "character": character })
            };
            let range = json!({ "start": position(from), "end": position(to) });
            *version += 1;
            client.notify(
                "textDocument/didChange",
                json!({ "textDocument": { "uri": uri, "version": *version }, "contentChanges": [{ "range": range, "text": edit.text }] }),
            );
            text.replace_range(from..to, &edit.text);
        }
        let report = client
            .request("textDocument/diagnostic", json!({ "textDocument": { "uri": uri } }))
            .expect("a report");
        let fresh = diagnostics::diagnostics(&with(&path, &text), &path);
        let told: Vec<&str> =
            report["items"].as_array().into_iter().flatten().filter_map(|d| d["code"].as_str()).collect();
        let expected: Vec<&str> = fresh.iter().map(|d| d.code).collect();
        assert_eq!(told, expected, "{text}");
    }
}

#[test]
fn random_edits_end_in_the_diagnostics_of_a_fresh_check() {
    let count = std::env::var("RUSTCHAIN_EDIT_SEQUENCES").ok().and_then(|n| n.parse().ok()).unwrap_or(60);
    let (path, text) = file("missions/triage/triage.mission");
    let (mut client, _) =
        Client::new(path.parent().expect("a folder"), json!({ "textDocument": { "diagnostic": {} } }));
    client.open(&path, &text);
    let mut version = 1;
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    for _ in 0..count {
        let sequence = edits().new_tree(&mut runner).expect("a sequence").current();
        replay(&mut client, &mut version, &[sequence]);
    }
    client.end().expect("a clean end");
}
