//! The open buffers over the disk, at one moment, and what was found out about them.

use super::analysed::Analysed;
use crate::project;
use rustchain_compiler::Vfs;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

/// An open buffer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Document {
    /// What it holds.
    pub text: Arc<str>,
    /// The client's number for it.
    pub version: i32,
}

/// The world at one moment: cheap to clone, never changes.
#[derive(Clone, Default)]
pub struct Snapshot {
    documents: Arc<BTreeMap<PathBuf, Document>>,
    roots: Arc<Vec<PathBuf>>,
    cache: Arc<Cache>,
}

/// The last analysis of each file, kept while every text it read stays the same.
#[derive(Default)]
struct Cache {
    files: Mutex<BTreeMap<PathBuf, Slot>>,
}

type Slot = Arc<Mutex<Option<Arc<Analysed>>>>;

impl Snapshot {
    /// The folders the editor works on.
    pub fn with_roots(roots: Vec<PathBuf>) -> Snapshot {
        Snapshot { roots: Arc::new(roots), ..Snapshot::default() }
    }

    /// Opens or changes a buffer.
    pub fn open(&mut self, path: PathBuf, document: Document) {
        Arc::make_mut(&mut self.documents).insert(path, document);
    }

    /// Closes a buffer: the file on disk counts again.
    pub fn close(&mut self, path: &Path) {
        Arc::make_mut(&mut self.documents).remove(path);
    }

    /// The same world, to try changes on: what is found out there stays there.
    pub(super) fn forked(&self) -> Snapshot {
        let files = self.cache.files.lock().unwrap_or_else(PoisonError::into_inner);
        let copy = |slot: &Slot| {
            let known = slot.lock().unwrap_or_else(PoisonError::into_inner).clone();
            Arc::new(Mutex::new(known))
        };
        let files = files.iter().map(|(path, slot)| (path.clone(), copy(slot))).collect();
        let cache = Arc::new(Cache { files: Mutex::new(files) });
        Snapshot { documents: self.documents.clone(), roots: self.roots.clone(), cache }
    }

    /// An open buffer.
    pub fn document(&self, path: &Path) -> Option<&Document> {
        self.documents.get(path)
    }

    /// The open buffers.
    pub fn documents(&self) -> impl Iterator<Item = (&PathBuf, &Document)> {
        self.documents.iter()
    }

    /// A file's text: the buffer's where it is open.
    pub fn text(&self, path: &Path) -> Option<Arc<str>> {
        match self.documents.get(path) {
            Some(document) => Some(document.text.clone()),
            None => std::fs::read_to_string(path).ok().map(Arc::from),
        }
    }

    /// Every file with missions under the editor's folders, and every open one, in order.
    pub fn missions(&self) -> Vec<PathBuf> {
        let mut found: Vec<PathBuf> = Vec::new();
        for root in self.roots.iter() {
            found.extend(project::find_missions(std::slice::from_ref(root)).unwrap_or_default());
        }
        found.extend(self.documents.keys().cloned());
        found.sort();
        found.dedup();
        found
    }

    /// The analysis of a file; `None` where there is no such text. Computed once for each state of the texts it reads.
    pub fn analysed(&self, path: &Path) -> Option<Arc<Analysed>> {
        let slot = {
            let mut files = self.cache.files.lock().unwrap_or_else(PoisonError::into_inner);
            files.entry(path.to_owned()).or_default().clone()
        };
        // Whoever comes second waits here and finds the first one's answer.
        let mut kept = slot.lock().unwrap_or_else(PoisonError::into_inner);
        let stale = |known: &Analysed| {
            known.read.iter().any(|(read, state)| read != path && *state != self.text(read).map(Text))
        };
        if let Some(known) = kept.take_if(|known| !stale(known)) {
            let text = Text(self.text(path)?);
            if known.read.iter().any(|(read, state)| read == path && state.as_ref() == Some(&text)) {
                *kept = Some(known.clone());
                return Some(known);
            }
            // An earlier request may still look at it.
            let known = Arc::try_unwrap(known).unwrap_or_else(|shared| (*shared).clone());
            if let Some(edited) = known.edited(&text) {
                let edited = Arc::new(edited);
                *kept = Some(edited.clone());
                return Some(edited);
            }
        }
        let view = View { snapshot: self, read: RefCell::default() };
        let text = view.read(path).ok()?;
        let analysed = Arc::new(Analysed::new(path, &text, &view));
        *kept = Some(analysed.clone());
        Some(analysed)
    }
}

/// A text, equal to another without a look at its letters where both are one.
#[derive(Clone, Debug)]
pub(super) struct Text(pub Arc<str>);

impl PartialEq for Text {
    fn eq(&self, other: &Text) -> bool {
        Arc::ptr_eq(&self.0, &other.0) || self.0 == other.0
    }
}

/// A snapshot as the compiler reads it, with a note of what it read.
pub(super) struct View<'a> {
    snapshot: &'a Snapshot,
    read: RefCell<Vec<(PathBuf, Option<Text>)>>,
}

impl View<'_> {
    /// What was read so far, taken out.
    pub(super) fn take_read(&self) -> Vec<(PathBuf, Option<Text>)> {
        std::mem::take(&mut self.read.borrow_mut())
    }
}

impl Vfs for View<'_> {
    fn read(&self, path: &Path) -> io::Result<String> {
        let text = match self.snapshot.documents.get(path) {
            Some(document) => Ok(document.text.clone()),
            None => std::fs::read_to_string(path).map(Arc::from),
        };
        self.read.borrow_mut().push((path.to_owned(), text.as_ref().ok().cloned().map(Text)));
        text.map(|text| text.to_string())
    }

    fn exists(&self, path: &Path) -> bool {
        self.snapshot.documents.contains_key(path) || path.is_file()
    }

    fn names(&self, folder: &Path) -> Vec<String> {
        rustchain_compiler::DiskVfs.names(folder)
    }
}
