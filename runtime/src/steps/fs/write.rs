//! `fs.write`, `fs.edit`.

use super::atomic::Atomic;
use super::read::load;
use crate::step::{StepCall, StepError};
use crate::steps::convert;
use crate::steps::paths::{Last, real};
use rustchain_plan::{EffectKind, Value};
use std::io::Write;
use std::path::{Path, PathBuf};

/// `fs.write`: gives the path as written.
pub async fn write(call: StepCall<'_>) -> Result<Value, StepError> {
    let path = call.text("path")?.to_owned();
    let text = call.text("text")?.to_owned();
    let target = real(&call, &path, EffectKind::FsWrite, Last::Follow)?;
    let shown = path.clone();
    if call.bool("append")? {
        convert::blocking(move || append(&shown, &target, text.as_bytes())).await?;
    } else {
        convert::blocking(move || replace(&shown, target, text.as_bytes())).await?;
    }
    Ok(convert::path(path))
}

/// Writes a whole file, atomically.
fn replace(shown: &str, target: PathBuf, bytes: &[u8]) -> Result<(), StepError> {
    let mut file = Atomic::create(shown, target)?;
    file.add(bytes)?;
    file.commit()
}

/// One write call, so that lines of several writers do not mix.
fn append(shown: &str, target: &Path, bytes: &[u8]) -> Result<(), StepError> {
    let about = |e: std::io::Error| StepError::io(&format!("writing `{shown}`"), &e);
    if let Some(folder) = target.parent() {
        std::fs::create_dir_all(folder).map_err(about)?;
    }
    let mut file = std::fs::OpenOptions::new().append(true).create(true).open(target).map_err(about)?;
    file.write_all(bytes).map_err(about)
}

/// `fs.edit`: gives how many occurrences were replaced.
pub async fn edit(call: StepCall<'_>) -> Result<Value, StepError> {
    let path = call.text("path")?.to_owned();
    let (old, new) = (call.text("old")?.to_owned(), call.text("new")?.to_owned());
    let wanted = call.opt_int("count")?;
    if old.is_empty() {
        return Err(StepError::invalid("`old` of `fs.edit` is empty"));
    }
    real(&call, &path, EffectKind::FsRead, Last::Follow)?;
    let target = real(&call, &path, EffectKind::FsWrite, Last::Follow)?;
    let count = convert::blocking(move || {
        let bytes = load(&path, &target)?;
        let text =
            convert::utf8(&bytes).map_err(|e| StepError::invalid(format!("`{path}`: {}", e.message)))?;
        let found = text.matches(&old).count();
        if wanted.is_some_and(|n| usize::try_from(n).ok() != Some(found)) {
            let wanted = wanted.unwrap_or_default();
            let message = format!("`{path}` holds the text {found} times, not {wanted} times");
            return Err(StepError::invalid(message));
        }
        if found > 0 {
            replace(&path, target, text.replace(&old, &new).as_bytes())?;
        }
        Ok(found)
    })
    .await?;
    Ok(convert::int(count))
}
