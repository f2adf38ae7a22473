//! How a plan is to be run.

use crate::cancel::CancelToken;
use crate::inputs::Input;
use crate::journal::Progress;
use crate::llm::LlmOptions;
use crate::people::People;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

/// How many calls wait at once where nothing else is said.
pub const MAX_PARALLEL: usize = 16;

/// Gives environment variables.
pub type EnvAccess = Arc<dyn Fn(&str) -> Option<String> + Send + Sync>;

/// How a plan is to be run.
pub struct RunOptions {
    /// The project root; relative paths and `.rustchain/` mean it.
    pub root: PathBuf,
    /// Inputs by name.
    pub inputs: BTreeMap<String, Input>,
    /// Environment variables of inputs, secrets and providers.
    pub env: EnvAccess,
    /// How many calls wait at once.
    pub max_parallel: usize,
    /// As `on failure: finish`.
    pub keep_going: bool,
    /// Started by its schedule, and for when.
    pub scheduled: Option<Scheduled>,
    /// Gives the run up when it is cancelled.
    pub cancel: CancelToken,
    /// Is told what happens.
    pub progress: Option<Progress>,
    /// Write the event log?
    pub log: bool,
    /// How answers of models are got.
    pub llm: LlmOptions,
    /// Asks people.
    pub people: Option<Box<dyn People>>,
    /// For one step: this is its so manieth attempt, and the caller makes the others that its `retry` allows.
    pub attempt: Option<u32>,
    /// `run.id` and `run.started`, nanoseconds since 1970 UTC, where a run of others goes on.
    pub identity: Option<(String, i64)>,
}

/// A run's place in its schedule; times in nanoseconds since 1970 UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scheduled {
    /// `run.scheduled`.
    pub at: i64,
    /// `run.interval_start`.
    pub interval_start: i64,
    /// `run.interval_end`.
    pub interval_end: i64,
    /// `run.attempt`.
    pub attempt: i64,
    /// `run.is_latest`.
    pub is_latest: bool,
}

impl Scheduled {
    /// The first run at a moment in RFC 3339, without an interval of its own.
    ///
    /// # Errors
    /// What is wrong with the text.
    pub fn at_text(text: &str) -> Result<Scheduled, String> {
        let time: jiff::Timestamp = text.parse().map_err(|error: jiff::Error| error.to_string())?;
        let at = i64::try_from(time.as_nanosecond()).map_err(|_| "it is too far from today".to_owned())?;
        Ok(Scheduled { at, interval_start: at, interval_end: at, attempt: 1, is_latest: true })
    }
}

impl RunOptions {
    /// Everything as usual, in a project root.
    pub fn new(root: impl Into<PathBuf>) -> RunOptions {
        RunOptions {
            root: root.into(),
            inputs: BTreeMap::new(),
            env: Arc::new(|name| std::env::var(name).ok()),
            max_parallel: MAX_PARALLEL,
            keep_going: false,
            scheduled: None,
            cancel: CancelToken::new(),
            progress: None,
            log: true,
            llm: LlmOptions::default(),
            people: None,
            attempt: None,
            identity: None,
        }
    }
}
