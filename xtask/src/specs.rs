//! `cargo xtask specs`: requirements of `specs/*/spec.md` against the tests that prove them.
//!
//! A requirement is a line that starts with `- **FR-001**` or `- **SC-001**`; it ends in proofs:
//! `[test: crate::function]`, `[ui: RC0301]`, `[e2e: function]`, `[bench: name]`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// A requirement with its proofs.
pub struct Requirement {
    /// `specs/001-mission-engine/spec.md:12`.
    place: String,
    /// `FR-001`.
    id: String,
    /// `(kind, name)`.
    proofs: Vec<(String, String)>,
}

/// Every requirement under `ROOT/specs`.
pub fn read(root: &Path) -> Result<Vec<Requirement>, String> {
    let mut all = Vec::new();
    for path in files_under(&root.join("specs"), "md") {
        if path.file_name().is_none_or(|name| name != "spec.md") {
            continue;
        }
        let text = std::fs::read_to_string(&path).map_err(|e| format!("{}: {e}", path.display()))?;
        let shown = path.strip_prefix(root).unwrap_or(&path).display().to_string();
        all.extend(requirements(&shown, &text));
    }
    Ok(all)
}

fn requirements(path: &str, text: &str) -> Vec<Requirement> {
    let mut found: Vec<(Requirement, String)> = Vec::new();
    let mut open = false;
    for (number, line) in text.lines().enumerate() {
        let start = line.strip_prefix("- **").and_then(|rest| rest.split_once("**"));
        match start {
            Some((id, rest)) if id.starts_with("FR-") || id.starts_with("SC-") => {
                let place = format!("{path}:{}", number + 1);
                let requirement = Requirement { place, id: id.to_owned(), proofs: Vec::new() };
                found.push((requirement, rest.to_owned()));
                open = true;
            }
            _ if !line.starts_with("  ") => open = false,
            _ if open => {
                if let Some((_, text)) = found.last_mut() {
                    text.push(' ');
                    text.push_str(line.trim());
                }
            }
            _ => {}
        }
    }
    let with_proofs =
        |(requirement, text): (Requirement, String)| Requirement { proofs: proofs(&text), ..requirement };
    found.into_iter().map(with_proofs).collect()
}

fn proofs(text: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for part in text.split('[').skip(1) {
        let Some((inside, _)) = part.split_once(']') else { continue };
        let Some((kind, names)) = inside.split_once(": ") else { continue };
        if ["test", "ui", "e2e", "bench", "ecosystem"].contains(&kind) {
            found.extend(names.split(", ").map(|name| (kind.to_owned(), name.trim().to_owned())));
        }
    }
    found
}

/// What is wrong with the specs: requirements without proof, proofs that are not there or do not run.
pub fn problems(root: &Path, requirements: &[Requirement]) -> Vec<String> {
    let tests = Tests::read(root);
    let mut problems = Vec::new();
    let mut seen = BTreeMap::new();
    for requirement in requirements {
        let Requirement { place, id, proofs } = requirement;
        let file = place.split(':').next().unwrap_or_default();
        if let Some(first) = seen.insert((file.to_owned(), id.clone()), place.clone()) {
            problems.push(format!("{place}: {id} is already at {first}"));
        }
        if proofs.is_empty() {
            problems.push(format!("{place}: {id} names no proof"));
        }
        for (kind, name) in proofs {
            if let Err(why) = tests.find(root, kind, name) {
                problems.push(format!("{place}: {id}: [{kind}: {name}] {why}"));
            }
        }
    }
    problems
}

/// The matrix: requirement, proofs.
pub fn matrix(requirements: &[Requirement]) -> String {
    let mut out = String::new();
    for requirement in requirements {
        let proofs: Vec<String> = requirement.proofs.iter().map(|(k, n)| format!("{k}: {n}")).collect();
        out.push_str(&format!("{}  {}  {}\n", requirement.place, requirement.id, proofs.join(", ")));
    }
    out
}

/// The names of the tests that run, by crate folder.
struct Tests {
    by_folder: BTreeMap<String, Vec<String>>,
}

