//! A whole file: head, shared declarations, missions, and the mission of a stack.

use super::clauses::{retry, timeout};
use super::doc::{Doc, Writer};
use super::literal;
use super::model::{Mission, Source};
use super::names::{identifier, title};
use super::report::{Sink, closest, code};
use super::translate::{Globals, Input, Stmt, Translator, duration, named_at};
use rustchain_grammar::{Severity, Span};
use std::collections::BTreeSet;

/// Seconds a step may take where neither it nor `config` says: the older engine's own default.
const DEFAULT_TIMEOUT: f64 = 300.0;

/// A translated mission.
struct Translated {
    name: Doc,
    docs: Vec<String>,
    head: Vec<Doc>,
    inputs: Vec<(Vec<String>, Doc)>,
    settings: Vec<Doc>,
    steps: Vec<Stmt>,
    outputs: Vec<Doc>,
}

/// Mission text of a file and where each part came from.
pub(crate) fn emit(source: &Source, text: &str, path: &str, sink: &mut Sink) -> Writer {
    let file = path.rsplit(['/', '\\']).next().unwrap_or(path);
    let stem = file.split('.').next().unwrap_or(file);
    let mut globals = Globals::default();
    let names: Vec<String> =
        source.missions.iter().map(|mission| mission_name(mission, stem, &mut globals)).collect();
    let missions: Vec<Translated> = source
        .missions
        .iter()
        .zip(&names)
        .map(|(mission, name)| translate(mission, name, text, path, &mut globals, sink))
        .collect();
    let stack = source.stack.as_ref().map(|name| stack(source, name, &names, stem, &mut globals, sink));
    let mut writer = Writer::default();
    writer.line(&Doc::text(format!("//! Translated from {}.", single_line(file))));
    writer.line(&Doc::text("edition 2026"));
    declarations(&globals, &mut writer);
    for mission in missions.iter().chain(stack.iter()) {
        write_mission(mission, &mut writer);
    }
    writer
}

/// By title where it has one: `API Integration` as `api_integration`.
fn mission_name(mission: &Mission, stem: &str, globals: &mut Globals) -> String {
    let name = mission.id.as_ref().map(|at| identifier(&at.value));
    let name = name.or_else(|| mission.name.as_ref().map(|at| title(&at.value)).filter(|n| n.len() > 2));
    globals.names.claim(&name.unwrap_or_else(|| title(stem)))
}

fn translate(
    mission: &Mission,
    name: &str,
    text: &str,
    path: &str,
    globals: &mut Globals,
    sink: &mut Sink,
) -> Translated {
    let mut translator = Translator::new(text, path, mission, globals, sink);
    let steps = translator.steps();
    let outputs = translator.outputs();
    let head = translator.head(name);
    let settings = translator.settings();
    let inputs = translator
        .input_order
        .iter()
        .filter_map(|key| translator.inputs.get(key))
        .map(|input| (lines(input.doc.as_deref()), input_doc(input)))
        .collect();
    let place = mission.name.as_ref().or(mission.id.as_ref());
    let name = match place {
        Some(at) => named_at(at, name.to_string()),
        None => Doc::text(name),
    };
    let docs = lines(mission.description.as_ref().map(|at| at.value.as_str()));
    Translated { name, docs, head, inputs, settings, steps, outputs }
}

/// `policy inferred`, which stands for what the mission as a whole may do: findings about it are shown at its name.
fn inferred(mission: &Mission) -> Doc {
    let step = mission.steps.first().map(|step| &step.id);
    let place = mission.name.as_ref().or(mission.id.as_ref()).or(step).map_or(Span::default(), |at| at.span);
    Doc::from(place, Doc::text("policy inferred"))
}

fn lines(text: Option<&str>) -> Vec<String> {
    text.unwrap_or_default().trim().lines().map(single_line).collect()
}

/// A line of a comment: nothing that ends it early.
fn single_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect::<String>().trim_end().to_string()
}

fn input_doc(input: &Input) -> Doc {
    let word = if input.is_secret() { "secret" } else { "input" };
    let mut parts = vec![
        Doc::text(format!("{word} ")),
        Doc::from(input.span, Doc::text(input.ident.clone())),
        Doc::text(format!(": {}", input.ty)),
    ];
    if let Some(constraint) = &input.constraint {
        parts.extend([Doc::text(" where "), constraint.clone()]);
    }
    if let Some(variable) = &input.env {
        let name = Doc::from(input.span, literal::bare_string(variable));
        parts.extend([Doc::text(" from env("), name, Doc::text(")")]);
    }
    if let (Some(default), false) = (&input.default, input.is_secret()) {
        parts.extend([Doc::text(" = "), default.clone()]);
    }
    Doc::from(input.span, Doc::Cat(parts))
}

