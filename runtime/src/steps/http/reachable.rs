//! `net.reachable`.

use crate::step::{StepCall, StepError};
use reqwest::Url;
use rustchain_plan::Value;
use std::time::Duration;

/// How long an answer is waited for where the step has no timeout of its own.
const PATIENCE: Duration = Duration::from_secs(10);

/// Does something accept connections? What refuses, has no name or does not answer gives false.
pub async fn reachable(call: StepCall<'_>) -> Result<Value, StepError> {
    let (host, port) = target(call.text("address")?)?;
    let connect = tokio::net::TcpStream::connect((host.as_str(), port));
    let answer = tokio::time::timeout(PATIENCE, connect).await;
    Ok(Value::Bool(matches!(answer, Ok(Ok(_)))))
}

fn target(address: &str) -> Result<(String, u16), StepError> {
    let invalid = || StepError::invalid(format!("`{address}` is not of the form tcp://host:port"));
    let url = Url::parse(address).map_err(|_| invalid())?;
    let host = url.host_str().ok_or_else(invalid)?.trim_matches(['[', ']']).to_owned();
    let port = url.port_or_known_default().ok_or_else(invalid)?;
    Ok((host, port))
}
