//! What `check` found in a file, kept in `.rustchain/cache/check` with everything it was made from: an entry
//! counts only while each text that was read then reads the same now. A broken entry is as if it were not there.

use rustchain_compiler::explain::explain;
use rustchain_compiler::{DiskVfs, Vfs};
use rustchain_grammar::{Applicability, Diagnostic, Edit, FileId, Fix, Label, Severity, SourceMap, Span};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::cell::RefCell;
use std::io;
use std::path::{Path, PathBuf};

/// The diagnostics of a file with the texts they speak of.
pub struct Found {
    /// The texts.
    pub sources: SourceMap,
    /// What was found.
    pub diagnostics: Vec<Diagnostic>,
}

/// Where entries lie and what all of them depend on.
#[derive(Clone, Debug)]
pub struct Cache {
    /// The program and its options.
    version: String,
}

impl Cache {
    /// A cache for this program with these options.
    pub fn new(options: &str) -> Cache {
        let program = std::env::current_exe().and_then(std::fs::metadata);
        let build = program.map(|m| format!("{} {:?}", m.len(), m.modified().ok())).unwrap_or_default();
        Cache { version: format!("{} {build} {options}", env!("CARGO_PKG_VERSION")) }
    }

    fn entry(&self, root: &Path, file: &Path, policies: &[PathBuf]) -> PathBuf {
        let path = std::path::absolute(file).unwrap_or_else(|_| file.to_owned());
        let shown = (path.display(), file.display());
        let key = hash(&format!("{}\u{0}{}\u{0}{}\u{0}{policies:?}", self.version, shown.0, shown.1));
        root.join(".rustchain/cache/check").join(format!("{key}.json"))
    }

    /// What was found the last time, where nothing changed since.
    pub fn get(&self, root: &Path, file: &Path, policies: &[PathBuf]) -> Option<Found> {
        let text = std::fs::read_to_string(self.entry(root, file, policies)).ok()?;
        let (sum, body) = text.split_once('\n')?;
        if sum != hash(body) {
            return None;
        }
        let entry: Entry = serde_json::from_str(body).ok()?;
        let same = entry.version == self.version && entry.probes.iter().all(Probe::holds);
        same.then(|| entry.found()).flatten()
    }

    /// Keeps what was found. Where that is not possible nothing is kept.
    pub fn put(&self, root: &Path, file: &Path, policies: &[PathBuf], found: &Found, recorder: Recorder) {
        let probes = recorder.probes.into_inner();
        let entry = Entry::new(self.version.clone(), probes, found);
        let Ok(body) = serde_json::to_string(&entry) else { return };
        let path = self.entry(root, file, policies);
        let Some(folder) = path.parent() else { return };
        if std::fs::create_dir_all(folder).is_err() {
            return;
        }
        let ignore = folder.join(".gitignore");
        if !ignore.exists() {
            let _ = std::fs::write(ignore, "*\n");
        }
        // A reader sees the old entry or the new one.
        let Ok(mut temporary) = tempfile::NamedTempFile::new_in(folder) else { return };
        let written = io::Write::write_all(&mut temporary, format!("{}\n{body}", hash(&body)).as_bytes());
        if written.is_ok() {
            let _ = temporary.persist(path);
        }
    }
}

fn hash(text: &str) -> String {
    Sha256::digest(text.as_bytes()).iter().map(|b| format!("{b:02x}")).collect()
}

/// The file system, with everything that was asked of it written down.
#[derive(Default)]
pub struct Recorder {
    probes: RefCell<Vec<Probe>>,
}

impl Vfs for Recorder {
    fn read(&self, path: &Path) -> io::Result<String> {
        let text = DiskVfs.read(path);
        let content = text.as_ref().ok().map(|t| hash(t));
        self.probes.borrow_mut().push(Probe::Read { path: path.to_owned(), content });
        text
    }

    fn exists(&self, path: &Path) -> bool {
        let there = DiskVfs.exists(path);
        self.probes.borrow_mut().push(Probe::Exists { path: path.to_owned(), there });
        there
    }

    fn names(&self, folder: &Path) -> Vec<String> {
        let names = DiskVfs.names(folder);
        self.probes.borrow_mut().push(Probe::Names { folder: folder.to_owned(), names: names.clone() });
        names
    }
}

/// A question to the file system with its answer.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Probe {
    Read { path: PathBuf, content: Option<String> },
    Exists { path: PathBuf, there: bool },
    Names { folder: PathBuf, names: Vec<String> },
}

