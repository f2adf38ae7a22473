//! unpinned-tool: an image or a package without a version.

use super::context::Context;
use super::text::commands;
use crate::command::program_of;
use rustchain_grammar::{Diagnostic, Severity};
use std::collections::BTreeSet;

/// Options that take a value, by program.
const WITH_VALUE: &[&str] = &[
    "-v",
    "--volume",
    "-e",
    "--env",
    "-p",
    "--publish",
    "-w",
    "--workdir",
    "--name",
    "--network",
    "-u",
    "--user",
    "--mount",
    "--entrypoint",
    "--platform",
    "-m",
    "--memory",
    "--cpus",
    "--env-file",
    "-h",
    "--hostname",
    "-i",
    "--index-url",
    "--extra-index-url",
    "--target",
    "-t",
    "--prefix",
    "--registry",
    "--rm-dist",
    "--add-host",
];

pub(super) fn run(context: &Context<'_>) -> Vec<Diagnostic> {
    let mut out = Vec::new();
    let mut seen = BTreeSet::new();
    for command in commands(context) {
        let found = command.pipelines.iter().flatten().find_map(|stage| unpinned(stage));
        if let Some(what) = found.filter(|_| seen.insert(command.place)) {
            let message = format!("{what} has no version: another run gets another one");
            let finding = context.finding("RC1002", Severity::Medium, command.place, message);
            out.push(
                finding.label("whatever is newest").help("name the version, or the digest of the image"),
            );
        }
    }
    out
}

fn unpinned(stage: &[String]) -> Option<String> {
    let (program, args) = program_of(stage)?;
    let mut words = operands(args);
    match program {
        "docker" | "podman" => {
            let verb = words.next()?;
            if !matches!(verb, "run" | "pull" | "create") {
                return None;
            }
            let image = words.next()?;
            (!image.contains('\u{0}') && !image_is_pinned(image)).then(|| format!("image `{image}`"))
        }
        "pip" | "pip3" | "uv" | "pipx" => {
            let mut verb = words.next()?;
            if verb == "pip" {
                verb = words.next()?;
            }
            if verb != "install" || args.iter().any(|a| a == "-r" || a == "--requirement" || a == "-e") {
                return None;
            }
            let package =
                words.find(|p| is_package(p) && !p.contains(['=', '@', '<', '>', '~', '/', '\u{0}']))?;
            Some(format!("package `{package}`"))
        }
        "npm" | "pnpm" | "yarn" => {
            let verb = words.next()?;
            if !matches!(verb, "install" | "i" | "add") {
                return None;
            }
            let package =
                words.find(|p| is_package(p) && !p.trim_start_matches('@').contains(['@', '\u{0}', ':']))?;
            Some(format!("package `{package}`"))
        }
        "npx" | "uvx" => {
            let package = words.next()?;
            let bare = !package.trim_start_matches('@').contains(['@', '=', '\u{0}', '/'])
                || package.starts_with('@') && package.matches('@').count() == 1;
            (is_package(package) && bare).then(|| format!("package `{package}`"))
        }
        _ => None,
    }
}

/// The words that are no options.
fn operands(args: &[String]) -> impl Iterator<Item = &str> {
    let mut skip = false;
    args.iter().map(String::as_str).filter(move |arg| {
        if std::mem::take(&mut skip) {
            return false;
        }
        skip = WITH_VALUE.contains(arg);
        !arg.starts_with('-')
    })
}

fn is_package(word: &str) -> bool {
    !word.starts_with(['.', '/']) && word.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '@')
}

fn image_is_pinned(image: &str) -> bool {
    if image.contains("@sha256:") {
        return true;
    }
    let name = image.rsplit('/').next().unwrap_or(image);
    name.split_once(':').is_some_and(|(_, tag)| !tag.is_empty() && tag != "latest")
}
