//! `fs.read`, `fs.read_bytes`, `fs.exists`.

use crate::step::{StepCall, StepError};
use crate::steps::convert;
use crate::steps::paths::{Last, real};
use rustchain_plan::{EffectKind, ErrorKind, Value};
use std::path::Path;
use std::sync::Arc;

/// The longest file that is read into memory: 256 MiB.
const LIMIT: u64 = 256 << 20;

/// `fs.read`.
pub async fn read(call: StepCall<'_>) -> Result<Value, StepError> {
    let bytes = bytes(&call).await?;
    let text = convert::utf8(&bytes).map_err(|mut e| {
        e.message = format!("`{}`: {}", call.text("path").unwrap_or_default(), e.message);
        e
    })?;
    Ok(Value::string(text))
}

/// `fs.read_bytes`.
pub async fn read_bytes(call: StepCall<'_>) -> Result<Value, StepError> {
    Ok(Value::Bytes(Arc::from(bytes(&call).await?)))
}

/// `fs.exists`.
pub async fn exists(call: StepCall<'_>) -> Result<Value, StepError> {
    let path = call.text("path")?;
    let real = match real(&call, path, EffectKind::FsRead, Last::Follow) {
        // A segment above it is a file: there is nothing below it.
        Err(e) if e.kind == ErrorKind::Io && e.message.contains("Not a directory") => {
            return Ok(Value::Bool(false));
        }
        other => other?,
    };
    let there = real.try_exists().map_err(|e| StepError::io(&format!("`{path}`"), &e))?;
    Ok(Value::Bool(there))
}

async fn bytes(call: &StepCall<'_>) -> Result<Vec<u8>, StepError> {
    let path = call.text("path")?.to_owned();
    let real = real(call, &path, EffectKind::FsRead, Last::Follow)?;
    convert::blocking(move || load(&path, &real)).await
}

/// The bytes of a file; `shown` names it in messages.
///
/// # Errors
/// Kinds `not_found`, `permission`, `io`.
pub fn load(shown: &str, path: &Path) -> Result<Vec<u8>, StepError> {
    let about = |e: std::io::Error| StepError::io(&format!("reading `{shown}`"), &e);
    let meta = std::fs::metadata(path).map_err(about)?;
    if meta.is_dir() {
        return Err(StepError::new(ErrorKind::Io, format!("`{shown}` is a folder")));
    }
    if !meta.is_file() {
        return Err(StepError::new(ErrorKind::Io, format!("`{shown}` is no regular file")));
    }
    if meta.len() > LIMIT {
        let message = format!("`{shown}` is longer than {} MiB", LIMIT >> 20);
        return Err(StepError::new(ErrorKind::Io, message));
    }
    std::fs::read(path).map_err(about)
}
