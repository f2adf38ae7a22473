//! SQLite's errors as kinds.

use crate::step::StepError;
use rusqlite::{Error, ErrorCode};
use rustchain_plan::ErrorKind;

/// An error of a database that the mission calls `shown`.
pub fn from_sqlite(shown: &str, error: Error) -> StepError {
    let message = match &error {
        Error::SqliteFailure(_, Some(text)) => text.clone(),
        Error::SqlInputError { msg, .. } => msg.clone(),
        Error::MultipleStatement => "one statement at a time with params, and in a query".to_owned(),
        other => other.to_string(),
    };
    let code = error.sqlite_error_code();
    let message = match code {
        Some(ErrorCode::AuthorizationForStatementDenied) => {
            format!("{message}: other files and protected settings are out of reach")
        }
        Some(ErrorCode::ReadOnly) => format!("{message}; `sql.execute` writes"),
        _ => message,
    };
    StepError::new(kind(code), format!("`{shown}`: {message}"))
}

fn kind(code: Option<ErrorCode>) -> ErrorKind {
    match code {
        Some(ErrorCode::ConstraintViolation) => ErrorKind::Constraint,
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked | ErrorCode::OperationInterrupted) => {
            ErrorKind::Timeout
        }
        Some(ErrorCode::AuthorizationForStatementDenied) => ErrorKind::Refused,
        Some(
            ErrorCode::CannotOpen
            | ErrorCode::DiskFull
            | ErrorCode::SystemIoFailure
            | ErrorCode::DatabaseCorrupt
            | ErrorCode::NotADatabase
            | ErrorCode::PermissionDenied
            | ErrorCode::FileLockingProtocolFailed,
        ) => ErrorKind::Io,
        _ => ErrorKind::Invalid,
    }
}
