//! `chat.read`, `chat.append`: a file of JSON lines for each key, under the path of the memory.

use crate::step::{StepCall, StepError};
use crate::steps::convert;
use rustchain_plan::{ErrorKind, Value};
use rustix::fs::{FlockOperation, flock};
use sha2::{Digest, Sha256};
use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::path::PathBuf;

/// Longer names of keys are cut, and told apart by their hash.
const NAME: usize = 80;

/// `chat.read`: oldest first; `limit` leaves the newest.
pub async fn read(call: StepCall<'_>) -> Result<Value, StepError> {
    let (path, key) = place(&call)?;
    let limit = call.opt_int("limit")?.map(|n| usize::try_from(n).unwrap_or(0));
    let text = convert::blocking(move || match File::open(&path) {
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(String::new()),
        opened => contents(opened.map_err(|e| about(&key, &e))?, FlockOperation::LockShared)
            .map_err(|e| about(&key, &e)),
    })
    .await?;
    let lines: Vec<&str> = text.lines().filter(|line| !line.is_empty()).collect();
    let first = limit.map_or(0, |limit| lines.len().saturating_sub(limit));
    let messages = lines.iter().skip(first).enumerate().map(|(at, line)| {
        serde_json::from_str::<serde_json::Value>(line).map_err(|e| {
            let message = format!("line {} of the conversation is no message: {e}", first + at + 1);
            StepError::new(ErrorKind::ParseError, message)
        })
    });
    let messages = messages.collect::<Result<Vec<_>, _>>()?;
    convert::decode(call.context, messages.into(), call.result)
}

/// `chat.append`: gives how many messages there are now. Writers at the same time wait for each other.
pub async fn append(call: StepCall<'_>) -> Result<Value, StepError> {
    let (path, key) = place(&call)?;
    let messages = call.list("messages")?;
    let mut lines = String::new();
    for message in messages {
        lines.push_str(&convert::encode(call.context, message).to_string());
        lines.push('\n');
    }
    let count = convert::blocking(move || write(path, &lines).map_err(|e| about(&key, &e))).await?;
    Ok(convert::int(count))
}

fn write(path: PathBuf, lines: &str) -> std::io::Result<usize> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    let mut file = OpenOptions::new().read(true).append(true).create(true).open(path)?;
    flock(&file, FlockOperation::LockExclusive)?;
    let mut before = String::new();
    file.read_to_string(&mut before)?;
    // A line that a crash cut off is closed, so that the next one stands alone.
    let broken = !before.is_empty() && !before.ends_with('\n');
    let lines = if broken { format!("\n{lines}") } else { lines.to_owned() };
    file.write_all(lines.as_bytes())?;
    file.sync_data()?;
    let count = |text: &str| text.lines().filter(|line| !line.is_empty()).count();
    Ok(count(&before) + count(&lines))
}

fn contents(mut file: File, lock: FlockOperation) -> std::io::Result<String> {
    flock(&file, lock)?;
    let mut text = String::new();
    file.read_to_string(&mut text)?;
    Ok(text)
}

fn place(call: &StepCall<'_>) -> Result<(PathBuf, String), StepError> {
    let name = call.memory("log").ok_or_else(|| StepError::invalid("`log` is no memory"))?;
    let memory = call.context.memory(name)?;
    if memory.kind != "chat.log" {
        let message = format!("`{name}` is a `{}`, not a `chat.log`", memory.kind);
        return Err(StepError::invalid(message));
    }
    let key = call.text("key")?;
    Ok((memory.path.join(format!("{}.jsonl", file_name(key))), key.to_owned()))
}

/// A key as the name of a file: what is no letter, digit, `-` or `_` is percent-encoded.
fn file_name(key: &str) -> String {
    let mut name = String::new();
    for byte in key.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' => name.push(char::from(byte)),
            _ => name.push_str(&format!("%{byte:02X}")),
        }
    }
    if name.len() > NAME || name.is_empty() {
        let hash: String =
            Sha256::digest(key.as_bytes()).iter().take(8).map(|b| format!("{b:02x}")).collect();
        name.truncate(NAME);
        name.push_str(&format!("%{hash}"));
    }
    name
}

fn about(key: &str, error: &std::io::Error) -> StepError {
    StepError::io(&format!("the conversation `{key}`"), error)
}
