//! Whatever is typed: no crash, and at the end the diagnostics of a fresh check.

use crate::support::{Client, file, uri, with};
use lsp_server::Message;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use rustchain_grammar::{Diagnostic, Span};
use rustchain_lsp::ide::{Encoding, LineIndex, diagnostics};
use serde_json::{Value, json};
use std::path::Path;

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

/// Code, place and words of each finding, as the protocol tells them.
fn expected(path: &Path, text: &str) -> Vec<String> {
    let index = LineIndex::new(text);
    let place = |span: Span| {
        let (a, b) = index.position(text, span.start, Encoding::Utf16);
        let (c, d) = index.position(text, span.end, Encoding::Utf16);
        format!("{a}:{b}-{c}:{d}")
    };
    let shown = |d: &Diagnostic| {
        let words: Vec<&str> =
            std::iter::once(&d.message).chain(&d.notes).chain(&d.help).map(String::as_str).collect();
        format!("{} {} {}", d.code, place(d.primary.span), words.join("\n"))
    };
    diagnostics::diagnostics(&with(path, text), path).iter().map(shown).collect()
}

fn told(report: &Value) -> Vec<String> {
    let shown = |d: &Value| {
        let at = |end: &str| format!("{}:{}", d["range"][end]["line"], d["range"][end]["character"]);
        let (code, message) =
            (d["code"].as_str().unwrap_or_default(), d["message"].as_str().unwrap_or_default());
        format!("{code} {}-{} {message}", at("start"), at("end"))
    };
    report["items"].as_array().into_iter().flatten().map(shown).collect()
}

/// Types the edits into an open server, asks in between and takes half of the questions back, and compares its last
/// word with a fresh check.
fn replay(client: &mut Client, version: &mut i32, path: &Path, start: &str, edits: &[Edit]) {
    let uri = uri(path);
    let mut text = start.to_owned();
    let mut asked = Vec::new();
    *version += 1;
    client.notify(
        "textDocument/didChange",
        json!({ "textDocument": { "uri": uri, "version": *version }, "contentChanges": [{ "text": text }] }),
    );
    for (turn, edit) in edits.iter().enumerate() {
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
        let methods = ["textDocument/completion", "textDocument/hover", "textDocument/signatureHelp"];
        let id = client.send(
            methods[turn % methods.len()],
            json!({ "textDocument": { "uri": uri }, "position": range["start"] }),
        );
        asked.push(id);
        if turn % 2 == 1 {
            client.notify("$/cancelRequest", json!({ "id": id }));
        }
        text.replace_range(from..to, &edit.text);
    }
    let report = client
        .request("textDocument/diagnostic", json!({ "textDocument": { "uri": uri } }))
        .expect("a report");
    assert_eq!(told(&report), expected(path, &text), "{text}");
    for id in asked {
        let heard = client.heard.iter().position(|m| matches!(m, Message::Response(r) if r.id == id.into()));
        let answer = match heard {
            Some(at) => client.heard.remove(at),
            None => client.response(id).into(),
        };
        let answer = serde_json::to_value(answer).expect("JSON");
        let code = answer["error"]["code"].as_i64();
        // An answer, cancelled, or about a text that is gone.
        assert!(matches!(code, None | Some(-32800 | -32801)), "{answer}");
    }
    client.heard.clear();
}

#[test]
fn random_edits_end_in_the_diagnostics_of_a_fresh_check() {
    let count = std::env::var("RUSTCHAIN_EDIT_SEQUENCES").ok().and_then(|n| n.parse().ok()).unwrap_or(60);
    let texts = ["missions/triage/triage.mission", "tests/fixtures/whole/refunds.mission"].map(file);
    let root = texts[0].0.parent().expect("a folder");
    let (mut client, _) = Client::new(root, json!({ "textDocument": { "diagnostic": {} } }));
    for (path, text) in &texts {
        client.open(path, text);
    }
    let mut version = 1;
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    for turn in 0..count {
        let sequence = edits().new_tree(&mut runner).expect("a sequence").current();
        let (path, start) = &texts[turn % texts.len()];
        replay(&mut client, &mut version, path, start, &sequence);
    }
    client.end().expect("a clean end");
}
