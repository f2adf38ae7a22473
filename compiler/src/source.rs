//! Files: reading them through a [`Vfs`], following imports, parsing each once.

use crate::Options;
use crate::names::suggest;
use crate::shims::Shims;
use rustchain_grammar::{Applicability, Diagnostic, FileId, SourceMap, Span, ast};
use smol_str::SmolStr;
use std::collections::{BTreeMap, HashMap};
use std::io;
use std::path::{Component, Path, PathBuf};

/// Where texts come from. The compiler reads nothing else.
pub trait Vfs {
    /// The text of a file. Errors: as the file system gives them; not UTF-8 is `InvalidData`.
    fn read(&self, path: &Path) -> io::Result<String>;
    /// Is there a file?
    fn exists(&self, path: &Path) -> bool;
    /// Names of the files in a folder, sorted; for suggestions only, empty where unknown.
    fn names(&self, folder: &Path) -> Vec<String>;
}

/// The file system.
#[derive(Clone, Copy, Debug, Default)]
pub struct DiskVfs;

impl Vfs for DiskVfs {
    fn read(&self, path: &Path) -> io::Result<String> {
        std::fs::read_to_string(path)
    }

    fn exists(&self, path: &Path) -> bool {
        path.is_file()
    }

    fn names(&self, folder: &Path) -> Vec<String> {
        let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
        let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
        let mut names: Vec<String> =
            entries.flatten().filter_map(|e| e.file_name().into_string().ok()).collect();
        names.sort();
        names
    }
}

/// Texts in memory, by normalised path; what is not there is asked of `below`.
#[derive(Default)]
pub struct MemoryVfs {
    files: BTreeMap<PathBuf, String>,
    below: Option<Box<dyn Vfs>>,
}

impl MemoryVfs {
    /// No files.
    pub fn new() -> Self {
        Self::default()
    }

    /// Texts over another file system (open editor buffers over the disk).
    pub fn over(below: Box<dyn Vfs>) -> Self {
        MemoryVfs { files: BTreeMap::new(), below: Some(below) }
    }

    /// Adds or replaces a file.
    pub fn insert(&mut self, path: impl AsRef<Path>, text: impl Into<String>) {
        self.files.insert(normalise(path.as_ref()), text.into());
    }
}

impl Vfs for MemoryVfs {
    fn read(&self, path: &Path) -> io::Result<String> {
        let path = normalise(path);
        if let Some(text) = self.files.get(&path) {
            return Ok(text.clone());
        }
        match &self.below {
            Some(below) => below.read(&path),
            None => Err(io::Error::from(io::ErrorKind::NotFound)),
        }
    }

    fn exists(&self, path: &Path) -> bool {
        let path = normalise(path);
        self.files.contains_key(&path) || self.below.as_ref().is_some_and(|b| b.exists(&path))
    }

    fn names(&self, folder: &Path) -> Vec<String> {
        let folder = normalise(folder);
        let mut names = self.below.as_ref().map(|b| b.names(&folder)).unwrap_or_default();
        let here = self.files.keys().filter(|p| p.parent() == Some(&folder));
        names.extend(here.filter_map(|p| p.file_name()?.to_str().map(str::to_owned)));
        names.sort();
        names.dedup();
        names
    }
}

/// `a/./b/../c` as `a/c`, without asking the file system.
pub fn normalise(path: &Path) -> PathBuf {
    let mut out = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir if out.file_name().is_some() => {
                out.pop();
            }
            other => out.push(other),
        }
    }
    out
}

/// Mission text made from a file in another format.
#[derive(Clone, Debug, Default)]
pub struct Generated {
    /// The mission text.
    pub text: String,
    /// (range in `text`, range in the original), sorted by the first.
    pub origin: Vec<(Span, Span)>,
    /// What the translation has to say, in the original file.
    pub diagnostics: Vec<Diagnostic>,
}

/// Turns foreign formats into mission text.
pub trait Translate {
    /// `None` where the file is mission text already. `original` is the id of the file given.
    fn translate(&self, path: &Path, text: &str, original: FileId) -> Option<Generated>;
}

/// A parsed file and what it imports.
#[derive(Clone, Debug)]
pub struct Module {
    /// Its id in the source map.
    pub file: FileId,
    /// Its normalised path.
    pub path: PathBuf,
    /// Its syntax.
    pub ast: ast::File,
    /// Imported modules by alias; `None` where the import failed (reported).
    pub imports: HashMap<SmolStr, Option<usize>>,
    /// Key prefix of its declarations in plans: empty for the entry.
    pub prefix: SmolStr,
}

