//! The protocol: order, cancellation, garbage, goodbye.

use crate::support::{Client, file, uri};
use lsp_server::Message;
use serde_json::{Value, json};
use std::path::Path;

fn start(capabilities: Value) -> (Client, String, String) {
    let (path, text) = file("missions/triage/triage.mission");
    let (client, _) = Client::new(path.parent().expect("a folder"), capabilities);
    client.open(&path, &text);
    (client, uri(&path), text)
}

fn published(client: &Client, uri: &str) -> Vec<Value> {
    let of = |m: &Message| match m {
        Message::Notification(n)
            if n.method == "textDocument/publishDiagnostics" && n.params["uri"] == uri =>
        {
            Some(n.params["diagnostics"].clone())
        }
        _ => None,
    };
    client.heard.iter().filter_map(of).collect()
}

#[test]
fn the_position_encoding_is_negotiated() {
    let root = Path::new("/nowhere");
    for (offered, chosen) in
        [(json!(["utf-16", "utf-8"]), "utf-8"), (json!(["utf-32"]), "utf-32"), (Value::Null, "utf-16")]
    {
        let (client, answer) = Client::new(root, json!({ "general": { "positionEncodings": offered } }));
        assert_eq!(answer["capabilities"]["positionEncoding"], chosen);
        client.end().expect("a clean end");
    }
}

#[test]
fn edits_are_applied_in_the_order_of_the_wire() {
    let (mut client, uri, _) = start(json!({}));
    let change = |version: i32, line: u32, text: &str| {
        let at = json!({ "line": line, "character": 0 });
        client.notify(
            "textDocument/didChange",
            json!({ "textDocument": { "uri": uri, "version": version }, "contentChanges": [{ "range": { "start": at, "end": at }, "text": text }] }),
        );
    };
    for version in 0..200 {
        change(version + 2, 0, &format!("// {version}\n"));
    }
    let symbols = client
        .request("textDocument/documentSymbol", json!({ "textDocument": { "uri": uri } }))
        .expect("an outline");
    let first = symbols[0]["selectionRange"]["start"]["line"].as_u64();
    assert_eq!(first, Some(205), "{}", symbols[0]);
    client.end().expect("a clean end");
}

#[test]
fn diagnostics_are_pushed_with_the_version_and_taken_back() {
    let (mut client, uri, text) = start(json!({}));
    let broken = text.replace("fs.read(path: tickets)", "fs.raed(path: tickets)");
    for (version, text) in [(2, &broken), (3, &text)] {
        client.notify(
            "textDocument/didChange",
            json!({ "textDocument": { "uri": uri, "version": version }, "contentChanges": [{ "text": text }] }),
        );
        // The worker is done with a text before it takes the next one; ask until its word is heard.
        for _ in 0..200 {
            client
                .request("textDocument/documentSymbol", json!({ "textDocument": { "uri": uri } }))
                .expect("an answer");
            let last = published(&client, &uri).last().cloned().unwrap_or_default();
            if (version == 2) == last.to_string().contains("raed") {
                break;
            }
            std::thread::sleep(std::time::Duration::from_millis(10));
        }
    }
    let told = published(&client, &uri);
    assert!(told.iter().any(|d| d.to_string().contains("raed")), "{told:?}");
    assert!(told.last().is_some_and(|d| !d.to_string().contains("raed")), "{told:?}");
    client.end().expect("a clean end");
}

#[test]
fn diagnostics_can_be_pulled_and_say_when_nothing_changed() {
    let (mut client, uri, _) = start(json!({ "textDocument": { "diagnostic": {} } }));
    let params = json!({ "textDocument": { "uri": uri } });
    let full = client.request("textDocument/diagnostic", params).expect("a report");
    assert_eq!(full["kind"], "full");
    let again = json!({ "textDocument": { "uri": uri }, "previousResultId": full["resultId"] });
    let unchanged = client.request("textDocument/diagnostic", again).expect("a report");
    assert_eq!(unchanged["kind"], "unchanged");
    let workspace =
        client.request("workspace/diagnostic", json!({ "previousResultIds": [] })).expect("a report");
    assert_eq!(workspace["items"][0]["uri"], uri);
    assert!(published(&client, &uri).is_empty(), "a client that pulls is not pushed to");
    client.end().expect("a clean end");
}

