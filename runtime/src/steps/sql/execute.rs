//! `sql.execute`.

use super::database::{Access, work};
use super::failure::from_sqlite;
use super::query::params;
use super::{changed, changes_since};
use crate::step::{StepCall, StepError};
use crate::steps::paths::{Last, real};
use rusqlite::params_from_iter;
use rustchain_plan::{EffectKind, Value};

/// All statements or none.
pub async fn execute(call: StepCall<'_>) -> Result<Value, StepError> {
    let db = call.text("db")?.to_owned();
    let path = real(&call, &db, EffectKind::Sql, Last::Follow)?;
    let sql = call.text("query")?.to_owned();
    let params = params(&call)?;
    let done = work(db.clone(), path, Access::Write, move |connection| {
        let about = |e| from_sqlite(&db, e);
        let before = connection.total_changes();
        let transaction = connection.transaction().map_err(about)?;
        if params.is_empty() {
            transaction.execute_batch(&sql).map_err(about)?;
        } else {
            transaction.execute(&sql, params_from_iter(params)).map_err(about)?;
        }
        transaction.commit().map_err(about)?;
        Ok(changes_since(connection, before))
    })
    .await?;
    Ok(changed(&call, done))
}
