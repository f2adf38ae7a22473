//! Worker processes, kept warm until the run ends.

use super::printed::Printed;
use crate::process::{ProcessTree, Program};
use crate::step::StepError;
use serde_json::Value as Json;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::process::{Child, ChildStdin, ChildStdout};

/// The program that a worker runs.
const SCRIPT: &str = include_str!("worker.py");

/// How long a worker that closed its pipes may take to end.
const END: Duration = Duration::from_secs(1);

/// Variables that say where Python finds packages.
const PYTHON: &[&str] = &["PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV"];

/// What a worker is for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key {
    /// The file.
    pub file: PathBuf,
    /// The project root: its working directory.
    pub root: PathBuf,
    /// Names of variables it gets.
    pub variables: Vec<String>,
}

/// The workers that wait for calls. Calls at the same time have workers of their own.
#[derive(Default)]
pub struct Workers(Mutex<BTreeMap<Key, Vec<Worker>>>);

impl Workers {
    /// A worker that waits, or a new one.
    ///
    /// # Errors
    /// Kinds `not_found`, `permission`, `io` where Python cannot be started.
    pub fn take(&self, key: &Key) -> Result<Worker, StepError> {
        let mut idle = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match idle.get_mut(key).and_then(Vec::pop) {
            Some(worker) => Ok(worker),
            None => Worker::start(key),
        }
    }

    /// Keeps a worker for later calls.
    pub fn give_back(&self, key: Key, worker: Worker) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).entry(key).or_default().push(worker);
    }
}

/// A process that runs functions of one file. Killed, with all it started, when dropped.
#[derive(Debug)]
pub struct Worker {
    // Stands before the child, so that the tree is killed before its leader is waited for.
    tree: ProcessTree,
    child: Child,
    requests: ChildStdin,
    replies: BufReader<ChildStdout>,
    printed: Printed,
    calls: u64,
}

impl Worker {
    fn start(key: &Key) -> Result<Worker, StepError> {
        let python = std::env::var_os("RUSTCHAIN_PYTHON").unwrap_or_else(|| "python3".into());
        let about = |e: std::io::Error| {
            StepError::io(
                &format!("starting Python (`{}`; $RUSTCHAIN_PYTHON names another)", python.to_string_lossy()),
                &e,
            )
        };
        let mut program = Program::new(&python, &key.root);
        program.args =
            vec!["-c".into(), SCRIPT.into(), key.file.as_os_str().into(), key.root.as_os_str().into()];
        let names = PYTHON.iter().copied().chain(key.variables.iter().map(String::as_str));
        program.env = names.filter_map(|name| Some((name.to_owned(), std::env::var(name).ok()?))).collect();
        program.env.push(("PYTHONUTF8".to_owned(), "1".to_owned()));
        let mut command = program.command();
        command.stdin(Stdio::piped());
        let (mut child, tree) = ProcessTree::spawn(&mut command).map_err(about)?;
        let pipes = (child.stdin.take(), child.stdout.take(), child.stderr.take());
        let (Some(requests), Some(replies), Some(prints)) = pipes else {
            return Err(about(std::io::Error::other("it has no pipes")));
        };
        let printed = Printed::collect(prints);
        Ok(Worker { tree, child, requests, replies: BufReader::new(replies), printed, calls: 0 })
    }

    /// Sends a request and waits for its answer.
    ///
    /// # Errors
    /// Where the process ended instead.
    pub async fn ask(&mut self, mut request: Json) -> std::io::Result<Json> {
        self.calls += 1;
        if let Json::Object(request) = &mut request {
            request.insert("id".to_owned(), Json::from(self.calls));
        }
        let mut line = request.to_string().into_bytes();
        line.push(b'\n');
        self.requests.write_all(&line).await?;
        self.requests.flush().await?;
        let mut answer = Vec::new();
        self.replies.read_until(b'\n', &mut answer).await?;
        if answer.is_empty() {
            return Err(std::io::Error::other("it gave no answer"));
        }
        serde_json::from_slice(&answer).map_err(std::io::Error::other)
    }

    /// What the last call printed.
    pub async fn printed(&mut self) -> String {
        self.printed.until(self.calls).await
    }

    /// How the process ended.
    pub async fn status(&mut self) -> String {
        match tokio::time::timeout(END, self.child.wait()).await {
            Ok(Ok(status)) => {
                self.tree.disarm();
                self.tree.kill_rest();
                status.to_string()
            }
            _ => "still running".to_owned(),
        }
    }
}
