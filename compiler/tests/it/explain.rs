//! The pages of codes: each bad example gives its code and no other error, each good example does not.

use crate::support::{analyse, shown};
use rustchain_compiler::explain::pages;
use rustchain_grammar::Severity;

/// The codes that this crate's names, types and imports give.
fn mine(code: &str) -> bool {
    code.starts_with("RC01") || code.starts_with("RC02")
}

#[test]
fn every_page_holds() {
    let mut wrong = String::new();
    for page in pages().iter().filter(|p| mine(p.code)) {
        for (info, example) in page.examples("Bad") {
            if info != "mission" {
                continue;
            }
            let analysis = analyse(example);
            let errors = analysis.diagnostics.iter().filter(|d| d.severity == Severity::Error);
            let codes: Vec<&str> = errors.map(|d| d.code).collect();
            if codes.is_empty() || codes.iter().any(|c| *c != page.code) {
                wrong.push_str(&format!("{} bad gives {codes:?}\n{}\n", page.code, shown(&analysis)));
            }
        }
        for (info, example) in page.examples("Good") {
            if info != "mission" {
                continue;
            }
            let analysis = analyse(example);
            if analysis.has_errors() {
                wrong.push_str(&format!("{} good\n{}\n", page.code, shown(&analysis)));
            }
        }
        assert!(!page.examples("Bad").is_empty(), "{} has no bad example", page.code);
        assert!(!page.examples("Good").is_empty(), "{} has no good example", page.code);
    }
    assert!(wrong.is_empty(), "\n{wrong}");
}

/// Every code in the sources has a page.
#[test]
fn every_code_has_a_page() {
    let mut missing = Vec::new();
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut folders = vec![root];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).expect("a folder").flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let text = std::fs::read_to_string(&path).expect("a file");
            for (at, _) in text.match_indices("\"RC") {
                let Some(code) = text.get(at + 1..at + 7) else { continue };
                let page = rustchain_compiler::explain::explain(code);
                if mine(code) && page.is_none() && !missing.contains(&code.to_owned()) {
                    missing.push(code.to_owned());
                }
            }
        }
    }
    missing.sort();
    assert!(missing.is_empty(), "no page: {missing:?}");
}
