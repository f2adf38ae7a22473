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

/// Lower-case hexadecimal of a hash.
pub(crate) fn hex(hash: &[u8; 32]) -> String {
    hex_digits(hash).into_iter().map(char::from).collect()
}

/// The digits of a hash, lower case.
pub(crate) fn hex_digits(hash: &[u8; 32]) -> [u8; 64] {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut out = [0; 64];
    for (pair, byte) in out.as_chunks_mut::<2>().0.iter_mut().zip(hash) {
        // Both indices are below 16.
        *pair = [DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]];
    }
    out
}

/// The hash of a payload, the name of its file.
pub(crate) fn payload_hash(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes).into())
}
