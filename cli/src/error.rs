//! Operational errors: what keeps a command from working at all. Problems in missions are diagnostics.

use crate::exit::Exit;
use miette::Diagnostic;
use std::path::PathBuf;
use thiserror::Error;

/// An operational error.
#[derive(Debug, Error, Diagnostic)]
pub enum Error {
    /// Nothing at that path.
    #[error("cannot read `{}`", path.display())]
    Read {
        /// The path.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// A file could not be written.
    #[error("cannot write `{}`", path.display())]
    Write {
        /// The path.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// Nothing to work on.
    #[error("no input: {0}")]
    #[diagnostic(help("give a file, or a folder with `.mission` files"))]
    NoInput(String),
    /// The command line asks for something that cannot be.
    #[error("{message}")]
    Usage {
        /// What is wrong.
        message: String,
        /// How to say it.
        #[help]
        help: Option<String>,
    },
    /// `rustchain.toml` is wrong.
    #[error("{origin}: {message}")]
    Config {
        /// File (and line).
        origin: String,
        /// What is wrong.
        message: String,
        /// What is accepted.
        #[help]
        help: Option<String>,
    },
    /// Anything else that failed.
    #[error("{0}")]
    Failed(String),
    /// The policy refused.
    #[error("{0}")]
    Refused(String),
}

impl Error {
    /// A usage error with advice.
    pub fn usage(message: impl Into<String>, help: impl Into<String>) -> Error {
        Error::Usage { message: message.into(), help: Some(help.into()) }
    }

    /// The exit code.
    pub fn exit(&self) -> Exit {
        match self {
            Error::Read { .. } | Error::NoInput(_) => Exit::NoInput,
            Error::Usage { .. } | Error::Config { .. } => Exit::Usage,
            Error::Write { .. } | Error::Failed(_) => Exit::Failed,
            Error::Refused(_) => Exit::Refused,
        }
    }
}
