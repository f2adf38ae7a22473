//! `fs.list`, and what steps say of a file.

use crate::step::{StepCall, StepError};
use crate::steps::convert;
use crate::steps::paths::{Last, below, real};
use rustchain_plan::{EffectKind, Type, Value};
use std::path::Path;
use std::time::UNIX_EPOCH;

/// A file or folder as the record `Entry`.
pub(super) struct Entry {
    pub(super) path: String,
    pub(super) is_dir: bool,
    pub(super) size: u64,
    pub(super) modified: i64,
}

impl Entry {
    /// Of what stands at `inside` in a folder that the mission calls `shown`. A link shows what it leads to,
    /// where that is there.
    pub(super) fn read(shown: &str, folder: &Path, inside: &Path) -> Result<Entry, StepError> {
        let full = folder.join(inside);
        let path = below(shown, inside);
        let meta = std::fs::metadata(&full)
            .or_else(|_| std::fs::symlink_metadata(&full))
            .map_err(|e| StepError::io(&format!("`{path}`"), &e))?;
        let modified = meta.modified().ok().and_then(|time| time.duration_since(UNIX_EPOCH).ok());
        let modified = modified.and_then(|d| i64::try_from(d.as_nanos()).ok()).unwrap_or(0);
        Ok(Entry { path, is_dir: meta.is_dir(), size: if meta.is_dir() { 0 } else { meta.len() }, modified })
    }

    pub(super) fn value(self, list: &Type) -> Value {
        let name = self.path.rsplit('/').next().unwrap_or_default().to_owned();
        convert::record_of(
            list,
            [
                ("path", convert::path(&self.path)),
                ("name", Value::string(name)),
                ("is_dir", Value::Bool(self.is_dir)),
                ("size", convert::int(self.size)),
                ("modified", Value::Timestamp(self.modified)),
            ],
        )
    }
}

/// `fs.list`: by name.
pub async fn list(call: StepCall<'_>) -> Result<Value, StepError> {
    let path = call.text("path")?.to_owned();
    let folder = real(&call, &path, EffectKind::FsRead, Last::Follow)?;
    let entries = convert::blocking(move || {
        let about = |e: std::io::Error| StepError::io(&format!("reading `{path}`"), &e);
        let mut names = Vec::new();
        for entry in std::fs::read_dir(&folder).map_err(about)? {
            names.push(entry.map_err(about)?.file_name());
        }
        names.sort();
        names.iter().map(|name| Entry::read(&path, &folder, Path::new(name))).collect::<Result<Vec<_>, _>>()
    })
    .await?;
    Ok(Value::list(entries.into_iter().map(|entry| entry.value(call.result)).collect()))
}
