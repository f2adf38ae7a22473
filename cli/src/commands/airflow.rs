//! `rustchain transpile from-airflow` and `rustchain inspect --from airflow`.

use crate::args::{AirflowArgs, FromAirflowArgs, InspectArgs};
use crate::error::Error;
use crate::exit::Exit;
use crate::terminal::Terminal;
use rustchain_transpile::from::airflow::{AirflowOptions, AirflowVersion, import, inspect, read};
use rustchain_transpile::vfs::DiskVfs;
use std::path::{Path, PathBuf};

pub(super) fn transpile(args: &FromAirflowArgs, terminal: &Terminal) -> Result<Exit, Error> {
    let files = python_files(&args.paths)?;
    let made = import(&DiskVfs::default(), &files, &options(&args.airflow)?);
    super::imported::finish(&made, &args.import, terminal)
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
