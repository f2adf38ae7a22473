//! pipe-to-shell: what comes from outside is run.

use super::context::Context;
use super::text::{Command, commands};
use crate::command::{
    Pipeline, Stage, UNKNOWN, base_name, command_words, inner_script, is_language, is_shell,
};
use crate::command::{all_pipelines, program_of, runs_its_input};
use rustchain_grammar::{Diagnostic, Severity};
use rustchain_plan::EffectKind;
use rustchain_plan::plan::Call;
use std::collections::BTreeSet;

pub(super) fn run(context: &Context<'_>) -> Vec<Diagnostic> {
    let mut out = Vec::new();
    let commands = commands(context);
    let mut foreign = written(context);
    foreign.extend(commands.iter().flat_map(|c| &c.pipelines).flatten().flat_map(fetched_into));
    for command in &commands {
        let started = command.pipelines.iter().flatten().find_map(|stage| starts(stage, &foreign));
        let message = match (pipes_network(command), started) {
            (true, _) => "what comes over the network is run at once".to_owned(),
            (false, Some(file)) => format!("`{file}` holds what comes from outside, and is run"),
            _ => continue,
        };
        let finding =
            context.finding("RC1003", Severity::High, command.place, message).label("runs what it fetched");
        out.push(
            finding.help("fetch it to a file, compare its hash with a known one (`hash.file`), then run it"),
        );
    }
    out
}

fn plain(path: &str) -> String {
    path.trim_start_matches("./").to_owned()
}

/// Files that steps fill with what comes from outside.
fn written(context: &Context<'_>) -> BTreeSet<String> {
    let foreign = |path: &str, call: &Call| match call.callee.as_str() {
        "http.download" => true,
        "fs.write" | "fs.edit" => {
            let param = if call.callee == "fs.write" { "text" } else { "new" };
            context.flow.argument(path, param).is_some_and(|m| m.is_untrusted_text())
        }
        _ => false,
    };
    let calls = context.calls().filter(|(site, call)| foreign(&site.path, call));
    let effects = calls.flat_map(|(_, call)| &call.effects);
    let literal = effects.filter(|e| e.kind == EffectKind::FsWrite && e.pattern.is_literal());
    literal.map(|e| plain(&e.pattern.0)).collect()
}

/// Files that a stage fetches over the network.
fn fetched_into(stage: &Stage) -> Vec<String> {
    if !is_fetch(stage) {
        return Vec::new();
    }
    let mut out = Vec::new();
    for pair in stage.windows(2) {
        let [option, file] = pair else { continue };
        let short = option.starts_with('-') && !option.starts_with("--") && option.ends_with(['o', 'O']);
        if short || matches!(option.as_str(), ">" | "--output" | "--output-document") {
            out.push(plain(file));
        }
    }
    let urls = stage.iter().filter(|w| w.contains("://"));
    out.extend(urls.map(|url| base_name(url).to_owned()).filter(|name| !name.is_empty()));
    out
}

/// `curl … | sh`, `sh -c "$(curl …)"`, `bash <(curl …)`, `eval "$(wget …)"`.
fn pipes_network(command: &Command) -> bool {
    let fetches = |p: &Pipeline| p.iter().any(is_fetch);
    let piped = |p: &Pipeline| {
        let at = p.iter().position(is_fetch);
        at.is_some_and(|i| p.iter().skip(i + 1).any(|stage| runs_its_input(stage)))
    };
    if command.pipelines.iter().any(piped) {
        return true;
    }
    let runs_substituted = |stage: &Stage| {
        let script = inner_script(stage).is_some_and(|s| s.contains(UNKNOWN) || s.contains("$("));
        let file = program_of(stage).is_some_and(|(program, args)| {
            (is_shell(program) || matches!(program, "source" | "."))
                && args.first().is_some_and(|a| a.contains(UNKNOWN))
        });
        script || file
    };
    command.pipelines.iter().any(fetches) && command.pipelines.iter().flatten().any(runs_substituted)
        || command.pipelines.iter().flatten().filter_map(inner_script).any(|s| {
            let inner = all_pipelines(&s);
            s.starts_with("$(") && inner.iter().any(fetches)
        })
}

fn is_fetch(stage: &Stage) -> bool {
    matches!(program_of(stage), Some(("curl" | "wget" | "fetch" | "aria2c", _)))
}

/// The file that a stage runs, where it is one of these.
fn starts(stage: &Stage, foreign: &BTreeSet<String>) -> Option<String> {
    let words = command_words(stage);
    let first = words.first()?;
    if foreign.contains(&plain(first)) && (first.contains('/') || first.starts_with('.')) {
        return Some(plain(first));
    }
    let program = base_name(first);
    let interpreter = is_shell(program) || is_language(program) || matches!(program, "source" | ".");
    let target = words.iter().skip(1).find(|w| !w.starts_with('-') && *w != "<")?;
    (interpreter && foreign.contains(&plain(target))).then(|| plain(target))
}
