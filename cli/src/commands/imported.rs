//! What the importers of `rustchain transpile` share: files are written, the report is printed, missions are checked.

use crate::args::{ImportArgs, ReportFormat};
use crate::error::Error;
use crate::exit::Exit;
use crate::terminal::{Terminal, plural};
use rustchain_compiler::render::{Format, render};
use rustchain_grammar::{FileId, SourceMap};
use rustchain_transpile::from::{Import, OutputFile, Subject};
use std::path::{Path, PathBuf};

/// Writes the files of an import and says what became of what was read.
pub(super) fn finish<S: Subject>(
    made: &Import<S>,
    args: &ImportArgs,
    terminal: &Terminal,
) -> Result<Exit, Error> {
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
    let checked = if args.check { check(made, &args.output, terminal)? } else { Exit::Ok };
    Ok(if made.report.has_loss() && !args.allow_loss { Exit::Failed } else { checked })
}

/// Runs all checks on the written missions; what they find is shown where it stands in the files that were read.
fn check<S: Subject>(made: &Import<S>, folder: &Path, terminal: &Terminal) -> Result<Exit, Error> {
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
        // An edit of the mission has no place in the file it was made from.
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

fn write(folder: &Path, file: &OutputFile) -> Result<(), Error> {
    let path = folder.join(&file.path);
    let failed = |source| Error::Write { path: path.clone(), source };
    if let Some(parent) = path.parent() {
        std::fs::create_dir_all(parent).map_err(failed)?;
    }
    std::fs::write(&path, &file.text).map_err(failed)
}
