//! Python files of other engines as mission text.

use rustchain_compiler::source::Generated;
use rustchain_grammar::{Diagnostic, FileId};
use rustchain_transpile::from::airflow::{self, AirflowOptions};
use rustchain_transpile::from::langchain::{self, LangChainOptions};
use rustchain_transpile::from::{Importer, OutputFile, by_imports};
use rustchain_transpile::vfs::{DiskVfs, Vfs};
use std::path::Path;

/// The missions of a DAG file, of a LangChain script or notebook; `None` where the text imports neither library.
pub(crate) fn from_python(path: &Path, text: &str, original: FileId) -> Option<Generated> {
    let notebook = path.extension().is_some_and(|e| e == "ipynb");
    let path = path.display().to_string();
    let vfs = Opened { path: &path, text, below: DiskVfs::default() };
    let files = std::slice::from_ref(&path);
    let importer = if notebook { Some(Importer::LangChain) } else { by_imports(text) };
    match importer? {
        Importer::Airflow => {
            let made = airflow::import(&vfs, files, &AirflowOptions::default());
            Some(generated(&path, original, made.missions, made.diagnostics, &made.sources))
        }
        Importer::LangChain => {
            let made = langchain::import(&vfs, files, &LangChainOptions::default());
            Some(generated(&path, original, made.missions, made.diagnostics, &made.sources))
        }
    }
}

/// What an importer made of one file. What stands in modules that the file imports has no place in it.
fn generated(
    path: &str,
    original: FileId,
    mut missions: Vec<OutputFile>,
    diagnostics: Vec<Diagnostic>,
    sources: &[(String, String)],
) -> Generated {
    let own = sources.iter().position(|(source, _)| source == path).map(|at| FileId(at as u32));
    let here = diagnostics.into_iter().filter(|d| Some(d.primary.file) == own);
    let diagnostics = here
        .map(|mut d| {
            d.primary.file = original;
            d.secondary.retain(|label| Some(label.file) == own);
            d.secondary.iter_mut().for_each(|label| label.file = original);
            d
        })
        .collect();
    let Some(mission) = missions.pop() else { return Generated { diagnostics, ..Generated::default() } };
    let origin = mission.origins.iter().filter(|o| o.file == path).map(|o| (o.here, o.there)).collect();
    Generated { text: mission.text, origin, diagnostics }
}

/// The file as it is open in an editor, over the disk.
struct Opened<'a> {
    path: &'a str,
    text: &'a str,
    below: DiskVfs,
}

impl Vfs for Opened<'_> {
    fn read(&self, path: &str) -> Result<String, String> {
        if path == self.path { Ok(self.text.to_owned()) } else { self.below.read(path) }
    }

    fn exists(&self, path: &str) -> bool {
        path == self.path || self.below.exists(path)
    }

    fn list(&self, folder: &str) -> Option<Vec<(String, bool)>> {
        self.below.list(folder)
    }
}
