//! `rustchain check`.

use crate::args::CheckArgs;
use crate::baseline::Baseline;
use crate::config::Config;
use crate::error::Error;
use crate::exit::Exit;
use crate::project::{find_missions, root_of};
use crate::report::{Checker, Report};
use crate::terminal::{Terminal, plural};
use crate::watch::Watch;
use rustchain_compiler::render::{Format, render};
use rustchain_grammar::{Diagnostic, Severity, SourceMap};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// How often `--fix` looks again after it changed something.
const FIX_ROUNDS: usize = 8;

pub(super) fn run(args: &CheckArgs, terminal: &Terminal) -> Result<Exit, Error> {
    if args.effects || args.trust || args.cost {
        return super::facts::run(args, &missions(args)?, terminal);
    }
    let settings = Settings::new(args)?;
    if !args.watch {
        return once(args, &settings, terminal);
    }
    let watch = Watch::over(&args.paths)?;
    loop {
        let exit = once(args, &settings, terminal);
        if let Err(error) = &exit {
            terminal.talk(&format!("{error}\n"));
        }
        terminal.talk("waiting for changes\n");
        if !watch.wait() {
            return exit;
        }
    }
}

fn missions(args: &CheckArgs) -> Result<Vec<PathBuf>, Error> {
    let files = find_missions(&args.paths)?;
    match files.is_empty() {
        true => Err(Error::NoInput("no mission found".to_owned())),
        false => Ok(files),
    }
}

fn once(args: &CheckArgs, settings: &Settings, terminal: &Terminal) -> Result<Exit, Error> {
    let files = missions(args)?;
    let shims = args.shims.as_deref().map(crate::shims::read).transpose()?;
    let checker = Checker::new(!args.no_cache).with_shims(shims);
    let mut report = Report::of(&files, &settings.except, &checker)?;
    if let Some(path) = args.baseline.as_ref().filter(|_| args.write_baseline) {
        let baseline = Baseline::of(&report.diagnostics, &report.sources);
        baseline.write(path)?;
        let count = baseline.len();
        terminal.talk(&format!("{count} {} in {}\n", plural(count, "finding", "findings"), path.display()));
    }
    take_off(args, &mut report, terminal)?;
    if args.fix || args.unsafe_fixes {
        let mut applied = 0;
        for _ in 0..FIX_ROUNDS {
            match crate::fix::apply(&report.diagnostics, &report.sources, args.unsafe_fixes)? {
                0 => break,
                count => applied += count,
            }
            report = Report::of(&files, &settings.except, &checker)?;
            take_off(args, &mut report, terminal)?;
        }
        terminal.talk(&format!("{applied} {} applied\n", plural(applied, "fix", "fixes")));
    }
    terminal.data(&render(args.format, &report.diagnostics, &report.sources, terminal.color_out))?;
    if args.format == Format::Human {
        terminal.talk(&report.summary());
    }
    let failed = report.diagnostics.iter().any(|d| d.severity >= settings.deny);
    // Consumers of SARIF read findings from the file and take another exit code for a broken tool.
    Ok(if failed && args.format != Format::Sarif { Exit::Failed } else { Exit::Ok })
}

/// Takes off what the baseline knows.
fn take_off(args: &CheckArgs, report: &mut Report, terminal: &Terminal) -> Result<(), Error> {
    let Some(path) = &args.baseline else { return Ok(()) };
    let baseline = Baseline::read(path)?;
    let gone = baseline.take_off(&mut report.diagnostics, &report.sources);
    if gone > 0 && !args.fix && !args.unsafe_fixes {
        let were = plural(gone, "finding of the baseline is", "findings of the baseline are");
        terminal.talk(&format!("{gone} {were} not there any more; write it again with `--write-baseline`\n"));
    }
    Ok(())
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

/// What all checks say about some missions: their texts, the diagnostics, and the severity that fails.
pub(super) fn look(files: &[PathBuf]) -> Result<(SourceMap, Vec<Diagnostic>, Severity), Error> {
    let first = files.first().map_or(Path::new("."), PathBuf::as_path);
    let config = Config::load(&root_of(first))?;
    let except = config.texts("except").into_iter().collect();
    let report = Report::of(files, &except, &Checker::new(true))?;
    Ok((report.sources, report.diagnostics, severity(config.word("deny"))))
}
