//! The file of a store.

use crate::context::ResolvedMemory;
use crate::step::{StepCall, StepError};
use crate::steps::sql::from_sqlite;
use rusqlite::Connection;
use rustchain_plan::ErrorKind;
use std::path::PathBuf;
use std::time::Duration;

/// How long another writer is waited for.
const BUSY: Duration = Duration::from_secs(30);

const SCHEMA: &str = "
    CREATE TABLE IF NOT EXISTS documents(
        id TEXT PRIMARY KEY NOT NULL, text TEXT NOT NULL, metadata TEXT NOT NULL, vector BLOB);
    CREATE VIRTUAL TABLE IF NOT EXISTS words USING fts5(id UNINDEXED, text);
    CREATE TABLE IF NOT EXISTS facts(name TEXT PRIMARY KEY NOT NULL, value TEXT NOT NULL);";

/// A store that a call names.
pub struct Store {
    /// The memory's name.
    pub name: String,
    /// Its file.
    pub path: PathBuf,
    /// The embedding model: a provider of the plan. `None`: found by words.
    pub embed: Option<String>,
}

impl Store {
    /// The store of the parameter `store`.
    ///
    /// # Errors
    /// Kind `invalid`.
    pub fn of(call: &StepCall<'_>) -> Result<Store, StepError> {
        let name = call.memory("store").ok_or_else(|| StepError::invalid("`store` is no memory"))?;
        let ResolvedMemory { kind, path, embed } = call.context.memory(name)?;
        if kind != "vector" {
            return Err(StepError::invalid(format!("`{name}` is a `{kind}`, not a `vector`")));
        }
        if embed.as_deref() == Some("local") {
            let message = format!(
                "the local embedding model of `{name}` is not built in; name a provider as `embed`, or none to search by words"
            );
            return Err(StepError::invalid(message));
        }
        let embed = embed.as_ref().map(ToString::to_string);
        Ok(Store { name: name.to_owned(), path: path.join("store.db"), embed })
    }
}

/// Opens the file of a store; it and its folder are made where they are not there.
///
/// # Errors
/// Kind `io`.
pub fn open(name: &str, path: &std::path::Path) -> Result<Connection, StepError> {
    let about = |e| failed(name, e);
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(|e| StepError::io(&format!("the memory `{name}`"), &e))?;
    }
    let connection = Connection::open(path).map_err(about)?;
    connection.busy_timeout(BUSY).map_err(about)?;
    connection.execute_batch(SCHEMA).map_err(about)?;
    Ok(connection)
}

/// A failure of a store's file.
pub fn failed(name: &str, error: rusqlite::Error) -> StepError {
    StepError { kind: ErrorKind::Io, ..from_sqlite(name, error) }
}

/// Numbers as bytes, single precision.
pub fn to_bytes(vector: &[f64]) -> Vec<u8> {
    #[allow(clippy::cast_possible_truncation, reason = "models give single precision")]
    vector.iter().flat_map(|x| (*x as f32).to_le_bytes()).collect()
}

/// Numbers of bytes.
pub fn from_bytes(bytes: &[u8]) -> Vec<f64> {
    bytes.chunks_exact(4).filter_map(|b| Some(f64::from(f32::from_le_bytes(b.try_into().ok()?)))).collect()
}
