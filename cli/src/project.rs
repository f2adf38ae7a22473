//! The project root, and which files a path means.

use crate::error::Error;
pub use rustchain_lsp::project::root_of;
use std::path::{Path, PathBuf};

/// `FILE` or `FILE#NAME`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// The file.
    pub path: PathBuf,
    /// The mission's name.
    pub mission: Option<String>,
}

impl Target {
    /// Splits at the last `#`, unless a file of the whole name is there.
    pub fn parse(text: &str) -> Target {
        if !Path::new(text).exists()
            && let Some((path, mission)) = text.rsplit_once('#')
        {
            return Target { path: path.into(), mission: Some(mission.to_owned()) };
        }
        Target { path: text.into(), mission: None }
    }
}

/// As [`rustchain_lsp::project::find_missions`].
///
/// # Errors
/// Where a path cannot be read.
pub fn find_missions(paths: &[PathBuf]) -> Result<Vec<PathBuf>, Error> {
    rustchain_lsp::project::find_missions(paths).map_err(|(path, source)| Error::Read { path, source })
}
