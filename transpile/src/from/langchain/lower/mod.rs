//! From LangChain's objects to mission text, Python files and a report.

pub(super) mod agent;
mod condition;
mod legacy;
mod prompt;
pub(in crate::from::langchain) mod provider;
pub(in crate::from::langchain) mod records;
mod report;
pub(in crate::from::langchain) mod runnable;
pub(in crate::from::langchain) mod tools;
mod value;

pub use report::ObjectSubject;

use super::model::{Effect, LangChainFile, Named, Node, OpKind, Origin};
use super::options::LangChainOptions;
use crate::from::lower::names::{self, Names};
use crate::from::lower::python_file::PythonFiles;
use crate::from::lower::{Entry, Fate, Import, OriginRange, OutputFile, Report, Written, assemble};
use crate::vfs::Vfs;
use rustchain_grammar::Span;
use std::sync::Arc;
use value::Value;

/// The result of an import: one mission file a file, with a mission a chain, agent or graph.
pub type LangChainImport = Import<ObjectSubject>;

/// Imports files.
pub fn import(vfs: &(dyn Vfs + Sync), files: &[String], options: &LangChainOptions) -> LangChainImport {
    let run = || {
        let mut out = LangChainImport::default();
        for path in files {
            let file = super::read(vfs, path, options);
            lower(path, &file, &mut out);
        }
        out.diagnostics = out.report.diagnostics(&out.sources);
        out
    };
    super::read::on_large_stack(run).unwrap_or_default()
}

/// What all missions of a file share.
pub(in crate::from::langchain) struct Shared<'f> {
    pub(in crate::from::langchain) file: &'f LangChainFile,
    pub(in crate::from::langchain) names: Names,
    /// Declarations in order, as text.
    pub(in crate::from::langchain) items: Vec<String>,
    /// Content to name of what was declared: providers, records, enums, tools, stores.
    pub(in crate::from::langchain) declared: Vec<(String, String)>,
    pub(in crate::from::langchain) python: PythonFiles,
    /// The tasks of the functional interface that were written.
    pub(in crate::from::langchain) tasks: super::graph::Tasks,
    pub(in crate::from::langchain) report: Report<ObjectSubject>,
    /// The object that is lowered.
    pub(in crate::from::langchain) object: String,
}

impl Shared<'_> {
    pub(in crate::from::langchain) fn note(
        &mut self,
        fate: Fate,
        effect: Effect,
        message: impl Into<String>,
        origin: &Origin,
    ) {
        let subject = ObjectSubject(Some(self.object.clone()).filter(|o| !o.is_empty()));
        let (effect, message) = (effect.name(), message.into());
        let entry = Entry { fate, subject, effect, message, origin: origin.clone() };
        // Several chains may come upon the same place.
        if !self.report.entries.contains(&entry) {
            self.report.entries.push(entry);
        }
    }

    /// The name of a declaration of this content; `make` writes it under a fresh name.
    pub(in crate::from::langchain) fn declare(
        &mut self,
        key: String,
        name: &str,
        make: impl FnOnce(&str) -> String,
    ) -> String {
        if let Some((_, known)) = self.declared.iter().find(|(k, _)| *k == key) {
            return known.clone();
        }
        let name = self.names.fresh(name);
        self.declared.push((key, name.clone()));
        let text = make(&name);
        self.items.push(text);
        name
    }
}

/// A mission in the making.
pub(in crate::from::langchain) struct Body<'s, 'f> {
    pub(in crate::from::langchain) shared: &'s mut Shared<'f>,
    /// Inputs by name with their type, in order of first use.
    pub(in crate::from::langchain) inputs: Vec<(String, String)>,
    /// Inputs of messages that may be left out.
    pub(in crate::from::langchain) optional: Vec<String>,
    /// Steps in order.
    pub(in crate::from::langchain) steps: Vec<Step>,
    pub(in crate::from::langchain) names: Names,
}

/// A step: its name, call and clauses.
pub(in crate::from::langchain) struct Step {
    pub(in crate::from::langchain) name: String,
    pub(in crate::from::langchain) call: String,
    pub(in crate::from::langchain) clauses: Vec<String>,
    pub(in crate::from::langchain) origin: Origin,
}

impl<'s, 'f> Body<'s, 'f> {
    pub(in crate::from::langchain) fn new(shared: &'s mut Shared<'f>) -> Self {
        Body { shared, inputs: Vec::new(), optional: Vec::new(), steps: Vec::new(), names: Names::default() }
    }

