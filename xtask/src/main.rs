//! `cargo xtask`: the one entry for code generation.

mod rules;
mod specs;
mod stdlib;

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let check = args.iter().any(|a| a == "--check");
    let ended = match args.first().map(String::as_str) {
        Some("stdlib") => generate_stdlib(check),
        Some("rules") => generate_rules(check),
        Some("specs") => check_specs(check),
        _ => Err("usage: cargo xtask stdlib [--check] | rules [--check] | specs [--check]".to_owned()),
    };
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("xtask: {message}");
            ExitCode::FAILURE
        }
    }
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().map(Path::to_owned).unwrap_or_default()
}

fn generate_stdlib(check: bool) -> Result<(), String> {
    let library = stdlib::read(&root().join("stdlib"))?;
    let table = rustfmt(&stdlib::table(&library))?;
    write_or_compare(&root().join("stdlib/src/table.rs"), &table, check, "cargo xtask stdlib")
}

fn generate_rules(check: bool) -> Result<(), String> {
    write_or_compare(&root().join("docs/rules.md"), &rules::page()?, check, "cargo xtask rules")
}

fn check_specs(quiet: bool) -> Result<(), String> {
    let requirements = specs::read(&root())?;
    let problems = specs::problems(&root(), &requirements);
    if !quiet {
        print!("{}", specs::matrix(&requirements));
    }
    match problems.is_empty() {
        true => Ok(()),
        false => Err(problems.join("\n")),
    }
}

/// Writes a generated file, or with `check` says that it is stale.
fn write_or_compare(path: &Path, text: &str, check: bool, command: &str) -> Result<(), String> {
    if check {
        let found = std::fs::read_to_string(path).unwrap_or_default();
        return match found == text {
            true => Ok(()),
            false => Err(format!("{} is stale; run `{command}`", path.display())),
        };
    }
    std::fs::write(path, text).map_err(|e| format!("{}: {e}", path.display()))
}

fn rustfmt(source: &str) -> Result<String, String> {
    use std::io::Write;
    let mut child = Command::new("rustfmt")
        .args(["--edition", "2024", "--config-path"])
        .arg(root().join("rustfmt.toml"))
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .spawn()
        .map_err(|e| format!("rustfmt: {e}"))?;
    let mut stdin = child.stdin.take().ok_or("rustfmt: no stdin")?;
    let source = source.to_owned();
    let writer = std::thread::spawn(move || stdin.write_all(source.as_bytes()));
    let output = child.wait_with_output().map_err(|e| format!("rustfmt: {e}"))?;
    let _ = writer.join();
    match output.status.success() {
        true => String::from_utf8(output.stdout).map_err(|e| format!("rustfmt: {e}")),
        false => Err("rustfmt failed".to_owned()),
    }
}
