//! `rustchain transpile from-langchain` and `rustchain inspect --from langchain`.

use crate::args::{CheckArgs, FromLangChainArgs, InspectArgs, ReportFormat, environment};
use crate::error::Error;
use crate::exit::Exit;
use crate::terminal::{Terminal, plural};
use rustchain_compiler::render::{Format, render};
use rustchain_grammar::SourceMap;
use rustchain_transpile::from::langchain::{LangChainOptions, import, inspect, read};
use rustchain_transpile::vfs::DiskVfs;
use std::path::Path;

/// Notebooks hold images; their code is small.
const MAX_NOTEBOOK: u64 = 64 << 20;

pub(super) fn inspect_file(args: &InspectArgs, terminal: &Terminal) -> Result<Exit, Error> {
    let options = LangChainOptions {
        roots: args.airflow.roots.iter().map(|p| p.display().to_string()).collect(),
        library: None,
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
        env: environment(&args.env)?,
    };
    let disk = args.paths.iter().map(|p| files(p)).max_by_key(|d| d.max_bytes).unwrap_or_default();
    let paths: Vec<String> = args.paths.iter().map(|p| p.display().to_string()).collect();
    let made = import(&disk, &paths, &options);
    for file in made.missions.iter().chain(&made.python_files) {
        super::airflow::write(&args.output, file)?;
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
    let checked = match args.check && missions > 0 {
        true => check(args, &made.missions, terminal)?,
        false => Exit::Ok,
    };
    Ok(match (made.report.has_loss() && !args.allow_loss, checked) {
        (true, Exit::Ok) => Exit::Failed,
        (_, checked) => checked,
    })
}

/// Checks what was written; errors fail, findings are shown.
fn check(
    args: &FromLangChainArgs,
    missions: &[rustchain_transpile::from::OutputFile],
    terminal: &Terminal,
) -> Result<Exit, Error> {
    let args = CheckArgs {
        paths: missions.iter().map(|m| args.output.join(&m.path)).collect(),
        deny: Some("error".to_owned()),
        ..CheckArgs::default()
    };
    super::check::run(&args, terminal)
}
