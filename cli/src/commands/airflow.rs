//! `rustchain transpile from-airflow` and `rustchain inspect --from airflow`.

use crate::args::{AirflowArgs, FromAirflowArgs, InspectArgs, ReportFormat};
use crate::error::Error;
use crate::exit::Exit;
use crate::terminal::{Terminal, plural};
use rustchain_compiler::render::{Format, render};
use rustchain_grammar::{FileId, SourceMap};
use rustchain_transpile::from::airflow::{
    AirflowImport, AirflowOptions, AirflowVersion, OutputFile, import, inspect, read,
};
use rustchain_transpile::vfs::DiskVfs;
use std::path::{Path, PathBuf};

pub(super) fn transpile(args: &FromAirflowArgs, terminal: &Terminal) -> Result<Exit, Error> {
    let files = python_files(&args.paths)?;
    let made = import(&DiskVfs::default(), &files, &options(&args.airflow)?);
    for file in made.missions.iter().chain(&made.python_files) {
        write(&args.output, file)?;
    }
    let mut sources = SourceMap::new();
    for (path, text) in &made.sources {
        sources.add(path.as_str(), text.as_str());
    }
    match args.report {
        ReportFormat::Json => terminal.data(&format!("{:#}\n", made.report.to_json()))?,
        ReportFormat::Human => {
            terminal.talk(&render(Format::Human, &made.diagnostics, &sources, terminal.color_err));
            terminal.data(&made.report.to_text())?;
        }
    }
    let (missions, python) = (made.missions.len(), made.python_files.len());
    terminal.talk(&format!(
        "{missions} {} and {python} {} in {}\n",
        plural(missions, "mission file", "mission files"),
        plural(python, "Python file", "Python files"),
        args.output.display()
    ));
    let checked = if args.check { check(&made, &args.output, terminal)? } else { Exit::Ok };
    Ok(if made.report.has_loss() && !args.allow_loss { Exit::Failed } else { checked })
}

/// Runs all checks on the written missions; what they find is shown where it stands in the DAG files.
fn check(made: &AirflowImport, folder: &Path, terminal: &Terminal) -> Result<Exit, Error> {
    let files: Vec<PathBuf> = made.missions.iter().map(|m| folder.join(&m.path)).collect();
    if files.is_empty() {
        return Ok(Exit::Ok);
    }
    let (sources, mut found, deny) = super::check::look(&files)?;
    let mut shown = SourceMap::new();
    let originals: Vec<(&str, FileId)> = made
        .sources
        .iter()
        .map(|(path, text)| (path.as_str(), shown.add(path.as_str(), text.as_str())))
        .collect();
    let offset = shown.append(sources);
    for diagnostic in &mut found {
        diagnostic.shift_files(offset);
        let labels = std::iter::once(&mut diagnostic.primary).chain(&mut diagnostic.secondary);
        for label in labels {
            let path = Path::new(&shown.file(label.file).path);
            let Some(mission) = made.missions.iter().find(|m| folder.join(&m.path) == path) else { continue };
            let around = mission
                .origins
                .iter()
                .filter(|o| o.here.start <= label.span.start && label.span.end <= o.here.end)
                .min_by_key(|o| o.here.len());
            let original =
                around.and_then(|o| Some((o, originals.iter().find(|(path, _)| *path == o.file)?.1)));
            if let Some((origin, file)) = original {
                (label.file, label.span) = (file, origin.there);
            }
        }
        // An edit of the mission has no place in the DAG file.
        diagnostic.fixes.clear();
    }
    terminal.talk(&render(Format::Human, &found, &shown, terminal.color_err));
    let (count, failed) = (found.len(), found.iter().any(|d| d.severity >= deny));
    terminal.talk(&format!(
        "{} {} checked: {count} {}\n",
        files.len(),
        plural(files.len(), "mission file", "mission files"),
        plural(count, "finding", "findings")
    ));
    Ok(if failed { Exit::Failed } else { Exit::Ok })
}

pub(super) fn inspect_file(args: &InspectArgs, terminal: &Terminal) -> Result<Exit, Error> {
    let seen = read(&DiskVfs::default(), &args.file.display().to_string(), &options(&args.airflow)?);
    terminal.data(&format!("{:#}\n", inspect(&seen)))?;
    Ok(Exit::Ok)
}

fn options(args: &AirflowArgs) -> Result<AirflowOptions, Error> {
    let mut options = AirflowOptions {
        version: if args.version == 2 { AirflowVersion::Two } else { AirflowVersion::Three },
        roots: args.roots.iter().map(|p| p.display().to_string()).collect(),
        env: args.environment()?,
        ..AirflowOptions::default()
    };
    if let Some(path) = &args.vars {
        let text =
            std::fs::read_to_string(path).map_err(|source| Error::Read { path: path.clone(), source })?;
        options.variables = serde_json::from_str(&text).map_err(|e| {
            Error::usage(format!("`{}`: {e}", path.display()), "give a JSON object, one member a variable")
        })?;
    }
    Ok(options)
}

pub(super) fn write(folder: &Path, file: &OutputFile) -> Result<(), Error> {
    let path = folder.join(&file.path);
    let failed = |source| Error::Write { path: path.clone(), source };
    if let Some(parent) = path.parent() {
        std::fs::create_dir_all(parent).map_err(failed)?;
    }
    std::fs::write(&path, &file.text).map_err(failed)
}

/// Python files that paths mean, in order; hidden folders and `__pycache__` are left out.
fn python_files(paths: &[PathBuf]) -> Result<Vec<String>, Error> {
    let mut found = Vec::new();
    for path in paths {
        let meta = std::fs::metadata(path).map_err(|source| Error::Read { path: path.clone(), source })?;
        match meta.is_dir() {
            true => walk(path, &mut found)?,
            false => found.push(path.display().to_string()),
        }
    }
    if found.is_empty() {
        return Err(Error::NoInput("no Python file found".to_owned()));
    }
    found.sort();
    found.dedup();
    Ok(found)
}

fn walk(folder: &Path, found: &mut Vec<String>) -> Result<(), Error> {
    let read = |source| Error::Read { path: folder.to_owned(), source };
    for entry in std::fs::read_dir(folder).map_err(read)?.filter_map(Result::ok) {
        let (path, name) = (entry.path(), entry.file_name());
        let name = name.to_string_lossy();
        let Ok(kind) = entry.file_type() else { continue };
        if kind.is_dir() && !name.starts_with('.') && name != "__pycache__" {
            walk(&path, found)?;
        } else if kind.is_file() && name.ends_with(".py") {
            found.push(path.display().to_string());
        }
    }
    Ok(())
}
