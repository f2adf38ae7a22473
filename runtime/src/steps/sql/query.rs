//! `sql.query`.

use super::cell;
use super::database::{Access, work};
use super::failure::from_sqlite;
use crate::step::{StepCall, StepError};
use crate::steps::paths::{Last, real};
use crate::steps::{convert, rows};
use rusqlite::types::Value as Sql;
use rusqlite::{Connection, params_from_iter};
use rustchain_plan::types::Schemas;
use rustchain_plan::{EffectKind, ErrorKind, Type, Value};
use serde_json::{Map, Value as Json};
use std::sync::Arc;

/// How many rows a query may give.
const LIMIT: usize = 1_000_000;

/// Each row is decoded against T; a T that is no record and no map takes the only column.
pub async fn query(call: StepCall<'_>) -> Result<Value, StepError> {
    let db = call.text("db")?.to_owned();
    let path = real(&call, &db, EffectKind::Sql, Last::Follow)?;
    let sql = call.text("query")?.to_owned();
    let params = params(&call)?;
    let ty = convert::type_arg(&call, &Type::Json).clone();
    let (plan, row_type) = (Arc::clone(&call.context.plan), ty.clone());
    let found = work(db.clone(), path, Access::Read, move |connection| {
        read(connection, &db, &sql, params, &row_type, &plan.schemas)
    })
    .await?;
    let decoded = found.into_iter().enumerate().map(|(at, row)| {
        convert::decode(call.context, row, &ty).map_err(|mut e| {
            e.message = format!("row {}: {}", at + 1, e.message);
            e
        })
    });
    Ok(Value::list(decoded.collect::<Result<_, _>>()?))
}

/// The list `params`.
pub fn params(call: &StepCall<'_>) -> Result<Vec<Sql>, StepError> {
    let params = call.list("params")?.iter();
    Ok(params.map(|value| cell::from_json(convert::encode(call.context, value))).collect())
}

fn read(
    connection: &Connection,
    db: &str,
    sql: &str,
    params: Vec<Sql>,
    ty: &Type,
    schemas: &Schemas,
) -> Result<Vec<Json>, StepError> {
    let about = |e| from_sqlite(db, e);
    let mut statement = connection.prepare(sql).map_err(about)?;
    let names: Vec<String> = statement.column_names().map(str::to_owned).collect();
    let columns = rows::columns(ty, schemas);
    let single = columns.is_none() && !matches!(ty.non_null(), Type::Map(_) | Type::Json);
    if single && names.len() != 1 {
        let message = format!("`{db}`: a row of {} columns is no {ty}", names.len());
        return Err(StepError::new(ErrorKind::ParseError, message));
    }
    let mut found = Vec::new();
    let mut cursor = statement.query(params_from_iter(params)).map_err(about)?;
    while let Some(row) = cursor.next().map_err(about)? {
        if found.len() == LIMIT {
            return Err(StepError::invalid(format!("`{db}`: more than {LIMIT} rows; use a LIMIT")));
        }
        if single {
            found.push(cell::to_json(row.get_ref(0).map_err(about)?, ty, schemas));
            continue;
        }
        let mut object = Map::new();
        for (at, name) in names.iter().enumerate() {
            let ty = rows::column_type(columns.as_deref(), ty, name);
            object.insert(name.clone(), cell::to_json(row.get_ref(at).map_err(about)?, ty, schemas));
        }
        found.push(Json::Object(object));
    }
    Ok(found)
}
