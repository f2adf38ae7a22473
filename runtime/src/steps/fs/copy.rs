//! `fs.copy`.

use super::atomic::Atomic;
use super::walk::{Kind, Walked, walk};
use crate::step::{StepCall, StepError};
use crate::steps::convert;
use crate::steps::paths::{Last, below, real, refuse_denied};
use rustchain_plan::{EffectKind, ErrorKind, Value};
use std::path::Path;

/// Gives the new path. In a folder links are copied as links.
pub async fn copy(call: StepCall<'_>) -> Result<Value, StepError> {
    let (from, to) = (call.text("from")?.to_owned(), call.text("to")?.to_owned());
    let source = real(&call, &from, EffectKind::FsRead, Last::Follow)?;
    let target = real(&call, &to, EffectKind::FsWrite, Last::Follow)?;
    let meta = std::fs::metadata(&source).map_err(|e| StepError::io(&format!("reading `{from}`"), &e))?;
    if source == target {
        return Ok(convert::path(to));
    }
    let shown = to.clone();
    if !meta.is_dir() {
        convert::blocking(move || copy_file(&shown, &source, &target)).await?;
        return Ok(convert::path(to));
    }
    if target.starts_with(&source) {
        return Err(StepError::new(ErrorKind::Io, format!("`{to}` lies inside `{from}`")));
    }
    let (name, at) = (from.clone(), source.clone());
    let inside = convert::blocking(move || walk(&name, &at)).await?;
    for walked in &inside {
        refuse_denied(&call, EffectKind::FsRead, &below(&from, &walked.inside))?;
        refuse_denied(&call, EffectKind::FsWrite, &below(&to, &walked.inside))?;
    }
    convert::blocking(move || copy_folder(&shown, &source, &target, &inside)).await?;
    Ok(convert::path(to))
}

fn copy_folder(shown: &str, source: &Path, target: &Path, inside: &[Walked]) -> Result<(), StepError> {
    let about = |e: std::io::Error| StepError::io(&format!("writing `{shown}`"), &e);
    std::fs::create_dir_all(target).map_err(about)?;
    for walked in inside {
        let (from, to) = (source.join(&walked.inside), target.join(&walked.inside));
        match walked.kind {
            Kind::Folder => std::fs::create_dir_all(&to).map_err(about)?,
            Kind::File => copy_file(&below(shown, &walked.inside), &from, &to)?,
            Kind::Link => copy_link(&from, &to).map_err(about)?,
            Kind::Other => {}
        }
    }
    Ok(())
}

fn copy_file(shown: &str, from: &Path, to: &Path) -> Result<(), StepError> {
    let about = |e: std::io::Error| StepError::io(&format!("copying to `{shown}`"), &e);
    let mut reader = std::fs::File::open(from).map_err(about)?;
    let mode = reader.metadata().map_err(about)?.permissions();
    let mut file = Atomic::create(shown, to.to_owned())?;
    std::io::copy(&mut reader, &mut file).map_err(about)?;
    file.commit()?;
    std::fs::set_permissions(to, mode).map_err(about)
}

fn copy_link(from: &Path, to: &Path) -> std::io::Result<()> {
    let target = std::fs::read_link(from)?;
    match std::fs::remove_file(to) {
        Err(e) if e.kind() != std::io::ErrorKind::NotFound => return Err(e),
        _ => {}
    }
    std::os::unix::fs::symlink(target, to)
}
