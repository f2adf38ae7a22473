//! Each request: reads its parameters, asks `ide`, converts the answer.

use super::capabilities::Client;
use super::convert::{Convert, path_of};
use super::{results, semantic};
use crate::ide::{self, Location, Snapshot};
use gen_lsp_types as lsp;
use lsp_server::ErrorCode;
use rustchain_grammar::Span;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The world of one request.
pub struct Context {
    /// The texts when it came.
    pub snapshot: Snapshot,
    /// Who asks.
    pub client: Client,
    /// The last semantic tokens.
    pub semantic: Arc<semantic::Kept>,
}

/// A refusal.
pub struct Error {
    /// The protocol's code.
    pub code: i32,
    /// What is wrong.
    pub message: String,
}

type Answer = Result<Value, Error>;

/// How a request is answered.
pub struct Handler {
    method: &'static str,
    /// An answer about an older text is of no use.
    pub only_newest: bool,
    /// Answers.
    pub run: fn(&Context, Value) -> Answer,
}

const fn on(method: &'static str, run: fn(&Context, Value) -> Answer) -> Handler {
    Handler { method, only_newest: false, run }
}

const fn newest(method: &'static str, run: fn(&Context, Value) -> Answer) -> Handler {
    Handler { method, only_newest: true, run }
}

const HANDLERS: &[Handler] = &[
    on("textDocument/hover", hover),
    on("textDocument/definition", definition),
    on("textDocument/typeDefinition", type_definition),
    on("textDocument/references", references),
    on("textDocument/documentHighlight", highlights),
    on("textDocument/prepareRename", prepare_rename),
    on("textDocument/rename", rename),
    newest("textDocument/completion", completion),
    newest("textDocument/signatureHelp", signature),
    on("textDocument/documentSymbol", outline),
    on("workspace/symbol", symbols),
    on("textDocument/codeAction", actions),
    newest("textDocument/codeLens", lenses),
    newest("textDocument/documentLink", links),
    on("textDocument/formatting", format),
    on("textDocument/rangeFormatting", format_range),
    on("textDocument/onTypeFormatting", format_typed),
    newest("textDocument/foldingRange", folds),
    on("textDocument/selectionRange", selections),
    newest("textDocument/semanticTokens/full", tokens_full),
    newest("textDocument/semanticTokens/full/delta", tokens_delta),
    newest("textDocument/semanticTokens/range", tokens_range),
    newest("textDocument/inlayHint", hints),
    on("textDocument/prepareCallHierarchy", prepare_calls),
    on("callHierarchy/incomingCalls", incoming),
    on("callHierarchy/outgoingCalls", outgoing),
    on("textDocument/diagnostic", diagnostic),
    on("workspace/diagnostic", workspace_diagnostic),
    newest("rustchain/graph", graph),
];

/// The handler of a method.
pub fn handler(method: &str) -> Option<&'static Handler> {
    HANDLERS.iter().find(|h| h.method == method)
}

fn read<T: DeserializeOwned>(params: Value) -> Result<T, Error> {
    let refuse =
        |e: serde_json::Error| Error { code: ErrorCode::InvalidParams as i32, message: e.to_string() };
    serde_json::from_value(params).map_err(refuse)
}

fn write<T: serde::Serialize>(value: T) -> Answer {
    let refuse =
        |e: serde_json::Error| Error { code: ErrorCode::InternalError as i32, message: e.to_string() };
    serde_json::to_value(value).map_err(refuse)
}

fn refused(message: String) -> Error {
    Error { code: ErrorCode::RequestFailed as i32, message }
}

/// `textDocument` and `position`, whatever else is there.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct At {
    text_document: lsp::TextDocumentIdentifier,
    position: lsp::Position,
}

/// `textDocument`, whatever else is there.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct In {
    text_document: lsp::TextDocumentIdentifier,
}

/// `textDocument` and `range`, whatever else is there.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Within {
    text_document: lsp::TextDocumentIdentifier,
    range: lsp::Range,
}

