//! `memory.search`.

use super::store::{Store, failed, from_bytes, open};
use crate::llm;
use crate::step::{StepCall, StepError};
use crate::steps::convert;
use rusqlite::{Connection, params};
use rustchain_plan::{ErrorKind, Value};
use serde_json::{Value as Json, json};

/// By the cosine of vectors, or, without an embedding model, by words (BM25, the best is 1). What is equally
/// close is in order of ids.
pub async fn search(call: StepCall<'_>) -> Result<Value, StepError> {
    let store = Store::of(&call)?;
    let k = call.int("k")?;
    let k = usize::try_from(k).map_err(|_| StepError::invalid(format!("`k` is {k}")))?;
    let query = call.text("query")?.to_owned();
    if !store.path.exists() {
        return Ok(Value::list(Vec::new()));
    }
    let vector = match &store.embed {
        Some(provider) => llm::embed(&call, provider, vec![query.clone()]).await?.pop(),
        None => None,
    };
    let found = convert::blocking(move || {
        let connection = open(&store.name, &store.path)?;
        match vector {
            Some(vector) => by_vector(&connection, &store.name, &vector, k),
            None => by_words(&connection, &query, k).map_err(|e| failed(&store.name, e)),
        }
    })
    .await?;
    let documents: Vec<Json> = found.into_iter().map(Found::json).collect();
    convert::decode(call.context, documents.into(), call.result)
}

struct Found {
    id: String,
    text: String,
    metadata: String,
    score: f64,
}

impl Found {
    fn json(self) -> Json {
        let metadata: Json = serde_json::from_str(&self.metadata).unwrap_or_default();
        json!({ "id": self.id, "text": self.text, "metadata": metadata, "score": self.score })
    }
}

fn by_vector(connection: &Connection, name: &str, query: &[f64], k: usize) -> Result<Vec<Found>, StepError> {
    let about = |e| failed(name, e);
    let sql = "SELECT id, text, metadata, vector FROM documents WHERE vector IS NOT NULL ORDER BY id";
    let mut statement = connection.prepare(sql).map_err(about)?;
    let mut rows = statement.query([]).map_err(about)?;
    let mut found = Vec::new();
    while let Some(row) = rows.next().map_err(about)? {
        let bytes: Vec<u8> = row.get(3).map_err(about)?;
        let vector = from_bytes(&bytes);
        if vector.len() != query.len() {
            let message = format!(
                "`{name}` was filled by another embedding model: {} numbers a text, not {}",
                vector.len(),
                query.len()
            );
            return Err(StepError::new(ErrorKind::Io, message));
        }
        found.push(Found {
            id: row.get(0).map_err(about)?,
            text: row.get(1).map_err(about)?,
            metadata: row.get(2).map_err(about)?,
            score: cosine(query, &vector),
        });
    }
    found.sort_by(|a, b| b.score.total_cmp(&a.score));
    found.truncate(k);
    Ok(found)
}

fn cosine(a: &[f64], b: &[f64]) -> f64 {
    let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(x, y)| x * y).sum::<f64>();
    let length = (dot(a, a) * dot(b, b)).sqrt();
    if length > 0.0 { dot(a, b) / length } else { 0.0 }
}

fn by_words(connection: &Connection, query: &str, k: usize) -> rusqlite::Result<Vec<Found>> {
    let words: Vec<String> = query
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(|word| format!("\"{word}\""))
        .collect();
    if words.is_empty() {
        return Ok(Vec::new());
    }
    let sql = "SELECT d.id, d.text, d.metadata, -bm25(words) FROM words JOIN documents d ON d.id = words.id
        WHERE words MATCH ?1 ORDER BY bm25(words), d.id LIMIT ?2";
    let mut statement = connection.prepare(sql)?;
    let limit = i64::try_from(k).unwrap_or(i64::MAX);
    let rows = statement.query_map(params![words.join(" OR "), limit], |row| {
        Ok(Found { id: row.get(0)?, text: row.get(1)?, metadata: row.get(2)?, score: row.get(3)? })
    })?;
    let mut found = rows.collect::<rusqlite::Result<Vec<_>>>()?;
    let best = found.first().map_or(1.0, |f| f.score).max(f64::MIN_POSITIVE);
    found.iter_mut().for_each(|f| f.score /= best);
    Ok(found)
}
