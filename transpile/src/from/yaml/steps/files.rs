//! Files: writing, changing, searching.

use super::Missing;
use crate::from::yaml::doc::Doc;
use crate::from::yaml::literal;
use crate::from::yaml::step_types::StepType;
use crate::from::yaml::translate::Translator;
use crate::from::yaml::units::Unit;
use rustchain_grammar::Severity;

/// `create_file`: a missing content is an empty file.
pub(super) fn create(t: &mut Translator<'_>, unit: &Unit, kind: &'static StepType) -> Result<Doc, Missing> {
    let mut args = t.table_args(unit, kind)?;
    if args.len() < 2 {
        args.push(Doc::named("text", literal::bare_string("")));
    }
    Ok(t.call(unit, "fs.write", args))
}

/// `edit_file`: replaces where `old` and `new` are given, appends, or overwrites.
pub(super) fn edit(t: &mut Translator<'_>, unit: &Unit) -> Result<Doc, Missing> {
    let path = t.need(unit, "path")?;
    let path = Doc::named("path", t.template(&path));
    if let (Some(old), Some(new)) = (t.param(unit, "old").cloned(), t.param(unit, "new").cloned()) {
        let args = vec![path, Doc::named("old", t.text_value(&old)), Doc::named("new", t.text_value(&new))];
        return Ok(t.call(unit, "fs.edit", args));
    }
    let Some(content) = t.param(unit, "content").cloned() else {
        let span = unit.step.kind.span;
        let message = "an `edit_file` step without `content`: it becomes a `hole`";
        t.sink.lossy(Severity::Medium, span, message, "give `content`, or `old` and `new`");
        return Ok(t.hole(unit, "edit_file", "unit", &unit.step.params.clone()));
    };
    let operation = t.constant(unit, "operation").map(|(text, _)| text);
    let append = t.constant(unit, "append").is_some_and(|(text, _)| text == "true")
        || operation.as_deref() == Some("append");
    let mut args = vec![path, Doc::named("text", t.text_value(&content))];
    if append {
        args.push(Doc::named("append", Doc::text("true")));
    }
    Ok(t.call(unit, "fs.write", args))
}

/// `list_directory`; without a path the project root.
pub(super) fn list(t: &mut Translator<'_>, unit: &Unit) -> Result<Doc, Missing> {
    let path = match t.param(unit, "path").cloned() {
        Some(node) => t.template(&node),
        None => literal::bare_string("."),
    };
    Ok(t.call(unit, "fs.list", vec![Doc::named("path", path)]))
}

/// `file_search`: a part of the name in one folder becomes a glob.
pub(super) fn search(t: &mut Translator<'_>, unit: &Unit) -> Result<Doc, Missing> {
    let pattern = t.need(unit, "pattern")?;
    let path = match t.param(unit, "path").cloned() {
        Some(node) => t.template(&node),
        None => literal::bare_string("."),
    };
    let text = pattern.scalar_text().unwrap_or_default();
    let glob = match text.contains(['*', '?', '{', '$']) {
        true => t.template(&pattern),
        false => Doc::from(pattern.span, literal::bare_string(&format!("*{text}*"))),
    };
    Ok(t.call(unit, "fs.find", vec![Doc::named("path", path), Doc::named("pattern", glob)]))
}