const FOLDERS: &[(&str, &str)] = &[
    ("grammar", "grammar"),
    ("plan", "plan"),
    ("stdlib", "stdlib"),
    ("compiler", "compiler"),
    ("transpile", "transpile"),
    ("runtime", "runtime"),
    ("cli", "cli"),
    ("lsp", "lsp"),
    ("tests", "tests"),
];

impl Tests {
    fn read(root: &Path) -> Tests {
        let by_folder = FOLDERS.iter().map(|(folder, name)| {
            let texts = files_under(&root.join(folder), "rs").into_iter();
            let names = texts.filter_map(|p| std::fs::read_to_string(p).ok()).flat_map(|t| test_names(&t));
            ((*name).to_owned(), names.collect())
        });
        Tests { by_folder: by_folder.collect() }
    }

    fn find(&self, root: &Path, kind: &str, name: &str) -> Result<(), String> {
        match kind {
            "ui" => {
                let page = root.join("compiler/explain").join(format!("{name}.md"));
                let text = std::fs::read_to_string(&page).map_err(|_| "has no page".to_owned())?;
                text.contains("## Bad").then_some(()).ok_or("has no example".to_owned())
            }
            "bench" => {
                let dir = root.join("tests/bench");
                let there = files_under(&dir, "").iter().any(|p| p.file_stem().is_some_and(|s| s == name));
                there.then_some(()).ok_or("is not in tests/bench".to_owned())
            }
            "ecosystem" => {
                let script = root.join(".ci").join(name);
                script.is_file().then_some(()).ok_or("is no script in .ci".to_owned())
            }
            "e2e" => self.has("tests", name),
            _ => {
                let (folder, test) = name.split_once("::").ok_or("is not `crate::function`")?;
                self.has(folder, test)
            }
        }
    }

    fn has(&self, folder: &str, test: &str) -> Result<(), String> {
        let names = self.by_folder.get(folder).ok_or_else(|| format!("names no crate `{folder}`"))?;
        let test = test.rsplit("::").next().unwrap_or(test);
        match names.iter().any(|n| n == test) {
            true => Ok(()),
            false => Err("is no test that runs".to_owned()),
        }
    }
}

/// Functions under `#[test]` (or in `proptest!`) that are not ignored, and the names given to a macro of the file
/// that makes one test a name.
fn test_names(text: &str) -> Vec<String> {
    let mut names = names_given_to_test_macros(text);
    let (mut is_test, mut ignored) = (false, false);
    for line in text.lines().map(str::trim) {
        if line.starts_with("#[test]") || line.starts_with("#[tokio::test") {
            (is_test, ignored) = (true, false);
        } else if line.starts_with("#[ignore") {
            ignored = true;
        } else if let Some(name) = function_name(line) {
            if is_test && !ignored {
                names.push(name.to_owned());
            }
            (is_test, ignored) = (false, false);
        }
    }
    names
}

fn names_given_to_test_macros(text: &str) -> Vec<String> {
    let mut names = Vec::new();
    for (at, _) in text.match_indices("macro_rules! ") {
        let rest = &text[at + "macro_rules! ".len()..];
        let Some((name, rest)) = rest.split_once(' ') else { continue };
        let body = rest.split("\n}").next().unwrap_or_default();
        if !body.contains("#[test]") {
            continue;
        }
        for (_, given) in text.match_indices(&format!("\n{name}!(")).filter_map(|(at, head)| {
            let list = &text[at + head.len()..];
            list.split_once(");").map(|(list, _)| (at, list))
        }) {
            names.extend(given.split(',').map(str::trim).filter(|n| !n.is_empty()).map(str::to_owned));
        }
    }
    names
}

fn function_name(line: &str) -> Option<&str> {
    let rest = line.strip_prefix("async ").unwrap_or(line).strip_prefix("fn ")?;
    rest.split(['(', '<']).next()
}

fn files_under(dir: &Path, extension: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let Ok(entries) = std::fs::read_dir(dir) else { return found };
    for path in entries.filter_map(|e| Some(e.ok()?.path())) {
        if path.is_dir() {
            found.extend(files_under(&path, extension));
        } else if extension.is_empty() || path.extension().is_some_and(|e| e == extension) {
            found.push(path);
        }
    }
    found.sort();
    found
}
