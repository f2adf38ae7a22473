//! Checks that a log is as it was written.

use super::record::{EventKind, Payload, Record};
use super::{BLOBS, HASH_FIELD, LOG_FILE, chain, hex, payload_hash};
use serde::Serialize;
use smol_str::SmolStr;
use std::collections::BTreeSet;
use std::path::Path;

/// Characters of a hash.
const HASH_LENGTH: usize = 64;

/// What a check of a log found.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct VerifyReport {
    /// Records read.
    pub records: u64,
    /// It ends with the end of the run. A log without is of a run that goes on, that was killed, or that
    /// was cut.
    pub complete: bool,
    /// Everything that is not as it was written.
    pub problems: Vec<Problem>,
    /// Payloads that were taken away, as erasing data does; the chain does not break by that.
    pub erased: Vec<SmolStr>,
}

/// Something in a log that is not as it was written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// Line in the log, from 1; 0: the log as a whole.
    pub line: u64,
    /// One sentence.
    pub message: String,
}

impl VerifyReport {
    /// Is every record as it was written, and the last one there?
    pub fn is_sound(&self) -> bool {
        self.complete && self.problems.is_empty()
    }

    fn problem(&mut self, line: u64, message: impl Into<String>) {
        self.problems.push(Problem { line, message: message.into() });
    }
}

/// Checks the log and the payloads in a run's folder.
///
/// # Errors
/// Where the log cannot be read.
pub fn verify(dir: &Path) -> std::io::Result<VerifyReport> {
    let bytes = std::fs::read(dir.join(LOG_FILE))?;
    let (mut report, payloads) = check(&bytes);
    for (line, name) in payloads {
        check_payload(dir, line, &name, &mut report);
    }
    Ok(report)
}

/// Checks the text of a log, without its payloads. Any bytes give a report.
pub fn verify_bytes(bytes: &[u8]) -> VerifyReport {
    check(bytes).0
}

fn check(bytes: &[u8]) -> (VerifyReport, BTreeSet<(u64, SmolStr)>) {
    let mut report = VerifyReport::default();
    let mut payloads = BTreeSet::new();
    let mut previous = [0; 32];
    let mut rest = bytes;
    let mut line = 0;
    while !rest.is_empty() {
        line += 1;
        let end = rest.iter().position(|byte| *byte == b'\n');
        let (text, after) = match end {
            Some(end) => (rest.get(..end).unwrap_or_default(), rest.get(end + 1..).unwrap_or_default()),
            None => {
                report.problem(line, "the record is cut off");
                (rest, [].as_slice())
            }
        };
        rest = after;
        let is_last = rest.is_empty();
        if let Some(record) = check_line(text, line, &mut previous, &mut report) {
            check_place(&record, line, is_last, &mut report);
            payloads.extend(blobs(&record).map(|name| (line, name)));
        }
    }
    if line == 0 {
        report.problem(0, "the log is empty");
    }
    report.records = line;
    (report, payloads)
}

/// The record of a line whose hash fits; goes on from the hash that the line states.
fn check_line(text: &[u8], line: u64, previous: &mut [u8; 32], report: &mut VerifyReport) -> Option<Record> {
    let Some((body, stated)) = parts(text) else {
        report.problem(line, "this is no record");
        return None;
    };
    let hash = chain(previous, &body);
    let fits = hex(&hash).as_bytes() == stated;
    *previous = if fits { hash } else { unhex(stated) };
    if !fits {
        report.problem(
            line,
            "the hash does not fit: this record, or the one before, was changed, moved or taken away",
        );
    }
    match serde_json::from_slice(&body) {
        Ok(record) => Some(record),
        Err(error) => {
            if fits {
                report.problem(line, format!("the record cannot be read: {error}"));
            }
            None
        }
    }
}

fn check_place(record: &Record, line: u64, is_last: bool, report: &mut VerifyReport) {
    if record.seq != line - 1 {
        report.problem(line, format!("the record says that it is number {}", record.seq));
    }
    if (record.event == EventKind::RunStarted) != (line == 1) {
        report.problem(line, "the start of the run is not the first record");
    }
    if record.event != EventKind::RunEnded {
        return;
    }
    if is_last {
        report.complete = true;
    } else {
        report.problem(line, "records follow the end of the run");
    }
}

/// The JSON text without its hash, and the hash.
fn parts(text: &[u8]) -> Option<(Vec<u8>, &[u8])> {
    let rest = text.strip_suffix(b"\"}")?;
    let at = rest.len().checked_sub(HASH_LENGTH)?;
    let (before, stated) = rest.split_at_checked(at)?;
    let body = before.strip_suffix(HASH_FIELD.as_bytes())?;
    Some(([body, b"}"].concat(), stated))
}

fn unhex(text: &[u8]) -> [u8; 32] {
    let mut bytes = [0; 32];
    for (byte, pair) in bytes.iter_mut().zip(text.chunks(2)) {
        *byte =
            std::str::from_utf8(pair).ok().and_then(|pair| u8::from_str_radix(pair, 16).ok()).unwrap_or(0);
    }
    bytes
}

fn blobs(record: &Record) -> impl Iterator<Item = SmolStr> {
    let error = record.error.as_ref().and_then(|error| error.detail.as_ref());
    let all = [
        record.detail.as_ref(),
        record.inputs.as_ref(),
        record.outputs.as_ref(),
        record.value.as_ref(),
        error,
    ];
    all.into_iter().flatten().filter_map(|payload| match payload {
        Payload::Blob(name) => Some(name.clone()),
        Payload::Inline(_) => None,
    })
}

fn check_payload(dir: &Path, line: u64, name: &SmolStr, report: &mut VerifyReport) {
    if name.len() != HASH_LENGTH || !name.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return report.problem(line, "the name of a payload is no hash");
    }
    match std::fs::read(dir.join(BLOBS).join(name.as_str())) {
        Ok(bytes) if payload_hash(&bytes) == name.as_str() => {}
        Ok(_) => report.problem(line, format!("the payload `{name}` was changed")),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => report.erased.push(name.clone()),
        Err(error) => report.problem(line, format!("the payload `{name}` cannot be read: {error}")),
    }
}
