//! From what Airflow would build to mission text, Python files and a report.

mod call;
mod dag;
mod jinja;
mod operators;
mod report;
mod schedule;
mod steps;
mod tools;
mod values;

pub use report::{Entry, Report};

use super::{AirflowFile, AirflowOptions, Effect, Origin, read};
use crate::from::lower::python_file::PythonFiles;
use crate::from::lower::{Fate, OriginRange, OutputFile, names, text};
use crate::vfs::Vfs;
use rustchain_grammar::{Diagnostic, FileId, Severity};

/// The result of an import.
#[derive(Clone, Debug, Default)]
pub struct AirflowImport {
    /// One mission file a DAG file, with a mission a DAG.
    pub missions: Vec<OutputFile>,
    /// The callables of Python tasks.
    pub python_files: Vec<OutputFile>,
    /// What was carried over, approximated, lost.
    pub report: Report,
    /// The losses and approximations as diagnostics in the Python files: `FileId(n)` is the n-th of `sources`.
    pub diagnostics: Vec<Diagnostic>,
    /// The Python files that were read: path and text.
    pub sources: Vec<(String, String)>,
}

/// Imports DAG files.
pub fn import(vfs: &(dyn Vfs + Sync), files: &[String], options: &AirflowOptions) -> AirflowImport {
    let mut out = AirflowImport::default();
    for path in files {
        let file = read(vfs, path, options);
        lower(path, &file, options, &mut out);
    }
    out.diagnostics = diagnostics(&out);
    out
}

/// What all DAGs of a file share.
struct Shared<'f> {
    /// Shown path of the DAG file.
    path: &'f str,
    options: &'f AirflowOptions,
    names: names::Names,
    /// Enums and tools, in order, as text.
    items: Vec<String>,
    /// Signature to name of the tools.
    tools: Vec<(String, String)>,
    python: PythonFiles,
    report: Report,
}

impl Shared<'_> {
    fn note(
        &mut self,
        fate: Fate,
        subject: (&str, Option<&str>),
        effect: Effect,
        message: String,
        origin: &Origin,
    ) {
        self.report.entries.push(Entry {
            fate,
            dag_id: Some(subject.0.to_owned()),
            task_id: subject.1.map(str::to_owned),
            effect,
            message,
            origin: origin.clone(),
        });
    }
}

fn lower(path: &str, file: &AirflowFile, options: &AirflowOptions, out: &mut AirflowImport) {
    for source in &file.sources {
        if !out.sources.contains(source) {
            out.sources.push(source.clone());
        }
    }
    let name = path.rsplit('/').next().unwrap_or(path);
    let stem = names::identifier(name.strip_suffix(".py").or(name.strip_suffix(".json")).unwrap_or(name));
    let mut shared = Shared {
        path: name,
        options,
        names: names::Names::default(),
        items: Vec::new(),
        tools: Vec::new(),
        python: PythonFiles::new(&stem),
        report: Report::default(),
    };
    for loss in &file.losses {
        // A serialised DAG has no function bodies: the hole that stands for one says so.
        if loss.effect == Effect::Body && path.ends_with(".json") {
            continue;
        }
        shared.report.loss(loss);
    }
    let mut missions = Vec::new();
    let mut mission_names = names::Names::default();
    let chosen: Vec<String> = file.dags.iter().map(|dag| mission_names.fresh(&dag.dag_id)).collect();
    // A mission may be called, so a tool must not have its name.
    for name in &chosen {
        shared.names.fresh(name);
    }
    for (dag, name) in file.dags.iter().zip(&chosen) {
        missions.push(dag::lower(dag, name, &mut shared));
    }
    if !file.dags.is_empty() {
        out.missions.push(assemble(&stem, name, &shared, missions));
    }
    for (path, text) in shared.python.finish(name) {
        out.python_files.push(OutputFile { path, text, origins: Vec::new() });
    }
    out.report.entries.append(&mut shared.report.entries);
}

fn assemble(stem: &str, name: &str, shared: &Shared<'_>, missions: Vec<dag::Written>) -> OutputFile {
    let mut text = format!("//! From the Airflow file {name}.\nedition 2026\n");
    for item in &shared.items {
        text.push('\n');
        text.push_str(item);
        text.push('\n');
    }
    let mut origins = Vec::new();
    for mission in missions {
        text.push('\n');
        let start = text.len() as u32;
        text.push_str(&mission.text);
        origins.extend(mission.origins.into_iter().map(|o| OriginRange { here: o.here.shift(start), ..o }));
    }
    let path = format!("{stem}.mission");
    // What does not parse is a defect of the lowering; it is shown as it is rather than hidden.
    let Ok(formatted) = rustchain_grammar::format(&text) else { return OutputFile { path, text, origins } };
    for origin in &mut origins {
        origin.here = formatted.ranges.output_of(origin.here).unwrap_or(origin.here);
    }
    OutputFile { path, text: formatted.text, origins }
}

fn diagnostics(import: &AirflowImport) -> Vec<Diagnostic> {
    let file_of = |path: &str| import.sources.iter().position(|(p, _)| p == path).unwrap_or(0) as u32;
    import
        .report
        .entries
        .iter()
        .filter(|e| e.fate != Fate::Carried)
        .map(|e| {
            let (code, severity) = match e.fate {
                Fate::Lost => ("RC0701", Severity::Medium),
                _ => ("RC0701", Severity::Note),
            };
            let what = match (&e.dag_id, &e.task_id) {
                (Some(dag), Some(task)) => format!("`{dag}.{task}`: {}", e.message),
                (Some(dag), None) => format!("`{dag}`: {}", e.message),
                _ => e.message.clone(),
            };
            Diagnostic::new(code, severity, FileId(file_of(&e.origin.file)), e.origin.span, what)
        })
        .collect()
}
