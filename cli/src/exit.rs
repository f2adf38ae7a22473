//! Exit codes, the same in every command.

use std::process::ExitCode;

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// Done, clean.
    Ok,
    /// The mission failed or does not compile; findings at or above `--deny`; a file would be formatted.
    Failed,
    /// The command line is wrong.
    Usage,
    /// There is no input to work on.
    NoInput,
    /// The policy or a guard refused; an approval is missing.
    Refused,
    /// A bug of ours.
    Bug,
    /// Ctrl-C.
    Interrupted,
}

impl Exit {
    /// The number.
    pub fn code(self) -> u8 {
        match self {
            Exit::Ok => 0,
            Exit::Failed => 1,
            Exit::Usage => 2,
            Exit::NoInput => 3,
            Exit::Refused => 4,
            Exit::Bug => 5,
            Exit::Interrupted => 130,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> ExitCode {
        ExitCode::from(exit.code())
    }
}
