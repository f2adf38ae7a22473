//! Where the own modules of a file lie.

use crate::vfs::Vfs;

/// The file's folder, the folders above it as long as they are packages, then the given ones.
pub(crate) fn roots(vfs: &dyn Vfs, path: &str, given: &[String]) -> Vec<String> {
    let mut out = vec![parent(path).to_owned()];
    out.extend(packages(vfs, path).into_iter().map(|folder| parent(folder).to_owned()));
    for root in given {
        if !out.contains(root) {
            out.push(root.clone());
        }
    }
    out
}

/// The dotted name of the package a file lies in; empty where it lies in none.
pub(crate) fn package(vfs: &dyn Vfs, path: &str) -> String {
    let names: Vec<&str> = packages(vfs, path).into_iter().rev().map(name).collect();
    names.join(".")
}

/// The folders around a file that carry the name by which the file imports modules from them, innermost first:
/// `app` for `src/app/graph.py` with `from app.nodes import plan`, also where it has no `__init__.py`.
pub(crate) fn named_by_imports<'p>(path: &'p str, source: &str) -> Vec<&'p str> {
    let tops: Vec<&str> = source.lines().filter_map(imported_top).collect();
    ancestors(path).filter(|folder| tops.contains(&name(folder))).collect()
}

/// The innermost folder around a file with this name.
pub(super) fn ancestor_named<'p>(path: &'p str, wanted: &str) -> Option<&'p str> {
    ancestors(path).find(|folder| name(folder) == wanted)
}

/// The folder that a file or folder lies in.
pub(super) fn parent(path: &str) -> &str {
    match path.rsplit_once('/') {
        Some(("", _)) => "/",
        Some((folder, _)) => folder,
        None => ".",
    }
}

/// The folders around a file that are packages, innermost first.
fn packages<'p>(vfs: &dyn Vfs, path: &'p str) -> Vec<&'p str> {
    ancestors(path).take_while(|folder| vfs.exists(&format!("{folder}/__init__.py"))).collect()
}

/// The folders above a file that its path names, innermost first.
fn ancestors(path: &str) -> impl Iterator<Item = &str> {
    let named = |path: &&str| !matches!(*path, "/" | "." | "..");
    std::iter::successors(Some(parent(path)).filter(named), move |folder| Some(parent(folder)).filter(named))
}

fn name(folder: &str) -> &str {
    folder.rsplit('/').next().unwrap_or(folder)
}

/// `app` of `from app.nodes import plan` and `import app.nodes`.
fn imported_top(line: &str) -> Option<&str> {
    let line = line.trim_start();
    let rest = line.strip_prefix("from ").or_else(|| line.strip_prefix("import "))?.trim_start();
    let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
    rest.get(..end).filter(|top| !top.is_empty())
}

#[cfg(test)]
mod tests {
    use super::{named_by_imports, package, roots};
    use crate::vfs::MemoryVfs;

    #[test]
    fn packages_around_a_file_are_roots() {
        let mut vfs = MemoryVfs::default();
        for path in ["src/app/__init__.py", "src/app/agents/__init__.py", "src/app/agents/graph.py"] {
            vfs.files.insert(path.into(), "".into());
        }
        let path = "src/app/agents/graph.py";
        assert_eq!(roots(&vfs, path, &["lib".into()]), ["src/app/agents", "src/app", "src", "lib"]);
        assert_eq!(package(&vfs, path), "app.agents");
        assert_eq!(
            (roots(&vfs, "graph.py", &[]), package(&vfs, "graph.py")),
            (vec![".".to_owned()], String::new())
        );
    }

    #[test]
    fn a_folder_may_be_named_by_the_imports() {
        let source = "from app.nodes import plan\nimport os, app.tools\n";
        assert_eq!(
            named_by_imports("/home/app/src/app/graph.py", source),
            ["/home/app/src/app", "/home/app"]
        );
        assert!(named_by_imports("app/../graph.py", "from .. import x\n").is_empty());
    }
}
