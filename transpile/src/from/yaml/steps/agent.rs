//! Agents: a declaration at the top of the file, and a call with what its prompt reads.

use super::Missing;
use crate::from::yaml::doc::Doc;
use crate::from::yaml::literal::{self, Part};
use crate::from::yaml::names::title;
use crate::from::yaml::node::{Kind, Node};
use crate::from::yaml::step_types::{ParamKind, Ty};
use crate::from::yaml::translate::{Agent, Translator};
use crate::from::yaml::units::Unit;
use crate::from::yaml::values::Resolved;
use rustchain_grammar::Severity;
use std::collections::BTreeMap;

/// Tools of the YAML and the tools of an agent here.
const TOOLS: &[(&str, &str)] = &[
    ("http", "http.get"),
    ("http_request", "http.get"),
    ("web_request", "http.get"),
    ("create_file", "fs.write"),
    ("file_create", "fs.write"),
    ("write_file", "fs.write"),
    ("file_write", "fs.write"),
    ("read_file", "fs.read"),
    ("file_read", "fs.read"),
    ("list_files", "fs.list"),
    ("list_directory", "fs.list"),
    ("search_files", "fs.find"),
    ("file_search", "fs.find"),
    ("command", "exec.run"),
    ("command_execute", "exec.run"),
    ("calculator", "math"),
];

pub(super) fn lower(t: &mut Translator<'_>, unit: &Unit) -> Result<Doc, Missing> {
    if let Some(file) = t.param(unit, "mission_file").cloned() {
        let message = "an agent that runs a mission file: it becomes a `hole`";
        let help = "convert the other mission with `rustchain fmt --to mission`, import it, and call it";
        t.sink.lossy(Severity::Medium, file.span, message, help);
        return Ok(t.hole(unit, "mission", "json", &unit.step.params.clone()));
    }
    let objective = t.need(unit, "objective")?;
    let mut params: BTreeMap<String, (Ty, Doc)> = BTreeMap::new();
    let prompt = lifted(t, &objective, &mut params);
    let system = t.param(unit, "system").cloned().map(|node| lifted(t, &node, &mut params));
    let model = t.provider_of(unit, false);
    let tools = tools(t, unit);
    let turns = match t.param(unit, "max_iterations").cloned() {
        Some(node) => {
            t.value_of(ParamKind::Int, &node).ok_or_else(|| Missing::wrong("max_iterations", &node))?
        }
        None => Doc::text("10"),
    };
    let name = agent_name(t, unit);
    let signature: Vec<String> =
        params.iter().map(|(name, (ty, _))| format!("{name}: {}", type_name(*ty))).collect();
    let head =
        Doc::from(unit.step.id.span, Doc::text(format!("agent {name}({}) -> string", signature.join(", "))));
    let mut lines = vec![Doc::Cat(vec![Doc::text("model "), model])];
    lines.extend(system.map(|doc| Doc::Cat(vec![Doc::text("system "), doc])));
    lines.push(Doc::Cat(vec![Doc::text("prompt "), prompt]));
    lines.push(Doc::Cat(vec![Doc::text("tools "), Doc::list(tools)]));
    let budget = vec![
        Doc::named("turns", turns),
        Doc::text("tokens: 30_000"),
        Doc::text("usd: 0.50"),
        Doc::text("wall: 5m"),
    ];
    lines.push(Doc::Cat(vec![Doc::text("budget "), Doc::record(budget)]));
    t.globals.agents.push(Agent { head, lines });
    let message = "an agent needs a budget: 30,000 tokens, 0.50 USD and 5 minutes are taken";
    let diagnostic =
        t.sink.new_at(crate::from::yaml::report::code::LOSSY, Severity::Note, unit.step.kind.span, message);
    t.sink.push(diagnostic);
    let args = params.into_iter().map(|(name, (_, value))| Doc::named(&name, value)).collect();
    Ok(t.call(unit, &name, args))
}

fn agent_name(t: &mut Translator<'_>, unit: &Unit) -> String {
    let wanted = t.constant(unit, "name").map_or_else(|| unit.ident.clone(), |(text, _)| title(&text));
    t.globals.names.claim(&wanted)
}

fn type_name(ty: Ty) -> &'static str {
    match ty {
        Ty::Text => "string",
        Ty::Path => "path",
        Ty::Int => "int",
        Ty::Float => "float",
        Ty::Bool => "bool",
        Ty::Json => "json",
        Ty::List | Ty::Other => "string",
    }
}

/// A text whose references became parameters of the agent.
fn lifted(t: &mut Translator<'_>, node: &Node, params: &mut BTreeMap<String, (Ty, Doc)>) -> Doc {
    let mut parts = Vec::new();
    for piece in t.pieces(node) {
        match piece {
            Resolved::Text(text) => parts.push(Part::Text(text)),
            Resolved::Value(value) => {
                let flat = value.doc.flat();
                let found =
                    params.iter().find(|(_, (_, known))| known.flat() == flat).map(|(name, _)| name.clone());
                let name = found.unwrap_or_else(|| {
                    let base = parameter_name(&flat);
                    let mut name = base.clone();
                    let mut count = 2;
                    while params.contains_key(&name) {
                        name = format!("{base}_{count}");
                        count += 1;
                    }
                    // Lists and records enter as text.
                    let doc = match value.ty {
                        Ty::List | Ty::Other => {
                            Doc::Cat(vec![Doc::text("\"${"), value.doc.clone(), Doc::text("}\"")])
                        }
                        _ => value.doc.clone(),
                    };
                    params.insert(name.clone(), (value.ty, doc));
                    name
                });
                parts.push(Part::Hole(Doc::text(name)));
            }
        }
    }
    literal::template(&parts, t.text, node.span)
}

/// A name for a value: the words of its last path, functions and literals left out.
fn parameter_name(expr: &str) -> String {
    let simple = |word: &&str| {
        let name = word.split(['.', '?']).next().unwrap_or_default();
        literal::is_identifier(name)
            && !["d", "for", "in", "if", "json", "join", "len", "run"].contains(&name)
    };
    let words: Vec<&str> = expr.split(|c: char| !(c.is_ascii_alphanumeric() || "_.?".contains(c))).collect();
    let found = words.iter().rev().find(|w| simple(w)).copied().unwrap_or("value");
    title(found)
}

/// The tools of an agent; unknown ones are left out and told.
fn tools(t: &mut Translator<'_>, unit: &Unit) -> Vec<Doc> {
    let Some(node) = t.param(unit, "tools").cloned() else { return Vec::new() };
    let mut out: Vec<Doc> = Vec::new();
    for item in node.items() {
        let name = item.get("name").and_then(Node::text).or(item.text()).unwrap_or_default();
        let found = TOOLS.iter().find(|(tool, _)| *tool == name && !name.is_empty());
        match found {
            Some((_, "math")) => {}
            Some((_, callee)) => {
                let doc = Doc::from(item.span, Doc::text(*callee));
                if out.iter().all(|known| known.flat() != doc.flat()) {
                    out.push(doc);
                }
            }
            None => {
                let message = format!("the agent's tool `{name}` is not carried over");
                let help = "declare it with `tool … = mcp(…)` or `python(…)`, and list it under `tools`";
                t.sink.lossy(Severity::Medium, item.span, message, help);
            }
        }
    }
    if !matches!(node.kind, Kind::List(_)) {
        t.sink.lossy(Severity::Medium, node.span, "`tools` must be a list: it is not read", "");
    }
    out
}
