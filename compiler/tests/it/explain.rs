//! The pages of codes: each bad example gives its code and no other error, each good example does not.

use crate::support::{analyse, shown};
use rustchain_compiler::checks::LATER;
use rustchain_compiler::explain::pages;
use rustchain_grammar::Severity;

/// Codes whose examples need more than one text: the grammar, the importers, the project, a shell
/// linter, a comparison.
fn elsewhere(code: &str) -> bool {
    ["RC00", "RC07", "RC09", "RC0808", "RC0314"].iter().any(|p| code.starts_with(p))
}

#[test]
fn every_page_holds() {
    let mut wrong = String::new();
    for page in pages().iter().filter(|p| !elsewhere(p.code)) {
        for (info, example) in page.examples("Bad") {
            let analysis = analyse(example);
            let others =
                analysis.diagnostics.iter().any(|d| d.severity == Severity::Error && d.code != page.code);
            let told = analysis.diagnostics.iter().any(|d| d.code == page.code);
            if info != "mission" || others || !told {
                wrong.push_str(&format!("{} bad:\n{}\n", page.code, shown(&analysis)));
            }
        }
        for (info, example) in page.examples("Good") {
            let analysis = analyse(example);
            let told = analysis.diagnostics.iter().any(|d| d.code == page.code);
            if info != "mission" || analysis.has_errors() || told {
                wrong.push_str(&format!("{} good:\n{}\n", page.code, shown(&analysis)));
            }
        }
        if page.examples("Bad").is_empty() || page.examples("Good").is_empty() {
            wrong.push_str(&format!("{} lacks an example\n", page.code));
        }
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
                let is_code = code.len() == 6 && code[2..].bytes().all(|b| b.is_ascii_digit());
                let later = LATER.iter().any(|(later, ..)| *later == code);
                if is_code && page.is_none() && !later && !missing.contains(&code.to_owned()) {
                    missing.push(code.to_owned());
                }
            }
        }
    }
    missing.sort();
    assert!(missing.is_empty(), "no page: {missing:?}");
}
