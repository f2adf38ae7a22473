//! `memory.add`.

use super::store::{Store, failed, open, to_bytes};
use crate::llm;
use crate::step::{StepCall, StepError};
use crate::steps::convert;
use rusqlite::{Connection, params};
use rustchain_plan::Value;
use serde_json::Value as Json;

/// How many texts are embedded by one request.
const BATCH: usize = 64;

struct Document {
    id: String,
    text: String,
    metadata: String,
    vector: Option<Vec<u8>>,
}

/// Gives how many documents the store has now.
pub async fn add(call: StepCall<'_>) -> Result<Value, StepError> {
    let store = Store::of(&call)?;
    let mut documents =
        call.list("documents")?.iter().map(|d| document(&call, d)).collect::<Result<Vec<_>, _>>()?;
    if let Some(provider) = &store.embed {
        for batch in documents.chunks_mut(BATCH) {
            let texts = batch.iter().map(|d| d.text.clone()).collect();
            let vectors = llm::embed(&call, provider, texts).await?;
            for (document, vector) in batch.iter_mut().zip(vectors) {
                document.vector = Some(to_bytes(&vector));
            }
        }
    }
    let count = convert::blocking(move || {
        let mut connection = open(&store.name, &store.path)?;
        write(&mut connection, &documents).map_err(|e| failed(&store.name, e))
    })
    .await?;
    Ok(Value::Int(count))
}

fn document(call: &StepCall<'_>, value: &Value) -> Result<Document, StepError> {
    let json = convert::encode(call.context, value);
    let text = |name: &str| json.get(name).and_then(Json::as_str).unwrap_or_default().to_owned();
    let metadata = json.get("metadata").cloned().unwrap_or(Json::Null).to_string();
    let (id, text) = (text("id"), text("text"));
    if id.is_empty() {
        return Err(StepError::invalid("a document has no id"));
    }
    Ok(Document { id, text, metadata, vector: None })
}

fn write(connection: &mut Connection, documents: &[Document]) -> rusqlite::Result<i64> {
    let transaction = connection.transaction()?;
    for document in documents {
        transaction.execute("DELETE FROM words WHERE id = ?1", params![document.id])?;
        transaction.execute(
            "INSERT OR REPLACE INTO documents(id, text, metadata, vector) VALUES (?1, ?2, ?3, ?4)",
            params![document.id, document.text, document.metadata, document.vector],
        )?;
        transaction
            .execute("INSERT INTO words(id, text) VALUES (?1, ?2)", params![document.id, document.text])?;
    }
    let count = transaction.query_row("SELECT count(*) FROM documents", [], |row| row.get(0))?;
    transaction.commit()?;
    Ok(count)
}
