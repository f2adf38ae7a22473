//! Formats: JSON, schemas, CSV.

use super::Missing;
use crate::from::yaml::doc::Doc;
use crate::from::yaml::node::{Kind, Node};
use crate::from::yaml::read_json;
use crate::from::yaml::translate::Translator;
use crate::from::yaml::units::Unit;

/// `parse_json`: a pure function.
pub(super) fn parse_json(t: &mut Translator<'_>, unit: &Unit) -> Result<Doc, Missing> {
    let content = t.need(unit, "content")?;
    if matches!(content.kind, Kind::Map(_) | Kind::List(_)) {
        let json = t.json(&content);
        return Ok(t.call(unit, "json.of", vec![json]));
    }
    let text = t.text_value(&content);
    Ok(t.call(unit, "json.parse", vec![text]))
}

/// `validate_schema`: data and schema are JSON texts or values.
pub(super) fn validate(t: &mut Translator<'_>, unit: &Unit) -> Result<Doc, Missing> {
    let (data, schema) = (t.need(unit, "data")?, t.need(unit, "schema")?);
    let mut args = vec![Doc::named("value", value(t, &data)), Doc::named("schema", value(t, &schema))];
    // Whoever reads the verdict wants the step to give it, not to fail.
    let read = ["valid", "errors", "output.valid", "output.errors"];
    if read.iter().any(|part| unit.wants.contains(*part)) {
        args.push(Doc::named("check", Doc::text("false")));
    }
    Ok(t.call(unit, "schema.validate", args))
}

/// A JSON text written out, or parsed when the mission runs.
pub(super) fn value(t: &mut Translator<'_>, node: &Node) -> Doc {
    let Some(text) = node.text() else { return t.json(node) };
    let pieces = t.pieces(node);
    let constant = pieces.iter().all(|p| matches!(p, crate::from::yaml::values::Resolved::Text(_)));
    if constant && let Ok(document) = read_json::read(text) {
        return Doc::from(node.span, t.placeless(&document.root));
    }
    let text = t.text_value(node);
    Doc::from(node.span, Doc::call("json.parse", vec![text]))
}

/// `csv_process`: the text, or the file that holds it.
pub(super) fn csv(t: &mut Translator<'_>, unit: &Unit) -> Result<Doc, Missing> {
    let text = match (t.param(unit, "content").cloned(), t.param(unit, "input_file").cloned()) {
        (Some(node), _) => t.text_value(&node),
        (None, Some(node)) => t.read_before(unit, &node),
        (None, None) => return Err(Missing::of("content")),
    };
    let mut args = vec![Doc::named("text", text)];
    if let Some(node) = t.param(unit, "delimiter").cloned() {
        args.push(Doc::named("delimiter", t.text_value(&node)));
    }
    Ok(t.call(unit, "csv.parse", args))
}

impl Translator<'_> {
    /// A helper step that reads a file; gives its text.
    pub fn read_before(&mut self, unit: &Unit, path: &Node) -> Doc {
        let path = self.template(path);
        let name = self.fresh(&format!("{}_text", unit.ident));
        let call = self.call(unit, "fs.read", vec![Doc::named("path", path)]);
        self.before.push((name.clone(), call));
        match unit.optional() {
            true => Doc::text(format!("{name} ?? \"\"")),
            false => Doc::text(name),
        }
    }

    /// A value that was read from inside a text: only the text has a place.
    pub fn placeless(&self, node: &Node) -> Doc {
        use crate::from::yaml::{literal, node::float_text};
        match &node.kind {
            Kind::Null => Doc::text("null"),
            Kind::Bool(value) => Doc::text(value.to_string()),
            Kind::Int(value) => Doc::text(value.to_string()),
            Kind::Float(value) => Doc::text(float_text(*value)),
            Kind::Text(text) => literal::bare_string(text),
            Kind::List(items) => Doc::list(items.iter().map(|item| self.placeless(item)).collect()),
            Kind::Map(entries) => Doc::record(
                entries.iter().map(|e| Doc::named(&literal::key(&e.key), self.placeless(&e.value))).collect(),
            ),
        }
    }
}
