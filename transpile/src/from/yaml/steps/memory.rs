//! Remembered texts: one vector store for the file.

use super::Missing;
use crate::from::yaml::doc::Doc;
use crate::from::yaml::translate::Translator;
use crate::from::yaml::units::Unit;

/// The store of all `rag_*` steps.
const STORE: &str = "documents";

/// `rag_add`.
pub(super) fn add(t: &mut Translator<'_>, unit: &Unit) -> Result<Doc, Missing> {
    let (id, content) = (t.need(unit, "id")?, t.need(unit, "content")?);
    let store = t.memory(STORE, unit.step.kind.span);
    let mut fields = vec![Doc::named("id", t.text_value(&id)), Doc::named("text", t.text_value(&content))];
    if let Some(node) = t.param(unit, "metadata").cloned() {
        fields.push(Doc::named("metadata", t.json(&node)));
    }
    let document = Doc::Cat(vec![Doc::text("Document "), Doc::record(fields)]);
    let args =
        vec![Doc::named("store", Doc::text(store)), Doc::named("documents", Doc::list(vec![document]))];
    Ok(t.call(unit, "memory.add", args))
}

/// `rag_query`; a threshold is a second step that keeps what scores above it.
pub(super) fn query(t: &mut Translator<'_>, unit: &Unit) -> Result<Doc, Missing> {
    let query = t.need(unit, "query")?;
    let store = t.memory(STORE, unit.step.kind.span);
    let mut args = vec![Doc::named("store", Doc::text(store)), Doc::named("query", t.text_value(&query))];
    if let Some(node) = t.param(unit, "limit").cloned() {
        let k = t
            .value_of(crate::from::yaml::step_types::ParamKind::Int, &node)
            .ok_or_else(|| Missing::wrong("limit", &node))?;
        args.push(Doc::named("k", k));
    }
    let call = t.call(unit, "memory.search", args);
    let Some(node) = t.param(unit, "threshold").cloned() else { return Ok(call) };
    let threshold = t
        .value_of(crate::from::yaml::step_types::ParamKind::Float, &node)
        .ok_or_else(|| Missing::wrong("threshold", &node))?;
    let name = t.fresh(&format!("{}_all", unit.ident));
    t.before.push((name.clone(), call));
    let list = if unit.optional() { format!("{name} ?? []") } else { name };
    Ok(Doc::Cat(vec![Doc::text(format!("[d for d in {list} if d.score >= ")), threshold, Doc::text("]")]))
}