impl Translator<'_> {
    /// `id`, `meta`: what the file says of the mission.
    fn head(&mut self, name: &str) -> Vec<Doc> {
        let mission = self.mission;
        let mut out = Vec::new();
        if let Some(at) = mission.id.as_ref().filter(|at| at.value != name) {
            out.push(Doc::Cat(vec![Doc::text("id "), literal::string(&at.value, self.text, at.span)]));
        }
        let mut entries = Vec::new();
        let labels = [("name", &mission.name), ("version", &mission.version)];
        for (key, at) in labels {
            let Some(at) = at.as_ref().filter(|at| at.value != name) else { continue };
            entries.push(Doc::named(key, literal::string(&at.value, self.text, at.span)));
        }
        if entries.len() < 2 && mission.version.as_ref().is_some_and(|v| v.value == "1.0") {
            entries.retain(|doc| !doc.flat().starts_with("version"));
        }
        if let Some(at) = &mission.config.max_parallel {
            entries
                .push(Doc::named("max_parallel_steps", Doc::from(at.span, Doc::text(at.value.to_string()))));
        }
        entries.extend(mission.meta.iter().map(|(key, node)| self.meta_entry(key, node)));
        if !entries.is_empty() {
            out.push(Doc::Cat(vec![Doc::text("meta yaml "), Doc::record(entries)]));
        }
        out
    }

    /// `policy`, `defaults`, `on failure`.
    fn settings(&mut self) -> Vec<Doc> {
        let config = self.mission.config.clone();
        let mut out = vec![inferred(self.mission)];
        let mut defaults: Vec<Doc> = retry(&config.retry).into_iter().collect();
        defaults.extend(match &config.timeout {
            Some(at) => timeout(at.value, at.span, self),
            None => Some(Doc::text(format!("timeout {}", duration(DEFAULT_TIMEOUT)))),
        });
        if !defaults.is_empty() {
            out.push(Doc::Block { head: "defaults ".into(), items: defaults });
        }
        if let Some(at) = config.fail_fast.as_ref().filter(|at| !at.value) {
            out.push(Doc::from(at.span, Doc::text("on failure: finish")));
        }
        out
    }

    fn outputs(&mut self) -> Vec<Doc> {
        self.current = usize::MAX;
        let mut out = Vec::new();
        let mut names = super::names::Names::default();
        for (name, node) in &self.mission.outputs {
            let value = match node.scalar_text() {
                Some(_) => self.text_value(node),
                None => self.json(node),
            };
            let ident = names.claim(&identifier(&name.value));
            let ty = if node.scalar_text().is_some() { "string" } else { "json" };
            let parts =
                vec![Doc::text("output "), named_at(name, ident), Doc::text(format!(": {ty} = ")), value];
            out.push(Doc::from(name.span, Doc::Cat(parts)));
        }
        out
    }
}

fn declarations(globals: &Globals, writer: &mut Writer) {
    let mut providers: Vec<_> = globals.providers.iter().collect();
    providers.sort_by_key(|(_, (_, span))| span.start);
    if !providers.is_empty() {
        writer.blank();
    }
    for ((vendor, model), (name, span)) in providers {
        let call = Doc::call(vendor, vec![literal::bare_string(model)]);
        let parts = vec![Doc::text(format!("provider {name} = ")), call];
        writer.line(&Doc::from(*span, Doc::Cat(parts)));
    }
    if !globals.memories.is_empty() {
        writer.blank();
    }
    for (store, (name, span)) in &globals.memories {
        let path = literal::bare_string(&format!(".rustchain/memory/{store}"));
        let args = vec![Doc::named("path", path), Doc::named("embed", Doc::text("local"))];
        let parts = vec![Doc::text(format!("memory {name} = ")), Doc::call("vector", args)];
        writer.line(&Doc::from(*span, Doc::Cat(parts)));
    }
    for agent in &globals.agents {
        writer.blank();
        writer.block(&agent.head, |writer| agent.lines.iter().for_each(|line| writer.line(line)));
    }
}

fn write_docs(docs: &[String], writer: &mut Writer) {
    for line in docs {
        let space = if line.is_empty() { "" } else { " " };
        writer.line(&Doc::text(format!("///{space}{line}")));
    }
}