/// All files of an analysis.
#[derive(Debug, Default)]
pub struct Loaded {
    /// The texts.
    pub sources: SourceMap,
    /// The modules; the entry is first.
    pub modules: Vec<Module>,
    /// Those of organisation policies.
    pub policies: Vec<usize>,
    /// Syntax errors and failed imports.
    pub diagnostics: Vec<Diagnostic>,
}

/// Reads the entry and everything it imports, and the files of organisation policies.
///
/// # Errors
/// Where the entry itself cannot be read.
pub fn load(vfs: &dyn Vfs, entry: &Path, options: Options<'_>) -> io::Result<Loaded> {
    let text = vfs.read(entry)?;
    Ok(load_text(vfs, entry, text, options))
}

/// As [`load`], with the entry's text given.
pub fn load_text(vfs: &dyn Vfs, entry: &Path, text: String, options: Options<'_>) -> Loaded {
    let mut loader = Loader {
        vfs,
        translate: options.translate,
        out: Loaded::default(),
        by_path: HashMap::new(),
        stack: Vec::new(),
    };
    loader.module(entry, text, SmolStr::default());
    for file in options.shims.map(Shims::files).unwrap_or_default() {
        loader.shims(&file);
    }
    options.policies.iter().for_each(|path| loader.organisation(path));
    loader.out
}

struct Loader<'a> {
    vfs: &'a dyn Vfs,
    translate: Option<&'a dyn Translate>,
    out: Loaded,
    by_path: HashMap<PathBuf, usize>,
    stack: Vec<PathBuf>,
}

