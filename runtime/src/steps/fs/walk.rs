//! What is under a folder, in order of paths.

use crate::step::StepError;
use std::path::{Path, PathBuf};

/// What something is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A folder.
    Folder,
    /// A file.
    File,
    /// A symlink, not followed.
    Link,
    /// A device, a socket, a pipe.
    Other,
}

impl Kind {
    /// Of a file type that was read without following links.
    pub fn of(kind: std::fs::FileType) -> Kind {
        match kind {
            t if t.is_symlink() => Kind::Link,
            t if t.is_dir() => Kind::Folder,
            t if t.is_file() => Kind::File,
            _ => Kind::Other,
        }
    }
}

/// Something under a folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Walked {
    /// Relative to the folder.
    pub inside: PathBuf,
    /// What it is.
    pub kind: Kind,
}

/// Everything under a folder, links not followed; a folder comes before what is in it, names in byte order.
///
/// # Errors
/// Kinds `not_found`, `permission`, `io`.
pub fn walk(shown: &str, folder: &Path) -> Result<Vec<Walked>, StepError> {
    let mut found = Vec::new();
    let mut open = vec![PathBuf::new()];
    while let Some(inside) = open.pop() {
        let mut here = children(shown, folder, &inside)?;
        here.sort_by(|a, b| a.inside.cmp(&b.inside));
        open.extend(here.iter().rev().filter(|w| w.kind == Kind::Folder).map(|w| w.inside.clone()));
        found.extend(here);
    }
    found.sort_by(|a, b| a.inside.cmp(&b.inside));
    Ok(found)
}

fn children(shown: &str, folder: &Path, inside: &Path) -> Result<Vec<Walked>, StepError> {
    let about = |e: std::io::Error| {
        StepError::io(&format!("reading `{}`", Path::new(shown).join(inside).display()), &e)
    };
    let entries = std::fs::read_dir(folder.join(inside)).map_err(about)?;
    entries
        .map(|entry| {
            let entry = entry.map_err(about)?;
            let kind = Kind::of(entry.file_type().map_err(about)?);
            Ok(Walked { inside: inside.join(entry.file_name()), kind })
        })
        .collect()
}
