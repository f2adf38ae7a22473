//! Python files of other engines as mission text.

use rustchain_compiler::source::Generated;
use rustchain_grammar::FileId;
use rustchain_transpile::from::airflow::{AirflowOptions, import};
use rustchain_transpile::vfs::{DiskVfs, Vfs};
use std::path::Path;

/// The missions of a DAG file; `None` where the text does not speak of Airflow.
pub(crate) fn from_python(path: &Path, text: &str, original: FileId) -> Option<Generated> {
    text.contains("airflow").then(|| from_airflow(path, text, original))
}

fn from_airflow(path: &Path, text: &str, original: FileId) -> Generated {
    let path = path.display().to_string();
    let vfs = Opened { path: &path, text, below: DiskVfs::default() };
    let mut made = import(&vfs, std::slice::from_ref(&path), &AirflowOptions::default());
    // What stands in modules that the file imports has no place in it.
    let own = made.sources.iter().position(|(source, _)| *source == path).map(|at| FileId(at as u32));
    let diagnostics = made
        .diagnostics
        .into_iter()
        .filter(|d| Some(d.primary.file) == own)
        .map(|mut d| {
            d.primary.file = original;
            d.secondary.retain(|label| Some(label.file) == own);
            d.secondary.iter_mut().for_each(|label| label.file = original);
            d
        })
        .collect();
    let Some(mission) = made.missions.pop() else {
        return Generated { diagnostics, ..Generated::default() };
    };
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
