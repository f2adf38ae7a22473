//! `rustchain policy diff` and `rustchain policy suggest`.

use crate::args::{PolicyCommand, PolicyDiffArgs, PolicySuggestArgs};
use crate::error::Error;
use crate::exit::Exit;
use crate::load::{Loaded, load};
use crate::project::{Target, find_missions};
use crate::terminal::{Terminal, plural};
use rustchain_compiler::effects::widenings;
use rustchain_compiler::render::{Format, render};
use rustchain_compiler::spans::PolicyPlaces;
use rustchain_grammar::Diagnostic;
use rustchain_plan::Policy;
use std::path::Path;

/// How often `suggest` looks again after it changed something.
const ROUNDS: usize = 8;

pub(super) fn run(command: &PolicyCommand, terminal: &Terminal) -> Result<Exit, Error> {
    match command {
        PolicyCommand::Diff(args) => diff(args, terminal),
        PolicyCommand::Suggest(args) => suggest(args, terminal),
    }
}

/// A policy of a file: declared, or stated by a mission.
struct Stated {
    name: String,
    policy: Policy,
    places: PolicyPlaces,
}

fn diff(args: &PolicyDiffArgs, terminal: &Terminal) -> Result<Exit, Error> {
    let (old, new) = (Target::parse(&args.old), Target::parse(&args.new));
    let (before, after) = (load(&old.path)?, load(&new.path)?);
    for (target, loaded) in [(&old, &before), (&new, &after)] {
        let broken = |d: &&Diagnostic| ["RC00", "RC01", "RC02"].iter().any(|p| d.code.starts_with(p));
        let errors: Vec<Diagnostic> = loaded.errors().filter(broken).cloned().collect();
        if !errors.is_empty() {
            terminal.talk(&render(Format::Human, &errors, &loaded.analysis.sources, terminal.color_err));
            terminal.talk(&format!("`{}` does not compile\n", target.path.display()));
            return Ok(Exit::Failed);
        }
    }
    let (was, is) = (stated(&before, &old)?, stated(&after, &new)?);
    let only_ones = was.len() == 1 && is.len() == 1;
    let mut found = Vec::new();
    for one in &is {
        let same = was.iter().find(|w| only_ones || w.name == one.name);
        let nothing = Policy::default();
        found.extend(widenings(&one.name, same.map_or(&nothing, |w| &w.policy), &one.policy, &one.places));
    }
    terminal.data(&render(args.format, &found, &after.analysis.sources, terminal.color_out))?;
    if args.format == Format::Human {
        let count = found.len();
        terminal.talk(&match count {
            0 => format!("`{}` permits nothing that `{}` refused\n", args.new, args.old),
            _ => format!("{count} {}\n", plural(count, "widening", "widenings")),
        });
    }
    let failed = !found.is_empty() && args.format != Format::Sarif;
    Ok(if failed { Exit::Failed } else { Exit::Ok })
}

/// The policies of a file, or the one that `FILE#NAME` names.
fn stated(loaded: &Loaded, target: &Target) -> Result<Vec<Stated>, Error> {
    let analysis = &loaded.analysis;
    let mut all: Vec<Stated> = analysis
        .policies
        .iter()
        .map(|p| Stated { name: p.name.to_string(), policy: p.policy.clone(), places: p.places.clone() })
        .collect();
    for mission in &analysis.missions {
        let places = mission.spans.policy.clone().unwrap_or_default();
        if !all.iter().any(|s| s.places.name == places.name) {
            let name = mission.plan.mission.to_string();
            all.push(Stated { name, policy: mission.plan.policy.clone(), places });
        }
    }
    let file = target.path.display();
    if let Some(name) = &target.mission {
        all.retain(|s| s.name == *name);
        if all.is_empty() {
            return Err(Error::usage(
                format!("`{file}` has no policy or mission `{name}`"),
                "name a declared policy, or a mission that states its own",
            ));
        }
    }
    if all.is_empty() {
        return Err(Error::NoInput(format!("`{file}` holds no policy")));
    }
    Ok(all)
}

fn suggest(args: &PolicySuggestArgs, terminal: &Terminal) -> Result<Exit, Error> {
    let files = find_missions(&args.paths)?;
    if files.is_empty() {
        return Err(Error::NoInput("no mission found".to_owned()));
    }
    let mut left = 0;
    for file in &files {
        if args.print {
            let loaded = load(file)?;
            for mission in &loaded.analysis.missions {
                let policy = rustchain_compiler::effects::suggest_policy(&mission.plan);
                terminal.data(&format!("// {}#{}\n{policy}\n", file.display(), mission.plan.mission))?;
            }
            continue;
        }
        left += write(file, terminal)?;
    }
    Ok(if left > 0 { Exit::Failed } else { Exit::Ok })
}

/// Writes the lines into a file; gives how many effects are still not covered.
fn write(file: &Path, terminal: &Terminal) -> Result<usize, Error> {
    let mut changed = 0;
    let mut loaded = load(file)?;
    for _ in 0..ROUNDS {
        let lines: Vec<Diagnostic> =
            loaded.analysis.diagnostics.iter().filter(|d| is_about_lines(d)).cloned().collect();
        match crate::fix::apply(&lines, &loaded.analysis.sources, true)? {
            0 => break,
            count => changed += count,
        }
        loaded = load(file)?;
    }
    let left: Vec<Diagnostic> =
        loaded.analysis.diagnostics.iter().filter(|d| d.code == "RC0301").cloned().collect();
    if !left.is_empty() {
        terminal.talk(&render(Format::Human, &left, &loaded.analysis.sources, terminal.color_err));
    }
    let what = match changed {
        0 => "nothing to change".to_owned(),
        n => format!("{n} {}", plural(n, "change", "changes")),
    };
    terminal.talk(&format!("{}: {what}\n", file.display()));
    Ok(left.len())
}

/// What a policy lacks, what it grants for nothing, and `policy inferred`.
fn is_about_lines(diagnostic: &Diagnostic) -> bool {
    matches!(diagnostic.code, "RC0301" | "RC0312" | "RC0317")
}
