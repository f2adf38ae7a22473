//! From what Airflow would build to mission text, Python files and a report.

mod call;
mod dag;
mod jinja;
mod links;
mod operators;
mod own_exceptions;
mod report;
mod schedule;
mod steps;
mod tools;
mod values;

pub use report::DagSubject;

use super::{AirflowFile, AirflowOptions, Effect, Origin, effect_name, read};
use crate::from::lower::python_file::PythonFiles;
use crate::from::lower::{Entry, Fate, Import, OriginRange, OutputFile, Report, assemble, names, text};
use crate::vfs::Vfs;

/// The result of an import: one mission file a DAG file, with a mission a DAG.
pub type AirflowImport = Import<DagSubject>;

/// Imports DAG files.
pub fn import(vfs: &(dyn Vfs + Sync), files: &[String], options: &AirflowOptions) -> AirflowImport {
    let mut out = AirflowImport::default();
    for path in files {
        let file = read(vfs, path, options);
        lower(path, &file, options, &mut out);
    }
    out.diagnostics = out.report.diagnostics(&out.sources);
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
    /// Functions that import Airflow: kept apart, so that the others run without it.
    python_with_airflow: PythonFiles,
    report: Report<DagSubject>,
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
        let subject =
            DagSubject { dag_id: Some(subject.0.to_owned()), task_id: subject.1.map(str::to_owned) };
        let effect = effect_name(effect);
        self.report.entries.push(Entry { fate, subject, effect, message, origin: origin.clone() });
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
        python_with_airflow: PythonFiles::new(&format!("{stem}_with_airflow")),
        report: Report::default(),
    };
    for loss in &file.losses {
        // A serialised DAG has no function bodies: the hole that stands for one says so.
        if loss.effect == Effect::Body && path.ends_with(".json") {
            continue;
        }
        shared.report.entries.push(report::of_loss(loss));
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
        out.missions.push(assemble(
            format!("{stem}.mission"),
            &format!("Airflow file {name}"),
            &shared.items,
            missions,
        ));
    }
    for (path, text) in shared.python.finish(name).into_iter().chain(shared.python_with_airflow.finish(name))
    {
        out.python_files.push(OutputFile { path, text, origins: Vec::new() });
    }
    out.report.entries.append(&mut shared.report.entries);
}
