//! The event log of a run: `.rustchain/runs/<id>/log.jsonl`, one record a line, each chained to the one
//! before, large payloads beside it under their hash.

mod reader;
mod record;
mod verify;
mod writer;

pub use reader::{RunSummary, StepRow, list_runs, payload, read_log, steps_of, summary};
pub use record::{ErrorRecord, EventKind, Payload, Record};
pub use verify::{Problem, VerifyReport, verify, verify_bytes};
pub(crate) use writer::LogWriter;

use sha2::{Digest, Sha256};

/// The name of the log in a run's folder.
pub const LOG_FILE: &str = "log.jsonl";

/// The folder of payloads in a run's folder.
pub const BLOBS: &str = "blobs";

/// Where runs are, under the root.
pub const RUNS: &str = ".rustchain/runs";

/// Separates this use of SHA-256 from every other.
const DOMAIN: &[u8] = b"rustchain.log.v1\n";

/// What stands before the hash at the end of a line.
pub(crate) const HASH_FIELD: &str = ",\"hash\":\"";

/// The hash of a record: over the domain, the hash of the record before (zeros at first) and the
/// record's JSON text without its hash.
pub(crate) fn chain(previous: &[u8; 32], body: &[u8]) -> [u8; 32] {
    let mut hasher = Sha256::new();
    hasher.update(DOMAIN);
    hasher.update(previous);
    hasher.update(body);
    hasher.finalize().into()
}

/// Lower-case hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    let mut out = Vec::with_capacity(2 * bytes.len());
    push_hex(bytes, &mut out);
    String::from_utf8(out).unwrap_or_default()
}

/// Writes bytes as lower-case hexadecimal.
pub(crate) fn push_hex(bytes: &[u8], out: &mut Vec<u8>) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    for byte in bytes {
        // Both indices are below 16.
        out.extend([DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]]);
    }
}

/// The hash of a payload, the name of its file.
pub(crate) fn payload_hash(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}