fn write_mission(mission: &Translated, writer: &mut Writer) {
    writer.blank();
    write_docs(&mission.docs, writer);
    let head = Doc::Cat(vec![Doc::text("mission "), mission.name.clone()]);
    writer.block(&head, |writer| {
        for doc in &mission.head {
            writer.line(doc);
        }
        for (docs, doc) in &mission.inputs {
            write_docs(docs, writer);
            writer.line(doc);
        }
        for doc in &mission.settings {
            writer.line(doc);
        }
        if !mission.steps.is_empty() {
            writer.blank();
        }
        write_steps(&mission.steps, writer);
        if !mission.outputs.is_empty() {
            writer.blank();
        }
        for doc in &mission.outputs {
            writer.line(doc);
        }
    });
}

fn write_steps(steps: &[Stmt], writer: &mut Writer) {
    for stmt in steps {
        match stmt {
            Stmt::Step { docs, doc } => {
                write_docs(docs, writer);
                writer.line(doc);
            }
            Stmt::Group { docs, head, body } => {
                write_docs(docs, writer);
                writer.block(head, |writer| write_steps(body, writer));
            }
        }
    }
}

/// The mission that runs the missions of a stack: by their dependencies, else one after the other.
fn stack(
    source: &Source,
    name: &str,
    names: &[String],
    stem: &str,
    globals: &mut Globals,
    sink: &mut Sink,
) -> Translated {
    let wanted = if name.is_empty() { title(stem) } else { title(name) };
    let own = globals.names.claim(&wanted);
    let ordered = source.missions.iter().all(|mission| mission.depends_on.is_empty());
    let mut steps = Vec::new();
    let mut seen: BTreeSet<&str> = BTreeSet::new();
    for (index, (mission, name)) in source.missions.iter().zip(names).enumerate() {
        let mut after: Vec<Doc> = Vec::new();
        if let Some(before) = index.checked_sub(1).and_then(|i| names.get(i)).filter(|_| ordered) {
            after.push(Doc::text(before.clone()));
        }
        for wanted in &mission.depends_on {
            match mission_of(source, names, &wanted.value) {
                Some(found) if seen.contains(found) => {
                    after.push(Doc::from(wanted.span, Doc::text(found)));
                }
                Some(found) => {
                    let message = format!("`{found}` does not stand before this mission");
                    sink.push(sink.new_at(code::CYCLE, Severity::Error, wanted.span, message));
                }
                None => unknown_mission(source, wanted, sink),
            }
        }
        seen.insert(name);
        steps.push(stack_step(mission, name, after));
    }
    Translated {
        name: Doc::text(own),
        docs: Vec::new(),
        head: Vec::new(),
        inputs: Vec::new(),
        settings: vec![source.missions.first().map_or_else(|| Doc::text("policy inferred"), inferred)],
        steps,
        outputs: Vec::new(),
    }
}

fn mission_of<'n>(source: &Source, names: &'n [String], wanted: &str) -> Option<&'n str> {
    let found = source.missions.iter().position(|mission| {
        let labels = [&mission.id, &mission.name];
        labels.iter().any(|at| at.as_ref().is_some_and(|at| at.value == wanted))
    });
    names.get(found?).map(String::as_str)
}

fn unknown_mission(source: &Source, wanted: &super::model::At<String>, sink: &mut Sink) {
    let ids = source.missions.iter().filter_map(|m| m.id.as_ref().or(m.name.as_ref()));
    let close = closest(&wanted.value, ids.map(|at| at.value.as_str()));
    let message = format!("`{}` is no mission of this stack", wanted.value);
    let diagnostic = sink.new_at(code::UNKNOWN_DEPENDENCY, Severity::Error, wanted.span, message);
    let diagnostic = match close {
        Some(close) => diagnostic.help(format!("did you mean `{close}`?")),
        None => diagnostic,
    };
    sink.push(diagnostic);
}

fn stack_step(mission: &Mission, name: &str, after: Vec<Doc>) -> Stmt {
    let span = mission.id.as_ref().or(mission.name.as_ref()).map_or(Span::default(), |at| at.span);
    let mut parts = vec![
        Doc::text("step "),
        Doc::from(span, Doc::text(name)),
        Doc::text(" = "),
        Doc::from(span, Doc::text(format!("{name}()"))),
    ];
    let mut clauses = Vec::new();
    if !after.is_empty() {
        clauses.push(Doc::Cat(vec![Doc::text("after "), Doc::list(after)]));
    }
    if let Some(id) = mission.id.as_ref().filter(|at| at.value != name) {
        clauses.push(Doc::Cat(vec![Doc::text("id "), Doc::from(id.span, literal::bare_string(&id.value))]));
    }
    if !clauses.is_empty() {
        parts.push(Doc::Block { head: " with ".into(), items: clauses });
    }
    Stmt::Step { docs: Vec::new(), doc: Doc::from(span, Doc::Cat(parts)) }
}
