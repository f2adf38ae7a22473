//! `rustchain fmt`.

use crate::args::FmtArgs;
use crate::error::Error;
use crate::exit::Exit;
use crate::load::load;
use crate::project::find_missions;
use crate::terminal::{Terminal, plural};
use rustchain_compiler::render::{Format, render};
use rustchain_grammar::{Diagnostic, SourceMap, format};
use similar::TextDiff;
use std::io::Read;
use std::path::{Path, PathBuf};

pub(super) fn run(args: &FmtArgs, terminal: &Terminal) -> Result<Exit, Error> {
    if args.to.is_some() {
        return convert(args, terminal);
    }
    if args.paths == [PathBuf::from("-")] {
        return stdin(terminal);
    }
    let missions = find_missions(&args.paths)?;
    let files: Vec<PathBuf> =
        missions.into_iter().filter(|p| p.extension().is_some_and(|e| e == "mission")).collect();
    if files.is_empty() {
        return Err(Error::NoInput("no `.mission` file found".to_owned()));
    }
    let (mut changed, mut broken) = (0, 0);
    for file in &files {
        match format_file(file, args, terminal)? {
            Formatted::Same => {}
            Formatted::Changed => changed += 1,
            Formatted::Broken => broken += 1,
        }
    }
    let only_look = args.check || args.diff;
    let verb = if only_look { "would change" } else { "changed" };
    let count = files.len();
    terminal.talk(&format!("{count} {}, {changed} {verb}\n", plural(count, "file", "files")));
    Ok(if broken > 0 || (only_look && changed > 0) { Exit::Failed } else { Exit::Ok })
}

enum Formatted {
    Same,
    Changed,
    Broken,
}

fn format_file(path: &Path, args: &FmtArgs, terminal: &Terminal) -> Result<Formatted, Error> {
    let text =
        std::fs::read_to_string(path).map_err(|source| Error::Read { path: path.to_owned(), source })?;
    let formatted = match format(&text) {
        Ok(formatted) => formatted.text,
        Err(diagnostics) => {
            report(&path.display().to_string(), &text, diagnostics, terminal);
            return Ok(Formatted::Broken);
        }
    };
    if formatted == text {
        return Ok(Formatted::Same);
    }
    if args.diff {
        let name = path.display().to_string();
        let diff = TextDiff::from_lines(&text, &formatted);
        terminal.data(&diff.unified_diff().header(&name, &name).to_string())?;
    } else if args.check {
        terminal.talk(&format!("would change {}\n", path.display()));
    } else {
        std::fs::write(path, formatted).map_err(|source| Error::Write { path: path.to_owned(), source })?;
    }
    Ok(Formatted::Changed)
}

fn stdin(terminal: &Terminal) -> Result<Exit, Error> {
    let mut text = String::new();
    std::io::stdin()
        .read_to_string(&mut text)
        .map_err(|source| Error::Read { path: "<stdin>".into(), source })?;
    match format(&text) {
        Ok(formatted) => {
            terminal.data(&formatted.text)?;
            Ok(Exit::Ok)
        }
        Err(diagnostics) => {
            report("<stdin>", &text, diagnostics, terminal);
            Ok(Exit::Failed)
        }
    }
}

fn report(path: &str, text: &str, diagnostics: Vec<Diagnostic>, terminal: &Terminal) {
    let mut sources = SourceMap::new();
    sources.add(path, text);
    terminal.talk(&render(Format::Human, &diagnostics, &sources, terminal.color_err));
}

/// `--to mission`: what a foreign mission is compiled from.
fn convert(args: &FmtArgs, terminal: &Terminal) -> Result<Exit, Error> {
    let [path] = args.paths.as_slice() else {
        return Err(Error::usage(
            "`--to mission` takes one file",
            "rustchain fmt --to mission FILE.yaml > FILE.mission",
        ));
    };
    let loaded = load(path)?;
    let sources = &loaded.analysis.sources;
    let generated =
        sources.iter().find(|(_, file)| !file.origin.is_empty()).map(|(_, file)| file.text.clone());
    let Some(text) = generated.filter(|text| !text.is_empty()) else {
        terminal.talk(&render(Format::Human, &loaded.analysis.diagnostics, sources, terminal.color_err));
        if loaded.has_errors() {
            return Ok(Exit::Failed);
        }
        return Err(Error::usage(
            format!("`{}` is mission text already", path.display()),
            "leave out `--to mission`",
        ));
    };
    terminal.data(&text)?;
    terminal.talk(&render(Format::Human, &loaded.analysis.diagnostics, sources, terminal.color_err));
    Ok(Exit::Ok)
}
