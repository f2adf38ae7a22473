//! `hash.file`.

use crate::step::{StepCall, StepError};
use crate::steps::convert;
use crate::steps::paths::{Last, real};
use rustchain_plan::{EffectKind, Value};
use sha2::{Digest, Sha256};
use std::io::Read;

/// SHA-256 in hex, read in pieces.
pub async fn file(call: StepCall<'_>) -> Result<Value, StepError> {
    let path = call.text("path")?.to_owned();
    let real = real(&call, &path, EffectKind::FsRead, Last::Follow)?;
    let hex = convert::blocking(move || {
        let about = |e: std::io::Error| StepError::io(&format!("reading `{path}`"), &e);
        let mut file = std::fs::File::open(real).map_err(about)?;
        let mut hasher = Sha256::new();
        let mut buffer = vec![0_u8; 1 << 16];
        loop {
            let read = file.read(&mut buffer).map_err(about)?;
            if read == 0 {
                break;
            }
            hasher.update(buffer.get(..read).unwrap_or_default());
        }
        Ok(hasher.finalize().iter().map(|b| format!("{b:02x}")).collect::<String>())
    })
    .await?;
    Ok(Value::string(hex))
}