impl Context {
    fn convert(&self) -> Convert<'_> {
        Convert::new(&self.snapshot, self.client.encoding)
    }

    /// Calls `with` for a place in a file; `null` for what is no file.
    fn at(&self, params: Value, with: impl FnOnce(&mut Convert<'_>, &Path, u32) -> Answer) -> Answer {
        let At { text_document, position } = read(params)?;
        let Some(path) = path_of(&text_document.uri) else { return Ok(Value::Null) };
        let mut convert = self.convert();
        let offset = convert.offset(&path, position);
        with(&mut convert, &path, offset)
    }

    fn file(&self, params: Value, with: impl FnOnce(&mut Convert<'_>, &Path) -> Answer) -> Answer {
        let In { text_document } = read(params)?;
        let Some(path) = path_of(&text_document.uri) else { return Ok(Value::Null) };
        with(&mut self.convert(), &path)
    }

    fn within(&self, params: Value, with: impl FnOnce(&mut Convert<'_>, &Path, Span) -> Answer) -> Answer {
        let Within { text_document, range } = read(params)?;
        let Some(path) = path_of(&text_document.uri) else { return Ok(Value::Null) };
        let mut convert = self.convert();
        let span = convert.span(&path, range);
        with(&mut convert, &path, span)
    }
}

fn hover(context: &Context, params: Value) -> Answer {
    context.at(params, |convert, path, offset| {
        let Some(found) = ide::hover::hover(&context.snapshot, path, offset) else { return Ok(Value::Null) };
        write(lsp::Hover {
            contents: lsp::Contents::MarkupContent(lsp::MarkupContent {
                kind: lsp::MarkupKind::Markdown,
                value: found.markdown,
            }),
            range: found.span.map(|span| convert.range(path, span)),
        })
    })
}

fn definition(context: &Context, params: Value) -> Answer {
    context.at(params, |convert, path, offset| {
        write(ide::navigation::definition(&context.snapshot, path, offset).map(|l| convert.location(&l)))
    })
}

fn type_definition(context: &Context, params: Value) -> Answer {
    context.at(params, |convert, path, offset| {
        write(ide::navigation::type_definition(&context.snapshot, path, offset).map(|l| convert.location(&l)))
    })
}

fn locations(convert: &mut Convert<'_>, found: &[Location]) -> Answer {
    write(found.iter().map(|l| convert.location(l)).collect::<Vec<_>>())
}

fn references(context: &Context, params: Value) -> Answer {
    let declaration = params.pointer("/context/includeDeclaration").and_then(Value::as_bool).unwrap_or(true);
    context.at(params, |convert, path, offset| {
        locations(convert, &ide::navigation::references(&context.snapshot, path, offset, declaration))
    })
}

fn highlights(context: &Context, params: Value) -> Answer {
    context.at(params, |convert, path, offset| {
        let found = ide::navigation::highlights(&context.snapshot, path, offset);
        write(found.iter().map(|s| json!({ "range": convert.range(path, *s) })).collect::<Vec<_>>())
    })
}

fn prepare_rename(context: &Context, params: Value) -> Answer {
    context.at(params, |convert, path, offset| {
        let (span, placeholder) =
            ide::navigation::renameable(&context.snapshot, path, offset).map_err(refused)?;
        write(lsp::PrepareRenamePlaceholder { range: convert.range(path, span), placeholder })
    })
}

fn rename(context: &Context, params: Value) -> Answer {
    let new = params.get("newName").and_then(Value::as_str).unwrap_or_default().to_owned();
    context.at(params, |convert, path, offset| {
        let changes = ide::navigation::rename(&context.snapshot, path, offset, &new).map_err(refused)?;
        write(results::edit(convert, &changes))
    })
}

fn completion(context: &Context, params: Value) -> Answer {
    context.at(params, |convert, path, offset| {
        let Some(found) = ide::completion::complete(&context.snapshot, path, offset) else {
            return Ok(Value::Null);
        };
        write(results::completion(convert, path, found, context.client))
    })
}

fn signature(context: &Context, params: Value) -> Answer {
    context.at(params, |_, path, offset| {
        write(ide::signature::help(&context.snapshot, path, offset).map(results::signature))
    })
}

fn outline(context: &Context, params: Value) -> Answer {
    context.file(params, |convert, path| {
        let found = ide::symbols::outline(&context.snapshot, path);
        write(found.iter().map(|e| results::outline(convert, path, e)).collect::<Vec<_>>())
    })
}

fn symbols(context: &Context, params: Value) -> Answer {
    let query = params.get("query").and_then(Value::as_str).unwrap_or_default();
    let mut convert = context.convert();
    let found = ide::symbols::workspace(&context.snapshot, query);
    let list = found.into_iter().map(|(name, symbol, location)| {
        json!({ "name": name, "kind": results::symbol_kind(symbol), "location": convert.location(&location) })
    });
    write(list.collect::<Vec<_>>())
}

fn actions(context: &Context, params: Value) -> Answer {
    let only: Option<Vec<String>> =
        params.pointer("/context/only").and_then(|v| serde_json::from_value(v.clone()).ok());
    context.within(params, |convert, path, span| {
        let Some(file) = context.snapshot.analysed(path) else { return Ok(json!([])) };
        let diagnostics = ide::diagnostics::of(&file);
        let mut list = Vec::new();
        for found in ide::actions::actions(&context.snapshot, path, span) {
            let mended = found.mends.and_then(|i| diagnostics.get(i));
            let mended = mended.map(|d| results::diagnostic(convert, &file, d));
            list.extend(results::action(convert, found, mended, context.client));
        }
        if let Some(only) = only {
            let wanted = |kind: &str| only.iter().any(|o| kind == o || kind.starts_with(&format!("{o}.")));
            list.retain(|a| a.get("kind").and_then(Value::as_str).is_some_and(wanted));
        }
        Ok(list.into())
    })
}

fn lenses(context: &Context, params: Value) -> Answer {
    context.file(params, |convert, path| {
        let found = ide::lens::lenses(&context.snapshot, path);
        write(found.into_iter().map(|l| results::lens(convert, path, l)).collect::<Vec<_>>())
    })
}

fn links(context: &Context, params: Value) -> Answer {
    context.file(params, |convert, path| {
        let found = ide::links::links(&context.snapshot, path).into_iter().map(|link| {
            json!({ "range": convert.range(path, link.span), "target": super::convert::uri_of(&link.target) })
        });
        write(found.collect::<Vec<_>>())
    })
}

fn format(context: &Context, params: Value) -> Answer {
    context.file(params, |convert, path| {
        let Some(change) = ide::format::document(&context.snapshot, path).map_err(refused)? else {
            return Ok(json!([]));
        };
        let range = convert.range(path, change.location.span);
        write(vec![lsp::TextEdit { range, new_text: change.text }])
    })
}

fn format_range(context: &Context, params: Value) -> Answer {
    context.within(params, |convert, path, span| {
        let changes = ide::format::range(&context.snapshot, path, span).map_err(refused)?;
        edits(convert, &changes)
    })
}

fn format_typed(context: &Context, params: Value) -> Answer {
    context.at(params, |convert, path, offset| {
        // While the text is broken there is nothing to say, and no reason to complain.
        let changes = ide::format::typed(&context.snapshot, path, offset).unwrap_or_default();
        edits(convert, &changes)
    })
}

fn edits(convert: &mut Convert<'_>, changes: &[ide::Change]) -> Answer {
    let edits = changes.iter().map(|c| lsp::TextEdit {
        range: convert.range(&c.location.path, c.location.span),
        new_text: c.text.clone(),
    });
    write(edits.collect::<Vec<_>>())
}

fn folds(context: &Context, params: Value) -> Answer {
    context.file(params, |_, path| {
        write(ide::folding::folds(&context.snapshot, path).into_iter().map(results::fold).collect::<Vec<_>>())
    })
}

fn selections(context: &Context, params: Value) -> Answer {
    let params: lsp::SelectionRangeParams = read(params)?;
    let Some(path) = path_of(&params.text_document.uri) else { return Ok(Value::Null) };
    let mut convert = context.convert();
    let list = params.positions.into_iter().filter_map(|position| {
        let offset = convert.offset(&path, position);
        let spans = ide::folding::selections(&context.snapshot, &path, offset);
        results::selection(&mut convert, &path, &spans)
    });
    write(list.collect::<Vec<_>>())
}

fn whole(convert: &mut Convert<'_>, path: &Path) -> Span {
    let end = convert.end(path);
    Span::new(0, convert.offset(path, end))
}

fn encoded(context: &Context, convert: &mut Convert<'_>, path: &Path, span: Span) -> Vec<u32> {
    semantic::encode(convert, path, &ide::tokens::tokens(&context.snapshot, path, span))
}

fn tokens_full(context: &Context, params: Value) -> Answer {
    context.file(params, |convert, path| {
        let span = whole(convert, path);
        let data = encoded(context, convert, path, span);
        let id = context.semantic.keep(path, data.clone());
        Ok(json!({ "resultId": id, "data": data }))
    })
}

fn tokens_delta(context: &Context, params: Value) -> Answer {
    let before = params.get("previousResultId").and_then(Value::as_str).unwrap_or_default().to_owned();
    context.file(params, |convert, path| {
        let span = whole(convert, path);
        let data = encoded(context, convert, path, span);
        let old = context.semantic.get(path, &before);
        let id = context.semantic.keep(path, data.clone());
        Ok(match old {
            Some(old) => json!({ "resultId": id, "edits": semantic::difference(&old, &data) }),
            None => json!({ "resultId": id, "data": data }),
        })
    })
}

fn tokens_range(context: &Context, params: Value) -> Answer {
    context.within(params, |convert, path, span| Ok(json!({ "data": encoded(context, convert, path, span) })))
}

fn hints(context: &Context, params: Value) -> Answer {
    context.within(params, |convert, path, span| {
        let found = ide::hints::hints(&context.snapshot, path, span);
        write(found.into_iter().map(|h| results::hint(convert, path, h)).collect::<Vec<_>>())
    })
}

fn prepare_calls(context: &Context, params: Value) -> Answer {
    context.at(params, |convert, path, offset| {
        let found = ide::calls::prepare(&context.snapshot, path, offset);
        write(found.map(|s| vec![results::step(convert, &s)]))
    })
}

/// The file and the byte of a step given out before.
fn step_of(params: &Value, convert: &mut Convert<'_>) -> Result<(PathBuf, u32), Error> {
    let item: lsp::CallHierarchyItem = read(params.get("item").cloned().unwrap_or_default())?;
    let path = path_of(&item.uri).ok_or_else(|| refused("this is no file".to_owned()))?;
    let offset = convert.offset(&path, item.selection_range.start);
    Ok((path, offset))
}

fn incoming(context: &Context, params: Value) -> Answer {
    let mut convert = context.convert();
    let (path, offset) = step_of(&params, &mut convert)?;
    let found = ide::calls::incoming(&context.snapshot, &path, offset);
    let calls = found.iter().map(|s| {
        let from = results::step(&mut convert, s);
        let ranges = vec![from.selection_range];
        lsp::CallHierarchyIncomingCall { from, from_ranges: ranges }
    });
    write(calls.collect::<Vec<_>>())
}

fn outgoing(context: &Context, params: Value) -> Answer {
    let mut convert = context.convert();
    let (path, offset) = step_of(&params, &mut convert)?;
    let found = ide::calls::outgoing(&context.snapshot, &path, offset);
    let calls = found.iter().map(|s| {
        let to = results::step(&mut convert, s);
        lsp::CallHierarchyOutgoingCall { to, from_ranges: Vec::new() }
    });
    write(calls.collect::<Vec<_>>())
}

fn found_in(context: &Context, convert: &mut Convert<'_>, path: &Path) -> Vec<lsp::Diagnostic> {
    let Some(file) = context.snapshot.analysed(path) else { return Vec::new() };
    ide::diagnostics::of(&file).iter().map(|d| results::diagnostic(convert, &file, d)).collect()
}

/// The findings, or the word that they are those the client has.
fn report(items: &[lsp::Diagnostic], before: Option<&str>) -> Value {
    use std::hash::{DefaultHasher, Hash, Hasher};
    let mut hasher = DefaultHasher::new();
    serde_json::to_string(items).unwrap_or_default().hash(&mut hasher);
    let id = format!("{:016x}", hasher.finish());
    if before == Some(&id) {
        return json!({ "kind": "unchanged", "resultId": id });
    }
    json!({ "kind": "full", "resultId": id, "items": items })
}

fn diagnostic(context: &Context, params: Value) -> Answer {
    let before = params.get("previousResultId").and_then(Value::as_str).map(str::to_owned);
    context.file(params, |convert, path| Ok(report(&found_in(context, convert, path), before.as_deref())))
}

fn workspace_diagnostic(context: &Context, params: Value) -> Answer {
    let params: lsp::WorkspaceDiagnosticParams = read(params)?;
    let mut convert = context.convert();
    let mut items = Vec::new();
    for path in context.snapshot.missions() {
        let uri = super::convert::uri_of(&path);
        let before = params.previous_result_ids.iter().find(|p| p.uri == uri).map(|p| p.value.as_str());
        let mut item = report(&found_in(context, &mut convert, &path), before);
        item["version"] = context.snapshot.document(&path).map(|d| d.version).into();
        item["uri"] = json!(uri);
        items.push(item);
    }
    Ok(json!({ "items": items }))
}

fn graph(context: &Context, params: Value) -> Answer {
    let mission = params.get("mission").and_then(Value::as_str).map(str::to_owned);
    context.file(params, |convert, path| {
        let found = ide::graph::graph(&context.snapshot, path, mission.as_deref());
        Ok(found.map_or(Value::Null, |g| results::graph(convert, path, &g)))
    })
}
