//! What stands for holes: chains and tools that a user names for the constructs an importer could not carry.

use crate::names::{DeclRef, Names, Space, suggest};
use crate::source::{Module, Vfs, normalise};
use rustchain_grammar::{Diagnostic, FileId, Span};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::{Path, PathBuf};

/// Kinds of holes, each with the callable that stands for it.
#[derive(Clone, Debug, Default)]
pub struct Shims {
    /// By the `kind` of a hole.
    pub by_kind: BTreeMap<String, Shim>,
}

/// A chain or tool of a mission file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shim {
    /// The mission file.
    pub file: PathBuf,
    /// The name of the chain or tool.
    pub name: String,
}

impl Shims {
    /// The files they stand in, each once; those that can be read are loaded as modules.
    pub(crate) fn files(&self) -> BTreeSet<PathBuf> {
        self.by_kind.values().map(|shim| normalise(&shim.file)).collect()
    }

    /// The declaration of each kind. Reports those that name nothing.
    pub(crate) fn resolve(
        &self,
        vfs: &dyn Vfs,
        modules: &[Module],
        names: &Names,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> HashMap<String, DeclRef> {
        let mut out = HashMap::new();
        for (kind, shim) in &self.by_kind {
            let path = normalise(&shim.file);
            let Some(module) = modules.iter().position(|m| m.path == path) else {
                diagnostics.push(unread(vfs, modules, kind, &path));
                continue;
            };
            match names.local(module, Space::Callable, &shim.name) {
                Some(decl) => drop(out.insert(kind.clone(), decl)),
                None => diagnostics.push(unknown(modules, names, module, kind, &shim.name)),
            }
        }
        out
    }
}

fn unread(vfs: &dyn Vfs, modules: &[Module], kind: &str, path: &Path) -> Diagnostic {
    let file = modules.first().map_or(FileId(0), |m| m.file);
    let reason = vfs.read(path).err().map_or_else(String::new, |error| format!(": {error}"));
    let message = format!("`{}`, which holds the shim for `{kind}`, cannot be read{reason}", path.display());
    Diagnostic::error("RC0106", file, Span::new(0, 0), message)
}

fn unknown(modules: &[Module], names: &Names, module: usize, kind: &str, name: &str) -> Diagnostic {
    let message = format!("this file has no chain or tool `{name}`, which is to stand for `{kind}`");
    let diagnostic = Diagnostic::error("RC0102", modules[module].file, Span::new(0, 0), message);
    let all = names.candidates(modules, module, Space::Callable);
    match suggest::best(name, all.iter().map(String::as_str)) {
        Some(close) => diagnostic.help(format!("did you mean `{close}`?")),
        None => diagnostic,
    }
}
