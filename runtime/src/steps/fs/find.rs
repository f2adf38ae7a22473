//! `fs.find`.

use super::entry::Entry;
use super::walk::{Kind, walk};
use crate::step::{StepCall, StepError};
use crate::steps::convert;
use crate::steps::paths::{Last, below, real, refuse_denied};
use globset::{GlobBuilder, GlobMatcher};
use rustchain_plan::{EffectKind, Value};

/// Files by path; a link to a folder is not entered. What a `deny` line names is left out.
pub async fn find(call: StepCall<'_>) -> Result<Value, StepError> {
    let path = call.text("path")?.to_owned();
    let glob = glob(call.text("pattern")?)?;
    let folder = real(&call, &path, EffectKind::FsRead, Last::Follow)?;
    let (shown, at) = (path.clone(), folder.clone());
    let mut found = convert::blocking(move || walk(&shown, &at)).await?;
    found.retain(|w| {
        matches!(w.kind, Kind::File | Kind::Link)
            && glob.is_match(&w.inside)
            && refuse_denied(&call, EffectKind::FsRead, &below(&path, &w.inside)).is_ok()
    });
    let entries = convert::blocking(move || {
        found.iter().map(|w| Entry::read(&path, &folder, &w.inside)).collect::<Result<Vec<_>, _>>()
    })
    .await?;
    let files = entries.into_iter().filter(|entry| !entry.is_dir);
    Ok(Value::list(files.map(|entry| entry.value(call.result)).collect()))
}

fn glob(pattern: &str) -> Result<GlobMatcher, StepError> {
    let glob = GlobBuilder::new(pattern).literal_separator(true).build();
    let glob = glob.map_err(|e| StepError::invalid(format!("`{pattern}` is no glob: {}", e.kind())))?;
    Ok(glob.compile_matcher())
}