    /// An input, added on first use.
    pub(in crate::from::langchain) fn input(&mut self, key: &str, ty: &str) -> String {
        let name = input_name(key);
        match self.inputs.iter().find(|(n, _)| *n == name) {
            Some(_) => {}
            None => {
                self.names.fresh(&name);
                self.inputs.push((name.clone(), ty.to_owned()));
            }
        }
        name
    }

    /// Adds a step and gives its name.
    pub(in crate::from::langchain) fn step(&mut self, hint: &str, call: String, origin: &Origin) -> String {
        let name = self.names.fresh(hint);
        self.steps.push(Step { name: name.clone(), call, clauses: Vec::new(), origin: origin.clone() });
        name
    }
}

fn lower(path: &str, file: &LangChainFile, out: &mut LangChainImport) {
    for source in &file.sources {
        if !out.sources.contains(source) {
            out.sources.push(source.clone());
        }
    }
    let name = path.rsplit('/').next().unwrap_or(path);
    let stem = names::identifier(name.split('.').next().unwrap_or(name));
    let mut shared = Shared {
        file,
        names: reserved(),
        items: Vec::new(),
        declared: Vec::new(),
        python: PythonFiles::new(&stem),
        tasks: super::graph::Tasks::default(),
        report: Report::default(),
        object: String::new(),
    };
    for loss in &file.losses {
        shared.note(Fate::Lost, loss.effect, loss.message.clone(), &loss.origin);
    }
    let chosen: Vec<(&Named, String)> =
        outermost(file).into_iter().map(|o| (o, shared.names.fresh(&o.name))).collect();
    let mut missions = Vec::new();
    for (object, name) in &chosen {
        shared.object = object.name.clone();
        missions.push(mission(&mut shared, object, name));
    }
    shared.object.clear();
    if chosen.is_empty() {
        let origin = Origin { file: path.to_owned(), line: 1, ..Origin::default() };
        shared.note(
            Fate::Lost,
            Effect::Structure,
            "no chain, agent or graph stands in a name of this file",
            &origin,
        );
    } else {
        out.missions.push(assemble(
            format!("{stem}.mission"),
            &format!("LangChain file {name}"),
            &shared.items,
            missions,
        ));
    }
    for (path, text) in shared.python.finish(name) {
        out.python_files.push(OutputFile { path, text, origins: Vec::new() });
    }
    out.report.entries.append(&mut shared.report.entries);
}

/// Names without what missions call by a plain name: a chain of that name would stand in its place.
fn reserved() -> Names {
    const CALLED: &[&str] = &[
        "ask",
        "decode",
        "drop",
        "ends_with",
        "flatten",
        "format",
        "join",
        "keys",
        "len",
        "lower",
        "max",
        "merge",
        "min",
        "replace",
        "split",
        "starts_with",
        "substring",
        "sum",
        "take",
        "trim",
        "upper",
        "values",
        "zip",
    ];
    let mut names = Names::default();
    for name in CALLED {
        names.fresh(name);
    }
    names
}

/// An input keeps its name where only the head of a statement is reserved, e.g. `input` itself.
fn input_name(key: &str) -> String {
    const WORDS: &[&str] = &[
        "if", "then", "else", "match", "for", "loop", "in", "let", "step", "with", "true", "false", "null",
        "hole", "run",
    ];
    let name = names::identifier(key);
    match name.strip_suffix('_') {
        Some(plain) if plain == key && !WORDS.contains(&key) => key.to_owned(),
        _ => name,
    }
}

/// What can run and stands in no other object of a name.
fn outermost(file: &LangChainFile) -> Vec<&Named> {
    let mut inside = std::collections::HashSet::new();
    for object in &file.objects {
        super::walk::each_node(&object.op, &mut |op| {
            if !Arc::ptr_eq(op, &object.op) {
                inside.insert(Arc::as_ptr(op));
                if let OpKind::Seq(steps) = &op.kind {
                    inside.extend(steps.iter().map(Arc::as_ptr));
                }
            }
        });
    }
    let inside_seq = |op: &Node| {
        let OpKind::Seq(steps) = &op.kind else { return false };
        // A sequence that another one begins or ends with was joined into it.
        file.objects.iter().any(|o| match &o.op.kind {
            OpKind::Seq(all) if !Arc::ptr_eq(&o.op, op) && all.len() > steps.len() => {
                let same = |part: &[Node]| part.iter().zip(steps).all(|(a, b)| Arc::ptr_eq(a, b));
                all.windows(steps.len()).any(same)
            }
            _ => false,
        })
    };
    file.objects
        .iter()
        .filter(|o| runs(&o.op) && !inside.contains(&Arc::as_ptr(&o.op)) && !inside_seq(&o.op))
        .collect()
}

