//! Calls that cannot be followed: could they have made or changed what the file holds?

use super::model::Effect;
use super::state::{M, op_of};
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
];

/// A call of something that is not modelled: what it gives is a symbol, so only what it may change matters.
pub(super) fn unknown_call(m: &mut M<'_>, callee: &str, args: &Args, site: Site) {
    let name = callee.rsplit('.').next().unwrap_or(callee);
    if RUNS.contains(&name) || callee.starts_with("builtins.") {
        return;
    }
    let all = args.pos.iter().chain(args.kw.iter().map(|(_, v)| v));
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
