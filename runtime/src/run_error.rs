//! Why a run did not start, or lost its log.

/// Why a run did not start, or lost its log.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// Inputs are missing, unknown or not what they should be; all of them.
    #[error("{}", lines("the inputs do not fit the mission", .0))]
    Inputs(Vec<String>),
    /// The plan contradicts itself, or asks for what this build cannot do.
    #[error("{}", lines("the plan cannot run", .0))]
    Plan(Vec<String>),
    /// Constructs that an importer could not carry stand in the plan as `hole`.
    #[error("{}", lines("the plan has holes, and nothing to fill them", .0))]
    Holes(Vec<String>),
    /// The policy refuses effects that are known before the start.
    #[error("{}", lines("the policy refuses", .0))]
    Refused(Vec<String>),
    /// Steps ask a person, and nobody can be asked in this run.
    #[error("{}; run it at a terminal", lines("nobody can be asked in this run, and a person must answer", .0))]
    Nobody(Vec<String>),
    /// The root, the log or the threads could not be had.
    #[error("{what}: {error}")]
    Io {
        /// What was tried.
        what: String,
        /// Why not.
        error: std::io::Error,
    },
}

impl RunError {
    pub(crate) fn io(what: impl Into<String>, error: std::io::Error) -> RunError {
        RunError::Io { what: what.into(), error }
    }
}

fn lines(title: &str, problems: &[String]) -> String {
    match problems {
        [only] => format!("{title}: {only}"),
        many => many.iter().fold(format!("{title}:"), |text, problem| format!("{text}\n  {problem}")),
    }
}
