//! `tool` steps: a tool that is a step type by another name, a program, or a `hole`.

use super::Missing;
use crate::from::yaml::doc::Doc;
use crate::from::yaml::node::{Entry, Kind, Node};
use crate::from::yaml::report::closest;
use crate::from::yaml::step_types::{self, StepType};
use crate::from::yaml::translate::Translator;
use crate::from::yaml::units::Unit;
use rustchain_grammar::Severity;

/// Tools and the step types that do the same.
const TOOLS: &[(&str, &str)] = &[
    ("create_file", "create_file"),
    ("file_create", "create_file"),
    ("write_file", "create_file"),
    ("read_file", "read_file"),
    ("file_read", "read_file"),
    ("list_files", "list_directory"),
    ("search_files", "file_search"),
    ("http", "http"),
    ("http_request", "http"),
    ("command", "command"),
    ("command_execute", "command"),
    ("csv_loader", "csv_process"),
    ("python_interpreter", "python"),
    ("wait_for_parallel", "noop"),
];

/// Tools that have no equivalent, and what to use.
const FOREIGN: &[(&str, &str)] = &[
    ("html_loader", "fetch the page with `http.get` and read it with a `python(…)` tool"),
    ("pdf_loader", "read the file with a `python(…)` tool"),
    ("json_yaml_loader", "read the file with `fs.read` and parse it with `json.parse` or `yaml.parse`"),
    ("google_search", "declare the search as `tool … = mcp(…)`"),
    ("duckduckgo_search", "declare the search as `tool … = mcp(…)`"),
    ("brave_search", "declare the search as `tool … = mcp(…)`"),
    ("github_client", "declare `tool gh = mcp(command: [\"github-mcp-server\"])`"),
    ("pinecone_vector_store", "declare `memory … = vector(…)`"),
    ("chroma_vector_store", "declare `memory … = vector(…)`"),
    ("email_sender", "send it with `exec.run` and the mail program, or declare a `python(…)` tool"),
];

fn name_of(t: &Translator<'_>, unit: &Unit) -> Option<String> {
    let node = t.param(unit, "tool")?;
    node.scalar_text().or_else(|| node.get("name").and_then(Node::scalar_text))
}

/// The step type that a tool step is.
pub(crate) fn step_type(t: &Translator<'_>, unit: &Unit) -> Option<&'static StepType> {
    let name = name_of(t, unit)?;
    if let Some((_, kind)) = TOOLS.iter().find(|(tool, _)| *tool == name) {
        return step_types::find(kind);
    }
    if is_json_loader(&name) {
        return step_types::find("parse_json");
    }
    if FOREIGN.iter().any(|(tool, _)| *tool == name) {
        return None;
    }
    let known = step_types::find(&name).filter(|k| k.name != "tool" && k.name != "agent");
    if known.is_some() {
        return known;
    }
    let is_program = t.param(unit, "args").is_some_and(|n| matches!(n.kind, Kind::List(_)));
    is_program.then(|| step_types::find("command")).flatten()
}

fn is_json_loader(name: &str) -> bool {
    name == "json_yaml_loader"
}

pub(super) fn lower(t: &mut Translator<'_>, unit: &Unit) -> Result<Doc, Missing> {
    let Some(name) = name_of(t, unit) else { return Err(Missing::of("tool")) };
    if is_json_loader(&name)
        && let Some(done) = json_loader(t, unit)
    {
        return Ok(done);
    }
    let Some(kind) = step_type(t, unit) else { return Ok(foreign(t, unit, &name)) };
    let inner = as_step(t, unit, kind, &name);
    Ok(t.lower_as(&inner, kind))
}

/// A tool step as the step that it is.
pub(crate) fn inner(t: &Translator<'_>, unit: &Unit) -> Option<Unit> {
    let name = name_of(t, unit)?;
    let kind = step_type(t, unit)?;
    Some(as_step(t, unit, kind, &name))
}

/// The unit as a step of another type, with the tool's parameters as its own.
fn as_step(t: &Translator<'_>, unit: &Unit, kind: &'static StepType, name: &str) -> Unit {
    let mut inner = unit.clone();
    inner.kind = Some(kind);
    inner.step.kind.value = kind.name.into();
    let at = unit.step.kind.span;
    let program = kind.name == "command" && step_types::find(name).is_none() && name != "command_execute";
    let mut params = match t.param(unit, "parameters") {
        Some(node) if !node.entries().is_empty() => node.clone(),
        _ => Node { kind: Kind::Map(loose(unit)), span: unit.step.params.span },
    };
    if let (true, Kind::Map(entries)) = (program, &mut params.kind) {
        let value =
            t.param(unit, "tool").cloned().unwrap_or(Node { kind: Kind::Text(name.into()), span: at });
        entries.retain(|entry| entry.key != "args");
        entries.push(Entry { key: "command".into(), key_span: at, value });
        let args = t.param(unit, "args").cloned();
        entries.extend(args.map(|value| Entry { key: "args".into(), key_span: at, value }));
    }
    if (kind.name == "csv_process" || kind.name == "noop")
        && let Kind::Map(entries) = &mut params.kind
    {
        entries.retain(|entry| kind.param(&entry.key).is_some());
    }
    inner.step.params = params;
    inner
}

/// Parameters written beside `tool:` instead of under `parameters:`.
fn loose(unit: &Unit) -> Vec<Entry> {
    let own = ["tool", "tool_name", "name", "parameters", "tool_parameters", "params", "input", "timeout"];
    unit.step.params.entries().iter().filter(|e| !own.contains(&e.key.as_str())).cloned().collect()
}

/// `json_yaml_loader`: the file, then its value.
fn json_loader(t: &mut Translator<'_>, unit: &Unit) -> Option<Doc> {
    let params = t.param(unit, "parameters").cloned().unwrap_or_else(|| unit.step.params.clone());
    let path = params.get("file_path").or(params.get("path"))?.clone();
    let stated = params.get("format").and_then(Node::scalar_text);
    let file = path.scalar_text()?;
    let yaml = stated.as_deref() == Some("yaml") || file.ends_with(".yaml") || file.ends_with(".yml");
    let text = t.read_before(unit, &path);
    Some(match yaml {
        true => t.call(unit, "yaml.parse", vec![Doc::named("text", text)]),
        false => t.call(unit, "json.parse", vec![text]),
    })
}

fn foreign(t: &mut Translator<'_>, unit: &Unit, name: &str) -> Doc {
    let span = t.param(unit, "tool").map_or(unit.step.kind.span, |n| n.span);
    let advice = FOREIGN.iter().find(|(tool, _)| *tool == name).map(|(_, advice)| *advice);
    let names = TOOLS.iter().chain(FOREIGN).map(|(tool, _)| *tool);
    let help = match (advice, closest(name, names)) {
        (Some(advice), _) => advice.to_string(),
        (None, Some(close)) => format!("did you mean `{close}`?"),
        (None, None) => {
            format!("declare it with `tool {name}(…) = python(\"…\")` or `mcp(…)`, or run with `--shims`")
        }
    };
    let message = format!("the tool `{name}` has no equivalent: it becomes a `hole`");
    t.sink.lossy(Severity::Medium, span, message, &help);
    let params = t.param(unit, "parameters").cloned();
    let params = params.unwrap_or_else(|| Node { kind: Kind::Map(loose(unit)), span });
    let kind = format!("tool:{name}");
    t.hole(unit, &kind, "json", &params)
}
