//! `fs.move`, `fs.delete`, `fs.make_dir`.

use super::walk::walk;
use crate::step::{StepCall, StepError};
use crate::steps::convert;
use crate::steps::paths::{Last, below, real, refuse_denied};
use rustchain_plan::{EffectKind, ErrorKind, Value};
use std::path::Path;

/// `fs.move`: gives the new path. Replaces a file that is there.
pub async fn move_(call: StepCall<'_>) -> Result<Value, StepError> {
    let (from, to) = (call.text("from")?.to_owned(), call.text("to")?.to_owned());
    let source = real(&call, &from, EffectKind::FsWrite, Last::Keep)?;
    let target = real(&call, &to, EffectKind::FsWrite, Last::Keep)?;
    refuse_inside(&call, &from, &source).await?;
    let shown = to.clone();
    convert::blocking(move || {
        std::fs::symlink_metadata(&source).map_err(|e| StepError::io(&format!("moving `{from}`"), &e))?;
        let about = |e: std::io::Error| StepError::io(&format!("moving `{from}` to `{shown}`"), &e);
        if let Some(folder) = target.parent() {
            std::fs::create_dir_all(folder).map_err(about)?;
        }
        match std::fs::rename(&source, &target) {
            Err(e) if e.kind() == std::io::ErrorKind::CrossesDevices => Err(StepError::new(
                ErrorKind::Io,
                format!("`{from}` and `{shown}` are on different disks; use `fs.copy` and `fs.delete`"),
            )),
            other => other.map_err(about),
        }
    })
    .await?;
    Ok(convert::path(to))
}

/// `fs.delete`: gives whether it was there. A link is deleted, not what it leads to.
pub async fn delete(call: StepCall<'_>) -> Result<Value, StepError> {
    let path = call.text("path")?.to_owned();
    let recursive = call.bool("recursive")?;
    let target = real(&call, &path, EffectKind::FsWrite, Last::Keep)?;
    let root = call.context.root.canonicalize().unwrap_or_else(|_| call.context.root.clone());
    if root.starts_with(&target) {
        return Err(StepError::invalid(format!("`{path}` holds the project itself")));
    }
    if recursive {
        refuse_inside(&call, &path, &target).await?;
    }
    let there = convert::blocking(move || remove(&path, &target, recursive)).await?;
    Ok(Value::Bool(there))
}

fn remove(shown: &str, target: &Path, recursive: bool) -> Result<bool, StepError> {
    let about = |e: std::io::Error| StepError::io(&format!("deleting `{shown}`"), &e);
    let meta = match std::fs::symlink_metadata(target) {
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(false),
        other => other.map_err(about)?,
    };
    match (meta.is_dir(), recursive) {
        (false, _) => std::fs::remove_file(target).map_err(about)?,
        (true, true) => std::fs::remove_dir_all(target).map_err(about)?,
        (true, false) => std::fs::remove_dir(target).map_err(|e| match e.kind() {
            std::io::ErrorKind::DirectoryNotEmpty => StepError::new(
                ErrorKind::Io,
                format!("the folder `{shown}` is not empty; say `recursive: true`"),
            ),
            _ => about(e),
        })?,
    }
    Ok(true)
}

/// `fs.make_dir`: gives the path.
pub async fn make_dir(call: StepCall<'_>) -> Result<Value, StepError> {
    let path = call.text("path")?.to_owned();
    let target = real(&call, &path, EffectKind::FsWrite, Last::Follow)?;
    let shown = path.clone();
    convert::blocking(move || {
        std::fs::create_dir_all(target)
            .map_err(|e| StepError::io(&format!("making the folder `{shown}`"), &e))
    })
    .await?;
    Ok(convert::path(path))
}

/// Refuses where a `deny` line names something inside a folder.
async fn refuse_inside(call: &StepCall<'_>, shown: &str, folder: &Path) -> Result<(), StepError> {
    let is_folder = std::fs::symlink_metadata(folder).is_ok_and(|meta| meta.is_dir());
    if !is_folder || call.context.plan.policy.deny.is_empty() {
        return Ok(());
    }
    let (name, at) = (shown.to_owned(), folder.to_owned());
    for walked in convert::blocking(move || walk(&name, &at)).await? {
        refuse_denied(call, EffectKind::FsWrite, &below(shown, &walked.inside))?;
    }
    Ok(())
}