impl Probe {
    fn holds(&self) -> bool {
        match self {
            Probe::Read { path, content } => DiskVfs.read(path).ok().map(|t| hash(&t)) == *content,
            Probe::Exists { path, there } => DiskVfs.exists(path) == *there,
            Probe::Names { folder, names } => DiskVfs.names(folder) == *names,
        }
    }
}

#[derive(Serialize, Deserialize)]
struct Entry {
    version: String,
    probes: Vec<Probe>,
    sources: Vec<Source>,
    diagnostics: Vec<Kept>,
}

type Range = (u32, u32);

#[derive(Serialize, Deserialize)]
struct Source {
    path: String,
    text: String,
    origin: Vec<(Range, u32, Range)>,
}

#[derive(Serialize, Deserialize)]
struct Place {
    file: u32,
    span: Range,
    text: String,
}

#[derive(Serialize, Deserialize)]
struct KeptFix {
    title: String,
    safe: bool,
    edits: Vec<Place>,
}

#[derive(Serialize, Deserialize)]
struct Kept {
    code: String,
    severity: u8,
    message: String,
    primary: Place,
    secondary: Vec<Place>,
    notes: Vec<String>,
    help: Option<String>,
    fixes: Vec<KeptFix>,
}

const SEVERITIES: [Severity; 5] =
    [Severity::Note, Severity::Low, Severity::Medium, Severity::High, Severity::Error];

impl Entry {
    fn new(version: String, probes: Vec<Probe>, found: &Found) -> Entry {
        let range = |span: Span| (span.start, span.end);
        let sources = found.sources.iter().map(|(_, file)| Source {
            path: file.path.clone(),
            text: file.text.clone(),
            origin: file.origin.iter().map(|(a, id, b)| (range(*a), id.0, range(*b))).collect(),
        });
        Entry {
            version,
            probes,
            sources: sources.collect(),
            diagnostics: found.diagnostics.iter().map(Kept::new).collect(),
        }
    }

    /// `None` where a place lies in no file, or a code has no page.
    fn found(self) -> Option<Found> {
        let mut sources = SourceMap::new();
        let count = self.sources.len() as u32;
        for source in self.sources {
            let id = sources.add(source.path, source.text);
            let known = source.origin.iter().all(|(_, file, _)| *file < count);
            sources.file_mut(id).origin = source
                .origin
                .into_iter()
                .filter(|_| known)
                .map(|(a, file, b)| (Span::new(a.0, a.1), FileId(file), Span::new(b.0, b.1)))
                .collect();
        }
        let diagnostics =
            self.diagnostics.into_iter().map(|kept| kept.diagnostic(count)).collect::<Option<_>>()?;
        Some(Found { sources, diagnostics })
    }
}

impl Place {
    fn of_label(label: &Label) -> Place {
        Place { file: label.file.0, span: (label.span.start, label.span.end), text: label.message.clone() }
    }

    fn label(self, files: u32) -> Option<Label> {
        let span = Span::new(self.span.0, self.span.1);
        (self.file < files).then_some(Label { file: FileId(self.file), span, message: self.text })
    }
}

impl Kept {
    fn new(d: &Diagnostic) -> Kept {
        let edit =
            |e: &Edit| Place { file: e.file.0, span: (e.span.start, e.span.end), text: e.text.clone() };
        let fix = |f: &Fix| KeptFix {
            title: f.title.clone(),
            safe: f.applicability == Applicability::Safe,
            edits: f.edits.iter().map(edit).collect(),
        };
        Kept {
            code: d.code.to_owned(),
            severity: d.severity as u8,
            message: d.message.clone(),
            primary: Place::of_label(&d.primary),
            secondary: d.secondary.iter().map(Place::of_label).collect(),
            notes: d.notes.clone(),
            help: d.help.clone(),
            fixes: d.fixes.iter().map(fix).collect(),
        }
    }

    fn diagnostic(self, files: u32) -> Option<Diagnostic> {
        let primary = self.primary.label(files)?;
        let severity = *SEVERITIES.get(usize::from(self.severity))?;
        let code = explain(&self.code)?.code;
        let mut d = Diagnostic::new(code, severity, primary.file, primary.span, self.message);
        d.primary = primary;
        d.secondary = self.secondary.into_iter().map(|p| p.label(files)).collect::<Option<_>>()?;
        d.notes = self.notes;
        d.help = self.help;
        for fix in self.fixes {
            let edit =
                |p: Place| p.label(files).map(|l| Edit { file: l.file, span: l.span, text: l.message });
            let edits = fix.edits.into_iter().map(edit).collect::<Option<Vec<_>>>()?;
            let applicability = if fix.safe { Applicability::Safe } else { Applicability::Suggest };
            d.fixes.push(Fix { title: fix.title, applicability, edits });
        }
        Some(d)
    }
}
