//! Appends records: chained, buffered, written in groups.

use super::record::{Payload, Record};
use super::{BLOBS, HASH_FIELD, LOG_FILE, chain, hex_digits, payload_hash};
use crate::clock;
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Larger payloads stand beside the log, bytes of JSON text.
const INLINE_LIMIT: usize = 1024;

/// The buffer is written out beyond this, bytes.
const BUFFER: usize = 64 << 10;

/// How long what was written may wait for the disk.
const SYNC_EVERY: Duration = Duration::from_secs(1);

/// The open log of a run.
#[derive(Debug)]
pub(crate) struct LogWriter {
    dir: PathBuf,
    file: File,
    buffer: Vec<u8>,
    previous: [u8; 32],
    next: u64,
    unsynced: bool,
    synced: Instant,
    /// The first failure to write; the run ends with it.
    broken: Option<io::Error>,
}

impl LogWriter {
    /// Makes the log in a folder that exists.
    pub(crate) fn create(dir: &Path) -> io::Result<LogWriter> {
        let file = OpenOptions::new().append(true).create_new(true).open(dir.join(LOG_FILE))?;
        Ok(LogWriter {
            dir: dir.to_owned(),
            file,
            buffer: Vec::with_capacity(BUFFER + 4096),
            previous: [0; 32],
            next: 0,
            unsynced: false,
            synced: clock::instant(),
            broken: None,
        })
    }

    /// Adds a record.
    pub(crate) fn append(&mut self, mut record: Record) {
        record.seq = self.next;
        let start = self.buffer.len();
        if let Err(error) = serde_json::to_writer(&mut self.buffer, &record) {
            self.buffer.truncate(start);
            self.broken.get_or_insert(error.into());
            return;
        }
        let body = self.buffer.get(start..).unwrap_or_default();
        self.previous = chain(&self.previous, body);
        self.next += 1;
        self.buffer.pop();
        self.buffer.extend_from_slice(HASH_FIELD.as_bytes());
        self.buffer.extend_from_slice(&hex_digits(&self.previous));
        self.buffer.extend_from_slice(b"\"}\n");
        if self.buffer.len() > BUFFER {
            self.flush();
        }
    }

    /// A payload as it goes into a record; a large one is written beside the log.
    pub(crate) fn payload(&mut self, json: serde_json::Value) -> Payload {
        if fits(&json, &mut { INLINE_LIMIT }) {
            return Payload::Inline(json);
        }
        let bytes = json.to_string().into_bytes();
        let name = payload_hash(&bytes);
        if let Err(error) = write_blob(&self.dir.join(BLOBS), &name, &bytes) {
            self.broken.get_or_insert(error);
        }
        Payload::Blob(name.into())
    }

    /// Hands the buffer to the system.
    pub(crate) fn flush(&mut self) {
        if self.buffer.is_empty() {
            return;
        }
        if let Err(error) = self.file.write_all(&self.buffer) {
            self.broken.get_or_insert(error);
        }
        self.buffer.clear();
        self.unsynced = true;
    }

    /// A handle to bring to the disk, where it is time to.
    pub(crate) fn due(&mut self) -> Option<File> {
        if !self.unsynced || self.synced.elapsed() < SYNC_EVERY {
            return None;
        }
        (self.unsynced, self.synced) = (false, clock::instant());
        self.file.try_clone().ok()
    }

    /// Writes everything and brings it to the disk.
    pub(crate) fn finish(&mut self) -> io::Result<()> {
        self.flush();
        match self.broken.take() {
            Some(error) => Err(error),
            None => self.file.sync_all(),
        }
    }
}

fn write_blob(dir: &Path, name: &str, bytes: &[u8]) -> io::Result<()> {
    let path = dir.join(name);
    if path.exists() {
        return Ok(());
    }
    std::fs::create_dir_all(dir)?;
    let partial = dir.join(format!(".{name}"));
    std::fs::write(&partial, bytes)?;
    std::fs::rename(&partial, &path)
}

/// Is the text of the value surely within what is left?
fn fits(json: &serde_json::Value, left: &mut usize) -> bool {
    use serde_json::Value as J;
    let own = match json {
        J::Null | J::Bool(_) => 5,
        J::Number(_) => 24,
        J::String(text) => text.len() + 2,
        J::Array(items) => items.len() + 2,
        J::Object(map) => map.keys().map(|k| k.len() + 4).sum::<usize>() + 2,
    };
    if own > *left {
        return false;
    }
    *left -= own;
    match json {
        J::Array(items) => items.iter().all(|item| fits(item, left)),
        J::Object(map) => map.values().all(|item| fits(item, left)),
        _ => true,
    }
}
