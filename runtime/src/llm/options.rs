//! How a run gets answers from models.

use std::path::PathBuf;

/// Where the answers of models come from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LlmMode {
    /// From the cassette where there is one, or where the provider needs a key and none is set; else from
    /// the provider.
    #[default]
    Auto,
    /// From the cassette only.
    Replay,
    /// From the provider only.
    Live,
    /// From the provider; answers are added to the cassette.
    Record,
}

/// How a run gets answers from models.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LlmOptions {
    /// Where they come from.
    pub mode: LlmMode,
    /// The recorded answers, `NAME.cassette.jsonl` beside the mission's file: an absolute path.
    pub cassette: Option<PathBuf>,
}
