//! `rustchain transpile from-langchain` and `rustchain inspect --from langchain`.

use crate::args::{FromLangChainArgs, InspectArgs, environment};
use crate::error::Error;
use crate::exit::Exit;
use crate::terminal::Terminal;
use rustchain_transpile::from::langchain::{LangChainOptions, import, inspect, read};
use rustchain_transpile::vfs::DiskVfs;
use std::path::Path;

/// Notebooks hold images; their code is small.
const MAX_NOTEBOOK: u64 = 64 << 20;

pub(super) fn inspect_file(args: &InspectArgs, terminal: &Terminal) -> Result<Exit, Error> {
    let options = LangChainOptions {
        roots: args.airflow.roots.iter().map(|p| p.display().to_string()).collect(),
        library: args.library.as_ref().map(|p| p.display().to_string()),
        uncalled: true,
        env: args.airflow.environment()?,
    };
    let seen = read(&files(&args.file), &args.file.display().to_string(), &options);
    terminal.data(&format!("{:#}\n", inspect(&seen)))?;
    Ok(Exit::Ok)
}

fn files(path: &Path) -> DiskVfs {
    let mut disk = DiskVfs::default();
    if path.extension().is_some_and(|e| e == "ipynb") {
        disk.max_bytes = MAX_NOTEBOOK;
    }
    disk
}

pub(super) fn transpile(args: &FromLangChainArgs, terminal: &Terminal) -> Result<Exit, Error> {
    for path in &args.paths {
        if !path.is_file() {
            return Err(Error::NoInput(format!("`{}` is no file", path.display())));
        }
    }
    let options = LangChainOptions {
        roots: args.roots.iter().map(|p| p.display().to_string()).collect(),
        library: args.library.as_ref().map(|p| p.display().to_string()),
        uncalled: false,
        env: environment(&args.env)?,
    };
    let disk = args.paths.iter().map(|p| files(p)).max_by_key(|d| d.max_bytes).unwrap_or_default();
    let paths: Vec<String> = args.paths.iter().map(|p| p.display().to_string()).collect();
    let made = import(&disk, &paths, &options);
    super::imported::finish(&made, &args.import, terminal)
}
