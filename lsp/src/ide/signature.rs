//! The signature of the call around the cursor.

use super::context::{self, Call};
use super::render;
use super::{Analysed, Snapshot};
use rustchain_grammar::ast::{FieldDecl, ItemKind};
use std::path::Path;

/// A signature with the argument the cursor is in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Help {
    /// `f(a: int) -> string`.
    pub label: String,
    /// What it does.
    pub doc: String,
    /// Each parameter: its text in the label, its docs.
    pub params: Vec<(String, String)>,
    /// The one the cursor is in.
    pub active: Option<usize>,
}

/// The help at a byte.
pub fn help(snapshot: &Snapshot, path: &Path, offset: u32) -> Option<Help> {
    let file = snapshot.analysed(path)?;
    let call = context::call_at(file.mission_text(), file.to_mission(offset)?)?;
    let (label, doc, params, names) = described(&file, &call)?;
    let active = match &call.argument {
        Some(name) => names.iter().position(|n| n == name),
        None => names.iter().position(|n| !call.given.contains(n)),
    };
    Some(Help { label, doc, params, active })
}

type Described = (String, String, Vec<(String, String)>, Vec<String>);

fn described(file: &Analysed, call: &Call) -> Option<Described> {
    if let Some(signature) = rustchain_stdlib::signature(&call.callee) {
        let params = signature.params.iter().map(|p| (render::param(p), p.doc.clone())).collect();
        let names = signature.params.iter().map(|p| p.name.to_string()).collect();
        return Some((render::signature(signature), signature.doc.clone(), params, names));
    }
    let text = file.mission_text();
    let item = file
        .analysis
        .syntax
        .items
        .iter()
        .find(|i| callable(&i.kind).is_some_and(|(n, ..)| n == call.callee))?;
    let (name, fields, result) = callable(&item.kind)?;
    let shown: Vec<String> =
        fields.iter().map(|f| text.get(f.span.range()).unwrap_or_default().to_owned()).collect();
    let result =
        result.and_then(|span| text.get(span.range())).map(|r| format!(" -> {r}")).unwrap_or_default();
    let label = format!("{name}({}){result}", shown.join(", "));
    let names = fields.iter().map(|f| f.name.text.to_string()).collect();
    let params = shown.into_iter().zip(fields.iter().map(|f| f.docs.text.clone())).collect();
    Some((label, item.docs.text.clone(), params, names))
}

/// Name, parameters and the place of the result's type.
pub fn callable(kind: &ItemKind) -> Option<(&str, &[FieldDecl], Option<rustchain_grammar::Span>)> {
    Some(match kind {
        ItemKind::Chain(d) => (&d.name.text, &d.params, Some(d.result.span)),
        ItemKind::Agent(d) => (&d.name.text, &d.params, Some(d.result.span)),
        ItemKind::Tool(d) => (&d.name.text, d.params.as_deref()?, d.result.as_ref().map(|r| r.span)),
        _ => return None,
    })
}
