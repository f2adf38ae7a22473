//! Findings that were there before: `check --baseline FILE` does not tell them again.

use crate::error::Error;
use rustchain_compiler::render::locate::resolve;
use rustchain_grammar::{Diagnostic, Severity, SourceMap};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::path::Path;

/// Version of the file's shape.
const SCHEMA_VERSION: u32 = 1;

/// The file.
#[derive(Serialize, Deserialize)]
pub struct Baseline {
    schema_version: u32,
    findings: Vec<Known>,
}

/// Findings of one rule on the same text of the same file.
#[derive(Serialize, Deserialize, PartialEq, Eq, PartialOrd, Ord, Clone)]
struct Known {
    file: String,
    code: String,
    /// SHA-256 of the text at the place and of the message: lines may move.
    fingerprint: String,
    count: usize,
}

impl Baseline {
    /// Everything that is found now, except errors: those are mended.
    pub fn of(diagnostics: &[Diagnostic], sources: &SourceMap) -> Baseline {
        let mut counts: BTreeMap<(String, String, String), usize> = BTreeMap::new();
        for d in diagnostics.iter().filter(|d| d.severity < Severity::Error) {
            *counts.entry(key(d, sources)).or_default() += 1;
        }
        let known = |((file, code, fingerprint), count)| Known { file, code, fingerprint, count };
        Baseline { schema_version: SCHEMA_VERSION, findings: counts.into_iter().map(known).collect() }
    }

    /// Reads a file.
    ///
    /// # Errors
    /// Where it cannot be read or is no baseline of this version.
    pub fn read(path: &Path) -> Result<Baseline, Error> {
        let text =
            std::fs::read_to_string(path).map_err(|source| Error::Read { path: path.to_owned(), source })?;
        let baseline: Baseline = serde_json::from_str(&text)
            .map_err(|e| Error::Failed(format!("`{}` is no baseline: {e}", path.display())))?;
        match baseline.schema_version {
            SCHEMA_VERSION => Ok(baseline),
            other => Err(Error::Failed(format!(
                "`{}` has schema_version {other}; this program reads 1",
                path.display()
            ))),
        }
    }

    /// Writes the file.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub fn write(&self, path: &Path) -> Result<(), Error> {
        let text = serde_json::to_string_pretty(self).map_err(|e| Error::Failed(e.to_string()))?;
        std::fs::write(path, text + "\n").map_err(|source| Error::Write { path: path.to_owned(), source })
    }

    /// How many findings it knows.
    pub fn len(&self) -> usize {
        self.findings.iter().map(|k| k.count).sum()
    }

    /// Takes off what is known; gives how many known findings are not there any more.
    pub fn take_off(&self, diagnostics: &mut Vec<Diagnostic>, sources: &SourceMap) -> usize {
        let mut left: BTreeMap<(String, String, String), usize> = BTreeMap::new();
        for k in &self.findings {
            *left.entry((k.file.clone(), k.code.clone(), k.fingerprint.clone())).or_default() += k.count;
        }
        diagnostics.retain(|d| {
            let known = left.get_mut(&key(d, sources)).filter(|n| **n > 0 && d.severity < Severity::Error);
            known.map(|n| *n -= 1).is_none()
        });
        left.values().sum()
    }
}

fn key(diagnostic: &Diagnostic, sources: &SourceMap) -> (String, String, String) {
    let d = resolve(diagnostic, sources);
    let file = sources.file(d.primary.file);
    let text = file.text.get(d.primary.span.range()).unwrap_or_default();
    let digest = Sha256::digest(format!("{text}\u{0}{}", d.message).as_bytes());
    let path = file.path.replace('\\', "/");
    let path = path.strip_prefix("./").unwrap_or(&path).to_owned();
    (path, d.code.to_owned(), digest.iter().map(|b| format!("{b:02x}")).collect())
}
