//! `rustchain check`.

use crate::args::CheckArgs;
use crate::config::Config;
use crate::error::Error;
use crate::exit::Exit;
use crate::load::{Loaded, load};
use crate::project::{find_missions, root_of};
use crate::terminal::{Terminal, plural};
use rustchain_compiler::render::{Format, render};
use rustchain_grammar::{Diagnostic, Severity, SourceMap};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

/// How often `--fix` looks again after it changed something.
const FIX_ROUNDS: usize = 8;

pub(super) fn run(args: &CheckArgs, terminal: &Terminal) -> Result<Exit, Error> {
    let files = find_missions(&args.paths)?;
    if files.is_empty() {
        return Err(Error::NoInput("no mission found".to_owned()));
    }
    let settings = Settings::new(args)?;
    let mut report = Report::of(&files, &settings)?;
    if args.fix || args.unsafe_fixes {
        let mut applied = 0;
        for _ in 0..FIX_ROUNDS {
            match crate::fix::apply(&report.diagnostics, &report.sources, args.unsafe_fixes)? {
                0 => break,
                count => applied += count,
            }
            report = Report::of(&files, &settings)?;
        }
        terminal.talk(&format!("{applied} {} applied\n", plural(applied, "fix", "fixes")));
    }
    if args.effects || args.trust || args.cost {
        return super::facts::run(args, &files, terminal);
    }
    terminal.data(&render(args.format, &report.diagnostics, &report.sources, terminal.color_out))?;
    if args.format == Format::Human {
        terminal.talk(&report.summary());
    }
    let failed = report.diagnostics.iter().any(|d| d.severity >= settings.deny);
    // Consumers of SARIF read findings from the file and take another exit code for a broken tool.
    Ok(if failed && args.format != Format::Sarif { Exit::Failed } else { Exit::Ok })
}

/// What all checks say about some missions: their texts, the diagnostics, and the severity that fails.
pub(super) fn look(files: &[PathBuf]) -> Result<(SourceMap, Vec<Diagnostic>, Severity), Error> {
    let first = files.first().map_or(Path::new("."), PathBuf::as_path);
    let config = Config::load(&root_of(first))?;
    let except = config.texts("except").into_iter().collect();
    let settings = Settings { deny: severity(config.word("deny")), except };
    let report = Report::of(files, &settings)?;
    Ok((report.sources, report.diagnostics, settings.deny))
}

struct Settings {
    deny: Severity,
    except: BTreeSet<String>,
}

impl Settings {
    fn new(args: &CheckArgs) -> Result<Settings, Error> {
        let first = args.paths.first().map_or(Path::new("."), PathBuf::as_path);
        let mut config = Config::load(&root_of(first))?;
        if let Some(deny) = &args.deny {
            config.override_by_flag("deny", deny.as_str())?;
        }
        let mut except: BTreeSet<String> = config.texts("except").into_iter().collect();
        except.extend(args.except.iter().map(|code| code.to_uppercase()));
        Ok(Settings { deny: severity(config.word("deny")), except })
    }
}

/// The severity of a word that the settings accepted.
fn severity(word: &str) -> Severity {
    match word {
        "note" => Severity::Note,
        "low" => Severity::Low,
        "medium" => Severity::Medium,
        "error" => Severity::Error,
        _ => Severity::High,
    }
}

/// What was found in all files.
struct Report {
    sources: SourceMap,
    diagnostics: Vec<Diagnostic>,
    files: usize,
}

impl Report {
    fn of(files: &[PathBuf], settings: &Settings) -> Result<Report, Error> {
        let mut report = Report { sources: SourceMap::new(), diagnostics: Vec::new(), files: files.len() };
        let mut seen = BTreeSet::new();
        for loaded in load_all(files)? {
            let analysis = loaded.analysis;
            let offset = report.sources.append(analysis.sources);
            for mut diagnostic in analysis.diagnostics {
                diagnostic.shift_files(offset);
                // A file that several missions import is read with each of them.
                let path = report.sources.file(diagnostic.primary.file).path.clone();
                let key = (path, diagnostic.primary.span, diagnostic.code, diagnostic.message.clone());
                let excepted =
                    settings.except.contains(diagnostic.code) && diagnostic.severity != Severity::Error;
                if !excepted && seen.insert(key) {
                    report.diagnostics.push(diagnostic);
                }
            }
        }
        Ok(report)
    }

    fn summary(&self) -> String {
        let count =
            |test: &dyn Fn(Severity) -> bool| self.diagnostics.iter().filter(|d| test(d.severity)).count();
        let errors = count(&|s| s == Severity::Error);
        let findings = count(&|s| s > Severity::Note && s < Severity::Error);
        let files = format!("{} {}", self.files, plural(self.files, "file", "files"));
        if errors + findings == 0 {
            return format!("{files} checked, nothing found\n");
        }
        let errors = format!("{errors} {}", plural(errors, "error", "errors"));
        let findings = format!("{findings} {}", plural(findings, "finding", "findings"));
        format!("{files} checked: {errors}, {findings}\n")
    }
}

/// Compiles files side by side; results in the order of the files.
fn load_all(files: &[PathBuf]) -> Result<Vec<Loaded>, Error> {
    let workers = std::thread::available_parallelism().map_or(1, usize::from).min(files.len());
    if workers <= 1 {
        return files.iter().map(|file| load(file)).collect();
    }
    let next = AtomicUsize::new(0);
    let done: Mutex<Vec<(usize, Result<Loaded, Error>)>> = Mutex::new(Vec::with_capacity(files.len()));
    std::thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                let mut mine = Vec::new();
                while let Some((index, file)) = pick(&next, files) {
                    mine.push((index, load(file)));
                }
                done.lock().unwrap_or_else(PoisonError::into_inner).append(&mut mine);
            });
        }
    });
    let mut done = done.into_inner().unwrap_or_else(PoisonError::into_inner);
    done.sort_by_key(|(index, _)| *index);
    done.into_iter().map(|(_, loaded)| loaded).collect()
}

fn pick<'a>(next: &AtomicUsize, files: &'a [PathBuf]) -> Option<(usize, &'a PathBuf)> {
    let index = next.fetch_add(1, Ordering::Relaxed);
    files.get(index).map(|file| (index, file))
}
