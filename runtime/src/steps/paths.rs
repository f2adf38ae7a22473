//! Paths of steps: relative to the project root, decided again where a symlink leads elsewhere.

use crate::step::{StepCall, StepError};
use rustchain_plan::policy::Grant;
use rustchain_plan::{Effect, EffectKind, ErrorKind, Pattern, Policy, Verdict};
use std::path::{Component, Path, PathBuf};

/// What a step does with the last segment of a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Last {
    /// Follow it where it is a symlink.
    Follow,
    /// Take the link itself: moves and deletes.
    Keep,
}

/// The real path behind a path argument. Where symlinks lead to another place than the path says, that
/// place is decided as well.
///
/// # Errors
/// Kinds `refused`, `permission`, `io`; `invalid` for an empty path or one with a NUL.
pub fn real(call: &StepCall<'_>, path: &str, kind: EffectKind, last: Last) -> Result<PathBuf, StepError> {
    if path.is_empty() || path.contains('\0') {
        return Err(StepError::invalid(format!("`{}` is no path", path.escape_debug())));
    }
    let written = lexical(&call.resolve(path));
    let real = follow(&written, last).map_err(|e| StepError::io(&format!("`{path}`"), &e))?;
    let root = call.context.root.canonicalize().unwrap_or_else(|_| call.context.root.clone());
    let expected = match written.strip_prefix(&call.context.root) {
        Ok(inside) => root.join(inside),
        Err(_) => written,
    };
    if real != lexical(&expected) {
        call.guard(kind, &shown(&root, &real))?;
    }
    Ok(real)
}

/// A path as policies and values spell it: relative to the root where it is inside, else absolute.
pub fn shown(root: &Path, path: &Path) -> String {
    match path.strip_prefix(root) {
        Ok(inside) if inside.as_os_str().is_empty() => ".".to_owned(),
        Ok(inside) => inside.to_string_lossy().into_owned(),
        Err(_) => path.to_string_lossy().into_owned(),
    }
}

/// A path below a folder argument, as the mission would spell it.
pub fn below(folder: &str, inside: &Path) -> String {
    let inside = inside.to_string_lossy();
    match folder.trim_end_matches('/') {
        "" if folder.starts_with('/') => format!("/{inside}"),
        "" | "." => inside.into_owned(),
        base => format!("{base}/{inside}"),
    }
}

/// Refuses what a `deny` line names: for files inside a folder that is allowed.
///
/// # Errors
/// Kind `refused`.
pub fn refuse_denied(call: &StepCall<'_>, kind: EffectKind, path: &str) -> Result<(), StepError> {
    let deny: Vec<Grant> = call.policies.iter().flat_map(|p| p.deny.iter().cloned()).collect();
    if deny.is_empty() {
        return Ok(());
    }
    let all = Grant { effect: Effect { kind, pattern: Pattern::any() }, predicate: None };
    let policy = Policy { allow: vec![all], deny, ..Policy::default() };
    if policy.decide(kind, &Pattern::literal(path)) == Verdict::Allowed {
        return Ok(());
    }
    Err(StepError::new(ErrorKind::Refused, format!("the policy denies {kind} of `{path}`")))
}

/// Without `.` and `..`, by the text alone.
fn lexical(path: &Path) -> PathBuf {
    let mut out = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                out.pop();
            }
            other => out.push(other),
        }
    }
    out
}

/// Resolves symlinks in the part of a path that exists.
fn follow(path: &Path, last: Last) -> std::io::Result<PathBuf> {
    if last == Last::Follow {
        return follow_all(path);
    }
    match (path.parent(), path.file_name()) {
        (Some(parent), Some(name)) => Ok(follow_all(parent)?.join(name)),
        _ => Ok(path.to_owned()),
    }
}

fn follow_all(path: &Path) -> std::io::Result<PathBuf> {
    match path.canonicalize() {
        Ok(real) => Ok(real),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => follow_missing(path, e),
        Err(e) => Err(e),
    }
}

/// The file is not there: its parent's real place, and its name. A dangling link is followed too.
fn follow_missing(path: &Path, error: std::io::Error) -> std::io::Result<PathBuf> {
    let (Some(parent), Some(name)) = (path.parent(), path.file_name()) else { return Err(error) };
    if let Ok(target) = path.read_link() {
        return follow_all(&lexical(&follow_all(parent)?.join(target)));
    }
    Ok(follow_all(parent)?.join(name))
}
