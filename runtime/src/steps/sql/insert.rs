//! `sql.insert`.

use super::cell;
use super::database::{Access, work};
use super::failure::from_sqlite;
use super::{changed, changes_since};
use crate::step::{StepCall, StepError};
use crate::steps::paths::{Last, real};
use crate::steps::{convert, rows};
use rusqlite::params_from_iter;
use rusqlite::types::Value as Sql;
use rustchain_plan::{EffectKind, Type, Value};
use serde_json::Value as Json;

/// All rows or none.
pub async fn insert(call: StepCall<'_>) -> Result<Value, StepError> {
    let db = call.text("db")?.to_owned();
    let path = real(&call, &db, EffectKind::Sql, Last::Follow)?;
    let table = quoted(call.text("table")?)?;
    let ty = convert::type_arg(&call, &Type::Json);
    let encoded: Vec<Json> =
        call.list("rows")?.iter().map(|row| convert::encode(call.context, row)).collect();
    if let Some(at) = encoded.iter().position(|row| !row.is_object()) {
        return Err(StepError::invalid(format!("row {at} is no record and no map")));
    }
    let columns = rows::columns_of(&encoded, ty, &call.context.plan.schemas);
    if columns.is_empty() {
        return Ok(changed(&call, (0, 0)));
    }
    let create = create(&table, &columns)?;
    let statement = statement(&table, &columns)?;
    let done = work(db.clone(), path, Access::Write, move |connection| {
        let about = |e| from_sqlite(&db, e);
        let transaction = connection.transaction().map_err(about)?;
        transaction.execute(&create, []).map_err(about)?;
        let before = transaction.total_changes();
        {
            let mut insert = transaction.prepare(&statement).map_err(about)?;
            for row in encoded {
                let cells = columns.iter().map(|(name, _)| cell_of(&row, name));
                insert.execute(params_from_iter(cells)).map_err(about)?;
            }
        }
        let done = changes_since(&transaction, before);
        transaction.commit().map_err(about)?;
        Ok(done)
    })
    .await?;
    Ok(changed(&call, done))
}

fn cell_of(row: &Json, name: &str) -> Sql {
    row.get(name).cloned().map_or(Sql::Null, cell::from_json)
}

fn create(table: &str, columns: &[(String, Type)]) -> Result<String, StepError> {
    let columns: Vec<String> = columns
        .iter()
        .map(|(name, ty)| Ok(format!("{} {}", quoted(name)?, affinity(ty)).trim_end().to_owned()))
        .collect::<Result<_, StepError>>()?;
    Ok(format!("CREATE TABLE IF NOT EXISTS {table} ({})", columns.join(", ")))
}

fn statement(table: &str, columns: &[(String, Type)]) -> Result<String, StepError> {
    let names: Vec<String> = columns.iter().map(|(name, _)| quoted(name)).collect::<Result<_, _>>()?;
    let marks = vec!["?"; columns.len()].join(", ");
    Ok(format!("INSERT INTO {table} ({}) VALUES ({marks})", names.join(", ")))
}

/// The declared type of a column; a column that must have a value says so.
fn affinity(ty: &Type) -> String {
    let word = match ty.non_null() {
        Type::Bool | Type::Int => "INTEGER",
        Type::Float => "REAL",
        Type::Json => return String::new(),
        _ => "TEXT",
    };
    if matches!(ty, Type::Optional(_)) { word.to_owned() } else { format!("{word} NOT NULL") }
}

fn quoted(name: &str) -> Result<String, StepError> {
    if name.is_empty() || name.contains('\0') {
        return Err(StepError::invalid("a table and a column need a name"));
    }
    Ok(format!("\"{}\"", name.replace('"', "\"\"")))
}
