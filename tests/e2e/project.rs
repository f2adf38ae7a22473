//! A folder with missions, and the command run in it.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// A temporary project.
pub struct Project {
    dir: tempfile::TempDir,
    env: Vec<(String, String)>,
}

/// What a command left.
pub struct Ended {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Project {
    pub fn new() -> Project {
        Project { dir: tempfile::tempdir().expect("a temporary folder"), env: Vec::new() }
    }

    /// A project with one mission.
    pub fn with(name: &str, text: &str) -> Project {
        let project = Project::new();
        project.write(name, text);
        project
    }

    /// A copy of a folder of `missions/`.
    pub fn gallery(name: &str) -> Project {
        let project = Project::new();
        copy(&repository().join("missions").join(name), project.path());
        let _ = std::fs::remove_dir_all(project.path().join("out"));
        let _ = std::fs::remove_dir_all(project.path().join(".rustchain"));
        project
    }

    pub fn env(mut self, name: &str, value: &str) -> Project {
        self.env.push((name.to_owned(), value.to_owned()));
        self
    }

    pub fn path(&self) -> &Path {
        self.dir.path()
    }

    pub fn write(&self, name: &str, text: &str) {
        let path = self.path().join(name);
        std::fs::create_dir_all(path.parent().expect("a parent")).expect("folders");
        std::fs::write(path, text).expect("written");
    }

    pub fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path().join(name)).unwrap_or_else(|e| panic!("{name}: {e}"))
    }

    pub fn has(&self, name: &str) -> bool {
        self.path().join(name).exists()
    }

    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_rustchain"));
        command.args(args).current_dir(self.path()).env_remove("OPENAI_API_KEY").env_remove("NO_COLOR");
        command.env("XDG_CONFIG_HOME", self.path().join(".config")).stdin(Stdio::null());
        command.envs(self.env.iter().map(|(k, v)| (k, v)));
        command
    }

    /// Runs `rustchain ARGS` here.
    pub fn run(&self, args: &[&str]) -> Ended {
        ended(self.command(args).output().expect("the binary starts"))
    }

    /// Runs `rustchain ARGS` here with a text on stdin.
    pub fn run_with(&self, stdin: &str, args: &[&str]) -> Ended {
        let mut command = self.command(args);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the binary starts");
        let mut pipe = child.stdin.take().expect("a pipe");
        pipe.write_all(stdin.as_bytes()).expect("written");
        drop(pipe);
        ended(child.wait_with_output().expect("the binary ends"))
    }

    /// Runs and expects an exit code.
    pub fn expect(&self, code: i32, args: &[&str]) -> Ended {
        let ended = self.run(args);
        assert_eq!(
            ended.code,
            code,
            "rustchain {}\n--- stdout\n{}\n--- stderr\n{}",
            args.join(" "),
            ended.stdout,
            ended.stderr
        );
        ended
    }

    /// Runs with `--format json` and gives what it printed.
    pub fn json(&self, code: i32, args: &[&str]) -> serde_json::Value {
        let ended = self.expect(code, args);
        serde_json::from_str(&ended.stdout).unwrap_or_else(|e| panic!("{e}\n{}", ended.stdout))
    }
}

pub fn ended(output: Output) -> Ended {
    Ended {
        code: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

/// The work tree of this project.
pub fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the repository").to_owned()
}

/// Copies a folder with everything in it.
pub fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("folder");
    for entry in std::fs::read_dir(from).expect("a folder").filter_map(Result::ok) {
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).expect("copied");
        }
    }
}
