//! Functions on paths: text only, no file is looked at.

use super::call::Args;
use super::error::EvalError;
use crate::error_kind::ErrorKind;
use crate::value::Value;

type Eval = Result<Value, EvalError>;

fn path(text: &str) -> Value {
    Value::Path(text.into())
}

pub(super) fn join(args: &mut Args<'_>) -> Eval {
    let (base, part) = (args.text(0)?, args.text(1)?);
    if part.starts_with('/') {
        return Err(EvalError::invalid(format!("`{part}` is an absolute path")));
    }
    args.meter.room(base.len().saturating_add(part.len()))?;
    Ok(path(&joined(base, part)))
}

fn joined(base: &str, part: &str) -> String {
    match base {
        "" => part.to_owned(),
        _ if part.is_empty() => base.to_owned(),
        _ if base.ends_with('/') => format!("{base}{part}"),
        _ => format!("{base}/{part}"),
    }
}

/// The path without `/` at its end, split before its last segment.
fn parts(path: &str) -> (&str, &str) {
    let trimmed = path.trim_end_matches('/');
    if trimmed.is_empty() {
        return (if path.is_empty() { "" } else { "/" }, "");
    }
    match trimmed.rsplit_once('/') {
        Some(("", name)) => ("/", name),
        Some((parent, name)) => (parent.trim_end_matches('/'), name),
        None => ("", trimmed),
    }
}

/// Stem and extension of a name; a dot at its start belongs to the stem.
fn split_name(name: &str) -> (&str, &str) {
    match name.rsplit_once('.') {
        Some((stem, extension)) if !stem.is_empty() && name != ".." => (stem, extension),
        _ => (name, ""),
    }
}

pub(super) fn name(args: &mut Args<'_>) -> Eval {
    Ok(Value::string(parts(args.text(0)?).1))
}

pub(super) fn stem(args: &mut Args<'_>) -> Eval {
    Ok(Value::string(split_name(parts(args.text(0)?).1).0))
}

pub(super) fn extension(args: &mut Args<'_>) -> Eval {
    Ok(Value::string(split_name(parts(args.text(0)?).1).1))
}

pub(super) fn parent(args: &mut Args<'_>) -> Eval {
    Ok(path(parts(args.text(0)?).0))
}

/// A relative name whose segments never lead out of the root.
pub(super) fn confine(args: &mut Args<'_>) -> Eval {
    let (name, root) = (args.text(0)?, args.text(1)?);
    args.meter.room(name.len().saturating_add(root.len()))?;
    let refused = |why: &str| {
        let shown = super::math::shortened(name);
        Err(EvalError::new(ErrorKind::Refused, format!("`{shown}` {why}")))
    };
    if name.starts_with('/') {
        return refused("is an absolute path");
    }
    if name.contains(['\0', '\\']) {
        return refused("holds a character that no portable name has");
    }
    let mut kept: Vec<&str> = Vec::new();
    for segment in name.split('/') {
        match segment {
            "" | "." => {}
            ".." => {
                if kept.pop().is_none() {
                    return refused("leads out of its root");
                }
            }
            other => kept.push(other),
        }
    }
    if kept.is_empty() {
        return refused("names nothing under its root");
    }
    Ok(path(&joined(root, &kept.join("/"))))
}
