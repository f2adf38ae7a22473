//! Answers of `ide` as results of the protocol.

use super::capabilities::Client;
use super::convert::{Convert, uri_of};
use crate::ide::actions::{Action, ActionKind};
use crate::ide::calls::StepItem;
use crate::ide::completion::{Offer, OfferKind, Offers};
use crate::ide::folding::{Fold, FoldKind};
use crate::ide::graph::Graph;
use crate::ide::hints::Hint;
use crate::ide::lens::{Lens, LensAction};
use crate::ide::signature::Help;
use crate::ide::symbols::Outline;
use crate::ide::{Analysed, Change, Location};
use gen_lsp_types as lsp;
use rustchain_compiler::index::Symbol;
use rustchain_grammar::{Diagnostic, Severity, Span};
use rustchain_plan::Verdict;
use serde_json::{Value, json};
use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};

const PAGES: &str = "https://github.com/rustchain/rustchain/blob/main/compiler/explain/";

fn markdown(value: String) -> lsp::MarkupContent {
    lsp::MarkupContent { kind: lsp::MarkupKind::Markdown, value }
}

/// A finding; its notes and help become part of the message, its story related places.
pub fn diagnostic(convert: &mut Convert<'_>, file: &Analysed, found: &Diagnostic) -> lsp::Diagnostic {
    let severity = match found.severity {
        Severity::Error => lsp::DiagnosticSeverity::Error,
        Severity::High | Severity::Medium => lsp::DiagnosticSeverity::Warning,
        Severity::Low => lsp::DiagnosticSeverity::Information,
        Severity::Note => lsp::DiagnosticSeverity::Hint,
    };
    let mut message = found.message.clone();
    for line in found.notes.iter().chain(&found.help) {
        message.push('\n');
        message.push_str(line);
    }
    let related = found.secondary.iter().map(|label| {
        let path = PathBuf::from(&file.analysis.sources.file(label.file).path);
        let location = convert.location(&Location { path, span: label.span });
        lsp::DiagnosticRelatedInformation { location, message: label.message.clone() }
    });
    let related: Vec<_> = related.collect();
    lsp::Diagnostic {
        range: convert.range(&file.path, found.primary.span),
        severity: Some(severity),
        code: Some(lsp::Code::String(found.code.to_owned())),
        code_description: Some(lsp::CodeDescription { href: lsp::Uri(format!("{PAGES}{}.md", found.code)) }),
        source: Some("rustchain".to_owned()),
        message: lsp::Message::String(message),
        tags: (found.code == "RC0802").then(|| vec![lsp::DiagnosticTag::Unnecessary]),
        related_information: (!related.is_empty()).then_some(related),
        data: None,
    }
}

/// The kind of a symbol in lists.
pub fn symbol_kind(symbol: Symbol) -> lsp::SymbolKind {
    use lsp::SymbolKind as K;
    match symbol {
        Symbol::Mission => K::Module,
        Symbol::Step => K::Event,
        Symbol::Group => K::Namespace,
        Symbol::Let | Symbol::Variable => K::Variable,
        Symbol::Parameter | Symbol::Output => K::Property,
        Symbol::Field => K::Field,
        Symbol::Member => K::EnumMember,
        Symbol::Type => K::Struct,
        Symbol::Chain | Symbol::Tool | Symbol::Library => K::Function,
        Symbol::Agent => K::Class,
        Symbol::Form => K::Method,
        Symbol::Provider | Symbol::Memory => K::Object,
        Symbol::Policy => K::Interface,
    }
}

/// An entry of the outline with its children.
#[allow(deprecated)] // the field must be named
pub fn outline(convert: &mut Convert<'_>, path: &Path, entry: &Outline) -> lsp::DocumentSymbol {
    let children: Vec<_> = entry.children.iter().map(|c| outline(convert, path, c)).collect();
    lsp::DocumentSymbol {
        name: entry.name.clone(),
        detail: Some(entry.detail.clone()),
        kind: symbol_kind(entry.symbol),
        tags: None,
        deprecated: None,
        range: convert.range(path, entry.whole),
        selection_range: convert.range(path, entry.selection),
        children: (!children.is_empty()).then_some(children),
    }
}

/// The offers as a list; without snippets each inserts its text up to the first tab stop.
pub fn completion(
    convert: &mut Convert<'_>,
    path: &Path,
    found: Offers,
    client: Client,
) -> lsp::CompletionList {
    let range = convert.range(path, found.replace);
    let is_incomplete = found.cut;
    let items = found.offers.into_iter().enumerate().map(|(rank, offer)| item(offer, rank, range, client));
    lsp::CompletionList { is_incomplete, items: items.collect(), ..Default::default() }
}

