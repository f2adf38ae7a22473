//! `git.status`, `git.diff`.

use super::program::{git_text, revision};
use crate::step::{StepCall, StepError};
use crate::steps::convert;
use rustchain_plan::Value;
use std::collections::BTreeSet;

/// `git.status`.
pub async fn status(call: StepCall<'_>) -> Result<Value, StepError> {
    let args = ["status", "--porcelain=v2", "--branch", "-z", "--untracked-files=all"];
    let text = git_text(&call, &args).await?;
    let mut branch = "";
    let mut files = BTreeSet::new();
    let mut entries = text.split('\0').filter(|entry| !entry.is_empty());
    while let Some(entry) = entries.next() {
        // How many fields stand before the path depends on the kind of the entry.
        let fields = match entry.split(' ').next() {
            Some("1") => 8,
            Some("2") => 9,
            Some("u") => 10,
            Some("?") => 1,
            _ => {
                branch = entry.strip_prefix("# branch.head ").unwrap_or(branch);
                continue;
            }
        };
        files.extend(entry.splitn(fields + 1, ' ').nth(fields));
        if fields == 9 {
            // The path before the rename.
            files.extend(entries.next());
        }
    }
    let clean = files.is_empty();
    let files = Value::list(files.into_iter().map(Value::string).collect());
    Ok(convert::record(
        &call,
        [("branch", Value::string(branch)), ("clean", Value::Bool(clean)), ("files", files)],
    ))
}

/// `git.diff`: no program that the repository names takes part.
pub async fn diff(call: StepCall<'_>) -> Result<Value, StepError> {
    let range = revision("range", call.opt_text("range")?.unwrap_or("HEAD"))?;
    let args = ["diff", "--no-ext-diff", "--no-textconv", "--no-color", "--end-of-options", range, "--"];
    Ok(Value::string(git_text(&call, &args).await?))
}
