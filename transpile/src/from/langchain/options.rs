//! What surrounds a LangChain file.

use std::collections::BTreeMap;

/// What surrounds a file that is read.
#[derive(Clone, Debug, Default)]
pub struct LangChainOptions {
    /// Folders in which modules are looked for, after the file's own.
    pub roots: Vec<String>,
    /// A `site-packages` folder in which LangChain is installed: its default prompts are read from there.
    pub library: Option<String>,
    /// Also what functions make that the file itself does not call is listed.
    pub uncalled: bool,
    /// Environment variables that are known.
    pub env: BTreeMap<String, String>,
}
