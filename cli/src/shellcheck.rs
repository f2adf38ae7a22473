//! `shellcheck`, where it is on the path.

use rustchain_compiler::checks::{ShellDefect, ShellLint};
use serde::Deserialize;
use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};

/// The program.
pub struct ShellCheck {
    path: PathBuf,
}

#[derive(Deserialize)]
struct Report {
    comments: Vec<Comment>,
}

#[derive(Deserialize)]
struct Comment {
    line: usize,
    level: String,
    code: u32,
    message: String,
}

impl ShellCheck {
    /// The program of the path.
    pub fn find() -> Option<ShellCheck> {
        let path = std::env::var_os("PATH")?;
        let found = std::env::split_paths(&path).map(|dir| dir.join("shellcheck")).find(|p| p.is_file());
        found.map(|path| ShellCheck { path })
    }

    /// What its answers depend on.
    pub fn version(&self) -> String {
        let meta = std::fs::metadata(&self.path).ok();
        let modified = meta.and_then(|m| m.modified().ok());
        format!("{} {modified:?}", self.path.display())
    }

    fn report(&self, script: &str) -> Option<Report> {
        // Style is a matter of taste; `set -o pipefail` is given by the runtime.
        let mut child = Command::new(&self.path)
            .args(["--shell=bash", "--format=json1", "--severity=info", "--norc", "-"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .ok()?;
        let mut stdin = child.stdin.take()?;
        let script = script.to_owned();
        let writer = std::thread::spawn(move || stdin.write_all(script.as_bytes()));
        let output = child.wait_with_output().ok()?;
        let _ = writer.join();
        serde_json::from_slice(&output.stdout).ok()
    }
}

impl ShellLint for ShellCheck {
    fn lint(&self, script: &str) -> Vec<ShellDefect> {
        let comments = self.report(script).map(|r| r.comments).unwrap_or_default();
        let defect = |c: Comment| ShellDefect {
            code: format!("SC{}", c.code),
            message: c.message,
            line: c.line,
            grave: matches!(c.level.as_str(), "error" | "warning"),
        };
        comments.into_iter().map(defect).collect()
    }
}