fn runs(op: &Node) -> bool {
    match &op.kind {
        OpKind::Seq(_)
        | OpKind::Parallel(_)
        | OpKind::Assign(_)
        | OpKind::Branch { .. }
        | OpKind::Map(_)
        | OpKind::History { .. }
        | OpKind::Chain(_)
        | OpKind::Executor(_)
        | OpKind::Graph(_) => true,
        OpKind::Retry { bound, .. } => runs(bound),
        OpKind::Fallbacks { primary, .. } => runs(primary),
        OpKind::Bind(bind) => runs(&bind.bound),
        OpKind::Configurable(c) => runs(&c.default),
        _ => false,
    }
}

fn mission(shared: &mut Shared<'_>, object: &Named, name: &str) -> Written {
    let mut refused = None;
    if let OpKind::Graph(graph) = &object.op.kind
        && (graph.wiring.is_some() || graph.entry.is_some())
    {
        match super::graph::mission(shared, name, graph) {
            Ok(text) => {
                let message = format!("as the mission `{name}`");
                shared.note(Fate::Carried, Effect::Structure, message, &object.op.origin);
                for message in super::graph::approximations(graph, &text) {
                    shared.note(Fate::Approximated, Effect::Setting, message, &object.op.origin);
                }
                return Written { text: format!("{text}\n"), origins: Vec::new() };
            }
            Err(reason) => refused = Some(reason),
        }
    }
    let mut body = Body::new(shared);
    let start = match runnable::text_input(&object.op) {
        Some(name) => Value::Code(value::Code::new(body.input(&name, "string"), "string")),
        None => Value::Inputs,
    };
    let result = match refused {
        Some(reason) => tools::lost(&mut body, &reason, &object.op.origin),
        None => runnable::lower(&mut body, &object.op, start),
    };
    let output = value::code(&mut body, &result, &object.op.origin);
    let (inputs, steps) = (std::mem::take(&mut body.inputs), std::mem::take(&mut body.steps));
    let optional = std::mem::take(&mut body.optional);
    let taken = |n: &str| inputs.iter().any(|(i, _)| i == n) || steps.iter().any(|s| s.name == n);
    // An agent's graph gives its state.
    let is_graph = matches!(object.op.kind, OpKind::Graph(_)) && output.ty == "list<Message>";
    let names = if is_graph { ["messages"; 3] } else { ["result", "answer_", "output_"] };
    let free = |name: &&str| is_graph || !taken(name);
    let result_name = names.into_iter().find(free).unwrap_or("result_");
    let lossy = shared
        .report
        .entries
        .iter()
        .any(|e| e.fate == Fate::Lost && e.subject.0.as_deref().is_none_or(|name| name == object.name));
    if !lossy {
        shared.note(Fate::Carried, Effect::Structure, format!("as the mission `{name}`"), &object.op.origin);
    }
    let mut text = format!("mission {name} {{\n");
    for (input, ty) in &inputs {
        let default = if optional.contains(input) { " = []" } else { "" };
        text.push_str(&format!("  input {input}: {ty}{default}\n"));
    }
    text.push_str("  policy inferred\n\n");
    let mut origins = Vec::new();
    for step in &steps {
        let start = text.len() as u32;
        text.push_str(&step_text(step, 2));
        origins.push(OriginRange {
            here: Span::new(start, text.len() as u32),
            file: step.origin.file.clone(),
            there: step.origin.span,
        });
    }
    if !steps.is_empty() {
        text.push('\n');
    }
    text.push_str(&format!("  output {result_name}: {} = {}\n}}\n", output.ty, output.code));
    Written { text, origins }
}

/// A step as text.
pub(in crate::from::langchain) fn step_text(step: &Step, indent: usize) -> String {
    let pad = " ".repeat(indent);
    let clauses = match step.clauses.as_slice() {
        [] => String::new(),
        clauses => {
            let lines: Vec<String> = clauses.iter().map(|c| format!("{pad}  {c}\n")).collect();
            format!(" with {{\n{}{pad}}}", lines.concat())
        }
    };
    format!("{pad}step {} = {}{clauses}\n", step.name, step.call)
}
