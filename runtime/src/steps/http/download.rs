//! `http.download`: a body streamed into a file.

use super::failure::from_reqwest;
use super::request::Exchange;
use crate::step::{StepCall, StepError};
use crate::steps::convert;
use crate::steps::fs::Atomic;
use crate::steps::paths::{Last, real};
use reqwest::Method;
use rustchain_plan::{EffectKind, Value};

/// Gives the size in bytes. The file appears when it is whole.
pub async fn download(call: StepCall<'_>) -> Result<Value, StepError> {
    let path = call.text("path")?;
    let target = real(&call, path, EffectKind::FsWrite, Last::Follow)?;
    let exchange = Exchange::new(&call, Method::GET)?;
    let mut response = exchange.success(&call).await?;
    let shown = path.to_owned();
    let mut file = convert::blocking(move || Atomic::create(&shown, target)).await?;
    let mut size = 0_usize;
    while let Some(chunk) = response.chunk().await.map_err(|e| from_reqwest(&exchange.shown(), e))? {
        size += chunk.len();
        file = convert::blocking(move || {
            file.add(&chunk)?;
            Ok(file)
        })
        .await?;
    }
    convert::blocking(move || file.commit()).await?;
    Ok(convert::int(size))
}
