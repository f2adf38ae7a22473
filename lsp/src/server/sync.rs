//! The client's texts: opened, changed, closed.

use super::convert::path_of;
use crate::ide::{Document, Encoding, LineIndex, Snapshot};
use gen_lsp_types as lsp;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::path::PathBuf;

/// What a notification did.
pub enum Effect {
    /// Nothing that matters.
    Nothing,
    /// A text is another one now.
    Changed,
    /// A buffer is closed.
    Closed(PathBuf),
}

fn read<T: DeserializeOwned>(params: Value) -> Result<T, String> {
    serde_json::from_value(params).map_err(|e| e.to_string())
}

/// Applies a notification about a text.
///
/// # Errors
/// What is wrong with it; the texts stay as they were.
pub fn apply(
    snapshot: &mut Snapshot,
    encoding: Encoding,
    method: &str,
    params: Value,
) -> Result<Effect, String> {
    match method {
        "textDocument/didOpen" => {
            let params: lsp::DidOpenTextDocumentParams = read(params)?;
            let item = params.text_document;
            let Some(path) = path_of(&item.uri) else { return Ok(Effect::Nothing) };
            snapshot.open(path, Document { text: item.text.into(), version: item.version });
            Ok(Effect::Changed)
        }
        "textDocument/didChange" => {
            let params: lsp::DidChangeTextDocumentParams = read(params)?;
            let uri = &params.text_document.text_document_identifier.uri;
            let Some(path) = path_of(uri) else { return Ok(Effect::Nothing) };
            let Some(old) = snapshot.document(&path) else {
                return Err(format!("`{}` is not open", uri.0));
            };
            let mut text = old.text.to_string();
            for change in params.content_changes {
                text = changed(text, encoding, change);
            }
            snapshot.open(path, Document { text: text.into(), version: params.text_document.version });
            Ok(Effect::Changed)
        }
        "textDocument/didClose" => {
            let params: lsp::DidCloseTextDocumentParams = read(params)?;
            let Some(path) = path_of(&params.text_document.uri) else { return Ok(Effect::Nothing) };
            snapshot.close(&path);
            Ok(Effect::Closed(path))
        }
        _ => Ok(Effect::Nothing),
    }
}

fn changed(mut text: String, encoding: Encoding, change: lsp::TextDocumentContentChangeEvent) -> String {
    use lsp::TextDocumentContentChangeEvent as Change;
    match change {
        Change::TextDocumentContentChangeWholeDocument(whole) => whole.text,
        Change::TextDocumentContentChangePartial(part) => {
            let lines = LineIndex::new(&text);
            let at = |p: lsp::Position| lines.offset(&text, p.line, p.character, encoding) as usize;
            let (a, b) = (at(part.range.start), at(part.range.end));
            text.replace_range(a.min(b)..a.max(b), &part.text);
            text
        }
    }
}

/// Adds and removes folders.
pub fn folders(roots: &mut Vec<PathBuf>, params: &Value) {
    let list = |key: &str| -> Vec<PathBuf> {
        let folders = params.pointer(&format!("/event/{key}")).and_then(Value::as_array);
        let path = |f: &Value| path_of(&lsp::Uri(f.get("uri")?.as_str()?.to_owned()));
        folders.into_iter().flatten().filter_map(path).collect()
    };
    let removed = list("removed");
    roots.retain(|r| !removed.contains(r));
    for added in list("added") {
        if !roots.contains(&added) {
            roots.push(added);
        }
    }
}
