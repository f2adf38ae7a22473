//! `rustchain test`.

use crate::args::{ResultFormat, TestArgs};
use crate::error::Error;
use crate::exit::Exit;
use crate::load::load;
use crate::project::find_missions;
use crate::terminal::{Terminal, plural};
use rustchain_compiler::render::{Format, render};
use rustchain_grammar::Diagnostic;
use rustchain_plan::test::Test;
use rustchain_runtime::{RunOptions, TestReport, run_test};
use serde_json::{Value, json};
use std::path::Path;
use std::sync::Arc;

/// What was counted over all files.
#[derive(Default)]
struct Tally {
    passed: usize,
    failed: usize,
    broken: usize,
    results: Vec<Value>,
}

pub(super) fn run(args: &TestArgs, terminal: &Terminal) -> Result<Exit, Error> {
    let files = find_missions(&args.paths)?;
    if files.is_empty() {
        return Err(Error::NoInput("no mission found".to_owned()));
    }
    let mut tally = Tally::default();
    for file in &files {
        test_file(file, args, terminal, &mut tally)?;
    }
    if args.format == ResultFormat::Json {
        let whole = json!({ "schema_version": 1, "passed": tally.passed, "failed": tally.failed, "tests": tally.results });
        terminal.data(&format!("{whole:#}\n"))?;
    }
    terminal.talk(&format!("{} passed, {} failed\n", tally.passed, tally.failed));
    if tally.broken > 0 {
        let (count, verb) = (tally.broken, plural(tally.broken, "file does", "files do"));
        terminal.talk(&format!("{count} {verb} not compile\n"));
    }
    Ok(if tally.failed + tally.broken > 0 { Exit::Failed } else { Exit::Ok })
}

fn test_file(file: &Path, args: &TestArgs, terminal: &Terminal, tally: &mut Tally) -> Result<(), Error> {
    let loaded = load(file)?;
    if loaded.has_errors() {
        let errors: Vec<Diagnostic> = loaded.errors().cloned().collect();
        terminal.talk(&render(Format::Human, &errors, &loaded.analysis.sources, terminal.color_err));
        tally.broken += 1;
        return Ok(());
    }
    for mission in loaded.analysis.missions {
        let plan = Arc::new(mission.plan);
        for test in &mission.tests {
            if args.filter.as_ref().is_some_and(|text| !test.title.contains(text.as_str())) {
                continue;
            }
            let failures = evaluate(&plan, test)?;
            tell(file, test, &failures, args, terminal, tally)?;
        }
    }
    Ok(())
}

/// What is not as the test says; none: it passed.
fn evaluate(plan: &Arc<rustchain_plan::Plan>, test: &Test) -> Result<Vec<(u32, String)>, Error> {
    let folder = tempfile::tempdir().map_err(|source| Error::Write { path: std::env::temp_dir(), source })?;
    match run_test(plan, test, RunOptions::new(folder.path())) {
        Ok(TestReport { failures, .. }) => Ok(failures.into_iter().map(|f| (f.line, f.message)).collect()),
        Err(error) => Ok(vec![(test.line, error.to_string())]),
    }
}

fn tell(
    file: &Path,
    test: &Test,
    failures: &[(u32, String)],
    args: &TestArgs,
    terminal: &Terminal,
    tally: &mut Tally,
) -> Result<(), Error> {
    let passed = failures.is_empty();
    match passed {
        true => tally.passed += 1,
        false => tally.failed += 1,
    }
    let place = file.display();
    if args.format == ResultFormat::Json {
        let failures: Vec<Value> =
            failures.iter().map(|(line, m)| json!({ "line": line, "message": m })).collect();
        tally.results.push(json!({
            "file": place.to_string(), "line": test.line, "mission": test.mission, "title": test.title,
            "passed": passed, "failures": failures,
        }));
        return Ok(());
    }
    let mut out =
        format!("{} {place}:{}  {}\n", if passed { "ok    " } else { "FAILED" }, test.line, test.title);
    for (line, message) in failures {
        let mut lines = message.lines();
        out.push_str(&format!("  {place}:{line}: {}\n", lines.next().unwrap_or_default()));
        lines.for_each(|rest| out.push_str(&format!("    {rest}\n")));
    }
    terminal.data(&out)
}
