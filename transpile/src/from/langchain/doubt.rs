//! What cannot be followed: calls that could have made or changed what the file holds, and one of two objects.

use super::model::Effect;
use super::retrieval::embeddings_of;
use super::state::{M, Thing, ThingClass, kind, op_of, thing_of};
use crate::python::{Args, Site, Value};

/// Methods that run an object and change nothing.
const RUNS: &[&str] = &[
    "invoke",
    "ainvoke",
    "stream",
    "astream",
    "batch",
    "abatch",
    "run",
    "arun",
    "predict",
    "apply",
    "generate",
    "astream_events",
    "get_graph",
    "get_state",
    "print",
    "display",
    "format",
    "print_ascii",
    "pretty_print",
    "render_text_description",
    "render_text_description_and_args",
    "format_tool_to_openai_function",
    "convert_to_openai_function",
    "convert_to_openai_tool",
];

/// A call of something that is not modelled: what it gives is a symbol, so only what it may change matters.
pub(super) fn unknown_call(m: &mut M<'_>, callee: &str, args: &Args, site: Site) {
    let name = callee.rsplit('.').next().unwrap_or(callee);
    if RUNS.contains(&name) || callee.starts_with("builtins.") {
        return;
    }
    let all = args.pos.iter().chain(args.kw.iter().map(|(_, v)| v));
    if all.clone().any(super::graph::is_builder) && !is_shown(callee) {
        let message = format!("`{callee}` gets the graph that is being built: what it changes is lost");
        m.host.lose(Effect::Structure, message, site);
    }
    let lists: Vec<&Value> = all.filter(|v| matches!(v, Value::Obj(_))).collect();
    let holds =
        lists.iter().any(|v| m.as_items(v).is_some_and(|items| items.iter().any(|i| op_of(m, i).is_some())));
    if holds && super::names::is_family(callee.split('.').next().unwrap_or(callee)) {
        m.host.lose(
            Effect::Structure,
            format!("`{callee}` is not known: what it makes of its arguments is lost"),
            site,
        );
    }
}

/// A call that only shows what it is given.
fn is_shown(callee: &str) -> bool {
    matches!(
        super::names::last(callee),
        "print"
            | "pprint"
            | "display"
            | "debug"
            | "info"
            | "warning"
            | "error"
            | "write"
            | "type"
            | "id"
            | "repr"
    )
}

/// One of two values, and which is not known. Where both are the same object in all that is shown, it is that one; where
/// they differ, or one is nothing, the first object stands for both and the doubt is told.
pub(super) fn either(
    m: &mut M<'_>,
    first: &Value,
    second: &Value,
    reason: &str,
    site: Site,
) -> Option<Value> {
    let is_object = |v: &Value| matches!(v, Value::Native(n) if n.kind < kind::GRAPH);
    let is_nothing = |v: &Value| matches!(v, Value::None) || (v.is_symbol() && v.assumed().is_none());
    let (shown, is_same) = match (is_object(first), is_object(second)) {
        (true, true) => (first, is_same(m, first, second)?),
        (true, false) if is_nothing(second) => (first, false),
        (false, true) if is_nothing(first) => (second, false),
        _ => return None,
    };
    if !is_same {
        m.host.lose(Effect::Structure, format!("{reason}: one of two objects is shown"), site);
    }
    Some(shown.clone())
}

/// Whether two objects are alike in all that is shown of them; `None` where they are no two of a kind.
fn is_same(m: &M<'_>, first: &Value, second: &Value) -> Option<bool> {
    if let (Some(a), Some(b)) = (op_of(m, first), op_of(m, second)) {
        return Some(super::inspect::op(&a) == super::inspect::op(&b));
    }
    let (a, b) = (thing_of(m, first)?, thing_of(m, second)?);
    let embeddings = |thing: &Thing| embeddings_of(m, &thing.args).map(|e| format!("{e:?}"));
    match a.class == b.class && !matches!(a.class, ThingClass::Message | ThingClass::MessageTemplate) {
        true => Some(a.name == b.name && embeddings(a) == embeddings(b)),
        false => None,
    }
}
