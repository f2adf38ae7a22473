//! The project root, which files hold missions, and missions in other formats.

use rustchain_compiler::source::{Generated, Translate};
use rustchain_grammar::FileId;
use std::io;
use std::path::{Path, PathBuf};

/// The nearest parent of the file with `rustchain.toml`, else the file's folder.
pub fn root_of(file: &Path) -> PathBuf {
    let absolute = std::path::absolute(file).unwrap_or_else(|_| file.to_owned());
    let folder = if absolute.is_dir() { absolute.as_path() } else { absolute.parent().unwrap_or(&absolute) };
    let marked = folder.ancestors().find(|dir| dir.join("rustchain.toml").is_file());
    marked.unwrap_or(folder).to_owned()
}

/// The files of the organisation policies that `rustchain.toml` names; none where it cannot be read, which the
/// command line tells.
pub fn policies_of(root: &Path) -> Vec<PathBuf> {
    let text = std::fs::read_to_string(root.join("rustchain.toml")).unwrap_or_default();
    let Ok(table) = text.parse::<toml::Table>() else { return Vec::new() };
    let names = table.get("policies").and_then(toml::Value::as_array).into_iter().flatten();
    names.filter_map(toml::Value::as_str).map(|file| root.join(file)).collect()
}

/// The mission files that paths mean, in order: a file is itself; in a folder every `.mission`, and every
/// YAML or JSON file with a top-level `steps:` or `missions:`. Hidden folders, `target` and `node_modules`
/// are left out.
///
/// # Errors
/// The path that cannot be read, and why.
pub fn find_missions(paths: &[PathBuf]) -> Result<Vec<PathBuf>, (PathBuf, io::Error)> {
    let mut found = Vec::new();
    for path in paths {
        let meta = std::fs::metadata(path).map_err(|source| (path.clone(), source))?;
        if meta.is_dir() {
            walk(path, &mut found)?;
        } else {
            found.push(path.clone());
        }
    }
    found.sort();
    found.dedup();
    Ok(found)
}

fn walk(folder: &Path, found: &mut Vec<PathBuf>) -> Result<(), (PathBuf, io::Error)> {
    let read = |source| (folder.to_owned(), source);
    let mut entries: Vec<_> = std::fs::read_dir(folder).map_err(read)?.filter_map(Result::ok).collect();
    entries.sort_by_key(std::fs::DirEntry::file_name);
    for entry in entries {
        let name = entry.file_name();
        let name = name.to_string_lossy();
        let Ok(kind) = entry.file_type() else { continue };
        if kind.is_dir() {
            if !name.starts_with('.') && name != "target" && name != "node_modules" {
                walk(&entry.path(), found)?;
            }
        } else if is_mission(&entry.path()) {
            found.push(entry.path());
        }
    }
    Ok(())
}

/// Does a file hold missions, by its name and, for YAML and JSON, its top level?
pub fn is_mission(path: &Path) -> bool {
    match path.extension().and_then(|e| e.to_str()) {
        Some("mission") => true,
        Some("yaml" | "yml") => {
            has_line(path, |line| line.starts_with("steps:") || line.starts_with("missions:"))
        }
        Some("json") => has_line(path, |line| line.trim_start().starts_with("\"steps\"")),
        _ => false,
    }
}

fn has_line(path: &Path, test: impl Fn(&str) -> bool) -> bool {
    std::fs::read_to_string(path).is_ok_and(|text| text.lines().any(test))
}

/// YAML and JSON missions, Airflow's DAG files and LangChain's scripts and notebooks, known by the file's extension, as mission text.
#[derive(Clone, Copy, Debug, Default)]
pub struct Foreign;

impl Translate for Foreign {
    fn translate(&self, path: &Path, text: &str, original: FileId) -> Option<Generated> {
        let extension = path.extension().and_then(|e| e.to_str())?;
        match extension {
            "yaml" | "yml" | "json" => {}
            "py" | "ipynb" => {
                return Some(crate::imported::from_python(path, text, original).unwrap_or_default());
            }
            _ => return None,
        }
        let imported = rustchain_transpile::from::yaml::import(original, &path.display().to_string(), text);
        Some(Generated {
            text: imported.mission_text.unwrap_or_default(),
            origin: imported.origins,
            diagnostics: imported.diagnostics,
        })
    }
}
