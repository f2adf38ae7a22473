//! What `check` finds in many files.

use crate::cache::{Cache, Found, Recorder};
use crate::error::Error;
use crate::load::policies_of;
use crate::project::root_of;
use crate::shellcheck::ShellCheck;
use crate::terminal::plural;
use rustchain_compiler::checks::ShellLint;
use rustchain_compiler::shims::Shims;
use rustchain_compiler::{DiskVfs, Options, Vfs};
use rustchain_grammar::{Diagnostic, Severity, SourceMap};
use rustchain_lsp::project::Foreign;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

/// Who checks a file, and what is remembered of earlier checks.
pub struct Checker {
    shell: Option<ShellCheck>,
    cache: Option<Cache>,
    shims: Option<Shims>,
}

impl Checker {
    /// With the linter of the path; without a cache where it is not wanted.
    pub fn new(cached: bool) -> Checker {
        let shell = ShellCheck::find();
        let version = shell.as_ref().map(ShellCheck::version).unwrap_or_default();
        Checker { shell, cache: cached.then(|| Cache::new(&version)), shims: None }
    }

    /// With what stands for holes. What was found without it is not asked for.
    pub fn with_shims(self, shims: Option<Shims>) -> Checker {
        match shims {
            Some(_) => Checker { shims, cache: None, ..self },
            None => self,
        }
    }

    /// What is found in one file.
    ///
    /// # Errors
    /// Where it cannot be read.
    pub fn check(&self, file: &Path) -> Result<Found, Error> {
        let root = root_of(file);
        // Importers of Python follow the file's own modules without the recorder.
        let cache =
            self.cache.as_ref().filter(|_| file.extension().is_none_or(|e| e != "py" && e != "ipynb"));
        let policies = policies_of(&root)?;
        if let Some(found) = cache.and_then(|c| c.get(&root, file, &policies)) {
            return Ok(found);
        }
        let recorder = Recorder::default();
        let shell = self.shell.as_ref().map(|s| s as &dyn ShellLint);
        let options = Options {
            root: Some(&root),
            translate: Some(&Foreign),
            shell,
            shims: self.shims.as_ref(),
            policies: &policies,
            ..Options::default()
        };
        let vfs: &dyn Vfs = if cache.is_some() { &recorder } else { &DiskVfs };
        let analysis = rustchain_compiler::analyse(vfs, file, options)
            .map_err(|source| Error::Read { path: file.to_owned(), source })?;
        let found = Found { sources: analysis.sources, diagnostics: analysis.diagnostics };
        if let Some(cache) = cache {
            cache.put(&root, file, &policies, &found, recorder);
        }
        Ok(found)
    }

    /// As [`Checker::check`] for many files side by side; results in the order of the files.
    fn check_all(&self, files: &[PathBuf]) -> Result<Vec<Found>, Error> {
        let workers = std::thread::available_parallelism().map_or(1, usize::from).min(files.len());
        if workers <= 1 {
            return files.iter().map(|file| self.check(file)).collect();
        }
        let next = AtomicUsize::new(0);
        let done: Mutex<Vec<(usize, Result<Found, Error>)>> = Mutex::new(Vec::with_capacity(files.len()));
        std::thread::scope(|scope| {
            for _ in 0..workers {
                scope.spawn(|| {
                    let mut mine = Vec::new();
                    while let Some((index, file)) = pick(&next, files) {
                        mine.push((index, self.check(file)));
                    }
                    done.lock().unwrap_or_else(PoisonError::into_inner).append(&mut mine);
                });
            }
        });
        let mut done = done.into_inner().unwrap_or_else(PoisonError::into_inner);
        done.sort_by_key(|(index, _)| *index);
        done.into_iter().map(|(_, found)| found).collect()
    }
}

fn pick<'a>(next: &AtomicUsize, files: &'a [PathBuf]) -> Option<(usize, &'a PathBuf)> {
    let index = next.fetch_add(1, Ordering::Relaxed);
    files.get(index).map(|file| (index, file))
}

/// What was found in all files.
pub struct Report {
    /// The texts.
    pub sources: SourceMap,
    /// The findings, by file.
    pub diagnostics: Vec<Diagnostic>,
    files: usize,
}

impl Report {
    /// Checks files; codes in `except` are left out, errors excepted.
    ///
    /// # Errors
    /// Where a file cannot be read.
    pub fn of(files: &[PathBuf], except: &BTreeSet<String>, checker: &Checker) -> Result<Report, Error> {
        let mut report = Report { sources: SourceMap::new(), diagnostics: Vec::new(), files: files.len() };
        let mut seen = BTreeSet::new();
        for found in checker.check_all(files)? {
            let offset = report.sources.append(found.sources);
            for mut diagnostic in found.diagnostics {
                diagnostic.shift_files(offset);
                // A file that several missions import is read with each of them.
                let path = report.sources.file(diagnostic.primary.file).path.clone();
                let key = (path, diagnostic.primary.span, diagnostic.code, diagnostic.message.clone());
                let excepted = except.contains(diagnostic.code) && diagnostic.severity != Severity::Error;
                if !excepted && seen.insert(key) {
                    report.diagnostics.push(diagnostic);
                }
            }
        }
        Ok(report)
    }

    /// One line: how many files, errors and findings.
    pub fn summary(&self) -> String {
        let count =
            |test: &dyn Fn(Severity) -> bool| self.diagnostics.iter().filter(|d| test(d.severity)).count();
        let errors = count(&|s| s == Severity::Error);
        let findings = count(&|s| s > Severity::Note && s < Severity::Error);
        let files = format!("{} {}", self.files, plural(self.files, "file", "files"));
        if errors + findings == 0 {
            return format!("{files} checked, nothing found\n");
        }
        let errors = format!("{errors} {}", plural(errors, "error", "errors"));
        let findings = format!("{findings} {}", plural(findings, "finding", "findings"));
        format!("{files} checked: {errors}, {findings}\n")
    }
}
