//! The one way in which importers read files.

use std::path::{Path, PathBuf};

/// Most names of one folder that are looked at.
const MAX_LISTED: usize = 10_000;

/// Files as the importers see them: paths use `/`, relative paths are relative to the working folder.
pub trait Vfs {
    /// The text of a file.
    ///
    /// # Errors
    /// A sentence that says why the file cannot be read (missing, not UTF-8, too large).
    fn read(&self, path: &str) -> Result<String, String>;

    /// True where `path` is a file that can be read.
    fn exists(&self, path: &str) -> bool;

    /// The names in a folder, in order, each with true for a folder; `None` where it cannot be listed.
    fn list(&self, folder: &str) -> Option<Vec<(String, bool)>> {
        let _ = folder;
        None
    }
}

/// The real file system, with a limit on the size of one file.
#[derive(Clone, Copy, Debug)]
pub struct DiskVfs {
    /// The largest file that is read, in bytes.
    pub max_bytes: u64,
}

impl Default for DiskVfs {
    fn default() -> Self {
        DiskVfs { max_bytes: 4 << 20 }
    }
}

impl Vfs for DiskVfs {
    fn read(&self, path: &str) -> Result<String, String> {
        let size =
            std::fs::metadata(Path::new(path)).map_err(|e| format!("cannot read `{path}`: {e}"))?.len();
        if size > self.max_bytes {
            return Err(format!("`{path}` has {size} bytes, more than the limit of {}", self.max_bytes));
        }
        let bytes = std::fs::read(PathBuf::from(path)).map_err(|e| format!("cannot read `{path}`: {e}"))?;
        String::from_utf8(bytes)
            .map_err(|e| format!("`{path}` is not UTF-8 at byte {}", e.utf8_error().valid_up_to()))
    }

    fn exists(&self, path: &str) -> bool {
        Path::new(path).is_file()
    }

    fn list(&self, folder: &str) -> Option<Vec<(String, bool)>> {
        let folder = if folder.is_empty() { "." } else { folder };
        let mut names = Vec::new();
        for entry in std::fs::read_dir(Path::new(folder)).ok()?.filter_map(Result::ok).take(MAX_LISTED) {
            let is_folder = entry.path().is_dir();
            names.push((entry.file_name().into_string().ok()?, is_folder));
        }
        names.sort();
        Some(names)
    }
}

/// Files in memory, for tests and editors.
#[derive(Clone, Debug, Default)]
pub struct MemoryVfs {
    /// Path to text.
    pub files: std::collections::BTreeMap<String, String>,
}

impl Vfs for MemoryVfs {
    fn read(&self, path: &str) -> Result<String, String> {
        self.files.get(path).cloned().ok_or_else(|| format!("cannot read `{path}`: no such file"))
    }

    fn exists(&self, path: &str) -> bool {
        self.files.contains_key(path)
    }

    fn list(&self, folder: &str) -> Option<Vec<(String, bool)>> {
        let prefix = if folder.is_empty() || folder == "." { String::new() } else { format!("{folder}/") };
        let inside = self.files.keys().filter_map(|path| path.strip_prefix(&prefix));
        let names: std::collections::BTreeSet<(String, bool)> = inside
            .filter_map(|rest| rest.split('/').next().map(|name| (name.to_owned(), name.len() < rest.len())))
            .collect();
        (!names.is_empty()).then(|| names.into_iter().collect())
    }
}

/// Files below some folders: everything else is refused, whatever a file that is read asks for.
#[derive(Clone)]
pub struct ConfinedVfs<'a> {
    inner: &'a (dyn Vfs + Sync),
    folders: Vec<String>,
}

impl<'a> ConfinedVfs<'a> {
    /// Only what lies below one of the folders can be read. Paths are compared as they are written.
    pub fn new(inner: &'a (dyn Vfs + Sync), folders: &[String]) -> Self {
        ConfinedVfs { inner, folders: folders.iter().map(|f| plain(f)).collect() }
    }

    fn allows(&self, path: &str) -> bool {
        let path = plain(path);
        self.folders.iter().any(|folder| match folder.as_str() {
            "" => !path.starts_with("/") && !path.starts_with(".."),
            folder => path.strip_prefix(folder).is_some_and(|rest| rest.is_empty() || rest.starts_with('/')),
        })
    }
}

impl Vfs for ConfinedVfs<'_> {
    fn read(&self, path: &str) -> Result<String, String> {
        match self.allows(path) {
            true => self.inner.read(path),
            false => Err(format!("`{path}` lies outside the folder and is not read")),
        }
    }

    fn exists(&self, path: &str) -> bool {
        self.allows(path) && self.inner.exists(path)
    }

    fn list(&self, folder: &str) -> Option<Vec<(String, bool)>> {
        if self.allows(folder) { self.inner.list(folder) } else { None }
    }
}

/// A path without `.` and with `..` resolved as far as it goes.
fn plain(path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split(['/', '\\']) {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|p| *p != "..") => {
                parts.pop();
            }
            other => parts.push(other),
        }
    }
    let joined = parts.join("/");
    if path.starts_with('/') { format!("/{joined}") } else { joined }
}

#[cfg(test)]
mod tests {
    use super::{ConfinedVfs, MemoryVfs, Vfs};

    #[test]
    fn nothing_outside_the_folders_is_read() {
        let mut files = MemoryVfs::default();
        for path in ["app/a.py", "app/../secret", "secret", "/etc/passwd", "appendix"] {
            files.files.insert(path.into(), "x".into());
        }
        let confined = ConfinedVfs::new(&files, &["app".into()]);
        assert!(confined.read("app/a.py").is_ok());
        for path in ["app/../secret", "secret", "/etc/passwd", "appendix"] {
            assert!(confined.read(path).is_err(), "{path}");
            assert!(!confined.exists(path), "{path}");
        }
        let here = ConfinedVfs::new(&files, &[".".into()]);
        assert!(here.read("secret").is_ok() && here.read("/etc/passwd").is_err());
    }
}
