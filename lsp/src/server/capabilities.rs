//! What the server can do, and what it learns of the client.

use crate::ide::{Encoding, tokens};
use gen_lsp_types as lsp;
use serde_json::{Value, json};

/// What matters of a client.
#[derive(Clone, Copy, Debug, Default)]
pub struct Client {
    /// What its columns count.
    pub encoding: Encoding,
    /// It asks for diagnostics itself.
    pub pulls: bool,
    /// It can be told to ask again.
    pub refreshes: bool,
    /// It inserts snippets.
    pub snippets: bool,
    /// It can create files by an edit.
    pub creates_files: bool,
}

impl Client {
    /// Reads the client's capabilities; what it does not say it cannot do.
    pub fn new(capabilities: &Value) -> Client {
        let at = |path: &str| capabilities.pointer(path);
        let flag = |path: &str| at(path).and_then(Value::as_bool).unwrap_or(false);
        let encodings: Vec<&str> = at("/general/positionEncodings")
            .and_then(Value::as_array)
            .map(|list| list.iter().filter_map(Value::as_str).collect())
            .unwrap_or_default();
        let encoding = if encodings.contains(&"utf-8") {
            Encoding::Utf8
        } else if encodings.contains(&"utf-16") || encodings.is_empty() {
            Encoding::Utf16
        } else {
            Encoding::Utf32
        };
        let operations = at("/workspace/workspaceEdit/resourceOperations").and_then(Value::as_array);
        Client {
            encoding,
            pulls: at("/textDocument/diagnostic").is_some_and(Value::is_object),
            refreshes: flag("/workspace/diagnostics/refreshSupport"),
            snippets: flag("/textDocument/completion/completionItem/snippetSupport"),
            creates_files: operations.is_some_and(|o| o.iter().any(|v| v == "create")),
        }
    }
}

/// What the server can do, for a client.
pub fn server(client: Client) -> Value {
    let encoding = match client.encoding {
        Encoding::Utf8 => "utf-8",
        Encoding::Utf16 => "utf-16",
        Encoding::Utf32 => "utf-32",
    };
    json!({
        "positionEncoding": encoding,
        "textDocumentSync": {
            "openClose": true,
            "change": lsp::TextDocumentSyncKind::Incremental,
            "save": { "includeText": false },
        },
        "completionProvider": { "triggerCharacters": [".", "\"", "/", ":"] },
        "hoverProvider": true,
        "signatureHelpProvider": { "triggerCharacters": ["(", ","], "retriggerCharacters": [":"] },
        "definitionProvider": true,
        "typeDefinitionProvider": true,
        "referencesProvider": true,
        "documentHighlightProvider": true,
        "documentSymbolProvider": true,
        "workspaceSymbolProvider": true,
        "codeActionProvider": { "codeActionKinds": ["quickfix", "refactor.extract", "refactor.rewrite", "source.fixAll"] },
        "codeLensProvider": {},
        "documentLinkProvider": {},
        "documentFormattingProvider": true,
        "documentRangeFormattingProvider": true,
        "documentOnTypeFormattingProvider": { "firstTriggerCharacter": "}", "moreTriggerCharacter": ["\n"] },
        "renameProvider": { "prepareProvider": true },
        "foldingRangeProvider": true,
        "selectionRangeProvider": true,
        "callHierarchyProvider": true,
        "semanticTokensProvider": {
            "legend": { "tokenTypes": tokens::KINDS, "tokenModifiers": tokens::MODIFIERS },
            "full": { "delta": true },
            "range": true,
        },
        "inlayHintProvider": true,
        "diagnosticProvider": { "identifier": "rustchain", "interFileDependencies": true, "workspaceDiagnostics": true },
        "workspace": { "workspaceFolders": { "supported": true } },
        "experimental": { "graph": true },
    })
}
