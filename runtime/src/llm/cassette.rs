//! Recorded answers: `NAME.cassette.jsonl`, a line each of `{hash, request, reply}`.

use crate::step::StepError;
use crate::steps::convert::excerpt;
use rustchain_plan::ErrorKind;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

/// A recorded answer. The hash is that of the request; it is written for readers of changes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Entry {
    #[serde(default)]
    hash: String,
    request: Json,
    reply: Json,
}

/// The cassettes of a run, read at first use. Answers to one request are given in the order of recording,
/// the last one again and again.
#[derive(Default)]
pub struct Cassette(Mutex<Option<Loaded>>);

struct Loaded {
    entries: Vec<Entry>,
    given: BTreeMap<String, usize>,
}

impl Cassette {
    /// The recorded answer to a request.
    ///
    /// # Errors
    /// Kind `not_found` with the nearest recorded request; `parse_error` for a broken cassette.
    pub fn play(&self, path: &Path, request: &Json) -> Result<Json, StepError> {
        let mut slot = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let loaded = match &mut *slot {
            Some(loaded) => loaded,
            empty => empty.insert(Loaded { entries: load(path)?, given: BTreeMap::new() }),
        };
        let hash = hash(request);
        let found: Vec<&Entry> = loaded.entries.iter().filter(|entry| entry.hash == hash).collect();
        let given = loaded.given.entry(hash).or_insert(0);
        let at = (*given).min(found.len().saturating_sub(1));
        *given += 1;
        match found.get(at) {
            Some(entry) => Ok(entry.reply.clone()),
            None => Err(unknown(path, request, &loaded.entries)),
        }
    }

    /// Adds an answer.
    ///
    /// # Errors
    /// Kinds `permission`, `io`.
    pub fn record(&self, path: &Path, request: &Json, reply: &Json) -> Result<(), StepError> {
        let _order = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let entry = serde_json::json!({ "hash": hash(request), "request": request, "reply": reply });
        let line = format!("{}\n", rustchain_plan::canonical::to_string(&entry));
        let about = |e: std::io::Error| StepError::io(&format!("the cassette `{}`", path.display()), &e);
        let mut file = std::fs::OpenOptions::new().append(true).create(true).open(path).map_err(about)?;
        file.write_all(line.as_bytes()).map_err(about)
    }
}

fn load(path: &Path) -> Result<Vec<Entry>, StepError> {
    let shown = path.display();
    let text = std::fs::read_to_string(path).map_err(|e| match e.kind() {
        std::io::ErrorKind::NotFound => StepError::new(
            ErrorKind::NotFound,
            format!("there is no cassette `{shown}`; `--llm record` asks the provider and writes its answers there"),
        ),
        _ => StepError::io(&format!("the cassette `{shown}`"), &e),
    })?;
    let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    lines
        .map(|(at, line)| {
            let mut entry: Entry = serde_json::from_str(line).map_err(|e| {
                let message = format!("line {} of the cassette `{shown}`: {e}", at + 1);
                StepError::new(ErrorKind::ParseError, message)
            })?;
            // A cassette may be edited by hand.
            entry.hash = hash(&entry.request);
            Ok(entry)
        })
        .collect()
}

fn hash(request: &Json) -> String {
    let text = rustchain_plan::canonical::to_string(request);
    Sha256::digest(text.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}

fn unknown(path: &Path, request: &Json, entries: &[Entry]) -> StepError {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let mut message = format!("the cassette `{name}` has no answer to this request");
    let nearest = entries.iter().map(|entry| (differences(request, &entry.request), entry));
    let nearest = nearest.min_by_key(|(differences, _)| differences.len());
    if let Some((pointer, here, there)) = nearest.and_then(|(differences, _)| differences.into_iter().next())
    {
        message.push_str(&format!(
            "; the nearest recorded one differs at `{pointer}`: here {}, there {}",
            excerpt(&here, 120),
            excerpt(&there, 120)
        ));
    }
    message.push_str("; `--llm record` asks the provider and adds its answers");
    StepError::new(ErrorKind::NotFound, message).with_detail(serde_json::json!({ "request": request }))
}

type Difference = (String, String, String);

/// Leaves in which two requests differ: pointer, here, there.
fn differences(here: &Json, there: &Json) -> Vec<Difference> {
    let (mut left, mut right) = (BTreeMap::new(), BTreeMap::new());
    leaves(here, String::new(), &mut left);
    leaves(there, String::new(), &mut right);
    let absent = "nothing".to_owned();
    let pointers: std::collections::BTreeSet<&String> = left.keys().chain(right.keys()).collect();
    pointers
        .into_iter()
        .filter(|pointer| left.get(*pointer) != right.get(*pointer))
        .map(|pointer| {
            let side = |leaves: &BTreeMap<String, String>| leaves.get(pointer).unwrap_or(&absent).clone();
            (pointer.clone(), side(&left), side(&right))
        })
        .collect()
}

fn leaves(json: &Json, pointer: String, out: &mut BTreeMap<String, String>) {
    match json {
        Json::Object(map) if !map.is_empty() => {
            map.iter().for_each(|(key, value)| leaves(value, format!("{pointer}/{key}"), out));
        }
        Json::Array(items) if !items.is_empty() => {
            items.iter().enumerate().for_each(|(at, value)| leaves(value, format!("{pointer}/{at}"), out));
        }
        leaf => {
            out.insert(pointer, leaf.to_string());
        }
    }
}