impl Loader<'_> {
    fn module(&mut self, path: &Path, text: String, prefix: SmolStr) -> usize {
        let path = normalise(path);
        let file = self.add_source(&path, text);
        let parsed = rustchain_grammar::parse(&self.out.sources.file(file).text, file);
        self.out.diagnostics.extend(parsed.diagnostics);
        let index = self.out.modules.len();
        self.by_path.insert(path.clone(), index);
        let module = Module { file, path: path.clone(), ast: parsed.ast, imports: HashMap::new(), prefix };
        self.out.modules.push(module);
        self.stack.push(path);
        let imports = self.out.modules[index].ast.imports.clone();
        for import in &imports {
            self.import(index, import);
        }
        self.stack.pop();
        index
    }

    fn shims(&mut self, path: &Path) {
        if self.by_path.contains_key(path) {
            return;
        }
        // One that cannot be read is told where its kinds are resolved.
        let Ok(text) = self.vfs.read(path) else { return };
        let stem = path.file_stem().and_then(|s| s.to_str()).unwrap_or("shims");
        let prefix = self.free_prefix(&stem.into());
        self.module(path, text, prefix);
    }

    /// The file of an organisation policy. Where it cannot be read, nothing is sound.
    fn organisation(&mut self, path: &Path) {
        let path = normalise(path);
        let index = match self.by_path.get(&path) {
            Some(index) => *index,
            None => match self.vfs.read(&path) {
                Ok(text) => {
                    let prefix = self.free_prefix(&SmolStr::new_static("organisation"));
                    self.module(&path, text, prefix)
                }
                Err(error) => {
                    let message =
                        format!("the organisation policy `{}` cannot be read: {error}", path.display());
                    let entry = self.out.modules.first().map(|m| m.file).unwrap_or_default();
                    let d = Diagnostic::error("RC0901", entry, Span::new(0, 0), message);
                    self.report(d.note("`policies` in rustchain.toml names it."));
                    return;
                }
            },
        };
        let module = &self.out.modules[index];
        if !module.ast.items.iter().any(|item| matches!(item.kind, ast::ItemKind::Policy(_))) {
            let message = format!("`{}` declares no policy", path.display());
            let d = Diagnostic::error("RC0901", module.file, Span::new(0, 0), message);
            self.report(d.note("`policies` in rustchain.toml names it as an organisation policy."));
        }
        self.out.policies.push(index);
    }

    fn add_source(&mut self, path: &Path, text: String) -> FileId {
        let shown = path.display().to_string();
        let Some(translate) = self.translate else { return self.out.sources.add(shown, text) };
        let original = self.out.sources.add(shown.clone(), text);
        let text = &self.out.sources.file(original).text;
        let Some(generated) = translate.translate(path, text, original) else { return original };
        let file = self.out.sources.add(shown, generated.text);
        self.out.sources.file_mut(file).origin =
            generated.origin.into_iter().map(|(here, there)| (here, original, there)).collect();
        self.out.diagnostics.extend(generated.diagnostics);
        file
    }

    fn import(&mut self, importer: usize, import: &ast::Import) {
        let alias = alias_of(import);
        let file = self.out.modules[importer].file;
        if self.out.modules[importer].imports.contains_key(&alias) {
            self.report(
                Diagnostic::error("RC0104", file, import.span, format!("`{alias}` is imported twice"))
                    .help("give one of them another name: `import \"…\" as other`"),
            );
            return;
        }
        let target = self.import_target(importer, import, &alias);
        self.out.modules[importer].imports.insert(alias, target);
    }

    fn import_target(&mut self, importer: usize, import: &ast::Import, alias: &SmolStr) -> Option<usize> {
        let file = self.out.modules[importer].file;
        let written = import.path.as_str();
        if written.contains("://") || Path::new(written).is_absolute() {
            let message = format!("an import names a file beside this one, not `{written}`");
            self.report(
                Diagnostic::error("RC0106", file, import.path_span, message)
                    .help("copy the file into the project and import it by a relative path"),
            );
            return None;
        }
        let folder = self.out.modules[importer].path.parent().unwrap_or(Path::new("")).to_owned();
        let path = normalise(&folder.join(written));
        if let Some(at) = self.stack.iter().position(|p| *p == path) {
            self.import_cycle(file, import, at);
            return None;
        }
        if let Some(index) = self.by_path.get(&path) {
            return Some(*index);
        }
        match self.vfs.read(&path) {
            Ok(text) => {
                let prefix = self.free_prefix(alias);
                Some(self.module(&path, text, prefix))
            }
            Err(error) => {
                self.missing_file(file, import, &path, &error);
                None
            }
        }
    }

    fn free_prefix(&self, alias: &SmolStr) -> SmolStr {
        let taken = |p: &str| self.out.modules.iter().any(|m| m.prefix == p);
        if !taken(alias) {
            return alias.clone();
        }
        let mut n = 2;
        loop {
            let candidate = format!("{alias}_{n}");
            if !taken(&candidate) {
                return candidate.into();
            }
            n += 1;
        }
    }

    fn import_cycle(&mut self, file: FileId, import: &ast::Import, at: usize) {
        let mut names: Vec<String> = self.stack[at..].iter().map(|p| p.display().to_string()).collect();
        names.push(names[0].clone());
        self.report(
            Diagnostic::error("RC0107", file, import.path_span, "this import leads back to itself")
                .note(format!("The files import each other: {}.", names.join(" → ")))
                .help("move what both need into a third file"),
        );
    }

    fn missing_file(&mut self, file: FileId, import: &ast::Import, path: &Path, error: &io::Error) {
        let written = &import.path;
        if error.kind() != io::ErrorKind::NotFound {
            let message = format!("`{written}` cannot be read: {error}");
            self.report(Diagnostic::error("RC0106", file, import.path_span, message));
            return;
        }
        let mut diagnostic =
            Diagnostic::error("RC0106", file, import.path_span, format!("there is no file `{written}`"));
        let folder = path.parent().unwrap_or(Path::new(""));
        let wanted = path.file_name().and_then(|n| n.to_str()).unwrap_or_default();
        let names = self.vfs.names(folder);
        if let Some(name) = suggest::best(wanted, names.iter().map(String::as_str)) {
            let head = written.strip_suffix(wanted).unwrap_or("./");
            let text = format!("\"{head}{name}\"");
            diagnostic = diagnostic.help(format!("did you mean `{name}`?")).fix(
                format!("import `{head}{name}`"),
                Applicability::Suggest,
                import.path_span,
                text,
            );
        }
        self.report(diagnostic);
    }

    fn report(&mut self, diagnostic: Diagnostic) {
        self.out.diagnostics.push(diagnostic);
    }
}

/// The name an import gives: `as name`, else the file's stem.
pub fn alias_of(import: &ast::Import) -> SmolStr {
    if let Some(alias) = &import.alias {
        return alias.text.clone();
    }
    Path::new(import.path.as_str()).file_stem().and_then(|s| s.to_str()).unwrap_or_default().into()
}
