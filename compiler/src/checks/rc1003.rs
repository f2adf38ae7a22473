//! pipe-to-shell: what comes over the network is run.

use super::context::Context;
use super::text::{commands, pipelines, program_of};
use rustchain_grammar::{Diagnostic, Severity};
use rustchain_plan::EffectKind;
use std::collections::BTreeSet;

pub(super) fn run(context: &Context<'_>) -> Vec<Diagnostic> {
    let mut out = Vec::new();
    let downloads: BTreeSet<&str> = context
        .calls()
        .filter(|(_, call)| call.callee == "http.download")
        .flat_map(|(_, call)| &call.effects)
        .filter(|e| e.kind == EffectKind::FsWrite && e.pattern.is_literal())
        .map(|e| e.pattern.0.trim_start_matches("./"))
        .collect();
    for command in commands(context) {
        let all = pipelines(&command.text);
        let piped = all.iter().any(|p| pipes_network(p)) || substitutes(&command.text);
        let started = all.iter().flatten().find_map(|stage| starts(stage, &downloads));
        let message = match (piped, started) {
            (true, _) => "what comes over the network is run at once".to_owned(),
            (false, Some(file)) => format!("`{file}` comes over the network and is run"),
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

fn pipes_network(pipeline: &[Vec<String>]) -> bool {
    let at = pipeline.iter().position(|s| is_fetch(s));
    at.is_some_and(|i| pipeline.iter().skip(i + 1).any(|s| is_interpreter(s)))
}

fn is_fetch(stage: &[String]) -> bool {
    matches!(program_of(stage), Some(("curl" | "wget" | "fetch", _)))
}

/// Does a stage run what it reads?
pub(super) fn is_interpreter(stage: &[String]) -> bool {
    let Some((program, args)) = program_of(stage) else { return false };
    let shell = matches!(program, "sh" | "bash" | "zsh" | "dash" | "ksh" | "fish");
    let language = matches!(program, "python" | "python3" | "perl" | "ruby" | "node" | "php");
    let reads_stdin = args.iter().all(|a| a.starts_with('-') && a != "-c" && a != "-e" || a == "-");
    shell || (language && reads_stdin)
}

/// `bash <(curl …)`, `sh -c "$(curl …)"`, `eval $(wget …)`.
fn substitutes(text: &str) -> bool {
    let runs = [
        "bash <(",
        "sh <(",
        "source <(",
        ". <(",
        "-c \"$(",
        "-c '$(",
        "-c $(",
        "eval \"$(",
        "eval $(",
        "eval `",
        "-c \"`",
    ];
    let compact = text.replace("$( ", "$(").replace("<( ", "<(");
    runs.iter().any(|run| {
        compact.match_indices(run).any(|(at, _)| {
            let rest = compact.get(at + run.len()..).unwrap_or_default();
            rest.starts_with("curl") || rest.starts_with("wget")
        })
    })
}

fn starts(stage: &[String], downloads: &BTreeSet<&str>) -> Option<String> {
    let first = stage.first()?;
    let plain = |w: &str| w.trim_start_matches("./").to_owned();
    if downloads.contains(plain(first).as_str()) {
        return Some(plain(first));
    }
    let interpreter = matches!(
        first.rsplit('/').next(),
        Some("sh" | "bash" | "zsh" | "python" | "python3" | "node" | "source" | ".")
    );
    let target = stage.iter().skip(1).find(|w| !w.starts_with('-'))?;
    (interpreter && downloads.contains(plain(target).as_str())).then(|| plain(target))
}
