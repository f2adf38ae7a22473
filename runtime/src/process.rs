//! Programs: started in a process group of their own, output captured up to a bound, and the whole tree
//! killed where the step is given up.

mod tree;

pub use tree::ProcessTree;

use crate::step::StepError;
use std::ffi::OsString;
use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::process::{Child, Command};

/// How much of each of stdout and stderr is kept where nothing else is said: 16 MiB.
pub const OUTPUT_LIMIT: usize = 16 << 20;

/// How long what a finished program left behind may hold its output open.
const DRAIN: Duration = Duration::from_millis(250);

/// Variables a program gets without asking.
const BASIC: &[&str] =
    &["PATH", "HOME", "USER", "LOGNAME", "LANG", "LC_ALL", "TZ", "TMPDIR", "SHELL", "TERM"];

/// What a program's environment starts from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Environment {
    /// PATH, HOME, LANG and the like: no secrets of the caller.
    #[default]
    Basic,
    /// All of this process's.
    Inherit,
    /// Nothing.
    Empty,
}

/// A program to run to its end.
#[derive(Clone, Debug)]
pub struct Program {
    /// A name looked up in PATH, or a path.
    pub program: OsString,
    /// Arguments; no shell reads them.
    pub args: Vec<OsString>,
    /// What the environment starts from.
    pub environment: Environment,
    /// Variables added to it.
    pub env: Vec<(String, String)>,
    /// Working directory.
    pub cwd: PathBuf,
    /// Bytes to its standard input; `None`: empty.
    pub stdin: Option<Vec<u8>>,
    /// How many bytes of stdout, and of stderr, are kept.
    pub limit: usize,
}

impl Program {
    /// A program without arguments in a folder.
    pub fn new(program: impl Into<OsString>, cwd: impl Into<PathBuf>) -> Program {
        Program {
            program: program.into(),
            args: Vec::new(),
            environment: Environment::Basic,
            env: Vec::new(),
            cwd: cwd.into(),
            stdin: None,
            limit: OUTPUT_LIMIT,
        }
    }

    /// The command, not started: environment, folder and pipes set.
    pub fn command(&self) -> Command {
        let mut command = Command::new(&self.program);
        command.args(&self.args).current_dir(&self.cwd);
        match self.environment {
            Environment::Inherit => {}
            Environment::Empty => {
                command.env_clear();
            }
            Environment::Basic => {
                command.env_clear();
                command.envs(BASIC.iter().filter_map(|name| Some((name, std::env::var_os(name)?))));
            }
        }
        command.envs(self.env.iter().map(|(k, v)| (k, v)));
        command.stdin(if self.stdin.is_some() { Stdio::piped() } else { Stdio::null() });
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// Runs it to its end. Dropping the future kills the program, its process group and its descendants.
    ///
    /// # Errors
    /// Kinds `not_found`, `permission`, `io` where it could not be started or read. A status other than 0
    /// is no error here.
    pub async fn run(&self) -> Result<ProgramOutput, StepError> {
        let (mut child, tree) = ProcessTree::spawn(&mut self.command()).map_err(|e| self.spawn_error(&e))?;
        let (stdin, stdout, stderr) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
        let feed = async {
            // A program that does not read its input to the end is no error: what it made of it shows.
            if let (Some(mut pipe), Some(bytes)) = (stdin, self.stdin.as_deref()) {
                let _ = pipe.write_all(bytes).await;
                let _ = pipe.shutdown().await;
            }
        };
        let mut out = Capture::new(self.limit);
        let mut err = Capture::new(self.limit);
        let read = async {
            let _ = tokio::join!(out.read(stdout), err.read(stderr), feed);
        };
        let status = self.wait(&mut child, &tree, read).await?;
        tree.disarm();
        let truncated = out.truncated || err.truncated;
        Ok(ProgramOutput { status: exit_code(status), stdout: out.bytes, stderr: err.bytes, truncated })
    }

    async fn wait(
        &self,
        child: &mut Child,
        tree: &ProcessTree,
        read: impl Future<Output = ()>,
    ) -> Result<ExitStatus, StepError> {
        tokio::pin!(read);
        let failed = |e: std::io::Error| StepError::io(&format!("waiting for `{}`", self.name()), &e);
        tokio::select! {
            biased;
            () = &mut read => child.wait().await.map_err(failed),
            status = child.wait() => {
                let status = status.map_err(failed)?;
                if tokio::time::timeout(DRAIN, &mut read).await.is_err() {
                    tree.kill_rest();
                    let _ = tokio::time::timeout(DRAIN, &mut read).await;
                }
                Ok(status)
            }
        }
    }

    fn name(&self) -> std::borrow::Cow<'_, str> {
        self.program.to_string_lossy()
    }

    fn spawn_error(&self, error: &std::io::Error) -> StepError {
        if error.kind() == std::io::ErrorKind::NotFound && !self.cwd.is_dir() {
            return StepError::io(
                &format!("the folder `{}` of `{}`", self.cwd.display(), self.name()),
                error,
            );
        }
        StepError::io(&format!("starting `{}`", self.name()), error)
    }
}

/// What a program left.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProgramOutput {
    /// Exit status; 128 + number where a signal ended it.
    pub status: i32,
    /// Standard output.
    pub stdout: Vec<u8>,
    /// Standard error.
    pub stderr: Vec<u8>,
    /// Was more written than was kept?
    pub truncated: bool,
}

/// The status of a program; 128 + number where a signal ended it.
pub fn exit_code(status: ExitStatus) -> i32 {
    status.code().or_else(|| status.signal().map(|signal| 128 + signal)).unwrap_or(-1)
}

struct Capture {
    bytes: Vec<u8>,
    limit: usize,
    truncated: bool,
}

impl Capture {
    fn new(limit: usize) -> Capture {
        Capture { bytes: Vec::new(), limit, truncated: false }
    }

    async fn read(&mut self, pipe: Option<impl AsyncRead + Unpin>) -> std::io::Result<()> {
        let Some(pipe) = pipe else { return Ok(()) };
        let room = u64::try_from(self.limit).unwrap_or(u64::MAX);
        let mut head = pipe.take(room);
        head.read_to_end(&mut self.bytes).await?;
        let mut rest = head.into_inner();
        let mut scrap = [0_u8; 4096];
        while self.bytes.len() >= self.limit && rest.read(&mut scrap).await? > 0 {
            self.truncated = true;
        }
        Ok(())
    }
}
