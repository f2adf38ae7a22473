//! `sql.*`: SQLite files under the project root.

mod cell;
mod database;
mod execute;
mod failure;
mod insert;
mod query;

pub use execute::execute;
pub use failure::from_sqlite;
pub use insert::insert;
pub use query::query;

use crate::step::StepCall;
use crate::steps::convert;
use rusqlite::Connection;
use rustchain_plan::Value;

/// The record `Changed`.
fn changed(call: &StepCall<'_>, (rows, last_id): (u64, i64)) -> Value {
    convert::record(call, [("rows", convert::int(rows)), ("last_id", Value::Int(last_id))])
}

/// Rows changed since, and the last id given.
fn changes_since(connection: &Connection, before: u64) -> (u64, i64) {
    (connection.total_changes().saturating_sub(before), connection.last_insert_rowid())
}
