//! sandbox-off: a step leaves what keeps it in: root, the host's network or files, the runtime's own files.

use super::context::Context;
use super::text::commands;
use crate::command::{Stage, base_name};
use crate::effects::overlap::paths_overlap;
use rustchain_grammar::{Diagnostic, Severity};
use rustchain_plan::{EffectKind, Pattern};
use std::collections::BTreeSet;

/// What the runtime and the checks rely on: the log, the settings.
const OWN_FILES: &[(&str, &str)] = &[
    (".rustchain/runs/run/log.jsonl", "the log of runs"),
    (".rustchain/cache/entry", "the cache of checks"),
    ("rustchain.toml", "the project's settings"),
    ("rustchain.lock", "the project's lock file"),
];

pub(super) fn run(context: &Context<'_>) -> Vec<Diagnostic> {
    let mut out = Vec::new();
    let mut seen = BTreeSet::new();
    for command in commands(context) {
        let found = command.pipelines.iter().flatten().find_map(container);
        let Some((option, what)) = found.filter(|_| seen.insert(command.place)) else { continue };
        let message = format!("`{option}` gives the container {what}");
        let finding = context.finding("RC0315", Severity::High, command.place, message);
        out.push(
            finding.label("leaves the sandbox").help("leave the option out, or give what is needed by name"),
        );
    }
    for (site, call) in context.calls() {
        let mut writes = call
            .effects
            .iter()
            .filter(|effect| effect.kind == EffectKind::FsWrite && !effect.pattern.0.starts_with('*'));
        let Some((effect, what)) = writes.find_map(|effect| {
            let own =
                OWN_FILES.iter().find(|(file, _)| paths_overlap(&effect.pattern, &Pattern((*file).into())));
            own.map(|(_, what)| (effect, what))
        }) else {
            continue;
        };
        let place = context.callee(&site.path);
        if seen.insert(place) {
            let message = format!("`{}` may change {what}: `{effect}`", call.callee);
            let finding =
                context.finding("RC0315", Severity::High, place, message).label("writes where it is watched");
            out.push(finding.help("write to a folder of the mission's own, such as `out/`"));
        }
    }
    out
}

/// An option of a container that opens the machine to it.
fn container(stage: &Stage) -> Option<(String, &'static str)> {
    let at = stage.iter().position(|w| matches!(base_name(w), "docker" | "podman" | "nerdctl"))?;
    let args = stage.get(at + 1..)?;
    let pairs = args.iter().zip(args.iter().skip(1).map(Some).chain([None]));
    for (word, next) in pairs {
        let (name, value) = match word.split_once('=') {
            Some((name, value)) => (name, Some(value)),
            None => (word.as_str(), next.map(String::as_str)),
        };
        let value = value.unwrap_or_default();
        let shown = || {
            if word.contains('=') || name == "--privileged" {
                word.clone()
            } else {
                format!("{word} {value}")
            }
        };
        match name {
            "--privileged" => return Some((shown(), "every right of the machine")),
            "--network" | "--net" if value == "host" => return Some((shown(), "the machine's network")),
            "--pid" | "--ipc" | "--uts" | "--userns" if value == "host" => {
                return Some((shown(), "the machine's processes"));
            }
            "--cap-add" if matches!(value, "ALL" | "SYS_ADMIN" | "CAP_SYS_ADMIN") => {
                return Some((shown(), "the rights of root"));
            }
            "-v" | "--volume" if value.starts_with("/:") => {
                return Some((shown(), "every file of the machine"));
            }
            "-v" | "--volume" if value.contains("docker.sock") => {
                return Some((shown(), "the container engine, and with it the machine"));
            }
            _ => {}
        }
    }
    None
}
