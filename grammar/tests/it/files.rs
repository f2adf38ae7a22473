//! The fixtures, and the AST without places.

use rustchain_grammar::{FileId, parse};
use std::path::Path;

/// Names and texts of the `.mission` files of a folder beside the tests, sorted.
pub fn fixtures(folder: &str) -> Vec<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests").join(folder);
    let entries = std::fs::read_dir(&folder).expect("the folder of fixtures is there");
    let mut files: Vec<(String, String)> = entries
        .map(|entry| entry.expect("its entries can be read").path())
        .filter(|path| path.extension().is_some_and(|e| e == "mission"))
        .map(|path| {
            let name = path.file_stem().expect("a file has a name").to_string_lossy().into_owned();
            (name, std::fs::read_to_string(&path).expect("a fixture is text"))
        })
        .collect();
    files.sort();
    assert!(!files.is_empty(), "no fixtures in {}", folder.display());
    files
}

/// One fixture.
pub fn fixture(name: &str) -> String {
    let all = fixtures("fixtures");
    all.into_iter().find(|(n, _)| n == name).map(|(_, text)| text).expect("a fixture of that name")
}

/// A file of about this many bytes: the fixtures over and over.
pub fn large(bytes: usize) -> String {
    let block: String =
        ["steps", "strings", "literals", "functions"].iter().map(|name| fixture(name)).collect();
    let block = block.replace("edition 2026\n", "");
    block.repeat(bytes / block.len() + 1)
}

/// The AST of a text as lines of debug text, without places.
pub fn ast_without_places(text: &str) -> String {
    let parsed = parse(text, FileId(0));
    let shown = format!("{:#?}", parsed.ast);
    let is_place = |line: &str| {
        let line = line.trim();
        line.starts_with("start: ") || line.starts_with("end: ") || line.starts_with("head_end: ")
    };
    shown.lines().filter(|line| !is_place(line)).collect::<Vec<_>>().join("\n")
}
