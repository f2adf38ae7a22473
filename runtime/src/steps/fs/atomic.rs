//! Files that appear whole or not at all.

use crate::step::StepError;
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

/// A file being written under a temporary name beside its target. Removed where it is not committed.
#[derive(Debug)]
pub struct Atomic {
    shown: String,
    target: PathBuf,
    temporary: PathBuf,
    file: Option<File>,
}

impl Atomic {
    /// Begins a file; folders above it are made. `shown` names it in messages.
    ///
    /// # Errors
    /// Kinds `permission`, `io`.
    pub fn create(shown: &str, target: PathBuf) -> Result<Atomic, StepError> {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        if target.is_dir() {
            return Err(StepError::new(rustchain_plan::ErrorKind::Io, format!("`{shown}` is a folder")));
        }
        let about = |e: std::io::Error| StepError::io(&format!("writing `{shown}`"), &e);
        let folder = target.parent().unwrap_or(Path::new("/"));
        std::fs::create_dir_all(folder).map_err(about)?;
        let name = target.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let temporary = folder.join(format!(".{name}.{}-{number}.tmp", std::process::id()));
        let file = OpenOptions::new().write(true).create_new(true).open(&temporary).map_err(about)?;
        let atomic = Atomic { shown: shown.to_owned(), target, temporary, file: Some(file) };
        atomic.keep_mode();
        Ok(atomic)
    }

    /// Adds bytes.
    ///
    /// # Errors
    /// Kind `io`, such as a full disk.
    pub fn add(&mut self, bytes: &[u8]) -> Result<(), StepError> {
        let Some(file) = &mut self.file else { return Ok(()) };
        file.write_all(bytes).map_err(|e| StepError::io(&format!("writing `{}`", self.shown), &e))
    }

    /// Puts the file in its place, on the disk.
    ///
    /// # Errors
    /// Kinds `permission`, `io`.
    pub fn commit(mut self) -> Result<(), StepError> {
        let about = |e: std::io::Error| StepError::io(&format!("writing `{}`", self.shown), &e);
        if let Some(file) = self.file.take() {
            file.sync_all().map_err(about)?;
        }
        std::fs::rename(&self.temporary, &self.target).map_err(about)?;
        sync_folder(&self.target);
        self.temporary.clear();
        Ok(())
    }

    /// A file that is replaced keeps its mode.
    fn keep_mode(&self) {
        if let (Some(file), Ok(old)) = (&self.file, std::fs::metadata(&self.target)) {
            let _ = file.set_permissions(old.permissions());
        }
    }
}

impl Drop for Atomic {
    fn drop(&mut self) {
        if !self.temporary.as_os_str().is_empty() {
            let _ = std::fs::remove_file(&self.temporary);
        }
    }
}

/// The new name lasts through a power cut; a file system that cannot do that is no error.
fn sync_folder(target: &Path) {
    if let Some(folder) = target.parent().and_then(|folder| File::open(folder).ok()) {
        let _ = folder.sync_all();
    }
}

impl Write for Atomic {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.file.as_mut().map_or(Ok(bytes.len()), |file| file.write(bytes))
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.file.as_mut().map_or(Ok(()), File::flush)
    }
}

impl std::io::Seek for Atomic {
    fn seek(&mut self, to: std::io::SeekFrom) -> std::io::Result<u64> {
        self.file.as_mut().map_or(Ok(0), |file| file.seek(to))
    }
}