fn item(offer: Offer, rank: usize, range: lsp::Range, client: Client) -> lsp::CompletionItem {
    use lsp::CompletionItemKind as K;
    let kind = match offer.kind {
        OfferKind::Keyword => K::Keyword,
        OfferKind::Function => K::Function,
        OfferKind::Argument => K::Property,
        OfferKind::Field => K::Field,
        OfferKind::Module => K::Module,
        OfferKind::Value => K::EnumMember,
        OfferKind::Type => K::Struct,
        OfferKind::File => K::File,
        OfferKind::Name(symbol) => match symbol {
            Symbol::Chain | Symbol::Tool | Symbol::Agent | Symbol::Library => K::Function,
            Symbol::Type => K::Struct,
            Symbol::Provider | Symbol::Memory => K::Constant,
            Symbol::Mission => K::Module,
            Symbol::Policy => K::Interface,
            _ => K::Variable,
        },
    };
    let new_text = if client.snippets { offer.snippet } else { plain(&offer.snippet) };
    let format =
        if client.snippets { lsp::InsertTextFormat::Snippet } else { lsp::InsertTextFormat::PlainText };
    lsp::CompletionItem {
        label: offer.label,
        kind: Some(kind),
        detail: (!offer.detail.is_empty()).then_some(offer.detail),
        documentation: (!offer.doc.is_empty())
            .then(|| lsp::Documentation::MarkupContent(markdown(offer.doc))),
        sort_text: Some(format!("{rank:05}")),
        insert_text_format: Some(format),
        text_edit: Some(lsp::CompletionItemTextEdit::TextEdit(lsp::TextEdit { range, new_text })),
        ..Default::default()
    }
}

/// A snippet as plain text: tab stops become their words.
fn plain(snippet: &str) -> String {
    let mut out = String::new();
    let mut chars = snippet.chars().peekable();
    let mut open = 0_u32;
    while let Some(c) = chars.next() {
        match c {
            '\\' => out.extend(chars.next()),
            '$' => {
                let braced = chars.next_if_eq(&'{').is_some();
                while chars.next_if(char::is_ascii_digit).is_some() {}
                if braced {
                    match chars.next() {
                        Some(':') => open += 1,
                        Some('|') => {
                            let choices: String = chars.by_ref().take_while(|c| *c != '}').collect();
                            out.push_str(choices.split([',', '|']).next().unwrap_or_default());
                        }
                        _ => {}
                    }
                }
            }
            '}' if open > 0 => open -= 1,
            other => out.push(other),
        }
    }
    out
}

/// A signature with its parameters.
pub fn signature(help: Help) -> lsp::SignatureHelp {
    let parameters = help.params.into_iter().map(|(label, doc)| lsp::ParameterInformation {
        label: lsp::ParameterInformationLabel::String(label),
        documentation: (!doc.is_empty()).then(|| lsp::Documentation::MarkupContent(markdown(doc))),
    });
    let signature = lsp::SignatureInformation {
        label: help.label,
        documentation: (!help.doc.is_empty()).then(|| lsp::Documentation::MarkupContent(markdown(help.doc))),
        parameters: Some(parameters.collect()),
        active_parameter: None,
    };
    lsp::SignatureHelp {
        signatures: vec![signature],
        active_signature: Some(0),
        active_parameter: help.active.map(|i| lsp::ActiveParameter::from(i as u32)),
    }
}

/// Changes as one edit of the workspace, by file.
pub fn edit(convert: &mut Convert<'_>, changes: &[Change]) -> lsp::WorkspaceEdit {
    let mut by_file: BTreeMap<&PathBuf, Vec<lsp::TextEdit>> = BTreeMap::new();
    for change in changes {
        let range = convert.range(&change.location.path, change.location.span);
        let edit = lsp::TextEdit { range, new_text: change.text.clone() };
        by_file.entry(&change.location.path).or_default().push(edit);
    }
    let changes: HashMap<lsp::Uri, Vec<lsp::TextEdit>> =
        by_file.into_iter().map(|(path, edits)| (uri_of(path), edits)).collect();
    lsp::WorkspaceEdit { changes: Some(changes), ..Default::default() }
}

