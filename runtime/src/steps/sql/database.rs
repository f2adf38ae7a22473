//! Opening a database, and working on it where a step may be given up.

use super::failure::from_sqlite;
use crate::step::StepError;
use crate::steps::convert::blocking;
use rusqlite::hooks::{AuthAction, AuthContext, Authorization};
use rusqlite::{Connection, InterruptHandle, OpenFlags};
use rustchain_plan::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How long another writer is waited for.
const BUSY: Duration = Duration::from_secs(30);

/// Settings that would undo those of [`open`].
const CLOSED: &[&str] = &["query_only", "writable_schema", "temp_store_directory", "data_store_directory"];

/// What a connection is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Reads; the file must be there.
    Read,
    /// Writes; the file and its folder are made where they are not there.
    Write,
}

/// Opens a database. No other file can be attached from it.
fn open(shown: &str, path: &Path, access: Access) -> Result<Connection, StepError> {
    let mut flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    match access {
        Access::Read if !path.exists() => {
            return Err(StepError::new(ErrorKind::Io, format!("there is no database `{shown}`")));
        }
        Access::Read => {}
        Access::Write => {
            flags |= OpenFlags::SQLITE_OPEN_CREATE;
            if let Some(folder) = path.parent() {
                std::fs::create_dir_all(folder).map_err(|e| StepError::io(&format!("`{shown}`"), &e))?;
            }
        }
    }
    let about = |e| from_sqlite(shown, e);
    let mut connection = Connection::open_with_flags(path, flags).map_err(about)?;
    connection.busy_timeout(BUSY).map_err(about)?;
    connection.pragma_update(None, "foreign_keys", true).map_err(about)?;
    if access == Access::Read {
        connection.pragma_update(None, "query_only", true).map_err(about)?;
    }
    connection.authorizer(Some(authorize)).map_err(about)?;
    Ok(connection)
}

fn authorize(context: AuthContext<'_>) -> Authorization {
    let denied = match context.action {
        AuthAction::Attach { .. } | AuthAction::Detach { .. } => true,
        AuthAction::Function { function_name } => function_name.eq_ignore_ascii_case("load_extension"),
        AuthAction::Pragma { pragma_name, .. } => {
            CLOSED.iter().any(|name| pragma_name.eq_ignore_ascii_case(name))
        }
        _ => false,
    };
    if denied { Authorization::Deny } else { Authorization::Allow }
}

/// Works on a database on a thread of its own. A step that is given up interrupts the statement.
///
/// # Errors
/// Those of `work`; kind `io` where the database cannot be opened.
pub async fn work<T: Send + 'static>(
    shown: String,
    path: PathBuf,
    access: Access,
    work: impl FnOnce(&mut Connection) -> Result<T, StepError> + Send + 'static,
) -> Result<T, StepError> {
    let (mut connection, handle) = blocking(move || {
        let connection = open(&shown, &path, access)?;
        let handle = connection.get_interrupt_handle();
        Ok((connection, handle))
    })
    .await?;
    let mut interrupt = Interrupt(Some(handle));
    let result = blocking(move || work(&mut connection)).await;
    interrupt.0 = None;
    result
}

struct Interrupt(Option<InterruptHandle>);

impl Drop for Interrupt {
    fn drop(&mut self) {
        if let Some(handle) = &self.0 {
            handle.interrupt();
        }
    }
}