#[test]
fn a_cancelled_request_is_answered_with_its_code() {
    let (mut client, uri, text) = start(json!({}));
    let many: String = (0..400).map(|i| text.replace("triage", &format!("triage_{i}"))).collect();
    client.notify(
        "textDocument/didChange",
        json!({ "textDocument": { "uri": uri, "version": 2 }, "contentChanges": [{ "text": many }] }),
    );
    let ids: Vec<i32> = (0..12)
        .map(|_| client.send("textDocument/documentSymbol", json!({ "textDocument": { "uri": uri } })))
        .collect();
    let last = *ids.last().expect("some");
    client.notify("$/cancelRequest", json!({ "id": last }));
    let response = serde_json::to_value(client.response(last)).expect("JSON");
    assert_eq!(response["error"]["code"], -32800, "{response}");
    for id in &ids[..ids.len() - 1] {
        if !client.heard.iter().any(|m| matches!(m, Message::Response(r) if r.id == (*id).into())) {
            client.response(*id);
        }
    }
    client.end().expect("a clean end");
}

#[test]
fn semantic_tokens_come_as_a_difference() {
    let (mut client, uri, _) = start(json!({}));
    let params = json!({ "textDocument": { "uri": uri } });
    let full = client.request("textDocument/semanticTokens/full", params).expect("tokens");
    assert_eq!(full["data"].as_array().map_or(0, Vec::len) % 5, 0);
    let at = json!({ "line": 2, "character": 0 });
    client.notify(
        "textDocument/didChange",
        json!({ "textDocument": { "uri": uri, "version": 2 }, "contentChanges": [{ "range": { "start": at, "end": at }, "text": "\n" }] }),
    );
    let before = json!({ "textDocument": { "uri": uri }, "previousResultId": full["resultId"] });
    let delta = client.request("textDocument/semanticTokens/full/delta", before).expect("a difference");
    let edits = delta["edits"].as_array().expect("edits");
    assert_eq!(edits.len(), 1, "{delta}");
    assert!(edits[0]["data"].as_array().is_some_and(|d| d.len() < 6), "{delta}");
    client.end().expect("a clean end");
}

#[test]
fn garbage_and_lies_do_not_end_the_server() {
    let (mut client, uri, text) = start(json!({}));
    client.notify("textDocument/didChange", json!({ "nonsense": true }));
    client.notify("textDocument/didChange", json!({ "textDocument": { "uri": "file:///not/open", "version": 9 }, "contentChanges": [{ "text": "" }] }));
    client.notify("textDocument/didOpen", json!(null));
    client.notify("no/such/notification", json!([1, 2]));
    let far = json!({ "start": { "line": 4_000_000_000_u32, "character": 9 }, "end": { "line": 1, "character": 4_000_000_000_u32 } });
    client.notify("textDocument/didChange", json!({ "textDocument": { "uri": uri, "version": -7 }, "contentChanges": [{ "range": far, "text": "" }] }));
    let (code, _) = client.request("no/such/request", json!({})).expect_err("refused");
    assert_eq!(code, -32601);
    let (code, _) = client.request("textDocument/hover", json!({ "textDocument": 7 })).expect_err("refused");
    assert_eq!(code, -32602);
    for uri in ["untitled:1", "file:///%zz", "http://example.com/a.mission", "file:///no/such.mission"] {
        let params = json!({ "textDocument": { "uri": uri }, "position": { "line": 3, "character": 3 } });
        assert_eq!(client.request("textDocument/hover", params).expect("an answer"), Value::Null);
    }
    client.notify(
        "textDocument/didChange",
        json!({ "textDocument": { "uri": uri, "version": 1 }, "contentChanges": [{ "text": text }] }),
    );
    let symbols = client
        .request("textDocument/documentSymbol", json!({ "textDocument": { "uri": uri } }))
        .expect("an outline");
    assert!(symbols.as_array().is_some_and(|s| s.len() > 3));
    client.end().expect("a clean end");
}

#[test]
fn after_shutdown_requests_are_refused() {
    let (mut client, uri, _) = start(json!({}));
    client.request("shutdown", Value::Null).expect("a goodbye");
    let params = json!({ "textDocument": { "uri": uri } });
    let (code, _) = client.request("textDocument/documentSymbol", params).expect_err("refused");
    assert_eq!(code, -32600);
}

#[test]
fn the_graph_is_drawn_over_the_protocol() {
    let (mut client, uri, _) = start(json!({}));
    let graph =
        client.request("rustchain/graph", json!({ "textDocument": { "uri": uri } })).expect("a graph");
    assert_eq!(graph["mission"], "triage");
    assert_eq!(graph["nodes"][0]["id"], "file");
    assert_eq!(graph["nodes"][0]["verdict"], "guarded");
    client.end().expect("a clean end");
}