/// An action; one that creates a file only for clients that can.
pub fn action(
    convert: &mut Convert<'_>,
    found: Action,
    mended: Option<lsp::Diagnostic>,
    client: Client,
) -> Option<Value> {
    let kind = match found.kind {
        ActionKind::Fix => "quickfix",
        ActionKind::FixAll => "source.fixAll",
        ActionKind::Extract => "refactor.extract",
        ActionKind::Rewrite => "refactor.rewrite",
    };
    let edit = match found.creates {
        Some((path, text)) if client.creates_files => {
            let start = lsp::Position { line: 0, character: 0 };
            json!({ "documentChanges": [
                { "kind": "create", "uri": uri_of(&path), "options": { "ignoreIfExists": false, "overwrite": false } },
                {
                    "textDocument": { "uri": uri_of(&path), "version": null },
                    "edits": [{ "range": lsp::Range { start, end: start }, "newText": text }],
                },
            ] })
        }
        Some(_) => return None,
        None => serde_json::to_value(edit(convert, &found.changes)).ok()?,
    };
    let mut action = json!({ "title": found.title, "kind": kind, "edit": edit });
    if found.preferred {
        action["isPreferred"] = true.into();
    }
    if let Some(mended) = mended {
        action["diagnostics"] = json!([mended]);
    }
    Some(action)
}

/// A lens; commands are those of the VS Code extension.
pub fn lens(convert: &mut Convert<'_>, path: &Path, found: Lens) -> lsp::CodeLens {
    let uri = uri_of(path);
    let range = convert.range(path, found.span);
    let (command, arguments) = match found.action {
        LensAction::Run(mission) => ("rustchain.run", Some(vec![json!(uri.0), json!(mission)])),
        LensAction::DryRun(mission) => ("rustchain.dryRun", Some(vec![json!(uri.0), json!(mission)])),
        LensAction::Test(title) => ("rustchain.test", Some(vec![json!(uri.0), json!(title)])),
        LensAction::References(places) => {
            let places: Vec<lsp::Location> = places.iter().map(|l| convert.location(l)).collect();
            ("rustchain.showReferences", Some(vec![json!(uri.0), json!(range.start), json!(places)]))
        }
        LensAction::Words => ("", None),
    };
    let command = lsp::Command { title: found.title, tooltip: None, command: command.to_owned(), arguments };
    lsp::CodeLens { range, command: Some(command), data: None }
}

/// Words beside the text.
pub fn hint(convert: &mut Convert<'_>, path: &Path, found: Hint) -> lsp::InlayHint {
    lsp::InlayHint {
        position: convert.position(path, found.offset),
        label: lsp::Label::String(found.label),
        kind: found.is_type.then_some(lsp::InlayHintKind::Type),
        text_edits: None,
        tooltip: found.tooltip.map(lsp::Tooltip::String),
        padding_left: Some(!found.is_type),
        padding_right: None,
        data: None,
    }
}

/// A fold.
pub fn fold(found: Fold) -> lsp::FoldingRange {
    let kind = match found.kind {
        FoldKind::Comment => lsp::FoldingRangeKind::Comment,
        FoldKind::Imports => lsp::FoldingRangeKind::Imports,
        FoldKind::Region => lsp::FoldingRangeKind::Region,
    };
    lsp::FoldingRange {
        start_line: found.first,
        end_line: found.last,
        kind: Some(kind),
        ..Default::default()
    }
}

/// Ranges from the inside out, as the chain of parents that the protocol wants.
pub fn selection(convert: &mut Convert<'_>, path: &Path, spans: &[Span]) -> Option<lsp::SelectionRange> {
    let mut chain = None;
    for span in spans.iter().rev() {
        chain = Some(lsp::SelectionRange { range: convert.range(path, *span), parent: chain.map(Box::new) });
    }
    chain
}

/// A step of the call hierarchy.
pub fn step(convert: &mut Convert<'_>, found: &StepItem) -> lsp::CallHierarchyItem {
    let path = &found.whole.path;
    lsp::CallHierarchyItem {
        name: found.name.clone(),
        kind: lsp::SymbolKind::Event,
        tags: None,
        detail: Some(found.detail.clone()),
        uri: uri_of(path),
        range: convert.range(path, found.whole.span),
        selection_range: convert.range(path, found.selection),
        data: None,
    }
}

/// The answer to `rustchain/graph`.
pub fn graph(convert: &mut Convert<'_>, path: &Path, found: &Graph) -> Value {
    let verdict = |v: Option<Verdict>| match v {
        None => "none",
        Some(Verdict::Allowed) => "allowed",
        Some(Verdict::Unproven) => "guarded",
        Some(Verdict::Refused) => "refused",
    };
    let nodes = found.nodes.iter().map(|node| {
        json!({
            "id": node.id,
            "title": node.title,
            "what": node.what,
            "parent": node.parent,
            "effects": node.effects,
            "verdict": verdict(node.verdict),
            "range": convert.range(path, node.span.unwrap_or_default()),
        })
    });
    let nodes: Vec<Value> = nodes.collect();
    let edges: Vec<Value> = found
        .edges
        .iter()
        .map(|(from, to, order)| json!({ "from": from, "to": to, "order": order }))
        .collect();
    json!({ "mission": found.mission, "missions": found.missions, "nodes": nodes, "edges": edges })
}
